"""Nodes and links as flat rows, and a lineage made of such rows again.

A row has the names of the graph's own properties (`custom_accuracy`, `started_at` …), and only what is not absent. What
the graph has no type for is text, with its kind in `kinds`. Frames, networkx graphs, CSV files and py2neo subgraphs all
hold these rows; what belongs to no row is the *head*, one JSON text.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, Final

from provgraph.errors import InvalidValueError
from provgraph.model import (
    Artifact,
    ArtifactState,
    Context,
    Execution,
    ExecutionState,
    Node,
    NodeKind,
    NodeType,
    PropertyKind,
    Proto,
    Struct,
    Value,
    parse_ref,
)
from provgraph.store.rows import path_from_text, path_to_text, to_properties, type_from_properties, type_to_properties
from provgraph.store.schema import CUSTOM, DECLARED
from provgraph.tracing.certificate import Certificate, Cut, CutReason, Gap, GapKind
from provgraph.tracing.lineage import Direction, Edge, Lineage

__all__ = [
    "EDGE_FIELDS",
    "NODE_FIELDS",
    "TIMES",
    "contexts_types_parents",
    "edge_of",
    "flat_edge",
    "flat_node",
    "flat_nodes",
    "head_of",
    "lineage_of",
    "node_of",
]

# In the order of a table's columns; properties come after them.
NODE_FIELDS: Final = (
    *("id", "kind", "type", "name", "state", "hops", "reached", "uri", "digest", "family", "version"),
    *("started_at", "ended_at", "created_at", "updated_at", "recorded_at", "key", "external_id", "source"),
    *("type_version", "contexts", "kinds"),
)
EDGE_FIELDS: Final = tuple(f.name for f in fields(Edge))
TIMES: Final = frozenset(("started_at", "ended_at", "created_at", "updated_at", "recorded_at", "since", "time"))

_KINDS: Final[Mapping[str, type[Node]]] = {
    NodeKind.ARTIFACT.word: Artifact,
    NodeKind.EXECUTION.word: Execution,
    NodeKind.CONTEXT.word: Context,
}
_STATES: Final[Mapping[str, Mapping[str, ArtifactState | ExecutionState]]] = {
    NodeKind.ARTIFACT.word: ArtifactState.__members__,
    NodeKind.EXECUTION.word: ExecutionState.__members__,
}
_PLAIN: Final[Mapping[str, tuple[str, ...]]] = {
    word: tuple(
        f.name for f in fields(made) if f.name not in ("id", "state", "properties", "custom_properties")
    )
    for word, made in _KINDS.items()
}  # fmt: skip
_NEEDED: Final = ("kind", "source", "target")  # of a link
_BOOKKEEPING: Final = ("type_id", "unique_name", "unique_external_id")
_WAYS: Final = ("upstream", "downstream", "both")


def flat_node(node: Node) -> dict[str, object]:
    """The row of a node. `id` is its reference, `kinds` a JSON list of what the row's text stands for."""
    row: dict[str, object] = {"id": node.ref, "kind": node.kind.word, **to_properties(node, 0)}
    for name in _BOOKKEEPING:
        row.pop(name, None)
    if node.key:
        row["key"] = node.key
    if node.recorded_at is not None:
        row["recorded_at"] = node.recorded_at
    if "kinds" in row:
        row["kinds"] = json.dumps(row["kinds"], ensure_ascii=False)
    return row


def flat_nodes(lineage: Lineage) -> Iterable[dict[str, object]]:
    """The rows of a lineage's nodes, with hops, how sure each is, and its contexts, separated by spaces."""
    for node in lineage.nodes:
        row = {**flat_node(node), "hops": lineage.hops[node.ref], "reached": lineage.reached(node)}
        within = lineage.memberships.get(node.ref)
        if within:
            row["contexts"] = " ".join(within)
        yield row


def flat_edge(edge: Edge) -> dict[str, object]:
    """The row of a link."""
    row = {name: getattr(edge, name) for name in EDGE_FIELDS}
    row["path"] = path_to_text(edge.path)
    return {name: value for name, value in row.items() if value is not None}


