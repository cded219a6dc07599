"""MLflow's tracking stores: what each table becomes, in every schema, as a database and as a folder."""

from __future__ import annotations

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from provgraph.model import ArtifactState, EventType, Execution, Struct
from tests.loaders.mlflow.example import START, example, model_id, run_id, write_example, write_example_folder
from tests.loaders.mlflow.folder import write_folder
from tests.loaders.mlflow.golden import RECORDS, records_of_example
from tests.loaders.mlflow.reading import Read, plain, read
from tests.loaders.mlflow.schemas import VERSIONS, change, create, insert
from tests.loaders.mlflow.strategies import Made, stores


@pytest.fixture
def store(tmp_path: Path) -> Path:
    write_example(tmp_path / "mlflow.db")
    return tmp_path / "mlflow.db"


def dataset_key(found: Read) -> str:
    [key] = [key for key in found.artifacts if key.startswith("dataset/")]
    return key


def test_the_example_becomes_the_records_that_are_kept() -> None:
    assert records_of_example() == json.loads(RECORDS.read_text("utf-8"))


def test_a_folder_becomes_what_the_database_of_the_same_rows_becomes(store: Path, tmp_path: Path) -> None:
    write_example_folder(tmp_path / "mlruns")
    from_folder, from_file = read(tmp_path / "mlruns").records(), read(store).records()
    # a folder says `nan` of a model's metric where a database says 0; the example says 0 in both
    assert [r for r in from_folder if r not in from_file] == [r for r in from_file if r not in from_folder]
    assert read(tmp_path, name="S").records() == read(tmp_path / "mlruns").records()


@settings(max_examples=25)
@given(made=stores())
def test_a_generated_store_reads_back_as_it_was_both_ways(made: Made) -> None:
    with TemporaryDirectory() as place:
        path = create(Path(place) / "mlflow.db", rows=made.rows)
        found = read(path, batch_size=2)
        write_folder(Path(place) / "mlruns", made.rows)
        assert read(Path(place) / "mlruns").records() == found.records()
    assert set(found.executions) == set(made.runs)
    for run, (state, parameters, metrics) in made.runs.items():
        execution = found.executions[run]
        assert execution.state is state
        expected: dict[str, object] = {f"param_{name}": value for name, value in parameters.items()}
        for name, values in metrics.items():
            expected |= zip((f"{word}_{name}" for word in ("metric", "min", "max")), values, strict=True)
        assert dict(execution.custom_properties) == expected
        assert all(type(execution.custom_properties[name]) is type(value) for name, value in expected.items())
    ids = {(a.family, a.version): key for key, a in found.artifacts.items() if a.type == "Dataset"}
    assert found.flows == {
        (run, way, ids[what] if isinstance(what, tuple) else f"model/{what}")
        for run, way, what in made.flows
        if isinstance(what, str | tuple)
    }
    assert {pair for pair in found.parents if "experiment" not in pair[1]} == {
        (f"run/{child}", f"run/{parent}") for child, parent in made.parents
    }
    assert {(first, second) for first, second, _ in found.same} == made.same


@pytest.mark.parametrize("version", VERSIONS)
def test_each_schema_yields_what_it_can_hold(tmp_path: Path, version: str) -> None:
    found = read(create(tmp_path / "mlflow.db", version, example()))
    at = VERSIONS.index(version)
    assert len(found.executions) == 4
    assert found.executions[run_id(2)].custom_properties["max_accuracy"] == 0.9
    kinds = [artifact.type for artifact in found.artifacts.values()]
    expected = (0, 1, 1) if at >= 2 else (0, 0, 0)
    assert (kinds.count("Model"), kinds.count("Dataset"), int("champion" in str(found.artifacts))) == (
        2 if at >= 3 else 0,
        *expected[1:],
    )
    assert kinds.count("ModelVersion") == (4 if at >= 1 else 0)
    assert (f"run/{run_id(2)}", f"run/{run_id(1)}") in found.parents
    assert found.contexts["experiment/1"].name == "churn"


# -- the traps --------------------------------------------------------------------------------------------------


def test_one_dataset_of_two_experiments_is_one_and_keeps_both_ids(store: Path) -> None:
    found = read(store)
    dataset = found.artifacts[dataset_key(found)]
    assert dataset.custom_properties["dataset_ids"] == Struct.of(["d1", "d2"])
    assert {run for run, way, what in found.flows if what == dataset_key(found) and way == "INPUT"} == {
        run_id(2),
        run_id(3),
        run_id(4),
    }


