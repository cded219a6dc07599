"""Tables of predictions in the graph, on every engine: recorded once, read back sound, joined to their sources."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

pytest.importorskip("pyarrow", reason="the extra provgraph[slices] is not installed")

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from click.testing import CliRunner

import provgraph
from provgraph import Artifact, Capture, Certainty, Context, Execution, ExecutionState, Graph, RecordingWarning, Struct
from provgraph.cli.app import commands
from provgraph.errors import (
    ConfigurationError,
    InvalidValueError,
    LoadError,
    NotFoundError,
    RecordingError,
)
from provgraph.store.protocol import Parameters, Row, Statement
from provgraph.store.reader import Reader
from provgraph.tables.sources import resolve_sources
from tests.servers.target import Bypass, Target

ROOT = Path(__file__).resolve().parents[2]
QUIET = Capture.nothing()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test works in a folder of its own; a server's store, which knows no place for files, is told one there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROVGRAPH_FILES", str(tmp_path / "files"))
    return tmp_path


@pytest.fixture
def reachable(graph: Graph, target: Target, monkeypatch: pytest.MonkeyPatch) -> Graph:
    """The store as programs find it."""
    monkeypatch.setenv("PROVGRAPH_URL", target.url)
    if target.password:
        monkeypatch.setenv("PROVGRAPH_USER", target.user or "")
        monkeypatch.setenv("PROVGRAPH_PASSWORD", target.password)
    return graph


@pytest.fixture
def nodes(graph: Graph, folder: Path) -> dict[str, Artifact]:
    """Two models, a dataset, and a capture batch that lies in a file."""
    (folder / "batch.csv").write_text("part\n1\n", encoding="utf-8")
    with graph.execution("Capture", capture=QUIET) as step:
        batch = step.output("batch.csv", type="CaptureBatch", name="line-3/w41", version="1")
    with graph.execution("Train", capture=QUIET) as step:
        step.input(batch)
        found = {
            "model": step.output(type="Model", name="inspector", version="7"),
            "other": step.output(type="Model", name="inspector", version="8"),
            "data": step.output(type="Dataset", name="validation", version="3"),
            "batch": batch,
        }
    return {name: artifact for name, node in found.items() if isinstance(artifact := graph.get(node.ref), Artifact)}


def rows(count: int = 12, **columns: object) -> pd.DataFrame:
    labels = ["clean", "pit", "stain"] * (count // 3)
    predictions = ["clean", "pit", "pit"] * (count // 3)
    return pd.DataFrame({"label": labels, "prediction": predictions, **columns})


def file_of(artifact: Artifact) -> Path:
    return Path(unquote(urlsplit(artifact.uri or "").path))


def custom(graph: Graph, key: str) -> dict[str, Any]:
    return dict(graph.get(key).custom_properties)


# -- what is recorded -----------------------------------------------------------------------------------------------


def test_an_evaluation_is_an_execution_with_what_it_took_in_and_put_out(
    graph: Graph, nodes: dict[str, Artifact]
) -> None:
    table = graph.record_predictions(
        model=nodes["model"],
        data="Dataset/validation/3",
        frame=rows(camera=list("AB") * 6, shot=range(12)),
        sample="shot",
        pipeline="inspection",
        run="2026-11-24",
        contexts={"Line": "plant-2/line-3"},
        parameters={"threshold": 0.5},
        started_at=datetime(2026, 11, 24, 8, tzinfo=UTC),
        ended_at=datetime(2026, 11, 24, 9, tzinfo=UTC),
        split="validation",
    )

    lineage = graph.upstream(table)
    assert {(node.type, node.name) for node in lineage.artifacts} == {
        ("Predictions", table.name),
        ("Model", "inspector/7"),
        ("Dataset", "validation/3"),
        ("CaptureBatch", "line-3/w41/1"),
    }
    [evaluation] = [node for node in lineage.executions if node.type == "Evaluate"]
    assert evaluation.state is ExecutionState.COMPLETE
    assert (evaluation.ended_at or 0) - (evaluation.started_at or 0) == 3_600_000
    assert evaluation.custom_properties["param_threshold"] == 0.5
    assert evaluation.custom_properties["split"] == "validation"
    assert isinstance(evaluation.custom_properties["packages"], Struct)
    assert {(c.type, c.name) for c in graph.contexts(evaluation)} == {
        ("Pipeline", "inspection"),
        ("Run", "inspection/2026-11-24"),
        ("Line", "plant-2/line-3"),
    }
    assert {c.type for c in graph.contexts(table)} == {"Pipeline", "Run"}
    assert {(use.artifact.name, use.used) for use in graph.inputs(evaluation)} == {
        ("inspector/7", True),
        ("validation/3", True),
    }

    assert table.family == "inspector/7 on validation/3"
    assert table.name == f"{table.family}/{table.version}"
    assert table.key.startswith(f"provgraph/Predictions/{table.version}")
    kept = table.custom_properties
    assert (kept["rows"], kept["task"], kept["split"]) == (12, "classification", "validation")
    assert kept["size"] == file_of(table).stat().st_size
    assert kept["roles"] == Struct.of({"label": ["label"], "prediction": ["prediction"], "sample": ["shot"]})
    metrics = custom(graph, f"Metrics/{table.name}")
    assert (metrics["accuracy"], metrics["errors"], metrics["recall_stain"]) == (0.666667, 4, 0.0)
    assert {node.type for node in graph.downstream(nodes["model"]).artifacts} == {"Model", "Predictions", "Metrics"}


def test_the_file_is_parquet_named_by_its_bytes_in_the_stores_file_area(
    graph: Graph, target: Target, nodes: dict[str, Artifact], folder: Path
) -> None:
    table = graph.record_predictions(model=nodes["model"], frame=rows(n=range(12)))

    place = Path(target.url.removeprefix("embedded:")) / "files" if target.name == "embedded" else folder / "files"
    digits = (table.digest or "").removeprefix("sha256:")
    assert file_of(table) == place / digits[:2] / digits[2:]
    assert pd.read_parquet(file_of(table))["n"].tolist() == list(range(12))


def test_every_kind_of_column_comes_back(graph: Graph, nodes: dict[str, Artifact]) -> None:
    given = rows(
        4 * 3,
        category=pd.Categorical(["a", "b", None] * 4),
        number=[0.5, np.nan, np.inf] * 4,
        integer=pd.array([1, None, 3] * 4, "Int64"),
        time=pd.date_range("2026-03-29", periods=12, freq="h", tz="Europe/Berlin"),
        naive=pd.date_range("2026-03-29", periods=12, freq="h"),
        date=[datetime(2026, 1, 31, tzinfo=UTC).date()] * 12,
        flag=[True, False, None] * 4,
        who=[["amira", "bo"], ["bo"], None] * 4,
        nothing=[None] * 12,
    )

    table = graph.predictions(graph.record_predictions(model=nodes["model"], frame=given, time="time"))
    found = table.frame()

    assert (table.rows, table.columns) == (12, tuple(given.columns))
    assert table.roles == {"label": ("label",), "prediction": ("prediction",), "time": ("time",)}
    assert table.role("time") == "time"
    assert table.role("unit") is None
    assert dict(table.kinds) == {
        "label": "text",
        "prediction": "text",
        "category": "text",
        "number": "number",
        "integer": "integer",
        "time": "time",
        "naive": "time",
        "date": "date",
        "flag": "boolean",
        "who": "several text",
        "nothing": "text",
    }
    assert found["category"].tolist()[:2] == ["a", "b"]
    assert found["category"].isna().tolist() == [False, False, True] * 4
    assert found["number"].tolist()[::3] == [0.5] * 4
    assert found["number"].isna().sum() == 4
    assert found["integer"].tolist()[::3] == [1] * 4
    assert list(found["time"]) == list(given["time"])
    assert list(found["naive"]) == list(given["naive"])
    assert found["date"].tolist() == [pd.Timestamp("2026-01-31")] * 12
    assert found["flag"].tolist()[:2] == [True, False]
    assert found["flag"].isna().tolist() == [False, False, True] * 4
    assert found["who"].tolist()[:3] == [("amira", "bo"), ("bo",), None]
    assert found["nothing"].isna().all()
    assert table.frame(["number", "label"]).columns.tolist() == ["number", "label"]
    with pytest.raises(InvalidValueError, match="no column 'camera'"):
        table.frame(["camera"])


def test_tables_of_a_model_come_newest_first(graph: Graph, nodes: dict[str, Artifact]) -> None:
    ends = [datetime(2026, 1, day, tzinfo=UTC) for day in (2, 3, 1)]
    made = [
        graph.record_predictions(model=nodes["model"], frame=rows(day=[end.day] * 12), ended_at=end) for end in ends
    ]
    graph.record_predictions(model=nodes["other"], frame=rows())
    graph.put_execution(
        Execution(type="Evaluate", key="another tool's"),
        artifacts=[Artifact(type="Predictions", name="no table")],
        events=[
            provgraph.Event(artifact=nodes["model"].key, execution="another tool's", type=provgraph.EventType.INPUT),
            provgraph.Event(
                artifact="provgraph/Artifact/Predictions/no table",
                execution="another tool's",
                type=provgraph.EventType.OUTPUT,
            ),
        ],
    )

    assert graph.prediction_tables("Model/inspector/7") == [made[1], made[0], made[2]]
    assert graph.prediction_tables(nodes["data"]) == []
    with pytest.raises(InvalidValueError, match="has no table"):
        graph.predictions("Predictions/no table")


def test_what_is_no_table_is_refused(graph: Graph, nodes: dict[str, Artifact]) -> None:
    with pytest.raises(InvalidValueError, match="is no table of predictions"):
        graph.predictions(nodes["model"])
    with pytest.raises(InvalidValueError, match="is no artifact"):
        graph.record_predictions(model=graph.put(Context(type="Line", name="3")), frame=rows())
    with pytest.raises(NotFoundError, match="nothing in this store is called 'Model/nobody'"):
        graph.record_predictions(model="Model/nobody", frame=rows())
    with pytest.raises(RecordingError, match="no column 'truth'"):
        graph.record_predictions(model=nodes["model"], frame=rows(), label="truth")

    assert graph.count(type="Predictions") == 0


# -- once however often ---------------------------------------------------------------------------------------------


def counts(graph: Graph) -> Counter[str]:
    return Counter({entry.type: entry.count for entry in graph.census()})


def test_the_same_evaluation_recorded_again_changes_nothing(graph: Graph, nodes: dict[str, Artifact]) -> None:
    given = rows(n=range(12), camera=list("AB") * 6)
    first = graph.record_predictions(model=nodes["model"], data=nodes["data"], frame=given)
    before = counts(graph)

    again = [
        graph.record_predictions(model=nodes["model"], data=nodes["data"], frame=frame, name="another name")
        for frame in (given, given.iloc[::-1], given.astype({"n": "int16", "camera": "category"}))
    ]

    assert again == [first] * 3
    assert counts(graph) == before


def test_another_model_data_role_or_value_is_another_table(graph: Graph, nodes: dict[str, Artifact]) -> None:
    given = rows(n=range(12))
    tables = [
        graph.record_predictions(model=nodes["model"], data=nodes["data"], frame=given),
        graph.record_predictions(model=nodes["other"], data=nodes["data"], frame=given),
        graph.record_predictions(model=nodes["model"], frame=given),
        graph.record_predictions(model=nodes["model"], data=nodes["data"], frame=given, sample="n"),
        graph.record_predictions(model=nodes["model"], data=nodes["data"], frame=given.assign(n=7)),
    ]

    assert len({table.key for table in tables}) == 5
    # the same rows in the same roles are one file, whoever predicted them
    assert tables[0].digest == tables[1].digest == tables[2].digest != tables[3].digest


def test_another_run_with_the_same_outcome_is_another_evaluation_of_one_table(
    graph: Graph, nodes: dict[str, Artifact]
) -> None:
    tables = [
        graph.record_predictions(model=nodes["model"], frame=rows(), pipeline="nightly", run=run)
        for run in ("1", "2", "2")
    ]

    assert len({table.id for table in tables}) == 1
    assert graph.count(type="Evaluate") == 2
    assert {run.context.name for run in graph.runs("Pipeline/nightly")} == {"nightly/1", "nightly/2"}


SAME = """
import sys
import pandas as pd
import provgraph
url, user, password, seed = sys.argv[1:]
frame = pd.DataFrame({"label": ["a", "b"] * 500, "prediction": ["a", "a"] * 500, "n": range(1000)})
frame = frame.sample(frac=1, random_state=int(seed))
with provgraph.connect(url, user=user or None, password=password or None, strict=True) as graph:
    print(graph.record_predictions(model="Model/inspector/7", frame=frame, pipeline="p", run="1", sample="n").key)
