"""The example and its records, kept as files: `python -m tests.loaders.openlineage.golden` makes them anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.loaders import golden
from tests.loaders.openlineage.example import write_example
from tests.loaders.openlineage.reading import read

__all__ = ["EVENTS", "RECORDS", "records_of"]

EVENTS = Path(__file__).with_name("events.jsonl")
RECORDS = Path(__file__).with_name("records.json")


def records_of(source: Path) -> dict[str, Any]:
    """What the loader yields and notes."""
    return golden.records_of(read(source), source)


if __name__ == "__main__":
    write_example(EVENTS)
    golden.keep(RECORDS, records_of(EVENTS))
