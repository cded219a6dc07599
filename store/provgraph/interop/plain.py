"""Nodes as plain values that JSON can hold."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping

from provgraph.model import Artifact, Execution, JsonValue, Node, Proto, Struct, Value

__all__ = ["plain_node", "plain_properties", "plain_value"]


def plain_value(value: Value) -> JsonValue:
    """A property value as JSON can hold it. NaN and infinities, for which JSON has no word, become text."""
    if isinstance(value, Struct):
        return _finite(value.data)
    if isinstance(value, Proto):
        return {"type_url": value.type_url, "data": base64.b64encode(value.data).decode("ascii")}
    return _finite(value)


def _finite(value: JsonValue) -> JsonValue:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return value


def plain_properties(properties: Mapping[str, Value]) -> dict[str, JsonValue]:
    """Properties as JSON can hold them, in the order of their names."""
    return {name: plain_value(properties[name]) for name in sorted(properties)}


def plain_node(node: Node) -> dict[str, object]:
    """A node as plain values: `id` is its reference; absent fields are None."""
    found: dict[str, object] = {
        "id": node.ref,
        "kind": node.kind.word,
        "type": node.type,
        "name": node.name,
        "key": node.key,
        "external_id": node.external_id,
        "source": node.source or None,
        "created_at": node.created_at,
        "updated_at": node.updated_at,
        "recorded_at": node.recorded_at,
    }
    if isinstance(node, Artifact):
        found |= {
            "state": node.state.name,
            "uri": node.uri,
            "digest": node.digest,
            "family": node.family,
            "version": node.version,
        }
    elif isinstance(node, Execution):
        found |= {"state": node.state.name, "started_at": node.started_at, "ended_at": node.ended_at}
    found["properties"] = plain_properties(node.properties)
    found["custom_properties"] = plain_properties(node.custom_properties)
    return found
