"""The example and its records, kept as files: `python -m tests.loaders.prov.golden` makes them anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.loaders import golden
from tests.loaders.prov.example import write_example
from tests.loaders.prov.reading import read

__all__ = ["DOCUMENT", "RECORDS", "records_of"]

DOCUMENT = Path(__file__).with_name("training.json")
RECORDS = Path(__file__).with_name("records.json")


def records_of(source: Path) -> dict[str, Any]:
    """What the loader yields and notes."""
    return golden.records_of(read(source), source)


if __name__ == "__main__":
    write_example(DOCUMENT)
    golden.keep(RECORDS, records_of(DOCUMENT))
