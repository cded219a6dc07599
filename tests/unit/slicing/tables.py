"""Tables with planted slices, small enough for unit tests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from provgraph.slicing import Slice, SliceReport

BASE = 0.05


def table(
    rows: int, sizes: Mapping[str, int], slices: Mapping[tuple[tuple[str, int], ...], float], seed: int
) -> pd.DataFrame:
    """Independent columns of texts ``v0``, ``v1`` …, and `wrong`: 5 % of the rows, more in each slice."""
    draw = np.random.default_rng(seed)
    codes = {name: draw.integers(0, size, rows) for name, size in sizes.items()}
    rate = np.full(rows, BASE)
    for terms, height in slices.items():
        inside = np.logical_and.reduce([codes[name] == value for name, value in terms])
        rate[inside] = np.maximum(rate[inside], height)
    columns = {name: np.array([f"v{value}" for value in each]) for name, each in codes.items()}
    return pd.DataFrame({**columns, "wrong": draw.random(rows) < rate})


def found(report: SliceReport) -> set[frozenset[tuple[str, object]]]:
    """The predicates of a report."""
    return {names(each) for each in report.slices}


def names(each: Slice) -> frozenset[tuple[str, object]]:
    """One predicate."""
    return frozenset((term.column, term.value) for term in each.predicate)


SIZES = {"camera": 6, "line": 5, "shift": 3, "lens": 4, "plant": 4}
PLANTED = {
    (("camera", 2),): 0.16,
    (("line", 1), ("lens", 3)): 0.3,
    (("shift", 0), ("line", 3), ("plant", 1)): 0.5,
}
PREDICATES = {frozenset((name, f"v{value}") for name, value in terms) for terms in PLANTED}
