"""Lineages as py2neo subgraphs, for those who still work with py2neo, whose makers have given it up.

A subgraph has labels, relationships and properties of the graph that provgraph itself writes, so its Cypher works where
`Graph.create` or `Graph.merge` of py2neo puts it. That place is a database of its own, and no store: one node of the
subgraph bears the key of a store's own record, which is unique in every store. So a store refuses the whole subgraph,
and provgraph refuses to take a database that holds one for a store.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any, Final, Protocol

from provgraph.errors import ConfigurationError, InvalidValueError
from provgraph.interop.flat import edge_of, flat_edge, flat_node, head_of, lineage_of, node_of
from provgraph.model import Context, NodeKind
from provgraph.store.rows import type_from_properties, type_to_properties
from provgraph.store.schema import LABELS, STORE_LABEL, TYPE_LABELS
from provgraph.tracing.lineage import Edge, Lineage

__all__ = ["Entity", "Subgraph", "from_py2neo", "to_py2neo"]

_STORE_KEY: Final = "store"
_MEMBERSHIPS: Final[Mapping[str, str]] = {
    NodeKind.ARTIFACT.word: "ATTRIBUTION",
    NodeKind.EXECUTION.word: "ASSOCIATION",
    NodeKind.CONTEXT.word: "PARENT",
}
# Of several events between the same two nodes, those that say most come first.
_WEIGHT: Final = {"INPUT": 0, "OUTPUT": 0, "INTERNAL_INPUT": 1, "INTERNAL_OUTPUT": 1}


class Entity(Protocol):
    """What nodes and relationships of py2neo have in common, as far as it is used here: they hold properties."""

    def keys(self) -> Iterable[str]:
        """The names of the properties."""
        ...

    def __getitem__(self, name: str, /) -> Any: ...


class Subgraph(Protocol):
    """A `py2neo.Subgraph`, as far as it is used here."""

    @property
    def nodes(self) -> Iterable[Any]:
        """Its nodes."""
        ...

    @property
    def relationships(self) -> Iterable[Any]:
        """Its relationships."""
        ...


def to_py2neo(lineage: Lineage) -> Subgraph:
    """A lineage as a `py2neo.Subgraph`, to `create` or `merge` in a database that is no store of provgraph's.

    Nodes, contexts, types and links, as `docs/reference/graph.md` describes them, without provgraph's bookkeeping, and
    one node `Provgraph` with what belongs to none of them. py2neo can write one relationship of a kind between two
    nodes: where a step has several events with one artifact, that node keeps the others.

    Raises:
        ConfigurationError: py2neo is not installed.
    """
    py2neo = _py2neo()
    type_ids = {node_type.key: node_type.id for node_type in lineage.types}
    made: dict[str, Any] = {}
    for node in (*lineage.nodes, *lineage.contexts):
        row = {**flat_node(node), "id": node.id}
        row.pop("kind")
        if isinstance(row.get("kinds"), str):
            row["kinds"] = json.loads(str(row["kinds"]))
        if node.type_key in type_ids:
            row["type_id"] = type_ids[node.type_key]
        made[node.ref] = _node(py2neo, node.kind.value, "key", row)
    types = [
        _node(py2neo, f"{t.kind.value}Type", "key", {"id": t.id, "key": t.key, **type_to_properties(t)})
        for t in lineage.types
    ]
    links, beside = _one_each(lineage.edges)
    relationships = [
        py2neo.Relationship(
            made[edge.source],
            edge.kind,
            made[edge.target],
            **{name: value for name, value in flat_edge(edge).items() if name not in ("kind", "source", "target")},
        )
        for edge in links
    ]
    for ref, contexts in lineage.memberships.items():
        kind = _MEMBERSHIPS[ref.partition(":")[0]]
        relationships += [py2neo.Relationship(made[ref], kind, made[context]) for context in contexts]
    record = _record(lineage, beside)
    mark = _node(
        py2neo,
        STORE_LABEL,
        "lineage",
        {"key": _STORE_KEY, "lineage": hashlib.sha256(record.encode()).hexdigest(), "record": record},
    )
    found: Subgraph = py2neo.Subgraph([*made.values(), *types, mark], relationships)
    return found


def from_py2neo(subgraph: Subgraph) -> Lineage:
    """The lineage that `to_py2neo` made a subgraph of, equal to it; also from what a query on a database returns.

    Nodes and links that are not of the lineage are left aside.

    Raises:
        InvalidValueError: the subgraph holds no lineage, several, or one that cannot be read back; the text says why.
    """
    try:
        entities, relationships = list(subgraph.nodes), list(subgraph.relationships)
    except (AttributeError, TypeError):
        raise InvalidValueError(f"from_py2neo takes a Subgraph of py2neo, not {_other(subgraph)}") from None
    by_label: dict[str, dict[object, dict[str, Any]]] = {}
    for node in entities:  # py2neo may hold one node twice
        values = _properties(node)
        label = next(iter(node.labels), "")
        key = "lineage" if label == STORE_LABEL else "key"
        by_label.setdefault(label, {})[values.get(key)] = values
    records = [found for found in by_label.get(STORE_LABEL, {}).values() if "record" in found]
    if len(records) != 1:
        raise InvalidValueError(
            f"the subgraph holds {len(records)} nodes Provgraph with a lineage, and needs one: fetch it with the rest"
        )
    try:
        data: dict[str, Any] = json.loads(records[0]["record"])
        order: dict[str, list[Any]] = {entry[0]: entry for entry in data["nodes"]}
        beside = [edge_of(row) for row in data["beside"]]
        around: list[str] = list(data["contexts"])
        head = data["head"]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InvalidValueError(f"the record of the lineage is damaged: {error}") from error
    rows = {ref: row for label in LABELS for ref, row in _rows(label, by_label.get(label, {}).values())}
    edges, within = _links(relationships)
    nodes = [{**rows[ref], "hops": hops, "reached": reached} for ref, hops, reached in order.values() if ref in rows]
    lineage = lineage_of(nodes, map(flat_edge, [*edges, *beside]), head)
    # a database may hold more of the same nodes, from another lineage
    contexts = [node_of(rows[ref]) for ref in around if ref in rows]
    kept = {ref: within[ref].intersection(around, rows) for ref in order if ref in within and ref in rows}
    kept |= {ref: within.get(ref, set()).intersection(own, rows) for ref, own in lineage.memberships.items()}
    return replace(
        lineage,
        contexts=tuple(context for context in contexts if isinstance(context, Context)),
        memberships={ref: tuple(sorted(own, key=_number)) for ref, own in kept.items() if own},
        types=tuple(
            type_from_properties(label, values)
            for _, label, values in sorted(
                (str(key), label, values) for label in TYPE_LABELS for key, values in by_label.get(label, {}).items()
            )
        ),
    )


def _other(value: object) -> str:
    if value is None:
        return "None, which py2neo returns where a query found nothing"
    return next(iter(repr(value).splitlines()), "")[:100]


def _py2neo() -> Any:
    try:
        return import_module("py2neo")
    except ImportError as error:
        raise ConfigurationError("this needs py2neo: pip install 'provgraph[py2neo]'") from error


def _node(py2neo: Any, label: str, key: str, properties: Mapping[str, object]) -> Any:
    node = py2neo.Node(label, **properties)
    node.__primarylabel__, node.__primarykey__ = label, key  # what `Graph.merge` goes by
    return node


def _record(lineage: Lineage, beside: Iterable[Edge]) -> str:
    # contexts and types are nodes here
    record = {
        "head": head_of(replace(lineage, contexts=(), types=())),
        "contexts": [context.ref for context in lineage.contexts],
        "nodes": [[node.ref, lineage.hops[node.ref], lineage.reached(node)] for node in lineage.nodes],
        "beside": [flat_edge(edge) for edge in beside],
    }
    return json.dumps(record, ensure_ascii=False)


def _one_each(edges: Iterable[Edge]) -> tuple[list[Edge], list[Edge]]:
    """One link of a kind between two nodes, and the others."""
    kept: dict[tuple[str, str, str], Edge] = {}
    others: list[Edge] = []
    for edge in sorted(edges, key=lambda edge: _WEIGHT.get(edge.event_type or "", 2)):
        place = (edge.kind, edge.source, edge.target)
        if place in kept:
            others.append(edge)
        else:
            kept[place] = edge
    return list(kept.values()), others


def _properties(entity: Entity) -> dict[str, Any]:
    return {name: entity[name] for name in entity.keys()}  # noqa: SIM118 - no mapping: iterating it walks its nodes


def _rows(label: str, nodes: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    word = NodeKind(label).word
    for values in nodes:
        ref = f"{word}:{values.get('id')}"
        yield ref, {**values, "id": ref, "kind": word}


def _links(relationships: Iterable[Any]) -> tuple[list[Edge], dict[str, set[str]]]:
    """The links of data, each once, and the contexts of each node."""
    edges: dict[tuple[str, str, str, object], Edge] = {}
    within: dict[str, set[str]] = {}
    for relationship in relationships:
        kind = type(relationship).__name__
        source, target = _ref(relationship.start_node), _ref(relationship.end_node)
        if source is None or target is None:
            continue
        if kind in _MEMBERSHIPS.values():
            within.setdefault(source, set()).add(target)
            continue
        row = {**_properties(relationship), "kind": kind, "source": source, "target": target}
        edges[kind, source, target, row.get("event_type")] = edge_of(row)
    return list(edges.values()), within


def _ref(node: Any) -> str | None:
    label = next(iter(node.labels), "")
    return f"{NodeKind(label).word}:{node['id']}" if label in LABELS else None


def _number(ref: str) -> int:
    return int(ref.rpartition(":")[2])
