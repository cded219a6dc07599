"""The graph store: one implementation on Bolt for every engine."""

from __future__ import annotations
