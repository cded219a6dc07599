"""Lineages as W3C PROV documents.

What was loaded from a PROV document is given back as it stood there: each of its nodes keeps all that was said of it.
Everything else gets names of provgraph's own, under `urn:provgraph:`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from itertools import chain

from prov.constants import (
    PROV_ACTIVITY,
    PROV_ATTR_ACTIVITY,
    PROV_ATTR_ENTITY,
    PROV_ATTR_GENERATED_ENTITY,
    PROV_ATTR_USED_ENTITY,
    PROV_DERIVATION,
    PROV_ENTITY,
    PROV_GENERATION,
    PROV_USAGE,
)
from prov.identifier import Identifier, Namespace, QualifiedName
from prov.model import ProvDocument, ProvRecord, ProvWarning

from provgraph.errors import InvalidValueError
from provgraph.interop.prov_names import NODES, STATEMENTS, SYSTEM, local_part
from provgraph.interop.prov_own import (
    NAMESPACES,
    add_attributes,
    add_links,
    add_node,
    context_attributes,
    pending_attributes,
)
from provgraph.interop.prov_records import Assembly
from provgraph.interop.prov_told import IN_BUNDLE, Link, iri_of, links_of
from provgraph.model import Execution, Node, Struct
from provgraph.tracing.lineage import Edge, Lineage

__all__ = ["lineage_document", "lineage_prov_json"]

_FLOWS = {PROV_USAGE: ("INPUT", "POSSIBLE_INPUT"), PROV_GENERATION: ("OUTPUT", "POSSIBLE_OUTPUT")}


def lineage_document(lineage: Lineage) -> ProvDocument:
    """The lineage as a document: its nodes, contexts and links.

    Raises:
        InvalidValueError: what a node keeps of its PROV document cannot be read.
    """
    with warnings.catch_warnings():
        # what prov finds odd in a loaded document was told when it was loaded
        warnings.simplefilter("ignore", ProvWarning)
        return _Export(lineage).document


def lineage_prov_json(lineage: Lineage) -> str:
    """The lineage as PROV-JSON text.

    Raises:
        InvalidValueError: what a node keeps of its PROV document cannot be read.
    """
    document = lineage_document(lineage)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProvWarning)
        return f"{document.serialize(format='json', indent=1, ensure_ascii=False)}\n"


class _Export:
    """A document in the making."""

    def __init__(self, lineage: Lineage) -> None:
        self._whole = Assembly()
        self.document = self._whole.document
        self._lineage = lineage
        everything = (*lineage.nodes, *lineage.contexts)
        said = {node.ref: said for node in everything if (said := _said_of(node)) is not None}
        self._sources = {node.ref: node.source for node in everything if node.ref in said}
        self._iris = {(node.source, node.external_id or "") for node in everything if node.ref in said}
        self._ids = {node.ref: node.external_id or "" for node in everything}
        self._flows = {self._link_of(edge) for edge in lineage.edges if self._is_loaded(edge)}
        self._told: set[tuple[str, *Link]] = set()
        self._bundles = {
            node.ref: bundle.identifier
            for node in lineage.contexts
            if node.ref in said and node.key.startswith(f"{node.source}/Bundle/")
            for bundle in said[node.ref].bundles
            if bundle.identifier is not None
        }
        for node in everything:  # first, so that its prefixes keep their spelling
            if node.ref in said:
                self._give_back(node.source, said[node.ref])
        # a document that was loaded again may no longer say what it said: the store keeps the link
        edges = [edge for edge in lineage.edges if not self._is_loaded(edge) or self._link_of(edge) not in self._told]
        if edges or len(said) < len(everything):
            for space in NAMESPACES.values():
                self._whole.add_prefix(space)
        names = {
            node.ref: self._whole.name(_name_of(node, said.get(node.ref)))
            for node in everything
            if node.external_id or node.ref not in said  # the document itself has no name in it
        }
        pending: dict[str, list[QualifiedName]] = {}
        for edge in edges:
            if edge.pending:
                pending.setdefault(edge.source, []).append(names[edge.target])
        for node in everything:
            refs = [ref for ref in lineage.memberships.get(node.ref, ()) if not self._same_document(node.ref, ref)]
            contexts = [names[ref] for ref in refs if ref in names]
            if node.ref in said and node.ref in names:
                self._add_memberships(node, names)
            told = context_attributes(contexts) if isinstance(node, Execution) else []
            told += pending_attributes(pending.get(node.ref, ()))
            if node.ref in said:
                if told:
                    add_attributes(self.document, names[node.ref], told)
            else:
                add_node(self.document, names[node.ref], node, told)
            if not isinstance(node, Execution):
                for context in contexts:
                    self.document.membership(context, names[node.ref])
        add_links(self.document, names, edges)

    def _same_document(self, first: str, second: str) -> bool:
        source = self._sources.get(first)
        return source is not None and source == self._sources.get(second)

    def _is_loaded(self, edge: Edge) -> bool:
        """Whether the document that both ends come from said it itself."""
        return self._same_document(edge.source, edge.target) and edge.recorded_by == self._sources[edge.source]

    def _link_of(self, edge: Edge) -> tuple[str, *Link]:
        return self._sources[edge.source], edge.kind, self._ids[edge.source], self._ids[edge.target]

    def _add_memberships(self, node: Node, names: Mapping[str, QualifiedName]) -> None:
        """Add that a node belongs to an agent or a bundle of its own document where nothing that is said tells it."""
        is_activity, own = isinstance(node, Execution), self._ids[node.ref]
        for ref in self._lineage.memberships.get(node.ref, ()):
            if not self._same_document(node.ref, ref):
                continue
            if ref in self._bundles:
                bundle, kind = self._bundles[ref], PROV_ACTIVITY if is_activity else PROV_ENTITY
                if (node.source, IN_BUNDLE[kind], own, bundle.uri) not in self._told:
                    self._whole.bundle(bundle).new_record(kind, names[node.ref])
            elif agent := self._ids[ref]:
                word = "wasAssociatedWith" if is_activity else "wasAttributedTo"
                if (node.source, word, own, agent) not in self._told:
                    add = self.document.association if is_activity else self.document.attribution
                    add(names[node.ref], names[ref])

    def _give_back(self, source: str, said: ProvDocument) -> None:
        default = said.get_default_namespace()
        for space in (*said.get_registered_namespaces(), *(() if default is None else (Namespace("", default.uri),))):
            self._whole.add_prefix(space)
        for bundle in (said, *said.bundles):
            if bundle.identifier is not None:
                self._whole.bundle(bundle.identifier)
            for record in bundle.get_records():
                if self._is_within(source, record):
                    self._whole.add(bundle.identifier, record)
                    self._told.update((source, *link) for link in links_of(record, bundle.identifier))

    def _is_within(self, source: str, record: ProvRecord) -> bool:
        """Whether a statement belongs to the lineage: of what flows, only what was walked."""
        kind, ends = record.get_type(), dict(record.formal_attributes)
        if kind == PROV_DERIVATION:
            used, made = ends.get(PROV_ATTR_USED_ENTITY), ends.get(PROV_ATTR_GENERATED_ENTITY)
            return all(end is None or (source, iri_of(end)) in self._iris for end in (used, made))
        if kind not in _FLOWS:
            return True
        entity, activity = ends.get(PROV_ATTR_ENTITY), ends.get(PROV_ATTR_ACTIVITY)
        if entity is None or activity is None:
            return True
        pair = (iri_of(entity), iri_of(activity)) if kind == PROV_USAGE else (iri_of(activity), iri_of(entity))
        return any((source, flow, *pair) in self._flows for flow in _FLOWS[kind])


def _said_of(node: Node) -> ProvDocument | None:
    """What the PROV document that the node comes from says of it; None for other nodes."""
    kept = node.custom_properties.get(STATEMENTS)
    if not node.source.startswith(SYSTEM) or not isinstance(kept, Struct):
        return None
    try:
        return ProvDocument.deserialize(content=kept.text, format="json")
    except Exception as error:  # prov raises whatever a changed text leads it to
        raise InvalidValueError(
            f"{node.ref}: its property {STATEMENTS} is no PROV-JSON any more ({' '.join(str(error).split())}): "
            "load its document again"
        ) from error


def _name_of(node: Node, said: ProvDocument | None) -> QualifiedName:
    if said is not None and node.external_id:
        records = chain(said.get_records(), *(bundle.get_records() for bundle in said.bundles))
        names = (record.identifier for record in records if record.is_element())
        found = next((name for name in names if name is not None and name.uri == node.external_id), None)
        found = found or said.valid_qualified_name(Identifier(node.external_id))
        if found is not None:
            return found
    prefix, _ = NODES[node.kind]
    return NAMESPACES[prefix][local_part(node.key)]
