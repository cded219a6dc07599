"""What a recorded step leaves in the store, on every engine."""

# ruff: noqa: PT012, PT031 - it is the whole recorded block that raises and warns

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import cast

import numpy as np
import pytest

import provgraph
from provgraph import (
    Artifact,
    ArtifactState,
    Capture,
    Context,
    Execution,
    ExecutionState,
    Graph,
    RecordingWarning,
    Struct,
)
from provgraph.errors import ConflictError, NotFoundError, RecordingError
from provgraph.recording.fingerprint import fingerprint
from provgraph.recording.process import this_process
from provgraph.recording.recorded import RecordedArtifact
from tests.servers.target import Bypass, Target

NOTHING = Capture.nothing()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test works in a folder of its own, with a spool of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROVGRAPH_SPOOL", str(tmp_path / "spool"))
    return tmp_path


def execution(graph: Graph, key: str) -> Execution:
    node = graph.get(key)
    assert isinstance(node, Execution)
    return node


def artifact(graph: Graph, key: str) -> Artifact:
    node = graph.get(key)
    assert isinstance(node, Artifact)
    return node


def inputs(bypass: Bypass, key: str) -> list[dict[str, object]]:
    return bypass.run(
        "MATCH (a:Artifact)-[r]->(e:Execution {key: $key}) "
        "RETURN a.key AS key, type(r) AS kind, r.certainty AS certainty, r.path AS path ORDER BY a.id",
        key=key,
    )


def outputs(bypass: Bypass, key: str) -> list[object]:
    rows = bypass.run("MATCH (:Execution {key: $key})-[:OUTPUT]->(a) RETURN a.key AS key ORDER BY a.id", key=key)
    return [row["key"] for row in rows]


# -- start and end --------------------------------------------------------------------------------------------------


def test_two_lines_record_what_is_worth_having(graph: Graph, folder: Path) -> None:
    (folder / "v3.parquet").write_bytes(b"rows")
    with graph.execution("Train", pipeline="inspection", run="2026-11-24", parameters={"depth": 8}) as step:
        step.input("v3.parquet", type="Dataset")
        (folder / "model.joblib").write_bytes(b"weights")
        model = step.output("model.joblib", type="Model", name="inspector", version="7", accuracy=0.97)

    found = execution(graph, step.key)
    assert found.state is ExecutionState.COMPLETE
    assert found.started_at is not None
    assert found.ended_at is not None
    assert found.started_at <= found.ended_at
    assert {"command", "python", "packages", "host", "user", "param_depth"} <= set(found.custom_properties)
    node = artifact(graph, model.key)
    assert (node.name, node.family, node.version, node.state) == ("inspector/7", "inspector", "7", ArtifactState.LIVE)
    assert node.custom_properties["accuracy"] == 0.97
    assert node.digest == fingerprint(folder / "model.joblib").digest
    assert node.uri == (folder / "model.joblib").as_uri()
    assert [n.name for n in graph.find(kind="context")] == ["inspection", "inspection/2026-11-24"]
    assert {n.type for n in graph.upstream(model).nodes} == {"Model", "Train", "Dataset"}


def test_a_step_is_running_with_its_inputs_until_it_ends(graph: Graph, bypass: Bypass, folder: Path) -> None:
    (folder / "a").write_bytes(b"1")
    with graph.execution("Train", pipeline="p", capture=NOTHING) as step:
        assert execution(graph, step.key).state is ExecutionState.RUNNING
        given = step.input("a", type="Dataset", role="train")
        assert [(row["key"], row["kind"]) for row in inputs(bypass, step.key)] == [(given.key, "INPUT")]
        assert given.ref == artifact(graph, given.key).ref
        step.output("a", type="Copy", name="copy")
        step.log(loss=0.5)
        assert outputs(bypass, step.key) == []
        assert "loss" not in execution(graph, step.key).custom_properties

    assert execution(graph, step.key).state is ExecutionState.COMPLETE
    assert execution(graph, step.key).custom_properties["loss"] == 0.5
    assert len(outputs(bypass, step.key)) == 1


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ValueError("shape mismatch"), ExecutionState.FAILED),
        (KeyboardInterrupt(), ExecutionState.CANCELED),
        (SystemExit(2), ExecutionState.FAILED),
        (SystemExit(0), ExecutionState.COMPLETE),
    ],
)
def test_how_the_block_ends_is_how_the_execution_ends(
    graph: Graph, error: BaseException, state: ExecutionState
) -> None:
    with pytest.raises(type(error)), graph.execution("Train") as step:
        step.output(type="Metrics", loss=1.0)
        raise error

    found = execution(graph, step.key)
    assert found.state is state
    assert found.custom_properties.get("error_type") == (
        None if state is ExecutionState.COMPLETE else type(error).__name__
    )
    if isinstance(error, ValueError):
        assert found.custom_properties["error_message"] == "shape mismatch"
        assert "shape mismatch" in str(found.custom_properties["error_traceback"])


