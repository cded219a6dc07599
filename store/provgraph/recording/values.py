"""Values as users have them, made into values that a store can keep: nothing that is logged may stop a training."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum
from os import PathLike
from typing import cast

from provgraph.errors import InvalidValueError
from provgraph.model import JsonValue, Proto, Struct, Value
from provgraph.model.values import INT64_MAX, INT64_MIN
from provgraph.recording.warn import warn

__all__ = ["clean_text", "to_properties", "to_value"]

_REPR_LENGTH = 2_000
_ARRAY_SIZE = 1_000
_DEPTH = 50
# Libraries whose scalars have `.item()`, which gives Python's own value. None of them is imported for it.
_BOXING = frozenset({"cupy", "jax", "jaxlib", "numpy", "torch"})


def to_properties(properties: Mapping[str, object], prefix: str = "") -> dict[str, Value]:
    """The properties as a store keeps them; those that are None are absent."""
    found: dict[str, Value] = {}
    for given, value in properties.items():
        name = prefix + clean_text(str(given), "a property's name")
        if not name:
            warn("a property without a name was not recorded")
            continue
        kept = to_value(value, name)
        if kept is not None:
            found[name] = kept
    return found


def to_value(value: object, name: str) -> Value | None:
    """The value as a store keeps it; None for None.

    Scalars of numpy, torch, jax and cupy become Python's own; mappings, lists, tuples and small arrays become a
    `Struct`; paths, dates and members of enumerations their text or value. Anything else becomes its `repr`, with a
    warning. Integers beyond 64 bits become text, and what is no Unicode an escape, with a warning too.
    """
    value = _unboxed(value)
    if value is None or isinstance(value, bool | Struct | Proto):
        return value
    if isinstance(value, int):
        if INT64_MIN <= value <= INT64_MAX:
            return int(value)
        warn(f"{name}: an integer beyond 64 bits was recorded as text")
        return _digits(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return clean_text(str(value), name)
    if isinstance(value, Mapping | list | tuple):
        return Struct.of(_json(cast("object", value), name, _DEPTH))
    return _repr(value, name)


def clean_text(text: str, name: str) -> str:
    """The text with what is no Unicode written as an escape, and a warning then."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        warn(f"{name!a}: a lone surrogate, which is no Unicode, was recorded as an escape")
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text


def _unboxed(value: object) -> object:
    if isinstance(value, Enum):
        value = cast("object", value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PathLike):
        return str(cast("PathLike[str]", value))
    if type(value).__module__.partition(".")[0] in _BOXING:
        size = getattr(value, "size", 1)
        try:
            if getattr(value, "ndim", 0) == 0:
                return cast("object", value.item())  # type: ignore[attr-defined] # or the error below
            if isinstance(size, int) and size <= _ARRAY_SIZE:
                return cast("object", value.tolist())  # type: ignore[attr-defined]
        except (AttributeError, TypeError, ValueError, RuntimeError):
            return value
    return value


def _json(value: object, name: str, depth: int) -> JsonValue:
    value = _unboxed(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if INT64_MIN <= value <= INT64_MAX else _digits(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return clean_text(str(value), name)
    if isinstance(value, Struct):
        return value.data
    if depth and isinstance(value, Mapping):
        mapping = cast("Mapping[object, object]", value)
        return {clean_text(str(key), name): _json(item, name, depth - 1) for key, item in mapping.items()}
    if depth and isinstance(value, list | tuple):
        return [_json(item, name, depth - 1) for item in cast("list[object]", value)]
    return _repr(value, name)


def _digits(value: int) -> str:
    try:
        return str(int(value))
    except ValueError:  # more digits than Python writes out
        return hex(value)


def _repr(value: object, name: str) -> str:
    kind = type(value).__name__
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - a user's own __repr__ may raise anything, and must not end the training
        text = f"<{kind} whose repr raised {type(error).__name__}>"
    warn(f"{name}: a {kind} was recorded as its repr: record numbers, text, mappings or lists")
    try:
        return clean_text(text[:_REPR_LENGTH], name)
    except InvalidValueError:
        return kind
