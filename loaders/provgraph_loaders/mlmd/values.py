"""Property rows to values."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import Proto, Struct, Value
from provgraph_loaders.mlmd.wire import WireError, decode_any, decode_struct

__all__ = ["VALUE_COLUMNS", "plain_value", "text_of", "value_of", "weight_of"]

VALUE_COLUMNS: Final = "int_value, double_value, string_value, byte_value, proto_value, bool_value"
_STRUCT: Final = "mlmd-struct::"


def plain_value(row: Sequence[object]) -> Value | None:
    """As `value_of` for the rows that most are: plain numbers and texts; None for others."""
    number, double, text, *_ = row
    if isinstance(text, str) and not text.startswith(_STRUCT):
        return text
    if text is not None:
        return None
    if isinstance(number, int):
        return number
    return double if isinstance(double, float) else None


def weight_of(row: Sequence[object]) -> int:
    """About how many characters the row takes."""
    _, _, text, data, proto, _ = row
    return sum(len(part) for part in (text, data, proto) if part and isinstance(part, str | bytes))


def value_of(row: Sequence[object], place: str, report: LoadReport) -> Value | None:
    """The value of a property row's `VALUE_COLUMNS`; None if it holds none."""
    number, double, text, data, proto, truth = row
    if isinstance(text, str):
        return _struct(text, place, report) if text.startswith(_STRUCT) else text
    if isinstance(number, int):
        return number
    if isinstance(double, float):
        return double
    if isinstance(truth, int):
        return bool(truth)
    if isinstance(proto, str | bytes):
        return _proto(proto, place, report)
    if isinstance(data, bytes):
        report.note(NoteKind.GUESSED, "properties", "are plain bytes: kept as proto values without a type", place)
        return Proto("", data)
    return _misplaced(row, place, report)


def text_of(value: object) -> str:
    """The text of a column that holds text: "" for none, and whatever else stands there as text."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value if isinstance(value, str) else str(value)


def _struct(text: str, place: str, report: LoadReport) -> Value:
    try:
        return Struct.of(decode_struct(base64.b64decode(text[len(_STRUCT) :], validate=True)))
    except (WireError, binascii.Error, ValueError, RecursionError):
        report.note(NoteKind.GUESSED, "properties", "look like structs but cannot be decoded: kept as text", place)
        return text


def _proto(stored: str | bytes, place: str, report: LoadReport) -> Value:
    try:
        return Proto(*decode_any(base64.b64decode(stored, validate=True)))
    except (WireError, binascii.Error, ValueError, RecursionError):
        reason = "are no packed proto messages: kept as proto values without a type"
        report.note(NoteKind.GUESSED, "properties", reason, place)
        return Proto("", stored if isinstance(stored, bytes) else stored.encode("utf-8"))


def _misplaced(row: Sequence[object], place: str, report: LoadReport) -> Value | None:
    [*found] = (value for value in row if value is not None)
    if not found:
        report.note(NoteKind.LEFT_ALONE, "properties", "have no value", place)
        return None
    report.note(NoteKind.GUESSED, "properties", "stand in a column of another kind: kept as what they are", place)
    value = found[0]
    return (
        Proto("", value) if isinstance(value, bytes) else value if isinstance(value, int | float | str) else str(value)
    )
