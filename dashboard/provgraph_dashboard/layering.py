"""First half of the layered drawing: which edges run backwards, and which layer each box stands in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

Link = tuple[str, str]


def acyclic(ids: Sequence[str], links: Iterable[Link]) -> set[Link]:
    """The links to turn round so that no cycle remains.

    Only links inside a strongly connected component are ever turned: one that is not part of a cycle keeps its
    direction. Within a component the order is that of Eades, Lin and Smyth's greedy heuristic, ties by id.
    """
    following: dict[str, list[str]] = defaultdict(list)
    for a, b in links:
        following[a].append(b)
    turned: set[Link] = set()
    for component in _components(ids, following):
        if len(component) > 1:
            inside = {(a, b) for a in component for b in following[a] if b in component}
            rank = {i: place for place, i in enumerate(_greedy_order(component, inside))}
            turned |= {(a, b) for a, b in inside if rank[a] > rank[b]}
    return turned


def _components(ids: Sequence[str], following: dict[str, list[str]]) -> list[set[str]]:
    """Strongly connected components (Tarjan), without recursion, so that a long chain cannot exhaust the stack."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: list[str] = []
    pending: set[str] = set()
    found: list[set[str]] = []
    for root in ids:
        if root in number:
            continue
        work = [(root, iter(following[root]))]
        number[root] = lowest[root] = len(number)
        open_.append(root)
        pending.add(root)
        while work:
            node, rest = work[-1]
            child = next(rest, None)
            if child is None:
                work.pop()
                if work:
                    parent = work[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                if lowest[node] == number[node]:
                    cut = open_.index(node)
                    component = set(open_[cut:])
                    del open_[cut:]
                    pending -= component
                    found.append(component)
            elif child not in number:
                number[child] = lowest[child] = len(number)
                open_.append(child)
                pending.add(child)
                work.append((child, iter(following[child])))
            elif child in pending:
                lowest[node] = min(lowest[node], number[child])
    return found


def _greedy_order(component: set[str], inside: set[Link]) -> list[str]:
    """An order of a component in which few links point backwards."""
    after: dict[str, set[str]] = {i: set() for i in component}
    before: dict[str, set[str]] = {i: set() for i in component}
    for a, b in inside:
        after[a].add(b)
        before[b].add(a)
    head: list[str] = []
    tail: list[str] = []
    left = set(component)
    while left:
        sinks = sorted(i for i in left if not after[i])
        sources = sorted(i for i in left if not before[i])
        if sinks:
            chosen, ends = sinks[0], tail
        elif sources:
            chosen, ends = sources[0], head
        else:
            chosen, ends = min(left, key=lambda i: (len(before[i]) - len(after[i]), i)), head
        ends.append(chosen)
        left.remove(chosen)
        for other in after.pop(chosen):
            before[other].discard(chosen)
        for other in before.pop(chosen):
            after[other].discard(chosen)
    return head + tail[::-1]


def longest_path_layers(ids: Sequence[str], links: Sequence[Link]) -> dict[str, int]:
    """The layer of each box of an acyclic graph: longest path from a source, then as near to its consumers as it can.

    A box moves right only where that lengthens no more edges than it shortens; its producers come after, and follow.
    """
    following: dict[str, list[str]] = defaultdict(list)
    missing = dict.fromkeys(ids, 0)
    preceding: dict[str, list[str]] = defaultdict(list)
    for a, b in links:
        following[a].append(b)
        preceding[b].append(a)
        missing[b] += 1
    layer = dict.fromkeys(ids, 0)
    order = [i for i in ids if not missing[i]]
    for i in order:
        for j in following[i]:
            layer[j] = max(layer[j], layer[i] + 1)
            missing[j] -= 1
            if not missing[j]:
                order.append(j)
    for i in reversed(order):
        if following[i] and len(preceding[i]) <= len(following[i]):
            layer[i] = min(layer[j] for j in following[i]) - 1
    # Pulling right may empty a layer: the numbers close up again.
    used = {old: new for new, old in enumerate(sorted(set(layer.values())))}
    return {i: used[level] for i, level in layer.items()}
