"""What to call a store that nobody named: a fingerprint of its oldest rows."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import Final

__all__ = ["fingerprint"]

# In ML Metadata rows are never deleted, ids grow, and id, type and creation time of a node never change, nor do id,
# name and kind of a type. So the node that was made first, with the types that were there then, stays what it is when
# the store grows, moves, or is lifted to a newer schema.
_FIRST: Final = (
    ("context", "SELECT id, type_id, create_time_since_epoch FROM Context ORDER BY id LIMIT 1"),
    ("execution", "SELECT id, type_id, create_time_since_epoch FROM Execution ORDER BY id LIMIT 1"),
    ("artifact", "SELECT id, type_id, create_time_since_epoch FROM Artifact ORDER BY id LIMIT 1"),
)
_TYPES: Final = "SELECT id, type_kind, name FROM Type WHERE id <= ? ORDER BY id"


def fingerprint(copy: sqlite3.Connection) -> str | None:
    """Twelve hexadecimal digits; None if no node bears a time, so that nothing tells the store from others."""
    oldest: list[tuple[int, int, str, int, int]] = []
    for order, (kind, statement) in enumerate(_FIRST):
        for id_, type_id, time in copy.execute(statement):
            if isinstance(time, int) and time > 0:
                oldest.append((time, order, kind, id_, type_id))
    if not oldest:
        return None
    time, _, kind, id_, type_id = min(oldest)
    types = [list(row) for row in copy.execute(_TYPES, (type_id,))]
    text = json.dumps([kind, id_, type_id, time, types], ensure_ascii=False, default=repr)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
