"""Making a cleaned copy ready to be read in one pass: metrics summed up, what is one dataset, events, names, indices.

What it makes are tables of the private copy: memory stays flat, however many rows there are.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import EventType
from provgraph_loaders.mlflow.history import read_histories
from provgraph_loaders.mlflow.keys import dataset_tail, fitting, registered_tail, run_model_tail, segment, version_tail
from provgraph_loaders.mlflow.versions import link_versions

__all__ = ["prepare"]

_INPUT: Final = EventType.INPUT.value
_OUTPUT: Final = EventType.OUTPUT.value

_INDICES: Final = (
    "CREATE INDEX provgraph_tags ON tags (run_uuid)",
    "CREATE INDEX provgraph_params ON params (run_uuid)",
    "CREATE INDEX provgraph_experiment_tags ON experiment_tags (experiment_id)",
    "CREATE INDEX provgraph_model_tags ON logged_model_tags (model_id)",
    "CREATE INDEX provgraph_model_params ON logged_model_params (model_id)",
    "CREATE INDEX provgraph_model_places ON logged_models (artifact_location)",
    "CREATE INDEX provgraph_version_tags ON model_version_tags (name, version)",
    "CREATE INDEX provgraph_registered_tags ON registered_model_tags (name)",
    "CREATE INDEX provgraph_aliases ON registered_model_aliases (name)",
    "CREATE INDEX provgraph_input_tags ON input_tags (input_uuid)",
    "CREATE INDEX provgraph_inputs ON inputs (destination_id, source_id)",
)

# The last value is the one at the last step, of these the latest, of these the greatest: MLflow's own rule, for
# databases from before it kept them apart. MLflow writes 0 for NaN.
_METRICS: Final = """
CREATE TABLE provgraph_metric AS
SELECT run_uuid, key, max(low) AS low, max(high) AS high, max(last) AS last, max(last_is_nan) AS last_is_nan
FROM (
    SELECT run_uuid, key, min(value) AS low, max(value) AS high, NULL AS last, NULL AS last_is_nan
    FROM metrics WHERE NOT coalesce(is_nan, 0) GROUP BY run_uuid, key
    UNION ALL
    SELECT run_uuid, key, NULL, NULL, value, coalesce(is_nan, 0) FROM (
        SELECT run_uuid, key, value, is_nan, row_number() OVER (
            PARTITION BY run_uuid, key ORDER BY step DESC, timestamp DESC, coalesce(is_nan, 0), value DESC
        ) AS turn FROM metrics
    ) WHERE turn = 1
)
GROUP BY run_uuid, key
"""
_MODEL_METRICS: Final = """
CREATE TABLE provgraph_model_metric AS
SELECT model_id, metric_name AS key, dataset_name, dataset_digest, metric_value AS last, is_nan AS last_is_nan,
    min(CASE WHEN is_nan THEN NULL ELSE metric_value END) OVER same AS low,
    max(CASE WHEN is_nan THEN NULL ELSE metric_value END) OVER same AS high,
    row_number() OVER (
        PARTITION BY model_id, metric_name, dataset_name, dataset_digest
        ORDER BY metric_step DESC, metric_timestamp_ms DESC, metric_value DESC
    ) AS turn,
    row_number() OVER (
        PARTITION BY model_id, metric_name ORDER BY metric_step DESC, metric_timestamp_ms DESC, metric_value DESC
    ) AS overall
FROM (
    SELECT m.*, EXISTS (
        SELECT 1 FROM provgraph_nan AS n WHERE m.metric_value = 0 AND n.run_uuid = m.run_id AND n.key = m.metric_name
        AND n.timestamp = m.metric_timestamp_ms AND n.step = m.metric_step
    ) AS is_nan
    FROM logged_model_metrics AS m
)
WINDOW same AS (PARTITION BY model_id, metric_name)
"""
_NAN: Final = """
CREATE TABLE provgraph_nan AS SELECT run_uuid, key, timestamp, step FROM metrics WHERE is_nan
"""
_DATASETS: Final = """
CREATE TABLE provgraph_dataset AS SELECT dataset_uuid AS uuid,
    dataset_tail(name, digest, dataset_source_type, dataset_source) AS tail FROM datasets
