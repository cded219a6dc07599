"""An `mlruns` folder, read into a private SQLite database with the tables of a tracking database.

A file that is damaged costs what stands in it: MLflow writes its files in place, so one that was killed leaves an empty
one behind, and that must not hide thousands of others. Each is named in the report.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from provgraph.errors import LoadError
from provgraph.loading import LoadReport, NoteKind
from provgraph.model.values import INT64_MAX, INT64_MIN
from provgraph_loaders.mlflow.folders import (
    META,
    REGISTRY,
    TRASH,
    Lost,
    files,
    folders,
    holds_experiment,
    is_lost_experiment,
    lost,
    parts_of,
    runs_of,
)
from provgraph_loaders.mlflow.metafile import DamagedError, Meta, read_meta, read_text
from provgraph_loaders.mlflow.schema import TABLES, create

__all__ = ["folder_copy", "is_file_store"]

_STATES: Final = {"1": "RUNNING", "2": "SCHEDULED", "3": "FINISHED", "4": "FAILED", "5": "KILLED"}
_SOURCES: Final = {"1": "NOTEBOOK", "2": "JOB", "3": "PROJECT", "4": "LOCAL", "1000": "UNKNOWN"}
_LONGEST_VALUE: Final = 262_144  # bytes of a parameter or tag
_LONGEST_LINE: Final = 65_536
_INPUTS: Final = {"DATASET": ("DATASET", "RUN"), "MODEL": ("RUN_INPUT", "MODEL_INPUT")}


# What MLflow has always written, and late in the file as it sorts its fields: where one lacks, the file was cut off.
_ALWAYS: Final[Mapping[str, Mapping[str, bool]]] = {
    "experiments": {"experiment_id": True, "lifecycle_stage": True, "name": True},
    "runs": {
        "experiment_id": True,
        "run_id run_uuid": True,
        "lifecycle_stage": True,
        "start_time": False,
        "status": True,
    },
    "datasets": {"name": True, "digest": True, "source": False, "source_type": False},
    "inputs": {"source_id": True, "source_type": True},
    "outputs": {"destination_id": True},
    "models": {"model_id": True, "name": False, "status": True},
    "registered models": {"name": True},
    "versions": {"name": True, "source": False, "version": True},
}


def is_file_store(source: str) -> bool:
    """Whether it is a folder with an experiment of MLflow in it."""
    try:
        folder = Path(source)
        return folder.is_dir() and any(holds_experiment(place) for place in (folder, folder / "mlruns"))
    except (OSError, ValueError):
        return False


@contextmanager
def folder_copy(folder: Path, report: LoadReport) -> Generator[sqlite3.Connection]:
    """A connection to a private database of what the folder (or the `mlruns` in it) holds.

    Raises:
        LoadError: it is no file store of MLflow, cannot be read, or PyYAML is not installed.
    """
    if find_spec("yaml") is None:
        raise LoadError(f'{folder}: a folder is read with PyYAML: pip install "provgraph[mlflow]"')
    root = next((place for place in (folder, folder / "mlruns") if holds_experiment(place)), None)
    if root is None:
        raise LoadError(f"{folder}: is a folder, but no file store of MLflow (no meta.yaml of an experiment in it)")
    with closing(sqlite3.connect("", isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = OFF")
        create(copy)
        copy.execute("BEGIN")
        try:
            _FileStore(root, copy, report).read()
        except OSError as error:
            raise LoadError(f"{error.filename or folder}: cannot be read: {error.strerror or error}") from error
        copy.execute("COMMIT")
        yield copy


def _word(meta: Meta, *names: str) -> str | None:
    """The first of these fields that is there and is a text."""
    return next((value for name in names if isinstance(value := meta.get(name), str)), None)


class _FileStore:
    def __init__(self, root: Path, copy: sqlite3.Connection, report: LoadReport) -> None:
        self._root, self._copy, self._report = root, copy, report

    def read(self) -> None:
        for place, deleted in ((self._root, False), (self._root / TRASH, True)):
            for folder in folders(place):
                if folder.name not in (TRASH, REGISTRY):
                    self._experiment(folder, deleted)
        for folder in folders(self._root / REGISTRY):
            self._registered_model(folder)

    def _put(self, table: str, **values: object) -> None:
        columns = [column for column in TABLES[table] if column in values]
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names of ours
        self._copy.execute(statement, [values[column] for column in columns])

    def _meta(self, folder: Path, what: str) -> Meta | None:
        try:
            return read_meta(folder / META, _ALWAYS[what])
        except DamagedError as error:
            self._report.note(NoteKind.DROPPED, what, f"have a {META} that {error}", self._name(folder))
            return None

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._root)).encode("utf-8", "backslashreplace").decode("utf-8")

    def _values(self, folder: Path) -> Iterator[tuple[str, str]]:
        for name, path in files(folder):
            try:
                yield name, read_text(path, _LONGEST_VALUE)
            except DamagedError as error:
                self._report.note(NoteKind.DROPPED, "files", str(error), self._name(path))

    def _experiment(self, folder: Path, deleted: bool) -> None:
        meta = None
        if (folder / META).exists():
            meta = self._meta(folder, "experiments")
        elif is_lost_experiment(folder):
            self._report.note(NoteKind.DROPPED, "experiments", f"have no {META}", self._name(folder))
        if meta is None:
            if next(parts_of(folder), None) is None:
                self._name_lost(folder)
                return  # what MLflow would not take for an experiment either
            reason = "are known by their folder only, with what lies in it: name, times and place are not known"
            self._report.note(NoteKind.GUESSED, "experiments", reason, self._name(folder))
            meta = {"experiment_id": self._name(folder).rpartition("/")[2]}
        id_ = _word(meta, "experiment_id")
        self._put(
            "experiments",
            experiment_id=id_,
            name=_word(meta, "name"),
            artifact_location=_word(meta, "artifact_location"),
            lifecycle_stage="deleted" if deleted else _word(meta, "lifecycle_stage"),
            creation_time=_whole(_word(meta, "creation_time")),
            last_update_time=_whole(_word(meta, "last_update_time")),
            workspace=_word(meta, "workspace"),
        )
        for key, value in self._values(folder / "tags"):
            self._put("experiment_tags", experiment_id=id_, key=key, value=value)
        for dataset in folders(folder / "datasets"):
            self._dataset(dataset, id_)
        for model in folders(folder / "models"):
            self._model(model, id_)
        self._name_lost(folder)
        for run in runs_of(folder):
            if (run / META).exists():
                self._run(run, id_)

    def _name_lost(self, experiment: Path) -> None:
        for run in runs_of(experiment):
            found = None if (run / META).exists() else lost(run)
            if found is Lost.RUN:
                self._report.note(NoteKind.DROPPED, "runs", f"have no {META}", self._name(run))
            elif found is Lost.ARTIFACTS:
                reason = f"hold artifacts, but no {META}: those of runs that another store tracks"
                self._report.note(NoteKind.LEFT_ALONE, "folders", reason, self._name(run))

    def _dataset(self, folder: Path, experiment: str | None) -> None:
        meta = self._meta(folder, "datasets")
        if meta is None:
            return
        self._put(
            "datasets",
            # a dataset's folder bears the same name in each experiment: the hash of its name and digest
            dataset_uuid=f"{experiment}/{folder.name}",
            experiment_id=experiment,
            name=_word(meta, "name"),
            digest=_word(meta, "digest"),
            dataset_source_type=_word(meta, "source_type"),
            dataset_source=_word(meta, "source"),
            dataset_schema=_word(meta, "schema"),
            dataset_profile=_word(meta, "profile"),
        )

    def _run(self, folder: Path, experiment: str | None) -> None:
        meta = self._meta(folder, "runs")
        if meta is None:
            return
        # MLflow finds a run by its folder, and so do the places and tags that name it
        id_ = self._name(folder).rpartition("/")[2]
        if (said := _word(meta, "run_id", "run_uuid")) != id_:
            reason = f"have another id in their {META} than in the name of their folder: the folder's is taken"
            self._report.note(NoteKind.GUESSED, "runs", reason, f"{self._name(folder)} says {said}")
        status, source_type = _word(meta, "status") or "", _word(meta, "source_type") or ""
        self._put(
            "runs",
            run_uuid=id_,
            experiment_id=experiment,
            name=_word(meta, "run_name", "name"),
            source_type=_SOURCES.get(source_type, source_type),
            source_name=_word(meta, "source_name"),
            entry_point_name=_word(meta, "entry_point_name"),
            user_id=_word(meta, "user_id"),
            status=_STATES.get(status, status),
            start_time=_whole(_word(meta, "start_time")),
            end_time=_whole(_word(meta, "end_time")),
            deleted_time=_whole(_word(meta, "deleted_time")),
            source_version=_word(meta, "source_version"),
            lifecycle_stage=_word(meta, "lifecycle_stage"),
            artifact_uri=_word(meta, "artifact_uri"),
        )
        for table in ("params", "tags"):
            for key, value in self._values(folder / table):
                self._put(table, run_uuid=id_, key=key, value=value)
        for key, path in files(folder / "metrics"):
            for time, number, step, _ in self._metric(path):
                is_nan = number != number
                row = {"value": 0 if is_nan else number, "is_nan": is_nan, "timestamp": time, "step": step}
                self._put("metrics", run_uuid=id_, key=key, **row)
        for place in folders(folder / "inputs"):
            self._input(place, id_, experiment)
        for place in folders(folder / "outputs"):
            self._output(place, id_)

    def _input(self, folder: Path, run: str, experiment: str | None) -> None:
        meta = self._meta(folder, "inputs")
        if meta is None:
            return
        kind = _word(meta, "source_type") or ""
        # `destination_id` repeats the id of what goes in: the run is the one whose folder this is
        thing = _word(meta, "source_id") or ""
        source_type, destination_type = _INPUTS.get(kind, (kind, ""))
        ends = (f"{experiment}/{thing}", run) if kind == "DATASET" else (run, thing)
        id_ = f"{run}/{folder.name}"
        types = {"source_type": source_type, "destination_type": destination_type}
        self._put("inputs", input_uuid=id_, source_id=ends[0], destination_id=ends[1], **types)
        tags = meta.get("tags")
        for key, value in tags.items() if tags is not None and not isinstance(tags, str) else ():
            self._put("input_tags", input_uuid=id_, name=key, value=value)

    def _output(self, folder: Path, run: str) -> None:
        meta = self._meta(folder, "outputs")
        if meta is not None:
            model = _word(meta, "destination_id") or folder.name
            types = {"source_type": "RUN_OUTPUT", "destination_type": "MODEL_OUTPUT"}
            self._put("inputs", input_uuid=f"{run}/{folder.name}", source_id=run, destination_id=model, **types)

    def _model(self, folder: Path, experiment: str | None) -> None:
        id_ = folder.name
        if (folder / META).exists():  # else only metrics that another experiment logged of it
            meta = self._meta(folder, "models")
            if meta is None:
                return
            id_ = _word(meta, "model_id") or id_
            self._put(
                "logged_models",
                model_id=id_,
                experiment_id=experiment,
                name=_word(meta, "name"),
                artifact_location=_word(meta, "artifact_location"),
                creation_timestamp_ms=_whole(_word(meta, "creation_timestamp")),
                last_updated_timestamp_ms=_whole(_word(meta, "last_updated_timestamp")),
                status=_word(meta, "status"),
                lifecycle_stage=_word(meta, "lifecycle_stage"),
                model_type=_word(meta, "model_type"),
                source_run_id=_word(meta, "source_run_id"),
                status_message=_word(meta, "status_message"),
            )
        for key, value in self._values(folder / "params"):
            self._put("logged_model_params", model_id=id_, param_key=key, param_value=value)
        for key, value in self._values(folder / "tags"):
            self._put("logged_model_tags", model_id=id_, tag_key=key, tag_value=value)
        for key, path in files(folder / "metrics"):
            for time, number, step, rest in self._metric(path):
                # the run that logged it, then the dataset and its digest; the dataset's name may hold blanks
                run, _, dataset = rest.partition(" ")
                name, _, digest = dataset.rpartition(" ")
                row = {"metric_value": None if number != number else number, "metric_timestamp_ms": time}
                data = {"dataset_name": name or None, "dataset_digest": digest or None}
                self._put(
                    "logged_model_metrics", model_id=id_, metric_name=key, metric_step=step, run_id=run, **row, **data
                )

    def _metric(self, path: Path) -> Iterator[tuple[int, float, int, str]]:
        """The lines `time value [step [more]]` of a file."""
        try:
            with path.open("rb") as file:
                number = 0
                while line := file.readline(_LONGEST_LINE):
                    number += 1
                    parts = line.decode("utf-8", "backslashreplace").split(maxsplit=3)
                    if not parts:
                        continue
                    try:
                        yield _number(parts[0]), float(parts[1]), _number(parts[2]) if parts[2:] else 0, _rest(parts)
                    except (ValueError, IndexError):
                        place = f"{self._name(path)}:{number}"
                        self._report.note(NoteKind.DROPPED, "lines of metrics", "are not `time value step`", place)
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}"
            self._report.note(NoteKind.DROPPED, "files", reason, self._name(path))

    def _registered_model(self, folder: Path) -> None:
        meta = self._meta(folder, "registered models") if (folder / META).exists() else None
        if meta is None:
            return
        name = _word(meta, "name") or folder.name
        workspace = {"workspace": _word(meta, "workspace")}
        self._put(
            "registered_models",
            name=name,
            creation_time=_whole(_word(meta, "creation_timestamp")),
            last_updated_time=_whole(_word(meta, "last_updated_timestamp")),
            description=_word(meta, "description"),
            **workspace,
        )
        for key, value in self._values(folder / "tags"):
            self._put("registered_model_tags", name=name, key=key, value=value, **workspace)
        for key, value in self._values(folder / "aliases"):
            self._put("registered_model_aliases", name=name, alias=key, version=value.strip(), **workspace)
        for place in folders(folder):
            if place.name.startswith("version-"):
                self._version(place, name, workspace)

    def _version(self, folder: Path, name: str, workspace: dict[str, str | None]) -> None:
        meta = self._meta(folder, "versions")
        if meta is None:
            return
        version = _word(meta, "version") or folder.name.removeprefix("version-")
        self._put(
            "model_versions",
            name=name,
            version=version,
            creation_time=_whole(_word(meta, "creation_timestamp")),
            last_updated_time=_whole(_word(meta, "last_updated_timestamp")),
            description=_word(meta, "description"),
            user_id=_word(meta, "user_id"),
            current_stage=_word(meta, "current_stage"),
            source=_word(meta, "source"),
            run_id=_word(meta, "run_id"),
            run_link=_word(meta, "run_link"),
            status=_word(meta, "status"),
            status_message=_word(meta, "status_message"),
            storage_location=_word(meta, "storage_location"),
            model_id=_word(meta, "model_id"),
            **workspace,
        )
        for key, value in self._values(folder / "tags"):
            self._put("model_version_tags", name=name, version=version, key=key, value=value, **workspace)


def _number(text: str) -> int:
    if len(text) > 19 or not INT64_MIN <= (number := int(text)) <= INT64_MAX:
        raise ValueError("out of range")
    return number


def _rest(parts: list[str]) -> str:
    return parts[3].strip() if len(parts) > 3 else ""


def _whole(text: str | None) -> object:
    """A whole number where the text is one, for times to be compared as such; else the text."""
    if text is not None and len(text) < 19 and text.lstrip("-").isdecimal():
        return int(text)
    return text
