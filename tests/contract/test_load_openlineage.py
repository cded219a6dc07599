"""OpenLineage events in the graph: all of them, once, whatever happened before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provgraph import Artifact, ArtifactState, Execution, ExecutionState, Graph, connect
from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, run_loader
from provgraph.model import Records, Struct
from provgraph.store.check import check_store
from provgraph_loaders.openlineage import OpenLineageLoader
from tests.loaders.killing import killed_load
from tests.loaders.openlineage.example import dataset, event, example_events, facet, run_id, write_example, write_lines
from tests.loaders.openlineage.reading import read
from tests.servers.target import Bypass, Target

PREFIX = "openlineage/S"


def key(kind: str, tail: str) -> str:
    return f"{PREFIX}/{kind}/{tail}"


def links_of(batches: list[Records]) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for batch in batches:
        for e in batch.events:
            way = "INPUT" if e.type.is_input else "OUTPUT"
            ends = (e.artifact, e.execution) if e.type.is_input else (e.execution, e.artifact)
            found.append((f"POSSIBLE_{way}" if e.possible else way, *ends))
        found += [("ASSOCIATION", link.execution, link.context) for link in batch.associations]
        found += [("PARENT", link.child, link.parent) for link in batch.parents]
        found += [("DERIVATION", link.origin, link.derived) for link in batch.derivations]
        found += [("RELATION", link.start, link.end) for link in batch.relations]
        for link in batch.equalities:
            found += [("SAME_AS", link.first, link.second), ("SAME_AS", link.second, link.first)]
    return sorted(found)


def stored_links(bypass: Bypass) -> list[tuple[str, str, str]]:
    rows = bypass.run("MATCH (a)-[r]->(b) RETURN type(r) AS type, a.key AS start, b.key AS end")
    return sorted((str(row["type"]), str(row["start"]), str(row["end"])) for row in rows)


def test_the_example_arrives_whole_and_a_second_load_changes_nothing(
    graph: Graph, bypass: Bypass, tmp_path: Path
) -> None:
    path = write_example(tmp_path / "events.jsonl")
    expected = read(path)
    report = graph.load(path, name="S")
    assert report.loader == "openlineage"
    assert {node.key for node in graph.find()} == {node.key for b in expected.batches for node in b.nodes}
    assert stored_links(bypass) == links_of(expected.batches)
    images = graph.get(key("Artifact", f"s3://plant-2:images@run-{run_id(2)}"))
    assert isinstance(images, Artifact)
    assert (images.state, images.get("row_count")) == (ArtifactState.DELETED, 4000)
    again = graph.load(path, name="S")
    assert not again.changed
    assert again.unchanged == report.created


def test_a_trace_counts_certain_and_possible_links_apart(graph: Graph, tmp_path: Path) -> None:
    graph.load(write_example(tmp_path / "events.jsonl"), name="S")
    model = graph.upstream("models://registry:inspector@7", certain_only=True)
    assert {node.type for node in model.nodes} == {"Model", "Run", "Dataset"}
    summary = key("Artifact", f"s3://plant-2:summary@run-{run_id(5)}")
    sure, all_of_it = graph.upstream(summary, certain_only=True), graph.upstream(summary)
    images = key("Artifact", f"s3://plant-2:images@run-{run_id(2)}")
    assert images not in {node.key for node in sure.nodes}
    assert images in {node.key for node in all_of_it.nodes}
    assert all_of_it.certificate.possible_edges >= 2


def test_an_impact_goes_to_just_the_outputs_that_facets_name(graph: Graph, tmp_path: Path) -> None:
    outputs = [dataset(to, columnLineage=columns_of(origin)) for to, origin in (("x", "a"), ("y", "b"))]
    inputs = [dataset("a"), dataset("b"), dataset("c")]
    graph.load(piece(tmp_path, "e", event("COMPLETE", 1, "job", 0, inputs=inputs, outputs=outputs)), name="S")
    for origin, reached in (("a", {"x"}), ("b", {"y"}), ("c", set[str]())):
        found = graph.downstream(key("Artifact", f"s3://plant-2:{origin}"))
        assert {n.get("dataset") for n in found.nodes} - {origin} == reached
        assert not found.certificate.possible_edges


def columns_of(name: str) -> dict[str, Any]:
    return facet(fields={"f": {"inputFields": [{"namespace": "s3://plant-2", "name": name, "field": "f"}]}})


def test_a_renamed_dataset_is_traced_to_what_made_it(graph: Graph, tmp_path: Path) -> None:
    graph.load(write_example(tmp_path / "events.jsonl"), name="S")
    [renamed] = [node for node in graph.find(kind="artifact") if "labels_2026" in node.key]
    assert key("Execution", run_id(3)) in {node.key for node in graph.upstream(renamed).nodes}


def test_a_log_that_grew_adds_what_is_new_and_changes_what_changed(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    start = event("START", 1, "train", 0, inputs=[dataset("x")])
    graph.load(write_lines(path, [start]), name="S")
    end = event("COMPLETE", 1, "train", 9, outputs=[dataset("m", datasetType=facet(datasetType="MODEL"))])
    report = graph.load(write_lines(path, [start, end]), name="S")
    assert dict(report.created) == {"Artifact": 1, "OUTPUT": 1, "POSSIBLE_INPUT": 1}
    assert dict(report.updated) == {"Execution": 1}
    execution = graph.get(key("Execution", run_id(1)))
    assert isinstance(execution, Execution)
    assert execution.state is ExecutionState.COMPLETE
    assert not graph.load(path, name="S").changed


def test_pieces_of_a_log_add_up(graph: Graph, tmp_path: Path) -> None:
    first = event("START", 1, "train", 0, run_facets={"processing_engine": facet(version="3.5", name="Spark")})
    last = event("COMPLETE", 1, "train", 9, outputs=[dataset("m")])
    for name, one in (("first", first), ("last", last)):
        graph.load(write_lines(tmp_path / f"{name}.json", [one]), name="S")
    execution = graph.get(key("Execution", run_id(1)))
    assert isinstance(execution, Execution)
    assert (execution.state, execution.get("engine")) == (ExecutionState.COMPLETE, "Spark")
    assert execution.started_at is not None


def piece(folder: Path, name: str, *events: dict[str, Any]) -> Path:
    return write_lines(folder / f"{name}.jsonl", list(events))


def with_rate(rate: int) -> dict[str, Any]:
    facets = {"executionParameters": facet(parameters=[{"key": "lr", "value": rate}])}
    return {**facets, "tags": facet(tags=[{"key": f"day-{rate}", "value": "x"}])}


def test_an_old_piece_that_is_loaded_again_changes_nothing(graph: Graph, tmp_path: Path) -> None:
    old = dataset("x", version=facet(datasetVersion="1"), schema=facet(fields=[{"name": "old"}]))
    new = dataset("x", version=facet(datasetVersion="1"), schema=facet(fields=[{"name": "new"}]))
    sql = {"sql": facet(query="old")}
    day1 = piece(tmp_path, "1", event("START", 1, "a", 0, run_facets=with_rate(1), job_facets=sql, inputs=[old]))
    sql = {"sql": facet(query="new")}
    last = event("COMPLETE", 1, "a", 9, run_facets=with_rate(2), job_facets=sql, inputs=[new], outputs=[dataset("y")])
    day2 = piece(tmp_path, "2", last)
    graph.load(day1, name="S")
    graph.load(day2, name="S")
    before = sorted(graph.find(), key=lambda node: node.key)
    for again in (day1, day2, day1):
        assert not graph.load(again, name="S").changed
    assert sorted(graph.find(), key=lambda node: node.key) == before
    execution = graph.get(key("Execution", run_id(1)))
    assert isinstance(execution, Execution)
    assert (execution.state, execution.get("param_lr")) == (ExecutionState.COMPLETE, 2)
    assert graph.get(key("Artifact", "s3://plant-2:x@1")).get("schema") == Struct.of([{"name": "new"}])
    assert graph.get(key("Context", "job:scheduler:a")).get("sql") == "new"
    assert not list(check_store(graph._core))


@pytest.mark.parametrize("minute", [0, 9, 10])
def test_a_run_that_ended_is_not_running_again_whichever_piece_comes_last(
    graph: Graph, tmp_path: Path, minute: int
) -> None:
    end = event("COMPLETE", 1, "a", 9, run_facets=with_rate(2), outputs=[dataset("y")])
    engine = {"processing_engine": facet(name="Spark", version="3.5")}
    other = event("START" if minute < 10 else "RUNNING", 1, "a", minute, run_facets=engine)
    paths = (piece(tmp_path, "end", end), piece(tmp_path, "other", other))
    for path in paths:
        graph.load(path, name="S")
    execution = graph.get(key("Execution", run_id(1)))
    assert isinstance(execution, Execution)
    assert (execution.state, execution.get("engine")) == (ExecutionState.COMPLETE, "Spark")
    assert (execution.started_at is not None, execution.ended_at is not None) == (minute < 10, True)
    assert execution.get("tags") == Struct.of([{"key": "day-2", "value": "x"}])
    assert not list(check_store(graph._core))
    assert not any(graph.load(path, name="S").changed for path in paths)


def test_structs_of_one_piece_stay_structs_when_another_has_others(graph: Graph, tmp_path: Path) -> None:
    first = event("START", 1, "a", 0, run_facets={"tags": facet(tags=[{"key": "k"}])})
    last = event("COMPLETE", 1, "a", 9, run_facets={"test": facet(tests=[{"name": "t"}])})
    for name, one in (("first", first), ("last", last)):
        graph.load(piece(tmp_path, name, one), name="S")
    execution = graph.get(key("Execution", run_id(1)))
    assert execution.get("tags") == Struct.of([{"key": "k"}])
    assert execution.get("tests") == Struct.of([{"name": "t"}])


def test_a_refused_log_writes_nothing(graph: Graph, tmp_path: Path) -> None:
    path = write_example(tmp_path / "events.jsonl")
    path.write_text(path.read_text("utf-8") + '{"eventTime": "2026-', "utf-8")
    with pytest.raises(LoadError, match=r"events\.jsonl, line 15, column 15: the JSON is cut off"):
        graph.load(path)
    assert graph.count() == 0
    assert graph.types() == []


def test_odd_texts_are_kept_as_they_are(graph: Graph, tmp_path: Path) -> None:
    outputs = [dataset(name, namespace) for name in ("a\0b", "ü@:%", "x" * 9_000) for namespace in ("n\0", "s3://é")]
    report = graph.load(write_lines(tmp_path / "e.json", [event("START", 1, "j\0", 0, outputs=outputs)]), name="S")
    assert report.created["Artifact"] == 6
    assert {(n.get("namespace"), n.get("dataset")) for n in graph.find(kind="artifact")} == {
        (output["namespace"], output["name"]) for output in outputs
    }


def chain(path: Path, length: int) -> Path:
    """Runs, each of which reads what the one before wrote."""
    events: list[dict[str, Any]] = []
    for n in range(1, length + 1):
        reads = [dataset(f"d{n - 1}")] if n > 1 else []
        events.append(event("COMPLETE", n, "step", n, inputs=reads, outputs=[dataset(f"d{n}")]))
        events[-1]["eventTime"] = f"2026-11-24T06:{n // 60:02d}:{n % 60:02d}Z"
    return write_lines(path, events)


def assert_whole(bypass: Bypass) -> None:
    """Every execution that is there has its input, its output and its job."""
    rows = bypass.run(
        "MATCH (e:Execution) OPTIONAL MATCH (e)<-[i:POSSIBLE_INPUT]-() WITH e, count(i) AS i "
        "OPTIONAL MATCH (e)-[o:OUTPUT]->() WITH e, i, count(o) AS o "
        "OPTIONAL MATCH (e)-[c:ASSOCIATION]->() WITH e, i, o, count(c) AS c "
        "RETURN i, o, c, e.key AS key"
    )
    for row in rows:
        first = str(row["key"]).endswith(run_id(1))
        assert (row["i"], row["o"], row["c"]) == (0 if first else 1, 1, 1)


class Stopped(BaseException):
    """What a test throws from the middle of a load."""


def test_a_load_that_was_broken_off_leaves_whole_executions_and_the_next_completes_it(
    graph: Graph, bypass: Bypass, tmp_path: Path
) -> None:
    path = chain(tmp_path / "events.jsonl", 60)
    calls = 0

    def stop(done: int, total: int | None, words: str) -> None:
        nonlocal calls
        calls += words == "executions"
        if calls == 2:
            raise Stopped

    options = LoadOptions(source_name="S", batch_size=20)
    with pytest.raises(Stopped):
        run_loader(graph._core, OpenLineageLoader(), str(path), options=options, progress=stop)
    assert graph.count(kind="execution") == 40
    assert_whole(bypass)
    graph.load(path, name="S")
    assert graph.count(kind="execution") == 60
    assert_whole(bypass)
    assert not graph.load(path, name="S").changed


def test_a_load_that_is_killed_leaves_whole_executions_and_the_next_completes_it(
    graph: Graph, target: Target, bypass: Bypass, tmp_path: Path
) -> None:
    path = chain(tmp_path / "events.jsonl", 200)
    killed_load(target, "openlineage", path, at="executions", name="S")
    assert_whole(bypass)
    graph.load(path, name="S")
    assert graph.count(kind="execution") == 200
    assert_whole(bypass)


def test_events_come_in_from_standard_input(empty_embedded: Target) -> None:
    paths = os.pathsep.join(path for path in sys.path if path)
    told = subprocess.run(
        [sys.executable, "-m", "provgraph.cli", "--url", empty_embedded.url, "load", "-", "--source", "S", "--json"],
        input="\n".join(json.dumps(e) for e in example_events()),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    report = json.loads(told.stdout)
    assert (report["loader"], report["source"], report["changed"]) == ("openlineage", "-", True)
    with connect(empty_embedded.url) as graph:
        assert graph.get(key("Execution", run_id(4))).name == f"scheduler:surface.train@{run_id(4)}"
