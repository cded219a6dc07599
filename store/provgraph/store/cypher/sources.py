"""Statements that read all the records of one source: first their ids, in one go, then the nodes, some at a time."""

from __future__ import annotations

from typing import Final, LiteralString

from provgraph.model import NodeKind
from provgraph.store.cypher.trace import LINK, MEMBERSHIPS, WALKED

__all__ = ["IDS_FROM_SOURCE", "WITH_LINKS"]

_IDS: Final[LiteralString] = (
    "WHERE x.source = $source WITH x.id AS id ORDER BY id WITH collect(id) AS xs "
    "UNWIND range(0, size(xs) - 1, 20000) AS at RETURN xs[at..at + 20000]"
)

# The ids of what came from a source, packed in chunks.
IDS_FROM_SOURCE: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: "MATCH (x:Artifact) " + _IDS,
    NodeKind.EXECUTION: "MATCH (x:Execution) " + _IDS,
    NodeKind.CONTEXT: "MATCH (x:Context) " + _IDS,
}


# Nodes with the links that leave them and their contexts: [properties, links, ids of contexts]. Each link leaves one
# node, so all of them come once.
def _traced(label: LiteralString) -> LiteralString:
    return (
        "UNWIND $ids AS id MATCH (x:"
        + label
        + " {id: id}) RETURN collect([properties(x), [(x)-[r:"
        + WALKED
        + "|PENDING_OUTPUT]->(y) | [type(r), x.id, y.id, "
        + LINK
        + "], "
        + MEMBERSHIPS
        + "])"
    )


WITH_LINKS: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _traced("Artifact"),
    NodeKind.EXECUTION: _traced("Execution"),
    NodeKind.CONTEXT: (
        "UNWIND $ids AS id MATCH (x:Context {id: id}) RETURN collect([properties(x), [], [(x)-[:PARENT]->(c) | c.id]])"
    ),
}
