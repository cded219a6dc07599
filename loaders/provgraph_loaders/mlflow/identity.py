"""What to call a store that nobody named: a fingerprint of what stood there first."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import Final

__all__ = ["fingerprint"]

# Times of experiments came with MLflow 1.29, and older rows stay without: only where all experiments bear one is the
# first of them the same however the store grows. Else it is the first run, whose id is random.
# An experiment without a name is one of a folder whose meta.yaml was lost: it must not rename the store.
_TIMELESS: Final = (
    "SELECT count(*) FROM experiments WHERE (typeof(creation_time) <> 'integer' OR creation_time <= 0) "
    "AND coalesce(name, '') <> ''"
)
_EXPERIMENT: Final = (
    "SELECT CAST(experiment_id AS TEXT), creation_time FROM experiments WHERE coalesce(name, '') <> '' "
    "ORDER BY creation_time, experiment_id LIMIT 1"
)
_RUN: Final = (
    "SELECT run_uuid, start_time FROM runs WHERE typeof(start_time) = 'integer' ORDER BY start_time, run_uuid LIMIT 1"
)
_REGISTERED: Final = (
    "SELECT name, creation_time FROM registered_models WHERE typeof(creation_time) = 'integer' "
    "ORDER BY creation_time, name LIMIT 1"
)


def fingerprint(copy: sqlite3.Connection) -> str | None:
    """Twelve hexadecimal digits; None if nothing bears a time, so that nothing tells the store from others."""
    [timeless] = copy.execute(_TIMELESS).fetchone()
    first = {"run": _RUN, "registered model": _REGISTERED}
    for kind, statement in (first if timeless else {"experiment": _EXPERIMENT, **first}).items():
        for id_, time in copy.execute(statement):
            text = json.dumps([kind, id_, time], ensure_ascii=False, default=repr)
            return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return None
