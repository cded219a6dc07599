"""Routes and the picture of an impact: the shortest ones, without steps, and always drawn."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph import ExecutionState, Lineage
from provgraph.model import Artifact, Execution, Node
from provgraph.tracing.deployments import Deployment
from provgraph.tracing.impact import Impact, Reached
from provgraph.tracing.lineage import Edge
from provgraph.tracing.routes import routes
from provgraph_dashboard.impact_table import rows_of, tiles_of
from provgraph_dashboard.picture import LIMIT, View
from provgraph_dashboard.routes_picture import FAILED_ONLY, POSSIBLE_ONLY, lit, route_map, route_picture
from provgraph_dashboard.shortest import shortest_routes
from tests.dashboard.lineages import artifact, edge, lineage, step


def impact_of(found: Lineage, starts: Sequence[Node], **marks: object) -> Impact:
    begin = {node.ref for node in starts}
    reached = [
        Reached(
            node=node,
            role="deployment" if node.type == "Deployment" else node.type.lower() if node.type == "Model" else None,
            hops=found.hops[node.ref],
            executions_between=0,
            only_through_failed=marks.get("failed") == node.ref,
            only_possible=marks.get("possible") == node.ref,
            deployment=Deployment(node, (), marks.get("live") == node.ref, None) if node.type == "Deployment" else None,
        )
        for node in found.nodes
        if node.ref not in begin and isinstance(node, Artifact)
    ]
    counts: dict[str, int] = {}
    for item in reached:
        counts[item.node.type] = counts.get(item.node.type, 0) + 1
    models = counts.get("Model", 0)
    return Impact(tuple(starts), counts, {}, tuple(reached), found, found.certificate, models)


def chain(length: int, beside: int = 0) -> tuple[Lineage, Artifact]:
    """A start, `length` artifacts one behind the other, and at the start `beside` of different types."""
    nodes: list[Artifact | Execution] = [artifact(0, "CaptureBatch", "batch")]
    edges: list[Edge] = []
    for i in range(1, length + 1):
        nodes += [step(i, f"Step{i}"), artifact(i, f"Stage{i}", f"stage/{i}")]
        edges += [edge(f"artifact:{i - 1}", f"execution:{i}"), edge(f"execution:{i}", f"artifact:{i}")]
    for i in range(length + 1, length + 1 + beside):
        nodes += [step(i, f"Other{i}"), artifact(i, f"Side{i}", f"side/{i}")]
        edges += [edge("artifact:0", f"execution:{i}"), edge(f"execution:{i}", f"artifact:{i}")]
    return lineage(["artifact:0"], nodes, edges), artifact(0, "CaptureBatch", "batch")


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), max_size=20, unique=True))
def test_the_shortest_route_is_the_first_that_routes_gives(links: list[tuple[int, int, bool]]) -> None:
    edges = [
        edge(f"artifact:{a}", f"execution:{b}") if i else edge(f"execution:{a}", f"artifact:{b}") for a, b, i in links
    ]
    nodes: list[Artifact | Execution] = [*map(artifact, range(6)), *map(step, range(6))]
    everything = lineage(["artifact:0"], nodes, edges)
    reached = [node for node in nodes if everything.hops[node.ref] < 10_000]
    refs = {node.ref for node in reached}
    found = lineage(["artifact:0"], reached, [e for e in edges if {e.source, e.target} <= refs])
    shortest = shortest_routes(found)
    for node in reached:
        assert shortest.to(node.ref) == routes(found, node.ref, limit=1)[0]


def test_steps_are_left_out_and_the_route_runs_through_data_alone() -> None:
    found, start = chain(3)
    reach = route_map(impact_of(found, [start]))
    assert {node.kind for node in reach.nodes} == {"artifact"}
    assert reach.route("artifact:3") == tuple(f"artifact:{i}" for i in range(4))
    assert reach.route("artifact:3", last=2) == ("artifact:2", "artifact:3")
    assert reach.route("artifact:99") == ()


def test_a_step_that_would_change_itself_is_drawn() -> None:
    found = lineage(["execution:1"], [step(1, name="label/7"), artifact(2)], [edge("execution:1", "artifact:2")])
    reach = route_map(impact_of(found, [step(1, name="label/7")]))
    assert [node.ref for node in reach.nodes] == ["execution:1", "artifact:2"]
    assert reach.starts == ("execution:1",)


@pytest.mark.parametrize("length", [3, 40, LIMIT + 30])
def test_the_route_to_the_chosen_row_is_drawn_however_far_it_leads(length: int) -> None:
    found, start = chain(length, beside=LIMIT)
    reach = route_map(impact_of(found, [start]))
    route = reach.route(f"artifact:{length}")
    drawn = route_picture(reach, route, View())
    assert lit(drawn, route) == route
    assert len(drawn.nodes) <= max(LIMIT, len(route))
    assert sum(node.hidden_right for node in drawn.nodes) == length + LIMIT + 1 - len(drawn.nodes)


def test_marks_say_what_was_reached_by_failed_steps_or_possible_links_only() -> None:
    found, start = chain(2)
    answer = impact_of(found, [start], failed="artifact:1", possible="artifact:2")
    assert [row["marks"] for row in rows_of(answer, route_map(answer))] == [[FAILED_ONLY], [POSSIBLE_ONLY]]


def test_the_table_has_the_rows_of_the_answer_in_its_order_and_so_has_the_csv() -> None:
    found, start = chain(5)
    answer = impact_of(found, [start])
    rows, plain = rows_of(answer, route_map(answer)), answer.rows()
    assert [(r["what"], r["type"], r["state"].upper(), r["hops"]) for r in rows] == [
        (p["name"], p["type"], p["state"], p["hops"]) for p in plain
    ]
    assert [r["open"] for r in rows] == [f"/explore?focus={str(p['id']).replace(':', '%3A')}" for p in plain]
    assert [line["name"] for line in csv.DictReader(io.StringIO(answer.to_csv()))] == [p["name"] for p in plain]


def test_a_long_route_shows_its_last_artifacts() -> None:
    found, start = chain(30)
    answer = impact_of(found, [start])
    [row] = [row for row in rows_of(answer, route_map(answer)) if row["what"] == "stage/30"]
    assert row["route"] == ["…", *(f"stage/{i}" for i in range(23, 31))]


def test_tiles_count_what_is_reached_and_tint_live_deployments() -> None:
    nodes: list[Artifact | Execution] = [
        artifact(0),
        step(1),
        artifact(1, "Model"),
        step(2, "Deploy"),
        artifact(2, "Deployment"),
        artifact(3, "Deployment"),
    ]
    links = [("artifact:0", "execution:1"), ("execution:1", "artifact:1"), ("artifact:1", "execution:2")]
    links += [("execution:2", "artifact:2"), ("execution:2", "artifact:3")]
    found = lineage(["artifact:0"], nodes, [edge(a, b) for a, b in links])
    tiles = tiles_of(impact_of(found, [artifact(0)], live="artifact:3"), [])
    assert [(tile.value, tile.words, tile.hot) for tile in tiles] == [
        (1, "live deployment, 2 reached", True),
        (1, "model", False),
        (0, "datasets", False),
        (0, "metrics and predictions", False),
        (4, "hops to the farthest", False),
    ]


def test_an_answer_without_details_counts_by_type_and_draws_nothing() -> None:
    found, start = chain(1)
    full = impact_of(found, [start])
    answer = Impact(
        full.starts, {"Dataset": 7, "Metrics": 2, "Predictions": 3, "Model": 4}, {}, (), None, found.certificate, 4
    )
    assert route_map(answer).nodes == ()
    assert [tile.value for tile in tiles_of(answer, [])] == [0, 4, 7, 5, "–"]


def test_a_failed_state_of_a_start_does_not_hide_it() -> None:
    failed = step(1, state=ExecutionState.FAILED)
    found = lineage(["execution:1"], [failed, artifact(2)], [edge("execution:1", "artifact:2")])
    drawn = route_picture(route_map(impact_of(found, [failed])), ("execution:1", "artifact:2"), View())
    assert [(node.id, node.state) for node in drawn.nodes] == [("execution:1", "failed"), ("artifact:2", "unknown")]
