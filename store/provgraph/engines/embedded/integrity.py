"""A look at the database's files before the engine opens them.

The engine itself opens a damaged database without a word: where the schema cannot be read it starts an empty one, and
where a file is missing it forgets what was in it. A store that answers "nothing there" is worse than one that does not
open.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast
from urllib.parse import unquote_plus

from provgraph.errors import EngineError

__all__ = ["check"]

# In this order: the engine saves the older one first, and falls back on it if it was killed in between.
_SCHEMAS = ("schema.json", "schema.prev.json")
_EDGE_LISTS = ("_in_edges", "_out_edges")  # buckets that belong to a type's own one
# Where a node has very many edges, the engine spreads them over buckets of its type that no schema names.
_HUB = "_sn_stripe_"


def check(database: Path) -> None:
    """Compare the schema in `database` with the files there; one that does not exist yet is fine.

    Raises:
        EngineError: records lie there that the schema does not know, or files that it names are missing or cut off.
    """
    files = {_bucket_name(path): path for path in database.glob("*.bucket")}
    named = _buckets_of_schema(database)
    if missing := sorted(named - files.keys()):
        raise _damaged(database, f"the records of {missing[0]} are missing")
    known = named | {bucket + suffix for bucket in named for suffix in _EDGE_LISTS}
    hubs = {bucket.rpartition("_")[0] + _HUB for bucket in named}
    unknown = {
        name: path for name, path in files.items() if name not in known and name.rstrip("0123456789") not in hubs
    }
    if strange := sorted(path.name for path in unknown.values() if path.stat().st_size > 0):
        raise _damaged(database, f"the schema does not know {strange[0]}")
    if any(database.glob("*.wal")):
        return  # not closed in good order: the engine completes the files from its log
    if torn := sorted(path.name for path in files.values() if path.stat().st_size % _page_size(path)):
        raise _damaged(database, f"{torn[0]} was cut off")


def _bucket_name(path: Path) -> str:
    return unquote_plus(path.name.rsplit(".", 4)[0])  # NAME.ID.PAGE_SIZE.vVERSION.bucket


def _page_size(path: Path) -> int:
    number = path.name.rsplit(".", 4)[2]
    return int(number) if number.isdecimal() and int(number) else 1


def _buckets_of_schema(database: Path) -> set[str]:
    for name in _SCHEMAS:
        try:
            value: object = json.loads((database / name).read_text("utf-8"))
        except FileNotFoundError:
            continue
        except ValueError:  # torn
            continue
        if isinstance(value, dict) and isinstance(types := cast("dict[str, object]", value).get("types"), dict):
            listed = [
                cast("dict[str, list[str]]", entry)["buckets"] for entry in cast("dict[str, object]", types).values()
            ]
            return {unquote_plus(bucket) for buckets in listed for bucket in buckets}
    return set()


def _damaged(database: Path, what: str) -> EngineError:
    return EngineError(f"the data in {database} are damaged ({what}): restore the data folder from a copy")
