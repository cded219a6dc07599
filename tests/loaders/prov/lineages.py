"""Lineages without a store: what a store would answer when asked for all of a source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from provgraph.model import Certainty, Context, Event, Records
from provgraph.tracing.certificate import Certificate
from provgraph.tracing.lineage import Edge, Lineage

__all__ = ["lineage_of"]


def lineage_of(batches: Iterable[Records]) -> Lineage:
    """The lineage of records that name no node outside of them."""
    records = list(batches)
    nodes = [replace(node, id=at + 1) for at, node in enumerate(node for each in records for node in each.nodes)]
    refs = {(node.kind, node.key): node.ref for node in nodes}
    by_key = {node.key: node.ref for node in nodes}
    edges: dict[tuple[str, str, str, str], Edge] = {}

    def add(
        kind: str, ends: tuple[str, str], certainty: Certainty, recorded_by: str, event: Event | None = None
    ) -> None:
        start, end = (by_key[key] for key in ends)
        edge = Edge(kind, start, end, certainty=certainty.value, recorded_by=recorded_by or None)
        if event is not None:
            edge = replace(edge, event_type=event.type.name, time=event.time, path=event.path)
        edges.setdefault((kind, *ends, edge.event_type or ""), edge)

    memberships: dict[str, set[str]] = {}
    for each in records:
        for e in each.events:
            way = "INPUT" if e.type.is_input else "OUTPUT"
            ends = (e.artifact, e.execution) if e.type.is_input else (e.execution, e.artifact)
            kind = "PENDING_OUTPUT" if e.type.name == "PENDING_OUTPUT" else f"POSSIBLE_{way}" if e.possible else way
            add(kind, ends, e.certainty, e.recorded_by, e)
        for d in each.derivations:
            add("DERIVATION", (d.origin, d.derived), d.certainty, d.recorded_by)
        for q in each.equalities:
            for ends in ((q.first, q.second), (q.second, q.first)):
                add("SAME_AS", ends, q.certainty, q.recorded_by)
        for node_key, context in (
            *((link.artifact, link.context) for link in each.attributions),
            *((link.execution, link.context) for link in each.associations),
        ):
            memberships.setdefault(by_key[node_key], set()).add(by_key[context])
    traced = tuple(node for node in nodes if not isinstance(node, Context))
    assert len(refs) == len(nodes)
    return Lineage(
        starts=tuple(node.ref for node in traced),
        direction="both",
        nodes=traced,
        edges=tuple(edges.values()),
        hops={node.ref: 0 for node in traced},
        contexts=tuple(node for node in nodes if isinstance(node, Context)),
        memberships={ref: tuple(sorted(contexts)) for ref, contexts in memberships.items()},
        certificate=Certificate(nodes=len(traced), edges=len(edges), possible_edges=0, walked_at=0, store="none"),
    )
