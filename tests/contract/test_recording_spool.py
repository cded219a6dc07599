"""Steps recorded while their store is away wait in files, and come in once it is back: whole, once, and linked."""

# ruff: noqa: PT012 - it is the whole recorded block that raises

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import provgraph
from provgraph import Capture, Execution, ExecutionState, Graph, RecordingWarning
from provgraph.errors import StoreError, UnreachableError
from provgraph.recording.declared import StepRecord
from provgraph.recording.process import this_process
from provgraph.store.bolt import BoltStore
from provgraph.store.core import StoreCore
from provgraph.store.protocol import Transaction
from tests.servers.target import Bypass, Target

NOTHING = Capture.nothing()


@pytest.fixture(autouse=True)
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROVGRAPH_SPOOL", str(tmp_path / "spool"))
    return tmp_path / "spool"


class Away:
    """Makes stores unreachable for as long as the context lasts."""

    def __init__(self, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
        self.target, self.monkeypatch = target, monkeypatch

    def connect(self, *, strict: bool = False) -> Graph:
        return provgraph.connect(self.target.url, user=self.target.user, password=self.target.password, strict=strict)

    def __enter__(self) -> Graph:
        def refuse(*_: object) -> StoreCore:
            raise UnreachableError("no answer from the store")

        self.patch = self.monkeypatch.context()
        self.patch.__enter__().setattr(StoreCore, "open", refuse)
        return self.connect()

    def __exit__(self, *_: object) -> None:
        self.patch.__exit__(None, None, None)


@pytest.fixture
def away(target: Target, monkeypatch: pytest.MonkeyPatch) -> Away:
    return Away(target, monkeypatch)


def waiting(spool: Path) -> list[Path]:
    return sorted(spool.glob("*.jsonl"))


def test_steps_wait_in_files_and_come_in_with_their_links(
    away: Away, spool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], bypass: Bypass
) -> None:
    with away as graph:
        with graph.execution("Extract", pipeline="p", run="1", capture=NOTHING) as first:
            (tmp_path / "features").write_bytes(b"features")
            first.output("features", type="Features")
        with graph.execution("Train", pipeline="p", run="1", capture=NOTHING, key="train/1") as second:
            second.input("features")
            (tmp_path / "model").write_bytes(b"model")
            model = second.output("model", type="Model", name="m", version="1", accuracy=0.5)
        with graph.execution("Deploy", capture=NOTHING) as third:
            third.input(model)
        with pytest.raises(ValueError, match="no"), graph.execution("Evaluate", capture=NOTHING) as fourth:
            fourth.input("model")
            raise ValueError("no")
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines == [
        f"provgraph: no answer from the store. Steps are kept in {spool} until then: `provgraph load spool`"
    ]
    assert len(waiting(spool)) == 4
    assert not list(spool.glob("*.part"))
    if away.target.password:
        assert all(away.target.password not in path.read_text() for path in waiting(spool))
    assert [path.stat().st_mode & 0o077 for path in waiting(spool)] == [0, 0, 0, 0]

    with away.connect() as graph:
        assert "4 step(s) that waited in the spool are recorded now" in capsys.readouterr().err
        assert waiting(spool) == []
        reached = {node.type for node in graph.downstream(first.key).nodes}
        assert reached == {"Extract", "Features", "Train", "Model", "Deploy", "Evaluate"}
        states = {node.type: node.state for node in graph.find(kind="execution") if isinstance(node, Execution)}
        assert states == {
            "Extract": ExecutionState.COMPLETE,
            "Train": ExecutionState.COMPLETE,
            "Deploy": ExecutionState.COMPLETE,
            "Evaluate": ExecutionState.FAILED,
        }
        assert graph.get("Model/m/1").get("accuracy") == 0.5
    assert bypass.run("MATCH ()-[r:POSSIBLE_INPUT]->() RETURN r.time") == []


