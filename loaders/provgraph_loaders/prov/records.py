"""From things and statements to nodes and links, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from prov.constants import (
    PROV_ATTR_ENDTIME,
    PROV_ATTR_STARTTIME,
)
from prov.identifier import QualifiedName
from prov.model import ProvActivity

from provgraph.chunks import chunks
from provgraph.interop.prov_names import STATEMENTS
from provgraph.loading import LoadReport
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
    Node,
    NodeType,
    Records,
    Value,
)
from provgraph_loaders.prov.links import Links
from provgraph_loaders.prov.naming import Attributes, attributes_of, names_of, type_of
from provgraph_loaders.prov.statements import statements
from provgraph_loaders.prov.things import Bundle, Kind, Thing, Things
from provgraph_loaders.prov.values import milliseconds

__all__ = ["RecordMaker"]

_BASES: Final = {base.value: base for base in BaseType}
_ARTIFACT_BASES: Final = frozenset(("Dataset", "Model", "Metrics", "Statistics"))
_TEXTS: Final = ("uri", "digest", "family", "version")  # terms that are fields of an artifact
_FIELDS: Final = frozenset((*_TEXTS, "state", "name"))


class RecordMaker:
    """Makes the records of a document."""

    def __init__(self, things: Things, store: str, name: str, batch_size: int, report: LoadReport) -> None:
        self._things, self._store, self._name = things, store, name
        self._size, self._report = batch_size, report
        self._links = Links(things, self.key, self.bundle_key, store, report)

    def key(self, thing: Thing) -> str:
        """The key of a thing's node."""
        return f"{self._store}/{thing.kind.value}/{thing.name.uri}"

    def bundle_key(self, iri: str) -> str:
        """The key of a bundle's node."""
        return f"{self._store}/Bundle/{iri}"

    def all(self) -> Iterator[Records]:
        """Contexts, then artifacts, then executions with their events, then what else ties them together."""
        nodes: dict[Kind, list[Node]] = {kind: list(self._nodes(kind)) for kind in Kind}
        contexts = [self._document(), *map(self._bundle, self._things.bundles.values()), *nodes[Kind.AGENT]]
        kinds = [_type_of_node(node) for node in (*contexts, *nodes[Kind.ENTITY], *nodes[Kind.ACTIVITY])]
        types = {node_type.key: node_type for node_type in kinds}
        yield Records(types=tuple(types.values()))
        for some in chunks(contexts, self._size):
            yield Records(contexts=[node for node in some if isinstance(node, Context)])
        for some in chunks(nodes[Kind.ENTITY], self._size):
            yield Records(artifacts=[node for node in some if isinstance(node, Artifact)])
        for some in chunks(nodes[Kind.ACTIVITY], self._size):
            executions = [node for node in some if isinstance(node, Execution)]
            keys = [node.key for node in executions]
            yield Records(
                executions=executions,
                events=[event for key in keys for event in self._links.events(key)],
                associations=[link for key in keys for link in self._links.associations.get(key, ())],
            )
        for attributions in chunks(self._links.attributions, self._size):
            yield Records(attributions=attributions)
        for derivations in chunks(self._links.derivations, self._size):
            yield Records(derivations=derivations)
        for relations in chunks(self._links.relations, self._size):
            yield Records(relations=relations)

    def _document(self) -> Context:
        """The document itself, with what names no thing and all its prefixes."""
        document = self._things.document
        prefixes, default = document.get_registered_namespaces(), document.get_default_namespace()
        said = statements(None, self._things.held, prefixes=prefixes, default=default)
        properties: dict[str, Value] = {STATEMENTS: said}
        key = f"{self._store}/Document/{self._name}"
        return Context(type="Document", source=self._store, key=key, name=self._name, custom_properties=properties)

    def _bundle(self, bundle: Bundle) -> Context:
        iri = bundle.name.uri
        unique = sum(str(other.name) == str(bundle.name) for other in self._things.bundles.values()) == 1
        return Context(
            type="Bundle",
            source=self._store,
            key=self.bundle_key(iri),
            name=str(bundle.name) if unique else iri,
            # an agent of the same name has it already
            external_id=None if (Kind.AGENT, iri) in self._things.things else iri,
            custom_properties={STATEMENTS: statements(bundle.name, bundle.held, bundle=bundle.name)},
        )

    def _nodes(self, kind: Kind) -> Iterator[Node]:
        things = [thing for (of, _), thing in self._things.things.items() if of is kind]
        found: dict[str, tuple[str, Thing, Attributes]] = {}
        for thing in things:
            attributes = attributes_of(thing)
            found[self.key(thing)] = type_of(thing, attributes, self._report), thing, attributes
        names = names_of(found)
        for key, (type_name, thing, attributes) in found.items():
            yield self._node(key, type_name, names[key], thing, attributes)

    def _node(self, key: str, type_name: str, name: str, thing: Thing, attributes: Attributes) -> Node:
        terms, iri = attributes.terms, thing.name.uri
        custom: dict[str, Value] = {**attributes.custom, STATEMENTS: statements(thing.name, thing.said)}
        custom |= {f"provgraph:{term}": value for term, value in terms.items() if term not in _FIELDS}
        if thing.kind is Kind.AGENT:
            return Context(
                type=type_name, source=self._store, key=key, name=name, external_id=iri, custom_properties=custom
            )
        state = str(terms.get("state", ""))
        if thing.kind is Kind.ENTITY:
            deleted = self._links.invalidated.get(key)
            if deleted and deleted.time is not None:
                custom["deleted_at"] = deleted.time
            texts = {term: str(terms[term]) for term in _TEXTS if terms.get(term)}
            known = ArtifactState.__members__.get(state, ArtifactState.UNKNOWN)
            return Artifact(
                type=type_name,
                source=self._store,
                key=key,
                name=name,
                external_id=iri,
                state=ArtifactState.DELETED if deleted else known,
                uri=texts.get("uri") or attributes.place,
                digest=texts.get("digest"),
                family=texts.get("family"),
                version=texts.get("version"),
                created_at=self._links.generated.get(key),
                custom_properties=custom,
            )
        start, end = (self._bound(thing, attribute) for attribute in (PROV_ATTR_STARTTIME, PROV_ATTR_ENDTIME))
        started_at = self._links.started.get(key) if start is None else start
        ended_at = self._links.ended.get(key) if end is None else end
        ended = ExecutionState.UNKNOWN if ended_at is None else ExecutionState.COMPLETE
        return Execution(
            type=type_name,
            source=self._store,
            key=key,
            name=name,
            external_id=iri,
            state=ExecutionState.__members__.get(state, ended),
            started_at=started_at,
            ended_at=ended_at,
            custom_properties=custom,
        )

    def _bound(self, thing: Thing, attribute: QualifiedName) -> int | None:
        for _, record in thing.declared:
            time = dict(record.formal_attributes).get(attribute) if isinstance(record, ProvActivity) else None
            if isinstance(time, datetime):
                return milliseconds(time, self._report)
        return None


def _type_of_node(node: Node) -> NodeType:
    if isinstance(node, Artifact):
        base = _BASES.get(node.type) if node.type in _ARTIFACT_BASES else None
        return ArtifactType(name=node.type, source=node.source, base_type=base)
    if isinstance(node, Execution):
        base = None if node.type in _ARTIFACT_BASES else _BASES.get(node.type)
        return ExecutionType(name=node.type, source=node.source, base_type=base)
    return ContextType(name=node.type, source=node.source)
