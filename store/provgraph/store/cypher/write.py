"""Statements that write nodes and links, many at once, on the unique key only."""

from __future__ import annotations

from typing import Final, LiteralString

from provgraph.model import NodeKind

__all__ = [
    "CANCEL_RUNNING",
    "CLAIM_ARTIFACTS",
    "LINK",
    "MERGE_NODES",
    "MERGE_TYPES",
    "PUT_EXECUTION",
    "REPLACE_NODES",
    "UPDATE_NODES",
]


def _merge(label: LiteralString) -> LiteralString:
    # Creates what is not there, all of it in one assignment, and leaves alone what is: that is told, with its id and
    # fingerprint, for the caller to compare with its own.
    return (
        "UNWIND $rows AS row MERGE (n:" + label + " {key: row.key}) ON CREATE SET n = row "
        "WITH n, row WHERE n.id <> row.id RETURN collect([n.key, n.id, n.fingerprint])"
    )


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


MERGE_NODES: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _merge("Artifact"),
    NodeKind.EXECUTION: _merge("Execution"),
    NodeKind.CONTEXT: _merge("Context"),
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

# A link is new if it has not been stamped yet. `row` is [from id, to id, event type, properties].
_STAMP: Final[LiteralString] = (
    " WITH r, row, r.recorded_at IS NULL AS fresh "
    "FOREACH (_ IN CASE WHEN fresh THEN [1] ELSE [] END | SET r += row[3]) "
    "RETURN sum(CASE WHEN fresh THEN 1 ELSE 0 END)"
)


def _events(start: LiteralString, relationship: LiteralString, end: LiteralString) -> LiteralString:
    return (
        "UNWIND $rows AS row MATCH (a:" + start + " {id: row[0]}) MATCH (b:" + end + " {id: row[1]}) "
        "MERGE (a)-[r:" + relationship + " {event_type: row[2]}]->(b)" + _STAMP
    )


def _links(start: LiteralString, relationship: LiteralString, end: LiteralString) -> LiteralString:
    return (
        "UNWIND $rows AS row MATCH (a:" + start + " {id: row[0]}) MATCH (b:" + end + " {id: row[1]}) "
        "MERGE (a)-[r:" + relationship + "]->(b)" + _STAMP
    )


def _new_links(start: LiteralString, relationship: LiteralString, end: LiteralString) -> LiteralString:
    # For links of executions that this very transaction created: nobody else can have made them.
    return (
        "UNWIND $rows AS row MATCH (a:" + start + " {id: row[0]}) MATCH (b:" + end + " {id: row[1]}) "
        "CREATE (a)-[r:" + relationship + "]->(b) SET r = row[3] RETURN count(r)"
    )


LINK: Final[dict[str, tuple[LiteralString, LiteralString]]] = {
    # relationship: (the statement that is always right, the faster one for links that cannot exist yet)
    "INPUT": (_events("Artifact", "INPUT", "Execution"), _new_links("Artifact", "INPUT", "Execution")),
    "OUTPUT": (_events("Execution", "OUTPUT", "Artifact"), _new_links("Execution", "OUTPUT", "Artifact")),
    "PENDING_OUTPUT": (
        _events("Execution", "PENDING_OUTPUT", "Artifact"),
        _new_links("Execution", "PENDING_OUTPUT", "Artifact"),
    ),
    "POSSIBLE_INPUT": (
        _events("Artifact", "POSSIBLE_INPUT", "Execution"),
        _new_links("Artifact", "POSSIBLE_INPUT", "Execution"),
    ),
    "POSSIBLE_OUTPUT": (
        _events("Execution", "POSSIBLE_OUTPUT", "Artifact"),
        _new_links("Execution", "POSSIBLE_OUTPUT", "Artifact"),
    ),
    "ATTRIBUTION": (_links("Artifact", "ATTRIBUTION", "Context"), _new_links("Artifact", "ATTRIBUTION", "Context")),
    "ASSOCIATION": (
        _links("Execution", "ASSOCIATION", "Context"),
        _new_links("Execution", "ASSOCIATION", "Context"),
    ),
    "PARENT": (_links("Context", "PARENT", "Context"), _new_links("Context", "PARENT", "Context")),
    "DERIVATION": (_links("Artifact", "DERIVATION", "Artifact"), _new_links("Artifact", "DERIVATION", "Artifact")),
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
