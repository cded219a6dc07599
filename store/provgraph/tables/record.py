"""Recording a table of predictions: its file, its artifact, its metrics and the evaluation, once however often."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Final, cast

from provgraph.errors import ConflictError, InvalidValueError, LoadError, NotFoundError
from provgraph.model import (
    Artifact,
    ArtifactState,
    Certainty,
    Context,
    Event,
    EventType,
    Execution,
    ExecutionState,
    JsonValue,
    Node,
    NodeKind,
    Struct,
    Value,
)
from provgraph.recording.contexts import (
    ContextName,
    ContextsLike,
    context_key,
    context_names,
    parent_links,
    to_contexts,
    workflow_names,
)
from provgraph.recording.environment import Capture, circumstances
from provgraph.recording.execution import TimeLike, to_millis
from provgraph.recording.redaction import redact_properties
from provgraph.recording.settling import RECORDED_BY
from provgraph.recording.values import clean_text, to_properties
from provgraph.recording.warn import warn
from provgraph.store.core import StoreCore
from provgraph.store.cypher.find import EXECUTIONS_BY_KEYS, KEYS_BY_UNIQUE_NAME
from provgraph.store.execution import ExecutionUnit, put_execution
from provgraph.tables.area import FileArea, FileRef
from provgraph.tables.arrow import Table, pq
from provgraph.tables.columns import kind_of, values_of
from provgraph.tables.identity import Coded, code, identity_of
from provgraph.tables.metrics import metrics_of
from provgraph.tables.place import file_area
from provgraph.tables.predictions import PREDICTIONS, file_of, predictions
from provgraph.tables.roles import Roles, Task, assign_roles, task_of
from provgraph.tables.sources import distinct_sources, resolve_sources

__all__ = ["Evaluation", "RecordedTable", "record_table"]

_RACE_SECONDS: Final = 15.0  # for which a write is tried again that collides with others
_CHECKED_SOURCES: Final = 10_000
_ROW_GROUP: Final = 1 << 17
_LONGEST_NAME: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What an evaluation was of, and what else is to be said of it.

    Attributes:
        model, data: what was evaluated, and on what.
        roles: names of columns by role.
        name: of the predictions; by default those of model and data.
        task: None to see it from the labels.
        certainty: `DECLARED` for an evaluation that somebody else says took place; recorded_from: in which file.
        properties: of the execution, the predictions and the metrics.
    """

    model: Node
    data: Node | None = None
    roles: Mapping[str, str | Sequence[str] | None]
    name: str | None = None
    task: Task | None = None
    pipeline: str | None = None
    run: str | None = None
    contexts: ContextsLike | None = None
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])
    started_at: TimeLike | None = None
    ended_at: TimeLike | None = None
    capture: Capture = field(default_factory=Capture)
    certainty: Certainty = Certainty.OBSERVED
    recorded_from: str = ""
    properties: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class RecordedTable:
    """What became of a table.

    Attributes:
        artifact: as it stands in the store.
        metrics: of the predictions.
        new: whether anything was written.
    """

    artifact: Artifact
    metrics: Mapping[str, Value]
    new: bool


def record_table(
    core: StoreCore,
    make_table: Callable[[Callable[[str], None]], Table],
    what: Evaluation,
    tell: Callable[[str], None] = warn,
) -> RecordedTable:
    """Record a table of predictions.

    Args:
        core: an open store.
        make_table: makes the table of canonical columns, and says what is not as it was.
        what: the evaluation.
        tell: is told all that is not as it was, once it is recorded.

    Raises:
        RecordingError: the table cannot be one of predictions.
        InvalidValueError: model or data is no artifact.
        ConfigurationError: the store does not say where its files are.
        StoreError: the store cannot be reached or written.
    """
    for node in (what.model, what.data):
        if node is not None and not isinstance(node, Artifact):
            raise InvalidValueError(f"{node.ref} ({node.type} {node.label}) is no artifact: name a model or a dataset")
    area = file_area(core)
    notes: list[str] = []
    table, roles = assign_roles(make_table(notes.append), what.roles, notes.append)
    task = task_of(table, roles, what.task)
    coded = {name: code(table.column(name)) for name in table.column_names}
    data = None if what.data is None else what.data.key
    identity = identity_of(coded, table.num_rows, what.model.key, data, roles.columns)
    draft = _Draft(core, area, what, table, roles, task, coded, identity)
    recorded = draft.record(notes)
    for text in dict.fromkeys(notes):  # only now: a warning may be made an error, and the record is to be there by then
        tell(text)
    return recorded


