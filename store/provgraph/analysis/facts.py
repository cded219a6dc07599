"""What a node says of itself, as columns named by where they stand: `Capture.firmware`, `Label.annotator`, `Camera`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

from provgraph.analysis.upstream import Upstream
from provgraph.model import NodeKind, PropertyKind
from provgraph.store.schema import CUSTOM, DECLARED

__all__ = ["Facts", "Scalar", "facts_by_column", "facts_of"]

Scalar: TypeAlias = bool | int | float | str
Facts: TypeAlias = dict[str, dict[int, set[Scalar]]]

_PARAMETER: Final = "param_"
_DEEPEST: Final = 2  # levels of a struct that become columns of their own
_LONGEST: Final = 200  # characters; longer texts are prose, not categories
# What recording writes of a process, and what says when or which bytes: never a sub-population of rows.
_NOISE: Final = frozenset(
    ("recording", "process", "changed_files", "command", "places", "error_message", "error_traceback", "uuid", "id")
)
_NOISY_ENDS: Final = (
    *("_id", "_ids", "_uuid", "_key", "_at", "_time", "_timestamp", "_date", "_ms_since_epoch"),
    *("digest", "checksum", "sha256", "sha1", "md5", "uri", "url", "path", "timestamp"),
)
_NOISY_NAMES: Final = frozenset(("time", "date", "datetime", "key", "hash", "file", "filename"))
_BYTES: Final = re.compile(r"(?:[a-z0-9]+:)?[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
# A commit says which code ran, as a version does.
_VERSIONS: Final = frozenset(("git_commit", "commit", "revision"))


def facts_by_column(upstream: Upstream) -> Facts:
    """The values of each column by place: what the nodes at that place say of it."""
    found: Facts = {}
    own_names = _own_names(upstream)
    places = upstream.places.tolist()
    for label, stored, place in zip(upstream.labels, upstream.stored, places, strict=True):
        for column, value in facts_of(label, stored, own_names.get((label, stored["type"]), frozenset())):
            found.setdefault(column, {}).setdefault(place, set()).add(value)
    return found


def facts_of(
    label: str, stored: Mapping[str, Any], own_names: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Scalar]]:
    """Column and value of all that one node says.

    Contexts and named artifacts say their name under their type. Parameters come under their own name, unless the type
    has a property of that name (`own_names`). Structs say what they hold, a list several values.
    """
    type_ = stored["type"]
    if label != NodeKind.EXECUTION.value and stored.get("name"):
        yield type_, stored["name"]
    if label == NodeKind.ARTIFACT.value:
        for field in ("family", "version"):
            if stored.get(field):
                yield f"{type_}.{field}", stored[field]
    kinds = dict(entry.rsplit("=", 1) for entry in stored.get("kinds") or ())
    for key, value in stored.items():
        if key.startswith(DECLARED):
            name = key.removeprefix(DECLARED)
        elif key.startswith(CUSTOM):
            name = key.removeprefix(CUSTOM)
            if DECLARED + name in stored:
                continue
        else:
            continue
        if _is_noise(name):
            continue
        if name.startswith(_PARAMETER) and name.removeprefix(_PARAMETER) not in own_names:
            name = name.removeprefix(_PARAMETER)
        kind = kinds.get(key)
        if kind == PropertyKind.STRUCT.name:
            yield from _inside(f"{type_}.{name}", json.loads(value), _DEEPEST)
        elif kind is None:
            yield from _scalar(f"{type_}.{name}", value)


def _inside(column: str, data: object, levels: int) -> Iterator[tuple[str, Scalar]]:
    if isinstance(data, dict):
        if levels:
            for name, value in cast("dict[str, object]", data).items():
                if not _is_noise(name):
                    yield from _inside(f"{column}.{name}", value, levels - 1)
    elif isinstance(data, list):
        for value in cast("list[object]", data):
            if not isinstance(value, list | dict):
                yield from _inside(column, value, levels)
    elif data is not None:
        yield from _scalar(column, cast("Scalar", data))


def _scalar(column: str, value: Scalar) -> Iterator[tuple[str, Scalar]]:
    if isinstance(value, float) and not math.isfinite(value):
        return
    if isinstance(value, str):
        # a commit is a version, whatever it looks like
        looks = not column.endswith(tuple(_VERSIONS)) and _BYTES.fullmatch(value)
        if not value or len(value) > _LONGEST or looks or _MOMENT.fullmatch(value):
            return
    yield column, value


def _is_noise(name: str) -> bool:
    plain = name.removeprefix(_PARAMETER).lower()
    return plain in _NOISE or plain in _NOISY_NAMES or plain.endswith(_NOISY_ENDS)


def _own_names(upstream: Upstream) -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for label, stored in zip(upstream.labels, upstream.stored, strict=True):
        names = found.setdefault((label, stored["type"]), set())
        names.update(
            key.removeprefix(DECLARED).removeprefix(CUSTOM)
            for key in stored
            if key.startswith((DECLARED, CUSTOM)) and not key.startswith((DECLARED + _PARAMETER, CUSTOM + _PARAMETER))
        )
    return {key: frozenset(names) for key, names in found.items()}