def test_logged_values_may_be_anything(graph: Graph) -> None:
    with graph.execution("Train", capture=NOTHING, batch=np.int64(32)) as step:
        step.log(loss=np.float32(0.5), matrix=[[1, 2], [3, 4]], note=None, loss2=1)
        step.log(loss=0.25)
        with pytest.warns(RecordingWarning, match="beyond 64 bits"):
            step.log(big=2**70)

    found = execution(graph, step.key).custom_properties
    assert {name: found[name] for name in ("batch", "loss", "big")} == {"batch": 32, "loss": 0.25, "big": str(2**70)}
    assert found["matrix"] == Struct.of([[1, 2], [3, 4]])
    assert "note" not in found


def test_a_users_own_property_goes_before_what_is_taken_by_itself(graph: Graph) -> None:
    with graph.execution("Train", host="press 3") as step:
        pass

    assert execution(graph, step.key).custom_properties["host"] == "press 3"


def test_a_step_cannot_be_used_outside_its_block(graph: Graph) -> None:
    step = graph.execution("Train", capture=NOTHING)
    with pytest.raises(RecordingError, match="not open"):
        step.log(a=1)
    with step:
        pass
    with pytest.raises(RecordingError, match="not open"):
        step.output(type="Model")
    with pytest.raises(RecordingError, match="recorded once"), step:
        pass


def test_a_step_may_be_recorded_after_the_fact(graph: Graph, bypass: Bypass) -> None:
    with graph.execution("Train", started_at=1_000, ended_at=5_000, capture=NOTHING) as step:
        step.input("s3://b/x", type="Dataset")
        step.output(type="Metrics")

    found = execution(graph, step.key)
    assert (found.started_at, found.ended_at) == (1_000, 5_000)
    rows = bypass.run("MATCH (:Execution)-[r:INPUT|OUTPUT]-() RETURN type(r) AS kind, r.time AS time ORDER BY r.time")
    assert [(row["kind"], row["time"]) for row in rows] == [("INPUT", 1_000), ("OUTPUT", 5_000)]


def test_an_execution_name_that_is_taken_gets_a_mark(graph: Graph) -> None:
    with graph.execution("Train", name="nightly", capture=NOTHING) as first:
        pass
    with (
        pytest.warns(RecordingWarning, match="is called 'nightly' already"),
        graph.execution("Train", name="nightly", capture=NOTHING) as second,
    ):
        pass

    assert execution(graph, first.key).name == "nightly"
    name = execution(graph, second.key).name
    assert name is not None
    assert name.startswith("nightly+")
    assert execution(graph, second.key).state is ExecutionState.COMPLETE


# -- keys -----------------------------------------------------------------------------------------------------------


def test_recording_again_under_a_key_changes_nothing(graph: Graph, bypass: Bypass, folder: Path) -> None:
    (folder / "a").write_bytes(b"1")

    def record(loss: float) -> int:
        ran = 0
        with graph.execution("Train", key="train/1", pipeline="p") as step:
            step.input("a", type="Dataset", tag=loss)
            step.output("a", type="Copy", name="copy", version="1", loss=loss)
            step.log(loss=loss)
            ran += 1
        return ran

    def everything() -> list[dict[str, object]]:
        nodes = bypass.run("MATCH (n) WHERE n.next_id IS NULL RETURN properties(n) AS p ORDER BY n.id")
        return nodes + bypass.run("MATCH (a)-[r]->(b) RETURN a.id AS a, b.id AS b, properties(r) AS r ORDER BY a, b")

    record(0.5)
    before = everything()

    assert record(0.7) == 1
    assert everything() == before


