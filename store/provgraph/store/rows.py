"""Values to property maps and back: what the graph has no type for is kept losslessly, with its kind beside it."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from provgraph.errors import StoreError
from provgraph.model import (
    Artifact,
    ArtifactState,
    ArtifactType,
    BaseType,
    Context,
    ContextType,
    Execution,
    ExecutionState,
    ExecutionType,
    Node,
    NodeKind,
    NodeType,
    PropertyKind,
    Proto,
    Step,
    Struct,
    Value,
)
from provgraph.store.schema import CUSTOM, DECLARED

__all__ = [
    "fingerprint",
    "node_from_properties",
    "path_from_text",
    "path_to_text",
    "to_properties",
    "type_from_properties",
    "type_to_properties",
]

# The list property that names, for each struct and proto value of a node, its kind: `custom_config=STRUCT`.
_KINDS: Final = "kinds"

_PLAIN: Final = ("type", "type_version", "source", "name", "external_id", "created_at", "updated_at")
_OWN: Final = {
    NodeKind.ARTIFACT: ("uri", "digest", "family", "version"),
    NodeKind.EXECUTION: ("started_at", "ended_at"),
    NodeKind.CONTEXT: (),
}


def to_properties(node: Node, type_id: int) -> dict[str, object]:
    """The properties of a node in the graph, without id, key and times of recording. Absent fields are absent."""
    found: dict[str, object] = {"type_id": type_id}
    for field in (*_PLAIN, *_OWN[node.kind]):
        value = getattr(node, field)
        if value is not None and value != "":
            found[field] = value
    if not isinstance(node, Context) and node.state.value:
        found["state"] = node.state.name
    if node.name is not None:
        found["unique_name"] = f"{node.type_key}\n{node.name}"
    if node.external_id is not None:
        found["unique_external_id"] = f"{node.source}\n{node.external_id}"
    kinds: list[str] = []
    for prefix, properties in ((DECLARED, node.properties), (CUSTOM, node.custom_properties)):
        for name, value in properties.items():
            key = prefix + name
            if isinstance(value, Struct):
                found[key] = value.text
                kinds.append(f"{key}={PropertyKind.STRUCT.name}")
            elif isinstance(value, Proto):
                found[key] = json.dumps([value.type_url, base64.b64encode(value.data).decode("ascii")])
                kinds.append(f"{key}={PropertyKind.PROTO.name}")
            else:
                found[key] = value
    if kinds:
        found[_KINDS] = sorted(kinds)
    return found


def fingerprint(properties: Mapping[str, object]) -> str:
    """A short hash of a property map: equal maps have equal ones, in any order of keys."""
    text = json.dumps(properties, sort_keys=True, ensure_ascii=False, default=_unexpected)
    return hashlib.blake2b(text.encode("utf-8"), digest_size=12).hexdigest()


def _unexpected(value: object) -> str:
    raise TypeError(f"not a graph value: {type(value).__name__}")


def _read(key: str, value: Any, kinds: Mapping[str, str]) -> Value:
    kind = kinds.get(key)
    if kind is None:
        plain: Value = value
        return plain
    if kind == PropertyKind.STRUCT.name:
        return Struct(value)
    type_url, data = json.loads(value)
    return Proto(type_url, base64.b64decode(data))


# Where each property of a node goes, by its key: the name space (None: a field of ours) and the name in it. The keys of
# a store are few; more than that are not remembered.
_places: dict[str, tuple[str | None, str]] = {}
_MOST_PLACES: Final = 10_000


def _place(key: str) -> tuple[str | None, str]:
    if key.startswith(CUSTOM):
        place: tuple[str | None, str] = (CUSTOM, key[len(CUSTOM) :])
    elif key.startswith(DECLARED):
        place = (DECLARED, key[len(DECLARED) :])
    else:
        place = (None, key)
    if len(_places) < _MOST_PLACES:
        _places[key] = place
    return place


_CLASSES: Final[Mapping[str, type[Artifact | Execution | Context]]] = {
    NodeKind.ARTIFACT.value: Artifact,
    NodeKind.EXECUTION.value: Execution,
    NodeKind.CONTEXT.value: Context,
}
_STATES: Final[Mapping[str, Mapping[str, object]]] = {
    NodeKind.ARTIFACT.value: dict(ArtifactState.__members__),
    NodeKind.EXECUTION.value: dict(ExecutionState.__members__),
}
# The fields that come as they are: how to set each on a value under construction, its name, what an absent one is.
_SETTERS: Final[Mapping[str, Sequence[tuple[Callable[[object, object], None], str, object]]]] = {
    label: [
        (getattr(made, name).__set__, name, default)
        for name, default in (
            *(("name", None), ("external_id", None), ("type_version", ""), ("source", "")),
            *(("created_at", None), ("updated_at", None), ("recorded_at", None)),
            *((name, None) for name in _OWN[NodeKind(label)]),
        )
    ]
    for label, made in _CLASSES.items()
}
_NEEDED: Final[Mapping[str, Sequence[tuple[Callable[[object, object], None], str]]]] = {
    label: [(getattr(made, name).__set__, name) for name in ("id", "key", "type")] for label, made in _CLASSES.items()
}
_MAPS: Final[Mapping[str, tuple[Callable[[object, object], None], Callable[[object, object], None]]]] = {
    label: (getattr(made, "properties").__set__, getattr(made, "custom_properties").__set__)  # noqa: B009 - the slot
    for label, made in _CLASSES.items()
}
_SET_STATE: Final[Mapping[str, Callable[[object, object], None]]] = {
    label: getattr(_CLASSES[label], "state").__set__  # noqa: B009 - the slot
    for label in _STATES
}
_SCALARS: Final = frozenset((int, float, str, bool))


def node_from_properties(label: str, stored: Mapping[str, Any]) -> Node:
    """The node of a property map.

    Raises:
        StoreError: the map is not one of ours.
    """
    declared: dict[str, Value] = {}
    custom: dict[str, Value] = {}
    marked = stored.get(_KINDS)
    kinds: dict[str, str] = dict(entry.rsplit("=", 1) for entry in marked) if marked else {}
    sound = True
    for key, value in stored.items():
        space, name = _places.get(key) or _place(key)
        if space is None:
            continue
        if key in kinds:
            value = _read(key, value, kinds)
        elif type(value) not in _SCALARS:
            sound = False
        elif value != value:
            value = math.nan  # one object, as in `frozen_properties`: so a node is equal to itself read again
        if space is CUSTOM:
            custom[name] = value
        else:
            declared[name] = value
    # What the model has checked when it was written needs no second check; what looks odd takes the way through it.
    named = stored.get("name")
    sound = sound and bool(stored.get("type")) and named != "" and (named is not None or label in _STATES)
    if sound and "" not in declared and "" not in custom:
        try:
            return _trusted(label, stored, declared, custom)
        except KeyError:
            pass
    return _checked(label, stored, declared, custom)


def _trusted(label: str, stored: Mapping[str, Any], declared: dict[str, Value], custom: dict[str, Value]) -> Node:
    """The node, made slot by slot: tens of thousands are read at once, and the constructor takes four times as long."""
    node = object.__new__(_CLASSES[label])
    get = stored.get
    for put, name in _NEEDED[label]:
        put(node, stored[name])
    for put, name, default in _SETTERS[label]:
        put(node, get(name, default))
    put_declared, put_custom = _MAPS[label]
    put_declared(node, MappingProxyType(declared))
    put_custom(node, MappingProxyType(custom))
    if label in _STATES:
        _SET_STATE[label](node, _STATES[label][get("state", "UNKNOWN")])
    return node


def _checked(label: str, stored: Mapping[str, Any], declared: dict[str, Value], custom: dict[str, Value]) -> Node:
    get = stored.get
    try:
        common: dict[str, Any] = {
            "id": stored["id"],
            "key": stored["key"],
            "type": stored["type"],
            "type_version": get("type_version", ""),
            "source": get("source", ""),
            "name": get("name"),
            "external_id": get("external_id"),
            "created_at": get("created_at"),
            "updated_at": get("updated_at"),
            "recorded_at": get("recorded_at"),
            "properties": declared,
            "custom_properties": custom,
        }
        if label == NodeKind.ARTIFACT.value:
            return Artifact(
                **common,
                uri=get("uri"),
                state=ArtifactState[get("state", "UNKNOWN")],
                digest=get("digest"),
                family=get("family"),
                version=get("version"),
            )
        if label == NodeKind.EXECUTION.value:
            return Execution(
                **common,
                state=ExecutionState[get("state", "UNKNOWN")],
                started_at=get("started_at"),
                ended_at=get("ended_at"),
            )
        return Context(**common)
    except (KeyError, ValueError) as error:
        raise StoreError(
            f"a node of the store is not as provgraph writes it ({label}, id {get('id')}: {error}): "
            "run `provgraph check`"
        ) from error


def type_to_properties(node_type: NodeType) -> dict[str, object]:
    """The properties of a type in the graph, without id and key."""
    names = sorted(node_type.properties)
    found: dict[str, object] = {
        "name": node_type.name,
        "property_names": names,
        "property_kinds": [node_type.properties[name].name for name in names],
    }
    for field in ("version", "description", "external_id", "source", "signature"):
        if value := getattr(node_type, field):
            found[field] = value
    if node_type.base_type:
        found["base_type"] = node_type.base_type.value
    return found


_TYPES: Final[Mapping[str, type[ArtifactType | ExecutionType | ContextType]]] = {
    "ArtifactType": ArtifactType,
    "ExecutionType": ExecutionType,
    "ContextType": ContextType,
}


def type_from_properties(label: str, stored: Mapping[str, Any]) -> NodeType:
    """The type of a property map."""
    names: list[str] = stored.get("property_names") or []
    kinds: list[str] = stored.get("property_kinds") or []
    base = stored.get("base_type")
    return _TYPES[label](
        id=stored["id"],
        name=stored["name"],
        version=stored.get("version", ""),
        description=stored.get("description", ""),
        external_id=stored.get("external_id", ""),
        source=stored.get("source", ""),
        signature=stored.get("signature", ""),
        base_type=BaseType(base) if base else None,
        properties={name: PropertyKind[kind] for name, kind in zip(names, kinds, strict=True)},
    )


def path_to_text(path: tuple[Step, ...]) -> str | None:
    """An event's path as JSON text, which keeps apart the key "0" and the position 0; None for an empty one."""
    return json.dumps(list(path), ensure_ascii=False) if path else None


def path_from_text(text: str | None) -> tuple[Step, ...]:
    """The path that `path_to_text` wrote."""
    return tuple(json.loads(text)) if text else ()
