"""Tables as CSV: every value a string, one header line, the same rows always the same bytes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Row", "read_rows", "write_rows"]

Row = dict[str, str]


def write_rows(path: Path, rows: Sequence[Row]) -> Path:
    """Write rows of equal columns to `path`, making its folder; returns the path.

    Raises:
        ValueError: there is no row, or the rows differ in their columns.
    """
    if not rows:
        raise ValueError(f"no rows for {path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n", extrasaction="raise")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_rows(path: Path) -> list[Row]:
    """The rows of a CSV file with a header."""
    with path.open(newline="", encoding="utf-8") as file:
        return [dict(row) for row in csv.DictReader(file)]
