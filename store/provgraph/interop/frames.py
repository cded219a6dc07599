"""Lineages as pandas frames, and frames as lineages and records.

A column has one dtype that says what its values are: `Int64`, `float64`, `boolean`, text, times in UTC. Where the
dtype alone cannot say it (an integer among doubles, a NaN that is a value), `kinds` does; a column of mixed values is
text, numbers and booleans as JSON writes them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from provgraph.errors import ConfigurationError, InvalidValueError
from provgraph.interop.flat import EDGE_FIELDS, NODE_FIELDS, TIMES, flat_edge, flat_nodes, head_of, lineage_of
from provgraph.interop.moments import epoch_milliseconds
from provgraph.interop.records import rows_records
from provgraph.model import PropertyKind, Records, kind_of

if TYPE_CHECKING:
    import pandas as pd

    from provgraph.tracing.lineage import Lineage

__all__ = [
    "HEAD",
    "frame_lineage",
    "frame_rows",
    "lineage_frames",
    "records_from_frames",
    "require_pandas",
    "rows_frame",
]

HEAD: Final = "provgraph"  # the key in a frame's attrs and in a graph's attributes
_PREFIXES: Final = ("prop_", "custom_")
_EXACT: Final = 2**53  # up to here each whole number is a double of its own
_DTYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("hops", "steps", "failed_steps", "count"), "int64"),
    **dict.fromkeys(("used", "possible"), "bool"),
    "live": "boolean",
    "seconds": "float64",
}
_SCALARS: Final[Mapping[str, Callable[[str], int | float | bool]]] = {
    PropertyKind.INT.name: int,
    PropertyKind.DOUBLE.name: float,
    PropertyKind.BOOLEAN.name: {"true": True, "false": False}.__getitem__,
}
_MISSING_TIME: Final = -(2**63)  # NaT


def require_pandas() -> Any:
    """pandas, without its types: what is done here with columns of any dtype has none.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        return import_module("pandas")
    except ImportError as error:
        raise ConfigurationError("this needs pandas: pip install 'provgraph[pandas]'") from error


def lineage_frames(lineage: Lineage) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The nodes (one row each, with their properties as columns `prop_…` and `custom_…`) and the links.

    Times are UTC timestamps. What stands in no row is in the nodes' `attrs`, which pandas keeps through filters and in
    Parquet files.
    """
    require_pandas()
    nodes = rows_frame(flat_nodes(lineage), NODE_FIELDS)
    nodes.attrs[HEAD] = head_of(lineage)
    return nodes, rows_frame(map(flat_edge, lineage.edges), EDGE_FIELDS)


def records_from_frames(nodes: pd.DataFrame, edges: pd.DataFrame | None = None) -> Records:
    """Records of two frames: those that `Lineage.to_frames` made, or tables of your own with its columns.

    Of a node, `kind` (or `id`), `type` and `key` are needed; of a link `kind`, `source` and `target`, which are ids
    where the nodes have them, else keys. Links may also be `ATTRIBUTION`, `ASSOCIATION` and `PARENT`, to nodes that are
    contexts. Types are made of what the nodes hold. `Graph.put_lineage` writes the result.

    Raises:
        InvalidValueError: a row cannot be read, or a link names no node of the table.
        ConfigurationError: pandas is not installed.
    """
    links = [] if edges is None else frame_rows(edges)
    return rows_records(frame_rows(nodes), links, nodes.attrs.get(HEAD))


def frame_lineage(nodes: pd.DataFrame, edges: pd.DataFrame) -> Lineage:
    """The lineage that was written into two frames: see `Lineage.from_frames`."""
    return lineage_of(frame_rows(nodes), frame_rows(edges), nodes.attrs.get(HEAD))


# -- to frames ----------------------------------------------------------------------------------------------------


def rows_frame(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a frame: these columns, then those of the properties by name."""
    pandas = require_pandas()
    kept = [dict(row) for row in rows]
    extra = sorted({name for row in kept for name in row if name.startswith(_PREFIXES)})
    found: dict[str, Any] = {name: _property_column(kept, name) for name in extra}
    fixed: dict[str, Any] = {name: _fixed_column([row.get(name) for row in kept], name) for name in columns}
    frame: pd.DataFrame = pandas.DataFrame({**fixed, **found}, columns=[*columns, *extra])
    return frame


def _fixed_column(values: Sequence[object], name: str) -> Any:
    pandas = require_pandas()
    if name in _DTYPES:
        return pandas.Series(values, dtype=_DTYPES[name])
    if name in TIMES:
        np: Any = import_module("numpy")
        ticks = np.array([_MISSING_TIME if value is None else value for value in values], np.int64)
        return pandas.Series(ticks.view("datetime64[ms]")).dt.tz_localize("UTC")
    return _texts(values)


