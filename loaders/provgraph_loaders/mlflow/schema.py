"""Which tables and columns a tracking database has, and lifting a copy of it to those that this loader reads.

From MLflow 1.0 to 3.x the schemas differ by what is absent only. What is absent is added, empty, so that one set of
statements reads all; which migration the database stands at (`alembic_version`) is never asked.
"""

# ruff: noqa: S608 - statements are made of constants of this module

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from provgraph.errors import LoadError
from provgraph.loading import LoadReport, NoteKind
from provgraph_loaders.sqlite import add_missing, columns_of

__all__ = ["ELSE", "TABLES", "create", "is_mlflow", "lift", "name_unknown"]

_METRIC: Final = ("run_uuid", "key", "value", "timestamp", "step", "is_nan")

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "experiments": (
        *("experiment_id", "name", "artifact_location", "lifecycle_stage", "creation_time", "last_update_time"),
        "workspace",
    ),
    "experiment_tags": ("experiment_id", "key", "value"),
    "runs": (
        *("run_uuid", "name", "source_type", "source_name", "entry_point_name", "user_id", "status", "start_time"),
        *("end_time", "deleted_time", "source_version", "lifecycle_stage", "artifact_uri", "experiment_id"),
    ),
    "tags": ("run_uuid", "key", "value"),
    "params": ("run_uuid", "key", "value"),
    "metrics": _METRIC,
    "latest_metrics": _METRIC,
    "datasets": (
        *("dataset_uuid", "experiment_id", "name", "digest", "dataset_source_type", "dataset_source"),
        *("dataset_schema", "dataset_profile"),
    ),
    "inputs": ("input_uuid", "source_type", "source_id", "destination_type", "destination_id", "step"),
    "input_tags": ("input_uuid", "name", "value"),
    "logged_models": (
        *("model_id", "experiment_id", "name", "artifact_location", "creation_timestamp_ms"),
        *("last_updated_timestamp_ms", "status", "lifecycle_stage", "model_type", "source_run_id", "status_message"),
    ),
    "logged_model_metrics": (
        *("model_id", "metric_name", "metric_timestamp_ms", "metric_step", "metric_value", "experiment_id", "run_id"),
        *("dataset_uuid", "dataset_name", "dataset_digest"),
    ),
    "logged_model_params": ("model_id", "experiment_id", "param_key", "param_value"),
    "logged_model_tags": ("model_id", "experiment_id", "tag_key", "tag_value"),
    "registered_models": ("name", "creation_time", "last_updated_time", "description", "workspace"),
    "registered_model_tags": ("name", "key", "value", "workspace"),
    "registered_model_aliases": ("name", "alias", "version", "workspace"),
    "model_versions": (
        *("name", "version", "creation_time", "last_updated_time", "description", "user_id", "current_stage"),
        *("source", "run_id", "run_link", "status", "status_message", "storage_location", "workspace", "model_id"),
    ),
    "model_version_tags": ("name", "version", "key", "value", "workspace"),
}
_ALWAYS: Final = ("experiments", "runs", "tags", "params", "metrics")

_OURS: Final = frozenset(("provgraph_metric", "provgraph_nan"))  # in the copy of a server's database

# What else MLflow 3 keeps in its database: traces and their assessments, gateways, jobs, secrets.
ELSE: Final = frozenset(
    (
        *("alembic_version", "workspaces", "trace_info", "trace_tags", "trace_request_metadata", "trace_metrics"),
        *("spans", "span_metrics", "assessments", "issues", "webhooks", "webhook_events", "scorers"),
        *("scorer_versions", "online_scoring_configs", "jobs", "job_locks", "scheduler_leases", "secrets"),
        *("endpoints", "endpoint_bindings", "endpoint_model_mappings", "endpoint_tags", "model_definitions"),
        *("budget_policies", "guardrails", "guardrail_configs", "entity_associations", "evaluation_datasets"),
        *("evaluation_dataset_records", "evaluation_dataset_tags", "label_schemas", "review_queues"),
        *("review_queue_items", "review_queue_label_schemas", "review_queue_users", "mcp_servers"),
        *("mcp_access_endpoints", "mcp_server_aliases", "mcp_server_tags", "mcp_server_versions"),
        *("mcp_server_version_tags", "sql_assessment_daily_rollups", "sql_span_cost_daily_rollups"),
        *("sql_trace_metric_daily_rollups", "sql_trace_rollup_rebuild_queue"),
    )
)


def is_mlflow(tables: Mapping[str, frozenset[str]]) -> bool:
    """Whether tables, with their columns, are those of a tracking database of any MLflow."""
    return all(name in tables for name in _ALWAYS) and {"run_uuid", "experiment_id"} <= tables["runs"]


def create(copy: sqlite3.Connection) -> None:
    """Make all tables, empty, without the kinds of their columns: what is put in stays what it is."""
    for table, columns in TABLES.items():
        copy.execute(f"CREATE TABLE {table} ({', '.join(columns)})")


def lift(copy: sqlite3.Connection, source: str, report: LoadReport) -> None:
    """Add what the schema of a copy lacks.

    Raises:
        LoadError: it is no tracking database of MLflow.
    """
    there = columns_of(copy)
    if not is_mlflow(there):
        lacking = next((f"the table {table}" for table in _ALWAYS if table not in there), "columns of the table runs")
        raise LoadError(f"{source}: is a SQLite database, but no tracking store of MLflow (it lacks {lacking})")
    held = {table for table in there if table in ELSE and copy.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()}
    name_unknown(there, held, report)
    add_missing(copy, there, TABLES)


def name_unknown(there: Mapping[str, frozenset[str]], held: set[str], report: LoadReport) -> None:
    """Note the tables and columns that are not read; of those known, only the ones that hold rows (`held`)."""
    for table, found in sorted(there.items()):
        if table in _OURS:
            continue
        if table in ELSE:
            if table in held and table not in ("alembic_version", "workspaces"):
                reason = "hold traces, gateways, jobs or reviews: no runs, data or models"
                report.note(NoteKind.LEFT_ALONE, "tables", reason, table)
        elif table not in TABLES:
            report.note(NoteKind.UNKNOWN, "tables", "not part of MLflow's schema as it is known, so not read", table)
        else:
            for column in sorted(found - {*TABLES[table]}):
                reason = "not part of MLflow's schema as it is known, so not read"
                report.note(NoteKind.UNKNOWN, "columns", reason, f"{table}.{column}")
