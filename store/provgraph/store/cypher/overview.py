"""Statements for who looks around: how many links a node has, how much is reached, within a bound."""

from __future__ import annotations

from typing import Final, LiteralString

from provgraph.model import NodeKind
from provgraph.store.cypher.trace import Way

__all__ = ["DEGREES", "LATEST_FAILED", "LATEST_OF_TYPES", "REACH"]

_ALL: Final[LiteralString] = "INPUT|OUTPUT|SAME_AS|DERIVATION|POSSIBLE_INPUT|POSSIBLE_OUTPUT"


# [node id, links that enter it, links that leave it].
def _degrees(label: LiteralString) -> LiteralString:
    return (
        "UNWIND $ids AS id MATCH (n:" + label + " {id: id}) "
        "RETURN collect([id, COUNT { (n)<-[:" + _ALL + "|PENDING_OUTPUT]-() }, "
        "COUNT { (n)-[:" + _ALL + "|PENDING_OUTPUT]->() }])"
    )


DEGREES: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _degrees("Artifact"),
    NodeKind.EXECUTION: _degrees("Execution"),
}


# How many nodes a walk from one node meets, itself included, counted up to `$limit`.
def _reach(label: LiteralString, way: Way) -> LiteralString:
    if way == "upstream":
        pattern: LiteralString = "(s)<-[:" + _ALL + "*0..]-(x)"
    else:
        pattern = "(s)-[:" + _ALL + "*0..]->(x)"
    return (
        "MATCH (s:" + label + " {id: $id}) CALL (s) { MATCH " + pattern + " RETURN DISTINCT x LIMIT $limit } "
        "RETURN count(*)"
    )


REACH: Final[dict[tuple[NodeKind, Way], LiteralString]] = {
    (NodeKind.ARTIFACT, "upstream"): _reach("Artifact", "upstream"),
    (NodeKind.ARTIFACT, "downstream"): _reach("Artifact", "downstream"),
    (NodeKind.EXECUTION, "upstream"): _reach("Execution", "upstream"),
    (NodeKind.EXECUTION, "downstream"): _reach("Execution", "downstream"),
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
