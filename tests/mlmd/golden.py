"""The records of the example, kept as a file: `python -m tests.mlmd.golden` makes it anew."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tests.loaders import golden
from tests.mlmd.example import write_example
from tests.mlmd.reading import read

__all__ = ["RECORDS", "records_of_example"]

RECORDS = Path(__file__).with_name("records.json")


def records_of_example(folder: Path) -> dict[str, Any]:
    """What the loader yields and notes of the example, made in `folder`."""
    source = folder / "metadata.sqlite"
    write_example(source)
    return golden.records_of(read(source), source)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        golden.keep(RECORDS, records_of_example(Path(place)))
