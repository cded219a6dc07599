"""The layered drawing: what every picture must keep, whatever the graph."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provgraph_dashboard.layering import acyclic
from provgraph_dashboard.layout import Box, Layout, Placed, Spacing, layered
from provgraph_dashboard.ordering import crossings

Link = tuple[str, str]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Box], list[Link]]:
    count = draw(st.integers(0, 18))
    boxes = [Box(f"n{i}", draw(st.sampled_from([92, 152, 164])), draw(st.sampled_from([30, 48]))) for i in range(count)]
    ends = st.integers(0, max(count - 1, 0)).map(lambda i: f"n{i}")
    links = draw(st.lists(st.tuples(ends, ends), max_size=40)) if count else []
    return boxes, links


def reaches(links: list[Link], start: str) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        here = todo.pop()
        for a, b in links:
            if a == here and b not in seen:
                seen.add(b)
                todo.append(b)
    return seen


def apart(a: Placed, b: Placed) -> bool:
    return abs(a.x - b.x) >= (a.width + b.width) / 2 or abs(a.y - b.y) >= (a.height + b.height) / 2


@given(graphs())
@settings(deadline=None)
def test_every_box_is_placed_once_and_no_two_overlap(graph: tuple[list[Box], list[Link]]) -> None:
    boxes, links = graph
    layout = layered(boxes, links)
    assert [box.id for box in layout.boxes] == [box.id for box in boxes]
    assert all(apart(a, b) for a, b in combinations(layout.boxes, 2))
    assert all(box.width / 2 <= box.x <= layout.width - box.width / 2 + 0.2 for box in layout.boxes)
    assert all(box.height / 2 - 0.2 <= box.y <= layout.height - box.height / 2 + 0.2 for box in layout.boxes)


@given(graphs())
@settings(deadline=None)
def test_edges_outside_cycles_run_left_to_right(graph: tuple[list[Box], list[Link]]) -> None:
    boxes, links = graph
    at = {box.id: box for box in layered(boxes, links).boxes}
    for a, b in links:
        if a != b and a not in reaches(links, b):
            assert at[a].x + at[a].width / 2 < at[b].x - at[b].width / 2


@given(graphs())
@settings(deadline=None)
def test_the_same_graph_gives_the_same_places_in_whatever_order_it_is_given(
    graph: tuple[list[Box], list[Link]],
) -> None:
    boxes, links = graph
    again = layered(boxes[::-1], links[::-1])
    assert sorted(layered(boxes, links).boxes, key=lambda b: b.id) == sorted(again.boxes, key=lambda b: b.id)


@given(graphs())
@settings(deadline=None)
def test_routes_join_the_borders_of_their_boxes_and_never_enter_another_layer_twice(
    graph: tuple[list[Box], list[Link]],
) -> None:
    boxes, links = graph
    layout = layered(boxes, links)
    at = {box.id: box for box in layout.boxes}
    assert {(r.source, r.target) for r in layout.routes} == {(a, b) for a, b in links if a != b}
    for route in layout.routes:
        side = -1 if route.back else 1
        source, target = at[route.source], at[route.target]
        assert route.points[0][0] == pytest.approx(source.x + side * source.width / 2, abs=0.1)
        assert route.points[-1][0] == pytest.approx(target.x - side * target.width / 2, abs=0.1)
        assert all((b[0] - a[0]) * side > 0 for a, b in pairwise(route.points))


@given(graphs())
@settings(deadline=None)
def test_turning_the_chosen_links_leaves_no_cycle(graph: tuple[list[Box], list[Link]]) -> None:
    boxes, links = graph
    plain = [link for link in dict.fromkeys(links) if link[0] != link[1]]
    turned = acyclic([box.id for box in boxes], plain)
    left = [(b, a) if (a, b) in turned else (a, b) for a, b in plain]
    assert not any(box.id in reaches(left, box.id) for box in boxes)


def test_a_cycle_is_drawn_with_one_edge_running_back() -> None:
    layout = layered([Box(i, 100, 40) for i in "abc"], [("a", "b"), ("b", "c"), ("c", "a")])
    assert [(r.source, r.target) for r in layout.routes if r.back] == [("c", "a")]


def test_a_long_chain_is_laid_out_without_recursion() -> None:
    ids = [f"n{i:05}" for i in range(3000)]
    layout = layered([Box(i, 10, 10) for i in ids], list(pairwise(ids)))
    assert [box.layer for box in layout.boxes] == list(range(3000))


def test_crossing_edges_are_uncrossed() -> None:
    layout = layered([Box(i, 100, 40) for i in "abxy"], [("a", "y"), ("b", "x")])
    at = {box.id: box for box in layout.boxes}
    assert (at["a"].y - at["b"].y) * (at["y"].y - at["x"].y) > 0


def test_crossings_are_counted_in_pairs() -> None:
    assert crossings([["a", "b", "c"], ["x", "y"]], {"a": ["x", "y"], "b": ["x"], "c": ["x"]}) == 2


def test_spare_height_is_spent_on_air_but_not_beyond_the_stretch() -> None:
    boxes = [Box(f"n{i}", 100, 40) for i in range(5)]
    plain = layered(boxes, [])
    filled = layered(boxes, [], Spacing(fill=plain.height * 1.5))
    wide = layered(boxes, [], Spacing(fill=plain.height * 50))
    assert plain.height < filled.height <= plain.height * 1.5 + 1
    assert wide.height <= plain.height * 2.1 + 1


def test_an_empty_graph_has_no_size() -> None:
    assert layered([], []) == Layout((), (), 0.0, 0.0)


def test_unknown_ends_and_double_ids_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'ghost'"):
        layered([Box("a", 1, 1)], [("a", "ghost")])
    with pytest.raises(ValueError, match="share an id"):
        layered([Box("a", 1, 1), Box("a", 1, 1)], [])
