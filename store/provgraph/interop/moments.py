"""Epoch milliseconds as the calendar has them, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["epoch_milliseconds", "iso_time", "utc_moment"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def utc_moment(milliseconds: int) -> datetime | None:
    """The moment in UTC; None where it lies beyond what a calendar holds."""
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:  # recorded by somebody whose clock knows no bounds
        return None


def epoch_milliseconds(moment: datetime) -> int:
    """The milliseconds of a moment that names its zone, whole ones, rounded down.

    Raises:
        OverflowError: in UTC it lies beyond what a calendar holds.
    """
    return (moment - _EPOCH) // _MILLISECOND


def iso_time(milliseconds: int | None) -> str:
    """A moment in UTC, by ISO 8601; "" for None."""
    if milliseconds is None:
        return ""
    moment = utc_moment(milliseconds)
    return str(milliseconds) if moment is None else moment.isoformat(timespec="milliseconds")