def test_a_failed_step_is_recorded_again_as_its_next_attempt(graph: Graph, bypass: Bypass) -> None:
    for n in range(2):
        with (
            pytest.raises(ValueError, match="no"),
            graph.execution("Train", key="k", name="t", capture=NOTHING) as step,
        ):
            step.input(f"s3://b/{n}", type="Dataset")
            raise ValueError("no")
    with graph.execution("Train", key="k", name="t", capture=NOTHING) as step:
        step.input("s3://b/2", type="Dataset")
    with graph.execution("Train", key="k", name="t", capture=NOTHING) as again:
        pass

    assert step.key == "k#3"
    assert step.recording
    assert not again.recording
    found = {node.key: node for node in graph.find(kind="execution")}
    assert {key: cast("Execution", node).state.name for key, node in found.items()} == {
        "k": "FAILED",
        "k#2": "FAILED",
        "k#3": "COMPLETE",
    }
    assert found["k#3"].name == "t#3"
    assert [len(inputs(bypass, key)) for key in found] == [1, 1, 1]


def test_a_failed_step_recorded_after_the_fact_is_not_tried_again(graph: Graph) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="no"), graph.execution("Train", key="k", started_at=1, ended_at=2):
            raise ValueError("no")

    assert graph.count(kind="execution") == 1


def test_a_step_whose_process_is_gone_is_lost_and_may_be_recorded_again(graph: Graph) -> None:
    gone = {**this_process(), "started": 1}
    graph.put_execution(
        Execution(
            type="Train",
            key="k",
            state=ExecutionState.RUNNING,
            custom_properties={"process": Struct.of(gone), "recording": "u", "host": "h"},
        )
    )

    assert [(lost.execution.key, lost.host, lost.pid) for lost in graph.lost()] == [("k", "h", gone["pid"])]
    with graph.execution("Train", key="k", capture=NOTHING) as step:
        pass
    assert step.key == "k#2"
    assert [lost.execution.key for lost in graph.cancel_lost()] == ["k"]
    assert execution(graph, "k").state is ExecutionState.CANCELED
    assert graph.lost() == []
    assert graph.cancel_lost() == []


def test_a_step_that_runs_elsewhere_under_the_key_is_left_alone(graph: Graph) -> None:
    with graph.execution("Train", key="k", capture=NOTHING) as first:
        with (
            pytest.warns(RecordingWarning, match="is being recorded by a process that still runs"),
            graph.execution("Train", key="k", capture=NOTHING) as second,
        ):
            second.output(type="Model")
        first.log(loss=1.0)

    assert graph.lost() == []
    assert graph.count(kind="execution") == 1
    assert graph.count(kind="artifact") == 0
    assert execution(graph, "k").custom_properties["loss"] == 1.0


# -- whose bytes ----------------------------------------------------------------------------------------------------


def test_the_output_of_one_step_is_the_input_of_the_next_by_its_bytes(
    graph: Graph, bypass: Bypass, folder: Path
) -> None:
    (folder / "a").write_bytes(b"features")
    with graph.execution("Extract", capture=NOTHING) as first:
        made = first.output("a", type="Features")
    (folder / "elsewhere").write_bytes(b"features")
    with graph.execution("Train", capture=NOTHING) as second:
        used = second.input("elsewhere")

    assert (used.key, used.type) == (made.key, "Features")
    assert [(row["kind"], row["certainty"]) for row in inputs(bypass, second.key)] == [("INPUT", "observed")]
    places = artifact(graph, made.key).custom_properties["places"]
    assert isinstance(places, Struct)
    assert [place["uri"] for place in cast("list[dict[str, str]]", places.data)] == [
        (folder / "a").as_uri(),
        (folder / "elsewhere").as_uri(),
    ]


