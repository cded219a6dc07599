"""Rows that contradict the store they stand in: named in the report and taken out of the private copy.

Databases keep some of these rules, file stores and other programs none. The steps run in order: what names nothing
first, so that it is counted once.
"""

# ruff: noqa: S608 - statements are made of constants of this module

from __future__ import annotations

import sqlite3
from typing import Final

from provgraph.loading import LoadReport, NoteKind

__all__ = ["clean"]

# Ids are compared as text; SQLite lets anything stand in a column.
_IDS: Final = (
    ("experiments", "name"),
    ("runs", "run_uuid"),
    ("tags", "run_uuid"),
    ("tags", "key"),
    ("params", "run_uuid"),
    ("params", "key"),
    ("metrics", "run_uuid"),
    ("metrics", "key"),
    ("latest_metrics", "run_uuid"),
    ("latest_metrics", "key"),
    ("datasets", "dataset_uuid"),
    ("inputs", "source_id"),
    ("inputs", "destination_id"),
    ("logged_models", "model_id"),
    ("logged_models", "source_run_id"),
    ("registered_models", "name"),
    ("model_versions", "name"),
    ("model_versions", "run_id"),
    ("model_versions", "source"),
    ("input_tags", "name"),
)
# What keys and names are made of must be readable: bytes that are no UTF-8 reach no function of ours.
_NAMES: Final = (
    ("experiments", "name"),
    ("runs", "run_uuid"),
    ("runs", "name"),
    ("datasets", "name"),
    ("datasets", "digest"),
    ("datasets", "dataset_source_type"),
    ("datasets", "dataset_source"),
    ("logged_models", "model_id"),
    ("logged_models", "name"),
    ("registered_models", "name"),
    ("registered_models", "workspace"),
    ("model_versions", "name"),
    ("model_versions", "version"),
    ("model_versions", "workspace"),
)
_IDENTITIES: Final = (
    ("experiments", "experiments", "experiment_id"),
    ("runs", "runs", "run_uuid"),
    ("datasets", "datasets", "dataset_uuid"),
    ("models", "logged_models", "model_id"),
    ("registered models", "registered_models", "name"),
)
_REGISTERED: Final = "coalesce(t.workspace, ''), t.name"
_HANGING: Final = (
    ("tags of runs", "tags", "run_uuid", "runs", "run_uuid"),
    ("parameters", "params", "run_uuid", "runs", "run_uuid"),
    ("metrics", "metrics", "run_uuid", "runs", "run_uuid"),
    ("tags of experiments", "experiment_tags", "experiment_id", "experiments", "experiment_id"),
    ("parameters of models", "logged_model_params", "model_id", "logged_models", "model_id"),
    ("tags of models", "logged_model_tags", "model_id", "logged_models", "model_id"),
    ("metrics of models", "logged_model_metrics", "model_id", "logged_models", "model_id"),
)
# what an input leads from and to: the words in its row, the tables and columns that hold their ids
_ENDS: Final = (
    ("source_type", "source_id", "DATASET", "datasets", "dataset_uuid"),
    ("destination_type", "destination_id", "RUN", "runs", "run_uuid"),
    ("source_type", "source_id", "RUN_INPUT", "runs", "run_uuid"),
    ("destination_type", "destination_id", "MODEL_INPUT", "logged_models", "model_id"),
    ("source_type", "source_id", "RUN_OUTPUT", "runs", "run_uuid"),
    ("destination_type", "destination_id", "MODEL_OUTPUT", "logged_models", "model_id"),
)
_IN_EXPERIMENTS: Final = (
    ("runs", "runs", "run_uuid"),
    ("datasets", "datasets", "dataset_uuid"),
    ("models", "logged_models", "model_id"),
)
_KNOWN_INPUTS: Final = "('DATASET RUN', 'RUN_INPUT MODEL_INPUT', 'RUN_OUTPUT MODEL_OUTPUT')"


