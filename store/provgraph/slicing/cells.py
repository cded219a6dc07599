"""What the cells of a column are, and the plain arrays behind pandas' many ways to keep them."""

from __future__ import annotations

from typing import Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from provgraph.slicing import words
from provgraph.slicing.bins import Numbers
from provgraph.slicing.table import Mask

__all__ = ["Kind", "distinct", "kind_of", "moments", "numbers", "texts"]

# "mixed": cells of several types, or of one that cannot be compared: their text stands for them.
Kind: TypeAlias = Literal["category", "bool", "number", "time", "text", "several", "mixed"]

_INFERRED: dict[str, Kind] = {
    "string": "text", "empty": "text", "boolean": "bool", "integer": "number", "floating": "number",
    "mixed-integer-float": "number", "decimal": "number", "datetime64": "time", "datetime": "time", "date": "time",
}  # fmt: skip


def kind_of(column: pd.Series) -> Kind:
    """What the cells of a column are."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_kind(dtype)
    types = pd.api.types
    if types.is_bool_dtype(dtype):
        return "bool"
    if types.is_complex_dtype(dtype):
        return "mixed"
    if types.is_numeric_dtype(dtype):
        return "number"
    if types.is_datetime64_any_dtype(dtype):
        return "time"
    if isinstance(dtype, pd.StringDtype):
        return "text"
    if dtype != np.dtype(object):
        return "mixed"
    inferred = _INFERRED.get(pd.api.types.infer_dtype(column, skipna=True), "mixed")
    if inferred == "mixed":
        return "several" if any(isinstance(cell, _SEVERAL) for cell in column.array) else "mixed"
    return _object_kind(column, inferred)


_SEVERAL = (list, tuple, set, frozenset, np.ndarray)


def _arrow_kind(dtype: pd.ArrowDtype) -> Kind:
    import pyarrow as pa

    kind, types = dtype.pyarrow_dtype, pa.types
    if types.is_dictionary(kind):
        return "mixed"
    if types.is_boolean(kind):
        return "bool"
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_timestamp(kind) or types.is_date(kind):
        return "time"
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "text"
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return "several"
    return "mixed"


def _object_kind(column: pd.Series, inferred: Kind) -> Kind:
    """The kind that the cells seem to have, if numpy can hold them."""
    try:
        if inferred == "number":
            numbers(column)
        elif inferred == "time":
            moments(column)
    except (ValueError, TypeError, OverflowError, pd.errors.OutOfBoundsDatetime):
        return "mixed"
    return inferred


def numbers(column: pd.Series) -> tuple[Numbers, Mask]:
    """The numbers, and where they are missing (there they are 0 or not a number)."""
    missing = column.isna().to_numpy(np.bool_)
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        values = column.to_numpy()
        return (values.astype(np.float64) if dtype.kind == "f" and dtype.itemsize < 8 else values), missing
    if isinstance(dtype, pd.SparseDtype):
        return np.asarray(column.array, np.float64), missing
    whole = pd.api.types.is_integer_dtype(dtype) or (
        dtype == np.dtype(object) and pd.api.types.infer_dtype(column, skipna=True) == "integer"
    )
    if whole:
        kind = "uint64" if str(dtype).lower().startswith("uint64") else "int64"
        filled = column.where(~missing, 0) if dtype == np.dtype(object) else column.fillna(0)
        return filled.to_numpy(dtype=kind), missing
    if isinstance(dtype, pd.ArrowDtype) or dtype == np.dtype(object):
        present = column[~missing] if missing.any() else column
        values = np.full(len(column), np.nan)
        values[~missing] = np.asarray([float(cell) for cell in present.array], np.float64)
        return values, missing | np.isnan(values)
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    return values, missing | np.isnan(values)


def moments(column: pd.Series) -> npt.NDArray[np.datetime64]:
    """The times by the clock of their own zone; not a time where they are missing."""
    dtype = column.dtype
    if isinstance(dtype, pd.ArrowDtype):
        column = column.astype(object)
    if column.dtype == np.dtype(object):
        try:
            column = pd.to_datetime(column, errors="raise")
        except pd.errors.OutOfBoundsDatetime:
            # Before pandas 3, beyond the years 1677 to 2262.
            cells = column.where(column.notna(), None).tolist()
            return np.array(cells, "datetime64[s]")
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_localize(None)
    return np.asarray(column.to_numpy(), "datetime64[s]")


def distinct(column: pd.Series) -> tuple[npt.NDArray[np.intp], pd.Index]:
    """Codes (-1: missing) and the distinct cells."""
    codes, cells = pd.factorize(column, use_na_sentinel=True)
    return codes, cells


def texts(column: pd.Series) -> pd.Series:
    """The text of each cell; missing ones stay missing. Numbers that are equal have one text: 1, 1.0 and "1"."""
    missing = column.isna().to_numpy(np.bool_)
    cells = column.astype(object).to_numpy()
    said: list[object] = [
        None if gone else cell if isinstance(cell, str) else _text(cell)
        for cell, gone in zip(cells.tolist(), missing.tolist(), strict=True)
    ]
    return pd.Series(said, dtype=object)


def _text(cell: object) -> str:
    value: object = cast("np.generic[object]", cell).item() if isinstance(cell, np.generic) else cell
    return words.label(value) if isinstance(value, bool | int | float) else str(value)
