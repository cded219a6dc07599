"""Statements for who looks around: how many links a node has, how much is reached, within a bound."""

from __future__ import annotations

from typing import Final, LiteralString

from provgraph.model import NodeKind
from provgraph.store.cypher.trace import CERTAIN, WALKED, Way

__all__ = ["DEGREES", "LATEST_FAILED", "LATEST_OF_TYPES", "REACH"]


# [node id, links that enter it, links that leave it].
def _degrees(label: LiteralString, links: LiteralString) -> LiteralString:
    return (
        "UNWIND $ids AS id MATCH (n:" + label + " {id: id}) "
        "RETURN collect([id, COUNT { (n)<-[:" + links + "|PENDING_OUTPUT]-() }, "
        "COUNT { (n)-[:" + links + "|PENDING_OUTPUT]->() }])"
    )


# By kind, and whether certain links alone count.
DEGREES: Final[dict[tuple[NodeKind, bool], LiteralString]] = {
    (NodeKind.ARTIFACT, False): _degrees("Artifact", WALKED),
    (NodeKind.ARTIFACT, True): _degrees("Artifact", CERTAIN),
    (NodeKind.EXECUTION, False): _degrees("Execution", WALKED),
    (NodeKind.EXECUTION, True): _degrees("Execution", CERTAIN),
}


# How many nodes a walk from one node meets, itself included, counted up to `$limit`.
def _reach(label: LiteralString, way: Way, links: LiteralString) -> LiteralString:
    if way == "upstream":
        pattern: LiteralString = "(s)<-[:" + links + "*0..]-(x)"
    else:
        pattern = "(s)-[:" + links + "*0..]->(x)"
    return (
        "MATCH (s:" + label + " {id: $id}) CALL (s) { MATCH " + pattern + " RETURN DISTINCT x LIMIT $limit } "
        "RETURN count(*)"
    )


# By kind, way, and whether certain links alone are walked.
REACH: Final[dict[tuple[NodeKind, Way, bool], LiteralString]] = {
    (NodeKind.ARTIFACT, "upstream", False): _reach("Artifact", "upstream", WALKED),
    (NodeKind.ARTIFACT, "upstream", True): _reach("Artifact", "upstream", CERTAIN),
    (NodeKind.ARTIFACT, "downstream", False): _reach("Artifact", "downstream", WALKED),
    (NodeKind.ARTIFACT, "downstream", True): _reach("Artifact", "downstream", CERTAIN),
    (NodeKind.EXECUTION, "upstream", False): _reach("Execution", "upstream", WALKED),
    (NodeKind.EXECUTION, "upstream", True): _reach("Execution", "upstream", CERTAIN),
    (NodeKind.EXECUTION, "downstream", False): _reach("Execution", "downstream", WALKED),
    (NodeKind.EXECUTION, "downstream", True): _reach("Execution", "downstream", CERTAIN),
}

# The ids of the artifacts recorded last: ids are given in the order of recording.
LATEST_OF_TYPES: Final[LiteralString] = (
    "UNWIND $types AS type "
    "CALL (type) { MATCH (n:Artifact {type: type}) RETURN n.id AS id ORDER BY id DESC LIMIT $limit } "
    "RETURN collect(id)"
)

# The ids of the executions that failed last, by when they were recorded.
LATEST_FAILED: Final[LiteralString] = (
    "MATCH (n:Execution {state: 'FAILED'}) WITH n.id AS id ORDER BY id DESC LIMIT $limit RETURN collect(id)"
)