"""
# model: the row of the logged model that it is about
_EVENTS: Final = """
CREATE TABLE provgraph_event (turn INTEGER PRIMARY KEY, run, tail, type, time, step, model INTEGER)
"""
_DATASET_INPUTS: Final = """
INSERT INTO provgraph_event (run, tail, type, step)
SELECT i.destination_id, d.tail, ?, (
    SELECT t.value FROM input_tags AS t WHERE t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
)
FROM inputs AS i JOIN provgraph_dataset AS d ON d.uuid = i.source_id WHERE i.source_type = 'DATASET' ORDER BY i.rowid
"""
# A run that logs a metric of the model it makes (`log_metric(..., model_id=...)`) has the model among its inputs.
_OWN_MODEL: Final = """
i.source_type = 'RUN_INPUT' AND (
    EXISTS (SELECT 1 FROM logged_models AS m WHERE m.model_id = i.destination_id AND m.source_run_id = i.source_id)
    OR EXISTS (
        SELECT 1 FROM inputs AS o WHERE o.source_type = 'RUN_OUTPUT' AND o.source_id = i.source_id
        AND o.destination_id = i.destination_id
    )
)
"""
_MODEL_INPUTS: Final = f"""
INSERT INTO provgraph_event (run, tail, type, model)
SELECT i.source_id, 'model/' || segment(i.destination_id), ?, (
    SELECT m.rowid FROM logged_models AS m WHERE m.model_id = i.destination_id
) FROM inputs AS i WHERE i.source_type = 'RUN_INPUT' AND NOT ({_OWN_MODEL}) ORDER BY i.rowid
"""  # noqa: S608 - made of constants
_MODEL_OUTPUTS: Final = """
INSERT INTO provgraph_event (run, tail, type, time, step, model)
SELECT o.run, 'model/' || segment(m.model_id), ?, m.creation_timestamp_ms, m.name, m.rowid
FROM (
    SELECT source_id AS run, destination_id AS model FROM inputs WHERE source_type = 'RUN_OUTPUT'
    UNION SELECT source_run_id, model_id FROM logged_models WHERE source_run_id IN (SELECT run_uuid FROM runs)
) AS o JOIN logged_models AS m ON m.model_id = o.model
"""
_NAMES: Final = """
CREATE TABLE provgraph_name (tail PRIMARY KEY, type, name, long) WITHOUT ROWID
"""
_EXPERIMENT_NAMES: Final = """
INSERT OR IGNORE INTO provgraph_name SELECT 'experiment/' || segment(experiment_id), 'Experiment',
    fitting(coalesce(nullif(name, ''), experiment_id)),
    fitting(coalesce(nullif(name, ''), '')) || ' (' || fitting(experiment_id) || ')' FROM experiments
"""
_RUN_NAMES: Final = """
INSERT OR IGNORE INTO provgraph_name SELECT 'run/' || segment(run), 'Run',
    CASE WHEN name = '' THEN fitting(run) ELSE fitting(name) || ' (' || fitting(substr(run, 1, 8)) || ')' END,
    fitting(name) || ' (' || fitting(run) || ')'
FROM (
    SELECT r.run_uuid AS run, coalesce(nullif(CAST(r.name AS TEXT), ''), (
        SELECT CAST(t.value AS TEXT) FROM tags AS t WHERE t.run_uuid = r.run_uuid AND t.key = 'mlflow.runName'
    ), '') AS name FROM runs AS r
)
"""
_DATASET_NAMES: Final = """
INSERT OR IGNORE INTO provgraph_name SELECT p.tail, 'Dataset',
    fitting(coalesce(d.name, '') || '/' || coalesce(d.digest, '')),
    fitting(coalesce(d.name, '') || '/' || coalesce(d.digest, '')) || ' (' || substr(p.tail, 9, 12) || ')'
FROM provgraph_dataset AS p JOIN datasets AS d ON d.dataset_uuid = p.uuid
"""
_MODEL_NAMES: Final = """
INSERT OR IGNORE INTO provgraph_name SELECT 'model/' || segment(model_id), 'Model',
    CASE WHEN coalesce(name, '') = '' THEN fitting(model_id)
    ELSE fitting(name) || ' (' || fitting(substr(model_id, 1, 10)) || ')' END,
    fitting(coalesce(name, '')) || ' (' || fitting(model_id) || ')' FROM logged_models
UNION ALL SELECT tail, 'Model', fitting(path) || ' (' || fitting(substr(run, 1, 8)) || ')',
    fitting(path) || ' (' || fitting(run) || ')' FROM provgraph_run_model
"""
_REGISTERED_NAMES: Final = """
INSERT OR IGNORE INTO provgraph_name
SELECT registered_tail(workspace, name), 'RegisteredModel', fitting(name),
    fitting(name) || ' (workspace ' || fitting(coalesce(workspace, '')) || ')' FROM registered_models
UNION ALL SELECT version_tail(workspace, name, version), 'ModelVersion', fitting(name) || '/' || fitting(version),
    fitting(name) || '/' || fitting(version) || ' (workspace ' || fitting(coalesce(workspace, '')) || ')'
