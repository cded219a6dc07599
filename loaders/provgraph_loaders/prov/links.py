"""From statements to links: those that a trace walks, those of membership, and relations for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from prov.constants import (
    PROV_ATTR_ACTIVITY,
    PROV_ATTR_AGENT,
    PROV_ATTR_COLLECTION,
    PROV_ATTR_ENDER,
    PROV_ATTR_ENTITY,
    PROV_ATTR_GENERATED_ENTITY,
    PROV_ATTR_PLAN,
    PROV_ATTR_STARTER,
    PROV_ATTR_TIME,
    PROV_ATTR_TRIGGER,
    PROV_ATTR_USED_ENTITY,
    PROV_ROLE,
)
from prov.model import ProvRecord

from provgraph.interop.prov_told import own_terms
from provgraph.loading import LoadReport, NoteKind
from provgraph.model import (
    Association,
    Attribution,
    Certainty,
    Derivation,
    Event,
    EventType,
    JsonValue,
    NodeKind,
    Relation,
    Struct,
)
from provgraph_loaders.prov.things import Kind, Statement, Thing, Things
from provgraph_loaders.prov.values import milliseconds, plain

__all__ = ["Links", "Moment"]

_NODE_KINDS: Final[Mapping[Kind, NodeKind]] = {
    Kind.ENTITY: NodeKind.ARTIFACT,
    Kind.ACTIVITY: NodeKind.EXECUTION,
    Kind.AGENT: NodeKind.CONTEXT,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """That something happened, and when: epoch milliseconds, None where not known."""

    time: int | None


class Links:
    """The links of a document, and what its statements say of when things began and ended.

    Attributes:
        generated, started, ended: epoch milliseconds by key, the earliest (of the end: the latest) that is told.
        invalidated: by key.
        associations: by the key of the execution.
    """

    def __init__(
        self,
        things: Things,
        key: Callable[[Thing], str],
        bundle_key: Callable[[str], str],
        store: str,
        report: LoadReport,
    ) -> None:
        self._key, self._store, self._report = key, store, report
        self.generated: dict[str, int] = {}
        self.started: dict[str, int] = {}
        self.ended: dict[str, int] = {}
        self.invalidated: dict[str, Moment] = {}
        self.attributions: list[Attribution] = []
        self.derivations: list[Derivation] = []
        self.relations: list[Relation] = []
        self.associations: dict[str, list[Association]] = {}
        self._events: dict[str, list[Event]] = {}
        self._entailed: dict[str, list[Event]] = {}
        self._related: dict[tuple[str, Thing, Thing], list[tuple[ProvRecord, int | None]]] = {}
        for thing in things.things.values():
            for iri in thing.bundles:
                self._in_context(thing, bundle_key(iri))
        for statement in things.statements:
            self._add(statement)
        self.relations = [self._relation(*related, said) for related, said in self._related.items()]

    def events(self, execution: str) -> list[Event]:
        """The events of an execution: what is said of it, then what follows from derivations."""
        return [*self._events.get(execution, ()), *self._entailed.get(execution, ())]

    def _add(self, statement: Statement) -> None:
        ends, word = statement.ends, statement.word
        time = milliseconds(dict(statement.record.formal_attributes).get(PROV_ATTR_TIME), self._report)
        entity, activity, agent = (ends.get(at) for at in (PROV_ATTR_ENTITY, PROV_ATTR_ACTIVITY, PROV_ATTR_AGENT))
        if word in ("used", "wasGeneratedBy"):
            if word == "wasGeneratedBy" and entity and time is not None:
                self.generated[self._key(entity)] = min(time, self.generated.get(self._key(entity), time))
            if entity and activity:
                kind = EventType.INPUT if word == "used" else EventType.OUTPUT
                self._events.setdefault(self._key(activity), []).append(
                    self._event(statement.record, entity, activity, kind, time)
                )
        elif word == "wasAttributedTo" and entity and agent:
            self._in_context(entity, self._key(agent))
        elif word == "wasAssociatedWith":
            if activity and agent:
                self._in_context(activity, self._key(agent))
            self._relate("hadPlan", statement, activity, (ends.get(PROV_ATTR_PLAN),), time)
        elif word == "wasDerivedFrom":
            self._derive(activity, ends.get(PROV_ATTR_GENERATED_ENTITY), ends.get(PROV_ATTR_USED_ENTITY))
        elif word in ("wasStartedBy", "wasEndedBy"):
            if activity and time is not None:
                key, times = self._key(activity), self.started if word == "wasStartedBy" else self.ended
                times[key] = (min if word == "wasStartedBy" else max)(time, times.get(key, time))
            others = (ends.get(at) for at in (PROV_ATTR_TRIGGER, PROV_ATTR_STARTER, PROV_ATTR_ENDER))
            self._relate(word, statement, activity, others, time)
        elif word == "wasInvalidatedBy":
            if entity:
                self._invalidate(entity, time)
            self._relate(word, statement, entity, (activity,), time)
        elif word == "hadMember":
            self._relate(word, statement, ends.get(PROV_ATTR_COLLECTION), (entity,), time)
        else:
            first, second = [*ends.values(), None, None][:2]
            self._relate(word, statement, first, (second,), time)

    def _event(self, record: ProvRecord, entity: Thing, activity: Thing, kind: EventType, time: int | None) -> Event:
        own = own_terms(record)
        certainty = next((c for c in Certainty if c.value == own.get("certainty")), Certainty.DECLARED)
        roles = sorted(str(plain(value)) for name, value in record.extra_attributes if name == PROV_ROLE)
        return Event(
            artifact=self._key(entity),
            execution=self._key(activity),
            type=kind,
            time=time,
            path=tuple(roles[:1]),
            # what a recorder saw elsewhere is here what a document says
            certainty=Certainty.DECLARED if certainty is Certainty.OBSERVED else certainty,
            recorded_by=self._store,
            possible=own.get("possible") is True,
        )

    def _derive(self, activity: Thing | None, made: Thing | None, used: Thing | None) -> None:
        if activity is not None:
            # by the rules of PROV a derivation through an activity says that it used the one and generated the other
            events = self._entailed.setdefault(self._key(activity), [])
            for entity, kind in ((used, EventType.INPUT), (made, EventType.OUTPUT)):
                if entity is not None:
                    events.append(
                        Event(
                            artifact=self._key(entity),
                            execution=self._key(activity),
                            type=kind,
                            certainty=Certainty.DECLARED,
                            recorded_by=self._store,
                        )
                    )
        elif made is used:
            if made is not None:
                reason = "say that a thing comes from itself: kept, but no link"
                self._report.note(NoteKind.LEFT_ALONE, "derivations", reason, str(made.name))
        elif made and used:
            self.derivations.append(
                Derivation(origin=self._key(used), derived=self._key(made), recorded_by=self._store)
            )

    def _in_context(self, thing: Thing, context: str) -> None:
        key = self._key(thing)
        if thing.kind is Kind.ENTITY:
            self.attributions.append(Attribution(key, context, self._store))
        elif thing.kind is Kind.ACTIVITY:
            self.associations.setdefault(key, []).append(Association(key, context, self._store))

    def _invalidate(self, entity: Thing, time: int | None) -> None:
        before = self.invalidated.get(self._key(entity))
        times = [moment for moment in (time, before.time if before else None) if moment is not None]
        self.invalidated[self._key(entity)] = Moment(min(times, default=None))

    def _relate(
        self, name: str, statement: Statement, start: Thing | None, ends: Iterable[Thing | None], time: int | None
    ) -> None:
        for end in ends:
            if start is not None and end is not None:
                self._related.setdefault((name, start, end), []).append((statement.record, time))

    def _relation(self, name: str, start: Thing, end: Thing, said: list[tuple[ProvRecord, int | None]]) -> Relation:
        details = [found for record, _ in said if (found := _details(record))]
        times = [time for _, time in said if time is not None]
        return Relation(
            start_kind=_NODE_KINDS[start.kind],
            start=self._key(start),
            end_kind=_NODE_KINDS[end.kind],
            end=self._key(end),
            name=name,
            details=Struct.of(details[0] if len(details) == 1 else [*details]) if details else None,
            time=min(times, default=None),
            recorded_by=self._store,
        )


def _details(record: ProvRecord) -> dict[str, JsonValue]:
    """What a statement says beyond its two ends, for people to read."""
    found: dict[str, list[JsonValue]] = {}
    for name, value in record.attributes:
        found.setdefault(str(name), []).append(plain(value))
    details: dict[str, JsonValue] = {
        name: values[0] if len(values) == 1 else [*values] for name, values in found.items()
    }
    if record.identifier is not None:
        details["id"] = str(record.identifier)
    return details
