"""Upstream, downstream, both: one pruned statement fetches a superset, and what is asked is cut out of it here.

Hops are counted here, as breadth-first distances; conditions along the way (stop types, limits) are decided here. A
condition only ever takes away from the whole closure, so nothing can be missing that is not told as cut.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

from provgraph.errors import InvalidValueError, NotFoundError
from provgraph.model import BaseType, Context, ExecutionState, Node, NodeKind
from provgraph.store.core import StoreCore
from provgraph.store.cypher.find import BY_IDS
from provgraph.store.cypher.trace import BOUNDS, CONTEXT_STARTS, CONTEXTS_OF, Way, trace_statement
from provgraph.store.rows import node_from_properties
from provgraph.tracing.certificate import Certificate, Cut, CutReason, Gap, GapKind
from provgraph.tracing.lineage import Direction, Lineage, edges_of

__all__ = ["TraceOptions", "check_starts", "start_ids", "trace"]

_FREE: Final = frozenset(("SAME_AS",))  # links that cost no hop
_POSSIBLE: Final = frozenset(("POSSIBLE_INPUT", "POSSIBLE_OUTPUT"))
_PENDING: Final = "PENDING_OUTPUT"
_INPUTS: Final = frozenset(("INPUT", "POSSIBLE_INPUT"))
_OUTPUTS: Final = frozenset(("OUTPUT", "POSSIBLE_OUTPUT", "DERIVATION"))
_ORIGINS: Final = _OUTPUTS | _FREE | {_PENDING}
_UNFINISHED: Final = frozenset((ExecutionState.NEW.name, ExecutionState.RUNNING.name))
_ARTIFACT: Final = NodeKind.ARTIFACT.value
_EXECUTION: Final = NodeKind.EXECUTION.value
# Types whose artifacts never come from nowhere, whatever else the records say.
_MADE: Final = frozenset(("Model", "Metrics", "Statistics", "Predictions", "Deployment"))
_MADE_BASES: Final = frozenset((BaseType.MODEL, BaseType.METRICS, BaseType.STATISTICS))


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOptions:
    """How far to walk and what to show.

    Attributes:
        max_hops: links from the nearest start; 0 is the starts alone; None is no limit.
        max_nodes: the nearest so many nodes; None is no limit.
        types: show only nodes of these types (and the starts). The walk goes through the others.
        stop_types: do not walk beyond nodes of these types.
        certain_only: do not walk possible links, and do not show those between nodes that others reach.
        with_contexts: fetch the contexts and the types of the nodes too.
    """

    max_hops: int | None = None
    max_nodes: int | None = None
    types: Collection[str] | None = None
    stop_types: Collection[str] = ()
    certain_only: bool = False
    with_contexts: bool = True

    def __post_init__(self) -> None:
        for name, least in (("max_hops", 0), ("max_nodes", 1)):
            number: object = getattr(self, name)
            # a fraction or NaN would cut in a way that the certificate could not tell
            if number is not None and (type(number) is not int or number < least):
                raise InvalidValueError(f"{name} is a whole number, {least} or more, not {number!r}")
        for name in ("types", "stop_types"):
            if isinstance(getattr(self, name), str):
                raise InvalidValueError(f"{name} is a list of types, not one text")


@dataclass(slots=True)
class _Fetched:
    """The superset that one statement brought."""

    labels: dict[int, str] = field(default_factory=dict)
    properties: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    links: list[Sequence[Any]] = field(default_factory=list)
    contexts: dict[int, Sequence[int]] = field(default_factory=dict)
    limited: bool = False


@dataclass(slots=True)
class _Walk:
    """What a walk in one direction found."""

    hops: dict[int, int] = field(default_factory=dict)
    links: list[Sequence[Any]] = field(default_factory=list)
    pending: dict[int, int] = field(default_factory=dict)
    only_possible: set[int] = field(default_factory=set)
    frontier: list[Sequence[Any]] = field(default_factory=list)
    cuts: dict[CutReason, list[int]] = field(default_factory=dict)
    gaps: dict[GapKind, set[int]] = field(default_factory=dict)


def start_ids(core: StoreCore, starts: Sequence[Node]) -> dict[NodeKind, list[int]]:
    """The artifacts and executions that a walk from `starts` begins at.

    A context stands for its executions and what they put out, never for what they took in; one without executions
    stands for its artifacts. Upstream of a context is upstream of its executions and outputs.
    """
    found: dict[NodeKind, list[int]] = {
        kind: [node.id for node in starts if node.kind is kind] for kind in (NodeKind.ARTIFACT, NodeKind.EXECUTION)
    }
    contexts = [node.id for node in starts if node.kind is NodeKind.CONTEXT]
    if contexts:
        for _, executions, artifacts in core.store.read(CONTEXT_STARTS, {"ids": contexts}):
            own = [pair for group in executions for pair in group]
            found[NodeKind.EXECUTION] += [execution for execution, _ in own]
            outputs = [artifact for _, made in own for artifact in made]
            found[NodeKind.ARTIFACT] += outputs if own else [a for group in artifacts for a in group]
    return {kind: list(dict.fromkeys(ids)) for kind, ids in found.items()}


def trace(core: StoreCore, starts: Sequence[Node], direction: Direction, options: TraceOptions) -> Lineage:
    """Walk from `starts` and return what was met."""
    walked_at = int(time.time() * 1000)
    ways: tuple[Way, ...] = ("upstream", "downstream") if direction == "both" else (direction,)
    fetched_all = _Fetched()
    walks: list[_Walk] = []
    begin: set[int] = set()
    for way in ways:
        ids = start_ids(core, starts)
        fetched = _fetch(core, ids, way, options)
        first = [i for found in ids.values() for i in found]
        begin.update(first)
        walks.append(_walk(fetched, first, way, options))
        fetched_all.labels |= fetched.labels
        fetched_all.properties |= fetched.properties
        fetched_all.contexts |= fetched.contexts
        fetched_all.limited |= fetched.limited
    _check_fetched(fetched_all, starts)
    check_starts(core, [node for node in starts if isinstance(node, Context)])
    return _assemble(core, starts, direction, options, fetched_all, walks, begin, walked_at)


def _check_fetched(fetched: _Fetched, starts: Sequence[Node]) -> None:
    """Starts given as values must be those of this store: an answer about nothing, or about others, is no answer.

    Raises:
        NotFoundError: one is not there, or another node has its id here.
    """
    for node in starts:
        if isinstance(node, Context):
            continue
        stored = fetched.properties.get(node.id)
        if stored is None and fetched.limited:
            continue
        _check_start(node, fetched.labels.get(node.id), stored)


def check_starts(core: StoreCore, starts: Sequence[Node]) -> None:
    """The same before answers that hold no node to check them by.

    Raises:
        NotFoundError: a start is not in the store, or another node has its id here.
    """
    for kind in NodeKind:
        given = [node for node in starts if node.kind is kind]
        if given:
            [[found]] = core.store.read(BY_IDS[kind], {"ids": [node.id for node in given]})
            stored = {properties["id"]: properties for properties in found}
            for node in given:
                _check_start(node, kind.value, stored.get(node.id))


def _check_start(node: Node, label: str | None, stored: Mapping[str, Any] | None) -> None:
    if stored is None or label != node.kind.value or node.key not in ("", stored["key"]):
        raise NotFoundError(f"{node.ref} ({node.key or node.label}) is not in this store: look it up by its key")


def _fetch(core: StoreCore, ids: Mapping[NodeKind, list[int]], way: Way, options: TraceOptions) -> _Fetched:
    fetched = _fetch_bounded(core, ids, way, options, options.max_hops)
    if options.max_hops is not None and any(link[0] in _FREE for link in fetched.links):
        # equalities cost no hop, so a bound on the length of the path may have cut too early
        fetched = _fetch_bounded(core, ids, way, options, None)
    return fetched


def _fetch_bounded(
    core: StoreCore, ids: Mapping[NodeKind, list[int]], way: Way, options: TraceOptions, max_hops: int | None
) -> _Fetched:
    fetched = _Fetched()
    # One more than wanted, so that a cut is noticed. The engines expand breadth first: a start's nearest nodes come
    # first, and the nearest of all are among them.
    limit = None if options.max_nodes is None else options.max_nodes + 1
    bound = max_hops if max_hops is None or max_hops > max(BOUNDS) else max(1, max_hops)
    for kind, starts in ids.items():
        if not starts:
            continue
        statement = trace_statement(
            kind, way, options.certain_only, bound, limited=limit is not None, contexts=options.with_contexts
        )
        parameters: dict[str, object] = {"ids": starts}
        if limit is not None:  # starts that fill the answer by themselves need no neighbours
            nodes = 1 if len(starts) >= limit else limit
            parameters = {"ids": starts[:limit], "nodes": nodes, "links": limit + len(starts)}
        rows = core.store.stream(statement, parameters)
        count = 0
        for labels, properties, links, contexts in rows:
            for label, stored, own, within in zip(labels, properties, links, contexts, strict=True):
                count += 1
                id_ = stored["id"]
                if id_ not in fetched.labels:
                    fetched.labels[id_] = label
                    fetched.properties[id_] = stored
                    fetched.links += own
                    if within:
                        fetched.contexts[id_] = within
                    fetched.limited |= limit is not None and len(own) >= limit + len(starts)
        fetched.limited |= limit is not None and count >= limit
    return fetched


def _walk(fetched: _Fetched, starts: Iterable[int], way: Way, options: TraceOptions) -> _Walk:
    """Breadth first over the fetched links, at no cost along equalities."""
    near, far = (2, 1) if way == "upstream" else (1, 2)
    beside: dict[int, list[Sequence[Any]]] = {}
    for link in fetched.links:
        beside.setdefault(link[near], []).append(link)
    walk = _Walk()
    stop = frozenset(options.stop_types)
    first = {i for i in starts if i in fetched.labels}
    queue = deque((i, 0) for i in starts if i in first)
    # links that were not followed: cut only if nothing else led to their other end
    unfollowed: list[tuple[CutReason, int, int]] = []
    too_many: set[int] = set()
    while queue:
        node, hops = queue.popleft()
        if node in walk.hops or node in too_many:
            continue
        if options.max_nodes is not None and len(walk.hops) >= options.max_nodes:
            too_many.add(node)
            continue
        walk.hops[node] = hops
        stopped = fetched.properties[node].get("type") in stop and node not in first
        for link in beside.get(node, ()):
            other = link[far]
            walk.links.append(link)
            if link[0] == _PENDING:
                walk.pending.setdefault(other, hops + 1)
                continue
            step = 0 if link[0] in _FREE else 1
            if options.certain_only and link[0] in _POSSIBLE:
                unfollowed.append((CutReason.POSSIBLE, other, node))
            elif stopped:
                unfollowed.append((CutReason.STOP_TYPES, other, node))
            elif options.max_hops is not None and hops + step > options.max_hops:
                unfollowed.append((CutReason.HOPS, other, node))
            elif other not in fetched.labels:
                unfollowed.append((CutReason.NODES, other, node))
            elif step:
                queue.append((other, hops + 1))
            else:
                queue.appendleft((other, hops))
    for reason, other, node in unfollowed:
        if other not in walk.hops and other not in too_many:
            walk.cuts.setdefault(reason, []).append(node)
    if too_many:
        walk.cuts.setdefault(CutReason.NODES, []).extend(sorted(too_many))
    elif fetched.limited and options.max_nodes is not None and CutReason.NODES not in walk.cuts:
        walk.cuts[CutReason.NODES] = list(walk.hops)[-1:]
    walk.pending = {node: hops for node, hops in walk.pending.items() if node not in walk.hops}
    walk.only_possible = _only_possible(walk, first, near, far)
    walk.frontier = _frontier(walk, near, far, options.certain_only)
    walk.gaps = _gaps(fetched, walk, beside, way)
    return walk


def _only_possible(walk: _Walk, starts: set[int], near: int, far: int) -> set[int]:
    """The nodes that no way of certain links reaches."""
    if not any(link[0] in _POSSIBLE for link in walk.links):
        return set()
    certain: dict[int, list[int]] = {}
    for link in walk.links:
        if link[0] not in _POSSIBLE and link[0] != _PENDING:
            certain.setdefault(link[near], []).append(link[far])
    reached: set[int] = set()
    stack = [i for i in starts if i in walk.hops]
    while stack:
        node = stack.pop()
        if node in reached or node not in walk.hops:
            continue
        reached.add(node)
        stack += certain.get(node, ())
    return walk.hops.keys() - reached


def _frontier(walk: _Walk, near: int, far: int, certain_only: bool) -> list[Sequence[Any]]:
    """The possible links that leave what is certain for what is not; of a certain walk, those it did not follow."""
    beyond = walk.only_possible
    return [
        link
        for link in walk.links
        if link[0] in _POSSIBLE
        and link[near] not in beyond
        and (link[far] not in walk.hops if certain_only else link[far] in beyond)
    ]


def _gaps(
    fetched: _Fetched, walk: _Walk, beside: Mapping[int, Sequence[Sequence[Any]]], way: Way
) -> dict[GapKind, set[int]]:
    found: dict[GapKind, set[int]] = {}
    kinds_of = {node: frozenset([link[0] for link in beside.get(node, ())]) for node in walk.hops}
    made_here: set[str] = set()
    if way == "upstream":
        made_here = {
            fetched.properties[node]["type"]
            for node, kinds in kinds_of.items()
            if fetched.labels[node] == _ARTIFACT and not kinds.isdisjoint(_OUTPUTS)
        }
    for node, kinds in kinds_of.items():
        label, stored = fetched.labels[node], fetched.properties[node]
        if _PENDING in kinds:
            found.setdefault(GapKind.PENDING, set()).add(node)
        if label == _EXECUTION:
            if stored.get("state") in _UNFINISHED:
                found.setdefault(GapKind.RUNNING, set()).add(node)
            if way == "upstream" and kinds.isdisjoint(_INPUTS):
                found.setdefault(GapKind.NO_INPUTS, set()).add(node)
        elif (
            way == "upstream"
            and kinds.isdisjoint(_ORIGINS)
            and (stored["type"] in made_here or stored["type"] in _MADE)
        ):
            found.setdefault(GapKind.NO_PRODUCER, set()).add(node)
    return found


def _assemble(
    core: StoreCore,
    starts: Sequence[Node],
    direction: Direction,
    options: TraceOptions,
    fetched: _Fetched,
    walks: Sequence[_Walk],
    begin: set[int],
    walked_at: int,
) -> Lineage:
    hops: dict[int, int] = {}
    for walk in walks:
        for node, distance in walk.hops.items():
            hops[node] = min(distance, hops.get(node, distance))
    beyond: list[int] = []
    if options.max_nodes is not None and len(hops) > options.max_nodes:  # each way kept to it by itself
        hops, every = _nearest(walks, options.max_nodes), hops
        beyond = sorted(every.keys() - hops.keys())
        for walk in walks:
            told = [link for link in walk.links if link[0] == _PENDING and (link[1] in hops or link[2] in hops)]
            near = {end for link in told for end in link[1:3]}
            walk.pending = {node: distance for node, distance in walk.pending.items() if node in near}
    pending: dict[int, int] = {}
    for walk in walks:
        for node, distance in walk.pending.items():
            if node not in hops and (options.max_hops is None or distance <= options.max_hops):
                pending[node] = min(distance, pending.get(node, distance))
    _add_pending(core, fetched, pending, options.with_contexts)
    pending = {node: distance for node, distance in pending.items() if node in fetched.labels}

    everything = {**hops, **pending}
    shown = everything
    cuts: dict[CutReason, list[int]] = {}
    for walk in walks:
        for reason, at in walk.cuts.items():
            cuts.setdefault(reason, []).extend(at)
    if beyond:
        cuts.setdefault(CutReason.NODES, []).extend(beyond)
    if options.types is not None:
        wanted = frozenset(options.types)
        shown = {n: d for n, d in everything.items() if n in begin or fetched.properties[n]["type"] in wanted}
        hidden = sorted(everything.keys() - shown.keys())
        if hidden:
            cuts[CutReason.TYPES] = hidden

    nodes = [node_from_properties(fetched.labels[i], fetched.properties[i]) for i in shown]
    traced = [node for node in nodes if not isinstance(node, Context)]
    labels = fetched.labels
    traced.sort(key=lambda node: (shown[node.id], labels[node.id], node.id))
    refs = {node.id: node.ref for node in traced}
    left_out = _POSSIBLE if options.certain_only else ()
    edges = edges_of((link for walk in walks for link in walk.links if link[0] not in left_out), refs)
    memberships, contexts = _contexts(core, fetched, refs) if options.with_contexts else ({}, ())
    types = core.types.stored(traced) if options.with_contexts else {}

    def ref_list(ids: Iterable[int]) -> tuple[str, ...]:
        return tuple(f"{labels[i].lower()}:{i}" for i in sorted(set(ids)) if i in labels)

    gaps: dict[GapKind, set[int]] = {}
    for walk in walks:
        for kind, where in walk.gaps.items():
            gaps.setdefault(kind, set()).update(where & hops.keys())
    possible_only = {node for walk in walks for node in walk.only_possible}
    for walk in walks:  # what another direction reaches for certain is certain
        possible_only -= walk.hops.keys() - walk.only_possible
    frontier = [link for walk in walks for link in walk.frontier]
    return Lineage(
        starts=tuple(dict.fromkeys(node.ref for node in starts)),
        direction=direction,
        nodes=tuple(traced),
        edges=edges,
        hops={refs[node.id]: shown[node.id] for node in traced},
        contexts=contexts,
        memberships=memberships,
        types=tuple(types[key] for key in sorted(types)),
        pending=frozenset(refs[i] for i in pending if i in refs),
        only_possible=frozenset(refs[i] for i in possible_only if i in refs),
        certificate=Certificate.of(
            len(traced),
            edges,
            possible_nodes=sum(node.id in possible_only for node in traced),
            pending_nodes=sum(node.id in pending for node in traced),
            frontier=edges_of(frontier, _ends(frontier)),
            walked_at=walked_at,
            store=core.store.url,
            cut=tuple(Cut(reason, len(cuts[reason]), ref_list(cuts[reason])) for reason in CutReason if reason in cuts),
            gaps=tuple(Gap(kind, ref_list(gaps[kind])) for kind in GapKind if gaps.get(kind)),
        ),
    )


def _nearest(walks: Sequence[_Walk], most: int) -> dict[int, int]:
    """How far the `most` nearest nodes of all walks are, each behind the one that led to it."""
    found: dict[int, tuple[int, int]] = {}
    for walk in walks:
        for at, (node, distance) in enumerate(walk.hops.items()):
            found[node] = min((distance, at), found.get(node, (distance, at)))
    return {node: distance for node, (distance, _) in sorted(found.items(), key=itemgetter(1))[:most]}


def _ends(possible: Sequence[Sequence[Any]]) -> dict[int, str]:
    """References of the ends of possible links, also of those that were not fetched: the kind of link tells theirs."""
    found: dict[int, str] = {}
    for kind, source, target, *_ in possible:
        artifact, execution = (source, target) if kind == "POSSIBLE_INPUT" else (target, source)
        found |= {artifact: f"artifact:{artifact}", execution: f"execution:{execution}"}
    return found


def _add_pending(core: StoreCore, fetched: _Fetched, pending: Mapping[int, int], with_contexts: bool) -> None:
    missing = [node for node in pending if node not in fetched.labels]
    if not missing:
        return
    for kind in (NodeKind.ARTIFACT, NodeKind.EXECUTION):
        [[rows]] = core.store.read(BY_IDS[kind], {"ids": missing})
        for row in rows:
            fetched.labels[row["id"]] = kind.value
            fetched.properties[row["id"]] = row
        if with_contexts and rows:
            [[pairs]] = core.store.read(CONTEXTS_OF[kind], {"ids": [row["id"] for row in rows]})
            for id_, context in pairs:
                fetched.contexts[id_] = (*fetched.contexts.get(id_, ()), context)


def _contexts(
    core: StoreCore, fetched: _Fetched, refs: Mapping[int, str]
) -> tuple[dict[str, tuple[str, ...]], tuple[Context, ...]]:
    # one order for all nodes that share their contexts, which most of a run do
    sorted_refs: dict[tuple[int, ...], tuple[str, ...]] = {}
    memberships: dict[str, tuple[str, ...]] = {}
    for id_, within in fetched.contexts.items():
        if id_ in refs:
            own = tuple(within)
            if own not in sorted_refs:
                sorted_refs[own] = tuple(f"context:{i}" for i in sorted(set(own)))
            memberships[refs[id_]] = sorted_refs[own]
    wanted = sorted({context for own in sorted_refs for context in own})
    contexts = [c for c in core.reader.by_ids(NodeKind.CONTEXT, wanted) if isinstance(c, Context)]
    return memberships, tuple(contexts)
