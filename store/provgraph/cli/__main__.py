"""`python -m provgraph.cli`."""

from __future__ import annotations

from provgraph.cli import main

main()
