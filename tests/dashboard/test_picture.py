"""What is drawn of a lineage: folding, the limit, and the honest count of what stays hidden."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provgraph_dashboard.picture import Beyond, Picture, View, picture

KINDS = ["INPUT", "OUTPUT", "POSSIBLE_INPUT", "PENDING_OUTPUT", "DERIVATION", "SAME_AS", "RELATION"]


@dataclass(frozen=True)
class Node:
    ref: str
    kind: str = "artifact"
    type: str = "Dataset"
    name: str | None = None
    state: str | None = "LIVE"


@dataclass(frozen=True)
class Edge:
    source: str
    target: str
    kind: str = "INPUT"


def fan(count: int) -> tuple[list[Node], list[Edge]]:
    """One model, deployed `count` times, each by a step of its own."""
    nodes = [Node("artifact:model", type="Model")]
    edges: list[Edge] = []
    for i in range(count):
        step, place = f"execution:{i}", f"artifact:{i}"
        nodes += [Node(step, "execution", "Deploy"), Node(place, type="Deployment", name=f"line-{i // 3}/camera-{i}")]
        edges += [Edge("artifact:model", step), Edge(step, place, "OUTPUT")]
    return nodes, edges


@st.composite
def lineages(draw: st.DrawFn) -> tuple[list[Node], list[Edge]]:
    count = draw(st.integers(1, 24))
    nodes = [
        Node(
            f"artifact:{i}",
            type=draw(st.sampled_from(["Dataset", "Model"])),
            state=draw(st.sampled_from([None, "LIVE"])),
        )
        for i in range(count)
    ]
    ref = st.integers(0, count - 1).map(lambda i: f"artifact:{i}")
    # Few sources and targets make siblings likely.
    hub = st.integers(0, min(2, count - 1)).map(lambda i: f"artifact:{i}")
    pair = st.one_of(st.tuples(hub, ref), st.tuples(ref, hub), st.tuples(ref, ref))
    links = draw(st.lists(pair, max_size=50))
    return nodes, [Edge(a, b, draw(st.sampled_from(KINDS))) for a, b in links]


def visible(drawn: Picture) -> set[str]:
    return {ref for node in drawn.nodes for ref in node.members}


def neighbours(edges: Iterable[Edge], refs: Iterable[str]) -> set[str]:
    inside = set(refs)
    return ({e.target for e in edges if e.source in inside} | {e.source for e in edges if e.target in inside}) - inside


@given(lineages(), st.integers(1, 12))
@settings(deadline=None)
def test_never_more_than_the_limit_is_drawn_and_the_focus_always_is(
    lineage: tuple[list[Node], list[Edge]], limit: int
) -> None:
    nodes, edges = lineage
    drawn = picture(nodes, edges, "artifact:0", limit=limit)
    assert len(drawn.nodes) <= limit
    assert drawn.focus == "artifact:0"
    assert drawn.node("artifact:0") is not None
    assert drawn.shown == len(visible(drawn))
    assert drawn.total == len(nodes)


@given(lineages(), st.integers(1, 12))
@settings(deadline=None)
def test_every_hidden_neighbour_is_counted(lineage: tuple[list[Node], list[Edge]], limit: int) -> None:
    nodes, edges = lineage
    drawn = picture(nodes, edges, "artifact:0", limit=limit)
    seen = visible(drawn)
    for node in drawn.nodes:
        hidden = neighbours(edges, node.members) - seen
        count = node.hidden_left + node.hidden_right
        # One and the same neighbour may stand on both sides, as a producer and as a consumer.
        assert len(hidden) <= count <= 2 * len(hidden)
        assert (count == 0) == (not hidden)


@given(lineages())
@settings(deadline=None)
def test_unfolding_and_folding_again_gives_the_same_picture(lineage: tuple[list[Node], list[Edge]]) -> None:
    nodes, edges = lineage
    folded = picture(nodes, edges, "artifact:0")
    for group in [node for node in folded.nodes if node.folded]:
        view = View().unfold(group.id)
        opened = picture(nodes, edges, "artifact:0", view)
        assert set(group.members) <= {node.id for node in opened.nodes}
        assert {node.group for node in opened.nodes if node.id in group.members} == {group.id}
        assert picture(nodes, edges, "artifact:0", view.fold(group.id)) == folded


@given(lineages())
@settings(deadline=None)
def test_within_the_limit_every_node_is_drawn_once_and_every_edge_leads_between_drawn_nodes(
    lineage: tuple[list[Node], list[Edge]],
) -> None:
    nodes, edges = lineage
    drawn = picture(nodes, edges, "artifact:0")
    assert sorted(ref for node in drawn.nodes for ref in node.members) == sorted(node.ref for node in nodes)
    ids = {node.id for node in drawn.nodes}
    assert all({edge.source, edge.target} <= ids for edge in drawn.edges)
    for edge in edges:
        a, b = drawn.drawn_as(edge.source), drawn.drawn_as(edge.target)
        assert a == b or any({a, b} == {line.source, line.target} for line in drawn.edges)


@given(lineages())
@settings(deadline=None)
def test_groups_hold_four_or_more_of_one_kind_and_type_and_never_the_focus(
    lineage: tuple[list[Node], list[Edge]],
) -> None:
    nodes, edges = lineage
    by_ref = {node.ref: node for node in nodes}
    for node in picture(nodes, edges, "artifact:0").nodes:
        if node.folded:
            assert len(node.members) >= 4
            assert {by_ref[ref].type for ref in node.members} == {node.type}
            assert "artifact:0" not in node.members


def test_the_same_lineage_in_any_order_gives_the_same_picture() -> None:
    nodes, edges = fan(9)
    assert picture(nodes, edges, "artifact:model") == picture(nodes[::-1], edges[::-1], "artifact:model")


def test_parallel_steps_fold_together_with_what_each_of_them_made() -> None:
    drawn = picture(*fan(12), "artifact:model")
    assert [(node.type, len(node.members)) for node in drawn.nodes] == [
        ("Model", 1),
        ("Deploy", 12),
        ("Deployment", 12),
    ]
    assert [(edge.source, edge.target) for edge in drawn.edges] == [
        ("artifact:model", "group:execution:0"),
        ("group:execution:0", "group:artifact:0"),
    ]


def test_three_siblings_do_not_fold() -> None:
    assert not any(node.folded for node in picture(*fan(3), "artifact:model").nodes)


def test_the_focus_stays_single_among_its_siblings() -> None:
    drawn = picture(*fan(6), "artifact:2")
    focus = drawn.node("artifact:2")
    assert focus is not None
    assert not focus.folded
    assert [len(node.members) for node in drawn.nodes if node.folded] == [5, 5]


def test_a_group_shows_its_worst_state_and_its_common_name() -> None:
    nodes, edges = fan(4)
    nodes = [Node(n.ref, n.kind, n.type, n.name, "FAILED" if n.ref == "execution:2" else n.state) for n in nodes]
    drawn = {node.type: node for node in picture(nodes, edges, "artifact:model").nodes}
    assert drawn["Deploy"].state == "failed"
    assert drawn["Deployment"].state == "live"
    assert drawn["Deployment"].name == "line-…"


def test_nearest_come_first_and_the_rest_is_a_number_on_their_side() -> None:
    nodes = [Node(f"artifact:{i}", type=f"T{i}") for i in range(6)]
    edges = [Edge(f"artifact:{i}", f"artifact:{i + 1}") for i in range(5)]
    drawn = picture(nodes, edges, "artifact:2", limit=3)
    assert {node.id for node in drawn.nodes} == {"artifact:1", "artifact:2", "artifact:3"}
    left, right = drawn.node("artifact:1"), drawn.node("artifact:3")
    assert left is not None
    assert right is not None
    assert (left.hidden_left, left.hidden_right, right.hidden_left, right.hidden_right) == (1, 0, 0, 1)


def test_a_pull_brings_hidden_neighbours_before_farther_nodes() -> None:
    nodes = [Node(f"artifact:{i}", type=f"T{i}") for i in range(6)]
    edges = [Edge(f"artifact:{i}", f"artifact:{i + 1}") for i in range(5)]
    view = View().pull("artifact:3", "right")
    drawn = picture(nodes, edges, "artifact:2", view, limit=3)
    assert {node.id for node in drawn.nodes} == {"artifact:2", "artifact:3", "artifact:4"}


def test_neighbours_beyond_the_lineage_are_counted_too() -> None:
    drawn = picture([Node("artifact:1")], [], "artifact:1", beyond={"artifact:1": Beyond(left=3, right=28)})
    assert (drawn.nodes[0].hidden_left, drawn.nodes[0].hidden_right) == (3, 28)


def test_equality_recorded_each_way_is_one_line_behind_the_one_that_was_produced() -> None:
    nodes = [Node("artifact:1", type="A"), Node("artifact:2", type="B"), Node("execution:3", "execution", "Train")]
    edges = [
        Edge("artifact:1", "artifact:2", "SAME_AS"),
        Edge("artifact:2", "artifact:1", "SAME_AS"),
        Edge("execution:3", "artifact:2", "OUTPUT"),
    ]
    drawn = picture(nodes, edges, "artifact:1")
    assert [(e.source, e.target, e.style) for e in drawn.edges if e.style == "same"] == [
        ("artifact:2", "artifact:1", "same")
    ]


def test_the_surest_edge_decides_how_a_line_is_drawn() -> None:
    nodes = [Node("artifact:1"), Node("execution:2", "execution", "Train")]
    edges = [Edge("artifact:1", "execution:2", "POSSIBLE_INPUT"), Edge("artifact:1", "execution:2", "INPUT")]
    assert [edge.style for edge in picture(nodes, edges, "artifact:1").edges] == ["flow"]
    assert [edge.style for edge in picture(nodes, edges[:1], "artifact:1").edges] == ["possible"]


def test_contexts_stand_under_the_name() -> None:
    drawn = picture([Node("artifact:1")], [], "artifact:1", contexts={"artifact:1": ["plant-2", "line-3"]})
    assert drawn.nodes[0].note == "plant-2, line-3"


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        picture([], [], "artifact:1", limit=0)


def test_rows_that_hang_on_different_branches_do_not_fold_into_one() -> None:
    """Two models with their own four metrics each: two groups, for their producers differ."""
    nodes = [Node(f"artifact:m{i}", type="Model") for i in range(2)]
    nodes += [Node(f"artifact:{i}", type="Metrics") for i in range(8)]
    edges = [Edge(f"artifact:m{i // 4}", f"artifact:{i}", "DERIVATION") for i in range(8)]
    edges.append(Edge("artifact:m0", "artifact:m1", "DERIVATION"))
    folded = [node for node in picture(nodes, edges, "artifact:m0").nodes if node.folded]
    assert [node.members for node in folded] == [
        tuple(f"artifact:{i}" for i in range(4)),
        tuple(f"artifact:{i}" for i in range(4, 8)),
    ]


def test_the_links_of_a_long_chain_never_fold() -> None:
    nodes = [Node(f"artifact:{i:03}") for i in range(200)]
    edges = [Edge(f"artifact:{i:03}", f"artifact:{i + 1:03}", "DERIVATION") for i in range(199)]
    drawn = picture(nodes, edges, "artifact:100")
    assert not any(node.folded for node in drawn.nodes)
    assert len(drawn.nodes) == 60
