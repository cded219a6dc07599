"""Models that a run logged, as MLflow 1 and 2 keep them: a JSON list in a tag of the run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, cast

from provgraph.loading import LoadReport, NoteKind
from provgraph_loaders.mlflow.keys import run_model_tail
from provgraph_loaders.mlflow.values import text_of

__all__ = ["HISTORY", "read_histories"]

HISTORY: Final = "mlflow.log-model.history"
_TABLE: Final = (
    "CREATE TABLE provgraph_run_model (tail PRIMARY KEY, run, path, time, uuid, mlflow_version, python, flavors)"
)
_INSERT: Final = "INSERT OR REPLACE INTO provgraph_run_model VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


def read_histories(copy: sqlite3.Connection, report: LoadReport) -> None:
    """Make the table `provgraph_run_model`: a model that is logged again at the same path replaces the one before."""
    copy.execute(_TABLE)
    for run, value in copy.execute(f"SELECT run_uuid, value FROM tags WHERE key = '{HISTORY}' ORDER BY rowid"):  # noqa: S608
        place = f"run {run}"
        for entry in _entries(text_of(value), place, report):
            path = entry.get("artifact_path")
            # MLflow 3 can write its logged models here too; they have a table of their own.
            if entry.get("model_id"):
                continue
            if not isinstance(path, str) or not path:
                report.note(NoteKind.DROPPED, "logged models", "have no path", place)
                continue
            tail = run_model_tail(run, path)
            if copy.execute("SELECT 1 FROM provgraph_run_model WHERE tail = ?", (tail,)).fetchone():
                reason = "were replaced by a later one that the same run logged at the same path"
                report.note(NoteKind.LEFT_ALONE, "logged models", reason, f"{place} {path}")
            flavors = entry.get("flavors")
            known: Mapping[str, object] = cast("Mapping[str, object]", flavors) if isinstance(flavors, dict) else {}
            row = (
                *(tail, run, path, _time(entry.get("utc_time_created")), _text(entry.get("model_uuid"))),
                *(_text(entry.get("mlflow_version")), _python(known), json.dumps(sorted(known)) if known else None),
            )
            copy.execute(_INSERT, row)
    copy.execute("CREATE INDEX provgraph_run_model_run ON provgraph_run_model (run, path)")


def _entries(text: str | None, place: str, report: LoadReport) -> Iterator[Mapping[str, object]]:
    try:
        found: object = json.loads(text or "[]")
    except (ValueError, RecursionError):
        report.note(NoteKind.DROPPED, "lists of logged models", "are no JSON, or cut off", place)
        return
    for entry in cast("list[object]", found) if isinstance(found, list) else [found]:
        if isinstance(entry, dict):
            yield cast("Mapping[str, object]", entry)
        else:
            report.note(NoteKind.DROPPED, "logged models", "are no JSON objects", place)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _python(flavors: Mapping[str, object]) -> str | None:
    flavor = flavors.get("python_function")
    return _text(cast("Mapping[str, object]", flavor).get("python_version")) if isinstance(flavor, dict) else None


def _time(value: object) -> int | None:
    """`2026-11-25 04:16:55.998061`, which is UTC, as epoch milliseconds; None if it is none."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return None if moment is None else round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