def node_of(row: Mapping[str, Any]) -> Node:
    """The node of a row, checked like one that was made by hand.

    Raises:
        InvalidValueError: the row is not as `flat_node` writes it; the text names the node.
    """
    ref = row.get("id")
    word, number = str(row.get("kind")), 0
    if ref is None and word not in _KINDS:
        what = "no kind" if row.get("kind") is None else f"the kind {row['kind']!r:.100}"
        raise InvalidValueError(
            f"{row.get('key')!r:.100} has {what}: it is one of {', '.join(_KINDS)}, or id holds a reference"
        )
    if ref is not None:
        parsed = parse_ref(ref) if isinstance(ref, str) else None
        if parsed is None or row.get("kind", parsed[0].word) != parsed[0].word:
            raise InvalidValueError(
                f"{ref!r:.100} is no reference of a node, or kind, {row.get('kind')!r:.100}, not the word in it: "
                "id holds artifact:12 or execution:12"
            )
        word, number = parsed[0].word, parsed[1]
    ref = ref or row.get("key")
    try:
        values: dict[str, Any] = {name: row[name] for name in _PLAIN[word] if row.get(name) is not None}
        for name, value in values.items():
            if type(value) is not (int if name in TIMES else str):
                raise InvalidValueError(f"{name} is {value!r:.100}")
        if "type" not in values:
            raise InvalidValueError("type is missing")
        if row.get("state") is not None:
            values["state"] = _STATES[word][row["state"]]
        declared, custom = _properties(row)
        return _KINDS[word](id=number, **values, properties=declared, custom_properties=custom)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        words = str(error) if isinstance(error, InvalidValueError) else f"{type(error).__name__}: {error}"
        raise InvalidValueError(f"{ref}: cannot be read back: {words}") from error


def _properties(row: Mapping[str, Any]) -> tuple[dict[str, Value], dict[str, Value]]:
    text = row.get("kinds")
    marks: list[str] = json.loads(text) if isinstance(text, str) else list(text or ())
    kinds = dict(mark.rsplit("=", 1) for mark in marks)
    declared: dict[str, Value] = {}
    custom: dict[str, Value] = {}
    for name, value in row.items():
        if value is None:
            continue
        if name.startswith(DECLARED):
            declared[name[len(DECLARED) :]] = _value(value, kinds.get(name))
        elif name.startswith(CUSTOM):
            custom[name[len(CUSTOM) :]] = _value(value, kinds.get(name))
    return declared, custom


def _value(value: Any, kind: str | None) -> Value:
    if kind == PropertyKind.STRUCT.name:
        return Struct(value)
    if kind == PropertyKind.PROTO.name:
        type_url, data = json.loads(value)
        return Proto(type_url, base64.b64decode(data, validate=True))
    plain: Value = value
    return plain


def edge_of(row: Mapping[str, Any]) -> Edge:
    """The link of a row.

    Raises:
        InvalidValueError: it is not as `flat_edge` writes it.
    """
    try:
        values: dict[str, Any] = {name: row.get(name) for name in EDGE_FIELDS}
        for name, value in values.items():
            kind = int if name in TIMES else str
            if (value is None and name in _NEEDED) or (value is not None and type(value) is not kind):
                raise InvalidValueError(f"{name} is {value!r:.100}")
        values["path"] = path_from_text(values["path"])
        return Edge(**values)
    except (TypeError, ValueError) as error:
        raise InvalidValueError(f"a link cannot be read back: {error} ({dict(row)!r:.200})") from error


# -- what belongs to no row ---------------------------------------------------------------------------------------


def head_of(lineage: Lineage) -> str:
    """What a lineage holds beside nodes and links, as JSON text.

    Starts, direction, contexts with those that they belong to themselves, types, certificate.
    """
    head: dict[str, object] = {
        "starts": list(lineage.starts),
        "direction": lineage.direction,
        "contexts": [flat_node(context) for context in lineage.contexts],
        "parents": {ref: list(own) for ref, own in lineage.memberships.items() if ref not in lineage.by_ref},
        "types": [
            {"id": t.id, "label": f"{t.kind.value}Type", **type_to_properties(t)} for t in lineage.types
        ],
        "certificate": _certificate_to_plain(lineage.certificate),
    }  # fmt: skip
    return json.dumps(head, ensure_ascii=False)


def _certificate_to_plain(certificate: Certificate) -> dict[str, object]:
    found: dict[str, object] = {f.name: getattr(certificate, f.name) for f in fields(certificate)}
    found["cut"] = [[cut.reason.name, cut.count, list(cut.at)] for cut in certificate.cut]
    found["gaps"] = [[gap.kind.name, list(gap.refs)] for gap in certificate.gaps]
    found["frontier"] = [flat_edge(edge) for edge in certificate.frontier]
    return found


def _certificate_of(data: dict[str, Any]) -> Certificate:
    values: dict[str, Any] = {
        **data,
        "cut": tuple(Cut(CutReason[reason], count, tuple(at)) for reason, count, at in data["cut"]),
        "gaps": tuple(Gap(GapKind[kind], tuple(refs)) for kind, refs in data["gaps"]),
        "frontier": tuple(edge_of(row) for row in data["frontier"]),
    }
    return Certificate(**values)


def contexts_types_parents(
    head: str,
) -> tuple[tuple[Context, ...], tuple[NodeType, ...], dict[str, tuple[str, ...]]]:
    """The contexts and types of a head, and the references of the contexts that contexts belong to, by reference.

    Raises:
        InvalidValueError: it is damaged.
    """
    with _damage_told():
        return _around(json.loads(head))


