"""ML Metadata stores in the graph: all of them, once, whatever happened before."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, LiteralString

import pytest
from hypothesis import HealthCheck, given, settings

from provgraph import Artifact, ArtifactState, Context, EventType, Execution, ExecutionState, Graph
from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, run_loader
from provgraph.model import Association, Attribution, Event, Node, NodeKind, ParentContext
from provgraph.store.rows import path_from_text
from provgraph_loaders.mlmd import MlmdLoader
from tests.loaders.killing import killed_load
from tests.mlmd.schemas import change, create, insert
from tests.mlmd.strategies import Made, stores
from tests.servers.target import Bypass, Target

EVENTS: dict[str, LiteralString] = {
    "in": "MATCH (a:Artifact)-[r:INPUT]->(e:Execution) WHERE r.recorded_by = $source "
    "RETURN a.key AS artifact, e.key AS execution, properties(r) AS r",
    "out": "MATCH (e:Execution)-[r:OUTPUT|PENDING_OUTPUT]->(a:Artifact) WHERE r.recorded_by = $source "
    "RETURN a.key AS artifact, e.key AS execution, properties(r) AS r",
}
LINKS: LiteralString = (
    "MATCH (a)-[r:ATTRIBUTION|ASSOCIATION|PARENT]->(b) WHERE r.recorded_by = $source "
    "RETURN type(r) AS type, a.key AS start, b.key AS end"
)


def stored_nodes(graph: Graph, source: str) -> dict[str, Node]:
    nodes = [node for node in graph.find() if node.source == source]
    return {node.key: replace(node, id=0, recorded_at=None) for node in nodes}


def stored_links(bypass: Bypass, source: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = [(row["type"], row["start"], row["end"]) for row in bypass.run(LINKS, source=source)]
    for statement in EVENTS.values():
        for row in bypass.run(statement, source=source):
            r: Any = row["r"]
            path = path_from_text(r.get("path"))
            event = (r["event_type"], row["artifact"], row["execution"], r.get("time"), path, r["certainty"])
            found.append(event)
    return sorted(found, key=repr)


def expected_links(made: Made) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for link in made.links:
        if isinstance(link, Event):
            event = (link.type.name, link.artifact, link.execution, link.time, link.path, link.certainty.value)
            found.append(event)
        elif isinstance(link, Attribution):
            found.append(("ATTRIBUTION", link.artifact, link.context))
        elif isinstance(link, Association):
            found.append(("ASSOCIATION", link.execution, link.context))
        elif isinstance(link, ParentContext):
            found.append(("PARENT", link.child, link.parent))
    return sorted(found, key=repr)


def renamed(made: Made, source: str) -> Made:
    """The same store under another name."""

    def of(key: str) -> str:
        return key.replace("mlmd/S/", f"{source}/", 1)

    links: list[Event | Attribution | Association | ParentContext] = []
    for link in made.links:
        if isinstance(link, Event):
            moved = replace(link, artifact=of(link.artifact), execution=of(link.execution), recorded_by=source)
            links.append(moved)
        elif isinstance(link, Attribution):
            links.append(Attribution(of(link.artifact), of(link.context), source))
        elif isinstance(link, Association):
            links.append(Association(of(link.execution), of(link.context), source))
        else:
            links.append(ParentContext(of(link.child), of(link.parent), source))
    return Made(
        made.version,
        made.rows,
        [replace(t, source=source) for t in made.types],
        [replace(node, key=of(node.key), source=source) for node in made.nodes],
        links,
    )


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(drawn=stores())
def test_a_store_of_any_schema_reads_back_as_it_was(graph: Graph, bypass: Bypass, drawn: Made) -> None:
    name = uuid.uuid4().hex
    made = renamed(drawn, f"mlmd/{name}")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "metadata.sqlite"
        create(path, made.version)
        insert(path, made.rows, made.version)
        report = graph.load(path, "mlmd", name=name)
        again = graph.load(path, "mlmd", name=name)
    types = {t.key: replace(t, id=0) for t in graph.types() if t.source == f"mlmd/{name}"}
    assert types == {t.key: t for t in made.types}
    assert stored_nodes(graph, f"mlmd/{name}") == {node.key: node for node in made.nodes}
    assert stored_links(bypass, f"mlmd/{name}") == expected_links(made)
    assert report.created.total() == len(made.types) + len(made.nodes) + len(made.links)
    assert report.updated.total() == 0
    assert not again.changed
    assert again.unchanged == report.created


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A pipeline of ten executions, each of which uses what the one before made."""
    path = tmp_path / "metadata.sqlite"
    create(path)
    insert(
        path,
        {
            "Type": [
                {"id": 10, "name": "pipeline", "type_kind": 2},
                {"id": 11, "name": "Trainer", "type_kind": 0},
                {"id": 12, "name": "Model", "type_kind": 1},
            ],
            "TypeProperty": [{"type_id": 11, "name": "lr", "data_type": 2}],
            "Context": [{"id": 1, "type_id": 10, "name": "p", "create_time_since_epoch": 1_700_000_000_000}],
        },
    )
    for step in range(1, 11):
        add_step(path, step)
    return path


