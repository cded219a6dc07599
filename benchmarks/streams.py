"""The measured graph as other tools record it: OpenLineage events in JSON lines, an MLflow tracking database."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import shape
from tests.loaders.mlflow.schemas import statements

__all__ = ["edges_of", "write_mlflow", "write_openlineage"]

_START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_PRODUCER = "https://example.org/scheduler/2.1"
_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_NAMES = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def edges_of(steps: Iterator[shape.Step]) -> int:
    """How many inputs and outputs the steps have."""
    return sum(len(step.inputs) + len(step.outputs) for step in steps)


# -- OpenLineage --------------------------------------------------------------------------------------------------


def write_openlineage(file: Path, steps: Iterator[shape.Step]) -> None:
    """Two events a step: it starts with its inputs, and it is complete with its outputs, in the run of its pipeline."""
    with file.open("w", encoding="utf-8") as out:
        for at, step in enumerate(steps):
            for event in _events(step, at):
                out.write(json.dumps(event, separators=(",", ":")) + "\n")


def _events(step: shape.Step, at: int) -> Iterator[dict[str, Any]]:
    run, parent = str(uuid.uuid5(_NAMES, step.name)), str(uuid.uuid5(_NAMES, step.run))
    facets = {
        "parent": _facet(run={"runId": parent}, job={"namespace": "bench", "name": step.pipeline}),
        "nominalTime": _facet(nominalStartTime=_moment(at)),
    }
    for kind, time in (("START", 2 * at), ("COMPLETE", 2 * at + 1)):
        complete = kind == "COMPLETE"
        yield {
            "eventType": kind,
            "eventTime": _moment(time),
            "producer": _PRODUCER,
            "schemaURL": _SCHEMA,
            "run": {"runId": run, "facets": facets},
            "job": {"namespace": "bench", "name": f"{step.pipeline}.{step.type}"},
            "inputs": [_dataset(name) for _, name in step.inputs],
            "outputs": [_dataset(thing.name, thing) for thing in step.outputs] if complete else [],
        }


def _dataset(name: str, thing: shape.Thing | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"namespace": "s3://bench", "name": name}
    if thing is not None:
        found["facets"] = {"dataSource": _facet(name="bench", uri=thing.uri)}
        found["outputFacets"] = {"outputStatistics": _facet(rowCount=thing.declared["rows"], size=10)}
    return found


def _facet(**fields: Any) -> dict[str, Any]:
    return {"_producer": _PRODUCER, "_schemaURL": "https://openlineage.io/spec/facets/1-0-0/Some.json", **fields}


def _moment(second: int) -> str:
    return datetime.fromtimestamp(_START + second, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# -- MLflow -------------------------------------------------------------------------------------------------------


def write_mlflow(file: Path, steps: Iterator[shape.Step]) -> None:
    """A run each step, an experiment each pipeline: three parameters, three metrics, two tags, logged models as inputs
    and outputs; what nothing made is a dataset.
    """
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as store, store:
        store.execute("PRAGMA synchronous = OFF")
        for statement in statements("3.17"):
            store.execute(statement)
        experiments: dict[str, int] = {}
        for at, step in enumerate(steps):
            if step.pipeline not in experiments:
                experiments[step.pipeline] = len(experiments) + 1
                _add(
                    store,
                    "experiments",
                    experiment_id=experiments[step.pipeline],
                    name=step.pipeline,
                    artifact_location="s3://bench",
                    lifecycle_stage="active",
                    creation_time=_time(at),
                    last_update_time=_time(at),
                    workspace="default",
                )
            _run(store, step, at, experiments[step.pipeline])


def _run(store: sqlite3.Connection, step: shape.Step, at: int, experiment: int) -> None:
    run = uuid.uuid5(_NAMES, step.name).hex
    _add(
        store,
        "runs",
        run_uuid=run,
        name=step.name,
        source_type="LOCAL",
        source_name="train.py",
        entry_point_name="",
        user_id="bench",
        status="FINISHED",
        start_time=_time(at),
        end_time=_time(at) + 900,
        source_version="",
        lifecycle_stage="active",
        artifact_uri=f"s3://bench/{run}",
        experiment_id=experiment,
    )
    for name, value in step.declared.items():
        _add(store, "params", key=f"p_{name}", value=str(value), run_uuid=run)
        metric = {"key": f"m_{name}", "value": float(len(str(value))), "timestamp": _time(at), "run_uuid": run}
        for table in ("metrics", "latest_metrics"):
            _add(store, table, **metric, step=0, is_nan=0)
    for name in ("mlflow.source.git.commit", "mlflow.runName"):
        _add(store, "tags", key=name, value=step.name, run_uuid=run)
    for place, name in enumerate(made for _, made in step.inputs):
        _input(store, run, "RUN_INPUT", "MODEL_INPUT", _model_id(name), place)
    for place, thing in enumerate(step.outputs):
        _add(
            store,
            "logged_models",
            model_id=_model_id(thing.name),
            experiment_id=experiment,
            name=thing.name,
            artifact_location=f"s3://bench/{run}/{place}",
            creation_timestamp_ms=_time(at) + 800,
            last_updated_timestamp_ms=_time(at) + 800,
            status=2,
            lifecycle_stage="active",
            model_type="sklearn",
            source_run_id=run,
            status_message="",
        )
        _input(store, run, "RUN_OUTPUT", "MODEL_OUTPUT", _model_id(thing.name), place)


def _input(store: sqlite3.Connection, run: str, source: str, destination: str, id_: str, place: int) -> None:
    _add(
        store,
        "inputs",
        input_uuid=uuid.uuid5(_NAMES, f"{run} {source} {place}").hex,
        source_type=source,
        source_id=run,
        destination_type=destination,
        destination_id=id_,
        step=0,
    )


def _add(store: sqlite3.Connection, table: str, **row: object) -> None:
    marks = ", ".join("?" * len(row))
    store.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def _model_id(name: str) -> str:
    return f"m-{uuid.uuid5(_NAMES, f'model {name}').hex}"


def _time(at: int) -> int:
    return int(_START * 1000) + 1000 * at
