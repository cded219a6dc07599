"""Tables of predictions: files named by their hash, what their columns mean, how they are recorded and read.

Needs the extra ``provgraph[slices]``; importing this package does not.
"""

from __future__ import annotations
