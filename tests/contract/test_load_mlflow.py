"""MLflow's tracking stores in the graph: all of them, once, whatever happened before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import LiteralString

import pytest
from hypothesis import HealthCheck, given, settings

from provgraph import Artifact, Execution, Graph
from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, run_loader
from provgraph.model import NodeKind
from provgraph_loaders.mlflow import MlflowLoader
from tests.loaders.mlflow.example import START, model_id, run_id, write_example, write_example_folder
from tests.loaders.mlflow.reading import read
from tests.loaders.mlflow.schemas import change, create, insert
from tests.loaders.mlflow.strategies import Made, stores
from tests.servers.target import Bypass, Target


@pytest.fixture
def store(tmp_path: Path) -> Path:
    write_example(tmp_path / "mlflow.db")
    return tmp_path / "mlflow.db"


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(made=stores())
def test_a_generated_store_arrives_whole_and_a_second_load_changes_nothing(graph: Graph, made: Made) -> None:
    name = uuid.uuid4().hex
    with TemporaryDirectory() as folder:
        path = create(Path(folder) / "mlflow.db", rows=made.rows)
        report = graph.load(path, "mlflow", name=name)
        again = graph.load(path, "mlflow", name=name)
        found = read(path, name=name)
    loaded = [node for node in graph.find() if node.source == f"mlflow/{name}"]
    assert len(loaded) == sum(len(batch.nodes) for batch in found.batches)
    assert report.created["INPUT"] + report.created["OUTPUT"] == len(made.flows)
    assert report.created["SAME_AS"] == 2 * len(made.same)
    assert not again.changed
    assert again.unchanged == report.created


def test_a_dataset_reaches_models_versions_and_what_they_were_copied_to(graph: Graph, store: Path) -> None:
    report = graph.load(store)
    assert report.loader == "mlflow"
    reached = graph.downstream("Dataset/rides/9cfe992a")
    assert {f"{report.store}/Artifact/{tail}" for tail in (f"model/{model_id(2)}", "version/churn-model/4")} <= {
        node.key for node in reached.artifacts
    }
    answers = graph.explain("ModelVersion/churn-model/1")
    assert answers.producer is not None
    assert answers.producer.key == f"{report.store}/Execution/{run_id(2)}"
    assert answers.hyperparameters.details == {"depth": 3, "rate": 0.1, "seed": "007"}
    assert answers.versions.text.startswith("commit 1d3b9c0a")
    run = graph.get(f"{report.store}/Execution/{run_id(2)}")
    assert isinstance(run, Execution)
    assert run.custom_properties["max_accuracy"] == 0.9


def test_a_folder_arrives_as_its_database_does(graph: Graph, store: Path, tmp_path: Path) -> None:
    write_example_folder(tmp_path / "mlruns")
    first, second = graph.load(store, name="db"), graph.load(tmp_path / "mlruns", name="folder")
    assert second.created - first.created == first.created - second.created


def test_a_store_that_grew_adds_what_is_new_and_changes_what_changed(graph: Graph, store: Path) -> None:
    report = graph.load(store)
    row = {"run_uuid": "new", "name": "late", "status": "RUNNING", "experiment_id": 1, "start_time": START}
    insert(store, {"runs": [row]})
    ends = {"source_type": "DATASET", "source_id": "d1", "destination_type": "RUN", "destination_id": "new"}
    insert(store, {"inputs": [{"input_uuid": "i9", **ends}]})
    change(store, "UPDATE registered_model_aliases SET version = 2")
    grown = graph.load(store)
    assert dict(grown.created) == {"Execution": 1, "Context": 1, "INPUT": 1, "ASSOCIATION": 2, "PARENT": 1}
    assert dict(grown.updated) == {"Artifact": 2, "Context": 1}
    version = graph.get(f"{report.store}/Artifact/version/churn-model/2")
    assert isinstance(version, Artifact)
    assert "aliases" in version.custom_properties
    change(store, "UPDATE runs SET status = 'FINISHED' WHERE run_uuid = 'new'")
    assert dict(graph.load(store).updated) == {"Execution": 1}


def test_an_experiment_that_was_renamed_leaves_its_name_to_another(graph: Graph, store: Path) -> None:
    report = graph.load(store)
    change(store, "UPDATE experiments SET name = 'churn, first try' WHERE experiment_id = 1")
    insert(store, {"experiments": [{"experiment_id": 9, "name": "churn", "creation_time": START + 99}]})
    graph.load(store)
    names = {node.key.rpartition("/")[2]: node.name for node in graph.find(kind=NodeKind.CONTEXT, type="Experiment")}
    assert (names["1"], names["9"]) == ("churn, first try", "churn")
    assert report.store


def test_a_refused_source_writes_nothing(graph: Graph, store: Path) -> None:
    half = store.with_name("half.db")
    half.write_bytes(store.read_bytes()[:40_000])
    with pytest.raises(LoadError, match="damaged"):
        graph.load(half, "mlflow")
    assert graph.count() == 0
    assert graph.types() == []


KILLED = """
import os, signal, sys, provgraph
from provgraph.loading import LoadOptions, loader_named, run_loader
def progress(done, total, words):
    if words == "runs":
        os.kill(os.getpid(), signal.SIGKILL)
with provgraph.connect(sys.argv[1], user=sys.argv[3] or None, password=sys.argv[4] or None) as graph:
    run_loader(graph._core, loader_named("mlflow"), sys.argv[2], options=LoadOptions(batch_size=10), progress=progress)
"""


def test_a_load_that_is_killed_leaves_whole_runs_and_the_next_completes_it(
    graph: Graph, store: Path, target: Target, bypass: Bypass
) -> None:
    runs = [{"run_uuid": f"r{number}", "experiment_id": 1, "start_time": START} for number in range(40)]
    ends = {"source_type": "DATASET", "source_id": "d1", "destination_type": "RUN"}
    inputs = [{"input_uuid": f"in{n}", "destination_id": f"r{n}", **ends} for n in range(40)]
    insert(store, {"runs": runs, "inputs": inputs})
    program = subprocess.run(
        [sys.executable, "-c", KILLED, target.url, str(store), target.user or "", target.password or ""],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
    )
    assert program.returncode == -signal.SIGKILL, program.stderr
    whole: LiteralString = "MATCH (e:Execution) RETURN count(e) AS n"
    before = number(bypass, whole)
    assert 0 < before < 44
    inputs_there: LiteralString = (
        "MATCH (e:Execution)<-[:INPUT]-(:Artifact {type: 'Dataset'}) RETURN count(DISTINCT e) AS n"
    )
    with_input = number(bypass, inputs_there)
    assert with_input == before - 1  # all but the search, which took none
    graph.load(store)
    assert number(bypass, whole) == 44
    assert not graph.load(store).changed


def number(bypass: Bypass, statement: LiteralString) -> int:
    [row] = bypass.run(statement)
    return int(str(row["n"]))


class Stopped(BaseException):
    """What a test throws from the middle of a load."""


def test_a_load_that_was_broken_off_is_completed_by_the_next(graph: Graph, store: Path) -> None:
    def stop(done: int, total: int | None, words: str) -> None:
        if words == "artifacts":
            raise Stopped

    with pytest.raises(Stopped):
        run_loader(graph._core, MlflowLoader(), str(store), options=LoadOptions(batch_size=1), progress=stop)
    assert graph.count(kind="execution") == 0
    graph.load(store)
    assert graph.count(kind="execution") == 4
    assert not graph.load(store).changed