@dataclass(slots=True)
class _Draft:
    """A table that is known, and is to stand in the store."""

    core: StoreCore
    area: FileArea
    what: Evaluation
    table: Table
    roles: Roles
    task: Task
    coded: Mapping[str, Coded]
    identity: str

    def record(self, notes: list[str]) -> RecordedTable:
        key = f"provgraph/{PREDICTIONS}/{self.identity}"
        workflow = workflow_names(self.what.pipeline, self.what.run)
        # in another run it is another evaluation, with the same outcome
        inside = "".join(f"/{name.path}" for name in workflow[-1:])
        execution_key = f"provgraph/Evaluate/{self.identity}{inside}"
        known = self._known(key)
        sound = known is not None and self._is_sound(known)
        unknown = self._check_sources(notes)
        metrics = metrics_of(self.table, self.roles, self.task)
        if known is not None and sound and self._is_complete(execution_key):
            return RecordedTable(known, metrics, new=False)
        artifact = self._predictions(key, unknown) if known is None else known if sound else self._mended(known)
        self._write(artifact, metrics, execution_key, workflow)
        return RecordedTable(self._stored(key), metrics, new=True)

    def _known(self, key: str) -> Artifact | None:
        """The artifact, if it is in the store."""
        try:
            return predictions(self.core, self._stored(key)).artifact
        except (NotFoundError, InvalidValueError):
            return None

    def _is_sound(self, artifact: Artifact) -> bool:
        try:
            with self.area.open(file_of(artifact)):
                return True
        except (NotFoundError, LoadError):
            return False

    def _mended(self, artifact: Artifact) -> Artifact:
        """The artifact with a file that is there again: another one, where another version of pyarrow writes it."""
        ref = self._put()
        kept = {**artifact.custom_properties, "size": ref.size}
        return replace(artifact, uri=self.area.uri_of(ref), digest=ref.digest, custom_properties=kept)

    def _stored(self, key: str) -> Artifact:
        found = self.core.reader.resolve(key, (NodeKind.ARTIFACT,))
        if not isinstance(found, Artifact) or found.key != key:
            raise NotFoundError(f"the store does not hold {key!r}")
        return found

    def _is_complete(self, key: str) -> bool:
        [[rows]] = self.core.store.read(EXECUTIONS_BY_KEYS, {"keys": [key]})
        return any(stored.get("state") == ExecutionState.COMPLETE.name for _, stored in rows)

    def _check_sources(self, notes: list[str]) -> int:
        """How many sources name nothing, of those that are looked at; a note says which."""
        sources: dict[str, None] = {}
        for name in self.roles.columns.get("source", ()):
            sources.update(dict.fromkeys(distinct_sources(values_of(self.table.column(name)).to_pylist())))
        looked_at = list(sources)[:_CHECKED_SOURCES]
        known = resolve_sources(self.core.reader, looked_at)
        unknown = [source for source in looked_at if source not in known]
        if unknown:
            notes.append(
                f"{len(unknown):,} of {len(looked_at):,} sources name no artifact of this store, or several (such as "
                f"{unknown[0]!r}): what stands upstream of their rows stays unknown"
            )
        return len(unknown)

    def _predictions(self, key: str, unknown: int) -> Artifact:
        ref = self._put()
        name = clean_text(self.what.name, "name") if self.what.name else self._default_name()
        version = self.identity[:12]
        columns: list[JsonValue] = [
            {
                "name": column,
                "kind": kind_of(self.table.column(column).type),
                "distinct": self.coded[column].count,
                "missing": self.coded[column].missing,
            }
            for column in self.table.column_names
        ]
        roles: dict[str, JsonValue] = {role: list(names) for role, names in self.roles.columns.items()}
        own: dict[str, Value] = {
            "rows": self.table.num_rows,
            "size": ref.size,
            "task": self.task,
            "roles": Struct.of(roles),
            "columns": Struct.of(columns),
        }
        if "source" in self.roles.columns:
            own["sources_unknown"] = unknown
        return Artifact(
            type=PREDICTIONS,
            key=key,
            name=f"{name}/{version}",
            family=name,
            version=version,
            uri=self.area.uri_of(ref),
            digest=ref.digest,
            state=ArtifactState.LIVE,
            created_at=self._times()[1],
            custom_properties={**_properties(self.what.properties), **own},
        )

    def _default_name(self) -> str:
        model, data = self.what.model, self.what.data
        name = model.label if data is None else f"{model.label} on {data.label}"
        return name[:_LONGEST_NAME]

    def _times(self) -> tuple[int, int]:
        now = int(time.time() * 1000)
        started, ended = to_millis(self.what.started_at), to_millis(self.what.ended_at)
        ended = ended if ended is not None else now
        return (started if started is not None else min(now, ended)), ended

    def _put(self) -> FileRef:
        meta = {b"provgraph": json.dumps({"format": 1, "roles": self.roles.columns}, sort_keys=True).encode()}
        with tempfile.TemporaryFile(prefix="provgraph-") as file:
            pq.write_table(
                self.table.replace_schema_metadata(meta), file, compression="zstd", row_group_size=_ROW_GROUP
            )
            file.seek(0)
            return self.area.put(cast("IO[bytes]", file))

    def _write(
        self, artifact: Artifact, measured: Mapping[str, Value], execution_key: str, workflow: Sequence[ContextName]
    ) -> None:
        what = self.what
        started, ended = self._times()
        metrics_key = f"provgraph/Metrics/{self.identity}"
        metrics = Artifact(
            type="Metrics",
            key=metrics_key,
            name=artifact.name,
            family=artifact.family,
            version=artifact.version,
            state=ArtifactState.LIVE,
            created_at=artifact.created_at,
            custom_properties={**_properties(what.properties), **measured},
        )
        execution = Execution(
            type="Evaluate",
            key=execution_key,
            name=f"{artifact.name}{''.join(f' in {name.path}' for name in workflow[-1:])}",
            state=ExecutionState.COMPLETE,
            started_at=started,
            ended_at=ended,
            custom_properties={
                **circumstances(what.capture),
                **_properties(what.parameters, "param_"),
                **_properties(what.properties),
            },
        )
        uses: list[tuple[str, EventType, str]] = [(what.model.key, EventType.INPUT, "model")]
        if what.data is not None:
            uses.append((what.data.key, EventType.INPUT, "data"))
        uses += [(artifact.key, EventType.OUTPUT, "predictions"), (metrics_key, EventType.OUTPUT, "metrics")]
        names = list(dict.fromkeys([*workflow, *context_names(what.contexts)]))
        unit = ExecutionUnit(
            execution=execution,
            artifacts=[replace(artifact, id=0, recorded_at=None), metrics],
            events=[
                Event(
                    artifact=key,
                    execution=execution_key,
                    type=type_,
                    time=started if type_.is_input else ended,
                    path=(role,),
                    certainty=what.certainty,
                    recorded_by=RECORDED_BY,
                )
                for key, type_, role in uses
            ],
            contexts=to_contexts(names),
            associated=[context_key(name) for name in names],
            attributed=[(key, context_key(name)) for key in (artifact.key, metrics_key) for name in workflow],
            parents=[(context_key(child), context_key(parent)) for child, parent in parent_links(names)],
            recorded_by=RECORDED_BY,
            recorded_from=what.recorded_from,
        )
        self._put_unit(unit)

    def _put_unit(self, unit: ExecutionUnit) -> None:
        """Write it, again where another writer made the same thing at the same moment."""
        give_up = time.monotonic() + _RACE_SECONDS
        while True:
            try:
                put_execution(self.core.store, self.core.ids, self.core.types, unit)
            except ConflictError:
                if time.monotonic() > give_up:
                    raise
                unit = _with_stored_contexts(self.core, unit)
                time.sleep(0.02)
            else:
                return


def _with_stored_contexts(core: StoreCore, unit: ExecutionUnit) -> ExecutionUnit:
    """The unit with its contexts under the keys under which their names stand in the store."""
    ours = {f"{context.type_key}\n{context.name}": context.key for context in unit.contexts}
    [[rows]] = core.store.read(KEYS_BY_UNIQUE_NAME[NodeKind.CONTEXT], {"names": sorted(ours)})
    other = {ours[unique]: str(key) for unique, key in rows}

    def key(own: str) -> str:
        return other.get(own, own)

    def moved(context: Context) -> Context:
        return replace(context, key=key(context.key))

    return replace(
        unit,
        contexts=[moved(context) for context in unit.contexts],
        associated=[key(own) for own in unit.associated],
        attributed=[(artifact, key(own)) for artifact, own in unit.attributed],
        parents=[(key(child), key(parent)) for child, parent in unit.parents],
    )


def _properties(properties: Mapping[str, object], prefix: str = "") -> dict[str, Value]:
    clean, hidden = redact_properties(properties)
    if hidden:
        warn(f"{', '.join(sorted(set(hidden)))}: looks like a secret, and was recorded as ***")
    return to_properties(clean, prefix)