@pytest.mark.parametrize("column", ["name", "digest", "dataset_source", "dataset_source_type"])
def test_a_dataset_that_differs_in_anything_is_another(store: Path, column: str) -> None:
    change(store, f"UPDATE datasets SET {column} = 'other' WHERE dataset_uuid = 'd2'")
    found = read(store)
    datasets = [a for key, a in found.artifacts.items() if key.startswith("dataset/")]
    assert len(datasets) == 2
    assert len({dataset.name for dataset in datasets}) == 2


def test_a_digest_of_mlflow_is_shown_as_weak_and_equals_no_hash(store: Path) -> None:
    found = read(store)
    dataset = found.artifacts[dataset_key(found)]
    assert dataset.digest == "weak:9cfe992a"
    assert dataset.custom_properties["digest_strength"] == "weak"


def test_a_model_is_no_input_of_the_run_that_made_it(store: Path) -> None:
    found = read(store)
    model = f"model/{model_id(2)}"
    assert {(run, way) for run, way, what in found.flows if what == model} == {
        (run_id(2), "OUTPUT"),
        (run_id(4), "INPUT"),
    }
    assert any(note.startswith("left alone: 1 model inputs") for note in found.notes())


def test_a_model_whose_maker_only_its_own_row_names_is_its_output(store: Path) -> None:
    change(store, "DELETE FROM inputs WHERE source_type = 'RUN_OUTPUT'")
    assert (run_id(2), "OUTPUT", f"model/{model_id(2)}") in read(store).flows


def test_versions_are_joined_by_source_place_or_run(store: Path) -> None:
    found = read(store)
    assert found.same == {
        ("version/churn-model/1", f"model/{model_id(2)}", "source"),
        ("version/churn-model/2", f"model/{model_id(3)}", "artifact location"),
        ("version/churn-model/4", "version/churn-model/1", "copied"),
    }
    assert (run_id(3), "OUTPUT", "version/churn-model/3") in found.flows


HISTORY = [
    {
        "run_id": "of no meaning",
        "artifact_path": "model",
        "utc_time_created": "2026-11-25 04:16:55.998061",
        "flavors": {"python_function": {"python_version": "3.11.7"}, "sklearn": {}},
        "model_uuid": "48e1",
        "mlflow_version": "1.30.1",
    }
]


def with_history(path: Path, value: str) -> Path:
    row = {"run_uuid": run_id(1), "key": "mlflow.log-model.history", "value": value}
    insert(path, {"tags": [row]}, "1.30")
    return path


@pytest.mark.parametrize(
    "source",
    [f"runs:/{run_id(1)}/model", f"./mlruns/1/{run_id(1)}/artifacts/model", f"file:///x/{run_id(1)}/artifacts/model/"],
)
def test_models_of_mlflow_1_and_2_come_from_the_tag_of_their_run(tmp_path: Path, source: str) -> None:
    path = with_history(create(tmp_path / "old.db", "1.30", example()), json.dumps(HISTORY))
    change(path, "UPDATE model_versions SET source = ?, run_id = ? WHERE version = 1", (source, run_id(1)))
    found = read(path)
    tail = f"run_model/{run_id(1)}/model"
    model = found.artifacts[tail]
    assert model.custom_properties == {
        "artifact_path": "model",
        "model_uuid": "48e1",
        "mlflow_version": "1.30.1",
        "python": "3.11.7",
        "flavors": Struct.of(["python_function", "sklearn"]),
    }
    assert model.created_at == 1_795_580_215_998
    assert (run_id(1), "OUTPUT", tail) in found.flows
    assert ("version/churn-model/1", tail, "run and path") in found.same


@pytest.mark.parametrize("value", ['[{"artifact_path": "mod', "7", "[7]", '[{"artifact_path": 7}]', "[" * 100_000])
def test_a_damaged_list_of_models_is_dropped_with_its_run_named(tmp_path: Path, value: str) -> None:
    path = with_history(create(tmp_path / "old.db", "1.30", example()), value)
    found = read(path)
    assert not [key for key in found.artifacts if key.startswith("run_model")]
    assert any(note.startswith("dropped: 1 ") and run_id(1) in note for note in found.notes())


def test_data_that_mlflow_was_not_told_of_is_missed_in_the_report(store: Path) -> None:
    assert not any("MLflow was not told" in note for note in read(store).notes())
    change(store, "DELETE FROM inputs WHERE source_type = 'DATASET'")
    assert any(note.startswith("unknown: 2 datasets of runs that made models") for note in read(store).notes())


# -- properties -------------------------------------------------------------------------------------------------