def _around(
    head: dict[str, Any],
) -> tuple[tuple[Context, ...], tuple[NodeType, ...], dict[str, tuple[str, ...]]]:
    nodes = [node_of(row) for row in head["contexts"]]
    types = tuple(type_from_properties(row["label"], row) for row in head["types"])
    parents = {str(ref): tuple(map(str, own)) for ref, own in head["parents"].items()}
    return tuple(node for node in nodes if isinstance(node, Context)), types, parents


@contextmanager
def _damage_told() -> Generator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidValueError(f"the head of the lineage is damaged: {error}") from error


def lineage_of(nodes: Iterable[Mapping[str, Any]], edges: Iterable[Mapping[str, Any]], head: object) -> Lineage:
    """The lineage of rows and a head.

    Where rows are missing that the certificate counts, and links to nodes that are missing, the certificate of the
    result says so.

    Raises:
        InvalidValueError: there is no head, a row cannot be read, a node stands there twice, or there is more than the
            certificate counts.
    """
    if not isinstance(head, str):
        raise InvalidValueError(
            "no head of a lineage: starts, contexts and certificate got lost on the way here. Give what to_frames, "
            "to_networkx or to_py2neo made; records_from_frames reads tables of your own"
        )
    with _damage_told():
        data: dict[str, Any] = json.loads(head)
        contexts, types, parents = _around(data)
        certificate = _certificate_of(data["certificate"])
        direction: Direction = data["direction"]
        starts = tuple(data["starts"])
    if direction not in _WAYS:
        raise InvalidValueError(f"the head of the lineage names no direction but {direction!r}")
    given = list(nodes)
    for row in given:
        if not isinstance(row.get("id"), str):
            raise InvalidValueError(f"{row.get('id')!r:.100} is no reference of a node")
    rows = {row.get("id"): row for row in given}
    if len(rows) != len(given):
        raise InvalidValueError("two rows of nodes have one id")
    read = [node_of(row) for row in given]
    kept = tuple(node for node in read if not isinstance(node, Context))
    found = _sorted(edge for edge in map(edge_of, edges) if edge.source in rows and edge.target in rows)
    reached = {
        how: frozenset(n.ref for n in kept if rows[n.ref].get("reached") == how) for how in ("pending", "possible")
    }
    return Lineage(
        starts=starts,
        direction=direction,
        nodes=kept,
        edges=found,
        hops={node.ref: _hops(rows[node.ref]) for node in kept},
        certificate=_still_true(certificate, {node.ref for node in kept}, found, reached),
        contexts=contexts,
        memberships={
            node.ref: tuple(within.split())
            for node in kept
            if isinstance(within := rows[node.ref].get("contexts"), str)
        }
        | parents,
        types=types,
        pending=reached["pending"],
        only_possible=reached["possible"],
    )


def _hops(row: Mapping[str, Any]) -> int:
    hops = row.get("hops", 0)
    if not isinstance(hops, int):
        raise InvalidValueError(f"{row.get('id')}: hops are a whole number, not {hops!r}")
    return hops


def _sorted(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """In the order of every lineage: by the ids of the ends, then by what the link is."""

    def place(edge: Edge) -> tuple[int, int, str, str]:
        ends = [int(ref.rpartition(":")[2]) for ref in (edge.source, edge.target)]
        return ends[0], ends[1], edge.kind, edge.event_type or ""

    return tuple(sorted(edges, key=place))


def _still_true(
    certificate: Certificate, nodes: Collection[str], edges: Sequence[Edge], reached: Mapping[str, frozenset[str]]
) -> Certificate:
    missing = certificate.nodes - len(nodes) + certificate.edges - len(edges)
    if len(nodes) > certificate.nodes or len(edges) > certificate.edges:
        raise InvalidValueError("there are more nodes or links than the certificate counts: this is not one trace")
    if not missing:
        return certificate
    there = set(edges)
    # where possible links were not walked, those of the frontier were never among the edges
    walked = certificate.possible_edges > 0
    gaps = (Gap(gap.kind, tuple(ref for ref in gap.refs if ref in nodes)) for gap in certificate.gaps)
    return Certificate.of(
        len(nodes),
        edges,
        walked_at=certificate.walked_at,
        store=certificate.store,
        cut=(*certificate.cut, Cut(CutReason.TAKEN_OUT, missing)),
        gaps=tuple(gap for gap in gaps if gap.refs),
        possible_nodes=len(reached["possible"]),
        pending_nodes=len(reached["pending"]),
        frontier=tuple(
            edge
            for edge in certificate.frontier
            if (edge in there if walked else edge.source in nodes or edge.target in nodes)
        ),
    )
