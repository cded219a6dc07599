"""A prepared copy as batches of records: in one pass, what belongs to a node read beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, TypeAlias, TypeVar

from provgraph.chunks import weighed_chunks
from provgraph.loading import LoadReport
from provgraph.model import (
    Artifact,
    Association,
    Attribution,
    Certainty,
    Context,
    Equality,
    Event,
    EventType,
    Execution,
    ParentContext,
    Records,
)
from provgraph.recording.redaction import redact_uri
from provgraph_loaders.batch import HEAVY, Batch, Step, batched
from provgraph_loaders.mlflow.nodes import Makers, Pair
from provgraph_loaders.mlflow.values import text_of, time_of

__all__ = ["TOTAL", "StoreReader"]

T = TypeVar("T")

_NAMED: Final = "coalesce(o.name, '') <> ''"
_NAMELESS: Final = "coalesce(o.name, '') = ''"
_EQUAL: Final = "EXISTS"
_OF_RUNS: Final = "NOT EXISTS"

TOTAL: Final = """
SELECT (SELECT count(*) FROM experiments) + (SELECT count(*) FROM runs) + (SELECT count(*) FROM registered_models)
     + (SELECT count(DISTINCT tail) FROM provgraph_dataset) + (SELECT count(*) FROM logged_models)
     + (SELECT count(*) FROM provgraph_run_model) + (SELECT count(*) FROM model_versions)
"""
_EXPERIMENTS: Final = """
SELECT o.rowid, n.tail, n.name, o.experiment_id, o.artifact_location, o.lifecycle_stage, o.creation_time,
    o.last_update_time, o.workspace
FROM experiments AS o JOIN provgraph_name AS n ON n.tail = 'experiment/' || segment(o.experiment_id)
WHERE {which} ORDER BY o.rowid
"""
_REGISTERED: Final = """
SELECT o.rowid, n.tail, n.name, o.creation_time, o.last_updated_time, o.description, o.workspace
FROM registered_models AS o JOIN provgraph_name AS n ON n.tail = registered_tail(o.workspace, o.name)
ORDER BY o.rowid
"""
_DATASETS: Final = """
SELECT p.tail, n.name, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema, d.dataset_profile,
    d.dataset_uuid, 'experiment/' || segment(e.experiment_id), e.experiment_id IS NULL
FROM provgraph_dataset AS p JOIN datasets AS d ON d.dataset_uuid = p.uuid JOIN provgraph_name AS n ON n.tail = p.tail
LEFT JOIN experiments AS e ON e.experiment_id = d.experiment_id ORDER BY p.tail, d.dataset_uuid
"""
_MODELS: Final = """
SELECT o.rowid, 'experiment/' || segment(e.experiment_id), e.experiment_id IS NULL, n.tail, n.name, o.model_id,
    o.artifact_location, o.creation_timestamp_ms, o.last_updated_timestamp_ms, o.status, o.lifecycle_stage,
    o.model_type, o.status_message
FROM logged_models AS o JOIN provgraph_name AS n ON n.tail = 'model/' || segment(o.model_id)
LEFT JOIN experiments AS e ON e.experiment_id = o.experiment_id ORDER BY o.rowid
"""
_RUN_MODELS: Final = """
SELECT 'experiment/' || segment(e.experiment_id), e.experiment_id IS NULL, o.tail, n.name, o.run, o.path, o.time,
    o.uuid, o.mlflow_version, o.python, o.flavors, r.artifact_uri
FROM provgraph_run_model AS o JOIN provgraph_name AS n ON n.tail = o.tail JOIN runs AS r ON r.run_uuid = o.run
LEFT JOIN experiments AS e ON e.experiment_id = r.experiment_id ORDER BY o.rowid
"""
_VERSIONS: Final = """
SELECT o.rowid, registered_tail(o.workspace, o.name), EXISTS (
    SELECT 1 FROM registered_model_tags AS t WHERE t.name = o.name AND t.key = 'mlflow.prompt.is_prompt'
    AND lower(t.value) = 'true' AND coalesce(t.workspace, '') = coalesce(o.workspace, '')
), n.tail, n.name, o.name, o.version, o.creation_time, o.last_updated_time, o.description,
    o.user_id, o.current_stage, o.source, o.status, o.status_message, o.run_link, o.workspace, o.run_id
