"""Each link of data says who said it, from which file, when it happened, when we learnt of it, and how sure it is."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString

import pandas as pd
import pytest
from click.testing import CliRunner

from provgraph import Artifact, Capture, Event, EventType, Execution, Graph, Records, connect
from provgraph.cli.app import commands
from provgraph.errors import UnreachableError
from provgraph.model import Derivation, Equality, NodeKind, Relation
from provgraph.recording.warn import RecordingWarning
from provgraph.store.core import StoreCore
from tests.loaders.dvc.example import write_example as write_dvc
from tests.loaders.dvc.example import write_pointers
from tests.loaders.mlflow.example import write_example as write_mlflow
from tests.loaders.openlineage.example import write_example as write_openlineage
from tests.loaders.prov.example import write_example as write_prov
from tests.mlmd.example import write_example as write_mlmd
from tests.servers.target import Bypass, Target

LINKS: LiteralString = (
    "MATCH ()-[r:INPUT|OUTPUT|POSSIBLE_INPUT|POSSIBLE_OUTPUT|PENDING_OUTPUT|DERIVATION|SAME_AS|RELATION]->() "
    "RETURN type(r) AS type, properties(r) AS r"
)
TIMELESS = {  # what holds from always on, and what the source keeps no time of
    "mlflow": ("SAME_AS", "INPUT"),
    "dvc": ("SAME_AS",),
    "prov": ("INPUT", "OUTPUT", "DERIVATION", "RELATION"),
}


def links(bypass: Bypass) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = bypass.run(LINKS)
    return [{"type": row["type"], **row["r"]} for row in rows]


WRITERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "mlmd": (write_mlmd, "metadata.sqlite"),
    "mlflow": (write_mlflow, "mlflow.db"),
    "dvc": (write_dvc, "inspection"),
    "lfs": (write_pointers, "pointers"),
    "openlineage": (write_openlineage, "events.jsonl"),
    "prov": (write_prov, "training.json"),
}


class TestLoaders:
    @pytest.mark.parametrize("loader", WRITERS)
    def test_every_link_names_system_source_and_file_and_a_moved_file_changes_nothing(
        self, graph: Graph, bypass: Bypass, tmp_path: Path, loader: str
    ) -> None:
        write, name = WRITERS[loader]
        (tmp_path / "first").mkdir()
        write(tmp_path / "first" / name)
        report = graph.load(os.path.relpath(tmp_path / "first" / name), loader)
        found = links(bypass)
        for link in found:
            assert link["recorded_by"] == report.store
            assert report.store.startswith(f"{loader}/")
            assert link["recorded_from"] == str(tmp_path / "first" / name)
            assert isinstance(link["recorded_at"], int)
            assert isinstance(link.get("time"), int) or link["type"] in TIMELESS.get(loader, ())
            possible = str(link["type"]).startswith("POSSIBLE")
            assert link["certainty"] in (("inferred",) if possible else ("declared", "inferred"))
        assert bool(found) == (loader != "lfs")  # pointers alone say nothing of steps
        shutil.move(tmp_path / "first", tmp_path / "second")
        again = graph.load(tmp_path / "second" / name, loader)
        assert again.store == report.store
        assert not again.changed
        assert {link["recorded_from"] for link in links(bypass)} <= {str(tmp_path / "first" / name)}


class TestRecorder:
    def test_what_a_recorder_saw_is_observed_by_it_at_a_time_and_no_file_says_so(
        self, graph: Graph, bypass: Bypass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "data.csv").write_text("x\n1\n", encoding="utf-8")
        with graph.execution("Train") as step:
            step.input(tmp_path / "data.csv", type="Dataset")
            model = step.output(type="Model", name="m", version="1")
        table = pd.DataFrame({"label": ["a", "b"], "prediction": ["a", "a"]})
        monkeypatch.setenv("PROVGRAPH_FILES", str(tmp_path / "area"))
        graph.record_predictions(model=model.key, frame=table)
        found = links(bypass)
        assert {link["type"] for link in found} == {"INPUT", "OUTPUT"}
        for link in found:
            assert (link["recorded_by"], link["certainty"]) == ("provgraph", "observed")
            assert "recorded_from" not in link
            assert isinstance(link["time"], int)
            assert isinstance(link["recorded_at"], int)

    def test_bytes_that_several_artifacts_have_are_a_possible_input_that_was_inferred(
        self, graph: Graph, bypass: Bypass, tmp_path: Path
    ) -> None:
        for name in ("one", "two", "elsewhere"):
            (tmp_path / name).write_text("equal", encoding="utf-8")
        for name in ("one", "two"):
            with graph.execution("Make", capture=Capture.nothing()) as step:
                step.output(tmp_path / name, type="Dataset", name=name, version="1")
        with (
            pytest.warns(RecordingWarning, match="are those of 2 artifacts"),
            graph.execution("Use", capture=Capture.nothing()) as step,
        ):
            step.input(tmp_path / "elsewhere")
        sure = {(link["type"], link["certainty"]) for link in links(bypass)}
        assert sure == {("OUTPUT", "observed"), ("POSSIBLE_INPUT", "inferred")}

    def test_what_waited_in_the_spool_is_told_as_what_was_recorded_at_once(
        self, target: Target, bypass: Bypass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> StoreCore:
            raise UnreachableError("no answer from the store")

        monkeypatch.setenv("PROVGRAPH_SPOOL", str(tmp_path / "spool"))
        (tmp_path / "data").write_text("data", encoding="utf-8")
        with monkeypatch.context() as away:
            away.setattr(StoreCore, "open", refuse)
            with (
                connect(target.url, user=target.user, password=target.password) as graph,
                graph.execution("Use", capture=Capture.nothing()) as step,
            ):
                step.input(tmp_path / "data")
        before = int(time.time() * 1000)
        with connect(target.url, user=target.user, password=target.password):
            [link] = links(bypass)
        assert (link["recorded_by"], link["certainty"]) == ("provgraph", "observed")
        assert link["time"] < before <= link["recorded_at"]  # it happened before the store learnt of it

    def test_a_table_that_is_loaded_is_declared_by_its_file(
        self, graph: Graph, target: Target, bypass: Bypass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        graph.put(Artifact(type="Model", name="m/1", key="m/1"))
        (tmp_path / "rows.csv").write_text("label,prediction\na,a\nb,a\n", encoding="utf-8")
        monkeypatch.setenv("PROVGRAPH_URL", target.url)
        monkeypatch.setenv("PROVGRAPH_USER", target.user or "")
        monkeypatch.setenv("PROVGRAPH_PASSWORD", target.password or "")
        monkeypatch.setenv("PROVGRAPH_FILES", str(tmp_path / "area"))
        monkeypatch.chdir(tmp_path)
        done = CliRunner().invoke(commands, ["load", "table", "rows.csv", "--model", "m/1"], prog_name="provgraph")
        assert done.exit_code == 0, done.stderr
        assert links(bypass)
        for link in links(bypass):
            assert link["recorded_from"] == str(tmp_path / "rows.csv")
            assert (link["recorded_by"], link["certainty"]) == ("provgraph", "declared")


class TestPutLineage:
    def test_records_say_where_they_were_read_from(self, graph: Graph, bypass: Bypass) -> None:
        records = Records(
            artifacts=[Artifact(type="T", key=key) for key in "abc"],
            executions=[Execution(type="S", key="e")],
            events=[
                Event(artifact="a", execution="e", type=EventType.INPUT),
                Event(artifact="b", execution="e", type=EventType.OUTPUT, possible=True),
                Event(artifact="c", execution="e", type=EventType.PENDING_OUTPUT),
            ],
            derivations=[Derivation(origin="a", derived="c")],
            equalities=[Equality(first="b", second="c", rule="same")],
            relations=[
                Relation(start_kind=NodeKind.ARTIFACT, start="a", end_kind=NodeKind.EXECUTION, end="e", name="r")
            ],
            recorded_from="https://tracker.example/api",
        )
        graph.put_lineage(records)
        found = links(bypass)
        assert len({link["type"] for link in found}) == 6
        assert {link["recorded_from"] for link in found} == {"https://tracker.example/api"}
        lineage = graph.downstream("a")
        assert {edge.recorded_from for edge in lineage.edges} == {"https://tracker.example/api"}
        edges = json.loads(json.dumps(lineage.to_json()))["edges"]
        assert {edge["recorded_from"] for edge in edges} == {"https://tracker.example/api"}
