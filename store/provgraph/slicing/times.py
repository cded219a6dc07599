"""A time as what it has in common with others: day, week, hour of the day, shift."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from provgraph.errors import InvalidValueError

__all__ = ["SHIFTS", "checked_shifts", "parts"]

SHIFTS: Mapping[str, tuple[int, int]] = {"6 to 14": (6, 14), "14 to 22": (14, 22), "22 to 6": (22, 6)}
_EPOCH = dt.date(1970, 1, 1).toordinal()
_THURSDAY = 3  # 1970-01-01 was one; ISO weeks begin on Monday


def checked_shifts(shifts: Mapping[str, tuple[int, int]] | None) -> Mapping[str, tuple[int, int]]:
    """Shifts by name: the hour at which each begins and the one at which it ends, over midnight if that is less.

    Raises:
        InvalidValueError: they overlap, or an hour is none.
    """
    given = SHIFTS if shifts is None else dict(shifts)
    taken: dict[int, str] = {}
    for name, hours in given.items():
        if min(hours) < 0 or max(hours) > 24:
            raise InvalidValueError(f"shift {name} must be two hours of 0 to 24, not {hours!r}")
        for hour in _hours(*hours):
            if taken.setdefault(hour, name) != name:
                raise InvalidValueError(f"shifts {taken[hour]} and {name} overlap at hour {hour}")
    return given


def _hours(begin: int, end: int) -> list[int]:
    return [hour % 24 for hour in range(begin, end if end > begin else end + 24)]


def parts(
    moments: npt.NDArray[np.datetime64], shifts: Mapping[str, tuple[int, int]]
) -> dict[str, tuple[npt.NDArray[np.integer], list[object]]]:
    """Codes (-1: missing) and values of each part, by its name."""
    missing = np.isnat(moments)
    seconds = moments.astype("datetime64[s]").astype(np.int64)
    seconds[missing] = 0
    day = seconds // 86_400
    hour = (seconds // 3_600) % 24
    # Monday is the first day of its week.
    week = (day + _THURSDAY) // 7
    shift_of = np.full(24, len(shifts), np.intp)
    for code, hours in enumerate(shifts.values()):
        shift_of[_hours(*hours)] = code
    found: dict[str, tuple[npt.NDArray[np.integer], list[object]]] = {}
    for name, numbers, value in (("day", day, _day), ("week", week, _week)):
        present = numbers[~missing]
        distinct, codes = np.unique(present, return_inverse=True)
        all_codes = np.full(numbers.size, -1, np.intp)
        all_codes[~missing] = codes
        found[name] = all_codes, [value(number) for number in distinct.tolist()]
    found["hour"] = np.where(missing, -1, hour), list(range(24))
    found["shift"] = np.where(missing, -1, shift_of[hour]), [*shifts, "none"]
    return found


def _day(number: int) -> object:
    ordinal = number + _EPOCH
    if not 1 <= ordinal <= dt.date.max.toordinal():
        return str(np.datetime64(number, "D"))
    return dt.date.fromordinal(ordinal).isoformat()


def _week(number: int) -> object:
    ordinal = 7 * number - _THURSDAY + _EPOCH
    if not 1 <= ordinal <= dt.date.max.toordinal():
        return f"week of {np.datetime64(7 * number - _THURSDAY, 'D')}"
    year, week, _ = dt.date.fromordinal(ordinal).isocalendar()
    return f"{year}-W{week:02d}"
