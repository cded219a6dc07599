"""What a node says of itself, as columns named by where they stand: `Capture.firmware`, `Label.annotator`, `Camera`."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

from provgraph.analysis.upstream import Upstream
from provgraph.model import NodeKind, PropertyKind
from provgraph.store.schema import CUSTOM, DECLARED

__all__ = ["Facts", "Scalar", "as_text", "facts_by_column", "node_saying"]

Scalar: TypeAlias = bool | int | float | str
Facts: TypeAlias = dict[str, dict[int, set[Scalar]]]

_PARAMETER: Final = "param_"
_PREFIXES: Final = (DECLARED, CUSTOM)
_DEEPEST: Final = 2  # levels of a struct that become columns of their own
_LONGEST: Final = 200  # characters; longer texts are prose, not categories
# What recording writes of a process, and what says when or which bytes: never a sub-population of rows.
_NOISE: Final = frozenset(
    (
        *("recording", "process", "changed_files", "command", "places", "error_message", "error_traceback"),
        *("id", "uuid", "key", "hash", "file", "filename", "time", "date", "datetime"),
    )
)
_NOISY_ENDS: Final = (
    *("_id", "_ids", "_uuid", "_key", "_at", "_time", "_timestamp", "_date", "_ms_since_epoch"),
    *("digest", "checksum", "sha256", "sha1", "md5", "fingerprint", "uri", "url", "path", "timestamp"),
)
_BYTES: Final = re.compile(r"(?:[a-z0-9]+:)?[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_VERSIONS: Final = ("commit", "revision")  # which say what code ran, whatever they look like


def facts_by_column(upstream: Upstream) -> Facts:
    """The values of each column by place: what the nodes at that place say of it."""
    naming = _Naming(zip(upstream.labels, upstream.stored, strict=True))
    found: Facts = {}
    for label, stored, place in zip(upstream.labels, upstream.stored, upstream.places.tolist(), strict=True):
        for column, value in naming.facts(label, stored):
            found.setdefault(column, {}).setdefault(place, set()).add(value)
    return {column: kept for column, said in found.items() if (kept := _categories(column, said))}


def node_saying(upstream: Upstream, starts: Iterable[int], column: str, value: Scalar) -> int:
    """The position of the nearest node above some positions that says this value of a column.

    Raises:
        LookupError: none does.
    """
    naming = _Naming(zip(upstream.labels, upstream.stored, strict=True))
    wanted = as_text(value)
    level = list(dict.fromkeys(int(upstream.places[position]) for position in starts))
    seen = set(level)
    while level:
        for place in level:
            for position in upstream.positions_by_place[place]:
                facts = naming.facts(upstream.labels[position], upstream.stored[position])
                if any(name == column and as_text(said) == wanted for name, said in facts):
                    return position
        level = [high for place in level for high in upstream.above_by_place.get(place, ()) if high not in seen]
        level = list(dict.fromkeys(level))
        seen.update(level)
    raise LookupError(f"nothing upstream says {column} {wanted}")


def as_text(value: Scalar) -> str:
    """A value in a column of texts."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Naming:
    """The column of each property, by the kind and type of its node: thousands of nodes have the same few."""

    def __init__(self, nodes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        keys: dict[tuple[str, str], set[str]] = {}
        for label, stored in nodes:
            keys.setdefault((label, stored["type"]), set()).update(stored)
        self._short = _short_names({type_ for _, type_ in keys})
        self._columns = {(label, type_): _columns(self._short[type_], own) for (label, type_), own in keys.items()}

    def facts(self, label: str, stored: Mapping[str, Any]) -> Iterator[tuple[str, Scalar]]:
        """Column and value of all that one node says.

        Contexts say their name under their type; so do artifacts, where their names have no family and version.
        """
        type_ = self._short[stored["type"]]
        if label == NodeKind.CONTEXT.value:
            yield type_, stored["name"]
        elif label == NodeKind.ARTIFACT.value:
            family, version, name = stored.get("family"), stored.get("version"), stored.get("name")
            if family:
                yield f"{type_}.family", family
            if version:
                yield f"{type_}.version", version
            if name and not family and not version:
                yield type_, name
        columns = self._columns[label, stored["type"]]
        structs = stored.get("kinds")
        kinds: dict[str, str] = dict(entry.rsplit("=", 1) for entry in structs) if structs else {}
        for key, value in stored.items():
            column = columns.get(key)
            if column is None or (key.startswith(CUSTOM) and DECLARED + key.removeprefix(CUSTOM) in stored):
                continue
            kind = kinds.get(key)
            if kind is None:
                yield column, value
            elif kind == PropertyKind.STRUCT.name:
                yield from _inside(column, json.loads(value), _DEEPEST)


def _short_names(types: set[str]) -> dict[str, str]:
    """`Trainer` for `tfx.components.trainer.component.Trainer`, where no other type is called so."""
    last = {type_: type_.rpartition(".")[2] or type_ for type_ in types}
    many = Counter(last.values())
    return {type_: short if many[short] == 1 else type_ for type_, short in last.items()}


def _columns(type_: str, keys: set[str]) -> dict[str, str]:
    """The column of each key that has one. A parameter comes under its own name, unless a property has that name."""
    names = {key: key.removeprefix(DECLARED).removeprefix(CUSTOM) for key in keys if key.startswith(_PREFIXES)}
    properties = set(names.values())
    found: dict[str, str] = {}
    for key, name in names.items():
        plain = name.removeprefix(_PARAMETER)
        if not _is_noise(plain):
            found[key] = f"{type_}.{name if plain in properties else plain}"
    return found


def _inside(column: str, data: object, levels: int) -> Iterator[tuple[str, Scalar]]:
    """What a struct says: each of its fields is a column, each item of a list a value."""
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
        yield column, cast("Scalar", data)


def _categories(column: str, said: dict[int, set[Scalar]]) -> dict[int, set[Scalar]]:
    """What is said without the values that are no category."""
    distinct = {(type(value), value) for values in said.values() for value in values}
    gone = {each for each in distinct if not _is_category(column, each[1])}
    if not gone:
        return said
    kept = {place: {value for value in values if (type(value), value) not in gone} for place, values in said.items()}
    return {place: values for place, values in kept.items() if values}


def _is_category(column: str, value: Scalar) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if not isinstance(value, str):
        return True
    if not value or len(value) > _LONGEST or _MOMENT.fullmatch(value):
        return False
    return column.endswith(_VERSIONS) or _BYTES.fullmatch(value) is None


def _is_noise(name: str) -> bool:
    lower = name.lower()
    return lower in _NOISE or lower.endswith(_NOISY_ENDS)
