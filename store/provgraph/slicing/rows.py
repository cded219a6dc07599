"""The rows of a predicate, found by a search or made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from provgraph.errors import InvalidValueError
from provgraph.slicing import cells, words
from provgraph.slicing.encoding import encode
from provgraph.slicing.measuring import column_of
from provgraph.slicing.table import EncodedColumn, EncodedTable, Mask
from provgraph.slicing.values import Range, Term, Value

if TYPE_CHECKING:
    from provgraph.slicing.bins import Numbers

__all__ = ["Predicate", "as_terms", "rows_of", "table_of"]

# Conditions that all hold: terms, or values by column.
Predicate: TypeAlias = Sequence[Term] | Mapping[str, Value]


def as_terms(predicate: Predicate) -> tuple[Term, ...]:
    """The terms of a predicate.

    Raises:
        InvalidValueError: it has none, or is none.
    """
    if isinstance(predicate, Mapping):
        terms = tuple(Term(str(column), value) for column, value in predicate.items())
    else:
        terms = tuple(predicate)
    if not terms or not all(isinstance(term, Term) for term in terms):
        raise InvalidValueError("a predicate is one or more terms, or a mapping of columns to values")
    return terms


def table_of(data: pd.DataFrame | EncodedTable) -> EncodedTable:
    """The table; of a frame, one with no column encoded yet."""
    return data if isinstance(data, EncodedTable) else encode(data, ())


def rows_of(data: pd.DataFrame | EncodedTable, predicate: Predicate) -> Mask:
    """Which rows fulfil a predicate: one truth value per row, in the order of the frame.

    A value is looked for among the values of the encoded column, then by its label, then in the frame itself; so a
    `Range` need not be one of those that the column was parted into. A value that no row has gives no row.

    Raises:
        InvalidValueError: there is no such column, or a range is asked of cells that are not numbers.
    """
    table = table_of(data)
    found = np.ones(table.rows, np.bool_)
    for term in as_terms(predicate):
        found &= _rows(table, term)
    return found


def _rows(table: EncodedTable, term: Term) -> Mask:
    for column in table.columns:
        if column.name == term.column:
            code = _code(column, term.value)
            if code is not None:
                return column.mask(code, table.rows)
    names = table.frame.columns.map(str)
    if term.column in names:
        if isinstance(term.value, Range):
            return _between(column_of(table.frame, term.column), term.column, term.value)
        made = encode(table.frame, [term.column]).columns
    else:
        source = term.column.rpartition(".")[0]
        if source not in names:
            table.column(term.column)
        made = encode(table.frame, [source]).columns if source in names else ()
    for column in made:
        if column.name == term.column:
            code = _code(column, term.value)
            if code is not None:
                return column.mask(code, table.rows)
            if any(isinstance(value, Range) for value in column.values):
                return _equal(column_of(table.frame, term.column), term.value)
            return np.zeros(table.rows, np.bool_)
    table.column(term.column)
    return np.zeros(table.rows, np.bool_)


def _code(column: EncodedColumn, value: Value) -> int | None:
    code = column.code(value)
    if code is None and isinstance(value, str) and value in column.labels:
        return column.labels.index(value)
    return code


def _numbers(column: pd.Series, name: str) -> tuple[Numbers, Mask]:
    if column.isna().all():
        return np.zeros(len(column)), np.ones(len(column), np.bool_)
    if cells.kind_of(column) != "number":
        raise InvalidValueError(f"{words.label(name)} does not hold numbers: it has no range")
    return cells.numbers(column)


def _between(column: pd.Series, name: str, bounds: Range) -> Mask:
    values, missing = _numbers(column, name)
    found = ~missing
    if bounds.low is not None:
        found &= values >= bounds.low
    if bounds.high is not None:
        found &= values < bounds.high
    return found


def _equal(column: pd.Series, value: Value) -> Mask:
    """One number of a column that was parted into ranges."""
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        return np.zeros(len(column), np.bool_)
    if not isinstance(number, int | float):
        return np.zeros(len(column), np.bool_)
    values, missing = cells.numbers(column)
    return np.asarray((values == number) & ~missing)
