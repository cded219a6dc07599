"""What a version of a registered model was made of: the model that a run logged, or just the run."""

from __future__ import annotations

import sqlite3
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import EventType
from provgraph_loaders.mlflow.keys import segment, version_tail
from provgraph_loaders.mlflow.values import text_of

__all__ = ["link_versions"]

_VERSIONS: Final = (
    "SELECT workspace, name, version, source, storage_location, run_id, model_id, creation_time "
    "FROM model_versions ORDER BY rowid"
)
_LOGGED: Final = "SELECT model_id FROM logged_models WHERE model_id = ?"
_AT_PLACE: Final = "SELECT model_id FROM logged_models WHERE artifact_location = ? LIMIT 2"
_OF_RUN: Final = "SELECT tail FROM provgraph_run_model WHERE run = ? AND path = ?"
_VERSION: Final = "SELECT 1 FROM model_versions WHERE name = ? AND CAST(version AS TEXT) = ?"
_RUN: Final = "SELECT 1 FROM runs WHERE run_uuid = ?"


def link_versions(copy: sqlite3.Connection, report: LoadReport) -> None:
    """Make the table `provgraph_same` of versions and what they are, and events of runs for those of a run only.

    MLflow's open-source server keeps no model id with a version, so `source` is what tells (`models:/m-…`, the place of
    a logged model, `runs:/RUN/PATH`, the folder of a run's artifacts), then the run.
    """
    copy.execute("CREATE TABLE provgraph_same (version PRIMARY KEY, tail, rule, evidence)")
    for row in copy.execute(_VERSIONS):
        workspace, name, version, source, _, run, model_id, time = row
        tail = version_tail(workspace, name, version)
        found = _same(copy, row)
        if found is not None and found[0] != tail:
            copy.execute("INSERT OR IGNORE INTO provgraph_same VALUES (?, ?, ?, ?)", (tail, *found))
            continue
        place = f"{name} {version}"
        if run and copy.execute(_RUN, (run,)).fetchone():
            _, path = _run_and_path(text_of(source) or "", text_of(run))
            event = (run, tail, EventType.OUTPUT.value, time, path or None)
            copy.execute("INSERT INTO provgraph_event (run, tail, type, time, step) VALUES (?, ?, ?, ?, ?)", event)
        elif run or model_id:
            report.note(NoteKind.LEFT_ALONE, "versions", "come from a run or model that is not in the store", place)
        else:
            report.note(NoteKind.LEFT_ALONE, "versions", "do not say which run they come from", place)


def _same(copy: sqlite3.Connection, row: tuple[object, ...]) -> tuple[str, str, str] | None:
    """The tail of the model or version that a version is, the rule that says so, and its evidence."""
    workspace, _, _, source, storage, run, model_id, _ = row
    where = text_of(source) or ""
    if model_id and copy.execute(_LOGGED, (text_of(model_id),)).fetchone():
        return f"model/{segment(model_id)}", "model id", str(model_id)
    if where.startswith("models:/"):
        given, slash, version = where.removeprefix("models:/").rpartition("/")
        if not slash and copy.execute(_LOGGED, (version,)).fetchone():
            return f"model/{segment(version)}", "source", where
        if slash and copy.execute(_VERSION, (given, version)).fetchone():
            return version_tail(workspace, given, version), "copied", where
    for place in (where, text_of(storage) or ""):
        models = copy.execute(_AT_PLACE, (place,)).fetchall() if place else []
        if len(models) == 1:
            return f"model/{segment(models[0][0])}", "artifact location", place
    maker, path = _run_and_path(where, text_of(run))
    if maker and path:
        of_run = copy.execute(_OF_RUN, (maker, path)).fetchone()
        if of_run:
            return str(of_run[0]), "run and path", where
    return None


def _run_and_path(source: str, run: str | None) -> tuple[str | None, str]:
    """The run, and the path in its artifacts, of `runs:/RUN/PATH` and of `…/RUN/artifacts/PATH`."""
    if source.startswith("runs:/"):
        named, _, path = source.removeprefix("runs:/").lstrip("/").partition("/")
        return named, path.strip("/")
    if run:
        _, found, path = source.partition(f"{run}/artifacts/")
        return run, path.strip("/") if found else ""
    return None, ""
