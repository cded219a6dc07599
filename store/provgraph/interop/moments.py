"""Epoch milliseconds as text that other programs read."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["iso_time", "utc_moment"]


def utc_moment(milliseconds: int) -> datetime | None:
    """The moment in UTC; None where it lies beyond what a calendar holds."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):  # recorded by somebody whose clock knows no bounds
        return None


def iso_time(milliseconds: int | None) -> str:
    """A moment in UTC, by ISO 8601; "" for None."""
    if milliseconds is None:
        return ""
    moment = utc_moment(milliseconds)
    return str(milliseconds) if moment is None else moment.isoformat(timespec="milliseconds")
