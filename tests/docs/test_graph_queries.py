"""The queries on the page of the graph answer what it says, on each engine, and end where there are 2^40 paths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import LiteralString, cast

import pytest

import provgraph
from provgraph import (
    Artifact,
    ArtifactType,
    Capture,
    Event,
    EventType,
    Execution,
    ExecutionType,
    RecordingWarning,
    Records,
)
from tests.docs.page import DOCS
from tests.servers.target import Bypass, Target

PAGE = DOCS / "reference" / "graph.md"
DIAMONDS = 40
DAY = 86_400_000
START = 1_795_500_000_000  # epoch milliseconds


def queries() -> dict[str, LiteralString]:
    """The queries of the page by their headings."""
    query = re.compile(r"^### \d+\. ([^\n]+)\n(?:(?!^#).)*?^```cypher\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    found = query.findall(PAGE.read_text("utf-8"))
    return cast("dict[str, LiteralString]", dict(found))


def record_example(graph: provgraph.Graph) -> None:
    """Two captures, a dataset, two models and a failed training, an evaluation, a deployment, a possible input."""
    nothing = Capture.nothing()
    for week in ("w40", "w41"):
        camera = {"Line": "plant-2/line-3", "Camera": "plant-2/line-3/B"}
        with graph.execution("Capture", contexts=camera, started_at=START, ended_at=START + 1, capture=nothing) as step:
            step.input(type="Firmware", name="2.1")
            step.output(type="CaptureBatch", name=week, version="1", contexts=camera, digest=f"sha256:{week[1:] * 32}")
    with graph.execution("Curate", started_at=START + 2, ended_at=START + 3, capture=nothing) as step:
        for week in ("w40", "w41"):
            step.input(type="CaptureBatch", name=week, version="1")
        step.output(type="Dataset", name="surface", version="3", rows=1200)
    for number, depth, accuracy in (("7", 8, 0.97), ("8", 12, 0.81)):
        begin = START + int(number) * DAY
        with graph.execution(
            *("Train",),
            pipeline="surface-inspection",
            run=f"2026-11-{number}",
            parameters={"depth": depth},
            started_at=begin,
            ended_at=begin + 60_000,
            capture=nothing,
        ) as step:
            step.input(type="Dataset", name="surface", version="3")
            model = step.output(type="Model", name="inspector", version=number, accuracy=accuracy)
        with graph.execution(
            *("Evaluate",),
            pipeline="surface-inspection",
            run=f"2026-11-{number}",
            started_at=begin + 70_000,
            ended_at=begin + 80_000,
            capture=nothing,
        ) as step:
            step.input(model)
            step.output(type="Metrics", name="validation", version=number, accuracy=accuracy)
    try:
        with graph.execution("Train", started_at=START + 9 * DAY, ended_at=START + 9 * DAY, capture=nothing) as step:
            step.input(type="Dataset", name="surface", version="3")
            raise ValueError("input contains NaN")
    except ValueError:
        pass
    with graph.execution("Deploy", started_at=START + 10 * DAY, ended_at=START + 10 * DAY, capture=nothing) as step:
        step.input(type="Model", name="inspector", version="7")
        endpoint = {"Endpoint": "plant-2/line-3"}
        step.output(type="Deployment", name="plant-2/line-3", version="7", contexts=endpoint)
    # The same bytes came out of two steps, and the third cannot tell whose it takes.
    for name in ("left", "right"):
        with graph.execution("Split", started_at=START, ended_at=START + 1, capture=nothing) as step:
            step.output(type="Dataset", name=name, version="1", digest="sha256:" + "ab" * 32)
    report = graph.execution("Report", started_at=START + 5, ended_at=START + 6, capture=nothing)
    with pytest.warns(RecordingWarning, match="possible input"), report as step:
        step.input(digest="sha256:" + "ab" * 32)


EXPECTED: dict[str, list[list[object]]] = {
    "Which models does a dataset reach?": [["inspector/7"], ["inspector/8"]],
    "What was a model made from?": [
        ["CaptureBatch", "w40/1"],
        ["CaptureBatch", "w41/1"],
        ["Dataset", "surface/3"],
        ["Firmware", "2.1"],
    ],
    "Which models are good enough?": [["inspector/7", 0.97]],
    "With which parameters was each model trained?": [["inspector/7", 8], ["inspector/8", 12]],
    "What failed, and why?": [["Train", "ValueError", "input contains NaN"]],
    "Which steps did a run have, and how long did they take?": [
        ["Train", "COMPLETE", 60.0],
        ["Evaluate", "COMPLETE", 10.0],
    ],
    "What came from a line, or from a camera on it?": [["w40/1"], ["w41/1"]],
    "What is deployed where?": [["plant-2/line-3", "plant-2/line-3/7", "inspector/7"]],
    "Which artifacts did nobody produce?": [["Firmware", "2.1", None]],
    "Which links are only possible?": [["right/1", "Report", "inferred"]],
    "Which way does the data take from a batch to a model?": [[4]],
}


@pytest.fixture
def example(target: Target) -> Iterator[Bypass]:
    with provgraph.connect(target.url, user=target.user, password=target.password, strict=True) as graph:
        record_example(graph)
    way = Bypass(target)
    yield way
    way.close()


def plain(value: object) -> object:
    """What stands for a value here: a node for its name."""
    return cast("dict[str, object]", value)["name"] if hasattr(value, "labels") else value


def test_each_query_of_the_page_answers_what_the_example_holds(example: Bypass) -> None:
    found = queries()
    assert len(found) >= 10
    assert list(found) == list(EXPECTED)
    for title, query in found.items():
        rows = [[plain(value) for value in row.values()] for row in example.run(query)]
        if "ORDER BY" not in query:
            rows.sort(key=repr)
        assert rows == EXPECTED[title], title


def record_ladder(graph: provgraph.Graph, diamonds: int) -> None:
    """A dataset and a model with diamonds between them: 2^diamonds paths."""
    names = ["top", *(f"rung-{i}" for i in range(1, diamonds)), "bottom"]
    kinds = ["Dataset", *["Features"] * (diamonds - 1), "Model"]
    steps = [(f"{side}-{i}", names[i], names[i + 1]) for i in range(diamonds) for side in ("left", "right")]
    graph.put_lineage(
        Records(
            types=[*(ArtifactType(name=name) for name in sorted(set(kinds))), ExecutionType(name="Step")],
            artifacts=[Artifact(type=kind, name=name, key=name) for kind, name in zip(kinds, names, strict=True)],
            executions=[Execution(type="Step", name=name, key=name) for name, _, _ in steps],
            events=[
                event
                for name, above, below in steps
                for event in (
                    Event(artifact=above, execution=name, type=EventType.INPUT),
                    Event(artifact=below, execution=name, type=EventType.OUTPUT),
                )
            ],
        )
    )


SUBQUERY: LiteralString = """
MATCH (d:Artifact {type: 'Dataset'}) CALL (d) { MATCH (d)-[:INPUT|OUTPUT*]->(x) RETURN DISTINCT x }
WITH x WHERE x.type = 'Model' RETURN labels(x)[0] AS label, x.name AS name ORDER BY name
"""
SHORTER: list[LiteralString] = [
    "MATCH (d:Artifact {type: 'Dataset'})-[:INPUT|OUTPUT*]->(m:Artifact {type: 'Model'}) RETURN DISTINCT m.name",
    "MATCH (d:Artifact {type: 'Dataset'})-[:INPUT|OUTPUT*]->(m:Artifact {type: 'Model'}) RETURN count(DISTINCT m)",
]


def test_the_form_that_the_page_recommends_ends_where_there_are_2_to_the_40_paths(graph: provgraph.Graph) -> None:
    record_ladder(graph, DIAMONDS)
    [row] = graph._core.store.read(SUBQUERY, {})
    assert row[-1] == "bottom"


@pytest.mark.parametrize("query", SHORTER)
def test_on_the_embedded_engine_shorter_forms_end_too(embedded_url: str, query: LiteralString) -> None:
    with provgraph.connect(embedded_url) as graph:
        record_ladder(graph, DIAMONDS)
        [row] = graph._core.store.read(query, {})
        assert row[-1] in (1, "bottom")


def test_the_queries_of_the_page_end_where_there_are_2_to_the_40_paths(graph: provgraph.Graph) -> None:
    record_ladder(graph, DIAMONDS)
    for query in queries().values():
        graph._core.store.read(query, {})


def test_without_distinct_there_is_a_row_for_each_path(graph: provgraph.Graph, bypass: Bypass) -> None:
    record_ladder(graph, 8)
    query = queries()["Which models does a dataset reach?"]
    every_path = query.replace("DISTINCT ", "")  # in the subquery and behind it
    assert query != every_path
    assert (len(bypass.run(query)), len(bypass.run(every_path))) == (1, 2**8)
