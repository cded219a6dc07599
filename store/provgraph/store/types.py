"""Types in the store: put by the rules by which they evolve, and remembered by this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence

from provgraph.errors import InvalidValueError, TypeConflictError
from provgraph.model import ArtifactType, ContextType, ExecutionType, Node, NodeKind, NodeType, kind_of, merge_types
from provgraph.store.cypher import find as lookups
from provgraph.store.cypher import write as statements
from provgraph.store.ids import IdBlock
from provgraph.store.protocol import GraphStore, Transaction
from provgraph.store.rows import type_from_properties, type_to_properties

__all__ = ["TypeRegistry", "check_declared"]

_CLASSES: dict[NodeKind, type[ArtifactType | ExecutionType | ContextType]] = {
    NodeKind.ARTIFACT: ArtifactType,
    NodeKind.EXECUTION: ExecutionType,
    NodeKind.CONTEXT: ContextType,
}


def check_declared(node: Node, node_type: NodeType) -> None:
    """Check the declared properties of a node against its type.

    Raises:
        TypeConflictError: a property is not declared, or has a value of another kind.
    """
    for name, value in node.properties.items():
        declared = node_type.properties.get(name)
        if declared is None:
            raise TypeConflictError(
                f"{node.kind.word} {node.label!r}: type {node.type!r} declares no property {name!r}: "
                "add it to the type, or record it in custom_properties"
            )
        if kind_of(value) is not declared:
            raise TypeConflictError(
                f"{node.kind.word} {node.label!r}: property {name!r} is {declared.name} by its type, "
                f"not {kind_of(value).name}"
            )


class TypeRegistry:
    """The types of one store, as far as this process has met them."""

    def __init__(self, store: GraphStore, ids: IdBlock) -> None:
        self._store, self._ids = store, ids
        self._known: dict[str, NodeType] = {}
        self._lock = threading.Lock()

    def of_nodes(self, nodes: Iterable[Node]) -> dict[str, NodeType]:
        """The type of each node by its key, made without declared properties where the store has none of the name."""
        needed: dict[str, Node] = {}
        known = self._known
        for node in nodes:
            key = node.type_key
            if key not in known:
                needed[key] = node
        if needed:
            self._fetch(needed)
            missing = [
                _CLASSES[node.kind](name=node.type, version=node.type_version, source=node.source)
                for key, node in needed.items()
                if key not in known
            ]
            if missing:
                self.put(missing, can_omit_fields=True)
        return known

    def stored(self, nodes: Iterable[Node]) -> dict[str, NodeType]:
        """The types of `nodes` by their keys, as far as the store has them. Nothing is written."""
        alike = {(node.kind, node.type, node.type_version, node.source): node for node in nodes}
        wanted = {node.type_key: node for node in alike.values()}
        self._fetch({key: node for key, node in wanted.items() if key not in self._known})
        return {key: self._known[key] for key in wanted if key in self._known}

    def _fetch(self, needed: dict[str, Node]) -> None:
        by_kind: dict[NodeKind, list[str]] = {}
        for key, node in needed.items():
            by_kind.setdefault(node.kind, []).append(key)
        for kind, keys in by_kind.items():
            [[found]] = self._store.read(lookups.TYPES_BY_KEYS[kind], {"keys": keys})
            for key, stored in found:
                self._known[key] = type_from_properties(f"{kind.value}Type", stored)

    def put(
        self, types: Sequence[NodeType], *, can_add_fields: bool = False, can_omit_fields: bool = False
    ) -> list[NodeType]:
        """Put types in one transaction; returned as they then stand in the store, with their ids.

        Raises:
            TypeConflictError: a type would change against the rules; nothing is written then.
        """
        ids = self._ids.take(len(types))
        now = int(time.time() * 1000)

        def work(transaction: Transaction) -> list[NodeType]:
            stored: dict[str, NodeType] = {}
            for kind in NodeKind:
                keys = [t.key for t in types if t.kind is kind]
                if keys:
                    [[found]] = transaction.run(lookups.TYPES_BY_KEYS[kind], {"keys": keys})
                    stored |= {key: type_from_properties(f"{kind.value}Type", row) for key, row in found}
            rows: dict[NodeKind, list[dict[str, object]]] = {}
            for node_type, new_id in zip(types, ids, strict=True):
                before = stored.get(node_type.key)
                after = node_type
                if before is not None:
                    after = merge_types(
                        before, node_type, can_add_fields=can_add_fields, can_omit_fields=can_omit_fields
                    )
                    if after == before:
                        continue
                rows.setdefault(node_type.kind, []).append(
                    {"key": after.key, "id": new_id, "set": type_to_properties(after)}
                )
                stored[node_type.key] = after
            for kind, wanted in rows.items():
                [[found]] = transaction.run(statements.MERGE_TYPES[kind], {"rows": wanted, "now": now})
                stored |= {key: type_from_properties(f"{kind.value}Type", row) for key, row in found}
            return [stored[t.key] for t in types]

        for node_type in types:
            if type(node_type) is NodeType:
                raise InvalidValueError("put an ArtifactType, an ExecutionType or a ContextType")
        result = self._store.write(work)
        with self._lock:
            self._known |= {t.key: t for t in result}
        return result
