"""Which tables and columns a store has, and lifting a copy of it to those of the newest schema.

An older store differs by what is absent only. What is absent is added, empty, so that one set of statements reads all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from provgraph.errors import LoadError
from provgraph.loading import LoadReport, NoteKind
from provgraph_loaders.sqlite import add_missing, columns_of

__all__ = ["NEWEST", "TABLES", "is_mlmd", "lift"]

NEWEST: Final = 10

_PROPERTY = ("name", "is_custom_property", "int_value", "double_value", "string_value", "byte_value", "proto_value",
             "bool_value")  # fmt: skip
_NODE = ("id", "type_id", "name", "external_id", "create_time_since_epoch", "last_update_time_since_epoch")

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "MLMDEnv": ("schema_version",),
    "Type": ("id", "name", "version", "type_kind", "description", "input_type", "output_type", "external_id"),
    "TypeProperty": ("type_id", "name", "data_type"),
    "ParentType": ("type_id", "parent_type_id"),
    "Artifact": (*_NODE, "uri", "state"),
    "ArtifactProperty": ("artifact_id", *_PROPERTY),
    "Execution": (*_NODE, "last_known_state"),
    "ExecutionProperty": ("execution_id", *_PROPERTY),
    "Context": _NODE,
    "ContextProperty": ("context_id", *_PROPERTY),
    "Event": ("id", "artifact_id", "execution_id", "type", "milliseconds_since_epoch"),
    "EventPath": ("event_id", "is_index_step", "step_index", "step_key"),
    "Attribution": ("id", "context_id", "artifact_id"),
    "Association": ("id", "context_id", "execution_id"),
    "ParentContext": ("context_id", "parent_context_id"),
}
_ALWAYS: Final = ("Type", "TypeProperty", "Artifact", "ArtifactProperty", "Execution", "ExecutionProperty", "Event",
                  "EventPath")  # fmt: skip
_OLD_KIND: Final = "is_artifact_type"  # before schema 2: the column that became type_kind, with the same numbers


def is_mlmd(tables: Mapping[str, frozenset[str]]) -> bool:
    """Whether tables, with their columns, are those of an ML Metadata store of any schema."""
    return all(name in tables for name in _ALWAYS) and ("MLMDEnv" in tables or _OLD_KIND in tables["Type"])


def lift(copy: sqlite3.Connection, source: str, report: LoadReport) -> int:
    """Add what the store's schema lacks; the version of its schema.

    Raises:
        LoadError: it is no ML Metadata store, or one of a schema that is not known.
    """
    there = columns_of(copy)
    if not is_mlmd(there):
        raise LoadError(f"{source}: is a SQLite database, but no ML Metadata store (it lacks {_lacking(there)})")
    version = _version(copy, there, source)
    _name_unknown(there, report)
    add_missing(copy, there, TABLES)
    if "type_kind" not in there["Type"]:
        copy.execute("UPDATE Type SET type_kind = is_artifact_type")
    # Links are read by node, a batch of nodes at a time: some of them have no index that begins with the node.
    copy.execute("CREATE INDEX provgraph_attribution ON Attribution (artifact_id)")
    copy.execute("CREATE INDEX provgraph_association ON Association (execution_id)")
    copy.execute("CREATE INDEX provgraph_event ON Event (execution_id)")
    copy.execute("CREATE INDEX provgraph_path ON EventPath (event_id)")
    return version


def _version(copy: sqlite3.Connection, there: Mapping[str, frozenset[str]], source: str) -> int:
    if "MLMDEnv" not in there:
        return 0
    if "schema_version" not in there["MLMDEnv"]:
        raise LoadError(f"{source}: table MLMDEnv has no schema_version: it is no ML Metadata store")
    rows = copy.execute("SELECT schema_version FROM MLMDEnv").fetchall()
    if len(rows) != 1 or not isinstance(rows[0][0], int):
        raise LoadError(f"{source}: table MLMDEnv must hold one schema version and holds {len(rows)} rows")
    version = int(rows[0][0])
    if not 0 <= version <= NEWEST:
        raise LoadError(f"{source}: its schema version is {version}: this loader knows 0 to {NEWEST}; update provgraph")
    return version


def _lacking(there: Mapping[str, frozenset[str]]) -> str:
    missing = [table for table in _ALWAYS if table not in there]
    return f"the table {missing[0]}" if missing else "the table MLMDEnv"


def _name_unknown(there: Mapping[str, frozenset[str]], report: LoadReport) -> None:
    for table, found in sorted(there.items()):
        if table not in TABLES:
            report.note(NoteKind.UNKNOWN, "tables", "not part of ML Metadata's schema, so not read", table)
            continue
        known = {*TABLES[table], _OLD_KIND} if table == "Type" else {*TABLES[table]}
        for column in sorted(found - known):
            report.note(
                NoteKind.UNKNOWN, "columns", "not part of ML Metadata's schema, so not read", f"{table}.{column}"
            )