def test_a_folder_is_known_by_its_content(graph: Graph, folder: Path) -> None:
    (folder / "set" / "x").mkdir(parents=True)
    (folder / "set" / "x" / "1.png").write_bytes(b"png")
    with graph.execution("Capture", capture=NOTHING) as step:
        made = step.output(folder / "set", type="CaptureBatch")
    (folder / "set").rename(folder / "moved")
    with graph.execution("Train", capture=NOTHING) as step:
        assert step.input("moved").key == made.key


def test_equal_files_of_two_runs_do_not_tie_the_runs_together(graph: Graph, bypass: Bypass, folder: Path) -> None:
    (folder / "metrics.json").write_text("{}")
    keys = set()
    for _ in range(2):
        with graph.execution("Evaluate", capture=NOTHING) as step:
            keys.add(step.output("metrics.json", type="Metrics").key)

    assert len(keys) == 2
    with graph.execution("Report", capture=NOTHING) as step:  # the place says which of them it is
        assert step.input("metrics.json").key in keys
    (folder / "copy.json").write_text("{}")
    with (
        pytest.warns(RecordingWarning, match="those of 2 artifacts"),
        graph.execution("Report", capture=NOTHING) as step,
    ):
        taken = step.input("copy.json")
    assert [(row["kind"], row["certainty"]) for row in inputs(bypass, step.key)] == [("POSSIBLE_INPUT", "inferred")]
    told = execution(graph, step.key).custom_properties["ambiguous_inputs"]
    assert isinstance(told, Struct)
    [entry] = cast("list[dict[str, object]]", told.data)
    assert {entry["input"], *cast("list[str]", entry["others"])} == keys
    assert entry["input"] == taken.key


def test_an_input_of_another_type_is_another_artifact(graph: Graph, folder: Path) -> None:
    (folder / "a").write_bytes(b"1")
    with graph.execution("Extract", capture=NOTHING) as step:
        made = step.output("a", type="Features")
    with graph.execution("Train", capture=NOTHING) as step:
        used = step.input("a", type="Dataset")
        same = step.input("a", type="Dataset")

    assert used.key != made.key
    assert same.key == used.key
    assert used.type == "Dataset"


def test_files_that_nobody_produced_are_one_by_their_bytes(graph: Graph, folder: Path) -> None:
    (folder / "a").write_bytes(b"1")
    (folder / "b").write_bytes(b"1")
    keys = set()
    for name in "ab":
        with graph.execution("Train", capture=NOTHING) as step:
            keys.add(step.input(name, type="Dataset").key)

    assert len(keys) == 1


def test_empty_files_never_match_by_their_bytes(graph: Graph, bypass: Bypass, folder: Path) -> None:
    (folder / "a").touch()
    (folder / "b").touch()
    with graph.execution("Mark", capture=NOTHING) as step:
        made = step.output("a", type="Flag")
    with graph.execution("Wait", capture=NOTHING) as step:
        assert step.input("b").key != made.key
    with graph.execution("Wait", capture=NOTHING) as step:  # but the place says something
        assert step.input("a").key == made.key
    assert [row["certainty"] for row in inputs(bypass, step.key)] == ["inferred"]


def test_remote_places_are_recorded_as_given(graph: Graph, bypass: Bypass) -> None:
    with graph.execution("Export", capture=NOTHING) as step:
        plain = step.output("s3://bucket/v3.parquet", type="Dataset")
        known = step.output("https://ann:pw@example.org/m?sig=abc", type="Model", digest="ab" * 32)
    with graph.execution("Train", capture=NOTHING) as step:
        assert step.input("s3://bucket/v3.parquet").key == plain.key
        assert step.input("s3://mirror/m", digest="sha256:" + "ab" * 32).key == known.key

    assert artifact(graph, plain.key).digest is None
    assert artifact(graph, known.key).digest == "sha256:" + "ab" * 32
    assert artifact(graph, known.key).uri == "https://example.org/m?sig=***"
    assert [row["certainty"] for row in inputs(bypass, step.key)] == ["inferred", "observed"]


