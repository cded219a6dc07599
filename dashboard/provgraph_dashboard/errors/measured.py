"""The outcome of every row as one array, and how many rows of what kind there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from provgraph.analysis.result import ErrorAnalysis
from provgraph.slicing import EncodedColumn, words

__all__ = ["Counts", "Floats", "Mask", "Rows", "count_by", "measured", "rate_text"]

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The outcome of the rows of a table.

    Attributes:
        known: the rows that have one.
        values: 1 where a row is wrong and 0 where it is right, or its loss; 0 where nothing is known.
        binary: whether rows are right or wrong.
    """

    known: Mask
    values: Floats
    binary: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of one kind: how many, and the sum of their outcomes."""

    n: int
    total: float

    @property
    def rate(self) -> float | None:
        """Share of wrong rows, or mean loss; None without a row."""
        return self.total / self.n if self.n else None


def measured(analysis: ErrorAnalysis) -> Rows:
    """The outcome of the rows of an analysis."""
    found = analysis.outcome.measure(analysis.frame)
    known = np.ones(analysis.encoded.rows, np.bool_) if found.kept is None else found.kept
    values = np.zeros(known.size)
    values[known] = found.values
    return Rows(known, values, found.binary)


def count_by(column: EncodedColumn, rows: Rows, mask: Mask | None = None) -> list[Counts]:
    """Rows with each value of a column, of those in `mask`; of several values in one row each counts."""
    inside = rows.known if mask is None else rows.known & mask
    size = len(column.values) + 1
    codes = np.asarray(column.codes, np.intp)
    weights, values = inside.astype(np.float64), np.where(inside, rows.values, 0.0)
    if column.entries is not None:
        weights, values = weights[column.entries], values[column.entries]
    n = np.bincount(codes, weights, minlength=size)[: size - 1]
    total = np.bincount(codes, values, minlength=size)[: size - 1]
    return [Counts(round(count), value) for count, value in zip(n.tolist(), total.tolist(), strict=True)]


def rate_text(rate: float | None, *, binary: bool) -> str:
    """``14.3 %``, or a mean loss."""
    if rate is None:
        return "–"
    return words.percent(rate) if binary else words.number(float(f"{rate:.3g}"))
