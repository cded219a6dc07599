"""Text for people: nothing from a store reaches a terminal as a control character; times and sizes as they are read."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Final

from provgraph.errors import InvalidValueError
from provgraph.interop.moments import iso_time, utc_moment

__all__ = ["count_text", "duration_text", "iso_time", "local_time", "parse_time", "printable", "size_text", "width"]

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_RELATIVE: Final = re.compile(r"(\d{1,9})\s*([smhdw])", re.ASCII)


def printable(text: str) -> str:
    r"""The text with everything that is no visible character written as an escape.

    >>> printable("red\x1b[31m and \u202eback")
    'red\\x1b[31m and \\u202eback'
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def width(text: str) -> int:
    """How many columns a terminal needs for printable text."""
    if text.isascii():
        return len(text)
    wide = sum(1 for char in text if unicodedata.east_asian_width(char) in "WF")
    marks = sum(1 for char in text if unicodedata.combining(char))
    return len(text) + wide - marks


def local_time(milliseconds: int | None) -> str:
    """A moment in the local time of the reader, to the minute; "" for None."""
    if milliseconds is None:
        return ""
    moment = utc_moment(milliseconds)
    try:
        return str(milliseconds) if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError):
        return str(milliseconds)


def parse_time(text: str, now: datetime | None = None) -> int:
    """Epoch milliseconds of a moment: an ISO date or time (local unless it names its zone), or `7d` for 7 days ago.

    Raises:
        InvalidValueError: it is neither.
    """
    now = now or datetime.now(UTC)
    if found := _RELATIVE.fullmatch(text.strip().lower()):
        try:
            moment = now - timedelta(seconds=int(found[1]) * _UNITS[found[2]])
        except OverflowError:
            raise InvalidValueError(f"{text} is before all time") from None
    else:
        try:
            moment = datetime.fromisoformat(text.strip()).astimezone()
        except (ValueError, OverflowError):
            raise InvalidValueError(
                f"{text!r} is no time: write 2026-11-24, 2026-11-24T14:30, or 7d for seven days ago (s, m, h, d, w)"
            ) from None
    return round(moment.timestamp() * 1000)


def size_text(size: int) -> str:
    """A number of bytes: `4.2 MB`."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def count_text(number: int, noun: str) -> str:
    """`1 artifact`, `2,000 artifacts`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration_text(milliseconds: int | None) -> str:
    """A duration: `0.4 s`, `12 s`, `3 min`, `2 h 5 min`; "" for None."""
    if milliseconds is None:
        return ""
    seconds = milliseconds / 1000
    if abs(seconds) < 10:
        return f"{seconds:.1f} s"
    if abs(seconds) < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if abs(minutes) < 120 else f"{minutes // 60:,} h {minutes % 60} min"
