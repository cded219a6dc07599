"""What stands upstream of many artifacts at once: a node is read once, however many of them share it.

A closure for each start, as a trace takes it, reads a shared ancestor once per start. So the walk goes one link at a
time with all starts together, and leaves the last of it, when few nodes are open, to one statement in the pruned form.
"""

from __future__ import annotations

from typing import Final, LiteralString

from provgraph.model import NodeKind
from provgraph.store.cypher.trace import IN_CHUNKS, MEMBERSHIPS, WALKED, closure

__all__ = ["REST", "STEP"]

_LINKS: Final[LiteralString] = "[(x)<-[r:" + WALKED + "]-(y) | [type(r), y.id]]"


def _step(label: LiteralString) -> LiteralString:
    return (
        "UNWIND $ids AS id MATCH (x:" + label + " {id: id}) "
        "RETURN collect(labels(x)[0]), collect(properties(x)), collect(" + _LINKS + "), collect(" + MEMBERSHIPS + ")"
    )


# Some nodes, what enters each ([relationship, id]) and the ids of its contexts, packed.
STEP: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _step("Artifact"),
    NodeKind.EXECUTION: _step("Execution"),
}


def _rest(label: LiteralString) -> LiteralString:
    return (
        closure(label, WALKED, "upstream", "")
        + "WITH DISTINCT x WITH collect(x) AS xs "
        + IN_CHUNKS
        + "RETURN [x IN chunk | labels(x)[0]], [x IN chunk | properties(x)], "
        "[x IN chunk | " + _LINKS + "], [x IN chunk | " + MEMBERSHIPS + "]"
    )


# The same of everything upstream of a few nodes, in chunks.
REST: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _rest("Artifact"),
    NodeKind.EXECUTION: _rest("Execution"),
}
