"""A frame becomes codes: what can be grouped, each column once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from provgraph.errors import InvalidValueError
from provgraph.slicing import cells, words
from provgraph.slicing.bins import checked_edges, quantile_edges, ranged
from provgraph.slicing.plain import MOST_VALUES, by_value
from provgraph.slicing.table import EncodedColumn, EncodedTable
from provgraph.slicing.times import checked_shifts, parts

__all__ = ["BINS", "encode"]

BINS = 5
# A column of numbers with so many distinct ones at most is taken as it is, not as ranges.
_FEW = 24
# So many numbers are looked at first: where they are many already, the others need not be told apart.
_SAMPLE = 5_000


def encode(
    frame: pd.DataFrame,
    columns: Iterable[str] | None = None,
    *,
    edges: Mapping[str, Sequence[float]] | None = None,
    bins: int = BINS,
    shifts: Mapping[str, tuple[int, int]] | None = None,
) -> EncodedTable:
    """Encode the columns that slices are to be made of; the table can be searched many times.

    Texts, truth values, categories and whole numbers of few kinds are taken by value. Other numbers become ranges:
    between `edges`, or quantiles. A time becomes its day, week, hour and shift (``taken.hour``), by the clock of its
    own zone. Cells that hold a list, tuple, set or array have several values. Missing is a value of its own. What can
    only be told apart by its text is taken by its text, and a note says so.

    Args:
        frame: one row per prediction; its index does not matter.
        columns: names of columns; all if not given.
        edges: the edges of numeric columns, by name.
        bins: how many ranges a numeric column without edges becomes.
        shifts: begin and end hour of each shift, by name; three of eight hours from 6 on if not given.

    Raises:
        InvalidValueError: a column is not there or twice, or edges, bins or shifts make no sense.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InvalidValueError(f"a pandas DataFrame is needed, not {type(frame).__name__}")
    places = _places(frame)
    wanted = list(places) if columns is None else [str(name) for name in _listed(columns)]
    given = {str(name): checked_edges(str(name), values) for name, values in (edges or {}).items()}
    for name in [*wanted, *given]:
        if name not in places:
            raise InvalidValueError(f"no column {words.label(name)} in the frame; there are: {_some(places)}")
    if not 2 <= bins <= 100:
        raise InvalidValueError(f"bins must be 2 to 100, not {bins}")
    hours = checked_shifts(shifts)
    encoded: dict[str, EncodedColumn] = {}
    notes: list[str] = []
    for name in dict.fromkeys(wanted):
        column = frame.iloc[:, places[name]].reset_index(drop=True)
        for made in _encoded(name, column, given.get(name), bins, hours, notes):
            if made.name != name and made.name in places:
                notes.append(f"{made.name} is a column of the frame: the part of {name} of that name is left out.")
            else:
                encoded[made.name] = made
    return EncodedTable(frame, tuple(encoded.values()), tuple(notes))


def _listed(columns: Iterable[str]) -> Iterable[str]:
    return (columns,) if isinstance(columns, str) else columns


def _places(frame: pd.DataFrame) -> dict[str, int]:
    names = [str(name) for name in frame.columns]
    places = {name: place for place, name in enumerate(names)}
    if len(places) < len(names):
        twice = next(name for place, name in enumerate(names) if places[name] != place)
        raise InvalidValueError(f"two columns are named {words.label(twice)}: give each a name of its own")
    return places


def _some(names: Iterable[str]) -> str:
    listed = [words.label(name) for name in names]
    return ", ".join(listed[:20]) + (" …" if len(listed) > 20 else "") if listed else "none"


def _encoded(
    name: str,
    column: pd.Series,
    edges: list[float] | None,
    bins: int,
    shifts: Mapping[str, tuple[int, int]],
    notes: list[str],
) -> Iterator[EncodedColumn]:
    """The columns that one column becomes."""
    kind = cells.kind_of(column)
    if edges is not None and kind not in ("number", "bool"):
        raise InvalidValueError(f"edges are given for {name}, whose cells are not numbers")
    if kind == "time":
        for part, (codes, values) in parts(cells.moments(column), shifts).items():
            yield _column(f"{name}.{part}", name, codes, values, notes, ordered=True)
    elif kind == "category":
        yield _column(name, name, column.cat.codes.to_numpy(), column.cat.categories.tolist(), notes, ordered=True)
    elif kind == "several":
        yield _several(name, column, notes)
    elif kind == "bool":
        missing = column.isna().to_numpy(np.bool_)
        truth = (column.where(~missing, False) if missing.any() else column).to_numpy(dtype=np.bool_)
        yield _column(name, name, np.where(missing, -1, truth.astype(np.intp)), [False, True], notes)
    elif kind == "number":
        yield _number(name, column, edges, bins, notes)
    else:
        yield _text(name, column, kind, notes)


def _column(
    name: str,
    source: str,
    codes: npt.NDArray[np.integer],
    values: Sequence[object],
    notes: list[str],
    *,
    ordered: bool = False,
) -> EncodedColumn:
    kept, known, labels, folded = by_value(codes, values, ordered=ordered)
    if folded:
        most = words.count(MOST_VALUES)
        notes.append(f"{name} has more than {most} values: the {words.count(folded)} rarest are taken as one.")
    return EncodedColumn(name, source, known, labels, kept)


def _text(name: str, column: pd.Series, kind: cells.Kind, notes: list[str]) -> EncodedColumn:
    if kind == "mixed":
        notes.append(f"{name} holds values of mixed or unknown types: they are compared by their text.")
        column = cells.texts(column)
    codes, values = cells.distinct(column)
    return _column(name, name, codes, values.tolist(), notes)


def _number(name: str, column: pd.Series, edges: list[float] | None, bins: int, notes: list[str]) -> EncodedColumn:
    values, missing = cells.numbers(column)
    if edges is None:
        sample = pd.unique(values[:_SAMPLE])
        if sample.size <= _FEW:
            codes, known = pd.factorize(values, use_na_sentinel=True)
            codes[missing] = -1
            if known.size <= _FEW:
                return _column(name, name, codes, known.tolist(), notes)
        edges = quantile_edges(values[~missing], bins)
    codes, ranges = ranged(values, missing, edges)
    return _column(name, name, codes, ranges, notes, ordered=True)


def _several(name: str, column: pd.Series, notes: list[str]) -> EncodedColumn:
    """Lists, tuples, sets and arrays: one entry for each distinct value of a row; an empty one is missing."""
    exploded = column.astype(object).explode()
    entries = exploded.index.to_numpy(np.intp)
    inner = exploded.reset_index(drop=True)
    if cells.kind_of(inner) not in ("text", "number", "bool"):
        inner = cells.texts(inner)
    codes, values = cells.distinct(inner)
    # A value twice in one row is one entry.
    width = len(values) + 1
    keys = np.unique(entries * width + codes + 1)
    made = _column(name, name, keys % width - 1, values.tolist(), notes)
    # An entry of a value too rare to be kept says nothing.
    kept = made.codes < len(made.values)
    return replace(made, codes=made.codes[kept], entries=(keys // width)[kept])