def test_artifacts_may_be_given_themselves(graph: Graph, bypass: Bypass) -> None:
    stored = graph.put_artifact(Artifact(type="Dataset", name="v3", custom_properties={"rows": 5}))
    with graph.execution("Train", capture=NOTHING) as step:
        step.input(stored, role=("examples", 0))
        model = step.output(type="Model", name="m", version="1")
    with graph.execution("Deploy", capture=NOTHING) as deploy:
        deploy.input(model)
        deployment = deploy.output(
            type="Deployment", name="plant-2/line-3", version="1", contexts={"Endpoint": "plant-2/line-3"}
        )

    assert [(row["key"], row["path"]) for row in inputs(bypass, step.key)] == [(stored.key, '["examples", 0]')]
    assert artifact(graph, stored.key) == graph.get(stored)
    assert {node.type for node in graph.downstream(stored).nodes} == {
        "Dataset",
        "Train",
        "Model",
        "Deploy",
        "Deployment",
    }
    assert [n.name for n in graph.find(kind="artifact", context="Endpoint/plant-2/line-3")] == [deployment.name]


def test_an_artifact_of_another_store_is_refused(graph: Graph) -> None:
    with (
        graph.execution("Train", capture=NOTHING) as step,
        pytest.raises(NotFoundError, match="not in the store"),
    ):
        step.input(Artifact(type="Dataset", name="v3", key="elsewhere", id=7))

    assert execution(graph, step.key).state is ExecutionState.COMPLETE


def test_an_output_can_be_used_before_its_step_has_ended(graph: Graph, folder: Path) -> None:
    (folder / "a").write_bytes(b"1")
    with graph.execution("Outer", capture=NOTHING) as outer:
        named = outer.output("a", type="Model", name="m", version="1", depth=3)
        own = outer.output("a", type="Metrics")
        with graph.execution("Inner", capture=NOTHING) as inner:
            inner.input(named)
            inner.input(own)

    assert artifact(graph, named.key).custom_properties["depth"] == 3
    assert {node.type for node in graph.upstream(inner.key).nodes} == {"Inner", "Metrics", "Model", "Outer"}


# -- names and versions ---------------------------------------------------------------------------------------------


def test_other_bytes_under_a_version_do_not_stop_a_finished_training(graph: Graph, folder: Path) -> None:
    def train(content: bytes) -> RecordedArtifact:
        (folder / "m").write_bytes(content)
        with graph.execution("Train", capture=NOTHING) as step:
            return step.output("m", type="Model", name="inspector", version="7")

    first = train(b"one")
    with pytest.warns(RecordingWarning, match="'inspector/7' is there already with other bytes"):
        second, third = train(b"two"), train(b"two")
    model = train(b"one")
    keys = [first.key, second.key, third.key, model.key]

    digest = fingerprint(folder / "m").digest
    assert digest != artifact(graph, keys[1]).digest
    assert keys[0] == keys[3]
    assert keys[1] == keys[2]
    other = artifact(graph, keys[1])
    mark = cast("str", other.digest).removeprefix("sha256:")[:8]
    assert (other.name, other.family, other.version) == (f"inspector/7+{mark}", "inspector", f"7+{mark}")
    assert model.name == "inspector/7"
    assert graph.count(type="Model") == 2


def test_two_outputs_of_one_step_under_one_version_stay_two(graph: Graph, folder: Path) -> None:
    (folder / "a").write_bytes(b"1")
    (folder / "b").write_bytes(b"2")
    with pytest.warns(RecordingWarning, match="already with other bytes"), graph.execution("Train") as step:
        first = step.output("a", type="Model", name="m", version="1")
        second = step.output("b", type="Model", name="m", version="1")

    assert first.key != second.key
    assert {artifact(graph, first.key).digest, artifact(graph, second.key).digest} == {first.digest, second.digest}


def test_named_without_a_version_each_content_is_one(graph: Graph, folder: Path) -> None:
    names = []
    for content in (b"one", b"two", b"one"):
        (folder / "m").write_bytes(content)
        with graph.execution("Train", capture=NOTHING) as step:
            names.append(step.output("m", type="Model", name="inspector").name)

    assert names[0] == names[2] != names[1]
    digest = fingerprint(folder / "m").digest.removeprefix("sha256:")
    assert names[0] == f"inspector/{digest[:12]}"


