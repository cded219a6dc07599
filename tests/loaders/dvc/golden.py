"""What the loader makes of the example, as JSON. Renew: `python -m tests.loaders.dvc.golden`; read the difference."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

from provgraph.model import Struct
from tests.loaders.dvc.example import write_example
from tests.loaders.dvc.reading import Read, read

__all__ = ["GOLDEN", "as_json"]

GOLDEN = Path(__file__).with_name("example.json")


def as_json(found: Read) -> dict[str, object]:
    """Records by kind, without what is empty, and the notes of the report."""
    kinds = [field.name for field in fields(found.batches[0]) if field.name != "adds"]
    records = {
        kind: sorted((_plain(record) for batch in found.batches for record in getattr(batch, kind)), key=repr)
        for kind in kinds
    }
    return {**{kind: list(held) for kind, held in records.items() if held}, "notes": found.notes()}


def _plain(value: object) -> object:
    if isinstance(value, Struct):
        return {"struct": value.data}
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value):
        given = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {name: item for name, item in given.items() if item not in (None, "", 0, {}, [])}
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in sorted(value.items(), key=str)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "inspection"
        write_example(place)
        text = json.dumps(as_json(read(place, None)), indent=1, ensure_ascii=False, sort_keys=True)
    GOLDEN.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
