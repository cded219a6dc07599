"""Whether a store holds links that may have happened, and nothing says that they did."""

from __future__ import annotations

from provgraph.store.cypher.trace import ANY_POSSIBLE
from provgraph.store.protocol import GraphStore

__all__ = ["has_possible"]


def has_possible(store: GraphStore) -> bool:
    """Whether it holds any: most stores hold none, and need not be asked twice for everything."""
    return any(store.read(statement, {}) for statement in ANY_POSSIBLE)
