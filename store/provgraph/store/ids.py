"""Ids of nodes: one sequence for a whole store, handed out in blocks, never reused.

One sequence for all labels makes an id alone name its node, so links can travel as pairs of ids.
"""

from __future__ import annotations

import os
import threading
import uuid

from provgraph.store.cypher import schema as statements
from provgraph.store.protocol import GraphStore

__all__ = ["IdBlock"]

_LEAST = 500


class IdBlock:
    """Hands out ids that no other process can be given. Those left in a block when the process ends are lost."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._begin()

    def _begin(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._next = self._end = 0

    def take(self, count: int) -> range:
        """`count` ids in a row."""
        if self._owner != os.getpid():  # a forked child: the rest of the block is its parent's
            self._begin()
        with self._lock:
            if self._end - self._next < count:
                wanted = max(count, _LEAST)
                claim = uuid.uuid4().hex
                parameters = {"count": wanted, "claim": claim}
                [[first]] = self._store.write(lambda tx: tx.run(statements.CLAIM_IDS, parameters))
                self._next, self._end = first, first + wanted
            first = self._next
            self._next += count
            return range(first, first + count)
