"""Equalities and relations: kept once, told, and walked only where they say that two things are one."""

from __future__ import annotations

import provgraph
from provgraph import Artifact, Certainty, Context, Event, EventType, Execution, Records, Struct
from provgraph.model import Equality, NodeKind, Relation
from tests.servers.target import Bypass


def two_tools() -> Records:
    """A training in one tool's records, a deployment in another's, and the model that both know."""
    return Records(
        artifacts=[
            Artifact(key="a/data", type="Dataset"),
            Artifact(key="a/model", type="Model"),
            Artifact(key="b/model", type="Model"),
            Artifact(key="b/live", type="Deployment"),
        ],
        executions=[Execution(key="a/train", type="Train"), Execution(key="b/deploy", type="Deploy")],
        contexts=[Context(key="b/anna", type="Agent", name="Anna")],
        events=[
            Event(artifact="a/data", execution="a/train", type=EventType.INPUT),
            Event(artifact="a/model", execution="a/train", type=EventType.OUTPUT),
            Event(artifact="b/model", execution="b/deploy", type=EventType.INPUT),
            Event(artifact="b/live", execution="b/deploy", type=EventType.OUTPUT),
        ],
        equalities=[
            Equality(
                first="a/model",
                second="b/model",
                rule="content hash",
                evidence="sha256:00",
                certainty=Certainty.INFERRED,
                recorded_by="stitch",
            )
        ],
        relations=[
            Relation(
                start_kind=NodeKind.EXECUTION,
                start="b/deploy",
                end_kind=NodeKind.EXECUTION,
                end="a/train",
                name="wasInformedBy",
                details=Struct.of({"role": "`odd` \n"}),
                time=7,
                recorded_by="b",
            ),
            Relation(
                start_kind=NodeKind.CONTEXT,
                start="b/anna",
                end_kind=NodeKind.ARTIFACT,
                end="b/live",
                name="approved",
                recorded_by="b",
            ),
        ],
    )


def test_a_trace_crosses_an_equality_both_ways_and_at_no_hop(graph: provgraph.Graph) -> None:
    graph.put_lineage(two_tools())
    down = graph.downstream("a/data")
    assert {(node.key, down.hops[node.ref]) for node in down.nodes} == {
        ("a/data", 0),
        ("a/train", 1),
        ("a/model", 2),
        ("b/model", 2),
        ("b/deploy", 3),
        ("b/live", 4),
    }
    up = graph.upstream("b/live", max_hops=4)
    assert {node.key for node in up.nodes} == {node.key for node in down.nodes}


def test_a_relation_is_kept_and_never_walked(graph: provgraph.Graph, bypass: Bypass) -> None:
    result = graph.put_lineage(two_tools())
    assert (result.created["SAME_AS"], result.created["RELATION"]) == (2, 2)
    assert {node.key for node in graph.downstream("b/deploy").nodes} == {"b/deploy", "b/live"}
    [row] = bypass.run(
        "MATCH (:Execution {key: 'b/deploy'})-[r:RELATION]->(:Execution {key: 'a/train'}) "
        "WHERE r.recorded_at > 0 RETURN properties(r) AS kept"
    )
    kept = row["kept"]
    assert isinstance(kept, dict)
    assert {name: value for name, value in kept.items() if name != "recorded_at"} == {
        "name": "wasInformedBy",
        "recorded_by": "b",
        "certainty": "declared",
        "time": 7,
        "details": Struct.of({"role": "`odd` \n"}).text,
    }


def test_equalities_and_relations_are_written_once(graph: provgraph.Graph) -> None:
    graph.put_lineage(two_tools())
    again = graph.put_lineage(two_tools())
    assert again.created.total() == 0
    assert (again.unchanged["SAME_AS"], again.unchanged["RELATION"]) == (2, 2)
