"""Rows of two tables that are predictions for the same samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from provgraph.errors import InvalidValueError
from provgraph.slicing import cells, words
from provgraph.slicing.changes import Unmatched
from provgraph.slicing.measuring import column_of
from provgraph.slicing.table import Mask, Rows

__all__ = ["Matched", "matched", "same_cells"]

_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """How the rows of two tables go together.

    Attributes:
        first: rows of the first table that have a partner, ascending.
        second: their partners in the second.
        only_first: rows without a partner.
        only_second: the same of the second table.
        nameless: rows of either table whose sample is missing.
    """

    first: Rows
    second: Rows
    only_first: Unmatched
    only_second: Unmatched
    nameless: int


def matched(first: pd.DataFrame, second: pd.DataFrame, sample: str) -> Matched:
    """Match rows by the column that names their sample.

    Raises:
        InvalidValueError: a table lacks the column, or names a sample twice.
    """
    names = [column_of(frame, sample) for frame in (first, second)]
    kinds = {cells.kind_of(column) for column in names if not column.isna().all()}
    if len(kinds) > 1 or not kinds <= {"number", "text", "time", "bool"}:
        # A number here and its digits there are one name.
        names = [cells.texts(column) for column in names]
    for column, which in zip(names, ("first", "second"), strict=True):
        _check_once(column, which, sample)
    rows = [np.flatnonzero(column.notna().to_numpy(np.bool_)) for column in names]
    left, right = (pd.Index(column.iloc[held]) for column, held in zip(names, rows, strict=True))
    partner = right.get_indexer(left)
    has = partner >= 0
    taken = np.zeros(right.size, np.bool_)
    taken[partner[has]] = True
    return Matched(
        rows[0][has],
        rows[1][partner[has]],
        _unmatched(left, ~has),
        _unmatched(right, ~taken),
        len(first) + len(second) - left.size - right.size,
    )


def _check_once(names: pd.Series, which: str, sample: str) -> None:
    twice = names[names.notna() & names.duplicated()]
    if len(twice):
        name = words.label(str(twice.iloc[0]))
        raise InvalidValueError(
            f"the {which} table has {words.count(len(twice))} rows too many for their sample, {name} first: "
            f"rows are matched by {words.label(sample)}, which must name each once"
        )


def _unmatched(names: pd.Index, alone: Mask) -> Unmatched:
    some = names[alone][:_NAMED].tolist()
    return Unmatched(int(np.count_nonzero(alone)), tuple(words.label(str(name)) for name in some))


def same_cells(first: pd.DataFrame, second: pd.DataFrame, pairs: Matched, name: str) -> npt.NDArray[np.bool_] | None:
    """For each matched pair of rows, whether a column has the same cell in both; None if the second table lacks it."""
    if name not in second.columns.map(str):
        return None
    left, right = (
        column_of(frame, name).iloc[rows].reset_index(drop=True)
        for frame, rows in ((first, pairs.first), (second, pairs.second))
    )
    kinds = {cells.kind_of(left), cells.kind_of(right)}
    if kinds == {"number"}:
        (a, no_a), (b, no_b) = cells.numbers(left), cells.numbers(right)
        return np.asarray((no_a & no_b) | (~no_a & ~no_b & (a == b)))
    if left.dtype == right.dtype and kinds <= {"text", "bool", "time"}:
        same = left.eq(right).fillna(False).to_numpy(np.bool_)
        return np.asarray(same | (left.isna() & right.isna()).to_numpy(np.bool_))
    return np.asarray(cells.texts(left).to_numpy() == cells.texts(right).to_numpy(), np.bool_)
