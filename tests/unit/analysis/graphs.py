"""Small upstream graphs without a store, and what stands nearest in them by a walk for each group alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from hypothesis import strategies as st

from provgraph.analysis.facts import Facts, Scalar
from provgraph.analysis.upstream import Upstream

Links = Sequence[tuple[int, int]]


def upstream_of(size: int, links: Links, equal: Links = (), stored: Sequence[Mapping[str, object]] = ()) -> Upstream:
    """`size` nodes, joined by (below, above)."""
    ends = np.array(links, np.int64).reshape(-1, 2)
    nodes = stored or [{"id": at, "key": f"k{at}", "type": "Thing"} for at in range(size)]
    return Upstream(["Artifact"] * size, nodes, ends[:, 0], ends[:, 1], list(equal), 0)


def walk(links: Links, equal: Links, starts: Iterable[int]) -> dict[int, int]:
    """The nodes above some starts with their distance; equal nodes are at no distance."""
    beside: dict[int, set[int]] = {}
    for one, other in equal:
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    found: dict[int, int] = {}
    level, hops = set(starts), 0
    while level:
        stack = list(level)
        while stack:
            node = stack.pop()
            if node not in found:
                found[node] = hops
                stack += beside.get(node, ())
        reached = {node for node, at in found.items() if at == hops}
        level = {above for below, above in links if below in reached and above not in found}
        hops += 1
    return found


def nearest_by_hand(
    links: Links, equal: Links, facts: Mapping[int, set[Scalar]], group: Iterable[int]
) -> tuple[int, set[Scalar]] | None:
    """Distance and values of one column that stand nearest above a group."""
    distances = walk(links, equal, group)
    spoken = {node: hops for node, hops in distances.items() if node in facts}
    if not spoken:
        return None
    near = min(spoken.values())
    return near, {value for node, hops in spoken.items() if hops == near for value in facts[node]}


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, Links, Links, dict[str, dict[int, set[Scalar]]], list[list[int]]]:
    """A graph with circles and equal nodes, columns that some nodes speak of, and groups of starts."""
    size = draw(st.integers(1, 12))
    node = st.integers(0, size - 1)
    pair = st.tuples(node, node).filter(lambda ends: ends[0] != ends[1])
    links = draw(st.lists(pair, max_size=20, unique=True)) if size > 1 else []
    equal = draw(st.lists(pair, max_size=2, unique=True)) if size > 1 else []
    value: st.SearchStrategy[Scalar] = st.one_of(st.sampled_from("ab"), st.sampled_from([3, 2.5, True]))
    said = st.dictionaries(node, st.sets(value, min_size=1, max_size=2), min_size=1, max_size=5)
    facts = draw(st.dictionaries(st.sampled_from(["T.x", "T.y", "U"]), said, min_size=1))
    groups = draw(st.lists(st.lists(node, min_size=1, max_size=3, unique=True), min_size=1, max_size=4))
    return size, links, equal, facts, groups


def by_place(upstream: Upstream, facts: Mapping[str, Mapping[int, set[Scalar]]]) -> Facts:
    """Facts of positions as facts of places."""
    found: Facts = {}
    for column, said in facts.items():
        for at, values in said.items():
            found.setdefault(column, {}).setdefault(int(upstream.places[at]), set()).update(values)
    return found
