"""Cycles of a directed graph, without recursion: chains of records are long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

__all__ = ["cyclic_groups"]


def cyclic_groups(successors: Mapping[int, Sequence[int]]) -> Iterator[list[int]]:
    """The largest groups of nodes that all reach each other (Tarjan's strong components), each sorted.

    A node alone is a group only if it leads to itself.

    >>> list(cyclic_groups({1: [2], 2: [3], 3: [2, 4], 5: [5]}))
    [[2, 3], [5]]
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    waiting: set[int] = set()
    for root in successors:
        if root in index:
            continue
        work: list[tuple[int, int]] = [(root, 0)]
        while work:
            node, at = work.pop()
            if at == 0:
                index[node] = low[node] = len(index)
                stack.append(node)
                waiting.add(node)
            beyond = successors.get(node, ())
            while at < len(beyond):
                other = beyond[at]
                at += 1
                if other not in index:
                    work += [(node, at), (other, 0)]
                    break
                if other in waiting:
                    low[node] = min(low[node], index[other])
            else:
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == index[node]:
                    group: list[int] = []
                    while not group or group[-1] != node:
                        group.append(stack.pop())
                    waiting.difference_update(group)
                    if len(group) > 1 or node in beyond:
                        yield sorted(group)
