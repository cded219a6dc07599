"""Writing one execution with all that belongs to it: one statement in one transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from provgraph.errors import ConflictError, NotFoundError
from provgraph.model import Artifact, Context, Event, Execution, Node
from provgraph.store.cypher.write import PUT_EXECUTION
from provgraph.store.ids import IdBlock
from provgraph.store.protocol import GraphStore, Row, Transaction
from provgraph.store.rows import to_properties
from provgraph.store.types import TypeRegistry, check_declared
from provgraph.store.writer import event_properties, event_relationship

__all__ = ["ExecutionUnit", "prepare_execution", "put_execution", "run_execution"]

_EVENTS = ("INPUT", "OUTPUT", "PENDING_OUTPUT", "POSSIBLE_INPUT", "POSSIBLE_OUTPUT")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionUnit:
    """One execution and what is written with it, whole or not at all.

    Attributes:
        execution: with its key. What it says is added to what the store has under this key.
        artifacts: those to create or to add to. Events may also name artifacts that are in the store already.
        contexts: those to create or to add to, parents before children.
        associated: keys of the contexts that the execution belongs to.
        attributed: (artifact key, context key).
        parents: (child key, parent key). The caller sees to it that there is no cycle.
        recorded_by: who says so, on every link; recorded_from: the file that says so, if it is one that does.
    """

    execution: Execution
    artifacts: Sequence[Artifact] = ()
    events: Sequence[Event] = ()
    contexts: Sequence[Context] = ()
    associated: Sequence[str] = ()
    attributed: Sequence[tuple[str, str]] = ()
    parents: Sequence[tuple[str, str]] = ()
    recorded_by: str = ""
    recorded_from: str = ""


def put_execution(store: GraphStore, ids: IdBlock, types: TypeRegistry, unit: ExecutionUnit) -> dict[str, int]:
    """Write the unit; the id of every node in it, by key.

    Raises:
        NotFoundError: a link names a node that is neither in the unit nor in the store.
        TypeConflictError: a declared property does not fit its type.
        ConflictError: a name or an external id belongs to another node.
    """
    parameters = prepare_execution(ids, types, unit)
    return store.write_one(PUT_EXECUTION, parameters, lambda rows: _ids(unit, rows))


def prepare_execution(ids: IdBlock, types: TypeRegistry, unit: ExecutionUnit) -> dict[str, object]:
    """What `run_execution` needs to write the unit: new ids, and the types, which are put where they are missing.

    Raises:
        TypeConflictError: a declared property does not fit its type.
    """
    nodes: list[Node] = [unit.execution, *unit.artifacts, *unit.contexts]
    known = types.of_nodes(nodes)
    now = int(time.time() * 1000)
    offered = iter(ids.take(len(nodes)))

    def row(node: Node) -> dict[str, object]:
        node_type = known[node.type_key]
        if node.properties:
            check_declared(node, node_type)
        # what one write says is less than the whole node: a loader's mark of the whole no longer holds
        properties = {**to_properties(node, node_type.id), "fingerprint": None}
        return {"key": node.key, "create": {"id": next(offered), "recorded_at": now}, "set": properties}

    def reference(key: str) -> dict[str, object]:
        return {"key": key, "create": {}, "set": {}}

    execution = row(unit.execution)
    artifacts = {a.key: row(a) for a in unit.artifacts}
    contexts = {c.key: row(c) for c in unit.contexts}
    for event in unit.events:
        artifacts.setdefault(event.artifact, reference(event.artifact))
    for artifact_key, context_key in unit.attributed:
        artifacts.setdefault(artifact_key, reference(artifact_key))
        contexts.setdefault(context_key, reference(context_key))
    for context_key in unit.associated:
        contexts.setdefault(context_key, reference(context_key))
    for child, parent in unit.parents:
        contexts.setdefault(child, reference(child))
        contexts.setdefault(parent, reference(parent))

    for key, found in artifacts.items():
        for relationship in _EVENTS:
            found[relationship] = [
                [e.type.name, event_properties(e, now, unit.recorded_from)]
                for e in unit.events
                if e.artifact == key and event_relationship(e) == relationship
            ]
        found["contexts"] = [context for artifact, context in unit.attributed if artifact == key]
    for key, found in contexts.items():
        found["associate"] = [1] if key in unit.associated else []
        found["parents"] = [parent for child, parent in unit.parents if child == key]
    made = execution["create"]
    return {
        "now": now,
        "stamp": {"recorded_at": now, "recorded_by": unit.recorded_by},
        "execution": {**execution, "id": made["id"]} if isinstance(made, dict) else execution,
        "artifacts": list(artifacts.values()),
        "contexts": list(contexts.values()),
    }


def run_execution(transaction: Transaction, unit: ExecutionUnit, parameters: dict[str, object]) -> dict[str, int]:
    """Write the prepared unit as a part of a transaction that may do more; the id of every node in it, by key.

    Raises:
        NotFoundError: a link names a node that is neither in the unit nor in the store.
        ConflictError: a key of the unit belongs to a node of another type.
    """
    return _ids(unit, transaction.run(PUT_EXECUTION, parameters))


def _ids(unit: ExecutionUnit, rows: Sequence[Row]) -> dict[str, int]:
    if not rows:
        raise ConflictError(f"the store holds an execution of another type under the key {unit.execution.key!r}")
    [[execution_id, found_artifacts, found_contexts]] = rows
    there = {key for key, _ in found_artifacts}
    for artifact in unit.artifacts:
        if artifact.key not in there:
            raise ConflictError(f"the store holds an artifact of another type under the key {artifact.key!r}")
    for key, id_ in (*found_artifacts, *found_contexts):
        if id_ is None:
            raise NotFoundError(f"the execution names {key!r}, which is not in the store")
    return {unit.execution.key: execution_id, **dict(found_artifacts), **dict(found_contexts)}
