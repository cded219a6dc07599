"""One event of any kind, checked, with what is kept of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import JsonValue
from provgraph_loaders.openlineage.facets import DATASET, INPUT, JOB, OUTPUT, RUN, FacetReader, Facets, Json
from provgraph_loaders.openlineage.flows import Stated, column_flow, dataset_flow, entry_flows, is_deleted
from provgraph_loaders.openlineage.names import LONGEST_VERSION, Named, escaped, named
from provgraph_loaders.openlineage.times import has_zone, milliseconds

__all__ = ["DROP", "RENAME", "EventKind", "EventReader", "SeenDataset", "SeenEvent", "is_event"]

EventKind: TypeAlias = Literal["run", "job", "dataset"]

DROP: Final = "DROP"
RENAME: Final = "RENAME"
_RANKS: Final = {"START": 0, "RUNNING": 1, "OTHER": 1, "COMPLETE": 2, "FAIL": 2, "ABORT": 2}
_RUN_SPECIAL: Final = frozenset(("parent", "parentRun", "executionParameters", "environmentVariables", "lineage"))
_JOB_SPECIAL: Final = frozenset(("lineage",))
_POSSIBLE: Final = "provgraph_input"  # by which our own export says that an input is only a possible one
_INPUT_SPECIAL: Final = frozenset((_POSSIBLE,))
_EVENT_FIELDS: Final = frozenset(
    ("eventTime", "eventType", "producer", "schemaURL", "run", "job", "inputs", "outputs", "dataset")
)
_DATASET_FIELDS: Final = frozenset(("namespace", "name", "facets", "inputFacets", "outputFacets"))
_LONGEST_ID: Final = 500  # bytes
_UUID: Final = re.compile(r"[0-9a-fA-F-]{36}")


@dataclass(slots=True)
class SeenDataset:
    """A dataset as an event names it.

    Attributes:
        version: "" if the event names none.
        read: how a run read it: what stays with the run.
        possible: our own export says that a run may have read it, and no more.
        lifecycle: `DROP`, `RENAME`, `CREATE` …; "" if the event says nothing of it.
        previous: what it was called before it was renamed.
    """

    named: Named
    version: str = ""
    facets: Facets = field(default_factory=dict[str, "Json | None"])
    read: Json = field(default_factory=dict[str, JsonValue])
    possible: bool = False
    lifecycle: str = ""
    previous: Named | None = None
    symlinks: list[Named] = field(default_factory=list[Named])


@dataclass(slots=True)
class SeenEvent:
    """What is kept of an event. `id` is that of the run, or what the job or the dataset is called.

    Attributes:
        stated: which datasets flow into which, as facets say.
        taken_back: who says no more, by `_deleted`, what flows into a dataset (None: into any).
    """

    kind: EventKind
    id: str
    time: int
    type: str
    rank: int
    place: str
    job: Named | None = None
    run_facets: Facets = field(default_factory=dict[str, "Json | None"])
    job_facets: Facets = field(default_factory=dict[str, "Json | None"])
    parents: list[tuple[str, Named | None]] = field(default_factory=list[tuple[str, "Named | None"]])
    inputs: list[SeenDataset] = field(default_factory=list[SeenDataset])
    outputs: list[SeenDataset] = field(default_factory=list[SeenDataset])
    stated: Stated = field(default_factory=dict[str, dict[str, list[str]]])
    taken_back: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, "str | None"]])
    mentioned: list[Named] = field(default_factory=list[Named])


def is_event(value: Json) -> bool:
    """Whether a JSON object is meant to be an event at all."""
    return "eventTime" in value and any(isinstance(value.get(name), dict) for name in ("run", "job", "dataset"))


class EventReader:
    """Reads events, and tells the report what it leaves out."""

    def __init__(self, report: LoadReport) -> None:
        self._report = report
        self._facets = FacetReader(report)

    def read(self, value: Json, place: str) -> SeenEvent | None:
        """The event; None if it cannot be used, which the report says."""
        time = self._time(value, place)
        if time is None:
            return None
        for name in value.keys() - _EVENT_FIELDS:
            self._facets.unknown("fields of events", name, place)
        run, job, dataset = (_mapping(value, name) for name in ("run", "job", "dataset"))
        if run is not None:
            return self._run_event(value, run, job, time, place)
        if job is not None:
            return self._job_event(value, job, time, place)
        return self._dataset_event(dataset or {}, time, place)

    # -- kinds ------------------------------------------------------------------------------------------------

    def _run_event(self, value: Json, run: Json, job: Json | None, time: int, place: str) -> SeenEvent | None:
        run_id = _run_id(run)
        if run_id is None:
            self._report.note(NoteKind.DROPPED, "events", "name no run (run.runId)", place)
            return None
        kind = self._type(value, place)
        seen = SeenEvent("run", run_id, time, kind, _RANKS.get(kind, 1), place)
        seen.job = self._job(job, seen) if job is not None else None
        if seen.job is None:
            self._report.note(NoteKind.GUESSED, "events", "name no job: their runs stand without one", place)
        for name in run.keys() - {"runId", "facets"}:
            self._facets.unknown("fields of runs", name, place)
        facets = _mapping(run, "facets") or {}
        seen.run_facets = self._facets.read(facets, RUN, "run", place, _RUN_SPECIAL)
        self._run_special(facets, seen)
        producer = value.get("producer")
        if isinstance(producer, str) and producer:
            seen.run_facets[""] = {"producer": self._facets.clean.text(producer, place)}
        self._lists(value, seen)
        return seen

    def _job_event(self, value: Json, job: Json, time: int, place: str) -> SeenEvent | None:
        seen = SeenEvent("job", "", time, "", 1, place)
        seen.job = self._job(job, seen)
        if seen.job is None:
            self._report.note(NoteKind.DROPPED, "events", "name no job (job.namespace, job.name)", place)
            return None
        seen.id = seen.job.text
        self._lists(value, seen)
        return seen

    def _dataset_event(self, dataset: Json, time: int, place: str) -> SeenEvent | None:
        seen = SeenEvent("dataset", "", time, "", 1, place)
        seen.outputs = self._datasets([dataset], "outputFacets", seen)
        if not seen.outputs:
            return None
        seen.id = seen.outputs[0].named.text
        return seen

    # -- parts ------------------------------------------------------------------------------------------------

    def _time(self, value: Json, place: str) -> int | None:
        text = value.get("eventTime")
        time = milliseconds(text) if isinstance(text, str) else None
        if time is None:
            self._report.note(NoteKind.DROPPED, "events", "have no readable eventTime", place)
        elif isinstance(text, str) and not has_zone(text):
            self._report.note(NoteKind.GUESSED, "times", "name no time zone: taken as UTC", place)
        return time

    def _type(self, value: Json, place: str) -> str:
        kind = value.get("eventType")
        if kind is None:
            return "OTHER"
        text = kind.upper() if isinstance(kind, str) else ""
        if text not in _RANKS:
            self._facets.unknown("event types", str(kind), place)
            return "OTHER"
        return text

    def _job(self, job: Json, seen: SeenEvent) -> Named | None:
        found = self._named(job, seen)
        if found is None:
            return None
        for name in job.keys() - {"namespace", "name", "facets"}:
            self._facets.unknown("fields of jobs", name, seen.place)
        facets = _mapping(job, "facets") or {}
        seen.job_facets = self._facets.read(facets, JOB, "job", seen.place, _JOB_SPECIAL)
        self._entries(facets.get("lineage"), "job", seen)
        return found

    def _run_special(self, facets: Json, seen: SeenEvent) -> None:
        if "executionParameters" in facets:
            facet = facets["executionParameters"]
            seen.run_facets["executionParameters"] = self._facets.parameters(facet, seen.place)
        if "environmentVariables" in facets:
            reason = "are not kept, as they may hold secrets"
            self._report.note(NoteKind.LEFT_ALONE, "environment variables", reason, seen.place)
        targets = self._entries(facets.get("lineage"), "run", seen)
        seen.outputs = [SeenDataset(target) for target in dict.fromkeys(targets)]
        parent = facets.get("parent", facets.get("parentRun"))
        if not isinstance(parent, dict):
            return
        for group in (parent, _mapping(parent, "root")):
            run = _mapping(group, "run") if group else None
            run_id = _run_id(run) if run else None
            if group is None or run_id is None:
                continue
            if run_id == seen.id:
                if group is parent:
                    reason = "name the run itself: left out"
                    self._report.note(NoteKind.DROPPED, "parents of runs", reason, seen.place)
                continue
            job = _mapping(group, "job")
            seen.parents.append((run_id, self._named(job, seen) if job else None))

    def _entries(self, facet: JsonValue, who: str, seen: SeenEvent) -> list[Named]:
        if facet is None:
            return []
        if is_deleted(facet):
            seen.taken_back.append((who, None))
            return []
        flows, targets = entry_flows(facet)
        if not flows:
            self._report.note(NoteKind.LEFT_ALONE, "lineage facets", "say nothing of datasets", seen.place)
        for target, sources in flows.items():
            self._state(who, target, sources, seen)
        seen.mentioned += targets
        return targets

    def _state(self, who: str, target: str, sources: list[Named], seen: SeenEvent) -> None:
        names = [source.text for source in sources]
        seen.stated.setdefault(who, {})[target] = list(dict.fromkeys(names))
        seen.mentioned += sources

    def _lists(self, value: Json, seen: SeenEvent) -> None:
        for name in ("inputs", "outputs"):
            items = value.get(name)
            if items is None:
                continue
            if not isinstance(items, list):
                self._report.note(NoteKind.DROPPED, name, "are no list", seen.place)
            elif name == "inputs":
                seen.inputs = self._datasets(items, "inputFacets", seen)
            else:
                listed = self._datasets(items, "outputFacets", seen)
                names = {output.named.text for output in listed}
                seen.outputs = listed + [output for output in seen.outputs if output.named.text not in names]

    def _datasets(self, items: list[JsonValue], key: str, seen: SeenEvent) -> list[SeenDataset]:
        found: list[SeenDataset] = []
        for item in items:
            dataset = self._dataset(item, key, seen) if isinstance(item, dict) else None
            if dataset is None:
                self._report.note(NoteKind.DROPPED, "datasets", "have no namespace or no name", seen.place)
            else:
                found.append(dataset)
        return found

    def _dataset(self, item: Json, key: str, seen: SeenEvent) -> SeenDataset | None:
        name = self._named(item, seen)
        if name is None:
            return None
        place = seen.place
        for unknown in item.keys() - _DATASET_FIELDS:
            self._facets.unknown("fields of datasets", unknown, place)
        facets = _mapping(item, "facets") or {}
        found = SeenDataset(name, facets=self._facets.read(facets, DATASET, "dataset", place, frozenset()))
        own = _mapping(item, key)
        if own:
            known, of = (INPUT, "input") if key == "inputFacets" else (OUTPUT, "output")
            kept = self._facets.read(own, known, of, place, _INPUT_SPECIAL if known is INPUT else frozenset())
            found.possible = known is INPUT and (_mapping(own, _POSSIBLE) or {}).get("possible") is True
            if known is INPUT:
                for facet in ("inputStatistics", "subset"):
                    found.read |= kept.pop(facet, None) or {}
            found.facets.update(kept)
        version = (found.facets.get("version") or {}).get("dataset_version")
        if isinstance(version, str | int | float):
            found.version = escaped(str(version), LONGEST_VERSION)
        self._lifecycle(found, facets)
        links = _mapping(facets, "symlinks") or {}
        identifiers = links.get("identifiers")
        for other in identifiers if isinstance(identifiers, list) else ():
            link = self._named(other, seen) if isinstance(other, dict) else None
            if link is not None and link.text != name.text:
                found.symlinks.append(link)
        if key == "outputFacets":
            lineage, columns = facets.get("lineage"), facets.get("columnLineage")
            for who, said, sources in (
                ("dataset", lineage, dataset_flow(lineage)),
                ("column", columns, column_flow(columns)),
            ):
                if is_deleted(said):
                    seen.taken_back.append((who, name.text))
                if sources is not None:
                    self._state(who, name.text, sources, seen)
        return found

    def _lifecycle(self, found: SeenDataset, facets: Json) -> None:
        facet = _mapping(facets, "lifecycleStateChange") or {}
        change = facet.get("lifecycleStateChange")
        if not isinstance(change, str) or facet.get("_deleted") is True:
            return
        found.lifecycle = change.upper()
        previous = _mapping(facet, "previousIdentifier")
        if found.lifecycle == RENAME and previous is not None:
            namespace, name = previous.get("namespace"), previous.get("name")
            if isinstance(namespace, str) and isinstance(name, str) and name:
                found.previous = named(namespace, name)

    def _named(self, item: Json, seen: SeenEvent) -> Named | None:
        namespace, name = item.get("namespace"), item.get("name")
        if not isinstance(namespace, str) or not isinstance(name, str) or not name:
            return None
        found = named(namespace, name)
        if found.shortened:
            reason = "are too long for a key: cut, with a hash of all of them"
            self._report.note(NoteKind.GUESSED, "names", reason, seen.place)
        return found


def _mapping(value: Json | None, name: str) -> Json | None:
    found = value.get(name) if value is not None else None
    return found if isinstance(found, dict) else None


def _run_id(run: Json) -> str | None:
    found = run.get("runId")
    if not isinstance(found, str) or not found:
        return None
    return found.lower() if _UUID.fullmatch(found) else escaped(found, _LONGEST_ID)
