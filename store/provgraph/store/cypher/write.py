"""Statements that write nodes and links, many at once, on the unique key only."""

from __future__ import annotations

from typing import Final, LiteralString, NamedTuple

from provgraph.model import NodeKind

__all__ = [
    "CANCEL_RUNNING",
    "CLAIM_ARTIFACTS",
    "CREATE_NODES",
    "LINK",
    "MERGE_TYPES",
    "PUT_EXECUTION",
    "RELATE",
    "REPLACE_NODES",
    "UPDATE_NODES",
    "LinkStatements",
]


def _create(label: LiteralString) -> LiteralString:
    # Only for keys that `find.BY_KEYS` has not found: another writer who makes one of them at the same time breaks the
    # uniqueness of keys, and the loser's transaction starts again. MERGE, which looks for itself, took twice as long.
    return "UNWIND $rows AS row CREATE (n:" + label + ") SET n = row RETURN count(n)"


def _update(label: LiteralString) -> LiteralString:
    return (
        "UNWIND $rows AS row MATCH (n:" + label + " {id: row.id}) WHERE n.type_id = row.set.type_id "
        "SET n += row.set, n.fingerprint = row.fingerprint RETURN count(n)"
    )


def _replace(label: LiteralString) -> LiteralString:
    # As ML Metadata updates without a mask: what the new row does not name is gone.
    return (
        "UNWIND $rows AS row MATCH (n:" + label + " {id: row.id}) WHERE n.type_id = row.set.type_id "
        "WITH n, row, n.recorded_at AS recorded_at, n.key AS key "
        "SET n = row.set "
        "SET n.id = row.id, n.key = key, n.recorded_at = recorded_at, n.fingerprint = row.fingerprint RETURN count(n)"
    )


CREATE_NODES: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _create("Artifact"),
    NodeKind.EXECUTION: _create("Execution"),
    NodeKind.CONTEXT: _create("Context"),
}
UPDATE_NODES: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _update("Artifact"),
    NodeKind.EXECUTION: _update("Execution"),
    NodeKind.CONTEXT: _update("Context"),
}
REPLACE_NODES: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _replace("Artifact"),
    NodeKind.EXECUTION: _replace("Execution"),
    NodeKind.CONTEXT: _replace("Context"),
}


def _merge_types(label: LiteralString) -> LiteralString:
    return (
        "UNWIND $rows AS row MERGE (n:" + label + " {key: row.key}) "
        "ON CREATE SET n.id = row.id, n.recorded_at = $now "
        "SET n += row.set RETURN collect([n.key, properties(n)])"
    )


MERGE_TYPES: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _merge_types("ArtifactType"),
    NodeKind.EXECUTION: _merge_types("ExecutionType"),
    NodeKind.CONTEXT: _merge_types("ContextType"),
}

# When this store learnt of a link, and from which file or address.
_STAMP: Final[LiteralString] = "recorded_at: $now, recorded_from: $from"
# A row is [from id, to id, fields ...]. Properties are named one by one: a map (`SET r = row[2]`) took more than twice
# as long per link on one of the engines.
_EVENT: Final[LiteralString] = (
    "event_type: row[2], recorded_by: row[3], certainty: row[4], time: row[5], path: row[6], " + _STAMP
)
_MEMBERSHIP: Final[LiteralString] = "recorded_by: row[2], " + _STAMP
_DERIVATION: Final[LiteralString] = "recorded_by: row[2], certainty: row[3], time: row[4], " + _STAMP
_EQUALITY: Final[LiteralString] = (
    "recorded_by: row[2], rule: row[3], evidence: row[4], certainty: row[5], time: row[6], " + _STAMP
)
_RELATION: Final[LiteralString] = (
    "name: row[2], recorded_by: row[3], details: row[4], certainty: row[5], time: row[6], " + _STAMP
)


class LinkStatements(NamedTuple):
    """How links of one relationship are written.

    Attributes:
        merge: always right; takes `$rows`.
        create_by_start, create_by_end: faster, for links of nodes that this very transaction made, since nobody else
            can have linked these. They take `$groups`: [id of the shared end, its rows]. A shared node that is looked
            up and loaded once, not for each of its links, saves more than half of the time.
    """

    merge: LiteralString
    create_by_start: LiteralString
    create_by_end: LiteralString


def _links(
    start: LiteralString,
    relationship: LiteralString,
    end: LiteralString,
    properties: LiteralString,
    identity: LiteralString = "",
) -> LinkStatements:
    first: LiteralString = "MATCH (a:" + start + " {id: row[0]}) "
    second: LiteralString = "MATCH (b:" + end + " {id: row[1]}) "
    create: LiteralString = "CREATE (a)-[r:" + relationship + " {" + properties + "}]->(b) RETURN count(r)"
    return LinkStatements(
        # a link is new if it has not been stamped yet
        merge="UNWIND $rows AS row " + first + second + "MERGE (a)-[r:" + relationship + identity + "]->(b) "
        "WITH r, row, r.recorded_at IS NULL AS fresh "
        "FOREACH (_ IN CASE WHEN fresh THEN [1] ELSE [] END | SET r += {" + properties + "}) "
        "RETURN sum(CASE WHEN fresh THEN 1 ELSE 0 END)",
        create_by_start="UNWIND $groups AS alike MATCH (a:"
        + start
        + " {id: alike[0]}) UNWIND alike[1] AS row "
        + second
        + create,
        create_by_end="UNWIND $groups AS alike MATCH (b:"
        + end
        + " {id: alike[0]}) UNWIND alike[1] AS row "
        + first
        + create,
    )


