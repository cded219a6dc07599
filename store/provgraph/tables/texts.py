"""What the text of a CSV file's cells means, seen from all cells of a column, and never guessed at.

Text becomes something else only where every cell of the column says so: `true` and `false`, whole numbers without
leading zeros (`007` names something), other numbers (unless `2.1` and `2.10` are both there: those are versions), dates
and times by ISO 8601 (`2026-11-24`, `2026-11-24T08:15:00Z`; nothing that has day or month first). An empty cell is a
missing value; in columns that are no text, so are NA, NaN and null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from provgraph.tables.arrow import Column, pa

__all__ = ["typed"]

_NOTHING: Final = frozenset(("", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "None", "none", "<NA>"))
_TRUTH: Final = frozenset(("true", "false"))
_INTEGER: Final = re.compile(r"-?(?:0|[1-9]\d{0,17})", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?|[+-]?inf", re.ASCII)
_DECIMAL: Final = re.compile(r"\d+\.\d*[1-9]0*", re.ASCII)
_LONG_DIGITS: Final = re.compile(r"-?\d{16,}", re.ASCII)  # an id: a double would not keep its last digits
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?P<zone>Z|[+-]\d\d:?\d\d)?", re.ASCII)
_UTC: Final = frozenset(("Z", "+00:00", "+0000", "-00:00", "-0000"))


def typed(column: Any, name: str, note: Callable[[str], None]) -> Column:
    """A column of text, as words and their numbers, as what its words say they are.

    Args:
        column: a dictionary array.
        name: of the column.
        note: is told where a time lost the offset that it was written with.
    """
    words: list[str] = column.dictionary.to_pylist()
    said = [word for word in words if word not in _NOTHING]
    kept = [None if word in _NOTHING else word for word in words]
    values = _converted(said, kept, name, note) if said else None
    if values is None:
        values = pa.array([word or None for word in words], pa.large_string())
    found: Column = pa.chunked_array([values.take(column.indices)])
    return found


def _converted(said: Sequence[str], kept: Sequence[str | None], name: str, note: Callable[[str], None]) -> Any:
    if all(word.lower() in _TRUTH for word in said):
        return pa.array([None if word is None else word.lower() == "true" for word in kept])
    if all(map(_INTEGER.fullmatch, said)):
        return pa.array([None if word is None else int(word) for word in kept], pa.int64())
    if all(map(_NUMBER.fullmatch, said)) and not any(map(_LONG_DIGITS.fullmatch, said)) and not _versions(said):
        return pa.array([None if word is None else float(word) for word in kept], pa.float64())
    try:
        if all(map(_DATE.fullmatch, said)):
            return pa.array(kept, pa.string()).cast(pa.date32())
        return _times(said, kept, name, note)
    except pa.ArrowInvalid:  # such as the 31st of February
        return None


def _versions(said: Sequence[str]) -> bool:
    """Whether some differ by zeros at the end alone: as numbers, version 2.10 would be version 2.1."""
    decimals = [word for word in said if _DECIMAL.fullmatch(word)]
    return len({word.rstrip("0") for word in decimals}) < len(decimals)


def _times(said: Sequence[str], kept: Sequence[str | None], name: str, note: Callable[[str], None]) -> Any:
    zones: set[str | None] = set()
    digits = 0
    for word in said:
        found = _TIME.fullmatch(word)
        if found is None:
            return None
        zones.add(found["zone"])
        digits = max(digits, len(re.sub(r"(Z|[+-]\d\d:?\d\d)$", "", word[11:]).partition(".")[2]))
    if None in zones and len(zones) > 1:
        return None  # with and without a zone: nobody knows what the others mean
    if zones - _UTC - {None}:
        note(f"column {name!r}: times were converted to UTC: hours of the day are those of UTC")
    unit, zone = "us" if digits <= 6 else "ns", None if None in zones else "UTC"
    return pa.array(kept, pa.string()).cast(pa.timestamp(unit, zone))
