"""Statements that read a whole store to check it: a window of ids at a time, so that memory stays flat at both ends.

No traversal: cycles are found in Python, from the links of each node.
"""

from __future__ import annotations

from typing import Final, LiteralString

from provgraph.model import NodeKind

__all__ = ["MISPLACED", "NODES", "NO_IDENTITY", "SEQUENCE"]

# The next id that the store will hand out.
SEQUENCE: Final[LiteralString] = "MATCH (s:Provgraph {key: 'store'}) RETURN s.next_id"


def _window(label: LiteralString, links: LiteralString) -> LiteralString:
    return (
        "MATCH (n:" + label + ") WHERE n.id >= $first AND n.id < $end "
        "RETURN collect([properties(n), " + links + "])"
    )  # fmt: skip


# Nodes with the links that they answer for: [relationship, event type, id of the other end].
NODES: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _window(
        "Artifact",
        "[(n)-[r:DERIVATION|SAME_AS]->(x:Artifact) | [type(r), null, x.id]] + "
        "[(n)-[r:ATTRIBUTION]->(x:Context) | [type(r), null, x.id]]",
    ),
    NodeKind.EXECUTION: _window(
        "Execution",
        "[(n)<-[r:INPUT|POSSIBLE_INPUT]-(x:Artifact) | [type(r), r.event_type, x.id]] + "
        "[(n)-[r:OUTPUT|POSSIBLE_OUTPUT|PENDING_OUTPUT]->(x:Artifact) | [type(r), r.event_type, x.id]] + "
        "[(n)-[r:ASSOCIATION]->(x:Context) | [type(r), null, x.id]]",
    ),
    NodeKind.CONTEXT: _window("Context", "[(n)-[r:PARENT]->(x:Context) | [type(r), null, x.id]]"),
}


def _no_identity(label: LiteralString) -> LiteralString:
    return (
        "MATCH (n:" + label + ") WHERE n.id IS NULL OR n.key IS NULL OR n.type IS NULL OR n.id < 1 OR n.id >= $next "
        "RETURN n.id, n.key, n.type, n.name LIMIT $limit"
    )


# Nodes that lack what every node has, or whose id this store never handed out.
NO_IDENTITY: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _no_identity("Artifact"),
    NodeKind.EXECUTION: _no_identity("Execution"),
    NodeKind.CONTEXT: _no_identity("Context"),
}


# Other people's data may use the same words between their own nodes: at least one end bears a label of ours.
def _misplaced(relationship: LiteralString, start: LiteralString, end: LiteralString) -> LiteralString:
    return (
        "MATCH (a)-[r:" + relationship + "]->(b) WHERE NOT (a:" + start + " AND b:" + end + ") "
        "AND (a:Artifact OR a:Execution OR a:Context OR b:Artifact OR b:Execution OR b:Context) "
        "RETURN labels(a)[0], a.id, labels(b)[0], b.id LIMIT $limit"
    )


# relationship: (label it starts at, label it ends at, the statement that finds those which do not)
MISPLACED: Final[dict[str, tuple[str, str, LiteralString]]] = {
    "INPUT": ("Artifact", "Execution", _misplaced("INPUT", "Artifact", "Execution")),
    "POSSIBLE_INPUT": ("Artifact", "Execution", _misplaced("POSSIBLE_INPUT", "Artifact", "Execution")),
    "OUTPUT": ("Execution", "Artifact", _misplaced("OUTPUT", "Execution", "Artifact")),
    "POSSIBLE_OUTPUT": ("Execution", "Artifact", _misplaced("POSSIBLE_OUTPUT", "Execution", "Artifact")),
    "PENDING_OUTPUT": ("Execution", "Artifact", _misplaced("PENDING_OUTPUT", "Execution", "Artifact")),
    "DERIVATION": ("Artifact", "Artifact", _misplaced("DERIVATION", "Artifact", "Artifact")),
    "SAME_AS": ("Artifact", "Artifact", _misplaced("SAME_AS", "Artifact", "Artifact")),
    "ATTRIBUTION": ("Artifact", "Context", _misplaced("ATTRIBUTION", "Artifact", "Context")),
    "ASSOCIATION": ("Execution", "Context", _misplaced("ASSOCIATION", "Execution", "Context")),
    "PARENT": ("Context", "Context", _misplaced("PARENT", "Context", "Context")),
}
