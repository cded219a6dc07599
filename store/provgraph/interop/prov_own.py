"""Nodes and links of provgraph as records of PROV, in names and attributes of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from prov.constants import PROV as PROV_NAMES
from prov.constants import (
    PROV_ATTR_ACTIVITY,
    PROV_ATTR_ENTITY,
    PROV_ATTR_TIME,
    PROV_GENERATION,
    PROV_LABEL,
    PROV_LOCATION,
    PROV_ROLE,
    PROV_TYPE,
    PROV_USAGE,
)
from prov.identifier import Identifier, Namespace, QualifiedName
from prov.model import Literal, ProvDocument

from provgraph.interop.moments import utc_moment
from provgraph.interop.prov_names import CUSTOM, JSON_TYPE, NODES, PROPERTY, RDF, TERMS, TYPE, local_part
from provgraph.model import Artifact, ArtifactState, Execution, Node, Proto, Struct, Value
from provgraph.tracing.lineage import Edge

__all__ = [
    "NAMESPACES",
    "Attribute",
    "add_attributes",
    "add_links",
    "add_node",
    "context_attributes",
    "pending_attributes",
]

Attribute: TypeAlias = tuple[QualifiedName, object]

# Those that a document of provgraph's names, by prefix.
NAMESPACES: Final[Mapping[str, Namespace]] = {
    prefix: Namespace(prefix, iri) for prefix, iri in (TERMS, TYPE, PROPERTY, CUSTOM, RDF, *NODES.values())
}
_TERMS: Final = NAMESPACES[TERMS[0]]
_TYPES: Final = NAMESPACES[TYPE[0]]
_INPUTS: Final = ("INPUT", "POSSIBLE_INPUT")
_OUTPUTS: Final = ("OUTPUT", "POSSIBLE_OUTPUT")
_TEXTS: Final = ("key", "name", "external_id", "source", "type_version", "digest", "family", "version", "uri")
_TIMES: Final = ("created_at", "updated_at", "recorded_at")


def add_node(document: ProvDocument, name: QualifiedName, node: Node, more: Iterable[Attribute]) -> None:
    """Add a node with `more` attributes: artifacts are entities, executions activities, contexts collections."""
    attributes: list[Attribute] = [(PROV_TYPE, _TYPES[local_part(node.type)]), *more]
    if label := node.name or node.external_id:
        attributes.append((PROV_LABEL, label))
    attributes += [(_TERMS[field], text) for field in _TEXTS if (text := getattr(node, field, None))]
    for field in _TIMES:
        attributes += _time_attribute(field, getattr(node, field))
    for (prefix, _), properties in ((PROPERTY, node.properties), (CUSTOM, node.custom_properties)):
        space = NAMESPACES[prefix]
        attributes += [(space[local_part(at)], _value(value)) for at, value in sorted(properties.items())]
    if isinstance(node, Execution):
        attributes.append((_TERMS["state"], node.state.name))
        start, end = _moment(node.started_at), _moment(node.ended_at)
        # a time that no calendar holds is told as a number
        attributes += _time_attribute("started_at", node.started_at) if start is None else []
        attributes += _time_attribute("ended_at", node.ended_at) if end is None else []
        document.activity(name, start, end, attributes)
        return
    if isinstance(node, Artifact):
        attributes.append((_TERMS["state"], node.state.name))
        if node.uri:
            attributes.append((PROV_LOCATION, Identifier(node.uri)))
    else:
        attributes.append((PROV_TYPE, PROV_NAMES["Collection"]))
    document.entity(name, attributes)
    deleted = node.get("deleted_at")
    if isinstance(node, Artifact) and node.state is ArtifactState.DELETED and type(deleted) is int:
        document.invalidation(name, time=_moment(deleted))


def add_attributes(document: ProvDocument, name: QualifiedName, attributes: Iterable[Attribute]) -> None:
    """Add attributes of an activity that its own document does not tell."""
    document.activity(name, other_attributes=list(attributes))


def context_attributes(contexts: Iterable[QualifiedName]) -> list[Attribute]:
    """That an activity belongs to contexts: PROV's collections hold entities alone."""
    return [(_TERMS["context"], context) for context in contexts]


def pending_attributes(outputs: Iterable[QualifiedName]) -> list[Attribute]:
    """That an activity announced outputs: what is announced is not generated."""
    return [(_TERMS["pending_output"], output) for output in outputs]


def add_links(document: ProvDocument, names: Mapping[str, QualifiedName], edges: Iterable[Edge]) -> None:
    """Add what flows: one record for all events between the same two nodes, as PROV asks of generations."""
    flows: dict[tuple[bool, str, str], list[Edge]] = {}
    equal: dict[frozenset[str], Edge] = {}
    for edge in edges:
        if edge.kind in _INPUTS:
            flows.setdefault((True, edge.target, edge.source), []).append(edge)
        elif edge.kind in _OUTPUTS:
            flows.setdefault((False, edge.source, edge.target), []).append(edge)
        elif edge.kind == "SAME_AS":
            equal.setdefault(frozenset((edge.source, edge.target)), edge)
        elif edge.kind == "DERIVATION":
            document.derivation(names[edge.target], names[edge.source], other_attributes=_link_attributes([edge]))
    for (is_input, activity, entity), alike in flows.items():
        certain = [edge for edge in alike if not edge.possible]
        told = certain or alike
        times = [time for edge in told if (time := _moment(edge.time)) is not None]
        ends: list[Attribute] = [(PROV_ATTR_ACTIVITY, names[activity]), (PROV_ATTR_ENTITY, names[entity])]
        if times:
            ends.append((PROV_ATTR_TIME, min(times)))
        kind = PROV_USAGE if is_input else PROV_GENERATION
        document.new_record(kind, None, ends, _link_attributes(told))
    for edge in equal.values():
        document.alternate(names[edge.source], names[edge.target])


def _link_attributes(edges: Sequence[Edge]) -> list[Attribute]:
    found: list[Attribute] = []
    for edge in edges:
        if edge.event_type is not None and edge.event_type not in ("INPUT", "OUTPUT"):
            found.append((_TERMS["event_type"], edge.event_type))
        if edge.path:
            found.append((PROV_ROLE, "/".join(map(str, edge.path))))
        if edge.possible:
            found.append((_TERMS["possible"], True))
        fields = ("certainty", "recorded_by", "recorded_from")
        found += [(_TERMS[field], text) for field in fields if (text := getattr(edge, field))]
        found += _time_attribute("recorded_at", edge.recorded_at)
    return list(dict.fromkeys(found))


def _moment(milliseconds: int | None) -> datetime | None:
    """The time in UTC; None where there is none, or none that a calendar holds."""
    return None if milliseconds is None else utc_moment(milliseconds)


def _time_attribute(field: str, milliseconds: int | None) -> list[Attribute]:
    if milliseconds is None:
        return []
    time = _moment(milliseconds)
    return [(_TERMS[field], milliseconds if time is None else time)]


def _value(value: Value) -> object:
    if isinstance(value, Struct):
        return Literal(value.text, NAMESPACES[RDF[0]][JSON_TYPE])
    if isinstance(value, Proto):
        return Literal(json.dumps([value.type_url, base64.b64encode(value.data).decode("ascii")]), _TERMS["proto"])
    return value
