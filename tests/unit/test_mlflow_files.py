"""What is no tracking store is refused in one line; what is damaged costs no more than itself; nothing is changed."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport, recognise
from provgraph.model import ExecutionState
from provgraph_loaders.mlflow import MlflowLoader
from tests.loaders.mlflow.example import example, model_id, run_id, write_example, write_example_folder
from tests.loaders.mlflow.reading import Read, outcome, read
from tests.loaders.mlflow.schemas import VERSIONS, change, create, insert
from tests.mlmd.example import write_example as write_mlmd


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "db").mkdir()
    write_example(tmp_path / "db" / "mlflow.db")
    return tmp_path / "db" / "mlflow.db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_example_folder(tmp_path / "mlruns")
    return tmp_path / "mlruns"


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def refused(source: Path | str) -> str:
    with pytest.raises(LoadError) as caught:
        read(source)
    text = str(caught.value)
    assert "\n" not in text
    return text


# -- recognising --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_files_of_every_schema_are_recognised(tmp_path: Path, version: str) -> None:
    path = create(tmp_path / "mlflow.db", version)
    assert recognise(str(path)).name == "mlflow"


def test_folders_are_recognised_and_so_is_the_project_around_them(folder: Path) -> None:
    assert recognise(str(folder)).name == "mlflow"
    assert MlflowLoader().recognises(str(folder.parent))


@pytest.mark.parametrize("url", ["postgresql://db/mlflow", "postgresql+psycopg2://a:b@db/mlflow", "mysql://db/mlflow"])
def test_urls_of_databases_are_recognised(url: str) -> None:
    assert MlflowLoader().recognises(url)


@pytest.mark.parametrize("form", ["sqlite:///{}", "sqlite+pysqlite:///{}", "sqlite:///{}?timeout=5"])
def test_files_are_recognised_and_read_by_the_url_that_mlflow_was_given(store: Path, form: str) -> None:
    url = form.format(store)
    assert recognise(url).name == "mlflow"
    assert read(url).records() == read(store).records()


def test_a_url_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}"
    with pytest.raises(LoadError, match="there is no such file"):
        recognise(url)
    assert refused(url) == f"{tmp_path / 'none.db'}: there is no such file"


def test_a_file_that_was_cut_off_is_told_to_be_one_of_sqlite(store: Path) -> None:
    cut = store.with_name("cut.db")
    cut.write_bytes(store.read_bytes()[:20_000])
    with pytest.raises(LoadError, match="no loader recognises it: it is a SQLite file, damaged or of another program"):
        recognise(str(cut))
    assert refused(cut).startswith(f"{cut}: is damaged")


def test_others_are_not(tmp_path: Path) -> None:
    write_mlmd(tmp_path / "metadata.sqlite")
    (tmp_path / "text.txt").write_text("experiment_id: 1")
    (tmp_path / "empty").mkdir()
    for source in ("metadata.sqlite", "text.txt", "empty", "none", "bolt://host", "a\0b", "https://host/mlflow"):
        assert not MlflowLoader().recognises(source if "://" in source else str(tmp_path / source))
    assert recognise(str(tmp_path / "metadata.sqlite")).name == "mlmd"


# -- refusals -----------------------------------------------------------------------------------------------------


def test_what_is_no_store_is_refused_by_its_name(tmp_path: Path) -> None:
    write_mlmd(tmp_path / "metadata.sqlite")
    (tmp_path / "empty").mkdir()
    (tmp_path / "nothing.db").touch()
    expected = {
        "metadata.sqlite": "is a SQLite database, but no tracking store of MLflow (it lacks the table experiments)",
        "empty": "is a folder, but no file store of MLflow (no meta.yaml of an experiment in it)",
        "nothing.db": "is empty, so it is no tracking store of MLflow",
        "none.db": "there is no such file",
    }
    for name, words in expected.items():
        assert refused(tmp_path / name) == f"{tmp_path / name}: {words}"


def test_a_tracking_server_is_refused_with_what_to_name_instead() -> None:
    assert refused("https://anna:geheim@host/mlflow") == (
        "https://host/mlflow: is a tracking server: name the database or the folder that it serves instead"
    )


def test_a_database_that_does_not_answer_is_refused_without_its_password() -> None:
    pytest.importorskip("psycopg")
    text = refused("postgresql://anna:geheim@127.0.0.1:9/mlflow")
    assert text.startswith("postgresql://127.0.0.1:9/mlflow: cannot be read: ")
    assert "geheim" not in text


def test_the_report_names_a_url_without_its_password() -> None:
    report = LoadReport("mlflow", "https://anna:geheim@host/mlflow")
    with pytest.raises(LoadError):
        next(iter(MlflowLoader().load(report.source, LoadOptions(), report)))
    assert report.source == "https://host/mlflow"


def test_a_store_without_times_needs_a_name(tmp_path: Path) -> None:
    path = create(tmp_path / "old.db", "1.0")
    insert(path, {"runs": [{"run_uuid": "a", "experiment_id": 0}]}, "1.0")
    with pytest.raises(LoadError, match="give it a name"):
        read(path, name=None)
    assert list(read(path).executions) == ["a"]


def test_a_store_with_nothing_in_it_yields_nothing(tmp_path: Path) -> None:
    found = read(create(tmp_path / "mlflow.db"), name=None)
    assert found.batches == []
    assert found.notes() == [f"left alone: 1 stores: hold no run and no model yet ({tmp_path / 'mlflow.db'})"]


# -- what contradicts itself --------------------------------------------------------------------------------------


def test_rows_that_name_nothing_are_dropped_and_counted(store: Path) -> None:
    change(store, "DELETE FROM runs WHERE run_uuid = ?", (run_id(2),))
    found = read(store)
    told = "\n".join(found.notes())
    for words in (
        "3 tags of runs: belong to no run of the store",
        "3 parameters: belong to no run of the store",
        "4 metrics: belong to no run of the store",
        "inputs and outputs: name a run that is not in the store",
    ):
        assert words in told
    assert f"model/{run_id(2)}" not in {artifact for _, _, artifact in found.flows}


def test_runs_that_are_their_own_ancestors_lose_one_parent(store: Path) -> None:
    insert(store, {"tags": [{"run_uuid": run_id(1), "key": "mlflow.parentRunId", "value": run_id(3)}]})
    found = read(store)
    inside = {pair for pair in found.parents if "experiment" not in pair[1]}
    assert inside == {(f"run/{run_id(number)}", f"run/{run_id(1)}") for number in (2, 3)}
    assert f"dropped: 1 parents: would make a run its own ancestor (run {run_id(1)})" in found.notes()


def test_what_stands_in_an_experiment_that_is_not_in_the_store_stays_and_is_counted(store: Path) -> None:
    change(store, "DELETE FROM experiments WHERE experiment_id = 1")
    found = read(store)
    assert len(found.executions) == 4
    told = "\n".join(found.notes())
    for words in (
        f"dropped: 3 experiments of runs: are not in the store, so these stand in none (run {run_id(1)} in 1, ",
        "dropped: 1 experiments of datasets: are not in the store, so these stand in none (dataset d1 in 1)",
        f"dropped: 2 experiments of models: are not in the store, so these stand in none (model {model_id(2)} in 1, ",
    ):
        assert words in told
    write_example(store.with_name("whole.db"))
    assert "experiments of" not in "\n".join(read(store.with_name("whole.db")).notes())


def test_inputs_of_an_unknown_kind_are_named(store: Path) -> None:
    change(store, "UPDATE inputs SET source_type = 'TRACE' WHERE input_uuid = 'i1'")
    assert any("are of a kind that this loader does not know" in note for note in read(store).notes())


def test_unknown_tables_and_columns_are_named_and_known_others_only_if_they_hold_something(store: Path) -> None:
    change(store, "CREATE TABLE plugin (x)")
    change(store, "ALTER TABLE runs ADD COLUMN colour TEXT")
    told = "\n".join(read(store).notes())
    assert "(plugin)" in told
    assert "(runs.colour)" in told
    assert "trace_info" not in told
    insert(store, {"trace_info": [{"request_id": "t"}]})
    assert "left alone: 1 tables: hold traces" in "\n".join(read(store).notes())


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("start_time", -5, "are no moments"),
        ("end_time", 2**62, "are no moments"),
        ("start_time", "soon", "are no moments"),
        ("status", "DREAMING", "are none of MLflow's"),
        ("artifact_uri", "s3://" + "x" * 9_000, "are longer than 8,000 bytes"),
        ("name", "n\0ul" * 400, None),
        ("name", b"\xff\xfe", None),
        ("experiment_id", 99, None),
    ],
)
def test_odd_values_of_a_run_cost_no_more_than_themselves(
    store: Path, column: str, value: object, words: str | None
) -> None:
    change(store, f"UPDATE runs SET {column} = ? WHERE run_uuid = ?", (value, run_id(2)))
    found = read(store)
    assert found.executions[run_id(2)].custom_properties["param_depth"] == 3
    assert words is None or any(words in note for note in found.notes())


def test_names_that_no_property_can_have_and_endless_values_are_told(store: Path) -> None:
    keys = ("", "a\0b", "k" * 9_000)
    insert(store, {"params": [{"run_uuid": run_id(1), "key": key, "value": "1"} for key in keys]})
    insert(store, {"params": [{"run_uuid": run_id(1), "key": "long", "value": "x" * 100_000}]})
    found = read(store)
    assert set(found.executions[run_id(1)].custom_properties) == {"user", "artifact_uri", "param_long"}
    told = "\n".join(found.notes())
    assert "dropped: 3 values: have no name" in told
    assert "guessed: 1 texts: are longer than 65,536 characters" in told


# -- folders ------------------------------------------------------------------------------------------------------


def damaged(folder: Path, name: str, spoil: Callable[[Path], object]) -> Read:
    [path] = folder.glob(name)
    spoil(path)
    return read(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no fields"),
        ("run_id: [", "is no YAML in line"),
        ("a: &a [x, x]\nb: *a\n", "repeats itself by an alias"),
        ("a: {b: {c: d}}", "is nested deeper"),
        ("just words", "holds a word where fields should be"),
        ("a: " + "[" * 50_000, "is no YAML"),
    ],
)
def test_a_run_whose_file_is_damaged_is_dropped_and_named(folder: Path, text: str, words: str) -> None:
    found = damaged(folder, f"1/{run_id(3)}/meta.yaml", lambda path: path.write_text(text))
    assert set(found.executions) == {run_id(1), run_id(2), run_id(4)}
    assert any(words in note and f"(1/{run_id(3)})" in note for note in found.notes())


@pytest.mark.parametrize("length", [40, 120, 160, 200, 240])
def test_a_run_whose_file_was_cut_off_is_dropped_and_named(folder: Path, length: int) -> None:
    path = folder / "1" / run_id(3) / "meta.yaml"
    path.write_text(path.read_text()[:length])
    found = read(folder)
    assert set(found.executions) == {run_id(1), run_id(2), run_id(4)}
    [told] = [note for note in found.notes() if "runs: have a meta.yaml" in note]
    assert told.endswith(f"(1/{run_id(3)})")
    assert "is no YAML in line" in told or "status, which MLflow always writes: it may be cut off" in told


@pytest.mark.parametrize("named", ["run_id", "run_uuid"])
def test_runs_of_every_release_have_the_fields_that_are_asked_for(folder: Path, named: str) -> None:
    path = folder / "1" / run_id(3) / "meta.yaml"
    path.write_text(
        f"artifact_uri: /a\nend_time: null\nexperiment_id: '1'\nlifecycle_stage: active\n{named}: {run_id(3)}\n"
        "start_time: null\nstatus: 1\nuser_id: ''\n"
    )
    found = read(folder)
    assert found.executions[run_id(3)].state is ExecutionState.RUNNING
    assert "meta.yaml" not in "\n".join(found.notes())


@pytest.mark.parametrize("part", ["datasets/d1", f"models/{model_id(2)}", f"{run_id(2)}/inputs/i1"])
def test_other_parts_whose_file_was_cut_off_are_named(folder: Path, part: str) -> None:
    path = folder / "1" / part / "meta.yaml"
    path.write_text(path.read_text().partition("\n")[0] + "\n")
    assert any("it may be cut off" in note and f"(1/{part})" in note for note in read(folder).notes())


def test_a_run_without_its_file_is_named(folder: Path) -> None:
    for number in (1, 3):  # of the first, nothing else lies in the folder
        (folder / "1" / run_id(number) / "meta.yaml").unlink()
    found = read(folder)
    assert set(found.executions) == {run_id(2), run_id(4)}
    assert f"dropped: 2 runs: have no meta.yaml (1/{run_id(1)}, 1/{run_id(3)})" in found.notes()


def test_folders_that_are_no_runs_are_not_named(folder: Path) -> None:
    for name in (".trash", ".git", "notes", "1/.ipynb_checkpoints", "1/traces/tr-1", "1/tags", "2/plots/a"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    assert "meta.yaml" not in "\n".join(read(folder).notes())


def test_artifacts_of_runs_that_a_database_tracks_are_not_taken_for_lost_runs(folder: Path) -> None:
    (folder / "7" / ("a" * 32) / "artifacts").mkdir(parents=True)
    told = "\n".join(read(folder).notes())
    reason = "hold artifacts, but no meta.yaml: those of runs that another store tracks"
    assert f"left alone: 1 folders: {reason} (7/{'a' * 32})" in told
    assert "dropped: 1 experiments" not in told


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_text("artifact_location: s3://mo")])
def test_runs_of_an_experiment_whose_file_is_lost_stay_under_its_folders_id(
    folder: Path, spoil: Callable[[Path], object]
) -> None:
    before, store = read(folder), read(folder, name=None).report.store
    spoil(folder / "1" / "meta.yaml")
    found = read(folder)
    assert found.executions.keys() == before.executions.keys()
    assert found.flows == before.flows
    assert found.parents == before.parents
    assert found.contexts["experiment/1"].name == "1"
    adding = [context.key for batch in found.batches if batch.adds for context in batch.contexts]
    assert adding == ["mlflow/S/Context/experiment/1"]  # so place and times of an earlier load stay
    told = "\n".join(found.notes())
    assert "dropped: 1 experiments: have " in told
    assert "guessed: 1 experiments: are known by their folder only" in told
    assert read(folder, name=None).report.store == store


def test_an_experiment_of_which_nothing_is_left_is_named(folder: Path) -> None:
    (folder / "0" / "meta.yaml").unlink()
    found = read(folder)
    assert "dropped: 1 experiments: have no meta.yaml (0)" in found.notes()
    assert "experiment/0" not in found.contexts


def test_runs_whose_files_were_swapped_keep_the_ids_of_their_folders(folder: Path) -> None:
    one, two = (folder / "1" / run_id(number) / "meta.yaml" for number in (2, 3))
    text, other = one.read_text(), two.read_text()
    one.write_text(text.replace(f"run_id: {run_id(2)}", f"run_id: {run_id(3)}"))
    two.write_text(other.replace(f"run_id: {run_id(3)}", f"run_id: {run_id(2)}"))
    found = read(folder)
    assert found.executions[run_id(2)].custom_properties["param_depth"] == 3
    assert (run_id(2), "OUTPUT", f"model/{model_id(2)}") in found.flows
    [told] = [note for note in found.notes() if "have another id" in note]
    assert told.startswith("guessed: 2 runs: have another id in their meta.yaml than in the name of their folder")
    assert f"1/{run_id(2)} says {run_id(3)}" in told


def test_a_folder_of_runs_is_no_file_store(folder: Path) -> None:
    assert not MlflowLoader().recognises(str(folder / "1"))


def test_no_link_or_pipe_of_a_folder_is_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("geheim")
    params = folder / "1" / run_id(2) / "params"
    (params / "link").symlink_to(tmp_path / "password")
    os.mkfifo(params / "pipe")
    (params / "loop").symlink_to(params, target_is_directory=True)
    found = read(folder)
    assert "geheim" not in repr(found.records())
    assert found.executions[run_id(2)].custom_properties["param_depth"] == 3


def test_a_line_of_a_metric_that_is_none_is_named_by_its_number(folder: Path) -> None:
    path = folder / "1" / run_id(3) / "metrics" / "accuracy"
    path.write_text("1 0.5 0\nnonsense\n3 0.25 1\n\n4 x 2\n5 0.1 99999999999999999999\n")
    found = read(folder)
    assert found.executions[run_id(3)].custom_properties["min_accuracy"] == 0.25
    assert any(f"1/{run_id(3)}/metrics/accuracy:2" in note for note in found.notes())


def test_experiments_in_the_trash_are_read_as_deleted(folder: Path) -> None:
    (folder / ".trash").mkdir()
    shutil.move(folder / "2", folder / ".trash" / "2")
    found = read(folder)
    assert found.contexts["experiment/2"].custom_properties["lifecycle_stage"] == "deleted"
    assert run_id(4) in found.executions


def test_nothing_of_a_store_is_changed(store: Path, folder: Path) -> None:
    before = contents(store.parent), contents(folder)
    read(store)
    read(folder)
    assert (contents(store.parent), contents(folder)) == before


@pytest.fixture(scope="module")
def bytes_of_a_store() -> bytes:
    with TemporaryDirectory() as folder:
        return create(Path(folder) / "mlflow.db", "2.9", example()).read_bytes()


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_is_refused_in_one_line_or_read(bytes_of_a_store: bytes, data: st.DataObject) -> None:
    spoiled = bytearray(bytes_of_a_store)
    for _ in range(data.draw(st.integers(1, 8))):
        spoiled[data.draw(st.integers(0, len(spoiled) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.sampled_from((len(spoiled), len(spoiled) // 2, 4096, 101)))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mlflow.db"
        path.write_bytes(bytes(spoiled[:end]))
        found = outcome(path)
    assert isinstance(found, Read) or (found.startswith(str(path)) and "\n" not in found)


@settings(max_examples=15)
@given(st.data())
def test_a_damaged_folder_is_refused_in_one_line_or_read(data: st.DataObject) -> None:
    with TemporaryDirectory() as place:
        folder = Path(place) / "mlruns"
        write_example_folder(folder)
        for path in data.draw(
            st.lists(st.sampled_from(sorted(p for p in folder.rglob("*") if p.is_file())), max_size=4)
        ):
            text = path.read_bytes()
            noise = data.draw(st.binary(max_size=30) | st.sampled_from((b"", b"\0", b"- " * 5000, b"{" * 5000)))
            at = data.draw(st.integers(0, len(text)))
            path.write_bytes(text[:at] + noise + (text[at:] if data.draw(st.booleans()) else b""))
        found = outcome(folder)
    assert isinstance(found, Read) or (found.startswith(str(folder)) and "\n" not in found)
