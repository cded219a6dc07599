"""When rows were made: as instants, which can be compared with events, and by the clock of their own zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from provgraph.errors import InvalidValueError
from provgraph.slicing import cells, words
from provgraph.slicing.measuring import column_of
from provgraph.slicing.table import Mask

__all__ = ["Times", "When", "instant", "times_of"]

# A moment: with its zone, or in UTC; a whole number is milliseconds since 1970, as the graph keeps times.
When: TypeAlias = dt.datetime | dt.date | np.datetime64 | str | int

# What a column of objects may hold: zones may differ from row to row.
_TIMES = (dt.datetime, dt.date, pd.Timestamp, str)
# The years 1 to 9999, in milliseconds.
_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_999


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """The times of rows.

    Attributes:
        instants: in UTC; what has no zone is taken to be UTC.
        local: by the clock of their own zone.
        known: where there is one.
    """

    instants: npt.NDArray[np.datetime64]
    local: npt.NDArray[np.datetime64]
    known: Mask


def times_of(frame: pd.DataFrame, name: str) -> Times:
    """The times in a column: times, dates, ISO 8601 texts, or whole numbers of milliseconds since 1970.

    Raises:
        InvalidValueError: there is no such column, or it holds something else.
    """
    column = column_of(frame, name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    kind = cells.kind_of(column)
    if column.isna().all():
        never = np.full(len(column), np.datetime64("NaT", "us"))
        return Times(never, never, np.zeros(len(column), np.bool_))
    if kind == "number":
        values, missing = cells.numbers(column)
        whole = np.where(missing, 0, values)
        if not (whole == np.floor(whole)).all() or whole.min() < _FIRST or whole.max() > _LAST:
            raise InvalidValueError(f"{words.label(name)} holds no times: numbers are milliseconds since 1970")
        instants = whole.astype(np.int64).astype("datetime64[ms]").astype("datetime64[us]")
        instants[missing] = np.datetime64("NaT")
        return Times(instants, instants, ~missing)
    if kind not in ("time", "text") and not column.dropna().map(type).isin(_TIMES).all():
        raise InvalidValueError(f"{words.label(name)} must hold times, not {column.dtype} cells")
    if isinstance(column.dtype, pd.ArrowDtype):
        column = column.astype(object)
    if not isinstance(column.dtype, np.dtype | pd.DatetimeTZDtype) or column.dtype == np.dtype(object):
        column = _parsed(column, name)
    local = column.dt.tz_localize(None) if isinstance(column.dtype, pd.DatetimeTZDtype) else column
    utc = column.dt.tz_convert("UTC").dt.tz_localize(None) if isinstance(column.dtype, pd.DatetimeTZDtype) else column
    return Times(
        np.asarray(utc.to_numpy(), "datetime64[us]"),
        np.asarray(local.to_numpy(), "datetime64[us]"),
        column.notna().to_numpy(np.bool_),
    )


def _parsed(column: pd.Series, name: str) -> pd.Series:
    objects = column.astype(object)
    objects = objects.where(objects.notna(), None)
    try:
        return pd.to_datetime(objects, format="ISO8601")
    except (ValueError, TypeError, OverflowError):
        pass
    try:
        # Zones that differ from row to row have no clock in common but that of UTC.
        return pd.to_datetime(objects, format="ISO8601", utc=True)
    except (ValueError, TypeError, OverflowError) as error:
        example = next(cell for cell in objects.tolist() if cell is not None)
        raise InvalidValueError(
            f"{words.label(name)} must hold times as ISO 8601 writes them, but holds {words.label(str(example))}"
        ) from error


def instant(when: When) -> np.datetime64:
    """A moment in UTC.

    Raises:
        InvalidValueError: it is none.
    """
    try:
        if isinstance(when, int) and not isinstance(when, bool):
            if not _FIRST <= when <= _LAST:
                raise InvalidValueError(f"{when!r} is no moment: milliseconds of the years 1 to 9999 are")
            return np.datetime64(when, "ms")
        stamp = pd.Timestamp(when)
        if pd.isna(stamp):
            raise InvalidValueError(f"{when!r} is no moment")
        if stamp.tzinfo is not None:
            stamp = stamp.tz_convert("UTC").tz_localize(None)
        return np.datetime64(stamp.isoformat(), "us")
    except (ValueError, TypeError, OverflowError) as error:
        if isinstance(error, InvalidValueError):
            raise
        raise InvalidValueError(f"{when!r} is no moment: give a datetime, ISO 8601 text or milliseconds") from error
