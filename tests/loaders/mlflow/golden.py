"""The records that the example becomes, kept as a file: `python -m tests.loaders.mlflow.golden` makes it anew."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.loaders.mlflow.example import write_example
from tests.loaders.mlflow.reading import read

__all__ = ["RECORDS", "records_of_example"]

RECORDS = Path(__file__).with_name("records.json")


def records_of_example() -> dict[str, Any]:
    """What the loader yields and notes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mlflow.db"
        write_example(path)
        found = read(path)
        return {"records": found.records(), "notes": found.notes()}


if __name__ == "__main__":
    RECORDS.write_text(json.dumps(records_of_example(), indent=1, ensure_ascii=False) + "\n", "utf-8")
