"""The records of an example, kept as JSON beside it, so that a change of what a loader yields is seen and read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from provgraph.model import Struct
from tests.loaders.reading import Read

__all__ = ["keep", "kept", "plain", "records_of"]


def plain(value: Any) -> Any:
    """A record as JSON, without what is absent."""
    if isinstance(value, Struct):
        return {"struct": json.loads(value.text)}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        found = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        return {"is": type(value).__name__, **{k: v for k, v in found.items() if v not in (None, "", 0, [], {}, False)}}
    return value


def records_of(found: Read, source: Path) -> dict[str, Any]:
    """What a loader yields of `source`, and what it notes."""
    records = [plain(item) for batch in found.batches for name in batch.__slots__ for item in _items(batch, name)]
    return {"records": records, "notes": [note.replace(str(source), source.name) for note in found.notes()]}


def _items(batch: Any, name: str) -> tuple[Any, ...]:
    value = getattr(batch, name)
    return tuple(value) if isinstance(value, tuple | list) else ()


def kept(file: Path) -> dict[str, Any]:
    """The records that are kept."""
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def keep(file: Path, records: dict[str, Any]) -> None:
    """Keep these instead: read the difference."""
    file.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", "utf-8")
