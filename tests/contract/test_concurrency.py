"""Several writers at once lose nothing, and an engine that dies under its users is replaced without a word."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import provgraph
from provgraph import Artifact, Context, Event, EventType, Execution, Records
from provgraph.engines.embedded import inspect, stop
from tests.servers.target import Target

WRITERS, EACH = 4, 15


def write(graph: provgraph.Graph, writer: int, number: int) -> str:
    """One execution that shares its input and its run with all others."""
    key = f"w{writer}-{number}"
    graph.put_execution(
        Execution(type="Step", key=key),
        artifacts=[Artifact(type="Dataset", name="shared"), Artifact(type="Model", key=f"m{key}")],
        events=[
            Event(artifact="provgraph/Artifact/Dataset/shared", execution=key, type=EventType.INPUT),
            Event(artifact=f"m{key}", execution=key, type=EventType.OUTPUT),
        ],
        contexts=[Context(type="Run", name="one run")],
    )
    return key


def test_four_writers_at_once_lose_nothing_and_double_nothing(graph: provgraph.Graph, target: Target) -> None:
    def work(writer: int) -> list[str]:
        with provgraph.connect(target.url, user=target.user, password=target.password, strict=True) as own:
            return [write(own, writer, number) for number in range(EACH)]

    with ThreadPoolExecutor(WRITERS) as pool:
        acknowledged = [key for keys in pool.map(work, range(WRITERS)) for key in keys]
    assert {node.key for node in graph.find(kind="execution")} == set(acknowledged)
    assert (graph.count(type="Dataset"), graph.count(type="Run")) == (1, 1)
    lineage = graph.downstream("shared")
    assert len(lineage) == 1 + 2 * WRITERS * EACH
    assert len(lineage.edges) == 2 * WRITERS * EACH
    assert len({node.id for node in graph.find()}) == graph.count()


def test_one_graph_serves_several_threads(graph: provgraph.Graph) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        keys = list(pool.map(lambda number: write(graph, 0, number), range(2 * WRITERS)))
    assert graph.count(kind="execution") == len(set(keys)) == 2 * WRITERS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_writes_beside_its_parent(graph: provgraph.Graph) -> None:
    write(graph, 0, 0)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            write(graph, 1, 1)
            code = 0
        finally:
            os._exit(code)
    write(graph, 0, 2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    write(graph, 0, 3)
    assert {node.key for node in graph.find(kind="execution")} == {"w0-0", "w1-1", "w0-2", "w0-3"}


def test_the_same_records_from_two_writers_at_once_are_there_once(graph: provgraph.Graph) -> None:
    records = Records(
        artifacts=[Artifact(type="A", key=f"a{i}", name=f"a{i}") for i in range(40)],
        executions=[Execution(type="E", key="e")],
        events=[Event(artifact=f"a{i}", execution="e", type=EventType.INPUT) for i in range(40)],
    )
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: graph.put_lineage(records), range(2)))
    assert results[0].ids == results[1].ids
    assert len(graph.upstream("e").edges) == 40


def test_an_engine_that_is_killed_again_and_again_loses_nothing_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    done = threading.Event()
    with provgraph.connect(f"embedded:{folder}", strict=True, start_message=lambda _: None) as graph:
        killed = 0

        def kill() -> None:
            nonlocal killed
            while not done.wait(1.0) and killed < 3:
                pid = inspect(folder).pid
                if pid is not None:
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
                    time.sleep(0.5)

        killer = threading.Thread(target=kill)
        killer.start()
        acknowledged: list[str] = []
        while killed < 3 or len(acknowledged) < 20:
            acknowledged.append(write(graph, 0, len(acknowledged)))
        done.set()
        killer.join()
        assert {node.key for node in graph.find(kind="execution")} >= set(acknowledged)
        for key in acknowledged[-20:]:
            assert {n.type for n in graph.lineage(key, max_hops=1).artifacts} == {"Dataset", "Model"}
    stop(folder)
