"""What stands upstream of many artifacts at once: a node is read once, however many of them share it.

A closure for each start, as a trace takes it, reads a shared ancestor once per start. So the walk goes one link at a
time with all starts together, and leaves the last of it, when few nodes are open, to one statement in the pruned form.
"""

from __future__ import annotations

from typing import Final, LiteralString

from provgraph.model import NodeKind
from provgraph.store.cypher.trace import CERTAIN, IN_CHUNKS, MEMBERSHIPS, WALKED, closure

__all__ = ["REST", "STEP"]


def _links(relationships: LiteralString) -> LiteralString:
    return "[(x)<-[r:" + relationships + "]-(y) | [type(r), y.id]]"


def _step(label: LiteralString, relationships: LiteralString) -> LiteralString:
    return (
        "UNWIND $ids AS id MATCH (x:" + label + " {id: id}) "
        "RETURN collect(labels(x)[0]), collect(properties(x)), collect("
        + _links(relationships)
        + "), collect("
        + MEMBERSHIPS
        + ")"
    )


# Some nodes, what enters each ([relationship, id]) and the ids of its contexts, packed. By kind, and whether certain
# links alone are walked.
STEP: Final[dict[tuple[NodeKind, bool], LiteralString]] = {
    (NodeKind.ARTIFACT, False): _step("Artifact", WALKED),
    (NodeKind.ARTIFACT, True): _step("Artifact", CERTAIN),
    (NodeKind.EXECUTION, False): _step("Execution", WALKED),
    (NodeKind.EXECUTION, True): _step("Execution", CERTAIN),
}


def _rest(label: LiteralString, relationships: LiteralString) -> LiteralString:
    return (
        closure(label, relationships, "upstream", "")
        + "WITH DISTINCT x WITH collect(x) AS xs "
        + IN_CHUNKS
        + "RETURN [x IN chunk | labels(x)[0]], [x IN chunk | properties(x)], "
        "[x IN chunk | " + _links(relationships) + "], [x IN chunk | " + MEMBERSHIPS + "]"
    )


# The same of everything upstream of a few nodes, in chunks.
REST: Final[dict[tuple[NodeKind, bool], LiteralString]] = {
    (NodeKind.ARTIFACT, False): _rest("Artifact", WALKED),
    (NodeKind.ARTIFACT, True): _rest("Artifact", CERTAIN),
    (NodeKind.EXECUTION, False): _rest("Execution", WALKED),
    (NodeKind.EXECUTION, True): _rest("Execution", CERTAIN),
}
