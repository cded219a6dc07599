"""Where a store lives: from a URL to the server behind it, started here or run by somebody else."""

from __future__ import annotations
