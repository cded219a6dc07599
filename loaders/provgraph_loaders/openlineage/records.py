"""What was put together, as records: types, contexts, artifacts, executions with their events, then other links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, cast

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import (
    Artifact,
    ArtifactState,
    ArtifactType,
    Association,
    BaseType,
    Certainty,
    Context,
    ContextType,
    Derivation,
    Equality,
    Event,
    EventType,
    Execution,
    ExecutionState,
    ExecutionType,
    NodeKind,
    ParentContext,
    Records,
    Relation,
    Value,
)
from provgraph_loaders.batch import MANY, Batch, Step, batched
from provgraph_loaders.openlineage.facets import Facets, Json, merge_facets, to_properties
from provgraph_loaders.openlineage.names import uri_of
from provgraph_loaders.openlineage.walk import DELETED, DROPPED, READ
from provgraph_loaders.openlineage.workspace import Workspace, unpacked

__all__ = ["RecordMaker"]

_DEEPEST: Final = 1_000  # of runs inside runs
_STATES: Final = {
    "START": ExecutionState.RUNNING,
    "RUNNING": ExecutionState.RUNNING,
    "COMPLETE": ExecutionState.COMPLETE,
    "FAIL": ExecutionState.FAILED,
    "ABORT": ExecutionState.CANCELED,
}
_DATASET, _MODEL, _RUN, _DEFINITION, _JOB, _GROUP = "Dataset", "Model", "Run", "JobDefinition", "Job", "Run"

_COUNTS: Final = """
SELECT (SELECT count(*) + coalesce(sum(links), 0) FROM outcome) + (SELECT count(*) FROM appears)
     + (SELECT count(*) FROM job) + (SELECT count(*) FROM grouping)
     + (SELECT count(*) FROM derivation) + (SELECT count(*) FROM equality)
