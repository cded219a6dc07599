"""The example and its records, kept as files: `python -m tests.loaders.prov.golden` makes them anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.loaders.openlineage.reading import plain
from tests.loaders.prov.example import write_example
from tests.loaders.prov.reading import read

__all__ = ["DOCUMENT", "RECORDS", "records_of"]

DOCUMENT = Path(__file__).with_name("training.json")
RECORDS = Path(__file__).with_name("records.json")


def records_of(source: Path) -> dict[str, Any]:
    """What the loader yields and notes."""
    found = read(source)
    records = [plain(item) for batch in found.batches for name in batch.__slots__ for item in _items(batch, name)]
    return {"records": records, "notes": [note.replace(str(source), source.name) for note in found.notes()]}


def _items(batch: Any, name: str) -> tuple[Any, ...]:
    value = getattr(batch, name)
    return tuple(value) if isinstance(value, tuple | list) else ()


if __name__ == "__main__":
    write_example(DOCUMENT)
    RECORDS.write_text(json.dumps(records_of(DOCUMENT), indent=1, ensure_ascii=False) + "\n", "utf-8")
