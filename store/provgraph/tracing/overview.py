"""What somebody who looks around asks first: what is there, what runs, and how much lies around a node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from provgraph.model import Artifact, ArtifactState, Execution, NodeKind
from provgraph.store.core import StoreCore
from provgraph.store.cypher.find import STATE_COUNTS
from provgraph.store.cypher.overview import DEGREES, LATEST_FAILED, LATEST_OF_TYPES, REACH
from provgraph.store.cypher.trace import Way
from provgraph.tracing.deployments import Deployment, deployments_of
from provgraph.tracing.roles import Roles

__all__ = [
    "Neighbours",
    "TypeCount",
    "census",
    "latest_deployments",
    "latest_failures",
    "latest_models",
    "neighbours",
    "reach",
]


@dataclass(frozen=True, slots=True)
class TypeCount:
    """How many nodes of one type and state a store holds; `state` is None for contexts."""

    kind: NodeKind
    type: str
    state: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """How many links enter and leave a node: those that a walk may take, and pending outputs."""

    before: int
    after: int


def census(core: StoreCore) -> list[TypeCount]:
    """What a store holds, by kind, type and state; the most numerous first."""
    found = [
        TypeCount(kind, type_, None if kind is NodeKind.CONTEXT else state or ArtifactState.UNKNOWN.name, count)
        for kind in NodeKind
        for type_, state, count in core.store.read(STATE_COUNTS[kind], {})
    ]
    order = list(NodeKind)
    return sorted(found, key=lambda c: (order.index(c.kind), -c.count, c.type, c.state or ""))


def latest_models(core: StoreCore, limit: int) -> list[Artifact]:
    """The models recorded last, newest first."""
    return _latest(core, "model", limit)


def latest_deployments(core: StoreCore, limit: int) -> list[Deployment]:
    """The deployments recorded last, the live ones first, then the newest; artifacts only."""
    roles = Roles.of(core.reader.types())
    found = deployments_of(core, _latest(core, "deployment", limit), roles)
    return sorted(found, key=lambda d: (not d.live, -(d.since or 0), -d.node.id))


def latest_failures(core: StoreCore, limit: int) -> list[Execution]:
    """The executions that failed and were recorded last, newest first."""
    [[ids]] = core.store.read(LATEST_FAILED, {"limit": limit})
    found = core.reader.by_ids(NodeKind.EXECUTION, sorted(ids, reverse=True))
    return [node for node in found if isinstance(node, Execution)]


def _latest(core: StoreCore, role: str, limit: int) -> list[Artifact]:
    types = core.reader.types()
    names = Roles.of(types).type_names(role, types)
    [[ids]] = core.store.read(LATEST_OF_TYPES, {"types": names, "limit": limit})
    found = core.reader.by_ids(NodeKind.ARTIFACT, sorted(ids, reverse=True)[:limit])
    return [node for node in found if isinstance(node, Artifact)]


def neighbours(
    core: StoreCore, nodes: Iterable[Artifact | Execution], *, certain_only: bool = False
) -> dict[str, Neighbours]:
    """How many links enter and leave each node, by reference."""
    ids: Mapping[NodeKind, list[int]] = {NodeKind.ARTIFACT: [], NodeKind.EXECUTION: []}
    for node in nodes:
        ids[node.kind].append(node.id)
    found: dict[str, Neighbours] = {}
    for kind, wanted in ids.items():
        if wanted:
            [[rows]] = core.store.read(DEGREES[kind, certain_only], {"ids": wanted})
            found |= {f"{kind.word}:{id_}": Neighbours(before, after) for id_, before, after in rows}
    return found


def reach(core: StoreCore, node: Artifact | Execution, way: Way, at_most: int, *, certain_only: bool = False) -> int:
    """How many nodes lie upstream or downstream of a node, without itself, counted up to `at_most`."""
    rows = core.store.read(REACH[node.kind, way, certain_only], {"id": node.id, "limit": at_most + 1})
    return max(0, int(rows[0][0]) - 1) if rows else 0
