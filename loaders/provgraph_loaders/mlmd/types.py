"""Types with their properties and base types."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import (
    ArtifactType,
    BaseType,
    ContextType,
    ExecutionType,
    NodeKind,
    NodeType,
    PropertyKind,
)
from provgraph_loaders.mlmd.values import text_of

__all__ = ["KIND_NUMBERS", "StoredTypes", "read_types"]

KIND_NUMBERS: Final[Mapping[NodeKind, int]] = {NodeKind.EXECUTION: 0, NodeKind.ARTIFACT: 1, NodeKind.CONTEXT: 2}
_CLASSES: Final = {0: ExecutionType, 1: ArtifactType, 2: ContextType}
_BASES: Final = {f"mlmd.{base.value}": base for base in BaseType}

_TYPES: Final = """
SELECT id, type_kind, name, version, description, input_type, output_type, external_id FROM Type ORDER BY id
"""
_PROPERTIES: Final = "SELECT type_id, name, data_type FROM TypeProperty ORDER BY type_id, rowid"
_PARENTS: Final = "SELECT p.type_id, y.name FROM ParentType AS p JOIN Type AS y ON y.id = p.parent_type_id"
_USED: Final = """
SELECT DISTINCT type_id FROM Artifact UNION SELECT DISTINCT type_id FROM Execution
UNION SELECT DISTINCT type_id FROM Context
"""


@dataclass(frozen=True, slots=True)
class StoredTypes:
    """The types of a store.

    Attributes:
        by_id: of every row, by its id in the store. Rows of one kind, name and version share one type.
        yielded: those to write: all but the built-in ones that no node uses.
    """

    by_id: Mapping[int, NodeType]
    yielded: tuple[NodeType, ...]


def read_types(copy: sqlite3.Connection, source: str, report: LoadReport) -> StoredTypes:
    """All types of a store that was cleaned. `source` is what the store is called."""
    properties: dict[int, dict[str, PropertyKind]] = {}
    for type_id, name, kind in copy.execute(_PROPERTIES):
        properties.setdefault(type_id, {})[text_of(name)] = PropertyKind(kind)
    bases = {type_id: _BASES[text_of(name)] for type_id, name in copy.execute(_PARENTS)}
    used = {type_id for (type_id,) in copy.execute(_USED)}
    ids: dict[str, list[int]] = {}
    merged: dict[str, NodeType] = {}
    wanted: set[str] = set()
    for id_, kind, name, version, description, given, made, external_id in copy.execute(_TYPES):
        found = _CLASSES[kind](
            name=text_of(name),
            version=text_of(version),
            description=text_of(description),
            external_id=text_of(external_id),
            signature=_signature(text_of(given), text_of(made)),
            properties=properties.get(id_, {}),
            base_type=bases.get(id_) or (_BASES.get(text_of(name)) if kind != KIND_NUMBERS[NodeKind.CONTEXT] else None),
            source=source,
        )
        key = found.key
        before = merged.get(key)
        merged[key] = found if before is None else _merged(before, found, id_, report)
        ids.setdefault(key, []).append(id_)
        if id_ in used or found.name not in _BASES:
            wanted.add(key)
    by_id = {id_: merged[key] for key, rows in ids.items() for id_ in rows}
    return StoredTypes(by_id, tuple(merged[key] for key in merged if key in wanted))


def _merged(before: NodeType, again: NodeType, id_: int, report: LoadReport) -> NodeType:
    report.note(
        NoteKind.GUESSED, "types", "have kind, name and version of an earlier one: taken as the same", f"type {id_}"
    )
    for name in sorted(before.properties.keys() & again.properties.keys()):
        if before.properties[name] is not again.properties[name]:
            reason = "are declared twice with different kinds: the first is kept"
            report.note(NoteKind.DROPPED, "properties of types", reason, f"type {id_} {name}")
    return _CLASSES[KIND_NUMBERS[before.kind]](
        name=before.name,
        version=before.version,
        description=before.description or again.description,
        external_id=before.external_id or again.external_id,
        signature=before.signature or again.signature,
        properties={**again.properties, **before.properties},
        base_type=before.base_type or again.base_type,
        source=before.source,
    )


def _signature(given: str, made: str) -> str:
    found = {name: text for name, text in (("input_type", given), ("output_type", made)) if text}
    return json.dumps(found, ensure_ascii=False) if found else ""
