"""Runs of pipelines: their steps, states and times, and what each step really used."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from provgraph.errors import InvalidValueError
from provgraph.model import Artifact, Context, EventType, Execution, ExecutionState, Node, NodeKind
from provgraph.store.core import StoreCore
from provgraph.store.cypher.trace import AROUND, EXECUTIONS_OF, INSIDE, SHARING
from provgraph.store.protocol import Row
from provgraph.store.reader import Query
from provgraph.store.rows import node_from_properties
from provgraph.tracing.certificate import Certificate
from provgraph.tracing.lineage import Edge, Lineage, edges_of
from provgraph.tracing.roles import Roles

__all__ = ["Run", "Use", "run_lineage", "runs", "uses"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a pipeline.

    Attributes:
        context: the run.
        executions: its steps, in the order of their start.
        state: FAILED if a step failed and none of its kind completed later, else RUNNING, CANCELED, COMPLETE;
            UNKNOWN where the steps have no states.
        started_at, ended_at: epoch milliseconds of the first start and the last end; None where not recorded.
    """

    context: Context
    executions: tuple[Execution, ...]
    state: ExecutionState
    started_at: int | None
    ended_at: int | None

    @property
    def duration(self) -> int | None:
        """Milliseconds from the first start to the last end."""
        return None if self.started_at is None or self.ended_at is None else self.ended_at - self.started_at

    @property
    def failed(self) -> tuple[Execution, ...]:
        """The steps that failed."""
        return tuple(e for e in self.executions if e.state is ExecutionState.FAILED)

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of steps by state."""
        return Counter(e.state.name for e in self.executions)


@dataclass(frozen=True, slots=True)
class Use:
    """An input of an execution.

    Attributes:
        artifact: what was taken in.
        used: whether it was really used (an event `INPUT` or `INTERNAL_INPUT`), not just declared or possible.
    """

    artifact: Artifact
    edge: Edge

    @property
    def used(self) -> bool:
        """Whether it was really used, not just declared, nor only possible."""
        return not self.edge.possible and self.edge.event_type != EventType.DECLARED_INPUT.name


def runs(core: StoreCore, pipeline: Node | None, limit: int | None) -> list[Run]:
    """The runs of a pipeline, or of the whole store, newest first."""
    roles = Roles.of(core.reader.types())
    if pipeline is not None and not isinstance(pipeline, Context):
        raise InvalidValueError(f"{pipeline.ref} is no context: name a pipeline, or a run")
    contexts = _run_contexts(core, pipeline, roles, limit)
    found: dict[int, list[Execution]] = {context.id: [] for context in contexts}
    ids = list(found)
    for at in range(0, len(ids), 1_000):
        [[rows]] = core.store.read(EXECUTIONS_OF, {"ids": ids[at : at + 1_000]})
        for id_, stored in rows:
            node = node_from_properties(NodeKind.EXECUTION.value, stored)
            if isinstance(node, Execution):
                found[id_].append(node)
    result = [_run(context, found[context.id]) for context in contexts]
    result.sort(key=lambda run: (-(run.started_at or run.context.created_at or 0), -run.context.id))
    return result[:limit]


def _run_contexts(core: StoreCore, pipeline: Context | None, roles: Roles, limit: int | None) -> list[Context]:
    types = roles.type_names("run", core.reader.types())
    if pipeline is None:
        contexts: list[Node] = []
        for name in types:
            query = Query(type=name)
            contexts += islice(core.reader.find(NodeKind.CONTEXT, query, newest_first=True), limit)
        return [c for c in contexts if isinstance(c, Context)]
    if roles.is_a(pipeline, "run"):
        return [pipeline]
    [[inside]] = core.store.read(INSIDE, {"ids": [pipeline.id]})
    nodes = [node_from_properties(NodeKind.CONTEXT.value, stored) for _, stored in inside]
    found = {n.id: n for n in nodes if isinstance(n, Context) and roles.is_a(n, "run")}
    if not found:
        [[sharing]] = core.store.read(SHARING, {"id": pipeline.id, "types": types})
        nodes = [node_from_properties(NodeKind.CONTEXT.value, stored) for stored in sharing]
        found = {n.id: n for n in nodes if isinstance(n, Context)}
    return [found[i] for i in sorted(found)]


def _start(execution: Execution) -> int:
    return execution.started_at or execution.created_at or execution.recorded_at or 0


def _end(execution: Execution) -> int | None:
    if execution.ended_at is not None:
        return execution.ended_at
    over = execution.state not in (ExecutionState.RUNNING, ExecutionState.NEW)
    return execution.updated_at if over else None


def _run(context: Context, executions: Iterable[Execution]) -> Run:
    steps = sorted(executions, key=lambda e: (_start(e), e.id))
    starts = [_start(e) for e in steps if _start(e)]
    ends = [end for e in steps if (end := _end(e)) is not None]
    return Run(
        context=context,
        executions=tuple(steps),
        state=_state(steps),
        started_at=min(starts, default=None),
        ended_at=max(ends, default=None) if len(ends) == len(steps) else None,
    )


def _state(steps: Sequence[Execution]) -> ExecutionState:
    last: dict[tuple[str, str | None], ExecutionState] = {}
    for step in steps:  # a step that was tried again counts by its last try
        last[step.type, step.name] = step.state
    states = set(last.values())
    done = {ExecutionState.COMPLETE, ExecutionState.CACHED}
    for state in (ExecutionState.FAILED, ExecutionState.RUNNING, ExecutionState.NEW, ExecutionState.CANCELED):
        if state in states:
            return ExecutionState.RUNNING if state is ExecutionState.NEW and states & done else state
    return ExecutionState.COMPLETE if states & done else ExecutionState.UNKNOWN


def run_lineage(core: StoreCore, context: Node) -> Lineage:
    """The steps of a context with what they took in and put out."""
    if not isinstance(context, Context):
        raise InvalidValueError(f"{context.ref} is no context: name a run")
    walked_at = int(time.time() * 1000)
    [[rows]] = core.store.read(EXECUTIONS_OF, {"ids": [context.id]})
    steps = {stored["id"]: node_from_properties(NodeKind.EXECUTION.value, stored) for _, stored in rows}
    return _around(core, context.ref, {i: n for i, n in steps.items() if isinstance(n, Execution)}, walked_at)


def _around(core: StoreCore, start: str, steps: Mapping[int, Execution], walked_at: int) -> Lineage:
    links: list[Row] = []
    ids = sorted(steps)
    for at in range(0, len(ids), 1_000):
        for ins, outs in core.store.read(AROUND, {"ids": ids[at : at + 1_000]}):
            links += [link for group in (*ins, *outs) for link in group]
    wanted = {end for link in links for end in (link[1], link[2])} - steps.keys()
    artifacts = {a.id: a for a in core.reader.by_ids(NodeKind.ARTIFACT, sorted(wanted)) if isinstance(a, Artifact)}
    nodes: list[Artifact | Execution] = [*steps.values(), *artifacts.values()]
    nodes.sort(key=lambda n: (n.kind.value, n.id))
    refs = {node.id: node.ref for node in nodes}
    edges = edges_of(links, refs)
    sure, maybe = _artifacts_at(edges, certain=True), _artifacts_at(edges, certain=False)
    only_possible = maybe - sure
    pending = frozenset(artifact.ref for artifact in artifacts.values()) - sure - maybe
    return Lineage(
        starts=(start,),
        direction="both",
        nodes=tuple(nodes),
        edges=edges,
        hops={node.ref: int(isinstance(node, Artifact)) for node in nodes},
        pending=pending,
        only_possible=only_possible,
        certificate=Certificate.of(
            len(nodes),
            edges,
            possible_nodes=len(only_possible),
            pending_nodes=len(pending),
            frontier=tuple(e for e in edges if e.possible and not only_possible.isdisjoint((e.source, e.target))),
            walked_at=walked_at,
            store=core.store.url,
        ),
    )


def _artifacts_at(edges: Sequence[Edge], *, certain: bool) -> frozenset[str]:
    """The artifacts that certain links, or possible ones, tie to the steps."""
    ends = {end for e in edges if not e.pending and e.possible is not certain for end in (e.source, e.target)}
    return frozenset(end for end in ends if end.startswith("artifact:"))


def uses(core: StoreCore, execution: Node) -> list[Use]:
    """What an execution took in."""
    if not isinstance(execution, Execution):
        raise InvalidValueError(f"{execution.ref} is no execution")
    around = _around(core, execution.ref, {execution.id: execution}, int(time.time() * 1000))
    by_ref = {artifact.ref: artifact for artifact in around.artifacts}
    return [Use(by_ref[edge.source], edge) for edge in around.incoming.get(execution.ref, ())]
