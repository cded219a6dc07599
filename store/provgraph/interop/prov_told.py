"""What statements of PROV documents tell of links, as the loader reads them. Needs the package `prov`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from prov.constants import (
    PROV_ACTIVITY,
    PROV_ASSOCIATION,
    PROV_ATTR_ACTIVITY,
    PROV_ATTR_AGENT,
    PROV_ATTR_ENDER,
    PROV_ATTR_ENTITY,
    PROV_ATTR_GENERATED_ENTITY,
    PROV_ATTR_INFLUENCEE,
    PROV_ATTR_INFLUENCER,
    PROV_ATTR_INFORMANT,
    PROV_ATTR_INFORMED,
    PROV_ATTR_STARTER,
    PROV_ATTR_USED_ENTITY,
    PROV_ATTRIBUTION,
    PROV_DERIVATION,
    PROV_ENTITY,
    PROV_GENERATION,
    PROV_USAGE,
)
from prov.identifier import Identifier, QualifiedName
from prov.model import ProvRecord

from provgraph.interop.prov_names import TERMS

__all__ = ["IN_BUNDLE", "Link", "iri_of", "links_of", "own_terms"]

# The kind of a link, or the relation of a membership, and the IRIs of its two ends in the direction of the link.
Link: TypeAlias = tuple[str, str, str]

# That a bundle speaks of an entity, or of an activity.
IN_BUNDLE: Final = {PROV_ENTITY: "entity in bundle", PROV_ACTIVITY: "activity in bundle"}

_ACTIVITIES: Final = frozenset(
    (PROV_ATTR_ACTIVITY, PROV_ATTR_STARTER, PROV_ATTR_ENDER, PROV_ATTR_INFORMED, PROV_ATTR_INFORMANT)
)
_ANY: Final = frozenset((PROV_ATTR_INFLUENCEE, PROV_ATTR_INFLUENCER))


def links_of(record: ProvRecord, scope: QualifiedName | None) -> Iterator[Link]:
    """The links and memberships that a statement in a bundle (None: in none) makes."""
    ends = {attribute: value.uri for attribute, value in record.formal_attributes if isinstance(value, Identifier)}
    kind = record.get_type()
    entity, activity, agent = (ends.get(at) for at in (PROV_ATTR_ENTITY, PROV_ATTR_ACTIVITY, PROV_ATTR_AGENT))
    if kind in (PROV_USAGE, PROV_GENERATION) and entity and activity:
        way = "POSSIBLE_" if own_terms(record).get("possible") is True else ""
        yield (f"{way}INPUT", entity, activity) if kind == PROV_USAGE else (f"{way}OUTPUT", activity, entity)
    elif kind == PROV_DERIVATION:
        yield from _derived(ends.get(PROV_ATTR_USED_ENTITY), ends.get(PROV_ATTR_GENERATED_ENTITY), activity)
    elif kind == PROV_ATTRIBUTION and entity and agent:
        yield "wasAttributedTo", entity, agent
    elif kind == PROV_ASSOCIATION and activity and agent:
        yield "wasAssociatedWith", activity, agent
    if scope is not None:
        yield from ((word, iri, scope.uri) for word, iri in _spoken_of(record, ends))


def iri_of(name: object) -> str:
    """The IRI of a name; "" of what is none."""
    return name.uri if isinstance(name, Identifier) else ""


def own_terms(record: ProvRecord) -> dict[str, object]:
    """What a statement says in the terms by which provgraph writes its links: `possible`, `certainty` …"""
    return {name.localpart: value for name, value in record.extra_attributes if name.namespace.uri == TERMS[1]}


def _derived(used: str | None, made: str | None, activity: str | None) -> Iterator[Link]:
    if activity is None:
        if used and made:
            yield "DERIVATION", used, made
        return
    if used:
        yield "INPUT", used, activity
    if made:
        yield "OUTPUT", activity, made


def _spoken_of(record: ProvRecord, ends: dict[QualifiedName, str]) -> Iterator[tuple[str, str]]:
    if record.is_element():
        if record.identifier is not None and record.get_type() in IN_BUNDLE:
            yield IN_BUNDLE[record.get_type()], record.identifier.uri
        return
    for attribute, iri in ends.items():
        if attribute in _ACTIVITIES or attribute in _ANY:
            yield IN_BUNDLE[PROV_ACTIVITY], iri
        if attribute not in _ACTIVITIES:
            yield IN_BUNDLE[PROV_ENTITY], iri
