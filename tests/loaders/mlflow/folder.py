"""`mlruns` folders as MLflow writes them, from the rows that a database would hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

__all__ = ["write_folder"]

_STATES = {"RUNNING": 1, "SCHEDULED": 2, "FINISHED": 3, "FAILED": 4, "KILLED": 5}
_SOURCES = {"NOTEBOOK": 1, "JOB": 2, "PROJECT": 3, "LOCAL": 4, "UNKNOWN": 1000}
Row = Mapping[str, Any]


def _meta(folder: Path, fields: Row) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(dict(fields), default_flow_style=False, allow_unicode=True)
    (folder / "meta.yaml").write_text(text, "utf-8")
    return folder


def _values(folder: Path, pairs: Iterable[tuple[str, Any]]) -> None:
    for name, value in pairs:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(value), "utf-8")


def _line(folder: Path, name: str, *words: object) -> None:
    path = folder / "metrics" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(" ".join(str(word) for word in words if word is not None) + "\n")


def write_folder(root: Path, rows: Mapping[str, Iterable[Row]]) -> None:
    """Make a file store."""

    def of(table: str, **wanted: object) -> list[Row]:
        return [row for row in rows.get(table, ()) if all(row.get(name) == value for name, value in wanted.items())]

    for experiment in of("experiments"):
        id_ = experiment["experiment_id"]
        folder = _meta(root / str(id_), {"lifecycle_stage": "active", **experiment, "experiment_id": str(id_)})
        _values(folder / "tags", ((row["key"], row["value"]) for row in of("experiment_tags", experiment_id=id_)))
        for row in of("datasets", experiment_id=id_):
            names = ("name", "digest")
            fields = {name.removeprefix("dataset_"): value for name, value in row.items() if name not in names}
            del fields["uuid"], fields["experiment_id"]
            _meta(folder / "datasets" / row["dataset_uuid"], fields | {name: row[name] for name in names})
        for run in of("runs", experiment_id=id_):
            _run(folder, run, of)
        for model in of("logged_models", experiment_id=id_):
            place = _model_fields(folder, model)
            tags, params = (of(f"logged_model_{table}", model_id=model["model_id"]) for table in ("tags", "params"))
            _values(place / "tags", ((row["tag_key"], row["tag_value"]) for row in tags))
            _values(place / "params", ((row["param_key"], row["param_value"]) for row in params))
            for row in of("logged_model_metrics", model_id=model["model_id"]):
                where = (row["metric_timestamp_ms"], row["metric_value"], row["metric_step"], row["run_id"])
                _line(place, row["metric_name"], *where, row.get("dataset_name"), row.get("dataset_digest"))
    for registered in of("registered_models"):
        _registered(root, registered, of)


def _model_fields(folder: Path, model: Row) -> Path:
    fields = {name.removesuffix("_ms"): value for name, value in model.items() if name != "lifecycle_stage"}
    return _meta(folder / "models" / model["model_id"], fields)


def _run(folder: Path, run: Row, of: Any) -> None:
    id_ = run["run_uuid"]
    fields: dict[str, Any] = {"lifecycle_stage": "active"}
    fields |= {name: value for name, value in run.items() if name not in ("run_uuid", "name")}
    fields |= {"run_id": id_, "run_name": run.get("name"), "experiment_id": str(run["experiment_id"]), "tags": []}
    fields["status"] = _STATES.get(run.get("status", ""), run.get("status"))
    fields["source_type"] = _SOURCES.get(run.get("source_type", ""), run.get("source_type"))
    place = _meta(folder / id_, fields)
    for table in ("tags", "params"):
        _values(place / table, ((row["key"], row["value"]) for row in of(table, run_uuid=id_)))
    for row in of("metrics", run_uuid=id_):
        _line(place, row["key"], row["timestamp"], "nan" if row.get("is_nan") else row["value"], row["step"])
    for row in [*of("inputs", destination_id=id_), *of("inputs", source_id=id_)]:
        thing = row["source_id"] if row["source_type"] == "DATASET" else row["destination_id"]
        tags = {tag["name"]: tag["value"] for tag in of("input_tags", input_uuid=row["input_uuid"])}
        # as MLflow writes them: the id of what goes in stands at both ends
        ends = {"source_id": thing, "destination_id": thing, "tags": tags}
        if row["source_type"] == "RUN_OUTPUT":
            ends |= {"source_type": "RUN_OUTPUT", "destination_type": "MODEL_OUTPUT", "step": 0}
            _meta(place / "outputs" / thing, ends)
        else:
            kind = "DATASET" if row["source_type"] == "DATASET" else "MODEL"
            _meta(place / "inputs" / row["input_uuid"], ends | {"source_type": kind, "destination_type": "RUN"})


def _registered(root: Path, registered: Row, of: Any) -> None:
    name = registered["name"]
    aliases = {row["alias"]: str(row["version"]) for row in of("registered_model_aliases", name=name)}
    fields = {"name": name, "description": registered.get("description"), "aliases": aliases}
    fields |= {"creation_timestamp": registered.get("creation_time")}
    fields |= {"last_updated_timestamp": registered.get("last_updated_time")}
    place = _meta(root / "models" / name, fields)
    _values(place / "tags", ((row["key"], row["value"]) for row in of("registered_model_tags", name=name)))
    _values(place / "aliases", aliases.items())
    for row in of("model_versions", name=name):
        times = {"creation_timestamp": row.get("creation_time"), "last_updated_timestamp": row.get("last_updated_time")}
        kept = {key: value for key, value in row.items() if key not in ("creation_time", "last_updated_time")}
        version = _meta(place / f"version-{row['version']}", kept | times)
        tags = of("model_version_tags", name=name, version=row["version"])
        _values(version / "tags", ((tag["key"], tag["value"]) for tag in tags))
