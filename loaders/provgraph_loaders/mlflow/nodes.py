"""Rows of a prepared copy to nodes: each function makes one sort of node."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import (
    Artifact,
    ArtifactState,
    ArtifactType,
    BaseType,
    Context,
    ContextType,
    Execution,
    ExecutionState,
    ExecutionType,
    JsonValue,
    NodeType,
    Struct,
)
from provgraph_loaders.mlflow.history import HISTORY
from provgraph_loaders.mlflow.values import Bag, text_of, time_of, uri_of

__all__ = ["Makers", "Pair", "types_of"]

Pair = Sequence[object]
"""A name and a value, as they stand in tables of tags and parameters."""

_STATES: Final[Mapping[object, ExecutionState]] = {
    "RUNNING": ExecutionState.RUNNING,
    "SCHEDULED": ExecutionState.NEW,
    "FINISHED": ExecutionState.COMPLETE,
    "FAILED": ExecutionState.FAILED,
    "KILLED": ExecutionState.CANCELED,
}
# What a logged model's number says: 1 PENDING, 2 READY, 3 UPLOAD_FAILED.
_MODEL_STATES: Final[Mapping[str, ArtifactState]] = {
    "1": ArtifactState.PENDING,
    "2": ArtifactState.LIVE,
    "3": ArtifactState.ABANDONED,
}
_VERSION_STATES: Final[Mapping[object, ArtifactState]] = {
    "PENDING_REGISTRATION": ArtifactState.PENDING,
    "READY": ArtifactState.LIVE,
    "FAILED_REGISTRATION": ArtifactState.ABANDONED,
}
_GONE: Final = "Deleted_Internal"  # the stage of a version that was deleted
# Tags that mean something here, and the properties they become.
_TAGS: Final = {
    "mlflow.source.git.commit": "git_commit",
    "mlflow.source.git.branch": "git_branch",
    "mlflow.source.git.repoURL": "git_repository",
    "mlflow.source.name": "source_name",
    "mlflow.source.type": "source_type",
    "mlflow.user": "user",
    "mlflow.note.content": "description",
}
_DIRTY: Final = "mlflow.source.git.dirty"
# Said by links, names and nodes of their own.
_SAID: Final = frozenset((HISTORY, "mlflow.parentRunId", "mlflow.runName", "mlflow.modelVersions"))


def types_of(source: str) -> list[NodeType]:
    """The types of all nodes."""
    return [
        ContextType(name="Experiment", source=source),
        ContextType(name="Run", source=source),
        ContextType(name="RegisteredModel", source=source),
        ArtifactType(name="Dataset", base_type=BaseType.DATASET, source=source),
        ArtifactType(name="Model", base_type=BaseType.MODEL, source=source),
        ArtifactType(name="ModelVersion", base_type=BaseType.MODEL, source=source),
        ArtifactType(name="Prompt", source=source),
        ExecutionType(name="Run", source=source),
    ]


@dataclass(frozen=True, slots=True)
class Makers:
    """Makes nodes of one source."""

    source: str
    report: LoadReport

    def key(self, kind: str, tail: object) -> str:
        """The key of a node: `kind` is `Artifact`, `Execution` or `Context`."""
        return f"{self.source}/{kind}/{tail}"

    def _bag(self, place: str) -> Bag:
        return Bag(place, self.report)

    def experiment(self, row: Sequence[object], tags: Iterable[Pair]) -> tuple[Context, int]:
        """Columns: tail, name, id, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace."""
        tail, name, id_, location, stage, created, updated, workspace = row
        bag = self._bag(f"experiment {id_}")
        bag.uri("artifact_location", location)
        bag.text("lifecycle_stage", _unless(stage, "active"))
        bag.text("workspace", _unless(workspace, "default"))
        self._tags(bag, tags)
        return self._context("Experiment", tail, name, bag, created, updated)

    def run_context(self, row: Sequence[object]) -> Context:
        """Columns: tail, name, id, start_time."""
        tail, name, id_, started = row
        return self._context("Run", tail, name, self._bag(f"run {id_}"), started, None)[0]

    def registered_model(
        self, row: Sequence[object], tags: Iterable[Pair], aliases: Iterable[Pair]
    ) -> tuple[Context, int]:
        """Columns: tail, name, creation_time, last_updated_time, description, workspace."""
        tail, name, created, updated, description, workspace = row
        bag = self._bag(f"registered model {name}")
        bag.text("description", description)
        bag.text("workspace", _unless(workspace, "default"))
        self._tags(bag, tags)
        for alias, version in aliases:
            bag.text(text_of(alias) or "", version, prefix="alias_", numbers=True)
        return self._context("RegisteredModel", tail, name, bag, created, updated)

    def run(
        self, row: Sequence[object], tags: Iterable[Pair], params: Iterable[Pair], metrics: Iterable[Pair]
    ) -> tuple[Execution, int]:
        """Columns: tail, name, id, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
        source_version, lifecycle_stage, artifact_uri.
        """
        tail, name, id_, *rest = row
        source_type, source_name, entry, user, status, start, end, commit, stage, artifacts = rest
        place = f"run {id_}"
        bag = self._bag(place)
        for property_name, value in (
            *(
                ("source_type", _unless(source_type, "UNKNOWN")),
                ("source_name", source_name),
                ("entry_point", entry),
                ("user", user),
            ),
            *(("git_commit", commit), ("lifecycle_stage", _unless(stage, "active"))),
        ):
            bag.text(property_name, value)
        bag.uri("artifact_uri", artifacts)
        for param, value in params:
            bag.text(text_of(param) or "", value, prefix="param_", numbers=True)
        for metric in metrics:
            self._metric(bag, metric)
        self._tags(bag, tags)
        state = _STATES.get(status)
        if state is None and status not in (None, ""):
            self.report.note(NoteKind.UNKNOWN, "states of runs", "are none of MLflow's", f"{place} {status}")
        started, ended = time_of(start, place, self.report), time_of(end, place, self.report)
        execution = Execution(
            type="Run",
            name=text_of(name),
            key=self.key("Execution", tail),
            source=self.source,
            state=state or ExecutionState.UNKNOWN,
            started_at=started,
            ended_at=ended,
            created_at=started,
            custom_properties=bag.values,
        )
        return execution, bag.weight

    def dataset(self, row: Sequence[object], ids: Sequence[object]) -> tuple[Artifact, int]:
        """Columns: tail, name, own name, digest, source_type, source, schema, profile; `ids`: all of MLflow's ids."""
        tail, name, own, digest, source_type, source, schema, profile = row
        place = f"dataset {ids[0]}"
        bag = self._bag(place)
        bag.text("source_type", source_type)
        bag.json("dataset_source", source)
        bag.json("schema", schema)
        bag.json("profile", profile)
        bag.struct("dataset_ids", Struct.of([str(id_) for id_ in ids]))
        known = text_of(digest) or None
        if known is not None:
            bag.text("digest_strength", "weak")
        artifact = Artifact(
            type="Dataset",
            name=text_of(name),
            key=self.key("Artifact", tail),
            source=self.source,
            uri=uri_of(_place_in(text_of(source)), place, self.report),
            # MLflow hashes the first 10,000 rows, or values, to 8 digits: the prefix keeps it apart from real hashes
            digest=f"weak:{known[:200]}" if known else None,
            family=text_of(own) or None,
            version=known,
            custom_properties=bag.values,
        )
        return artifact, bag.weight

    def model(
        self, row: Sequence[object], tags: Iterable[Pair], params: Iterable[Pair], metrics: Iterable[Pair]
    ) -> tuple[Artifact, int]:
        """Columns: tail, name, id, artifact_location, created, updated, status, lifecycle_stage, model_type,
        status_message. Metrics: name, last, whether that is NaN, least, greatest, dataset and its digest, whether it is
        the last of its name.
        """
        tail, name, id_, location, created, updated, status, stage, model_type, message = row
        place = f"model {id_}"
        bag = self._bag(place)
        bag.text("lifecycle_stage", _unless(stage, "active"))
        bag.text("model_type", model_type)
        bag.text("status_message", message)
        for param, value in params:
            bag.text(text_of(param) or "", value, prefix="param_", numbers=True)
        on_datasets: dict[str, dict[str, JsonValue]] = {}
        for metric, last, is_nan, low, high, dataset, digest, newest in metrics:
            if newest:
                self._metric(bag, (metric, last, is_nan, low, high))
            if dataset:
                known = on_datasets.setdefault(f"{dataset}/{digest or ''}", {})
                known[str(metric)] = float("nan") if is_nan else cast("float | None", last)
        if on_datasets:
            bag.struct("metrics_on_datasets", Struct.of({name: {**values} for name, values in on_datasets.items()}))
        self._tags(bag, tags)
        state = ArtifactState.DELETED if stage == "deleted" else _MODEL_STATES.get(str(status), ArtifactState.UNKNOWN)
        return self._artifact("Model", tail, name, bag, state, location, created, updated), bag.weight

    def run_model(self, row: Sequence[object]) -> tuple[Artifact, int]:
        """Columns: tail, name, run, path, time, uuid, mlflow_version, python, flavors, artifact_uri of the run."""
        tail, name, run, path, time, uuid, mlflow_version, python, flavors, artifacts = row
        bag = self._bag(f"run {run} {path}")
        bag.text("artifact_path", path)
        bag.text("model_uuid", uuid)
        bag.text("mlflow_version", mlflow_version)
        bag.text("python", python)
        bag.json("flavors", flavors)
        base = text_of(artifacts)
        uri = f"{base.rstrip('/')}/{path}" if base else f"runs:/{run}/{path}"
        return self._artifact("Model", tail, name, bag, ArtifactState.LIVE, uri, time, None), bag.weight

    def version(
        self, row: Sequence[object], tags: Iterable[Pair], aliases: Iterable[Pair], *, prompt: bool
    ) -> tuple[Artifact, int]:
        """Columns: tail, name, model, version, created, updated, description, user_id, stage, source, status,
        status_message, run_link, workspace, run_id.
        """
        tail, name, model, number, *rest = row
        created, updated, description, user, stage, source, status, message, link, workspace, run = rest
        bag = self._bag(f"version {model} {number}")
        for property_name, value in (
            *(("description", description), ("user", user), ("status_message", message)),
            *(("workspace", _unless(workspace, "default")), ("run_id", run)),
        ):
            bag.text(property_name, value)
        bag.uri("run_link", link)
        if stage not in (None, "", "None", _GONE):
            bag.text("stage", stage)
        names = sorted(str(alias) for alias, version in aliases if str(version) == str(number))
        if names:
            bag.struct("aliases", Struct.of([*names]))
        self._tags(bag, tags)
        state = _VERSION_STATES.get(status, ArtifactState.UNKNOWN)
        gone = stage == _GONE
        artifact = self._artifact(
            *("Prompt" if prompt else "ModelVersion", tail, name, bag, ArtifactState.DELETED if gone else state),
            *(None if prompt else source, created, updated),
            family=text_of(model),
            version=text_of(number),
        )
        return artifact, bag.weight

    def _artifact(
        self,
        type_name: str,
        tail: object,
        name: object,
        bag: Bag,
        state: ArtifactState,
        uri: object,
        created: object,
        updated: object,
        *,
        family: str | None = None,
        version: str | None = None,
    ) -> Artifact:
        place = str(tail)
        return Artifact(
            type=type_name,
            name=text_of(name),
            key=self.key("Artifact", tail),
            source=self.source,
            state=state,
            uri=uri_of(uri, place, self.report),
            family=family,
            version=version,
            created_at=time_of(created, place, self.report),
            updated_at=time_of(updated, place, self.report),
            custom_properties=bag.values,
        )

    def _context(
        self, type_name: str, tail: object, name: object, bag: Bag, created: object, updated: object
    ) -> tuple[Context, int]:
        place = str(tail)
        context = Context(
            type=type_name,
            name=text_of(name),
            key=self.key("Context", tail),
            source=self.source,
            created_at=time_of(created, place, self.report),
            updated_at=time_of(updated, place, self.report),
            custom_properties=bag.values,
        )
        return context, bag.weight

    def _metric(self, bag: Bag, row: Pair) -> None:
        metric, last, is_nan, low, high = row
        name = text_of(metric) or ""
        bag.number(name, float("nan") if is_nan else _double(last), prefix="metric_")
        bag.number(name, _double(low), prefix="min_")
        bag.number(name, _double(high), prefix="max_")

    def _tags(self, bag: Bag, tags: Iterable[Pair]) -> None:
        for tag, value in tags:
            name = text_of(tag) or ""
            if name in _SAID:
                continue
            if name == _DIRTY:
                bag.number("git_dirty", str(value).lower() == "true")
            elif name == "mlflow.source.git.repoURL":
                bag.uri("git_repository", value)
            elif name in _TAGS:
                bag.text(_TAGS[name], value)
            else:
                bag.text(name, value, prefix="tag_")


def _unless(value: object, usual: str) -> object:
    """The value, unless it is what stands there when nobody said anything."""
    return None if value == usual else value


def _double(value: object) -> float | None:
    if isinstance(value, bool | int | float):
        try:
            return float(value)
        except OverflowError:
            return None
    return None


def _place_in(source: str | None) -> str | None:
    """Where a dataset lies, as far as its source says."""
    try:
        found: object = json.loads(source or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    known = cast("Mapping[str, object]", found)
    for name in ("uri", "url", "path", "delta_table_name", "table_name"):
        value = known.get(name)
        if isinstance(value, str) and value:
            return value
    return None
