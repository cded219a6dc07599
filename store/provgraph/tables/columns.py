"""Columns as users have them, made into the few types that a table of predictions keeps.

Booleans, 64-bit integers, doubles, text, moments (with or without a time zone), dates, and lists of these. What is
spelled otherwise (other widths, categories, kinds of strings) is the same column; NaN is a missing value.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from provgraph.errors import RecordingError
from provgraph.tables.arrow import Column, Table, pa, pc

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["check_names", "kind_of", "to_columns", "to_table", "values_of"]

Note: TypeAlias = Callable[[str], None]

_LONGEST_NAME: Final = 500  # characters
_MOST_COLUMNS: Final = 2_000
_OFFSET: Final = re.compile(r"[+-]\d\d:?\d\d")
_SETS: Final = (set, frozenset)
_SEVERAL: Final = (list, tuple, np.ndarray, *_SETS)
_BROKEN: Final = (pa.ArrowException, TypeError, ValueError, OverflowError)


def to_table(frame: object, note: Note) -> Table:
    """A frame as a table of canonical columns.

    Args:
        frame: a pandas DataFrame, whose index counts as columns where it has names, or anything that speaks Arrow: a
            table of pyarrow or polars, a relation of DuckDB.
        note: is told of every value that is not kept as it was.

    Raises:
        RecordingError: it is no table, or a column of it cannot be kept.
    """
    if isinstance(frame, pd.DataFrame):
        return _from_pandas(frame, note)
    if not hasattr(frame, "__arrow_c_stream__"):
        raise RecordingError(f"a frame is a pandas DataFrame or an Arrow table, not a {type(frame).__name__}")
    try:
        table: Table = pa.table(frame)
    except _BROKEN as error:
        raise RecordingError(f"the frame cannot be read: {_line(error)}") from error
    return to_columns(table.column_names, list(table.columns), note)


def to_columns(names: Sequence[str], columns: Iterable[Column], note: Note) -> Table:
    """Columns of any Arrow type as a table of canonical ones.

    Raises:
        RecordingError: names are missing or twice there, or a column cannot be kept.
    """
    check_names(names)
    made: Table = pa.table({name: _canonical(column, name, note) for name, column in zip(names, columns, strict=True)})
    return made


def check_names(names: Sequence[str]) -> None:
    """Check that every column has a name of its own, and that there are not too many.

    Raises:
        RecordingError: they have not, or there are.
    """
    if not names:
        raise RecordingError("the table has no columns")
    if len(names) > _MOST_COLUMNS:
        raise RecordingError(
            f"the table has {len(names):,} columns, and at most {_MOST_COLUMNS:,} are kept: leave out what does not "
            "say how a row came about, such as the features themselves"
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise RecordingError(f"the column {twice[0]!r} is there {names.count(twice[0])} times: give each its own name")
    for at, name in enumerate(names, 1):
        if not name.strip():
            raise RecordingError(f"column {at} has no name")
        if len(name) > _LONGEST_NAME or "\0" in name or name != name.encode("utf-8", "replace").decode("utf-8"):
            raise RecordingError(f"column {at} has an impossible name ({name[:40]!r}…): give it a short one")


def kind_of(type_: Any) -> str:
    """What a canonical type is called: boolean, integer, number, text, time, date; `several text` for a list."""
    if pa.types.is_large_list(type_):
        return f"several {kind_of(type_.value_type)}"
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_integer(type_):
        return "integer"
    if pa.types.is_floating(type_):
        return "number"
    if pa.types.is_timestamp(type_):
        return "time"
    return "date" if pa.types.is_date(type_) else "text"


def values_of(column: Column) -> Column:
    """The distinct values of a canonical column, also those that stand several in a cell."""
    return _chunked(pc.list_flatten(column) if pa.types.is_large_list(column.type) else column).unique()


def _from_pandas(frame: DataFrame, note: Note) -> Table:
    if any(name is not None for name in frame.index.names) and not set(frame.index.names) & set(frame.columns):
        frame = frame.reset_index()
    if isinstance(frame.columns, pd.MultiIndex):
        raise RecordingError("the columns have names of several levels: give them plain ones")
    names = [str(name) for name in frame.columns]
    check_names(names)
    found: list[Column] = []
    for at, name in enumerate(names):
        series: Series[Any] = frame.iloc[:, at]
        found.append(_chunked(_from_series(series, name, note)))
    return to_columns(names, found, note)


def _from_series(series: Series[Any], name: str, note: Note) -> object:
    dtype: object = series.dtype
    cells: object = dtype.categories.dtype if isinstance(dtype, pd.CategoricalDtype) else dtype
    if isinstance(cells, pd.PeriodDtype | pd.IntervalDtype):  # Arrow would keep what they are made of
        return _as_text(series.tolist(), name, note)
    if isinstance(dtype, pd.SparseDtype):
        series = cast("Any", series).sparse.to_dense()
    if series.dtype != object:
        try:
            return pa.array(series, from_pandas=True)
        except (*_BROKEN, UnicodeError):  # such as categories of several types
            series = series.astype(object)
    return _from_objects(series, name, note)


def _from_objects(series: Series[Any], name: str, note: Note) -> object:
    """A column of Python objects, which may be anything."""
    values = series.tolist()
    if not any(isinstance(value, _SEVERAL) for value in values):
        try:
            made = pa.array(values, from_pandas=True)
        except (*_BROKEN, UnicodeError):
            return _as_text(values, name, note)
        if pa.types.is_timestamp(made.type):
            zones = {value.tzinfo is None for value in values if isinstance(value, datetime) and not pd.isna(value)}
            if len(zones) > 1:
                raise RecordingError(f"the column {name!r} mixes times with and without a time zone")
        return made
    lists = [_several(value) for value in values]
    try:
        return pa.array(lists, from_pandas=True)
    except (*_BROKEN, UnicodeError):
        note(f"column {name!r}: the values in its cells are of several types, and were kept as text")
        return pa.array(
            [None if cell is None else [_text(item) for item in cell if not _missing(item)] for cell in lists],
            pa.large_list(pa.large_string()),
        )


def _several(value: object) -> list[object] | None:
    if isinstance(value, _SETS):  # in an order that does not change with the process
        return sorted(cast("set[object]", value), key=lambda item: (type(item).__name__, str(item)))
    if isinstance(value, _SEVERAL):
        return list(cast("Iterable[object]", value))
    return None if _missing(value) else [value]


def _as_text(values: Sequence[object], name: str, note: Note) -> object:
    kinds = sorted({type(value).__name__ for value in values if not _missing(value)})
    if len(kinds) > 1:
        note(f"column {name!r}: it mixes {' and '.join(kinds[:4])}, and was kept as text")
    elif kinds not in (["UUID"], ["PosixPath"], ["WindowsPath"]):
        note(f"column {name!r}: values of the type {kinds[0]} were kept as text")
    return pa.array([None if _missing(value) else _text(value) for value in values], pa.large_string())


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def _text(value: object) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _chunked(made: Any) -> Column:
    found: Column = made if isinstance(made, pa.ChunkedArray) else pa.chunked_array([made])
    return found


def _joined(chunks: Sequence[object], type_: object) -> Column:
    found: Column = pa.chunked_array(chunks, type_)
    return found


def _canonical(column: Column, name: str, note: Note) -> Column:
    try:
        return _cast(column, name, note)
    except _BROKEN as error:
        raise RecordingError(f"the column {name!r} cannot be kept: {_line(error)}") from error


def _cast(column: Column, name: str, note: Note) -> Column:
    kind: Any = column.type
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.uuid":
        return _chunked(pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string()))
    if isinstance(kind, pa.BaseExtensionType):
        storage = [chunk.storage for chunk in cast("Any", column).chunks]
        return _cast(_joined(storage, kind.storage_type), name, note)
    if pa.types.is_dictionary(kind):
        return _cast(column.cast(kind.value_type), name, note)
    if pa.types.is_run_end_encoded(kind):
        return _cast(_chunked(pc.run_end_decode(column)), name, note)
    if pa.types.is_null(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.large_string())
    if pa.types.is_string_view(kind):
        return column.cast(pa.string()).cast(pa.large_string())
    if pa.types.is_boolean(kind):
        return column
    if pa.types.is_integer(kind):
        return _integers(column, name, note)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        doubles = column.cast(pa.float64())
        return _chunked(pc.if_else(pc.is_nan(doubles), pa.scalar(None, pa.float64()), doubles))
    if pa.types.is_timestamp(kind):
        return _moments(column, kind.tz)
    if pa.types.is_date(kind):
        return column.cast(pa.date32())
    if pa.types.is_duration(kind):
        note(f"column {name!r}: durations were kept as seconds")
        return _chunked(pc.divide(column.cast(pa.duration("ns"), safe=False).cast(pa.int64()).cast(pa.float64()), 1e9))
    if pa.types.is_time(kind):
        return column.cast(pa.large_string())
    if hasattr(kind, "value_type") and not pa.types.is_map(kind):
        return _lists(column, name, note)
    if pa.types.is_struct(kind) or pa.types.is_map(kind):
        note(f"column {name!r}: mappings were kept as JSON text")
        texts = [None if value is None else _json(value) for value in column.to_pylist()]
        return _chunked(pa.array(texts, pa.large_string()))
    raise RecordingError(f"the column {name!r} holds {kind}, which is no label, number, text or time: leave it out")


def _integers(column: Column, name: str, note: Note) -> Column:
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        note(f"column {name!r}: integers beyond 64 bits were kept as text")
        return column.cast(pa.large_string())


def _moments(column: Column, zone: str | None) -> Column:
    """By the microsecond, which every system knows; by the nanosecond where that would lose something."""
    if zone is not None and not _OFFSET.fullmatch(zone):
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"nobody knows the time zone {zone!r}") from error
    try:
        return column.cast(pa.timestamp("us", zone))
    except pa.ArrowInvalid:
        return column.cast(pa.timestamp("ns", zone))


def _lists(column: Column, name: str, note: Note) -> Column:
    kind: Any = column.type
    inner = kind.value_type
    while pa.types.is_dictionary(inner):
        inner = inner.value_type
    nested = pa.types.is_nested(inner)
    if not nested:
        # the values decide which canonical type they have together
        flat = _cast(_chunked(pc.list_flatten(column)), name, note)
        with_type = pa.large_list(flat.type)
        try:
            return column.cast(with_type)
        except pa.ArrowException:
            pass
    texts: Callable[[object], object] = _json if nested else lambda value: value
    if nested:
        note(f"column {name!r}: what is nested in its cells was kept as JSON text")
    cells = [
        None if cell is None else [texts(item) for item in cell if item is not None] for cell in column.to_pylist()
    ]
    made = pa.array(cells, pa.large_list(pa.large_string())) if nested else pa.array(cells)
    return _chunked(made.cast(pa.large_list(made.type.value_type)))


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