def test_a_recorded_name_and_a_put_one_are_the_same_artifact(graph: Graph) -> None:
    put = graph.put_artifact(Artifact(type="Model", name="inspector/7", custom_properties={"owner": "ann"}))
    with graph.execution("Train", capture=NOTHING) as step:
        model = step.output(type="Model", name="inspector", version="7", depth=3)

    assert model.key == put.key
    assert artifact(graph, put.key).custom_properties == {"owner": "ann", "depth": 3}


def test_names_that_stand_under_other_keys_are_found_by_their_names(graph: Graph) -> None:
    model = graph.put_artifact(Artifact(type="Model", name="inspector/7", key="mine"))
    line = graph.put_context(Context(type="Line", name="plant/3", key="line three"))
    with graph.execution("Train", contexts={"Line": "plant/3"}, capture=NOTHING) as step:
        made = step.output(type="Model", name="inspector", version="7", contexts={"Line": "plant/3"})

    assert (made.key, made.id) == ("mine", model.id)
    assert [node.key for node in graph.find(kind="context")] == [line.key]
    assert [node.key for node in graph.find(kind="artifact", context=line)] == ["mine"]
    assert [node.key for node in graph.find(kind="execution", context=line)] == [step.key]


def test_a_version_without_a_name_is_refused(graph: Graph) -> None:
    with graph.execution("Train", capture=NOTHING) as step:
        with pytest.raises(RecordingError, match="goes with a name"):
            step.output(type="Model", version="7")
        with pytest.raises(RecordingError, match="nothing says which artifact"):
            step.input(type="Model")


# -- files that change ----------------------------------------------------------------------------------------------


def test_an_input_that_changes_while_it_is_used_is_noticed(graph: Graph, folder: Path) -> None:
    (folder / "a").write_bytes(b"before")
    with (
        pytest.warns(RecordingWarning, match="a was changed between"),
        graph.execution("Train", capture=NOTHING) as step,
    ):
        used = step.input("a", type="Dataset")
        (folder / "a").write_bytes(b"after!")

    told = execution(graph, step.key).custom_properties["changed_files"]
    assert isinstance(told, Struct)
    assert told.data == [
        {
            "role": "input",
            "uri": (folder / "a").as_uri(),
            "digest": used.digest,
            "digest_at_end": fingerprint(folder / "a").digest,
        }
    ]


def test_a_file_that_is_only_touched_did_not_change(graph: Graph, folder: Path) -> None:
    (folder / "a").write_bytes(b"same")
    with graph.execution("Train", capture=NOTHING) as step:
        step.input("a", type="Dataset")
        (folder / "a").write_bytes(b"same")

    assert "changed_files" not in execution(graph, step.key).custom_properties


def test_an_output_is_recorded_as_it_is_at_the_end(graph: Graph, folder: Path) -> None:
    (folder / "a").write_bytes(b"half")
    with pytest.warns(RecordingWarning, match="a was changed"), graph.execution("Train", capture=NOTHING) as step:
        early = step.output("a", type="Model", name="m", version="1")
        late = step.output("later", type="Model", name="n", version="1")
        (folder / "a").write_bytes(b"whole")
        (folder / "later").write_bytes(b"late")

    assert artifact(graph, early.key).digest == early.digest == fingerprint(folder / "a").digest
    assert artifact(graph, late.key).digest == late.digest == fingerprint(folder / "later").digest
    assert "missing" not in artifact(graph, late.key).custom_properties


def test_a_step_may_rewrite_its_own_input(graph: Graph, folder: Path) -> None:
    (folder / "a").write_bytes(b"before")
    with graph.execution("FineTune", capture=NOTHING) as step:
        before = step.input("a", type="Model")
        (folder / "a").write_bytes(b"after")
        after = step.output("a", type="Model")

    assert before.digest != after.digest
    assert "changed_files" not in execution(graph, step.key).custom_properties


