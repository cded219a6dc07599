"""A write whose answer got lost is made again, and leaves what one write leaves, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

import provgraph
from provgraph import Artifact, Association, Context, Event, EventType, Execution, Records
from provgraph.store.bolt import BoltStore
from provgraph.store.protocol import Transaction
from tests.servers.target import Bypass

T = TypeVar("T")


def test_a_bulk_write_that_is_repeated_after_its_commit_makes_no_link_twice(
    graph: provgraph.Graph, bypass: Bypass, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Records(
        artifacts=[Artifact(key="a", type="Data", name="a")],
        executions=[Execution(key="e", type="Step", name="e")],
        contexts=[Context(key="c", type="Run", name="c")],
        events=[Event(artifact="a", execution="e", type=EventType.OUTPUT)],
        associations=[Association("e", "c")],
    )
    once = BoltStore.write

    def twice(store: BoltStore, work: Callable[[Transaction], T]) -> T:
        once(store, work)
        return once(store, work)

    graph.put_lineage(Records(artifacts=[Artifact(key="first", type="Data")]))  # types and ids are there
    monkeypatch.setattr(BoltStore, "write", twice)
    result = graph.put_lineage(records)
    monkeypatch.undo()
    assert result.ids.keys() == {"a", "e", "c"}
    assert bypass.run("MATCH (:Execution)-[r:OUTPUT]->(:Artifact) RETURN count(r) AS n") == [{"n": 1}]
    assert bypass.run("MATCH (:Execution)-[r:ASSOCIATION]->(:Context) RETURN count(r) AS n") == [{"n": 1}]
