"""Lineages made of a few words, for tests that need no store."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from provgraph import Lineage
from provgraph.model import Artifact, Execution, ExecutionState
from provgraph.tracing.certificate import Certificate
from provgraph.tracing.lineage import Edge


def artifact(id: int, type: str = "Dataset", name: str | None = None, **more: object) -> Artifact:
    return Artifact(id=id, type=type, name=name, **more)  # type: ignore[arg-type]


def step(id: int, type: str = "Train", name: str | None = None, **more: object) -> Execution:
    state = more.pop("state", ExecutionState.COMPLETE)
    return Execution(id=id, type=type, name=name, state=state, **more)  # type: ignore[arg-type]


def edge(source: str, target: str, kind: str | None = None) -> Edge:
    return Edge(kind or ("INPUT" if source.startswith("artifact") else "OUTPUT"), source, target)


def lineage(starts: Iterable[str], nodes: Iterable[Artifact | Execution], edges: Iterable[Edge]) -> Lineage:
    """A downstream lineage; hops are counted along its edges, a node that nothing reaches stands far away."""
    kept, links, begin = tuple(nodes), tuple(edges), tuple(starts)
    return Lineage(
        starts=begin,
        direction="downstream",
        nodes=kept,
        edges=links,
        hops={node.ref: _hops(begin, links).get(node.ref, 10_000) for node in kept},
        certificate=Certificate(len(kept), len(links), 0, int(time.time() * 1000), "test"),
        pending=frozenset(),
    )


def _hops(starts: Iterable[str], edges: Iterable[Edge]) -> Mapping[str, int]:
    found = dict.fromkeys(starts, 0)
    level = list(found)
    links = list(edges)
    while level:
        level = [
            e.target for ref in level for e in links if e.source == ref and not e.pending and e.target not in found
        ]
        found |= dict.fromkeys(level, max(found.values()) + 1)
    return found