def test_a_file_that_is_not_there_is_recorded_as_missing(graph: Graph, folder: Path) -> None:
    with (
        pytest.warns(RecordingWarning, match="cannot be read|was not there"),
        graph.execution("Train", capture=NOTHING) as step,
    ):
        used = step.input("nowhere", type="Dataset")
        made = step.output("never", type="Model", name="m", version="1")

    assert artifact(graph, used.key).custom_properties["missing"] is True
    assert artifact(graph, made.key).custom_properties["missing"] is True


# -- contexts -------------------------------------------------------------------------------------------------------


def test_outputs_belong_to_pipeline_and_run_and_to_contexts_of_their_own(graph: Graph, bypass: Bypass) -> None:
    with graph.execution(
        "Capture",
        pipeline="p",
        run="1",
        contexts={"Factory": "plant-2", "Line": "plant-2/line-3", "Camera": "plant-2/line-3/B"},
        capture=NOTHING,
    ) as step:
        step.input("s3://b/config", type="CameraConfig", contexts={"Vendor": "acme"})
        step.output("s3://b/batch", type="CaptureBatch", contexts={"Shelf": ["plant-2/s/1", "plant-2/s/2"]})

    rows = bypass.run("MATCH (a)-[r]->(c:Context) RETURN a.type AS a, type(r) AS r, c.name AS c ORDER BY a, r, c")
    found: dict[tuple[object, object], list[object]] = {}
    for row in rows:
        found.setdefault((row["a"], row["r"]), []).append(row["c"])
    assert found == {
        ("Capture", "ASSOCIATION"): ["p", "p/1", "plant-2", "plant-2/line-3", "plant-2/line-3/B"],
        ("CaptureBatch", "ATTRIBUTION"): ["p", "p/1", "plant-2/s/1", "plant-2/s/2"],
        ("CameraConfig", "ATTRIBUTION"): ["acme"],
        ("Run", "PARENT"): ["p"],
        ("Line", "PARENT"): ["plant-2"],
        ("Camera", "PARENT"): ["plant-2/line-3"],
        ("Shelf", "PARENT"): ["plant-2", "plant-2"],
    }


def test_recorded_contexts_and_put_ones_are_the_same(graph: Graph) -> None:
    put = graph.put_context(Context(type="Line", name="plant-2/line-3"))
    with graph.execution("Capture", contexts={"Line": "plant-2/line-3"}, capture=NOTHING):
        pass

    assert [node.id for node in graph.find(kind="context")] == [put.id]


# -- many at once ---------------------------------------------------------------------------------------------------