FROM model_versions AS o JOIN provgraph_name AS n ON n.tail = version_tail(o.workspace, o.name, o.version)
WHERE {which} (SELECT 1 FROM provgraph_same AS s WHERE s.version = n.tail) ORDER BY o.rowid
"""
_RUNS: Final = """
SELECT o.rowid, n.tail, 'experiment/' || segment(e.experiment_id), e.experiment_id IS NULL,
    segment(o.run_uuid), n.name, o.run_uuid, o.source_type, o.source_name, o.entry_point_name, o.user_id, o.status,
    o.start_time, o.end_time, o.source_version, o.lifecycle_stage, o.artifact_uri
FROM runs AS o JOIN provgraph_name AS n ON n.tail = 'run/' || segment(o.run_uuid)
LEFT JOIN experiments AS e ON e.experiment_id = o.experiment_id ORDER BY o.rowid
"""
_PARENTS: Final = "SELECT segment(child), segment(parent) FROM provgraph_parent ORDER BY child"

# What stands beside: its owner's rowid first, in the order of the owners. CROSS JOIN keeps SQLite to that order.
_TAGS: Final = """
SELECT o.rowid, t.key, t.value FROM runs AS o CROSS JOIN tags AS t ON t.run_uuid = o.run_uuid ORDER BY o.rowid
"""
_PARAMS: Final = """
SELECT o.rowid, t.key, t.value FROM runs AS o CROSS JOIN params AS t ON t.run_uuid = o.run_uuid ORDER BY o.rowid
"""
_METRICS: Final = """
SELECT o.rowid, t.key, t.last, t.last_is_nan, t.low, t.high FROM runs AS o
CROSS JOIN provgraph_metric AS t ON t.run_uuid = o.run_uuid ORDER BY o.rowid
"""
_EVENTS: Final = """
SELECT o.rowid, t.tail, t.type, t.time, t.step, t.model FROM runs AS o
CROSS JOIN provgraph_event AS t ON t.run = o.run_uuid ORDER BY o.rowid, t.turn
"""
_EXPERIMENT_TAGS: Final = """
SELECT o.rowid, t.key, t.value FROM experiments AS o
CROSS JOIN experiment_tags AS t ON t.experiment_id = o.experiment_id WHERE {which} ORDER BY o.rowid
"""
_MODEL_TAGS: Final = """
SELECT o.rowid, t.tag_key, t.tag_value FROM logged_models AS o
CROSS JOIN logged_model_tags AS t ON t.model_id = o.model_id ORDER BY o.rowid
"""
_MODEL_PARAMS: Final = """
SELECT o.rowid, t.param_key, t.param_value FROM logged_models AS o
CROSS JOIN logged_model_params AS t ON t.model_id = o.model_id ORDER BY o.rowid
"""
_MODEL_METRICS: Final = """
SELECT o.rowid, t.key, t.last, t.last_is_nan, t.low, t.high, t.dataset_name, t.dataset_digest, t.overall = 1
FROM logged_models AS o CROSS JOIN provgraph_model_metric AS t ON t.model_id = o.model_id
WHERE t.turn = 1 OR t.overall = 1 ORDER BY o.rowid
"""
_REGISTERED_TAGS: Final = """
SELECT o.rowid, t.key, t.value FROM registered_models AS o CROSS JOIN registered_model_tags AS t ON t.name = o.name
AND coalesce(t.workspace, '') = coalesce(o.workspace, '') ORDER BY o.rowid
"""
_ALIASES: Final = """
SELECT o.rowid, t.alias, t.version FROM registered_models AS o CROSS JOIN registered_model_aliases AS t
ON t.name = o.name AND coalesce(t.workspace, '') = coalesce(o.workspace, '') ORDER BY o.rowid
"""
_VERSION_TAGS: Final = """
SELECT o.rowid, t.key, t.value FROM model_versions AS o CROSS JOIN model_version_tags AS t ON t.name = o.name
AND t.version = o.version AND coalesce(t.workspace, '') = coalesce(o.workspace, '') ORDER BY o.rowid
"""
_VERSION_ALIASES: Final = """
SELECT o.rowid, t.alias, t.version FROM model_versions AS o CROSS JOIN registered_model_aliases AS t
ON t.name = o.name AND coalesce(t.workspace, '') = coalesce(o.workspace, '') AND t.version = o.version
ORDER BY o.rowid
"""


_Placed: TypeAlias = "tuple[Artifact, list[str]]"  # an artifact and the keys of its contexts
_Make: TypeAlias = Callable[[list[T]], Records]


class _Beside:
    """Rows of another table, each behind the number of its owner, in the order in which the owners are read."""

    def __init__(self, copy: sqlite3.Connection, statement: str) -> None:
        self._rows = copy.execute(statement)
        self._next: tuple[Any, ...] | None = self._rows.fetchone()

    def of(self, owner: int) -> Iterator[Pair]:
        """The rows of this owner, to be read before those of the next."""
        while self._next is not None and self._next[0] < owner:  # of one that was left out
            self._next = self._rows.fetchone()
        while self._next is not None and self._next[0] == owner:
            row = self._next
            self._next = self._rows.fetchone()
            yield row[1:]


class StoreReader:
    """Reads the copy of a store, which was lifted, cleaned and prepared."""

    def __init__(self, copy: sqlite3.Connection, source: str, batch_size: int, report: LoadReport) -> None:
        self._copy, self._source, self._report = copy, source, report
        self._size = batch_size
        self._make = Makers(source, report)

    def contexts(self) -> Iterator[Records]:
        """Experiments and registered models."""
        yield from self._in_batches(self._experiments(_NAMED), lambda found: Records(contexts=found))
        # of these the folder alone is left: an earlier load may have known their place, times and tags
        known_less = self._experiments(_NAMELESS)
        yield from self._in_batches(known_less, lambda found: Records(contexts=found, adds=True))
        yield from self._in_batches(self._registered_models(), lambda found: Records(contexts=found))

    def _experiments(self, which: str) -> Iterator[tuple[Context, int]]:
        tags = _Beside(self._copy, _EXPERIMENT_TAGS.format(which=which))
        for owner, *row in self._copy.execute(_EXPERIMENTS.format(which=which)):
            self._report.read["Experiment"] += 1
            yield self._make.experiment(row, tags.of(owner))

    def _registered_models(self) -> Iterator[tuple[Context, int]]:
        tags, aliases = _Beside(self._copy, _REGISTERED_TAGS), _Beside(self._copy, _ALIASES)
        for owner, *row in self._copy.execute(_REGISTERED):
            self._report.read["RegisteredModel"] += 1
            yield self._make.registered_model(row, tags.of(owner), aliases.of(owner))

    def _in_batches(self, nodes: Iterable[tuple[T, int]], make: _Make[T]) -> Iterator[Records]:
        for chunk in weighed_chunks(nodes, self._size, itemgetter(1), HEAVY):
            yield make([node for node, _ in chunk])

    def artifacts(self) -> Iterator[Records]:
        """Datasets, models that stand in the history of a run, and versions that runs put out, with their contexts."""
        yield from self._in_batches(self._datasets(), self._placed)
        yield from self._in_batches(self._run_models(), self._placed)
        yield from self._in_batches(self._versions(_OF_RUNS), self._placed)

    def equal_versions(self) -> Iterator[Records]:
        """Versions that are the same as a model or another version: these come first, and stand for them in counts."""
        yield from self._in_batches(self._versions(_EQUAL), self._placed)

    def links(self) -> Iterator[Records]:
        """What versions are the same as, and which run stands inside which: links between nodes of any batch."""
        inside = ((self._run_key(child), self._run_key(parent)) for child, parent in self._copy.execute(_PARENTS))
        nested = ((ParentContext(child, parent, self._source), 0) for child, parent in inside)
        yield from self._in_batches(self._equalities(), lambda found: Records(equalities=found))
        yield from self._in_batches(nested, lambda found: Records(parents=found))

    def _equalities(self) -> Iterator[tuple[Equality, int]]:
        statement = "SELECT version, tail, rule, evidence FROM provgraph_same ORDER BY version"
        for version, other, rule, evidence in self._copy.execute(statement):
            equality = Equality(
                first=self._make.key("Artifact", version),
                second=self._make.key("Artifact", other),
                rule=str(rule),
                evidence=redact_uri(str(evidence)),
                certainty=Certainty.DECLARED,
                recorded_by=self._source,
            )
            yield equality, 0

    def _placed(self, found: list[_Placed]) -> Records:
        links = [Attribution(artifact.key, context, self._source) for artifact, keys in found for context in keys]
        return Records(artifacts=[artifact for artifact, _ in found], attributions=links)

    def _datasets(self) -> Iterator[tuple[_Placed, int]]:
        for _, group in groupby(self._copy.execute(_DATASETS), key=lambda row: row[0]):
            rows = list(group)
            self._report.read["Dataset"] += 1
            # in a folder the id is the name of a folder, here with that of its experiment before it
            ids = sorted({str(row[8]).rpartition("/")[2] for row in rows})
            artifact, weight = self._make.dataset(rows[0][:8], ids)
            experiments = dict.fromkeys(str(row[9]) for row in rows if not row[10])
            yield (artifact, [self._make.key("Context", tail) for tail in experiments]), weight

    def _run_models(self) -> Iterator[tuple[_Placed, int]]:
        for experiment, gone, *row in self._copy.execute(_RUN_MODELS):
            self._report.read["Model"] += 1
            artifact, weight = self._make.run_model(row)
            yield (artifact, [] if gone else [self._make.key("Context", experiment)]), weight

    def _logged_models(self) -> Iterator[Step]:
        """Each logged model, by its row."""
        tags, params = _Beside(self._copy, _MODEL_TAGS), _Beside(self._copy, _MODEL_PARAMS)
        metrics = _Beside(self._copy, _MODEL_METRICS)
        for owner, experiment, gone, *row in self._copy.execute(_MODELS):
            self._report.read["Model"] += 1
            artifact, weight = self._make.model(row, tags.of(owner), params.of(owner), metrics.of(owner))
            context = None if gone else self._make.key("Context", experiment)
            yield Step(owner, 0, partial(self._add_model, artifact=artifact, context=context), weight)

    def _add_model(self, batch: Batch, artifact: Artifact, context: str | None) -> None:
        batch.artifacts.append(artifact)
        if context is not None:
            batch.attributions.append(Attribution(artifact.key, context, self._source))

    def _versions(self, which: str) -> Iterator[tuple[_Placed, int]]:
        tags, aliases = _Beside(self._copy, _VERSION_TAGS), _Beside(self._copy, _VERSION_ALIASES)
        for owner, registered, prompt, *row in self._copy.execute(_VERSIONS.format(which=which)):
            self._report.read["ModelVersion"] += 1
            artifact, weight = self._make.version(row, tags.of(owner), aliases.of(owner), prompt=bool(prompt))
            yield (artifact, [self._make.key("Context", registered)]), weight

    def executions(self) -> Iterator[Records]:
        """Runs, each with all that it took in and put out, and the contexts that it belongs to.

        Logged models come in the batch of the first run that names them, or one that comes later.
        """
        for batch in batched(self._size, self._logged_models(), self._runs()):
            yield batch.records()

    def _runs(self) -> Iterator[Step]:
        """Each run, behind the last model that it or a run before it names."""
        tags, params = _Beside(self._copy, _TAGS), _Beside(self._copy, _PARAMS)
        metrics, events = _Beside(self._copy, _METRICS), _Beside(self._copy, _EVENTS)
        last = 0
        for owner, context, experiment, gone, *row in self._copy.execute(_RUNS):
            self._report.read["Run"] += 1
            execution, weight = self._make.run(row, tags.of(owner), params.of(owner), metrics.of(owner))
            own = list(events.of(owner))
            last = max((last, *(event[-1] for event in own if isinstance(event[-1], int))))
            inside = self._make.run_context((context, *row[1:3], row[8]))
            around = None if gone else self._make.key("Context", experiment)
            told = [self._event(execution.key, event, f"run {row[2]}") for event in own]
            add = partial(self._add_run, execution=execution, inside=inside, around=around, events=told)
            yield Step(last, 1, add, weight)

    def _add_run(
        self, batch: Batch, execution: Execution, inside: Context, around: str | None, events: Sequence[Event]
    ) -> None:
        batch.executions.append(execution)
        batch.contexts.append(inside)
        batch.events += events
        batch.associations.append(Association(execution.key, inside.key, self._source))
        if around is not None:
            batch.associations.append(Association(execution.key, around, self._source))
            batch.parents.append(ParentContext(inside.key, around, self._source))

    def _event(self, execution: str, row: Pair, place: str) -> Event:
        tail, kind, time, step, _ = row
        self._report.read["Event"] += 1
        name = text_of(step)
        return Event(
            artifact=self._make.key("Artifact", tail),
            execution=execution,
            type=EventType(kind),
            time=time_of(time, place, self._report),
            path=(name,) if name else (),
            certainty=Certainty.DECLARED,
            recorded_by=self._source,
        )

    def _run_key(self, run: object) -> str:
        return self._make.key("Context", f"run/{run}")
