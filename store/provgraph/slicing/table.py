"""A frame as codes: made once, read by everything that counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from provgraph.errors import InvalidValueError
from provgraph.slicing import words
from provgraph.slicing.values import Term, Value

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Codes", "EncodedColumn", "EncodedTable", "Mask", "Rows", "smallest"]

Codes: TypeAlias = npt.NDArray[np.unsignedinteger]
Rows: TypeAlias = npt.NDArray[np.intp]
Mask: TypeAlias = npt.NDArray[np.bool_]


def smallest(codes: npt.NDArray[np.integer], most: int) -> Codes:
    """Codes up to `most` in the smallest unsigned type that holds them: what the caches hold sets the pace."""
    return codes.astype(np.min_scalar_type(most), copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class EncodedColumn:
    """One column that slices are made of.

    Attributes:
        name: as reports show it.
        source: the column of the frame that it was made from.
        values: its values, in order; None stands for missing.
        labels: one per value.
        codes: indices into `values`, one per row; ``len(values)`` for values too rare to keep. Where `entries` is
            given, one per entry.
        entries: for a column of several values, the row of each code, ascending; None: one value per row.
    """

    name: str
    source: str
    values: tuple[Value, ...]
    labels: tuple[str, ...]
    codes: Codes
    entries: Rows | None = None

    @property
    def several(self) -> bool:
        """Whether a row may have several of the values."""
        return self.entries is not None

    def term(self, code: int) -> Term:
        """The condition that a row has this value."""
        return Term(self.name, self.values[code], self.labels[code])

    def code(self, value: Value) -> int | None:
        """The code of a value; None if no row has it."""
        for code, known in enumerate(self.values):
            if known == value and isinstance(known, bool) is isinstance(value, bool):
                return code
        return None

    def mask(self, code: int, rows: int) -> Mask:
        """The rows that have the value."""
        if self.entries is None:
            return np.asarray(self.codes == code)
        found = np.zeros(rows, np.bool_)
        found[self.entries[self.codes == code]] = True
        return found

    def take(self, kept: Mask) -> EncodedColumn:
        """The same column over these rows alone."""
        if self.entries is None:
            return replace(self, codes=self.codes[kept])
        held = kept[self.entries]
        place = np.cumsum(kept) - 1
        return replace(self, codes=self.codes[held], entries=place[self.entries[held]])


@dataclass(frozen=True, slots=True, eq=False)
class EncodedTable:
    """A frame and its encoded columns, see `encode`.

    Attributes:
        frame: what it was made from; outcomes, units and times are read from it.
        columns: what can be searched.
        notes: which columns were left out, or changed, and why.
    """

    frame: pd.DataFrame
    columns: tuple[EncodedColumn, ...]
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.frame)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> EncodedColumn:
        """The column of this name.

        Raises:
            InvalidValueError: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(self.names[:20]) or "none"
        raise InvalidValueError(f"no column {words.label(name)} to slice by; there are: {known}")

    def select(self, names: Iterable[str]) -> EncodedTable:
        """Only these columns; the name of a time stands for all that is derived from it.

        Raises:
            InvalidValueError: there is no such column.
        """
        picked: dict[str, EncodedColumn] = {}
        for name in names:
            exact = [column for column in self.columns if column.name == name]
            for column in exact or [column for column in self.columns if column.source == name]:
                picked[column.name] = column
            if not exact and name not in self.frame.columns.map(str):
                self.column(name)
        return replace(self, columns=tuple(picked.values()))

    def without(self, sources: Iterable[str]) -> EncodedTable:
        """All columns but those made from these columns of the frame."""
        gone = set(sources)
        return replace(self, columns=tuple(column for column in self.columns if column.source not in gone))