def add_step(path: Path, step: int, state: int = 3) -> None:
    time = 1_700_000_000_000 + step
    inputs = [] if step == 1 else [{"artifact_id": step - 1, "execution_id": step, "type": 3}]
    node = {"id": step, "create_time_since_epoch": time, "last_update_time_since_epoch": time}
    insert(
        path,
        {
            "Execution": [{**node, "type_id": 11, "last_known_state": state}],
            "ExecutionProperty": [
                {"execution_id": step, "name": "lr", "is_custom_property": 0, "double_value": 0.5},
                {"execution_id": step, "name": "lr", "is_custom_property": 1, "string_value": "half"},
            ],
            "Artifact": [{**node, "type_id": 12, "uri": f"m{step}", "state": 2}],
            "Event": [*inputs, {"artifact_id": step, "execution_id": step, "type": 4}],
            "Attribution": [{"artifact_id": step, "context_id": 1}],
            "Association": [{"execution_id": step, "context_id": 1}],
        },
    )


def test_the_loader_is_found_by_what_the_file_is(graph: Graph, store: Path) -> None:
    report = graph.load(store)
    assert report.loader == "mlmd"
    assert report.created["Execution"] == 10
    [last] = graph.find(kind="artifact", uri="m10")
    assert last.key == f"{report.store}/Artifact/10"


def test_both_name_spaces_are_kept(graph: Graph, store: Path) -> None:
    report = graph.load(store)
    execution = graph.get(f"{report.store}/Execution/3")
    assert (execution.properties, execution.custom_properties) == ({"lr": 0.5}, {"lr": "half"})


def test_a_store_that_grew_adds_what_is_new_and_changes_what_changed(graph: Graph, store: Path) -> None:
    graph.load(store)
    add_step(store, 11, state=2)
    change(store, "UPDATE Artifact SET state = 3, name = 'ten' WHERE id = 10")
    report = graph.load(store)
    assert dict(report.created) == {
        "Execution": 1,
        "Artifact": 1,
        "INPUT": 1,
        "OUTPUT": 1,
        "ATTRIBUTION": 1,
        "ASSOCIATION": 1,
    }
    assert dict(report.updated) == {"Artifact": 1}
    change(store, "UPDATE Execution SET last_known_state = 4 WHERE id = 11")
    change(store, "DELETE FROM ExecutionProperty WHERE execution_id = 11 AND is_custom_property = 1")
    again = graph.load(store)
    assert (dict(again.created), dict(again.updated)) == ({}, {"Execution": 1})
    execution, artifact = graph.get(f"{report.store}/Execution/11"), graph.get(f"{report.store}/Artifact/10")
    assert isinstance(execution, Execution)
    assert execution.state is ExecutionState.FAILED
    assert execution.custom_properties == {}
    assert isinstance(artifact, Artifact)
    assert (artifact.state, artifact.name) == (ArtifactState.MARKED_FOR_DELETION, "ten")


def test_a_type_that_gained_a_property_is_updated(graph: Graph, store: Path) -> None:
    graph.load(store)
    insert(store, {"TypeProperty": [{"type_id": 11, "name": "depth", "data_type": 1}]})
    value = {"execution_id": 1, "name": "depth", "is_custom_property": 0, "int_value": 8}
    insert(store, {"ExecutionProperty": [value]})
    report = graph.load(store)
    assert dict(report.updated) == {"ExecutionType": 1, "Execution": 1}
    assert graph.get(f"{report.store}/Execution/1").properties == {"lr": 0.5, "depth": 8}


def test_two_stores_with_the_same_ids_types_and_names_live_side_by_side(graph: Graph, store: Path) -> None:
    first = graph.load(store, name="one")
    second = graph.load(store, name="two")
    assert second.created == first.created
    assert graph.count(kind=NodeKind.CONTEXT, name="p") == 2
    contexts = sorted(node.key for node in graph.find(kind=NodeKind.CONTEXT))
    assert contexts == ["mlmd/one/Context/1", "mlmd/two/Context/1"]


def test_a_node_of_the_source_keeps_what_was_recorded_of_it_here(graph: Graph, store: Path) -> None:
    report = graph.load(store)
    loaded = graph.get(f"{report.store}/Artifact/10")
    step = Execution(type="Check", key="mine")
    event = Event(artifact=loaded.key, execution="mine", type=EventType.INPUT)
    graph.put_execution(step, events=[event])
    assert not graph.load(store).changed
    assert graph.count(kind="execution", type="Check") == 1