"""
_JOBS: Final = """
SELECT j.text, j.namespace, j.name, m.facets, m.time FROM job AS j LEFT JOIN job_mention AS m ON m.job = j.text
ORDER BY j.text, m.time, m.facets
"""
_GROUPS: Final = "SELECT run, job FROM grouping ORDER BY run"
_PARENTS: Final = """
SELECT p.child, p.parent FROM parent AS p JOIN grouping AS g ON g.run = p.child ORDER BY p.child, p.parent
"""
_ARTIFACTS: Final = """
SELECT a.time, m.artifact, m.dataset, m.version, m.made, m.facets, d.namespace, d.name, m.time
FROM appears AS a CROSS JOIN mention AS m ON m.artifact = a.artifact JOIN dataset AS d ON d.text = m.dataset
ORDER BY a.time, a.artifact, m.time, m.facets
"""
_OUTCOMES: Final = """
SELECT time, kind, id, links, body, id IN (SELECT run FROM grouping) FROM outcome ORDER BY time, kind, id
"""
_DERIVATIONS: Final = "SELECT origin, derived, time FROM derivation ORDER BY origin, derived"
_EQUALITIES: Final = "SELECT first, second, rule, evidence, time FROM equality ORDER BY first, second"


class RecordMaker:
    """Makes the records of a workspace in which everything was put together."""

    def __init__(self, work: Workspace, source: str, batch_size: int, report: LoadReport) -> None:
        self._connection, self._source, self._size, self._report = work.connection, source, batch_size, report

    def count(self) -> int:
        """How many records the report will count."""
        [number] = self._connection.execute(_COUNTS).fetchone()
        return int(number)

    def all(self) -> Iterator[Records]:
        """All records, in batches."""
        yield self._types()
        for stage, batches in (
            ("contexts", self._contexts()),
            ("executions", self._flow()),
            ("derivations and equalities", self._links()),
        ):
            self._report.working_on(stage)
            yield from batches

    def _types(self) -> Records:
        source = self._source
        return Records(
            types=(
                ArtifactType(name=_DATASET, source=source, base_type=BaseType.DATASET),
                ArtifactType(name=_MODEL, source=source, base_type=BaseType.MODEL),
                ExecutionType(name=_RUN, source=source, description="one run of a job"),
                ExecutionType(name=_DEFINITION, source=source, description="what a job is declared to read and write"),
                ContextType(name=_JOB, source=source, description="a job"),
                ContextType(name=_GROUP, source=source, description="a run that other runs are part of"),
            ),
            adds=True,
        )

    # -- contexts ---------------------------------------------------------------------------------------------

    def _contexts(self) -> Iterator[Records]:
        batch: list[Context] = []
        for (text, namespace, name), rows in groupby(self._connection.execute(_JOBS), key=itemgetter(0, 1, 2)):
            facets: Facets = {}
            updated: int | None = None
            for row in rows:
                if row[3] is not None and merge_facets(facets, cast("Facets", unpacked(row[3]))):
                    updated = row[4]
            properties: dict[str, Value] = {"namespace": namespace, "job": name, **to_properties(facets)}
            batch.append(self._context(_JOB, f"job:{text}", text, None, properties, updated))
            if len(batch) >= self._size:
                yield self._context_batch(batch)
                batch = []
        parents: list[ParentContext] = []
        for run, job in self._connection.execute(_GROUPS):
            batch.append(self._context(_GROUP, f"run:{run}", _run_name(job, run), run, {}))
            if job:
                parents.append(self._parent(f"run:{run}", f"job:{job}"))
            if len(batch) >= self._size:
                yield self._context_batch(batch, parents)
                batch, parents = [], []
        yield self._context_batch(batch, parents)
        links = [self._parent(f"run:{child}", f"run:{parent}") for child, parent in self._run_parents()]
        for at in range(0, len(links), MANY):
            yield self._context_batch([], links[at : at + MANY])

    def _context(
        self,
        type_name: str,
        tail: str,
        name: str,
        external_id: str | None,
        properties: dict[str, Value],
        updated: int | None = None,
    ) -> Context:
        return Context(
            type=type_name,
            source=self._source,
            key=self._key(NodeKind.CONTEXT, tail),
            name=name,
            external_id=external_id,
            updated_at=updated,
            custom_properties=properties,
        )

    def _context_batch(self, contexts: list[Context], parents: list[ParentContext] | None = None) -> Records:
        self._report.read["Context"] += len(contexts)
        return Records(contexts=tuple(contexts), parents=tuple(parents or ()), adds=True)

    def _parent(self, child: str, parent: str) -> ParentContext:
        context = NodeKind.CONTEXT
        return ParentContext(self._key(context, child), self._key(context, parent), self._source)

    def _run_parents(self) -> Iterator[tuple[str, str]]:
        above: dict[str, list[str]] = {}
        for child, parent in self._connection.execute(_PARENTS):
            if _reaches(parent, child, above):
                reason = "would make runs parts of themselves"
                self._report.note(NoteKind.DROPPED, "parents of runs", reason, f"{child} in {parent}")
                continue
            above.setdefault(child, []).append(parent)
            yield child, parent

    # -- artifacts --------------------------------------------------------------------------------------------

    def _artifacts(self) -> Iterator[Step]:
        """Each artifact, when it is named first."""
        rows = self._connection.execute(_ARTIFACTS)
        for (time, key, dataset, version), alike in groupby(rows, key=itemgetter(0, 1, 2, 3)):
            told = list(alike)
            artifact = self._artifact(key, dataset, version, told)
            yield Step(time, 0, partial(_add_artifact, artifact=artifact), max(len(row[5]) for row in told))

    def _artifact(self, key: str, dataset: str, version: str, rows: Iterable[tuple[Any, ...]]) -> Artifact:
        facets: Facets = {}
        made: int | None = None
        updated: int | None = None
        namespace = name = ""
        for _, _, _, _, time, data, namespace_, name_, told in rows:
            namespace, name = namespace_, name_
            if merge_facets(facets, cast("Facets", unpacked(data))):
                updated = told
            if isinstance(time, int):
                made = time if made is None else min(made, time)
        deleted = (facets.pop(DELETED, None) or {}).get("deleted_at")
        properties: dict[str, Value] = {"namespace": namespace, "dataset": name, **to_properties(facets)}
        if isinstance(deleted, int):
            properties["deleted_at"] = deleted
        return Artifact(
            type=_MODEL if properties.get("dataset_type") == "MODEL" else _DATASET,
            source=self._source,
            key=self._key(NodeKind.ARTIFACT, key),
            name=key,
            uri=uri_of(namespace, name),
            state=ArtifactState.DELETED if isinstance(deleted, int) else ArtifactState.UNKNOWN,
            family=dataset,
            version=version or None,
            created_at=made,
            updated_at=updated,
            custom_properties=properties,
        )

    # -- executions -------------------------------------------------------------------------------------------

    def _flow(self) -> Iterator[Records]:
        """Executions by the time of their last event, each artifact in the batch of the first of them that names it."""
        for batch in batched(self._size, self._artifacts(), self._outcomes()):
            yield self._written(batch)

    def _written(self, batch: Batch) -> Records:
        for what, found in (
            ("Artifact", batch.artifacts),
            ("Execution", batch.executions),
            ("Event", batch.events),
            ("Relation", batch.relations),
        ):
            self._report.read[what] += len(found)
        return batch.records(adds=True)

    def _outcomes(self) -> Iterator[Step]:
        """Each execution, when its last event was."""
        for time, kind, id_, links, text, is_group in self._connection.execute(_OUTCOMES):
            add = partial(self._add_execution, kind=kind, id_=id_, text=text, is_group=bool(is_group))
            yield Step(time, 1, add, len(text), links)

    def _add_execution(self, batch: Batch, kind: str, id_: str, text: bytes, *, is_group: bool) -> None:
        body = unpacked(text)
        execution = self._execution(kind, id_, body)
        batch.executions.append(execution)
        groups = [f"job:{job}" for job in cast("list[str]", body["jobs"])]
        groups += [f"run:{run}" for run in cast("list[str]", body["parents"])]
        if is_group and kind == "run":
            groups.append(f"run:{id_}")
        batch.associations += [
            Association(execution.key, self._key(NodeKind.CONTEXT, group), self._source) for group in groups
        ]
        for what, artifact, time in cast("list[tuple[str, str, int]]", body["links"]):
            if what in {DROPPED, READ}:
                batch.relations.append(self._relation(what, execution.key, artifact, time))
            else:
                batch.events.append(self._event(kind, what, execution.key, artifact, time))

    def _execution(self, kind: str, id_: str, body: Json) -> Execution:
        jobs = cast("list[str]", body["jobs"])
        job = jobs[-1] if jobs else ""
        is_run = kind == "run"
        return Execution(
            type=_RUN if is_run else _DEFINITION,
            source=self._source,
            key=self._key(NodeKind.EXECUTION, id_ if is_run else f"job:{id_}"),
            name=_run_name(job, id_) if is_run else job,
            external_id=id_ if is_run else None,
            state=_STATES.get(str(body["state"]), ExecutionState.UNKNOWN),
            started_at=cast("int | None", body["started"]),
            ended_at=cast("int | None", body["ended"]),
            updated_at=cast("int", body["last"]),
            custom_properties=_with_commit(to_properties(cast("Facets", body["facets"]))),
        )

    def _event(self, kind: str, what: str, execution: str, artifact: str, time: int) -> Event:
        if what == "out":
            event_type = EventType.OUTPUT if kind == "run" else EventType.DECLARED_OUTPUT
        else:
            event_type = EventType.INPUT if kind == "run" else EventType.DECLARED_INPUT
        return Event(
            artifact=self._key(NodeKind.ARTIFACT, artifact),
            execution=execution,
            type=event_type,
            time=time,
            certainty=Certainty.INFERRED if what == "maybe" else Certainty.DECLARED,
            recorded_by=self._source,
            possible=what == "maybe",
        )

    def _relation(self, name: str, execution: str, artifact: str, time: int) -> Relation:
        return Relation(
            start_kind=NodeKind.EXECUTION,
            start=execution,
            end_kind=NodeKind.ARTIFACT,
            end=self._key(NodeKind.ARTIFACT, artifact),
            name=name,
            time=time,
            recorded_by=self._source,
        )

    # -- other links ------------------------------------------------------------------------------------------

    def _links(self) -> Iterator[Records]:
        cursor = self._connection.execute(_DERIVATIONS)
        while rows := cursor.fetchmany(MANY):
            self._report.read["Derivation"] += len(rows)
            derivations = [
                Derivation(
                    origin=self._key(NodeKind.ARTIFACT, origin),
                    derived=self._key(NodeKind.ARTIFACT, derived),
                    time=time,
                    recorded_by=self._source,
                )
                for origin, derived, time in rows
            ]
            yield Records(derivations=tuple(derivations), adds=True)
        cursor = self._connection.execute(_EQUALITIES)
        while rows := cursor.fetchmany(MANY):
            self._report.read["Equality"] += len(rows)
            equalities = [
                Equality(
                    first=self._key(NodeKind.ARTIFACT, first),
                    second=self._key(NodeKind.ARTIFACT, second),
                    rule=rule,
                    evidence=evidence,
                    time=time,
                    recorded_by=self._source,
                )
                for first, second, rule, evidence, time in rows
            ]
            yield Records(equalities=tuple(equalities), adds=True)

    def _key(self, kind: NodeKind, tail: str) -> str:
        return f"{self._source}/{kind.value}/{tail}"


def _add_artifact(batch: Batch, artifact: Artifact) -> None:
    batch.artifacts.append(artifact)


def _run_name(job: str, run: str) -> str:
    return f"{job}@{run}" if job else run


def _with_commit(properties: dict[str, Value]) -> dict[str, Value]:
    """The commit and branch also under the names that recorded executions have, where the code is in Git."""
    if str(properties.get("source_code_type", "")).lower() == "git":
        for own, common in (("source_code_version", "git_commit"), ("source_code_branch", "git_branch")):
            if own in properties:
                properties[common] = properties[own]
    return properties


def _reaches(start: str, goal: str, above: dict[str, list[str]]) -> bool:
    """Whether `goal` is `start` or one of its ancestors; too many of them are taken for it."""
    seen = {start}
    waiting = [start]
    while waiting:
        at = waiting.pop()
        if at == goal or len(seen) > _DEEPEST:
            return True
        fresh = [name for name in above.get(at, ()) if name not in seen]
        seen.update(fresh)
        waiting += fresh
    return False
