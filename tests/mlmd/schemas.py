"""ML Metadata's SQLite schemas 0 to 10 as its migrations made them, and files of them filled with rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

VERSIONS: Final = range(11)

Rows = Mapping[str, Iterable[Mapping[str, Any]]]

BUILT_IN: Final = (
    ("mlmd.Dataset", 1),
    ("mlmd.Model", 1),
    ("mlmd.Metrics", 1),
    ("mlmd.Statistics", 1),
    ("mlmd.Train", 0),
    ("mlmd.Transform", 0),
    ("mlmd.Process", 0),
    ("mlmd.Evaluate", 0),
    ("mlmd.Deploy", 0),
)


def _node(version: int, own: dict[str, str], named: str = "VARCHAR(255)") -> dict[str, str]:
    columns = {"id": "INTEGER PRIMARY KEY AUTOINCREMENT", "type_id": "INT NOT NULL", **own}
    if version >= 5 or "NOT NULL" in named:
        columns["name"] = named
    if version >= 9:
        columns["external_id"] = "VARCHAR(255) UNIQUE"
    if version >= 5:
        columns["create_time_since_epoch"] = "INT NOT NULL DEFAULT 0"
        columns["last_update_time_since_epoch"] = "INT NOT NULL DEFAULT 0"
    return columns


def _properties(version: int, owner: str) -> dict[str, str]:
    columns = {
        owner: "INT NOT NULL",
        "name": "VARCHAR(255) NOT NULL",
        "is_custom_property": "TINYINT(1) NOT NULL",
        "int_value": "INT",
        "double_value": "DOUBLE",
        "string_value": "TEXT",
    }
    if version >= 7:
        columns["byte_value"] = "BLOB"
    if version >= 10:
        columns |= {"proto_value": "BLOB", "bool_value": "BOOLEAN"}
    return columns


def tables(version: int) -> dict[str, tuple[dict[str, str], str]]:
    """Each table of a schema: its columns with their declarations, and the table's constraint."""
    kind = {"type_kind": "TINYINT(1) NOT NULL"} if version >= 2 else {"is_artifact_type": "TINYINT(1) NOT NULL"}
    type_columns = {"id": "INTEGER PRIMARY KEY AUTOINCREMENT", "name": "VARCHAR(255) NOT NULL"}
    if version >= 6:
        type_columns["version"] = "VARCHAR(255)"
    type_columns |= kind
    if version >= 6:
        type_columns["description"] = "TEXT"
    type_columns |= {"input_type": "TEXT", "output_type": "TEXT"}
    if version >= 9:
        type_columns["external_id"] = "VARCHAR(255) UNIQUE"
    named = "UNIQUE(type_id, name)" if version >= 5 else ""
    state = {"state": "INT"} if version >= 5 else {}
    last = {"last_known_state": "INT"} if version >= 5 else {}
    id_ = {"id": "INTEGER PRIMARY KEY AUTOINCREMENT"}
    found: dict[str, tuple[dict[str, str], str]] = {
        "Type": (type_columns, ""),
        "TypeProperty": (
            {"type_id": "INT NOT NULL", "name": "VARCHAR(255) NOT NULL", "data_type": "INT NULL"},
            "PRIMARY KEY (type_id, name)",
        ),
        "Artifact": (_node(version, {"uri": "TEXT", **state}), named),
        "ArtifactProperty": (
            _properties(version, "artifact_id"),
            "PRIMARY KEY (artifact_id, name, is_custom_property)",
        ),
        "Execution": (_node(version, last), named),
        "ExecutionProperty": (
            _properties(version, "execution_id"),
            "PRIMARY KEY (execution_id, name, is_custom_property)",
        ),
        "Event": (
            {
                **id_,
                "artifact_id": "INT NOT NULL",
                "execution_id": "INT NOT NULL",
                "type": "INT NOT NULL",
                "milliseconds_since_epoch": "INT",
            },
            "UNIQUE(artifact_id, execution_id, type)" if version >= 8 else "",
        ),
        "EventPath": (
            {
                "event_id": "INT NOT NULL",
                "is_index_step": "TINYINT(1) NOT NULL",
                "step_index": "INT",
                "step_key": "TEXT",
            },
            "",
        ),
    }
    if version >= 1:
        found["MLMDEnv"] = ({"schema_version": "INTEGER PRIMARY KEY"}, "")
    if version >= 3:
        found["Context"] = (_node(version, {}, "VARCHAR(255) NOT NULL"), "UNIQUE(type_id, name)")
        found["ContextProperty"] = (
            _properties(version, "context_id"),
            "PRIMARY KEY (context_id, name, is_custom_property)",
        )
    if version >= 4:
        found["Association"] = (
            {**id_, "context_id": "INT NOT NULL", "execution_id": "INT NOT NULL"},
            "UNIQUE(context_id, execution_id)",
        )
        found["Attribution"] = (
            {**id_, "context_id": "INT NOT NULL", "artifact_id": "INT NOT NULL"},
            "UNIQUE(context_id, artifact_id)",
        )
    if version >= 6:
        found["ParentType"] = (
            {"type_id": "INT NOT NULL", "parent_type_id": "INT NOT NULL"},
            "PRIMARY KEY (type_id, parent_type_id)",
        )
        found["ParentContext"] = (
            {"context_id": "INT NOT NULL", "parent_context_id": "INT NOT NULL"},
            "PRIMARY KEY (context_id, parent_context_id)",
        )
    return found


@contextmanager
def opened(path: Path) -> Generator[sqlite3.Connection, None, None]:
    """A connection whose changes are kept at the end; it does not wait for the disk."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


def create(path: Path, version: int = 10) -> None:
    """Make an empty store, with the built-in types where its schema has them."""
    with opened(path) as connection:
        for name, (columns, constraint) in tables(version).items():
            parts = [f"{column} {declaration}" for column, declaration in columns.items()]
            connection.execute(f"CREATE TABLE {name} ({', '.join([*parts, constraint] if constraint else parts)})")
        if version >= 1:
            connection.execute("INSERT INTO MLMDEnv VALUES (?)", (version,))
        if version >= 6:
            connection.executemany("INSERT INTO Type (name, type_kind) VALUES (?, ?)", BUILT_IN)


def insert(path: Path, rows: Rows, version: int = 10) -> None:
    """Add rows; of each, only the columns that the schema has."""
    schema = tables(version)
    with opened(path) as connection:
        for table, wanted in rows.items():
            if table not in schema:
                continue
            for row in wanted:
                given = {("is_artifact_type" if k == "type_kind" and version < 2 else k): v for k, v in row.items()}
                kept = {column: value for column, value in given.items() if column in schema[table][0]}
                marks = ", ".join("?" * len(kept))
                connection.execute(f"INSERT INTO {table} ({', '.join(kept)}) VALUES ({marks})", tuple(kept.values()))


def change(path: Path, statement: str, parameters: tuple[Any, ...] = ()) -> None:
    """Run one statement on a file."""
    with opened(path) as connection:
        connection.execute(statement, parameters)
