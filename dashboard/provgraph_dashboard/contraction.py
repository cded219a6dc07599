"""A graph with some of its nodes left out: what flowed through one of them becomes a line past it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from provgraph_dashboard.picture import STYLES, LineageEdge

MOST_LINES = 400
"""A node between so many producers and consumers that more lines than this would replace it stays."""

_SUREST_FIRST = ("OUTPUT", "DERIVATION", "SAME_AS", "POSSIBLE_OUTPUT", "PENDING_OUTPUT", "RELATION")
_KIND = {"flow": 0, "derivation": 1, "same": 2, "possible": 3, "pending": 4, "relation": 5}


@dataclass(frozen=True, slots=True)
class Line:
    """An edge of what is left; `kind` is that of the least sure link that it stands for."""

    kind: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Contracted:
    """What is left: the lines, in a fixed order, and the nodes that would have to go but stay."""

    lines: tuple[Line, ...]
    stayed: frozenset[str]


def contract(edges: Iterable[LineageEdge], leave_out: Iterable[str], *, most: int = MOST_LINES) -> Contracted:
    """Leave nodes out of a graph, so that a path through them stays a path.

    A line is as sure as the least sure link on its way, and of several ways between two nodes the surest counts. A line
    from a node to itself, which a cycle leaves, is dropped.
    """
    after: dict[str, dict[str, int]] = defaultdict(dict)
    before: dict[str, dict[str, int]] = defaultdict(dict)

    def join(source: str, target: str, rank: int) -> None:
        if source != target:
            after[source][target] = before[target][source] = min(rank, after[source].get(target, rank))

    for edge in edges:
        join(edge.source, edge.target, _KIND[STYLES.get(edge.kind, "relation")])
    stayed: set[str] = set()
    for ref in sorted(set(leave_out)):
        if len(before[ref]) * len(after[ref]) > most:
            stayed.add(ref)
            continue
        sources, targets = before.pop(ref), after.pop(ref)
        for source in sources:
            del after[source][ref]
        for target in targets:
            del before[target][ref]
        for source, first in sources.items():
            for target, second in targets.items():
                join(source, target, max(first, second))
    lines = [Line(_SUREST_FIRST[rank], s, t) for s, targets in after.items() for t, rank in targets.items()]
    return Contracted(tuple(sorted(lines, key=lambda e: (e.source, e.target))), frozenset(stayed))