def test_a_refused_file_writes_nothing(graph: Graph, store: Path, bypass: Bypass) -> None:
    insert(store, {"Context": [{"id": 2, "type_id": 10, "name": "q"}]})
    pairs = [{"context_id": 1, "parent_context_id": 2}, {"context_id": 2, "parent_context_id": 1}]
    insert(store, {"ParentContext": pairs})
    with pytest.raises(LoadError, match="their own ancestors"):
        graph.load(store)
    half = store.with_name("half.sqlite")
    half.write_bytes(store.read_bytes()[:40_000])
    with pytest.raises(LoadError, match="damaged"):
        graph.load(half, "mlmd")
    assert graph.count() == 0
    assert graph.types() == []


class Stopped(BaseException):
    """What a test throws from the middle of a load."""


@pytest.mark.parametrize("after", [1, 3])
def test_a_load_that_was_broken_off_leaves_whole_executions_and_the_next_completes_it(
    graph: Graph, store: Path, bypass: Bypass, after: int
) -> None:
    add_many(store, 50)
    calls = 0

    def stop(done: int, total: int | None, words: str) -> None:
        nonlocal calls
        calls += words == "executions"
        if calls == after:
            raise Stopped

    with pytest.raises(Stopped):
        run_loader(graph._core, MlmdLoader(), str(store), options=LoadOptions(batch_size=20), progress=stop)
    assert graph.count(kind="execution") == after * 20
    assert_whole(bypass)
    report = graph.load(store)
    assert report.created["Execution"] == 60 - after * 20
    assert graph.count(kind="execution") == 60
    assert_whole(bypass)
    assert not graph.load(store).changed


def add_many(path: Path, count: int) -> None:
    steps = range(11, 11 + count)
    time = 1_700_000_000_000
    insert(
        path,
        {
            "Execution": ({"id": i, "type_id": 11, "create_time_since_epoch": time + i} for i in steps),
            "Artifact": ({"id": i, "type_id": 12, "create_time_since_epoch": time + i} for i in steps),
            "Event": (
                {"artifact_id": i - back, "execution_id": i, "type": 3 if back else 4} for i in steps for back in (0, 1)
            ),
            "Association": ({"execution_id": i, "context_id": 1} for i in steps),
        },
    )


def assert_whole(bypass: Bypass) -> None:
    """Every execution that is there has its input, its output and its context."""
    rows = bypass.run(
        "MATCH (e:Execution) OPTIONAL MATCH (e)<-[i:INPUT]-() WITH e, count(i) AS i "
        "OPTIONAL MATCH (e)-[o:OUTPUT]->() WITH e, i, count(o) AS o "
        "OPTIONAL MATCH (e)-[c:ASSOCIATION]->() WITH e, i, o, count(c) AS c "
        "RETURN i, o, c, count(e) AS n, min(e.key) AS first"
    )
    for row in rows:
        first = str(row["first"]).endswith("/Execution/1")
        assert (row["i"], row["o"], row["c"]) == (0 if first else 1, 1, 1)


def test_a_load_that_is_killed_leaves_whole_executions_and_the_next_completes_it(
    graph: Graph, store: Path, target: Target, bypass: Bypass
) -> None:
    add_many(store, 500)
    killed_load(target, "mlmd", store, at="executions")
    assert_whole(bypass)
    report = graph.load(store)
    assert 0 < report.created["Execution"] <= 500
    assert graph.count(kind="execution") == 510
    assert_whole(bypass)


REAL = {
    "tfx-sepsis.sqlite": (256, 159, 334, 492, 1240, 477),
    "tfx-covertype.sqlite": (2, 4, 9, 5, 12, 12),
    "tfx-penguin-failed.sqlite": (0, 5, 10, 0, 0, 15),
}


@pytest.mark.parametrize("name", REAL)
def test_real_stores_arrive_whole(graph: Graph, test_data: Path, name: str) -> None:
    report = graph.load(test_data / "mlmd" / name)
    counts = ("Artifact", "Execution", "Context", "Event", "Attribution", "Association")
    assert tuple(report.read[kind] for kind in counts) == REAL[name]
    made = report.created
    events = made["INPUT"] + made["OUTPUT"] + made["PENDING_OUTPUT"]
    found = (made["Artifact"], made["Execution"], made["Context"], events, made["ATTRIBUTION"], made["ASSOCIATION"])
    assert found == REAL[name]
    assert report.notes == ()
    assert tuple(graph.count(kind=kind) for kind in ("artifact", "execution", "context")) == REAL[name][:3]
    assert not graph.load(test_data / "mlmd" / name).changed
    assert all(isinstance(node, Context) and node.name for node in graph.find(kind="context"))
