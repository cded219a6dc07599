"""The error rate over time, day by day or week by week."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from provgraph.errors import InvalidValueError
from provgraph.slicing.clock import times_of
from provgraph.slicing.means import mean_interval
from provgraph.slicing.measuring import as_outcome
from provgraph.slicing.proportions import wilson
from provgraph.slicing.rows import Predicate, rows_of, table_of
from provgraph.slicing.values import Interval

if TYPE_CHECKING:
    import pandas as pd

    from provgraph.slicing.outcome import Outcome
    from provgraph.slicing.table import EncodedTable

__all__ = ["PeriodRate", "rate_over_time"]

_MONDAY = np.datetime64("1970-01-05", "D")


@dataclass(frozen=True, slots=True)
class PeriodRate:
    """What happened in one day or week.

    Attributes:
        start: its first day.
        n: rows.
        errors: wrong rows; None for a loss.
        rate: share of wrong rows (or mean loss).
        interval: of `rate`: Wilson's (of a mean: Student's, infinite for a single row).
    """

    start: dt.date
    n: int
    errors: int | None
    rate: float
    interval: Interval


def rate_over_time(
    data: pd.DataFrame | EncodedTable,
    *,
    outcome: Outcome | str,
    time: str,
    every: Literal["day", "week"] = "day",
    predicate: Predicate | None = None,
) -> tuple[PeriodRate, ...]:
    """The rate of each day or week that has rows, in order.

    Days are those of the rows' own zone, weeks begin on Monday. Rows without a time, or an outcome, are left out.

    Args:
        data: one row per prediction, or the same encoded.
        outcome: what counts as an error, as for `find_slices`.
        time: the column of times: times, dates, ISO 8601 texts, or milliseconds since 1970.
        every: ``day`` or ``week``.
        predicate: only rows of this slice.

    Raises:
        InvalidValueError: a column is missing, or `time` holds no times.
    """
    if every not in ("day", "week"):
        raise InvalidValueError(f"every must be 'day' or 'week', not {every!r}")
    table = table_of(data)
    values = as_outcome(table.frame, outcome).measure(table.frame)
    times = times_of(table.frame, time)
    held = times.known if predicate is None else times.known & rows_of(table, predicate)
    kept = held if values.kept is None else held[values.kept]
    dated = held if values.kept is None else held & values.kept
    days = times.local[dated].astype("datetime64[D]")
    if every == "week":
        days = _MONDAY + (days - _MONDAY) // np.timedelta64(7, "D") * np.timedelta64(7, "D")
    losses = np.asarray(values.values[kept], np.float64)
    starts, place = np.unique(days, return_inverse=True)
    n = np.bincount(place, minlength=starts.size).astype(np.float64)
    total = np.asarray(np.bincount(place, losses, minlength=starts.size), np.float64)
    if values.binary:
        low, high = wilson(total, n)
    else:
        square = np.asarray(np.bincount(place, losses**2, minlength=starts.size), np.float64)
        low, high = mean_interval(n, total, square)
    return tuple(
        PeriodRate(
            start,
            int(n[at]),
            round(float(total[at])) if values.binary else None,
            float(total[at] / n[at]),
            Interval(float(low[at]), float(high[at])),
        )
        for at, start in enumerate(starts.astype(object).tolist())
    )