def _texts(values: Sequence[object]) -> Any:
    pandas = require_pandas()
    # not inferred: a column without any text would be no column of text
    return pandas.Series(values, dtype="str" if _text_dtype() else "object")


def _text_dtype() -> bool:
    pandas = require_pandas()
    return bool(pandas.Series(["a", None]).dtype != object)  # pandas 3 has a dtype for text


def _property_column(rows: Sequence[dict[str, object]], name: str) -> Any:
    pandas = require_pandas()
    values = [row.get(name) for row in rows]
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pandas.Series(values, dtype="boolean")
    if kinds == {int}:
        return pandas.Series(values, dtype="Int64")
    if kinds <= {int, float} and all(abs(v) <= _EXACT for v in values if isinstance(v, int)):
        for row, value in zip(rows, values, strict=True):
            if isinstance(value, int):
                _mark(row, name, PropertyKind.INT)
            elif isinstance(value, float) and math.isnan(value):
                _mark(row, name, PropertyKind.DOUBLE)
        return pandas.Series(values, dtype="float64")
    for row, value in zip(rows, values, strict=True):
        if value is not None and not isinstance(value, str):
            _mark(row, name, kind_of(value))
    return _texts([value if value is None or isinstance(value, str) else json.dumps(value) for value in values])


def _mark(row: dict[str, object], name: str, kind: PropertyKind) -> None:
    kinds = row.get("kinds")
    marks: list[str] = json.loads(kinds) if isinstance(kinds, str) else []
    row["kinds"] = json.dumps(sorted([*marks, f"{name}={kind.name}"]), ensure_ascii=False)


# -- from frames --------------------------------------------------------------------------------------------------


def frame_rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    """The rows of a frame without what is missing in them, as Python's own values."""
    if not isinstance(frame, require_pandas().DataFrame):
        raise InvalidValueError(f"not a frame of pandas: a {type(frame).__name__}")
    names = [str(name) for name in frame.columns]
    if len(set(names)) != len(names):
        raise InvalidValueError("two columns of a frame have one name")
    rows: list[dict[str, object]] = [{} for _ in range(len(frame))]
    columns: Any = frame
    for at, name in enumerate(names):
        try:
            cells = _cells(columns.iloc[:, at], name)
        except (TypeError, ValueError, OverflowError) as error:
            words = next(iter(str(error).splitlines()), type(error).__name__)
            raise InvalidValueError(f"the column {name} cannot be read: {words}") from error
        for row, value in zip(rows, cells, strict=True):
            if value is not None:
                row[name] = value
    for row in rows:
        _apply_marks(row)
    return rows


def _cells(column: Any, name: str) -> list[object]:
    if name in TIMES:
        return _milliseconds(column)
    values: list[Any] = column.tolist()
    missing: list[bool] = column.isna().tolist()
    as_it_is = name != "hops"  # a whole number, also where pandas has made it a double
    return [None if gone else value if as_it_is else int(value) for gone, value in zip(missing, values, strict=True)]


def _milliseconds(column: Any) -> list[object]:
    """Times as epoch milliseconds: of a column of times, of whole numbers, or of texts by ISO 8601."""
    pandas = require_pandas()
    missing: list[bool] = column.isna().tolist()
    if pandas.api.types.is_datetime64_any_dtype(column):
        ticks: list[int] = pandas.to_datetime(column, utc=True).astype("datetime64[ms, UTC]").astype("int64").tolist()
        return [None if gone else tick for gone, tick in zip(missing, ticks, strict=True)]
    return [None if gone else _tick(value) for gone, value in zip(missing, column.tolist(), strict=True)]


def _tick(value: object) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value)
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        raise TypeError(f"{value!r} is no time")
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return epoch_milliseconds(aware)


def _apply_marks(row: dict[str, object]) -> None:
    """Make values of mixed columns what they were, and put in the NaN that are values."""
    kinds = row.get("kinds")
    if not isinstance(kinds, str):
        return
    try:
        marks = [str(mark).rpartition("=") for mark in json.loads(kinds)]
    except (TypeError, ValueError) as error:
        raise InvalidValueError(f"{row.get('id')}: the column kinds holds no JSON list: {error}") from error
    for name, _, kind in marks:
        value = row.get(name)
        if kind == PropertyKind.DOUBLE.name and value is None:
            row[name] = math.nan
        elif kind == PropertyKind.INT.name and isinstance(value, float) and value.is_integer():
            row[name] = int(value)
        elif kind in _SCALARS and isinstance(value, str):
            try:
                row[name] = _SCALARS[kind](value)
            except (KeyError, ValueError):
                raise InvalidValueError(f"{row.get('id')}: {name} is {value!r:.100}, and kinds says {kind}") from None
