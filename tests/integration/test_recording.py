"""Recording from processes of its own: killed at any instant, several at once, and without a store."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import provgraph
from provgraph import Execution, ExecutionState

ROOT = Path(__file__).resolve().parents[2]

WRITER = """
import sys, provgraph
url, prefix = sys.argv[1:]
capture = provgraph.Capture.nothing()
with provgraph.connect(url, strict=True) as graph:
    print("ready", flush=True)
    at = 0
    while True:
        key = f"{prefix}/{at}"
        with graph.execution("Train", key=key, pipeline="p", run=str(at % 3), capture=capture, at=at) as step:
            step.input(f"s3://b/{at % 7}", type="Dataset")
            step.input(f"s3://b/{key}", type="Dataset")
            for number in range(3):
                step.output(type="Model", name=key, version=str(number), contexts={"Line": f"plant/{number}"})
            step.log(loss=0.5)
        print(key, flush=True)
        at += 1
"""

NAMING = """
import sys, warnings, provgraph
url, path = sys.argv[1:]
warnings.simplefilter("ignore")
with provgraph.connect(url, strict=True) as graph:
    print("ready", flush=True)
    sys.stdin.readline()
    for at in range(10):
        with graph.execution("Train", key=f"{path}/{at}", capture=provgraph.Capture.nothing()) as step:
            step.output(path, type="Model", name="m", version=str(at))
"""

TWO_LINES = """
import sys, provgraph
with provgraph.connect() as graph:
    with graph.execution("Train", pipeline="surface-inspection", run="2026-11-24", parameters={"depth": 8}) as step:
        data = step.input("v3.parquet", type="Dataset")
        open("model.joblib", "w").write("weights")
        model = step.output("model.joblib", type="Model", name="inspector", version="7", accuracy=0.97)
print("trained")
"""


def start(code: str, *arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT / "store"), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_writer_leaves_every_step_whole_or_running_without_an_end(embedded_url: str) -> None:
    chance = random.Random(4)
    acknowledged: list[str] = []
    with provgraph.connect(embedded_url) as graph:  # also keeps the engine while no writer is there
        for number in range(6):
            writer = start(WRITER, embedded_url, f"w{number}")
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            early = number == 0
            out = "" if early else writer.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.3))
            writer.kill()
            rest, err = writer.communicate()
            out += rest
            assert err == ""
            acknowledged += [line for line in out.splitlines(keepends=True) if line.endswith("\n")]
        acknowledged = [line.strip() for line in acknowledged]
        executions = {node.key: node for node in graph.find(kind="execution") if isinstance(node, Execution)}

        assert len(acknowledged) >= 5
        assert set(acknowledged) <= executions.keys()
        running = 0
        for key, execution in executions.items():
            picture = graph.lineage(key, max_hops=1)
            kinds = sorted(edge.kind for edge in picture.edges)
            contexts = graph._core.store.read(
                "MATCH (e:Execution {key: $key})-[:ASSOCIATION]->(c) RETURN c.name ORDER BY c.name", {"key": key}
            )
            at = int(key.rpartition("/")[2])
            assert [row[0] for row in contexts] == ["p", f"p/{at % 3}"]
            if execution.state is ExecutionState.COMPLETE:
                assert kinds == ["INPUT", "INPUT", "OUTPUT", "OUTPUT", "OUTPUT"]
                assert execution.custom_properties["loss"] == 0.5
                assert execution.ended_at is not None
            else:
                assert execution.state is ExecutionState.RUNNING
                assert "OUTPUT" not in kinds
                assert "loss" not in execution.custom_properties
                running += 1
        assert running <= 6
        assert [lost.execution.key for lost in graph.lost()] == [
            key for key, node in executions.items() if node.state is ExecutionState.RUNNING
        ]
        assert len(graph.cancel_lost()) == running
        assert graph.count(state="RUNNING") == 0


def test_two_processes_record_one_version_with_other_bytes_at_once(embedded_url: str, tmp_path: Path) -> None:
    digests = {}
    writers = []
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
        writers.append(start(NAMING, embedded_url, str(tmp_path / name)))
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, err = writer.communicate(timeout=90)
        assert (writer.returncode, err) == (0, "")

    from provgraph.recording.fingerprint import fingerprint

    with provgraph.connect(embedded_url) as graph:
        assert graph.count(type="Model") == 20
        for name in ("a", "b"):
            digests[name] = fingerprint(tmp_path / name).digest
            for at in range(10):
                [model] = [n for n in graph.downstream(f"{tmp_path / name}/{at}").nodes if n.type == "Model"]
                assert getattr(model, "digest", None) == digests[name]


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_two_lines_survive_a_server_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "v3.parquet").write_bytes(b"rows")
    (tmp_path / ".git").mkdir()
    url, password = f"bolt://127.0.0.1:{closed_port()}", "correct-horse-battery"
    began = time.monotonic()

    done = start(TWO_LINES, cwd=tmp_path, PROVGRAPH_URL=url, PROVGRAPH_PASSWORD=password)
    out, err = done.communicate(timeout=60)

    assert (done.returncode, out) == (0, "trained\n")
    [line] = err.splitlines()
    assert line.startswith(f"provgraph: no answer from {url}")
    assert "provgraph load spool" in line
    assert time.monotonic() - began < 30
    [path] = (tmp_path / ".provgraph" / "spool").glob("*.jsonl")
    text = path.read_text()
    assert url in text
    assert password not in text
    assert (tmp_path / ".provgraph" / ".gitignore").read_text().endswith("*\n")


def test_two_lines_survive_an_engine_that_cannot_start_and_come_in_when_it_can(tmp_path: Path) -> None:
    (tmp_path / "v3.parquet").write_bytes(b"rows")
    (tmp_path / ".git").mkdir()

    done = start(TWO_LINES, cwd=tmp_path, PROVGRAPH_JVM="-XX:NoSuchFlag")
    out, err = done.communicate(timeout=60)

    assert (done.returncode, out) == (0, "trained\n")
    assert [line for line in err.splitlines() if "provgraph load spool" in line] == err.splitlines()[-1:]
    assert len(list((tmp_path / ".provgraph" / "spool").glob("*.jsonl"))) == 1

    url = f"embedded:{tmp_path / '.provgraph'}"
    with provgraph.connect(url, start_message=lambda _: None) as graph:
        assert graph.get("Model/inspector/7").get("accuracy") == 0.97
        assert {node.type for node in graph.upstream("Model/inspector/7").nodes} == {"Model", "Train", "Dataset"}
    assert list((tmp_path / ".provgraph" / "spool").glob("*.jsonl")) == []


def test_readers_are_told_at_once_that_no_server_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROVGRAPH_SPOOL", str(tmp_path / "spool"))
    url = f"bolt://127.0.0.1:{closed_port()}"

    with provgraph.connect(url) as graph, pytest.raises(provgraph.ProvgraphError, match="no answer from bolt"):
        graph.count()