def test_a_run_carries_its_commit_metrics_parameters_and_tags(store: Path) -> None:
    execution = read(store).executions[run_id(2)]
    assert isinstance(execution, Execution)
    loss = execution.custom_properties["metric_loss"]
    assert isinstance(loss, float)
    assert math.isnan(loss)
    rest = {name: value for name, value in execution.custom_properties.items() if name != "metric_loss"}
    assert rest == {
        "git_commit": "1d3b9c0a" * 5,
        "user": "anna",
        "artifact_uri": f"s3://models/1/{run_id(2)}/artifacts",
        "tag_team": "vision",
        "param_depth": 3,
        "param_rate": 0.1,
        "param_seed": "007",
        "metric_accuracy": 0.7,
        "min_accuracy": 0.5,
        "max_accuracy": 0.9,
    }
    assert (execution.started_at, execution.ended_at) == (START + 120_000, START + 180_000)


def test_no_secret_is_stored(store: Path, tmp_path: Path) -> None:
    write_example_folder(tmp_path / "mlruns")
    for source in (store, tmp_path / "mlruns"):
        found = read(source)
        assert "geheim" not in repr(found.records())
        assert any(note.startswith("dropped: 4 secrets") for note in found.notes())


def test_the_last_value_is_that_of_the_last_step_then_of_the_last_moment(tmp_path: Path) -> None:
    rows = example() | {"metrics": [], "latest_metrics": []}
    for value, step, time in ((1.0, 3, 1), (2.0, 1, 9), (3.0, 3, 2), (0.5, 0, 9)):
        row = {"run_uuid": run_id(1), "key": "loss", "value": value, "step": step, "timestamp": time}
        rows["metrics"].append(row)
    found = read(create(tmp_path / "mlflow.db", rows=rows)).executions[run_id(1)].custom_properties
    assert (found["metric_loss"], found["min_loss"], found["max_loss"]) == (3.0, 0.5, 3.0)


def test_versions_that_were_deleted_stay_visible_and_stages_and_aliases_are_kept(store: Path) -> None:
    change(store, "UPDATE model_versions SET current_stage = 'Deleted_Internal' WHERE version = 2")
    found = read(store).artifacts
    first, second = found["version/churn-model/1"], found["version/churn-model/2"]
    assert first.custom_properties["stage"] == "Production"
    assert first.custom_properties["aliases"] == Struct.of(["champion"])
    assert second.state is ArtifactState.DELETED
    assert "stage" not in second.custom_properties


def test_prompts_are_no_models(store: Path) -> None:
    insert(
        store, {"registered_model_tags": [{"name": "churn-model", "key": "mlflow.prompt.is_prompt", "value": "true"}]}
    )
    assert read(store).artifacts["version/churn-model/1"].type == "Prompt"


def test_models_of_one_name_in_two_workspaces_are_two(store: Path) -> None:
    insert(store, {"registered_models": [{"name": "churn-model", "workspace": "blue"}]})
    insert(store, {"model_versions": [{"name": "churn-model", "version": 1, "workspace": "blue", "run_id": run_id(3)}]})
    found = read(store)
    assert found.artifacts["version/blue:churn-model/1"].name == "churn-model/1 (workspace blue)"
    assert {found.contexts[f"registered_model/{name}"].name for name in ("churn-model", "blue:churn-model")} == {
        "churn-model (workspace default)",
        "churn-model (workspace blue)",
    }


def test_runs_of_one_name_and_beginning_are_told_apart(store: Path) -> None:
    twin = run_id(2)[:8] + "f" * 24
    insert(store, {"runs": [{"run_uuid": twin, "name": "depth", "experiment_id": 1}]})
    found = read(store).executions
    assert {found[run].name for run in (twin, run_id(2))} == {f"depth ({twin})", f"depth ({run_id(2)})"}


def test_inputs_carry_their_role(store: Path) -> None:
    roles = {(e.execution.rpartition("/")[2], e.path) for e in read(store).events if e.type is EventType.INPUT}
    assert {(run_id(2), ("training",)), (run_id(4), ("eval",))} <= roles


def test_a_store_that_nobody_named_keeps_its_name_when_it_grows(store: Path) -> None:
    before = read(store, name=None).report.store
    insert(store, {"runs": [{"run_uuid": "new", "experiment_id": 1, "start_time": START + 999_999}]})
    insert(store, {"experiments": [{"experiment_id": 7, "name": "new", "creation_time": START + 999_999}]})
    assert read(store, name=None).report.store == before


def test_records_are_the_same_in_batches_of_any_size(store: Path) -> None:
    assert read(store, batch_size=1).records() == read(store).records()
    assert max(len(batch.executions) for batch in read(store, batch_size=1).batches) == 1
    assert plain(Struct.of([1])) == {"struct": [1]}
