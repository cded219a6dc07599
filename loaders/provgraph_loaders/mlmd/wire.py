"""The two protocol buffer messages that ML Metadata keeps in its rows: `google.protobuf.Struct` and `Any`.

Read from their wire format, so that no protobuf library is needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from provgraph.model import JsonValue

__all__ = ["WireError", "decode_any", "decode_struct"]

_DEEPEST = 100  # as protobuf's own parsers
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_EXACT = 2.0**53  # up to here a double holds every integer


class WireError(ValueError):
    """The bytes are no such message."""


def decode_struct(data: bytes) -> JsonValue:
    """The JSON object of a serialised `google.protobuf.Struct`.

    Its numbers are doubles; whole ones come back as int, as in protobuf's own JSON form.

    Raises:
        WireError: the bytes are no such message.
    """
    return _struct(data, 0)


def decode_any(data: bytes) -> tuple[str, bytes]:
    """Type URL and content of a serialised `google.protobuf.Any`.

    Raises:
        WireError: the bytes are no such message.
    """
    type_url, content = "", b""
    for number, value in _fields(data):
        if number == 1:
            type_url = _text(value)
        elif number == 2:
            content = _bytes(value)
        else:
            raise WireError(f"field {number} in an Any")
    return type_url, content


def _struct(data: bytes, depth: int) -> JsonValue:
    if depth > _DEEPEST:
        raise WireError(f"nested more than {_DEEPEST} deep")
    found: dict[str, JsonValue] = {}
    for number, entry in _fields(data):
        if number != 1:
            raise WireError(f"field {number} in a Struct")
        key, value = "", None
        for part, content in _fields(_bytes(entry)):
            if part == 1:
                key = _text(content)
            elif part == 2:
                value = _value(_bytes(content), depth + 1)
            else:
                raise WireError(f"field {part} in an entry of a Struct")
        found[key] = value
    return found


def _value(data: bytes, depth: int) -> JsonValue:
    found: JsonValue = None
    for number, value in _fields(data):
        if number == 1:
            found = None
        elif number == 2:
            found = _number(value)
        elif number == 3:
            found = _text(value)
        elif number == 4:
            found = bool(value)
        elif number == 5:
            found = _struct(_bytes(value), depth)
        elif number == 6:
            found = _list(_bytes(value), depth)
        else:
            raise WireError(f"field {number} in a Value")
    return found


def _list(data: bytes, depth: int) -> list[JsonValue]:
    if depth > _DEEPEST:
        raise WireError(f"nested more than {_DEEPEST} deep")
    found: list[JsonValue] = []
    for number, value in _fields(data):
        if number != 1:
            raise WireError(f"field {number} in a ListValue")
        found.append(_value(_bytes(value), depth + 1))
    return found


def _number(value: float | bytes) -> int | float:
    if not isinstance(value, float):
        raise WireError("a number that is no double")
    whole = value.is_integer() and abs(value) <= _EXACT and str(value) != "-0.0"
    return int(value) if whole else value


def _bytes(value: float | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise WireError("a number where a message or text belongs")
    return value


def _text(value: float | bytes) -> str:
    try:
        return _bytes(value).decode("utf-8")
    except UnicodeDecodeError as error:
        raise WireError("text that is not UTF-8") from error


def _fields(data: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise WireError(f"wire type {kind}")
        content = data[at : at + size]
        if len(content) != size:
            raise WireError("it ends in the middle of a field")
        at += size
        if kind == _FIXED64:
            [double] = struct.unpack("<d", content)
            yield number, float(double)
        else:
            yield number, content


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data):
            raise WireError("it ends in the middle of a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise WireError("a number longer than 64 bits")
