"""Types and names of the nodes that things become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from prov.constants import PROV, PROV_LOCATION, PROV_TYPE, XSD
from prov.identifier import Identifier, QualifiedName
from prov.model import ProvRecord

from provgraph.interop.prov_names import CUSTOM, PROPERTY, TERMS, TYPE, text_of
from provgraph.loading import LoadReport, NoteKind
from provgraph.model import Value
from provgraph_loaders.prov.things import Kind, Thing
from provgraph_loaders.prov.values import one_property

__all__ = ["Attributes", "attributes_of", "names_of", "type_of"]

_NO_TYPES: Final = frozenset((PROV.uri, XSD.uri))  # `prov:Person`, `prov:Plan` … say less than the kind of the node


class Attributes:
    """The attributes of a thing, in all that describes it.

    Attributes:
        custom: as properties, under the names the document has for them.
        place: the URI of where it is, if it has one.
        terms: those of provgraph's own vocabulary, with which it writes its nodes: `digest`, `uri`, `state` …
    """

    def __init__(self, records: Iterable[ProvRecord]) -> None:
        found: dict[QualifiedName, list[object]] = {}
        for record in records:
            for attribute, value in record.extra_attributes:
                values = found.setdefault(attribute, [])
                if value not in values:
                    values.append(value)
        self.types = [value for value in found.get(PROV_TYPE, ()) if isinstance(value, QualifiedName)]
        places = [v.uri for v in found.get(PROV_LOCATION, ()) if type(v) is Identifier]
        self.place = places[0] if len(places) == 1 else None
        self.custom: dict[str, Value] = {}
        self.terms: dict[str, Value] = {}
        for attribute, values in found.items():
            space, local = attribute.namespace.uri, attribute.localpart
            if space == TERMS[1]:
                self.terms[text_of(local)] = one_property(values)
            elif space in (PROPERTY[1], CUSTOM[1]) and local:
                name = text_of(local)
                self.custom[str(attribute) if name in self.custom else name] = one_property(values)
            else:
                self.custom[str(attribute)] = one_property(values)


def attributes_of(thing: Thing) -> Attributes:
    """The attributes of a thing."""
    return Attributes(record for _, record in thing.declared)


def type_of(thing: Thing, attributes: Attributes, report: LoadReport) -> str:
    """The type of its node: the first type of the user's own that is a qualified name, else its kind in PROV.

    An agent is an agent, whatever else it is called.
    """
    kind: str = thing.kind.value
    own = [name for name in attributes.types if name.namespace.uri not in _NO_TYPES and name.localpart]
    if not own or thing.kind is Kind.AGENT:
        return kind
    if len(own) > 1:
        reason = "have several types: the first is that of the node, and all are in prov:type"
        report.note(NoteKind.GUESSED, "things", reason, str(thing.name))
    local: str = own[0].localpart
    return text_of(local) if own[0].namespace.uri == TYPE[1] else local


def names_of(things: Mapping[str, tuple[str, Thing, Attributes]]) -> dict[str, str]:
    """The names of nodes of one kind, by key, unique for each type.

    The name that provgraph gave, else the one in the document, else the IRI; the key where all of these are taken.

    Args:
        things: by key, each with its type.
    """
    found: dict[str, str] = {}
    left = dict(things)
    for rank in range(3):
        names = {key: name for key, each in left.items() if (name := _candidate(rank, each))}
        taken = Counter((things[key][0], name) for key, name in (*names.items(), *found.items()))
        for key, name in names.items():
            if taken[things[key][0], name] == 1:
                found[key] = name
                del left[key]
    return {**{key: key for key in left}, **found}


def _candidate(rank: int, each: tuple[str, Thing, Attributes]) -> str | None:
    _, thing, attributes = each
    if rank == 0:
        name = attributes.terms.get("name")
        return name if isinstance(name, str) else None
    return str(thing.name) if rank == 1 else thing.name.uri
