"""Tracking databases as MLflow 1.0, 1.30, 2.9 and 3.17 make them, written in SQL of our own."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

__all__ = ["VERSIONS", "Rows", "change", "create", "insert", "opened", "statements", "tables"]

VERSIONS = ("1.0", "1.30", "2.9", "3.17")
Rows = Mapping[str, Iterable[Mapping[str, Any]]]

_KEY = "VARCHAR(250) NOT NULL"
_ID = "VARCHAR(32) NOT NULL"
_REVISIONS = {"1.0": "451aebb31d03", "1.30": "cc1f77228345", "2.9": "acf3f17fdcc7", "3.17": "dc11669786a5"}


def tables(version: str = "3.17") -> dict[str, tuple[dict[str, str], str]]:
    """The columns of each table with their declarations, and the table's primary key."""
    at = VERSIONS.index(version)
    workspace = {"workspace": "VARCHAR(63) DEFAULT 'default'"} if at >= 3 else {}
    in_workspace = "workspace, " if at >= 3 else ""
    times = {"creation_time": "BIGINT", "last_update_time": "BIGINT"} if at >= 1 else {}
    metric = {"key": _KEY, "value": "FLOAT NOT NULL", "timestamp": "BIGINT NOT NULL", "run_uuid": _ID}
    metric |= {"step": "BIGINT DEFAULT '0' NOT NULL"}
    if at >= 1:
        metric |= {"is_nan": "BOOLEAN DEFAULT '0' NOT NULL"}
    run = {
        "run_uuid": _ID,
        "name": "VARCHAR(250)",
        "source_type": "VARCHAR(20)",
        "source_name": "VARCHAR(500)",
        "entry_point_name": "VARCHAR(50)",
        "user_id": "VARCHAR(256)",
        "status": "VARCHAR(9)",
        "start_time": "BIGINT",
        "end_time": "BIGINT",
        "source_version": "VARCHAR(50)",
        "lifecycle_stage": "VARCHAR(20)",
        "artifact_uri": "VARCHAR(200)",
        "experiment_id": "INTEGER",
    }
    found: dict[str, tuple[dict[str, str], str]] = {
        "alembic_version": ({"version_num": "VARCHAR(32) NOT NULL"}, "version_num"),
        "experiments": (
            {
                "experiment_id": "INTEGER NOT NULL",
                "name": "VARCHAR(256) NOT NULL",
                "artifact_location": "VARCHAR(256)",
                "lifecycle_stage": "VARCHAR(32)",
                **times,
                **workspace,
            },
            "experiment_id",
        ),
        "runs": (run | ({"deleted_time": "BIGINT"} if at >= 1 else {}), "run_uuid"),
        "tags": ({"key": _KEY, "value": "VARCHAR(8000)", "run_uuid": _ID}, "key, run_uuid"),
        "params": ({"key": _KEY, "value": "VARCHAR(8000) NOT NULL", "run_uuid": _ID}, "key, run_uuid"),
        "metrics": (metric, "key, timestamp, step, run_uuid, value" + (", is_nan" if at >= 1 else "")),
    }
    name = "VARCHAR(256) NOT NULL"
    if at >= 1:
        found |= {
            "latest_metrics": (metric, "key, run_uuid"),
            "experiment_tags": (
                {"key": _KEY, "value": "VARCHAR(5000)", "experiment_id": "INTEGER NOT NULL"},
                "key, experiment_id",
            ),
            "registered_models": (
                {
                    "name": name,
                    "creation_time": "BIGINT",
                    "last_updated_time": "BIGINT",
                    "description": "VARCHAR(5000)",
                    **workspace,
                },
                f"{in_workspace}name",
            ),
            "model_versions": (
                {
                    "name": name,
                    "version": "INTEGER NOT NULL",
                    "creation_time": "BIGINT",
                    "last_updated_time": "BIGINT",
                    "description": "VARCHAR(5000)",
                    "user_id": "VARCHAR(256)",
                    "current_stage": "VARCHAR(20)",
                    "source": "VARCHAR(500)",
                    "run_id": "VARCHAR(32)",
                    "status": "VARCHAR(20)",
                    "status_message": "VARCHAR(500)",
                    "run_link": "VARCHAR(500)",
                    **({"storage_location": "VARCHAR(500)"} if at >= 2 else {}),
                    **workspace,
                },
                f"{in_workspace}name, version",
            ),
            "registered_model_tags": (
                {"key": _KEY, "value": "VARCHAR(5000)", "name": name, **workspace},
                f"{in_workspace}key, name",
            ),
            "model_version_tags": (
                {"key": _KEY, "value": "TEXT", "name": name, "version": "INTEGER NOT NULL", **workspace},
                f"{in_workspace}key, name, version",
            ),
        }
    if at >= 2:
        id_ = "VARCHAR(36) NOT NULL"
        found |= {
            "registered_model_aliases": (
                {"alias": name, "version": "INTEGER NOT NULL", "name": name, **workspace},
                f"{in_workspace}name, alias",
            ),
            "datasets": (
                {
                    "dataset_uuid": id_,
                    "experiment_id": "INTEGER NOT NULL",
                    "name": "VARCHAR(500) NOT NULL",
                    "digest": id_,
                    "dataset_source_type": id_,
                    "dataset_source": "TEXT NOT NULL",
                    "dataset_schema": "TEXT",
                    "dataset_profile": "TEXT",
                },
                "experiment_id, name, digest",
            ),
            "inputs": (
                {
                    "input_uuid": id_,
                    "source_type": id_,
                    "source_id": id_,
                    "destination_type": id_,
                    "destination_id": id_,
                    **({"step": "BIGINT DEFAULT '0' NOT NULL"} if at >= 3 else {}),
                },
                "source_type, source_id, destination_type, destination_id",
            ),
            "input_tags": (
                {"input_uuid": id_, "name": "VARCHAR(255) NOT NULL", "value": "VARCHAR(500) NOT NULL"},
                "input_uuid, name",
            ),
        }
    if at >= 3:
        model = {"model_id": "VARCHAR(36) NOT NULL", "experiment_id": "INTEGER NOT NULL"}
        found |= {
            "logged_models": (
                {
                    **model,
                    "name": "VARCHAR(500) NOT NULL",
                    "artifact_location": "VARCHAR(1000) NOT NULL",
                    "creation_timestamp_ms": "BIGINT NOT NULL",
                    "last_updated_timestamp_ms": "BIGINT NOT NULL",
                    "status": "INTEGER NOT NULL",
                    "lifecycle_stage": "VARCHAR(32)",
                    "model_type": "VARCHAR(500)",
                    "source_run_id": "VARCHAR(32)",
                    "status_message": "VARCHAR(1000)",
                },
                "model_id",
            ),
            "logged_model_metrics": (
                {
                    **model,
                    "metric_name": "VARCHAR(500) NOT NULL",
                    "metric_timestamp_ms": "BIGINT NOT NULL",
                    "metric_step": "BIGINT NOT NULL",
                    "metric_value": "FLOAT",
                    "run_id": _ID,
                    "dataset_uuid": "VARCHAR(36)",
                    "dataset_name": "VARCHAR(500)",
                    "dataset_digest": "VARCHAR(36)",
                },
                "model_id, metric_name, metric_timestamp_ms, metric_step, run_id",
            ),
            "logged_model_params": (
                {**model, "param_key": "VARCHAR(255) NOT NULL", "param_value": "TEXT NOT NULL"},
                "model_id, param_key",
            ),
            "logged_model_tags": (
                {**model, "tag_key": "VARCHAR(255) NOT NULL", "tag_value": "TEXT NOT NULL"},
                "model_id, tag_key",
            ),
            "trace_info": ({"request_id": "VARCHAR(50) NOT NULL", "experiment_id": "INTEGER"}, "request_id"),
            "secrets": ({"secret_id": "VARCHAR(36) NOT NULL", "encrypted_value": "BLOB"}, "secret_id"),
        }
    return found


