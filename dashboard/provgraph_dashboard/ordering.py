"""Second half of the layered drawing: the order of the boxes within each layer, so that few edges cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from itertools import pairwise

_SWEEPS = 14

Neighbours = Mapping[str, Sequence[str]]


def order_layers(columns: Sequence[Sequence[str]], left: Neighbours, right: Neighbours) -> list[list[str]]:
    """Each column sorted by the mean place of its neighbours, swept to and fro; the best arrangement seen wins."""
    current = [list(column) for column in columns]
    place = {i: k for column in current for k, i in enumerate(column)}
    best, fewest = [list(column) for column in current], crossings(current, right)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        rightwards = sweep % 2 == 0
        near = left if rightwards else right
        for column in current if rightwards else reversed(current):
            column.sort(key=lambda i: (_barycentre(near.get(i, ()), place, place[i]), place[i]))
            place.update((i, k) for k, i in enumerate(column))
        count = crossings(current, right)
        if count < fewest:
            best, fewest = [list(column) for column in current], count
    return best


def _barycentre(neighbours: Sequence[str], place: Mapping[str, int], own: int) -> float:
    """The mean place of the neighbours; a box without any keeps its own."""
    return sum(place[j] for j in neighbours) / len(neighbours) if neighbours else float(own)


def crossings(columns: Sequence[Sequence[str]], right: Neighbours) -> int:
    """How many pairs of edges between neighbouring columns cross each other."""
    total = 0
    for column, following in pairwise(columns):
        place = {i: k for k, i in enumerate(following)}
        passed: list[int] = []
        for i in column:
            ends = sorted(place[j] for j in right.get(i, ()))
            total += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return total