def test_bringing_in_twice_changes_nothing(away: Away, spool: Path, tmp_path: Path, bypass: Bypass) -> None:
    with away as graph:
        with graph.execution("Train", capture=NOTHING, key="k") as step:
            step.input("s3://b/x", type="Dataset")
            step.output(type="Metrics", loss=0.5)
        with pytest.raises(ValueError, match="no"), graph.execution("Train", capture=NOTHING, key="failed"):
            raise ValueError("no")
        with graph.execution("Train", capture=NOTHING):
            pass
    shutil.copytree(spool, tmp_path / "copy")

    def everything() -> list[dict[str, object]]:
        nodes = bypass.run("MATCH (n) WHERE n.next_id IS NULL RETURN properties(n) AS p ORDER BY n.id")
        return nodes + bypass.run("MATCH (a)-[r]->(b) RETURN a.id AS a, b.id AS b, properties(r) AS r ORDER BY a, b")

    away.connect().close()
    before = everything()
    for path in (tmp_path / "copy").iterdir():
        shutil.copy(path, spool)
    with away.connect() as graph:
        assert everything() == before
        assert waiting(spool) == []
        assert graph.count(kind="execution") == 3


def test_a_store_that_goes_away_in_the_middle_loses_nothing(
    away: Away, spool: Path, monkeypatch: pytest.MonkeyPatch, bypass: Bypass
) -> None:
    with away.connect() as graph:
        core = graph._core
        with graph.execution("Train", pipeline="p", capture=NOTHING) as step:
            step.input("s3://b/one", type="Dataset")
            with monkeypatch.context() as patch:
                patch.setattr(type(core.store), "write", refuse_to_write)
                step.input("s3://b/two", type="Dataset")
                assert len(waiting(spool)) == 1
                step.output(type="Model", name="m", version="1")
            step.log(loss=0.5)
            graph._door.worked()  # the time after which it is tried again is over

        found = graph.get(step.key)
        assert isinstance(found, Execution)
        assert found.state is ExecutionState.COMPLETE
        assert waiting(spool) == []
        assert len(bypass.run("MATCH (:Artifact)-[r:INPUT]->(:Execution) RETURN r.time")) == 2
        assert len(bypass.run("MATCH (:Execution)-[r:OUTPUT]->(:Artifact) RETURN r.time")) == 1


def refuse_to_write(*_: object) -> None:
    raise UnreachableError("gone")


