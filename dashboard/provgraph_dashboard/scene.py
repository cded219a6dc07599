"""The part of the graph that Explore shows: a bounded walk around a node, and what was fetched beyond it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

from provgraph import Graph
from provgraph.model import Artifact, Context, Execution, Node
from provgraph.tracing.certificate import Certificate, CutReason
from provgraph.tracing.lineage import Direction, Edge, Lineage
from provgraph.tracing.overview import Neighbours
from provgraph_dashboard.contraction import Line, contract
from provgraph_dashboard.drawable import drawable, short_type
from provgraph_dashboard.picture import LIMIT, Beyond, Picture, Side, View, picture

MOST_NODES = 300
"""A walk fetches no more: far more than is drawn, and little for any store."""

_FROM_CONTEXT = 20
_NEIGHBOURS = 60


@dataclass(frozen=True, slots=True)
class Ask:
    """What to show around the focus: direction, hops, only these types (all, if none is named), only certain links."""

    direction: Direction = "both"
    hops: int = 3
    types: tuple[str, ...] = ()
    certain: bool = False


@dataclass(frozen=True)
class Scene:
    """What was fetched around a focus.

    Attributes:
        starts: refs that the walk began at: the focus, or the newest executions of a context.
        inside: for a context, how many executions (or artifacts) it has in all.
        neighbours: how many links each node has in the store.
        certificate: of the walk from the starts.
    """

    focus: Node
    ask: Ask
    starts: tuple[str, ...]
    inside: int
    nodes: Mapping[str, Artifact | Execution]
    edges: tuple[Edge, ...]
    contexts: Mapping[str, tuple[Context, ...]]
    neighbours: Mapping[str, Neighbours]
    certificate: Certificate | None


def look(graph: Graph, focus: Node, ask: Ask) -> Scene:
    """Walk from the focus as asked, at most `MOST_NODES` nodes far.

    A context is seen from its newest executions, or, where it has none, from its newest artifacts.
    """
    starts, inside = _starts(graph, focus)
    empty = Scene(focus, ask, tuple(node.ref for node in starts), inside, {}, (), {}, {}, None)
    if not starts:
        return empty
    walk = {"upstream": graph.upstream, "downstream": graph.downstream, "both": graph.lineage}[ask.direction]
    found = walk(starts, max_hops=ask.hops, max_nodes=MOST_NODES, certain_only=ask.certain)
    return replace(_with(graph, empty, found), certificate=found.certificate)


def extend(graph: Graph, scene: Scene, refs: Sequence[str], side: Side) -> Scene:
    """The scene with the neighbours that the store has on one side of some of its nodes: at most 60 of them."""
    nodes = [scene.nodes[ref] for ref in refs if ref in scene.nodes]
    if not nodes:
        return scene
    # Those that are there already come again, and shall not take the place of new ones.
    ends = [(e.target, e.source) if side == "left" else (e.source, e.target) for e in scene.edges]
    there = {far for near, far in ends if near in refs}
    walk = graph.upstream if side == "left" else graph.downstream
    most = len(nodes) + len(there) + _NEIGHBOURS
    return _with(graph, scene, walk(nodes, max_hops=1, max_nodes=most, certain_only=scene.ask.certain))


def drawn(scene: Scene, view: View) -> Picture:
    """The picture of a scene. What flows through nodes of other types than asked for is drawn as a line past them."""
    nodes, edges = scene.nodes, cast("Sequence[Edge | Line]", scene.edges)
    if scene.ask.types:
        kept = {*scene.starts, scene.focus.ref}
        hidden = {ref for ref, node in nodes.items() if node.type not in scene.ask.types and ref not in kept}
        less = contract(scene.edges, hidden)
        nodes = {ref: node for ref, node in nodes.items() if ref not in hidden - less.stayed}
        edges = less.lines
    return picture(
        [drawable(node, name=_short_step(node)) for node in nodes.values()],
        edges,
        scene.focus.ref,
        view,
        limit=LIMIT,
        contexts={ref: [c.label for c in own[:2]] for ref, own in scene.contexts.items()},
        beyond=_beyond(scene),
        starts=scene.starts,
    )


def told(scene: Scene, shown: Picture) -> tuple[bool, str]:
    """Whether everything within the asked hops is drawn, and the sentence that says so, or what is missing."""
    certificate = scene.certificate
    if certificate is None:
        return True, ""
    whole = True
    parts: list[str] = []
    if scene.inside > len(scene.starts):
        whole = False
        parts.append(f"seen from the newest {len(scene.starts)} of {scene.inside:,} in this context")
    reasons = {cut.reason: cut.count for cut in certificate.cut}
    if CutReason.NODES in reasons:
        whole = False
        parts.append(f"only the nearest {MOST_NODES} nodes of a walk were fetched")
    if shown.shown < shown.total:
        whole = False
        parts.append(f"{shown.total - shown.shown:,} fetched nodes are not drawn")
    if len(scene.nodes) > shown.total:
        whole = False
        parts.append(f"{len(scene.nodes) - shown.total:,} nodes of other types are left out")
    if CutReason.POSSIBLE in reasons:
        whole = False
        count = reasons[CutReason.POSSIBLE]
        parts.append(f"{count:,} possible {'link was' if count == 1 else 'links were'} not followed")
    elif certificate.possible_nodes:
        count = certificate.possible_nodes
        parts.append(f"{count:,} {'node is' if count == 1 else 'nodes are'} only possibly reached")
    hops = f"{scene.ask.hops} hops"
    if CutReason.HOPS in reasons:
        count = reasons[CutReason.HOPS]
        parts.append(f"{count:,} {'link leads' if count == 1 else 'links lead'} farther")
    way = {"upstream": "upstream", "downstream": "downstream", "both": "upstream and downstream"}[scene.ask.direction]
    within = f"within {hops} {way} is here"
    start = f"All that is recorded {within}" if whole else f"Not all {within}"
    return whole, f"{start}; {'; '.join(parts)}." if parts else f"{start}."


def _starts(graph: Graph, focus: Node) -> tuple[list[Artifact | Execution], int]:
    if not isinstance(focus, Context):
        return [focus], 1
    for kind in ("execution", "artifact"):
        found = graph.find(kind=kind, context=focus, newest_first=True, limit=_FROM_CONTEXT)
        nodes = [node for node in islice(found, _FROM_CONTEXT) if not isinstance(node, Context)]
        if nodes:
            return nodes, graph.count(kind=kind, context=focus)
    return [], 0


def _with(graph: Graph, scene: Scene, found: Lineage) -> Scene:
    fresh = [node for node in found.nodes if node.ref not in scene.nodes]
    return replace(
        scene,
        nodes={**scene.nodes, **{node.ref: node for node in fresh}},
        edges=tuple(dict.fromkeys((*scene.edges, *found.edges))),
        contexts={**scene.contexts, **{node.ref: found.contexts_of(node) for node in fresh}},
        neighbours={**scene.neighbours, **graph.neighbours(fresh, certain_only=scene.ask.certain)},
    )


def _short_step(node: Artifact | Execution) -> str | None:
    """What a pill has room for: the type of the step and the end of what it was done to; None for a short name."""
    if not isinstance(node, Execution) or not node.name or "/" not in node.name:
        return None
    return f"{short_type(node.type)} {node.name.rpartition('/')[2]}"


def _beyond(scene: Scene) -> dict[str, Beyond]:
    """How many links of each node lead out of the scene."""
    before = Counter(edge.target for edge in scene.edges)
    after = Counter(edge.source for edge in scene.edges)
    return {
        ref: Beyond(max(0, counted.before - before[ref]), max(0, counted.after - after[ref]))
        for ref, counted in scene.neighbours.items()
    }
