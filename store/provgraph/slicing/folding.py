"""Columns made ready to be counted: values that too few rows have are one, which is never reported."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from provgraph.slicing.table import Codes, EncodedColumn, Mask, Rows, smallest
from provgraph.slicing.values import Term

__all__ = ["Folded", "fold"]


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """A column whose rare values are folded.

    Attributes:
        column: what it was made from.
        codes: one per row (or entry), below `kept`; `kept` itself for rare values.
        kept: how many values enough rows have.
        back: the column's own code of each value kept.
        n: the rows of each value kept.
        entries: for several values per row, the row of each code; rare values have none.
    """

    column: EncodedColumn
    codes: Codes
    kept: int
    back: npt.NDArray[np.intp]
    n: npt.NDArray[np.int64]
    entries: Rows | None

    @property
    def size(self) -> int:
        """How many codes there are, with that of rare values."""
        return self.kept + (self.entries is None and int(self.n.sum()) < self.codes.size)

    def term(self, code: int) -> Term:
        """The condition of a code."""
        return self.column.term(int(self.back[code]))

    def mask(self, code: int, rows: int) -> Mask:
        """The rows that have the value of a code."""
        return replace(self.column, codes=self.codes, entries=self.entries).mask(code, rows)


def fold(column: EncodedColumn, least: int) -> Folded:
    """Keep the values that at least so many rows have."""
    values = len(column.values)
    count = np.bincount(column.codes, minlength=values + 1)[:values]
    back = np.flatnonzero(count >= least)
    kept = back.size
    codes, entries = column.codes, column.entries
    if kept < values:
        place = np.full(values + 1, kept, np.intp)
        place[back] = np.arange(kept)
        codes = smallest(place, kept)[codes]
        if entries is not None:
            entries, codes = entries[codes < kept], codes[codes < kept]
    return Folded(column, codes, kept, back, count[back], entries)
