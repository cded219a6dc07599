"""The tracking store that the documentation speaks of: a search for the depth of a churn model, and its evaluation."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from tests.loaders.mlflow.folder import write_folder
from tests.loaders.mlflow.schemas import create

__all__ = ["START", "example", "model_id", "run_id", "write_example", "write_example_folder"]

START = 1_764_000_000_000  # epoch milliseconds


def run_id(number: int) -> str:
    return f"{number:08x}{'5f0c8b1e' * 3}"


def model_id(number: int) -> str:
    return f"m-{number:08x}{'9a3e77d0' * 3}"


def metrics(run: int, name: str, *values: float) -> list[dict[str, Any]]:
    """The history of a metric, one step after the other. MLflow writes NaN as 0 with a flag."""
    return [
        {
            "run_uuid": run_id(run),
            "key": name,
            "value": 0 if math.isnan(value) else value,
            "is_nan": math.isnan(value),
            "timestamp": START + step,
            "step": step,
        }
        for step, value in enumerate(values)
    ]


def latest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        found[row["run_uuid"], row["key"]] = row
    return list(found.values())


def example() -> dict[str, list[dict[str, Any]]]:
    """The rows, with one of everything that the loader reads."""
    source = json.dumps({"uri": "s3://reader:geheim@plant-2/rides.csv"})
    data = {"name": "rides", "digest": "9cfe992a", "dataset_source_type": "s3", "dataset_source": source}
    history = [
        *(row for run, best in ((2, 0.9), (3, 0.8)) for row in metrics(run, "accuracy", 0.5, best, 0.7)),
        *metrics(2, "loss", math.nan),
    ]
    where = "s3://models/1/models"
    runs = [
        {
            "run_uuid": run_id(number),
            "name": name,
            "status": status,
            "user_id": "anna",
            "source_type": "UNKNOWN",
            "start_time": START + 60_000 * number,
            "end_time": START + 60_000 * (number + 1),
            "lifecycle_stage": "active",
            "artifact_uri": f"s3://models/{experiment}/{run_id(number)}/artifacts",
            "experiment_id": experiment,
        }
        for number, name, status, experiment in (
            *((1, "search", "FINISHED", 1), (2, "depth", "FINISHED", 1), (3, "depth", "FAILED", 1)),
            (4, "evaluate", "FINISHED", 2),
        )
    ]
    models = [
        {
            "model_id": model_id(number),
            "experiment_id": 1,
            "name": "model",
            "artifact_location": f"{where}/{model_id(number)}/artifacts",
            "creation_timestamp_ms": START + 60_000 * number + 30_000,
            "last_updated_timestamp_ms": START + 60_000 * number + 31_000,
            "status": 2,
            "lifecycle_stage": "active",
            "source_run_id": run_id(number),
        }
        for number in (2, 3)
    ]
    inputs = [
        {"input_uuid": uuid, "source_type": kinds[0], "source_id": ends[0]}
        | {"destination_type": kinds[1], "destination_id": ends[1]}
        for uuid, kinds, ends in (
            ("i1", ("DATASET", "RUN"), ("d1", run_id(2))),
            ("i2", ("DATASET", "RUN"), ("d1", run_id(3))),
            ("i3", ("DATASET", "RUN"), ("d2", run_id(4))),
            ("o2", ("RUN_OUTPUT", "MODEL_OUTPUT"), (run_id(2), model_id(2))),
            ("o3", ("RUN_OUTPUT", "MODEL_OUTPUT"), (run_id(3), model_id(3))),
            ("m2", ("RUN_INPUT", "MODEL_INPUT"), (run_id(2), model_id(2))),  # log_metric(..., model_id=...)
            ("m4", ("RUN_INPUT", "MODEL_INPUT"), (run_id(4), model_id(2))),
        )
    ]
    tags = {
        1: {},
        2: {"mlflow.parentRunId": run_id(1), "mlflow.source.git.commit": "1d3b9c0a" * 5, "team": "vision"},
        3: {"mlflow.parentRunId": run_id(1), "api_key": "geheim"},
        4: {"mlflow.source.name": "evaluate.py", "mlflow.source.git.repoURL": "https://anna:geheim@example.org/churn"},
    }
    return {
        "experiments": [
            {"experiment_id": number, "name": name, "artifact_location": f"s3://models/{number}"}
            | {"lifecycle_stage": "active", "creation_time": START + number, "last_update_time": START + number}
            for number, name in ((0, "Default"), (1, "churn"), (2, "churn/evaluation"))
        ],
        "experiment_tags": [{"experiment_id": 1, "key": "mlflow.note.content", "value": "Who leaves us?"}],
        "runs": runs,
        "tags": [
            {"run_uuid": run_id(number), "key": key, "value": value}
            for number, found in tags.items()
            for key, value in found.items()
        ],
        "params": [
            {"run_uuid": run_id(number), "key": key, "value": value}
            for number, key, value in ((2, "depth", "3"), (3, "depth", "8"), (2, "rate", "0.1"), (2, "seed", "007"))
        ],
        "metrics": history,
        "latest_metrics": latest(history),
        "datasets": [
            {"dataset_uuid": uuid, "experiment_id": experiment, "dataset_profile": '{"num_rows": 20000}', **data}
            for uuid, experiment in (("d1", 1), ("d2", 2))
        ],
        "inputs": inputs,
        "input_tags": [
            {"input_uuid": uuid, "name": "mlflow.data.context", "value": role}
            for uuid, role in (("i1", "training"), ("i2", "training"), ("i3", "eval"))
        ],
        "logged_models": models,
        "logged_model_params": [
            {"model_id": model_id(2), "experiment_id": 1, "param_key": "depth", "param_value": "3"}
        ],
        "logged_model_metrics": [
            {"model_id": model_id(2), "experiment_id": 1, "metric_name": name, "metric_value": value}
            | {"metric_timestamp_ms": START, "metric_step": 0, "run_id": run_id(run), **on}
            for name, value, run, on in (
                ("accuracy", 0.9, 2, {"dataset_name": "rides", "dataset_digest": "9cfe992a"}),
                ("loss", 0.0, 2, {}),
                ("recall", 0.6, 4, {}),
            )
        ],
        "logged_model_tags": [{"model_id": model_id(2), "experiment_id": 1, "tag_key": "reviewed", "tag_value": "yes"}],
        "registered_models": [
            {"name": "churn-model", "creation_time": START, "last_updated_time": START + 1, "description": "Churn"}
        ],
        "registered_model_tags": [{"name": "churn-model", "key": "owner", "value": "anna"}],
        "registered_model_aliases": [{"name": "churn-model", "alias": "champion", "version": 1}],
        "model_versions": [
            {"name": "churn-model", "version": version, "creation_time": START + 300_000, "status": "READY"}
            | {"last_updated_time": START + 300_000, "current_stage": stage, "source": source_, "run_id": run}
            for version, stage, source_, run in (
                (1, "Production", f"models:/{model_id(2)}", run_id(2)),
                (2, "None", f"{where}/{model_id(3)}/artifacts", None),
                (3, "None", "s3://elsewhere/model", run_id(3)),
                (4, "Archived", "models:/churn-model/1", None),
            )
        ],
        "model_version_tags": [{"name": "churn-model", "version": 1, "key": "checked", "value": "yes"}],
    }


def write_example(path: Path) -> None:
    """Make the store as a database of MLflow 3."""
    create(path, rows=example())


def write_example_folder(folder: Path) -> None:
    """Make the store as a folder."""
    write_folder(folder, example())
