"""The way from a node upstream down to the rows that came from it."""

from __future__ import annotations

from collections.abc import Sequence

from provgraph.analysis.upstream import Upstream
from provgraph.model import Node

__all__ = ["Way"]


class Way:
    """Shortest ways from nodes upstream down to some groups' artifacts: one walk, when the first is asked for."""

    def __init__(self, upstream: Upstream, starts: Sequence[Sequence[int]]) -> None:
        self.upstream = upstream
        self._starts = starts
        self._below: dict[int, int] = {}
        self._hops: dict[int, int] = {}
        self._at: dict[int, int] = {}

    def hops(self, position: int) -> int:
        """Links between the node and the nearest of the artifacts."""
        self._walk()
        return self._hops[int(self.upstream.places[position])]

    def route(self, position: int) -> tuple[Node, ...]:
        """The nodes from this one down to the artifact."""
        self._walk()
        place = int(self.upstream.places[position])
        found = [position]
        while self._hops[place]:
            place = self._below[place]
            found.append(self._at.get(place, self.upstream.positions_by_place[place][0]))
        return tuple(self.upstream.node(at) for at in found)

    def _walk(self) -> None:
        if self._hops:
            return
        places = self.upstream.places
        level: list[int] = []
        for position in (position for group in self._starts for position in group):
            place = int(places[position])
            if place not in self._hops:
                self._hops[place] = 0
                self._at[place] = position
                level.append(place)
        above = self.upstream.above_by_place
        while level:
            following: list[int] = []
            for place in level:
                for high in above.get(place, ()):
                    if high not in self._hops:
                        self._hops[high] = self._hops[place] + 1
                        self._below[high] = place
                        following.append(high)
            level = following