def clean(copy: sqlite3.Connection, report: LoadReport) -> None:
    """Take out of a copy, which has all tables, whatever names nothing."""
    for table, column in _IDS:
        copy.execute(
            f"UPDATE OR IGNORE {table} SET {column} = CAST({column} AS TEXT) "
            f"WHERE typeof({column}) NOT IN ('text', 'null')"
        )
    copy.create_function("readable", 1, _readable, deterministic=True)
    for table, column in _NAMES:
        changed = copy.execute(
            f"UPDATE OR IGNORE {table} SET {column} = readable(CAST({column} AS BLOB)) WHERE typeof({column}) = 'blob' "
            f"OR (typeof({column}) = 'text' AND {column} <> readable(CAST({column} AS BLOB)))"
        ).rowcount
        if changed:
            reason = "are not UTF-8: the bytes that are not are written as \\xNN"
            report.note(NoteKind.GUESSED, "names", reason, f"{table}.{column}", count=changed)
    for what, table, column in _IDENTITIES:
        _drop(copy, report, what, "have no id or name", table, "'row ' || t.rowid", f"coalesce(t.{column}, '') = ''")
        same = f"t.{column}" if table != "registered_models" else _REGISTERED
        _drop_repeated(copy, report, what, table, f"t.{column}", same)
    copy.execute("CREATE INDEX provgraph_runs ON runs (run_uuid)")
    copy.execute("CREATE INDEX provgraph_experiments ON experiments (experiment_id)")
    copy.execute("CREATE INDEX provgraph_datasets ON datasets (dataset_uuid)")
    copy.execute("CREATE INDEX provgraph_models ON logged_models (model_id)")
    copy.execute("CREATE INDEX provgraph_registered ON registered_models (name)")
    for what, table, column in _IN_EXPERIMENTS:
        # what is in the store stays: only where it stands is not known
        gone = "NOT EXISTS (SELECT 1 FROM experiments AS o WHERE o.experiment_id = t.experiment_id)"
        for id_, experiment in copy.execute(f"SELECT t.{column}, t.experiment_id FROM {table} AS t WHERE {gone}"):
            reason = "are not in the store, so these stand in none"
            place = f"{what.removesuffix('s')} {id_} in {experiment}"
            report.note(NoteKind.DROPPED, f"experiments of {what}", reason, place)
    for what, table, column, owners, id_ in _HANGING:
        word = owners.replace("_", " ").removesuffix("s")
        gone = f"NOT EXISTS (SELECT 1 FROM {owners} AS o WHERE o.{id_} = t.{column})"
        _drop(copy, report, what, f"belong to no {word} of the store", table, f"t.{column}", gone)
    _drop(
        *(copy, report, "versions", "belong to no registered model", "model_versions"),
        "t.name || ' ' || t.version",
        "t.version IS NULL OR NOT EXISTS (SELECT 1 FROM registered_models AS o WHERE o.name = t.name "
        "AND coalesce(o.workspace, '') = coalesce(t.workspace, ''))",
    )
    _drop_repeated(
        *(copy, report, "versions", "model_versions", "t.name || ' ' || t.version"), f"{_REGISTERED}, t.version"
    )
    place = "t.source_type || ' ' || t.source_id || ' ' || t.destination_type || ' ' || t.destination_id"
    for kind, id_column, word, table, column in _ENDS:
        thing = table.replace("_", " ").removesuffix("s")
        missing = f"NOT EXISTS (SELECT 1 FROM {table} AS o WHERE o.{column} = t.{id_column})"
        reason = f"name a {thing} that is not in the store"
        _drop(copy, report, "inputs and outputs", reason, "inputs", place, f"t.{kind} = '{word}' AND {missing}")
    _drop(
        *(copy, report, "inputs and outputs", "are of a kind that this loader does not know", "inputs", place),
        f"coalesce(t.source_type, '') || ' ' || coalesce(t.destination_type, '') NOT IN {_KNOWN_INPUTS}",
        NoteKind.UNKNOWN,
    )
    tags = "SELECT count(*) FROM input_tags WHERE coalesce(name, '') <> 'mlflow.data.context'"
    [others] = copy.execute(tags).fetchone()
    if others:
        report.note(NoteKind.DROPPED, "tags of inputs", "links have no place for tags but the context", count=others)


def _readable(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "backslashreplace")


def _drop(
    copy: sqlite3.Connection,
    report: LoadReport,
    what: str,
    reason: str,
    table: str,
    place: str,
    where: str,
    kind: NoteKind = NoteKind.DROPPED,
) -> None:
    found = 0
    for (which,) in copy.execute(f"SELECT {place} FROM {table} AS t WHERE {where}"):
        report.note(kind, what, reason, None if which is None else str(which))
        found += 1
    if found:
        copy.execute(f"DELETE FROM {table} AS t WHERE {where}")


def _drop_repeated(copy: sqlite3.Connection, report: LoadReport, what: str, table: str, place: str, same: str) -> None:
    turns = f"SELECT t.rowid AS row, {place} AS place, row_number() OVER (PARTITION BY {same} ORDER BY t.rowid) AS turn"
    found = copy.execute(f"SELECT row, place FROM ({turns} FROM {table} AS t) WHERE turn > 1")
    rows: list[tuple[int]] = []
    for row, which in found:
        report.note(NoteKind.DROPPED, what, "have the id of an earlier one", str(which))
        rows.append((row,))
    copy.executemany(f"DELETE FROM {table} WHERE rowid = ?", rows)