def test_an_end_that_cannot_be_written_waits(away: Away, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with away.connect() as graph:
        with monkeypatch.context() as patch, graph.execution("Train", capture=NOTHING) as step:
            step.output(type="Model", name="m", version="1")
            patch.setattr(type(graph._core.store), "write", refuse_to_write)
            step.input("s3://b/one", type="Dataset")
        # the patch is gone when the block has ended; the door is still shut
        assert len(waiting(spool)) == 1
        running = graph.get(step.key)
        assert isinstance(running, Execution)
        assert running.state is ExecutionState.RUNNING

        report = graph.load_spool()

        assert (report.recorded, report.known, report.failed, waiting(spool)) == (1, 0, [], [])
        assert {node.type for node in graph.lineage(step.key).nodes} == {"Train", "Model", "Dataset"}


def test_a_step_that_was_killed_while_its_store_was_away_shows_as_lost(away: Away, spool: Path) -> None:
    with away as graph:
        step = graph.execution("Train", capture=NOTHING).__enter__()
        step.input("s3://b/x", type="Dataset")
    [path] = waiting(spool)
    header, text = path.read_text().splitlines()
    record = json.loads(text)
    record["properties"]["process"]["struct"] = json.dumps({**this_process(), "started": 1})
    path.write_text(f"{header}\n{json.dumps(record)}\n")

    with away.connect() as graph:
        assert [lost.execution.key for lost in graph.lost()] == [step.key]
        assert {node.type for node in graph.upstream(step.key).nodes} == {"Train", "Dataset"}


def test_steps_of_other_stores_and_damaged_files_stay_where_they_are(
    away: Away, spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with away as graph, graph.execution("Train", capture=NOTHING):
        pass
    [path] = waiting(spool)
    header, text = path.read_text().splitlines()
    (spool / "other.1.jsonl").write_text(json.dumps({**json.loads(header), "url": "neo4j://other"}) + "\n" + text)
    (spool / "half.1.jsonl").write_text(header + "\n" + text[:20])
    (spool / "none.1.jsonl").write_text("x")
    (spool / "new.1.jsonl").write_text('{"provgraph_spool": 99}\n{}')

    with away.connect() as graph:
        assert "3 step(s) in" in capsys.readouterr().err
        report = graph.load_spool()
        assert (report.recorded, report.waiting) == (0, {"neo4j://other": 1})
        assert sorted(path.name for path, _ in report.failed) == ["half.1.jsonl", "new.1.jsonl", "none.1.jsonl"]
        assert graph.count(kind="execution") == 1


def test_where_nothing_can_be_kept_either_the_training_goes_on(
    away: Away, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PROVGRAPH_SPOOL", str(tmp_path / "file" / "spool"))
    with away as graph:
        for _ in range(2):
            with graph.execution("Train", capture=NOTHING) as step:
                step.output(type="Model")

    [line] = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("provgraph: no answer from the store; and the step cannot be kept for later either: ")


def test_everything_else_that_is_asked_of_a_store_that_is_away_raises(away: Away) -> None:
    with away as graph:
        with pytest.raises(StoreError, match="no answer"):
            graph.count()
        with pytest.raises(StoreError, match="no answer"):
            graph.load_spool()
        with pytest.raises(StoreError, match="no answer"):
            away.connect(strict=True)


def test_a_strict_graph_raises_when_its_store_goes_away(
    away: Away, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with away.connect(strict=True) as graph:
        monkeypatch.setattr(type(graph._core.store), "write", refuse_to_write)
        with pytest.raises(UnreachableError), graph.execution("Train", capture=NOTHING):
            raise AssertionError("the block must not run")

    assert not spool.exists()


def test_a_version_that_was_taken_in_the_meantime_is_noticed_on_the_way_in(
    away: Away, spool: Path, tmp_path: Path
) -> None:
    (tmp_path / "m").write_bytes(b"mine")
    with away as graph:
        with graph.execution("Train", capture=NOTHING) as step:
            model = step.output("m", type="Model", name="m", version="1")
        with graph.execution("Deploy", capture=NOTHING) as deploy:
            deploy.input(model)
    hidden = spool.rename(tmp_path / "hidden")
    with away.connect() as graph:
        (tmp_path / "n").write_bytes(b"theirs")
        with graph.execution("Train", capture=NOTHING) as theirs:
            theirs.output("n", type="Model", name="m", version="1")
        hidden.rename(spool)
        with pytest.warns(RecordingWarning, match="already with other bytes"):
            graph.load_spool()

        assert {node.label for node in graph.upstream(deploy.key).nodes if node.type == "Model"} != {"m/1"}
        assert {node.key for node in graph.upstream(deploy.key).nodes if node.type == "Train"} == {step.key}


def test_a_step_that_the_store_refuses_keeps_no_other_step_out(
    away: Away, spool: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = BoltStore.write

    def refuse_one(store: BoltStore, work: Callable[[Transaction], object]) -> object:
        if any(name == "record" and cell.type == "Bad" for name, cell in inside(work)):
            raise StoreError("the store could not do it")
        return written(store, work)

    monkeypatch.setattr(BoltStore, "write", refuse_one)
    with away.connect() as graph:
        with graph.execution("Bad", capture=NOTHING):
            pass
        with graph.execution("Good", capture=NOTHING, key="good"):
            pass
        assert execution_state(graph, "good") is ExecutionState.COMPLETE
        assert len(waiting(spool)) == 1
    with away as graph, graph.execution("Good", capture=NOTHING, key="late"):
        pass
    capsys.readouterr()
    with away.connect() as graph:
        assert execution_state(graph, "late") is ExecutionState.COMPLETE
        assert len(waiting(spool)) == 1
    assert "1 step(s) in" in (said := capsys.readouterr().err)
    assert "the store could not do it" in said


def inside(work: Callable[..., object]) -> list[tuple[str, StepRecord]]:
    cells = zip(work.__code__.co_freevars, work.__closure__ or (), strict=True)
    return [(name, cell.cell_contents) for name, cell in cells if isinstance(cell.cell_contents, StepRecord)]


def execution_state(graph: Graph, key: str) -> ExecutionState:
    node = graph.get(key)
    assert isinstance(node, Execution)
    return node.state
