"""Statements that read all the records of one source, a page at a time."""

from __future__ import annotations

from typing import Final, LiteralString

from provgraph.model import NodeKind
from provgraph.store.cypher.trace import LINK, MEMBERSHIPS, WALKED

__all__ = ["FROM_SOURCE"]


# The nodes of a source with the links that leave them and their contexts: [properties, links, ids of contexts]. Each
# link leaves one node, so all of them come once.
def _traced(label: LiteralString) -> LiteralString:
    return (
        "MATCH (x:" + label + ") WHERE x.source = $source AND x.id > $after WITH x ORDER BY x.id LIMIT $limit "
        "RETURN collect([properties(x), [(x)-[r:"
        + WALKED
        + "|PENDING_OUTPUT]->(y) | [type(r), x.id, y.id, "
        + LINK
        + "], "
        + MEMBERSHIPS
        + "])"
    )


FROM_SOURCE: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _traced("Artifact"),
    NodeKind.EXECUTION: _traced("Execution"),
    NodeKind.CONTEXT: (
        "MATCH (x:Context) WHERE x.source = $source AND x.id > $after WITH x ORDER BY x.id LIMIT $limit "
        "RETURN collect([properties(x), [], [(x)-[:PARENT]->(c) | c.id]])"
    ),
}
