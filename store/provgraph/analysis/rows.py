"""Which artifacts each row came from: rows with the same sources are one group, and questions are asked of groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pandas as pd

from provgraph.analysis.upstream import Ints

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["RowGroups", "group_rows"]

_NAMED: Final = 5  # unknown sources that a note names
_SEVERAL: Final = (list, tuple, set, frozenset, np.ndarray)


@dataclass(frozen=True, eq=False)
class RowGroups:
    """The rows of a table by their sources.

    Attributes:
        codes: of each row, an index into `groups`; -1 where no source is known.
        groups: the ids of the artifacts, ascending, each combination once.
        notes: what is not known, one sentence each.
    """

    codes: Ints
    groups: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...]

    def among(self, groups: Sequence[tuple[int, ...]]) -> RowGroups:
        """The same rows, by the numbers that their groups have among these."""
        at = {group: number for number, group in enumerate(groups)}
        numbers = np.array([*(at[group] for group in self.groups), -1], np.int64)
        return RowGroups(numbers[self.codes], tuple(groups), self.notes)


def group_rows(
    frame: DataFrame, columns: Sequence[str], resolve: Callable[[Iterable[str]], Mapping[str, int]]
) -> RowGroups:
    """Group rows by what their source columns name.

    Args:
        frame: one row per prediction.
        columns: its source columns; a cell names one artifact, or holds several names, or none.
        resolve: the ids of the artifacts that some texts name.
    """
    coded = [_coded(frame[name]) for name in columns]
    texts = sorted({text for _, cells in coded for cell in cells for text in cell})
    known = resolve(texts)
    codes = np.zeros(len(frame), np.int64)
    combinations: list[tuple[str, ...]] = [()]
    for own, cells in coded:  # rows that agree in all source columns so far share a code
        codes = codes * (len(cells) + 1) + own + 1
        distinct, codes = np.unique(codes, return_inverse=True)
        parts = [divmod(code, len(cells) + 1) for code in distinct.tolist()]
        combinations = [combinations[before] + (cells[now - 1] if now else ()) for before, now in parts]
    groups: dict[tuple[int, ...], int] = {}
    of: list[int] = []
    for combination in combinations:
        ids = tuple(sorted({known[text] for text in combination if text in known}))
        of.append(groups.setdefault(ids, len(groups)) if ids else -1)
    codes = np.array(of, np.int64)[codes] if of else codes - 1
    return RowGroups(codes, tuple(groups), tuple(_notes(codes, [text for text in texts if text not in known])))


def _coded(column: Series[Any]) -> tuple[Ints, list[tuple[str, ...]]]:
    """Of each row, an index into distinct cells, -1 for an empty one; a cell is the texts that it holds."""
    try:
        codes, cells = pd.factorize(column)
        return codes.astype(np.int64), [_texts(cell) for cell in cells.tolist()]
    except TypeError:  # lists are not hashable
        codes, cells = pd.factorize(pd.Series([_texts(cell) or None for cell in column.tolist()], dtype=object))
        return codes.astype(np.int64), list(cells.tolist())


def _texts(cell: object) -> tuple[str, ...]:
    if isinstance(cell, _SEVERAL):
        return tuple(dict.fromkeys(str(each) for each in cast("Iterable[object]", cell) if _is_there(each)))
    return (str(cell),) if _is_there(cell) else ()


def _is_there(cell: object) -> bool:
    return cell is not None and cell is not pd.NA and cell == cell  # NaN is not equal to itself


def _notes(codes: Ints, unknown: Sequence[str]) -> Iterable[str]:
    if unknown:
        names = ", ".join(unknown[:_NAMED]) + (", …" if len(unknown) > _NAMED else "")
        yield f"{len(unknown):,} sources name no artifact of this store, or several: {names}."
    without = int(np.count_nonzero(codes < 0))
    if without:
        yield f"{without:,} of {len(codes):,} rows have no known source: nothing upstream of them is known."
