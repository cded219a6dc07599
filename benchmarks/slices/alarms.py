"""How often something is reported where there is nothing: tables of fixed seeds."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from benchmarks.slices import shapes
from provgraph.slicing import find_slices

__all__ = ["by_row", "by_unit", "reported"]


def by_row(tables: int, rows: int, seed: int, kind: shapes.Kind) -> float:
    """The share of null tables with a report, rows being independent."""
    return reported(tables, seed, lambda each: shapes.frame_of(shapes.null(rows, seed=each, kind=kind)), None)


def by_unit(tables: int, rows: int, seed: int, unit: str | None) -> float:
    """The same for tables of sampling units, with or without their being named."""
    return reported(tables, seed, lambda each: shapes.clustered(rows, seed=each), unit)


def reported(tables: int, seed: int, make: Callable[[int], pd.DataFrame], unit: str | None) -> float:
    """The share of tables in which something is reported."""
    found = 0
    for number in range(tables):
        frame = make(seed + number)
        columns = [name for name in frame.columns if name.startswith(("column", "chain"))]
        found += bool(find_slices(frame, outcome="wrong", columns=columns, unit=unit).slices)
    return found / tables