def _events(start: LiteralString, relationship: LiteralString, end: LiteralString) -> LinkStatements:
    return _links(start, relationship, end, _EVENT, " {event_type: row[2]}")


LINK: Final[dict[str, LinkStatements]] = {
    "INPUT": _events("Artifact", "INPUT", "Execution"),
    "OUTPUT": _events("Execution", "OUTPUT", "Artifact"),
    "PENDING_OUTPUT": _events("Execution", "PENDING_OUTPUT", "Artifact"),
    "POSSIBLE_INPUT": _events("Artifact", "POSSIBLE_INPUT", "Execution"),
    "POSSIBLE_OUTPUT": _events("Execution", "POSSIBLE_OUTPUT", "Artifact"),
    "ATTRIBUTION": _links("Artifact", "ATTRIBUTION", "Context", _MEMBERSHIP),
    "ASSOCIATION": _links("Execution", "ASSOCIATION", "Context", _MEMBERSHIP),
    "PARENT": _links("Context", "PARENT", "Context", _MEMBERSHIP),
    "DERIVATION": _links("Artifact", "DERIVATION", "Artifact", _DERIVATION),
    "SAME_AS": _links("Artifact", "SAME_AS", "Artifact", _EQUALITY, " {recorded_by: row[2]}"),
}


def _relations(start: LiteralString) -> dict[NodeKind, LinkStatements]:
    identity: LiteralString = " {name: row[2], recorded_by: row[3]}"
    return {
        NodeKind.ARTIFACT: _links(start, "RELATION", "Artifact", _RELATION, identity),
        NodeKind.EXECUTION: _links(start, "RELATION", "Execution", _RELATION, identity),
        NodeKind.CONTEXT: _links(start, "RELATION", "Context", _RELATION, identity),
    }


# By the kinds of the two ends.
RELATE: Final[dict[NodeKind, dict[NodeKind, LinkStatements]]] = {
    NodeKind.ARTIFACT: _relations("Artifact"),
    NodeKind.EXECUTION: _relations("Execution"),
    NodeKind.CONTEXT: _relations("Context"),
}

# Artifacts that are about to be written: made if they are not there, locked until the transaction ends (by the write of
# what is there already), and returned as they are, so that their writer can decide by what they hold.
CLAIM_ARTIFACTS: Final[LiteralString] = """
UNWIND $rows AS row
MERGE (a:Artifact {key: row.key})
ON CREATE SET a += row.create
SET a.key = row.key
RETURN collect([row.at, properties(a)])
"""

# A running execution is given up, unless it ended in the meantime.
CANCEL_RUNNING: Final[LiteralString] = """
UNWIND $rows AS row
MATCH (e:Execution {id: row.id})
WITH e, row WHERE e.state = 'RUNNING'
SET e += row.set
RETURN count(e)
"""

# One execution with its contexts, artifacts and links, whole, in one statement. `$contexts` come parents first. Lists
# of events hold [event type, properties]. A row without `set` names a node that must be there: if it is not, its id
# comes back as null, and a node of another type does not come back: the caller takes the transaction back.
PUT_EXECUTION: Final[LiteralString] = """
MERGE (e:Execution {key: $execution.key})
ON CREATE SET e.id = $execution.id, e.recorded_at = $now
WITH e WHERE e.type_id IS NULL OR e.type_id = $execution.set.type_id
SET e += $execution.set
WITH e
CALL (e) {
  UNWIND $contexts AS row
  MERGE (c:Context {key: row.key})
  ON CREATE SET c += row.create
  SET c += row.set
  FOREACH (_ IN row.associate | MERGE (e)-[r:ASSOCIATION]->(c) ON CREATE SET r += $stamp)
  FOREACH (key IN row.parents |
    MERGE (p:Context {key: key}) MERGE (c)-[r:PARENT]->(p) ON CREATE SET r += $stamp)
  RETURN collect([c.key, c.id]) AS contexts
}
CALL (e) {
  UNWIND $artifacts AS row
  MERGE (a:Artifact {key: row.key})
  ON CREATE SET a += row.create
  WITH a, e, row WHERE a.type_id IS NULL OR a.type_id = coalesce(row.set.type_id, a.type_id)
  SET a += row.set
  FOREACH (event IN row.INPUT |
    MERGE (a)-[r:INPUT {event_type: event[0]}]->(e) ON CREATE SET r += event[1])
  FOREACH (event IN row.OUTPUT |
    MERGE (e)-[r:OUTPUT {event_type: event[0]}]->(a) ON CREATE SET r += event[1])
  FOREACH (event IN row.PENDING_OUTPUT |
    MERGE (e)-[r:PENDING_OUTPUT {event_type: event[0]}]->(a) ON CREATE SET r += event[1])
  FOREACH (event IN row.POSSIBLE_INPUT |
    MERGE (a)-[r:POSSIBLE_INPUT {event_type: event[0]}]->(e) ON CREATE SET r += event[1])
  FOREACH (event IN row.POSSIBLE_OUTPUT |
    MERGE (e)-[r:POSSIBLE_OUTPUT {event_type: event[0]}]->(a) ON CREATE SET r += event[1])
  FOREACH (key IN row.contexts |
    MERGE (c:Context {key: key}) MERGE (a)-[r:ATTRIBUTION]->(c) ON CREATE SET r += $stamp)
  RETURN collect([a.key, a.id]) AS artifacts
}
RETURN e.id, artifacts, contexts
"""
