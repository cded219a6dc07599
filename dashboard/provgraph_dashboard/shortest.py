"""The shortest route to everything that a lineage reaches, found in one walk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from provgraph import Lineage


@dataclass(frozen=True, slots=True)
class ShortestRoutes:
    """Routes downstream from the starts of a lineage, kept as the step before each node.

    `before` gives the reference from which the route enters a node, None for a start.
    """

    before: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])

    def to(self, ref: str, *, only: Collection[str] | None = None, last: int | None = None) -> tuple[str, ...]:
        """The route to `ref`, as references in the order of the flow; empty if there is none.

        `only` leaves out what is not in it, `last` what comes before the last so many.
        """
        way: list[str] = []
        at: str | None = ref if ref in self.before else None
        while at is not None and (last is None or len(way) < last):
            if only is None or at in only:
                way.append(at)
            at = self.before[at]
        return tuple(reversed(way))


def shortest_routes(lineage: Lineage) -> ShortestRoutes:
    """For each node the shortest route downstream from a start, the first that `Impact.routes` gives for it.

    That one asks for one node at a time. What only a pending output reaches has no route.
    """
    level = sorted(ref for ref in lineage.by_ref if lineage.hops[ref] == 0)
    found: dict[str, str | None] = dict.fromkeys(level)
    while level:
        entered: dict[str, str] = {}
        for ref in level:
            for edge in lineage.outgoing.get(ref, ()):
                if not edge.pending and edge.target not in found:
                    entered[edge.target] = min(entered.get(edge.target, ref), ref)
        found |= entered
        level = sorted(entered)
    return ShortestRoutes(found)