"""


def test_several_processes_that_record_the_same_table_at_once_record_it_once(
    graph: Graph, target: Target, nodes: dict[str, Artifact], folder: Path
) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "store")}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SAME, target.url, target.user or "", target.password or "", str(seed)],
            stdout=subprocess.PIPE,
            text=True,
            env=env,
        )
        for seed in range(5)
    ]
    keys = {process.communicate(timeout=60)[0].strip() for process in processes}

    assert {process.returncode for process in processes} == {0}
    assert len(keys) == 1
    assert {type_: counts(graph)[type_] for type_ in ("Predictions", "Metrics", "Evaluate", "Run")} == {
        "Predictions": 1,
        "Metrics": 1,
        "Evaluate": 1,
        "Run": 1,
    }
    table = graph.predictions(keys.pop())
    assert sorted(table.frame()["n"]) == list(range(1000))
    assert len(graph.upstream(table.artifact).edges) == len(set(graph.upstream(table.artifact).edges))


def test_contexts_under_keys_of_somebodys_own_are_used(graph: Graph, nodes: dict[str, Artifact]) -> None:
    graph.put(Context(type="Pipeline", name="inspection", key="mine"))

    table = graph.record_predictions(model=nodes["model"], frame=rows(), pipeline="inspection")

    assert [context.key for context in graph.contexts(table)] == ["mine"]


# -- read back sound ------------------------------------------------------------------------------------------------


def removed(path: Path) -> None:
    path.unlink()


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def changed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[50] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "error", "word"),
    [
        (removed, NotFoundError, "is not there"),
        (truncated, LoadError, "is truncated"),
        (changed, LoadError, "was changed"),
    ],
)
def test_a_damaged_file_is_named_and_recording_again_mends_it(
    graph: Graph, nodes: dict[str, Artifact], damage: Callable[[Path], None], error: type[Exception], word: str
) -> None:
    artifact = graph.record_predictions(model=nodes["model"], frame=rows(n=range(12)))
    table = graph.predictions(artifact)
    damage(file_of(artifact))

    with pytest.raises(error, match=f"{(artifact.digest or '')[9:]} {word}"):
        table.frame()

    assert graph.record_predictions(model=nodes["model"], frame=rows(n=range(12))).id == artifact.id
    assert table.frame()["n"].tolist() == list(range(12))


def test_a_file_written_by_another_pyarrow_holds_the_same_table(
    graph: Graph, nodes: dict[str, Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = rows(n=range(12))
    first = graph.record_predictions(model=nodes["model"], frame=given)
    file_of(first).unlink()
    write = pq.write_table
    monkeypatch.setattr(pq, "write_table", lambda table, file, **options: write(table, file, row_group_size=5))

    second = graph.record_predictions(model=nodes["model"], frame=given)

    assert second.id == first.id
    assert second.digest != first.digest
    assert graph.predictions(second).frame()["n"].tolist() == list(range(12))


# -- where rows came from -------------------------------------------------------------------------------------------


def test_sources_are_found_by_whatever_names_them(graph: Graph, nodes: dict[str, Artifact], folder: Path) -> None:
    batch = nodes["batch"]
    hired = graph.put(Artifact(type="CaptureBatch", external_id="LIMS-17", uri="s3://bucket/w40"))
    twins = [graph.put(Artifact(type=type_, name="twin")) for type_ in ("A", "B")]
    old, new = (graph.put(Artifact(type="File", key=key, uri="s3://bucket/same")) for key in ("old", "new"))
    values = {
        batch.ref: batch.id,
        batch.key: batch.id,
        "CaptureBatch/line-3/w41/1": batch.id,
        "line-3/w41/1": batch.id,
        "batch.csv": batch.id,
        str(folder / "batch.csv"): batch.id,
        (folder / "batch.csv").as_uri(): batch.id,
        "LIMS-17": hired.id,
        "s3://bucket/w40": hired.id,
        "A/twin": twins[0].id,
        "s3://bucket/same": max(old.id, new.id),
    }
    nobody = ["artifact:999999", "twin", "nobody", "", "a\0b", "execution:1", "~nobody/x", "http://[bad", "x" * 9_000]

    assert resolve_sources(graph._core.reader, [*values, *nobody]) == values
    assert resolve_sources(graph._core.reader, []) == {}


def test_sources_that_nothing_is_called_by_are_told_and_recorded_all_the_same(
    graph: Graph, nodes: dict[str, Artifact]
) -> None:
    given = rows(batch=[["line-3/w41/1", "nobody"], ["line-3/w41/1"], None] * 4)

    with pytest.warns(RecordingWarning, match=r"1 of 2 sources name no artifact .*'nobody'"):
        table = graph.record_predictions(model=nodes["model"], frame=given, source="batch")

    assert table.custom_properties["sources_unknown"] == 1
    assert graph.predictions(table).roles["source"] == ("batch",)


def test_thousands_of_sources_are_one_statement(graph: Graph) -> None:
    graph.put_lineage(
        provgraph.Records(artifacts=[Artifact(type="Batch", key=f"b{n}", name=f"b/{n}") for n in range(2_000)])
    )
    asked: list[str] = []

    class Counting:
        def read(self, statement: Statement, parameters: Parameters) -> list[Row]:
            asked.append(statement)
            return graph._core.store.read(statement, parameters)

    found = resolve_sources(Reader(Counting()), [f"Batch/b/{n}" for n in range(2_000)])  # type: ignore[arg-type]

    assert len(found) == 2_000
    assert len(asked) == 1


# -- where files are ------------------------------------------------------------------------------------------------


def test_a_server_that_was_never_told_where_says_so(
    graph: Graph, target: Target, nodes: dict[str, Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROVGRAPH_FILES")
    if target.name == "embedded":
        assert graph.record_predictions(model=nodes["model"], frame=rows()).id
        return

    with pytest.raises(
        ConfigurationError, match=r"does not say where its files are kept: .*init --files URL.*PROVGRAPH_FILES"
    ):
        graph.record_predictions(model=nodes["model"], frame=rows())


def test_what_a_server_is_told_once_every_client_knows(
    graph: Graph,
    target: Target,
    nodes: dict[str, Artifact],
    bypass: Bypass,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = graph.record_predictions(model=nodes["model"], frame=rows())
    kept = bypass.run("MATCH (s:Provgraph) RETURN s.files AS files")
    assert kept == [{"files": None if target.name == "embedded" else str(folder / "files")}]
    monkeypatch.delenv("PROVGRAPH_FILES")
    with provgraph.connect(target.url, user=target.user, password=target.password) as other:
        assert len(other.predictions(table.key).frame()) == 12
    if target.name == "embedded":
        return

    monkeypatch.setenv("PROVGRAPH_FILES", str(folder / "elsewhere"))
    with pytest.raises(
        ConfigurationError, match=r"PROVGRAPH_FILES says .*elsewhere, but this store keeps its files in"
    ):
        graph.predictions(table)
    monkeypatch.setenv("PROVGRAPH_FILES", "s3://key:hunter2@bucket")
    with pytest.raises(ConfigurationError, match="no user or password") as caught:
        graph.predictions(table)
    assert "hunter2" not in str(caught.value)


def test_the_demo_asks_for_the_place_before_it_renders_a_picture(
    empty_neo4j: Target, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sklearn", "PIL", "joblib"):
        pytest.importorskip(module, reason="the extra provgraph[demo] is not installed")
    from provgraph.demo import build_demo

    monkeypatch.delenv("PROVGRAPH_FILES")
    with provgraph.connect(empty_neo4j.url, user=empty_neo4j.user, password=empty_neo4j.password) as graph:
        with pytest.raises(ConfigurationError, match="init --files URL"):
            build_demo(folder / "plant", graph)

        assert graph.count() == 0
    assert not (folder / "plant").exists()


def test_init_says_where_files_are_or_that_nobody_said_it(
    target: Target, reachable: Graph, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROVGRAPH_FILES")
    said = CliRunner().invoke(commands, ["init"], prog_name="provgraph")
    assert ("have no place yet" in said.stderr) == (target.name == "neo4j")

    monkeypatch.setenv("PROVGRAPH_FILES", str(folder / "files"))
    again = json.loads(run("init", "--json"))
    assert again["files"] == (str(folder / "files") if target.name == "neo4j" else None)
    assert reachable.file_area().url.endswith("/files")


# -- from files -----------------------------------------------------------------------------------------------------


def run(*arguments: str, code: int = 0) -> str:
    """What a call says: its answer, or its one line of error."""
    result = CliRunner().invoke(commands, list(arguments), prog_name="provgraph")
    assert result.exit_code == code, result.output
    return result.stderr if code else result.stdout


def test_csv_and_parquet_of_one_table_are_loaded_as_one_artifact(
    reachable: Graph, nodes: dict[str, Artifact], folder: Path
) -> None:
    given = rows(
        sure=np.linspace(0, 1, 12), lot=["007", "008"] * 6, at=pd.date_range("2026-01-01", periods=12, tz="UTC")
    )
    given.to_parquet("rows.parquet")
    given.assign(at=given["at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")).rename(columns={"label": "truth"}).to_csv("rows.csv")
    given.rename(columns={"label": "truth"}).to_parquet("renamed.parquet")
    options = ["--model", "Model/inspector/7", "--data", "validation/3", "--label", "truth"]
    options += ["--role", "sure=score", "--role", "lot=unit", "--role", "at=time"]

    first = json.loads(run("load", "table", "rows.csv", *options, "--json"))
    text = run("load", "table", "renamed.parquet", *options)

    assert first["new"] is True
    assert first["metrics"]["accuracy"] == 0.666667
    ref, name = first["predictions"]["id"], first["predictions"]["name"]
    assert text == f"{ref} Predictions {name}: 12 rows, accuracy 0.666667 (recorded before)\n"
    table = reachable.predictions(ref)
    assert table.roles["unit"] == ("lot",)
    assert table.frame()["lot"].tolist()[:2] == ["007", "008"]
    [evaluation] = reachable.find(type="Evaluate")
    assert isinstance(evaluation, Execution)
    assert evaluation.ended_at == pytest.approx((folder / "rows.csv").stat().st_mtime * 1000, abs=2)
    assert {edge.certainty for edge in reachable.upstream(table.artifact, max_hops=2).edges} == {
        Certainty.DECLARED.value
    }


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("label,prediction\na,b\nc\n", (), r"rows\.csv: CSV parse error: Row #3"),
        ("truth,prediction\na,b\n", (), r"rows\.csv: the table has no column 'label'"),
        ("label,prediction\n1,b\n", (), r"rows\.csv: 'label' \(label=\) holds integer"),
        ("label,prediction\n", (), r"rows\.csv: the table has no rows"),
        ("label,prediction,t\na,b,24.11.2026\n", ("--role", "t=time"), r"rows\.csv: .*'t' \(time=\) holds text"),
    ],
)
def test_a_file_that_is_no_table_of_predictions_is_one_line(
    reachable: Graph, nodes: dict[str, Artifact], folder: Path, text: str, options: tuple[str, ...], reason: str
) -> None:
    (folder / "rows.csv").write_text(text, encoding="utf-8")

    said = run("load", "table", "rows.csv", "--model", "inspector/7", *options, code=1)

    assert re.search(reason, said)
    assert len(said.splitlines()) == 1
    assert reachable.count(type="Predictions") == 0