def test_threads_record_the_same_version_at_once_and_nothing_is_lost(
    graph: Graph, bypass: Bypass, folder: Path
) -> None:
    errors: list[BaseException] = []
    (folder / "shared").write_bytes(b"data")
    barrier = threading.Barrier(4)

    def record(number: int) -> None:
        try:
            path = folder / f"m{number}"
            path.write_bytes(b"same" if number % 2 else b"other")
            barrier.wait()
            for at in range(5):
                with graph.execution("Train", key=f"{number}/{at}", pipeline="p", run=str(at), capture=NOTHING) as step:
                    step.input("shared", type="Dataset")
                    step.output(path, type="Model", name="m", version=str(at))
        except BaseException as error:  # noqa: BLE001 - reported by the test below
            errors.append(error)

    threads = [threading.Thread(target=record, args=(number,)) for number in range(4)]
    with pytest.warns(RecordingWarning, match="already with other bytes"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert errors == []
    assert graph.count(kind="execution", state="COMPLETE") == 20
    assert graph.count(type="Dataset") == 1
    assert graph.count(type="Model") == 10
    for number in range(4):
        for at in range(5):
            [key] = outputs(bypass, f"{number}/{at}")
            assert artifact(graph, str(key)).digest == fingerprint(folder / f"m{number}").digest
    assert len(bypass.run("MATCH (:Artifact {type: 'Dataset'})-[r:INPUT]->(e) RETURN e.key AS key")) == 20
    assert not (folder / "spool").exists()


# -- secrets --------------------------------------------------------------------------------------------------------


def test_no_secret_reaches_the_store(
    graph: Graph, bypass: Bypass, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "correct-horse-battery"
    monkeypatch.setenv("SERVICE_TOKEN", secret)
    monkeypatch.setattr(
        "sys.orig_argv", ["python", "train.py", "--token", secret, f"--password={secret}", f"key={secret}"]
    )
    with (
        pytest.warns(RecordingWarning, match="api_key: looks like a secret"),
        pytest.raises(RuntimeError, match="refused"),
        graph.execution("Train", parameters={"api_key": secret, "depth": 8}) as step,
    ):
        step.input(f"https://ann:{secret}@example.org/x?token={secret}", type="Dataset")
        raise RuntimeError(f"refused Authorization: Bearer {secret}")

    rows = bypass.run("MATCH (n) RETURN properties(n) AS p") + bypass.run("MATCH ()-[r]->() RETURN properties(r) AS p")
    assert len(rows) > 3
    assert secret not in repr(rows)
    assert execution(graph, step.key).custom_properties["param_depth"] == 8


# -- another process's name -----------------------------------------------------------------------------------------


def test_a_strict_graph_raises_what_goes_wrong(target: Target, folder: Path) -> None:
    with provgraph.connect(target.url, user=target.user, password=target.password, strict=True) as graph:
        with graph.execution("Train", capture=NOTHING) as step, pytest.raises(RecordingError, match="cannot be read"):
            step.input("nowhere", type="Dataset")
        assert execution(graph, step.key).state is ExecutionState.COMPLETE


def test_names_that_loaders_use_for_other_things_do_not_get_in_the_way(graph: Graph) -> None:
    graph.put_artifact(Artifact(type="Model", name="m/1", source="mlmd/other", key="mlmd/other/Artifact/1"))
    with graph.execution("Train", capture=NOTHING) as step:
        model = step.output(type="Model", name="m", version="1")

    assert model.key == "provgraph/Artifact/Model/m/1"
    with pytest.raises(ConflictError):
        graph.put_artifact(Artifact(type="Model", name="m/1", key="another"))


def test_a_fork_that_leaves_the_block_does_not_end_the_step(graph: Graph) -> None:
    try:
        with graph.execution("Train", key="forked", capture=NOTHING) as step:
            child = os.fork()
            if child == 0:
                raise SystemExit(3)
            os.waitpid(child, 0)
            assert execution(graph, "forked").state is ExecutionState.RUNNING
            step.log(loss=0.5)
    except SystemExit:
        os._exit(0)
    assert execution(graph, "forked").state is ExecutionState.COMPLETE
    assert execution(graph, "forked").get("loss") == 0.5


def test_a_task_that_is_canceled_makes_its_step_canceled(graph: Graph) -> None:
    async def job() -> None:
        with graph.execution("Train", key="task", capture=NOTHING):
            await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.create_task(job())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert execution(graph, "task").state is ExecutionState.CANCELED


def test_values_that_hold_themselves_do_not_stop_a_training(graph: Graph) -> None:
    own: dict[str, object] = {}
    own["self"] = own
    with (
        pytest.warns(RecordingWarning, match="repr"),
        graph.execution("Train", key="cyclic", parameters={"own": own}, capture=NOTHING) as step,
    ):
        step.log(own=own)
    assert execution(graph, "cyclic").state is ExecutionState.COMPLETE


def test_an_output_that_was_never_made_is_told(graph: Graph, folder: Path) -> None:
    with (
        pytest.warns(RecordingWarning, match="was not there when the step ended"),
        graph.execution("Train", capture=NOTHING) as step,
    ):
        step.output("model.joblib", type="Model", name="never", version="1")
    assert artifact(graph, "Model/never/1").get("missing") is True


def test_a_strict_graph_hashes_an_output_that_is_made_later(target: Target, folder: Path) -> None:
    with provgraph.connect(target.url, user=target.user, password=target.password, strict=True) as graph:
        with graph.execution("Train", capture=NOTHING) as step:
            step.output("model.joblib", type="Model", name="late", version="1")
            (folder / "model.joblib").write_bytes(b"weights")
        assert artifact(graph, "Model/late/1").digest == fingerprint(folder / "model.joblib").digest
