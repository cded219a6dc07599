"""Statements about links that a write must see before it writes."""

from __future__ import annotations

from typing import Final, LiteralString

__all__ = ["ANCESTORS"]

# All that stands above some contexts: [context id, [parent ids]].
ANCESTORS: Final[LiteralString] = """
UNWIND $ids AS start MATCH (s:Context {id: start})
CALL (s) { MATCH (s)-[:PARENT*0..]->(x) RETURN DISTINCT x }
WITH DISTINCT x
RETURN collect([x.id, [(x)-[:PARENT]->(p) | p.id]])
"""
