"""The picture of an impact: artifacts alone, steps left out, and the route to one of them always drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from provgraph.tracing.impact import Impact
from provgraph_dashboard.contraction import Line, contract
from provgraph_dashboard.drawable import Drawable, drawable
from provgraph_dashboard.picture import LIMIT, Beyond, Picture, View, picture
from provgraph_dashboard.shortest import ShortestRoutes, shortest_routes

FAILED_ONLY = "only through a step that failed"
POSSIBLE_ONLY = "only possible"


@dataclass(frozen=True)
class RouteMap:
    """What an impact reaches, without the steps between.

    Attributes:
        nodes: artifacts, and the few executions that stay: those that would change, those that are deployments
            themselves, and those with too many ends to be left out.
        lines: the links between `nodes`.
        starts: the nodes that would change, as far as they are drawn; at least one unless nothing is reached.
        notes: what is to be known of a node, by reference.
    """

    nodes: tuple[Drawable, ...] = ()
    lines: tuple[Line, ...] = ()
    starts: tuple[str, ...] = ()
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    routes: ShortestRoutes = field(default_factory=ShortestRoutes)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What each of `nodes` is called, by reference."""
        return {node.ref: node.name or node.ref for node in self.nodes}

    def route(self, ref: str | None, *, last: int | None = None) -> tuple[str, ...]:
        """The shortest route to a node, through `nodes` alone, in the order of the flow, or its last so many."""
        return self.routes.to(ref, only=self.names, last=last) if ref is not None else ()


def route_map(impact: Impact) -> RouteMap:
    """The map of an impact whose details were fetched; an empty one where they were not."""
    lineage = impact.lineage
    if lineage is None:
        return RouteMap()
    meant = {node.ref for node in impact.starts} | {item.node.ref for item in impact.reached}
    steps = [node.ref for node in lineage.executions if node.ref not in meant]
    contracted = contract(lineage.edges, steps)
    gone = set(steps) - contracted.stayed
    nodes = tuple(drawable(node) for node in lineage.nodes if node.ref not in gone)
    kept = {node.ref for node in nodes}
    entered = {line.target for line in contracted.lines}
    begun = [node.ref for node in impact.starts if node.ref in kept]
    # A context that would change stands for its executions: then the data begins where nothing leads to.
    begun = begun or [node.ref for node in lineage.nodes if node.ref in kept and node.ref not in entered]
    notes: dict[str, tuple[str, ...]] = {}
    for item in impact.reached:
        said = [FAILED_ONLY] * item.only_through_failed + [POSSIBLE_ONLY] * item.only_possible
        if item.live is not None:
            said.insert(0, "live" if item.live else "no longer live")
        notes[item.node.ref] = tuple(said)
    return RouteMap(nodes, contracted.lines, tuple(begun), notes, shortest_routes(lineage))


def route_picture(reach: RouteMap, route: Sequence[str], view: View, *, limit: int = LIMIT) -> Picture:
    """The nearest of a reach, as many as `limit` allows, and the whole of one route besides.

    Where the route leads beyond what is drawn, the farthest give way to it.
    """
    focus = reach.starts[0] if reach.starts else ""
    for start in reach.starts[1:]:
        view = view.pull(start, "right")
    drawn = picture(reach.nodes, reach.lines, focus, view, limit=limit, contexts=reach.notes)
    missing = [ref for ref in route if drawn.drawn_as(ref) is None]
    if not missing:
        return drawn
    near = [node.id for node in drawn.nodes[: max(1, limit - len(missing))]]
    kept = {*_members(drawn, near), *route}
    return picture(
        [node for node in reach.nodes if node.ref in kept],
        reach.lines,
        focus,
        View(view.unfolded),
        limit=len(kept),
        contexts=reach.notes,
        beyond=_beyond(reach.lines, kept),
    )


def lit(drawn: Picture, route: Sequence[str]) -> tuple[str, ...]:
    """The ids of what is drawn of a route."""
    ids = [drawn.drawn_as(ref) for ref in route]
    return tuple(dict.fromkeys(id_ for id_ in ids if id_ is not None))


def _members(drawn: Picture, ids: Collection[str]) -> Iterable[str]:
    return (ref for node in drawn.nodes if node.id in ids for ref in node.members)


def _beyond(lines: Sequence[Line], kept: Collection[str]) -> Mapping[str, Beyond]:
    left: dict[str, int] = defaultdict(int)
    right: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.source in kept and line.target not in kept:
            right[line.source] += 1
        elif line.target in kept and line.source not in kept:
            left[line.target] += 1
    return {ref: Beyond(left[ref], right[ref]) for ref in left.keys() | right.keys()}
