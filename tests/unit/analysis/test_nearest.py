"""The nearest values of all columns at once are those of a walk for each group and column alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from provgraph.analysis.facts import Scalar
from provgraph.analysis.membership import count_reach
from provgraph.analysis.nearest import nearest_values
from tests.unit.analysis.graphs import Links, by_place, cases, nearest_by_hand, upstream_of, walk


@given(cases())
def test_nearest_values_are_those_of_a_walk_for_each_group(
    case: tuple[int, Links, Links, dict[str, dict[int, set[Scalar]]], list[list[int]]],
) -> None:
    size, links, equal, facts, groups = case
    upstream = upstream_of(size, links, equal)
    found = {column.name: column for column in nearest_values(upstream, by_place(upstream, facts), groups)}
    assert found.keys() == facts.keys()
    for name, said in facts.items():
        column = found[name]
        hops = []
        for group, code in zip(groups, column.codes.tolist(), strict=True):
            expected = nearest_by_hand(links, equal, said, group)
            if expected is None:
                assert code == -1
                continue
            hops.append(expected[0])
            assert {(type(v), v) for v in column.cells[code]} == {(type(v), v) for v in expected[1]}
        assert column.hops == (np.mean(hops) if hops else 0)


@given(cases())
def test_rows_behind_a_node_are_those_of_the_groups_that_reach_it(
    case: tuple[int, Links, Links, dict[str, dict[int, set[Scalar]]], list[list[int]]],
) -> None:
    size, links, equal, _, groups = case
    upstream = upstream_of(size, links, equal)
    weights = np.array([[1, 10 ** (3 * at)] for at in range(len(groups))], np.int64)
    reach = count_reach(upstream, groups, weights)
    above = [walk(links, equal, group).keys() for group in groups]
    behind = []
    for node in range(size):
        held = [at for at, reached in enumerate(above) if node in reached]
        behind.append(tuple(held))
        place = upstream.places[node]
        assert reach.totals[place].tolist() == [len(held), sum(10 ** (3 * at) for at in held)]
    for one in range(size):
        for other in range(size):
            same = reach.marks[upstream.places[one]] == reach.marks[upstream.places[other]]
            assert same == (behind[one] == behind[other])
