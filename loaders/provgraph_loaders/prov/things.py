"""What a document speaks of: entities, activities, agents and bundles, and the statements that tie them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from prov.constants import (
    PROV_ACTIVITY,
    PROV_AGENT,
    PROV_ALTERNATE,
    PROV_ASSOCIATION,
    PROV_ATTR_ACTIVITY,
    PROV_ATTR_AGENT,
    PROV_ATTR_ALTERNATE1,
    PROV_ATTR_ALTERNATE2,
    PROV_ATTR_COLLECTION,
    PROV_ATTR_DELEGATE,
    PROV_ATTR_ENDER,
    PROV_ATTR_ENTITY,
    PROV_ATTR_GENERAL_ENTITY,
    PROV_ATTR_GENERATED_ENTITY,
    PROV_ATTR_INFLUENCEE,
    PROV_ATTR_INFLUENCER,
    PROV_ATTR_INFORMANT,
    PROV_ATTR_INFORMED,
    PROV_ATTR_PLAN,
    PROV_ATTR_RESPONSIBLE,
    PROV_ATTR_SPECIFIC_ENTITY,
    PROV_ATTR_STARTER,
    PROV_ATTR_TRIGGER,
    PROV_ATTR_USED_ENTITY,
    PROV_ATTRIBUTION,
    PROV_COMMUNICATION,
    PROV_DELEGATION,
    PROV_DERIVATION,
    PROV_END,
    PROV_ENTITY,
    PROV_GENERATION,
    PROV_INFLUENCE,
    PROV_INVALIDATION,
    PROV_MEMBERSHIP,
    PROV_MENTION,
    PROV_N_MAP,
    PROV_SPECIALIZATION,
    PROV_START,
    PROV_USAGE,
)
from prov.identifier import QualifiedName
from prov.model import ProvBundle, ProvDocument, ProvRecord

from provgraph.loading import LoadReport, NoteKind

__all__ = ["Bundle", "Kind", "Said", "Statement", "Thing", "Things"]


class Kind(Enum):
    """The three kinds of thing in PROV."""

    ENTITY = "Entity"
    ACTIVITY = "Activity"
    AGENT = "Agent"


# In which bundle (None: in none) which record stands.
Said: TypeAlias = tuple[QualifiedName | None, ProvRecord]

_MANY: Final = 1_000  # statements that one thing holds before others are asked to
_KINDS: Final[Mapping[QualifiedName, Kind]] = {
    PROV_ENTITY: Kind.ENTITY,
    PROV_ACTIVITY: Kind.ACTIVITY,
    PROV_AGENT: Kind.AGENT,
}
# The ends of each relation, the one that is spoken of first, and of which kind they are; None: any.
_ENDS: Final[Mapping[QualifiedName, tuple[tuple[QualifiedName, Kind | None], ...]]] = {
    PROV_USAGE: ((PROV_ATTR_ACTIVITY, Kind.ACTIVITY), (PROV_ATTR_ENTITY, Kind.ENTITY)),
    PROV_GENERATION: ((PROV_ATTR_ENTITY, Kind.ENTITY), (PROV_ATTR_ACTIVITY, Kind.ACTIVITY)),
    PROV_COMMUNICATION: ((PROV_ATTR_INFORMED, Kind.ACTIVITY), (PROV_ATTR_INFORMANT, Kind.ACTIVITY)),
    PROV_START: (
        (PROV_ATTR_ACTIVITY, Kind.ACTIVITY),
        (PROV_ATTR_TRIGGER, Kind.ENTITY),
        (PROV_ATTR_STARTER, Kind.ACTIVITY),
    ),
    PROV_END: (
        (PROV_ATTR_ACTIVITY, Kind.ACTIVITY),
        (PROV_ATTR_TRIGGER, Kind.ENTITY),
        (PROV_ATTR_ENDER, Kind.ACTIVITY),
    ),
    PROV_INVALIDATION: ((PROV_ATTR_ENTITY, Kind.ENTITY), (PROV_ATTR_ACTIVITY, Kind.ACTIVITY)),
    PROV_DERIVATION: (
        (PROV_ATTR_GENERATED_ENTITY, Kind.ENTITY),
        (PROV_ATTR_USED_ENTITY, Kind.ENTITY),
        (PROV_ATTR_ACTIVITY, Kind.ACTIVITY),
    ),
    PROV_ATTRIBUTION: ((PROV_ATTR_ENTITY, Kind.ENTITY), (PROV_ATTR_AGENT, Kind.AGENT)),
    PROV_ASSOCIATION: (
        (PROV_ATTR_ACTIVITY, Kind.ACTIVITY),
        (PROV_ATTR_AGENT, Kind.AGENT),
        (PROV_ATTR_PLAN, Kind.ENTITY),
    ),
    PROV_DELEGATION: (
        (PROV_ATTR_DELEGATE, Kind.AGENT),
        (PROV_ATTR_RESPONSIBLE, Kind.AGENT),
        (PROV_ATTR_ACTIVITY, Kind.ACTIVITY),
    ),
    PROV_INFLUENCE: ((PROV_ATTR_INFLUENCEE, None), (PROV_ATTR_INFLUENCER, None)),
    PROV_SPECIALIZATION: ((PROV_ATTR_SPECIFIC_ENTITY, Kind.ENTITY), (PROV_ATTR_GENERAL_ENTITY, Kind.ENTITY)),
    PROV_ALTERNATE: ((PROV_ATTR_ALTERNATE1, Kind.ENTITY), (PROV_ATTR_ALTERNATE2, Kind.ENTITY)),
    PROV_MENTION: ((PROV_ATTR_SPECIFIC_ENTITY, Kind.ENTITY), (PROV_ATTR_GENERAL_ENTITY, Kind.ENTITY)),
    # a collection may have many members, and a member is in few collections
    PROV_MEMBERSHIP: ((PROV_ATTR_ENTITY, Kind.ENTITY), (PROV_ATTR_COLLECTION, Kind.ENTITY)),
}


@dataclass(slots=True, eq=False)
class Thing:
    """An entity, an activity or an agent.

    Attributes:
        name: of which `uri` is the IRI that makes it what it is.
        declared: the records that describe it.
        held: the statements that are kept with it: most that are made of it.
        bundles: those that speak of it, by IRI.
    """

    kind: Kind
    name: QualifiedName
    declared: list[Said] = field(default_factory=list[Said])
    held: list[Said] = field(default_factory=list[Said])
    bundles: dict[str, QualifiedName] = field(default_factory=dict[str, QualifiedName])

    @property
    def said(self) -> Iterator[Said]:
        """All that is kept with it."""
        yield from self.declared
        yield from self.held


@dataclass(slots=True)
class Bundle:
    """A named bundle, and the statements in it that name no thing."""

    name: QualifiedName
    held: list[Said] = field(default_factory=list[Said])


@dataclass(frozen=True, slots=True)
class Statement:
    """A relation between things.

    Attributes:
        word: what PROV-N calls it: `used`.
        ends: the things it names, by the attribute.
    """

    word: str
    record: ProvRecord
    ends: Mapping[QualifiedName, Thing]


class Things:
    """All that a document speaks of, in its order."""

    def __init__(self, document: ProvDocument, report: LoadReport) -> None:
        self.document = document
        self.things: dict[tuple[Kind, str], Thing] = {}
        self.bundles: dict[str, Bundle] = {}
        self.statements: list[Statement] = []
        self.held: list[Said] = []  # in no bundle, and naming no thing
        self._report = report
        containers: list[tuple[QualifiedName | None, ProvBundle]] = [(None, document)]
        for bundle in document.bundles:
            if bundle.identifier is not None:
                self.bundles[bundle.identifier.uri] = Bundle(bundle.identifier)
                containers.append((bundle.identifier, bundle))
                report.read["Bundle"] += 1
        records = [(scope, record) for scope, container in containers for record in container.get_records()]
        for said in records:
            if said[1].is_element():
                self._add_element(said)
        relations = [said for said in records if said[1].is_relation()]
        # ends of any kind last: by then it is known what else is said of them
        for said in sorted(relations, key=lambda said: said[1].get_type() == PROV_INFLUENCE):
            self._add_relation(said)
        named = [thing for thing in self.things.values() if not thing.declared]
        for thing in named:
            reason = "are named and not described: they are nodes all the same"
            report.note(NoteKind.GUESSED, "things", reason, str(thing.name))

    def _add_element(self, said: Said) -> None:
        scope, record = said
        kind = _KINDS[record.get_type()]
        if record.identifier is not None:
            self._thing(kind, record.identifier, scope).declared.append(said)
            self._report.read[kind.value] += 1

    def _add_relation(self, said: Said) -> None:
        scope, record = said
        word = PROV_N_MAP[record.get_type()]
        self._report.read[word] += 1
        values = dict(record.formal_attributes)
        ends: dict[QualifiedName, Thing] = {}
        for attribute, kind in _ENDS[record.get_type()]:
            name = values.get(attribute)
            if isinstance(name, QualifiedName):
                ends[attribute] = self._thing(kind or self._kind_of(name), name, scope)
        if len(ends) < 2:
            reason = "name less than two things: kept, but no link"
            self._report.note(NoteKind.LEFT_ALONE, "statements", reason, str(record.identifier or word))
        self._holder(scope, list(ends.values())).append(said)
        self.statements.append(Statement(word, record, ends))

    def _thing(self, kind: Kind, name: QualifiedName, scope: QualifiedName | None) -> Thing:
        thing = self.things.setdefault((kind, name.uri), Thing(kind, name))
        if scope is not None:
            thing.bundles[scope.uri] = scope
        return thing

    def _kind_of(self, name: QualifiedName) -> Kind:
        return next((kind for kind in Kind if (kind, name.uri) in self.things), Kind.ENTITY)

    def _holder(self, scope: QualifiedName | None, ends: list[Thing]) -> list[Said]:
        if not ends:
            return self.held if scope is None else self.bundles[scope.uri].held
        if len(ends[0].held) < _MANY:
            return ends[0].held
        return min(ends, key=lambda thing: len(thing.held)).held
