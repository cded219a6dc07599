"""Routes through a lineage, on demand: enumerated one after the other, shortest first, never all at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from provgraph.tracing.lineage import Lineage

__all__ = ["routes"]


def routes(lineage: Lineage, target: str, *, limit: int = 20) -> list[tuple[str, ...]]:
    """Routes along the data between the starts of a lineage and `target`, as references in the order of the flow.

    Shortest first, each without repeated nodes. A lineage can hold 2^40 routes: at most `limit` are made. Pending
    outputs are no part of a route.

    Raises:
        KeyError: the lineage has no such node.
    """
    lineage.by_ref[target]
    return list(islice(_shortest_first(lineage, target), limit))


def _shortest_first(lineage: Lineage, target: str) -> Iterator[tuple[str, ...]]:
    # Walk from the target towards the starts along links of the flow, whichever way the trace went.
    starts = {ref for ref in lineage.by_ref if lineage.hops[ref] == 0}
    upstream_of_target = _distances(lineage, starts, target)
    for backwards, distances in upstream_of_target:
        yield from _walks(lineage, starts, target, backwards, distances)


def _distances(lineage: Lineage, starts: set[str], target: str) -> list[tuple[bool, dict[str, int]]]:
    """For each way in which the target can be met: is it met backwards, and how far each node is from a start."""
    found: list[tuple[bool, dict[str, int]]] = []
    for backwards in (True, False):
        distances = dict.fromkeys(starts, 0)
        level = sorted(starts)
        while level:
            following: list[str] = []
            for ref in level:
                edges = lineage.outgoing.get(ref, ()) if backwards else lineage.incoming.get(ref, ())
                for edge in edges:
                    other = edge.target if backwards else edge.source
                    if not edge.pending and other not in distances:
                        distances[other] = distances[ref] + 1
                        following.append(other)
            level = following
        if target in distances:
            found.append((backwards, distances))
        if target in starts:
            break
    return found


def _walks(
    lineage: Lineage, starts: set[str], target: str, backwards: bool, distances: dict[str, int]
) -> Iterator[tuple[str, ...]]:
    """Simple walks from the target to a start, by growing length: iterative deepening, so memory stays small."""
    longest = len(distances)
    bound = distances[target]
    while bound <= longest:
        deeper = longest + 1
        stack: list[tuple[str, ...]] = [(target,)]
        while stack:
            walk = stack.pop()
            node = walk[-1]
            if node in starts:
                if len(walk) - 1 == bound:
                    yield walk if not backwards else tuple(reversed(walk))
                continue
            edges = lineage.incoming.get(node, ()) if backwards else lineage.outgoing.get(node, ())
            onward: list[str] = []
            for edge in edges:
                other = edge.source if backwards else edge.target
                if edge.pending or other in walk or other not in distances or other in onward:
                    continue
                reach = len(walk) + distances[other]
                if reach <= bound:
                    onward.append(other)
                else:
                    deeper = min(deeper, reach)
            stack += [(*walk, other) for other in sorted(onward, reverse=True)]
        bound = deeper
