"""A table of predictions and what stands upstream of its rows, as one frame and as one table of codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import pandas as pd

from provgraph.analysis.columns import LineageColumn, LineageColumns
from provgraph.analysis.rows import RowGroups
from provgraph.analysis.upstream import Ints
from provgraph.slicing import EncodedColumn, EncodedTable
from provgraph.slicing.encoding import encode
from provgraph.slicing.plain import by_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame

__all__ = ["UPSTREAM_TIME", "Joined", "join"]

UPSTREAM_TIME: Final = "upstream time"  # when the nearest execution above a row began, where the table has no times
_TAKEN: Final = " (upstream)"


@dataclass(frozen=True, eq=False)
class Joined:
    """The rows with all columns: their own and those of their lineage.

    Attributes:
        encoded: what is searched; its frame holds every column.
        upstream_first: names of the lineage columns, the most upstream first.
        names: the name in the frame of each lineage column; another where the table has a column of that name.
        time: the column of times; None where neither table nor graph has one.
    """

    encoded: EncodedTable
    upstream_first: tuple[str, ...]
    names: Mapping[str, str]
    time: str | None


def join(
    frame: DataFrame,
    own: Iterable[str],
    rows: RowGroups,
    lineage: LineageColumns,
    *,
    wanted: Iterable[str] | None,
    time: str | None,
    edges: Mapping[str, Sequence[float]] | None,
) -> Joined:
    """Join.

    Args:
        frame: one row per prediction.
        own: its columns that are searched where `wanted` does not say.
        rows: the groups of its rows.
        lineage: the columns of these groups.
        wanted: names of columns to search; None for `own` and all of the lineage.
        time: the frame's column of times.
        edges: of numeric columns.

    Raises:
        InvalidValueError: there is no column of a name that is wanted.
    """
    taken = {str(name) for name in frame.columns}
    names = {column.name: _free(column.name, taken) for column in lineage.all_columns}
    made = {names[column.name]: _series(column, rows.codes) for column in lineage.all_columns}
    if time is None and (lineage.times >= 0).any():
        time = _free(UPSTREAM_TIME, taken)
        moments = np.append(lineage.times, -1)[rows.codes]
        made[time] = pd.Series(pd.to_datetime(np.where(moments < 0, np.iinfo(np.int64).min, moments), unit="ms"))
    whole = pd.concat([frame.reset_index(drop=True), pd.DataFrame(made, index=pd.RangeIndex(len(frame)))], axis=1)
    asked = None if wanted is None else [str(name) for name in wanted]
    columns = {names[column.name]: column for column in _searched(lineage, names, asked)}
    searched = [name for name in (own if asked is None else asked) if name not in columns]
    several = {name: column for name, column in columns.items() if column.kind == "several"}
    plain = encode(whole, [*_sources(searched, whole), *(name for name in columns if name not in several)], edges=edges)
    entries = (_entries(name, column, rows.codes) for name, column in several.items())
    encoded = replace(plain, columns=(*plain.columns, *entries))
    if asked is not None:
        encoded = encoded.select([*searched, *columns])
    return Joined(encoded, tuple(names[column.name] for column in lineage.all_columns), names, time)


def _sources(searched: Iterable[str], frame: DataFrame) -> Iterable[str]:
    """The columns of the frame behind what is searched: of `taken.hour` it is `taken`."""
    known = {str(name) for name in frame.columns}
    sources = (name.rpartition(".")[0] if name not in known else name for name in searched)
    return dict.fromkeys(source if source in known else name for name, source in zip(searched, sources, strict=True))


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += _TAKEN
    taken.add(name)
    return name


def _searched(
    lineage: LineageColumns, names: Mapping[str, str], asked: Sequence[str] | None
) -> Iterable[LineageColumn]:
    if asked is None:
        return lineage.columns
    return [column for column in lineage.all_columns if names[column.name] in asked or column.name in asked]


def _series(column: LineageColumn, codes: Ints) -> pd.Series:
    """The column by row, without a look at single rows."""
    of = np.append(column.codes, -1)[codes]  # a row without a group takes the last, which says nothing
    if column.kind == "number":
        return pd.Series(np.array([*(float(cast("float", cell[0])) for cell in column.cells), np.nan])[of])
    if column.kind == "several":
        cells = np.empty(len(column.cells) + 1, object)
        for at, cell in enumerate(column.cells):  # one by one: numpy takes equally long tuples for rows
            cells[at] = cell
        return pd.Series(cells[of], dtype=object)
    if column.kind == "boolean":
        truth = np.array([*(bool(cell[0]) for cell in column.cells), False])[of]
        return pd.Series(pd.array(truth, dtype="boolean")).mask(pd.Series(of < 0))
    values = [str(cell[0]) for cell in column.cells]
    order = sorted(range(len(values)), key=values.__getitem__)
    place = np.empty(len(values) + 1, np.int64)
    place[order] = np.arange(len(values))
    place[-1] = -1
    categories = cast("pd.Index[str]", pd.Index([values[at] for at in order], dtype=object))
    return pd.Series(pd.Categorical.from_codes(place[of], categories))


def _entries(name: str, column: LineageColumn, codes: Ints) -> EncodedColumn:
    """A column of several values as one entry for each value of each row, made from the groups."""
    values = sorted({value for cell in column.cells for value in cell}, key=lambda value: (str(type(value)), value))
    at = {(type(value), value): place for place, value in enumerate(values)}
    cells = [[at[type(value), value] for value in cell] for cell in column.cells] + [[-1]]
    sizes = np.array([len(cell) for cell in cells], np.int64)
    starts = np.cumsum(sizes) - sizes
    flat = np.array([code for cell in cells for code in cell], np.int64)
    of = np.append(column.codes, -1)[codes]
    counts = sizes[of]
    rows = np.repeat(np.arange(codes.size), counts)
    inside = np.arange(rows.size) - np.repeat(np.cumsum(counts) - counts, counts)
    found, known, labels, _ = by_value(flat[np.repeat(starts[of], counts) + inside], values)
    kept = found < len(known)
    return EncodedColumn(name, name, known, labels, found[kept], rows[kept])
