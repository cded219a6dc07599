"""Values to property maps and back: what the graph has no type for is kept losslessly, with its kind beside it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
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


def node_from_properties(label: str, stored: Mapping[str, Any]) -> Node:
    """The node of a property map.

    Raises:
        StoreError: the map is not one of ours.
    """
    declared: dict[str, Value] = {}
    custom: dict[str, Value] = {}
    marked = stored.get(_KINDS)
    kinds: dict[str, str] = dict(entry.rsplit("=", 1) for entry in marked) if marked else {}
    for key, value in stored.items():
        if key.startswith(CUSTOM):
            custom[key[len(CUSTOM) :]] = _read(key, value, kinds)
        elif key.startswith(DECLARED):
            declared[key[len(DECLARED) :]] = _read(key, value, kinds)
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
