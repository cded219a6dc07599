"""The six kinds of property value, and the checks that every value passes when it is made.

int, double, string and bool values are Python's own; `Struct` and `Proto` are the two that Python has no word for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias, cast

from provgraph.errors import InvalidValueError

__all__ = [
    "INT64_MAX",
    "INT64_MIN",
    "JsonValue",
    "Properties",
    "PropertyKind",
    "Proto",
    "Struct",
    "Value",
    "check_text",
    "frozen_properties",
    "kind_of",
    "values_equal",
]

_LONGEST_NAME = 8_000  # characters of a property's name; the engines keep no longer ones
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class PropertyKind(Enum):
    """The kinds of value; the numbers are those of ML Metadata's `PropertyType`."""

    INT = 1
    DOUBLE = 2
    STRING = 3
    STRUCT = 4
    PROTO = 5
    BOOLEAN = 6


@dataclass(frozen=True, slots=True)
class Struct:
    """A JSON value (an object, a list, or what they hold), kept as canonical text so that it is frozen and hashable.

    >>> Struct.of({"b": [1, 2.5, None], "a": True}).text
    '{"a": true, "b": [1, 2.5, null]}'

    NaN and infinities are kept, written as JavaScript writes them.
    """

    text: str

    def __post_init__(self) -> None:
        try:
            data = json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise InvalidValueError(f"a struct must be JSON text: {error}") from error
        object.__setattr__(self, "text", _canonical(data))

    @classmethod
    def of(cls, data: JsonValue) -> Struct:
        """The struct of a mapping, list or scalar.

        Raises:
            InvalidValueError: `data` holds something that JSON has no word for, or keys that are not text.
        """
        return cls(_canonical(data))

    @property
    def data(self) -> JsonValue:
        """A fresh Python value: changing it changes nothing here."""
        value: JsonValue = json.loads(self.text)
        return value


def _canonical(data: object) -> str:
    _check_json(data)
    try:
        text = json.dumps(data, sort_keys=True, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValueError(f"a struct must hold what JSON can hold: {error}") from error
    return check_text(text, "a struct")


def _check_json(data: object) -> None:
    if isinstance(data, Mapping):
        for key, value in cast("Mapping[object, object]", data).items():
            if not isinstance(key, str):
                raise InvalidValueError(f"the keys of a struct must be text, not {type(key).__name__}")
            _check_json(value)
    elif isinstance(data, list | tuple):
        for value in cast("Sequence[object]", data):
            _check_json(value)
    elif data is not None and not isinstance(data, bool | int | float | str):
        raise InvalidValueError(f"a struct cannot hold a {type(data).__name__}")


@dataclass(frozen=True, slots=True)
class Proto:
    """A packed protocol buffer message (`google.protobuf.Any`): its type URL and its bytes."""

    type_url: str
    data: bytes

    def __post_init__(self) -> None:
        check_text(self.type_url, "the type URL of a proto value")


Value: TypeAlias = int | float | str | bool | Struct | Proto
Properties: TypeAlias = Mapping[str, Value]


def kind_of(value: object) -> PropertyKind:
    """The kind of a value.

    Raises:
        InvalidValueError: it is none of the six, an int beyond 64 bits, or text that is no Unicode.
    """
    if isinstance(value, bool):
        return PropertyKind.BOOLEAN
    if isinstance(value, int):
        if not INT64_MIN <= value <= INT64_MAX:
            raise InvalidValueError(f"the integer {value} does not fit in 64 bits: record it as text or as a double")
        return PropertyKind.INT
    if isinstance(value, float):
        return PropertyKind.DOUBLE
    if isinstance(value, str):
        check_text(value, "a string value")
        return PropertyKind.STRING
    if isinstance(value, Struct):
        return PropertyKind.STRUCT
    if isinstance(value, Proto):
        return PropertyKind.PROTO
    raise InvalidValueError(
        f"a {type(value).__name__} is no property value: use int, float, str, bool, Struct.of(...) or Proto(...)"
    )


def check_text(text: str, what: str) -> str:
    """`text` itself, if it can be stored as Unicode.

    Raises:
        InvalidValueError: it holds a lone surrogate, which no store can keep.
    """
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InvalidValueError(
                f"{what} holds a lone surrogate at position {error.start}: not valid Unicode"
            ) from error
    return text


def frozen_properties(properties: Mapping[str, Value], what: str) -> Properties:
    """A read-only copy, every name and value checked.

    Each NaN in it is the same object, by which mappings with NaN are equal: a value read again is no other one.

    Raises:
        InvalidValueError: a name is empty, holds a null character or is no Unicode, or a value is none of the six
            kinds.
    """
    for name, value in cast("Mapping[object, object]", properties).items():
        if not isinstance(name, str) or not name:
            raise InvalidValueError(f"{what}: a property needs a non-empty name, not {name!r}")
        if len(name) > _LONGEST_NAME:
            raise InvalidValueError(f"{what}: the name of a property is longer than {_LONGEST_NAME:,} characters")
        if "\0" in name:  # one of the engines cannot keep it
            raise InvalidValueError(f"{what}: the name of a property cannot hold a null character: {name!r}")
        check_text(name, f"{what}: a property's name")
        try:
            kind_of(value)
        except InvalidValueError as error:
            raise InvalidValueError(f"{what}: property {name!r}: {error}") from error
    return MappingProxyType({name: math.nan if value != value else value for name, value in properties.items()})


def values_equal(a: Value | None, b: Value | None) -> bool:
    """Equal in kind and content; NaN equals NaN, 1 does not equal 1.0 or True."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float) and isinstance(b, float):
        return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (math.isnan(a) and math.isnan(b))
    return a == b