FROM model_versions
"""
_SHARED: Final = """
(type, name) IN (SELECT type, name FROM provgraph_name GROUP BY type, name HAVING count(*) > 1)
"""


def prepare(copy: sqlite3.Connection, report: LoadReport) -> None:
    """Make the tables that reading needs."""
    for name, count, function in (
        ("segment", 1, segment),
        ("fitting", 1, fitting),
        ("dataset_tail", 4, dataset_tail),
        ("run_model_tail", 2, run_model_tail),
        ("registered_tail", 2, registered_tail),
        ("version_tail", 3, version_tail),
    ):
        copy.create_function(name, count, function, deterministic=True)
    for statement in _INDICES:
        copy.execute(statement)
    _metrics(copy)
    copy.execute(_DATASETS)
    copy.execute("CREATE INDEX provgraph_dataset_uuid ON provgraph_dataset (uuid)")
    copy.execute("CREATE INDEX provgraph_dataset_tail ON provgraph_dataset (tail)")
    read_histories(copy, report)
    _events(copy, report)
    link_versions(copy, report)
    copy.execute("CREATE INDEX provgraph_event_run ON provgraph_event (run)")
    _names(copy)
    _parents(copy, report)


def _metrics(copy: sqlite3.Connection) -> None:
    if not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'provgraph_nan'").fetchone():
        copy.execute(_NAN)
    copy.execute("CREATE INDEX provgraph_nan_run ON provgraph_nan (run_uuid, key)")
    if not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'provgraph_metric'").fetchone():
        copy.execute(_METRICS)
    copy.execute("CREATE INDEX provgraph_metric_run ON provgraph_metric (run_uuid)")
    copy.execute(_MODEL_METRICS)
    copy.execute("CREATE INDEX provgraph_model_metric_model ON provgraph_model_metric (model_id)")


def _events(copy: sqlite3.Connection, report: LoadReport) -> None:
    copy.execute(_EVENTS)
    copy.execute(_DATASET_INPUTS, (_INPUT,))
    [all_of_them] = copy.execute("SELECT count(*) FROM inputs WHERE source_type = 'RUN_INPUT'").fetchone()
    own = all_of_them - copy.execute(_MODEL_INPUTS, (_INPUT,)).rowcount
    if own:
        reason = "are of the run that made the model: MLflow writes one when the run logs a metric of its own model"
        report.note(NoteKind.LEFT_ALONE, "model inputs", reason, count=own)
    copy.execute(_MODEL_OUTPUTS, (_OUTPUT,))
    copy.execute(
        "INSERT INTO provgraph_event (run, tail, type, time, step) SELECT run, tail, ?, time, path "
        "FROM provgraph_run_model ORDER BY run, path",
        (_OUTPUT,),
    )


def _names(copy: sqlite3.Connection) -> None:
    copy.execute(_NAMES)
    for statement in (_EXPERIMENT_NAMES, _RUN_NAMES, _DATASET_NAMES, _MODEL_NAMES, _REGISTERED_NAMES):
        copy.execute(statement)
    copy.execute("CREATE INDEX provgraph_name_name ON provgraph_name (type, name)")
    # A name that two nodes would share is given to neither, so that a twin that comes or goes later finds it free.
    longer = "long"
    while copy.execute(f"UPDATE provgraph_name SET name = {longer} WHERE {_SHARED}").rowcount:  # noqa: S608 - constants
        longer = "name || ' ' || tail"


def _parents(copy: sqlite3.Connection, report: LoadReport) -> None:
    parents: dict[str, str] = {}
    statement = (
        "SELECT t.run_uuid, CAST(t.value AS TEXT), r.run_uuid IS NULL FROM tags AS t LEFT JOIN runs AS r "
        "ON r.run_uuid = t.value WHERE t.key = 'mlflow.parentRunId' AND coalesce(t.value, '') <> '' "
        "ORDER BY t.run_uuid"
    )
    for run, parent, gone in copy.execute(statement):
        if gone:
            report.note(NoteKind.DROPPED, "parents", "are runs that are not in the store", f"run {run}")
        else:
            parents[run] = parent
    for run in _circular(parents):
        report.note(NoteKind.DROPPED, "parents", "would make a run its own ancestor", f"run {run}")
        del parents[run]
    copy.execute("CREATE TABLE provgraph_parent (child, parent)")
    copy.executemany("INSERT INTO provgraph_parent VALUES (?, ?)", parents.items())


def _circular(parents: dict[str, str]) -> list[str]:
    """Of each circle, the run with the least id."""
    found: list[str] = []
    done: set[str] = set()
    for start in parents:
        trail: dict[str, None] = {}
        run = start
        while run in parents and run not in done and run not in trail:
            trail[run] = None
            run = parents[run]
        if run in trail:
            walked = list(trail)
            found.append(min(walked[walked.index(run) :]))
        done.update(trail)
    return found