def statements(version: str = "3.17") -> list[str]:
    """What makes the tables, in SQL that SQLite and PostgreSQL understand."""
    made = [
        f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())}, PRIMARY KEY ({key}))"
        for table, (columns, key) in tables(version).items()
    ]
    return [*made, f"INSERT INTO alembic_version VALUES ('{_REVISIONS[version]}')"]


@contextmanager
def opened(path: Path) -> Generator[sqlite3.Connection, None, None]:
    """A connection whose changes are kept at the end; it does not wait for the disk."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


def create(path: Path, version: str = "3.17", rows: Rows | None = None) -> Path:
    """Make a store; of each row, only the columns that the schema has."""
    with opened(path) as connection:
        for statement in statements(version):
            connection.execute(statement)
    if rows is not None:
        insert(path, rows, version)
    return path


def insert(path: Path, rows: Rows, version: str = "3.17") -> None:
    """Add rows; what the schema has no table or column for is left out."""
    schema = tables(version)
    with opened(path) as connection:
        for table, wanted in rows.items():
            for row in wanted if table in schema else ():
                kept = {column: value for column, value in row.items() if column in schema[table][0]}
                marks = ", ".join("?" * len(kept))
                connection.execute(f"INSERT INTO {table} ({', '.join(kept)}) VALUES ({marks})", tuple(kept.values()))


def change(path: Path, statement: str, parameters: tuple[Any, ...] = ()) -> None:
    """Run one statement on a file."""
    with opened(path) as connection:
        connection.execute(statement, parameters)
