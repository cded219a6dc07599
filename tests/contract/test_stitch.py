"""Joining in a store: what is written, crossed by traces, taken back, and left alone."""

from __future__ import annotations

from provgraph import Artifact, Graph, Records
from provgraph.joining.rules import RECORDED_BY, Rule
from provgraph.model import Equality
from tests.servers.target import Bypass

SHA = "sha256:" + "a1" * 32


def put(graph: Graph) -> None:
    graph.put_lineage(
        Records(
            artifacts=[
                Artifact(key="a/1", type="Dataset", source="a", digest=SHA),
                Artifact(key="b/1", type="Dataset", source="b", digest=SHA.upper(), uri="s3://p/x?versionId=3HL4"),
                Artifact(
                    key="c/1", type="Dataset", source="c", uri="s3://p/x", custom_properties={"dataset_version": "3HL4"}
                ),
                Artifact(key="c/2", type="Dataset", source="c", uri="s3://p/y"),
            ],
            equalities=[Equality(first="c/1", second="c/2", rule="renamed", recorded_by="c")],
        )
    )


def links(bypass: Bypass) -> set[tuple[object, ...]]:
    rows = bypass.run("MATCH (a)-[r:SAME_AS]->(b) RETURN a.key, b.key, r.rule, r.recorded_by, r.certainty, r.evidence")
    return {tuple(row.values()) for row in rows}


def test_it(graph: Graph, bypass: Bypass) -> None:
    put(graph)
    before = links(bypass)
    assert graph.stitch(dry_run=True).joined == {Rule.CONTENT: 1, Rule.URI: 1}
    assert links(bypass) == before
    report = graph.stitch()
    assert report.joined == {Rule.CONTENT: 1, Rule.URI: 1}
    made = links(bypass) - before
    assert len(made) == 4
    assert ("a/1", "b/1", "content hash", RECORDED_BY, "inferred", SHA) in made
    again = graph.stitch()
    assert (again.changed, again.known, again.shared) == (False, 2, 2)
    assert graph.unstitch(rules=[Rule.URI]) == {Rule.URI: 1}
    assert len(links(bypass)) == 4
    graph.stitch()
    assert graph.unstitch("b/1") == {Rule.CONTENT: 1, Rule.URI: 1}
    graph.stitch()
    assert graph.unstitch() == {Rule.CONTENT: 1, Rule.URI: 1}
    assert links(bypass) == before
