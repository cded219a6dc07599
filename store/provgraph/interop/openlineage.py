"""Lineages as OpenLineage events (spec 2-0-2): for each execution its start and its end, in the order of their times.

What an execution certainly took in is said to flow into all that it put out, by the `lineage` facet of the job; what is
only possible is listed as an input and not in that facet, and a facet of our own marks it: who reads that facet alone
takes such an input for one that went into nothing.
Facets of our own keep the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Final

from provgraph.interop.moments import iso_time, utc_moment
from provgraph.interop.openlineage_facets import (
    PRODUCER,
    Json,
    dataset_facets,
    derivation_facet,
    execution_facets,
    input_facets,
    job_facets,
    lifecycle_facet,
    lineage_facet,
    output_facets,
    possible_facet,
)
from provgraph.interop.openlineage_names import Dataset, Names, is_definition, is_theirs
from provgraph.model import Artifact, Execution, ExecutionState, JsonValue, Struct
from provgraph.tracing.roles import Roles

if TYPE_CHECKING:
    from provgraph.tracing.lineage import Edge, Lineage

__all__ = ["lineage_events", "openlineage_lines"]

_SCHEMA: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
_ENDS: Final[Mapping[ExecutionState, str]] = {
    ExecutionState.COMPLETE: "COMPLETE",
    ExecutionState.CACHED: "COMPLETE",
    ExecutionState.FAILED: "FAIL",
    ExecutionState.CANCELED: "ABORT",
}


def openlineage_lines(lineage: Lineage) -> str:
    """The events as JSON text, one a line: see `Lineage.to_openlineage`."""
    return "".join(json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n" for event in lineage_events(lineage))


def lineage_events(lineage: Lineage) -> list[Json]:
    """The events of a lineage, by time. Of one time, what made something comes before what used it."""
    found = sorted(_Events(lineage).all(), key=lambda made: made[:2])
    return [event for _, _, event in found]


class _Events:
    def __init__(self, lineage: Lineage) -> None:
        self._lineage, self._names = lineage, Names(lineage)
        roles = Roles.of(lineage.types)
        self._models = {artifact.ref for artifact in lineage.artifacts if roles.is_a(artifact, "model")}
        self._aliases = _aliases(lineage, self._names)
        # all that is known of an artifact stands where it is put out, else where it is mentioned first
        self._untold = {artifact.ref for artifact in lineage.artifacts}
        self._made = {edge.target for edge in lineage.edges if edge.kind == "OUTPUT"}
        self._mentioned: set[str] = set()
        self._number = 0
        self._producer = PRODUCER

    def all(self) -> Iterator[tuple[int, int, Json]]:
        """Each event with its time and its place among those of one time."""
        for execution in _in_order(self._lineage):
            first = execution.custom_properties.get("producer")
            self._producer = first if is_theirs(execution) and isinstance(first, str) else PRODUCER
            yield from self._of_execution(execution)
        self._producer = PRODUCER
        for artifact in self._lineage.artifacts:
            incoming = self._lineage.incoming.get(artifact.ref, ())
            derived = [edge for edge in incoming if edge.kind == "DERIVATION"]
            if derived:
                yield from self._derived(artifact, derived)
            if is_theirs(artifact):
                yield from self._changed(artifact)
        for artifact in self._lineage.artifacts:
            if artifact.ref not in self._mentioned:
                yield self._of_dataset(artifact.ref, self._time(artifact))

    def _placed(self, time: int, kind: str, event: Json) -> tuple[int, int, Json]:
        self._number += 1
        common: Json = {"eventTime": iso_time(time), "producer": self._producer, "schemaURL": f"{_SCHEMA}{kind}"}
        return time, self._number, common | event

    def _time(self, node: Artifact | Execution) -> int:
        times = map(_dated, (node.created_at, node.updated_at, node.recorded_at))
        return next((time for time in times if time is not None), self._lineage.certificate.walked_at)

    # -- executions -------------------------------------------------------------------------------------------

    def _of_execution(self, execution: Execution) -> Iterator[tuple[int, int, Json]]:
        ins = self._lineage.incoming.get(execution.ref, ())
        outs = self._lineage.outgoing.get(execution.ref, ())
        certain = _refs(edge.source for edge in ins if edge.kind == "INPUT")
        maybe = _refs(edge.source for edge in ins if edge.possible and edge.source not in certain)
        made = _refs(edge.target for edge in outs if edge.kind == "OUTPUT")
        name = self._names.job(execution)
        own: Json = {"namespace": name.namespace, "name": name.name}
        facets = job_facets(execution, self._names.job_context(execution))
        if made:
            facets["lineage"] = lineage_facet(self._datasets(certain), self._datasets(made))
        job: Json = {**own, "facets": facets} if facets else own
        flows: Json = {
            "inputs": [self._input(execution, ref, possible=ref in maybe) for ref in (*certain, *maybe)],
            "outputs": [self._output(ref) for ref in made],
        }
        if is_definition(execution):
            yield self._placed(self._time(execution), "JobEvent", {"job": job, **flows})
            return
        run: Json = {"runId": self._names.runs[execution.ref]}
        started, ended = _dated(execution.started_at), _dated(execution.ended_at)
        kind = _ENDS.get(execution.state)
        if kind is not None and started is not None:
            # what it took in is named from the start on: the version that was there then
            inputs: list[JsonValue] = [self._mention(ref, whole=False) for ref in (*certain, *maybe)]
            yield self._placed(
                started, "RunEvent", {"eventType": "START", "run": run, "job": own, "inputs": inputs, "outputs": []}
            )
        if kind is None:
            kind = "START" if execution.state in (ExecutionState.RUNNING, ExecutionState.NEW) else "OTHER"
            ended = started if kind == "START" else ended
        time = next((time for time in (ended, started) if time is not None), self._time(execution))
        facets = execution_facets(execution, self._names.parent(execution), [*ins, *outs], self._lineage)
        told: Json = {**run, "facets": facets} if facets else run
        yield self._placed(time, "RunEvent", {"eventType": kind, "run": told, "job": job, **flows})

    # -- datasets ---------------------------------------------------------------------------------------------

    def _datasets(self, refs: Iterable[str]) -> list[Dataset]:
        return [self._names.datasets[ref] for ref in refs]

    def _mention(self, ref: str, *, whole: bool) -> Json:
        self._mentioned.add(ref)
        whole = whole and ref in self._untold
        if whole:
            self._untold.discard(ref)
        dataset = self._names.datasets[ref]
        artifact = self._lineage.by_ref[ref]
        facets: Json = {}
        if isinstance(artifact, Artifact):
            aliases = self._aliases.get(ref, [])
            facets = dataset_facets(artifact, dataset, model=ref in self._models, aliases=aliases, whole=whole)
        plain: Json = {"namespace": dataset.namespace, "name": dataset.name}
        return {**plain, "facets": facets} if facets else plain

    def _input(self, execution: Execution, ref: str, *, possible: bool) -> Json:
        said = self._mention(ref, whole=ref not in self._made)
        artifact = self._lineage.by_ref[ref]
        facets = input_facets(execution, artifact) if isinstance(artifact, Artifact) else {}
        if possible:
            facets["provgraph_input"] = possible_facet()
        return {**said, "inputFacets": facets} if facets else said

    def _output(self, ref: str) -> Json:
        said = self._mention(ref, whole=True)
        artifact = self._lineage.by_ref[ref]
        facets = output_facets(artifact) if isinstance(artifact, Artifact) else {}
        return {**said, "outputFacets": facets} if facets else said

    def _of_dataset(self, ref: str, time: int, more: Json | None = None) -> tuple[int, int, Json]:
        said = self._mention(ref, whole=True)
        known = said.get("facets")
        if more:
            facets: Json = {**(known if isinstance(known, dict) else {}), **more}
            said["facets"] = facets
        return self._placed(time, "DatasetEvent", {"dataset": said})

    def _derived(self, artifact: Artifact, edges: Sequence[Edge]) -> Iterator[tuple[int, int, Json]]:
        """The facet names datasets, not versions: so each source tells its version at that moment, just before."""
        times = [time for edge in edges if (time := _dated(edge.time)) is not None]
        time = max(times, default=self._time(artifact))
        own = self._names.datasets[artifact.ref]
        for edge in edges:
            source = self._names.datasets[edge.source]
            same = (source.namespace, source.name) == (own.namespace, own.name)
            yield self._of_dataset(edge.source, time - same)
        sources = self._datasets(_refs(edge.source for edge in edges))
        yield self._of_dataset(artifact.ref, time, {"lineage": derivation_facet(sources)})

    def _changed(self, artifact: Artifact) -> Iterator[tuple[int, int, Json]]:
        """Events told that it was renamed or dropped: so do these."""
        custom = artifact.custom_properties
        dropped, previous = custom.get("deleted_at"), custom.get("previous_identifier")
        if custom.get("lifecycle_state") == "RENAME" and isinstance(previous, Struct):
            for edge in self._lineage.incoming.get(artifact.ref, ()):
                old = self._names.datasets.get(edge.source)
                time = _dated(edge.time)
                if edge.kind != "SAME_AS" or time is None or old is None:
                    continue
                if previous.data == {"namespace": old.namespace, "name": old.name}:
                    yield self._of_dataset(edge.source, time - 1)
                    yield self._of_dataset(artifact.ref, time, _lifecycle("RENAME", previous.data))
        if isinstance(dropped, int) and _dated(dropped) is not None:
            yield self._of_dataset(artifact.ref, dropped, _lifecycle("DROP"))


def _lifecycle(change: str, previous: JsonValue = None) -> Json:
    return {"lifecycleStateChange": lifecycle_facet(change, previous)}


def _dated(time: int | None) -> int | None:
    """A time that an event can bear: one that a calendar holds."""
    return time if time is not None and utc_moment(time) is not None else None


def _refs(refs: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(refs))


def _in_order(lineage: Lineage) -> list[Execution]:
    """The executions, those that made something before those that used it; by id where they go round in circles."""
    makers: dict[str, set[str]] = {}
    for edge in lineage.edges:
        if edge.kind == "OUTPUT":
            makers.setdefault(edge.target, set()).add(edge.source)
    before = {
        execution.ref: {
            maker
            for edge in lineage.incoming.get(execution.ref, ())
            for maker in makers.get(edge.source, ())
            if maker != execution.ref
        }
        for execution in sorted(lineage.executions, key=lambda e: e.id)
    }
    try:
        order = list(TopologicalSorter(before).static_order())
    except CycleError:
        order = list(before)
    return [node for ref in order if isinstance(node := lineage.by_ref[ref], Execution)]


def _aliases(lineage: Lineage, names: Names) -> dict[str, list[Dataset]]:
    """The other names of datasets, by artifact, where equalities say nothing else.

    A symlink makes two datasets one, with all their versions: so it is said only where each version that the lineage
    holds under both names is equal.
    """
    same = {(edge.source, edge.target) for edge in lineage.edges if edge.kind == "SAME_AS"}
    versions: dict[tuple[str, str], dict[str, str]] = {}
    for ref, dataset in names.datasets.items():
        versions.setdefault((dataset.namespace, dataset.name), {})[dataset.version] = ref
    found: dict[str, list[Dataset]] = {}
    for source, target in sorted(same):
        one, other = names.datasets[source], names.datasets[target]
        ours, theirs = versions[one.namespace, one.name], versions[other.namespace, other.name]
        if ours is theirs or one.version != other.version:
            continue
        if all((ours[version], theirs[version]) in same for version in ours.keys() & theirs.keys()):
            found.setdefault(source, []).append(other)
    return found
