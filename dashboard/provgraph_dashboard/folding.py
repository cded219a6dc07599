"""Which nodes of a lineage are siblings: alike enough that a reader loses nothing when they are drawn as one stack.

Siblings have the same kind and type, and the same producers and consumers; a producer or consumer that is itself one of
a row of siblings counts as the same for all of them. So twelve `Deploy` steps of one model fold, and their twelve
deployments behind them fold too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import TypeAlias

SMALLEST_GROUP = 4

# How far apart two nodes may first differ and still be told apart: bounds the work on long chains.
_ROUNDS = 8

Neighbours: TypeAlias = Mapping[str, Set[tuple[str, str]]]
"""For each node the (style of the edge, other end) pairs on one side."""

Colour: TypeAlias = int


def siblings(
    labels: Mapping[str, tuple[str, str]], before: Neighbours, after: Neighbours, apart: Set[str]
) -> list[tuple[str, ...]]:
    """Groups of at least `SMALLEST_GROUP` siblings, each sorted, in the order of their first members.

    `labels` gives (kind, type) of every node, `before` and `after` its producers and consumers. Nodes in `apart`
    stay single.
    """
    classes = _classes(labels, before, after, apart)
    large = {colour: members for colour, members in classes.items() if len(members) >= SMALLEST_GROUP}
    owner = {i: colour for colour, members in large.items() for i in members}
    accepted = {c for c, members in large.items() if _alike(members, before) or _alike(members, after)}
    waiting = list(accepted)
    while waiting:
        # A row of nodes that hangs on a folded row, one for one, has the same neighbours once that row is one stack.
        row = waiting.pop()
        beside = {owner[i] for i in _both(large[row][0], before, after) if i in owner} - accepted
        for colour in beside:
            if all(any(owner.get(j) == row for j in _both(i, before, after)) for i in large[colour]):
                accepted.add(colour)
                waiting.append(colour)
    return sorted(tuple(large[colour]) for colour in accepted)


def _both(i: str, before: Neighbours, after: Neighbours) -> set[str]:
    return {other for side in (before, after) for _, other in side.get(i, frozenset())}


def _alike(members: Sequence[str], side: Neighbours) -> bool:
    first = side.get(members[0], frozenset())
    return all(side.get(i, frozenset()) == first for i in members)


def _classes(
    labels: Mapping[str, tuple[str, str]], before: Neighbours, after: Neighbours, apart: Set[str]
) -> dict[Colour, list[str]]:
    """Nodes by what surrounds them: those of one class have as many neighbours of each class, `_ROUNDS` steps deep."""
    ids = sorted(labels)
    colours = _numbered(ids, {i: (labels[i], i if i in apart else "") for i in ids})
    for _ in range(_ROUNDS):
        count = len(set(colours.values()))
        seen = {
            i: (colours[i], _census(before.get(i, frozenset()), colours), _census(after.get(i, frozenset()), colours))
            for i in ids
        }
        colours = _numbered(ids, seen)
        if len(set(colours.values())) == count:
            break
    classes: dict[Colour, list[str]] = defaultdict(list)
    for i in ids:
        classes[colours[i]].append(i)
    return classes


def _census(
    neighbours: Set[tuple[str, str]], colours: Mapping[str, Colour]
) -> frozenset[tuple[tuple[str, Colour], int]]:
    return frozenset(Counter((style, colours[i]) for style, i in neighbours).items())


def _numbered(ids: Sequence[str], values: Mapping[str, object]) -> dict[str, Colour]:
    """The same partition with small numbers for names, given out in the order of `ids`."""
    numbers: dict[object, Colour] = {}
    return {i: numbers.setdefault(values[i], len(numbers)) for i in ids}
