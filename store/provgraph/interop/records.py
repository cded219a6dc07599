"""Lineages, and rows as they are in tables, as records that a store takes."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from provgraph.errors import InvalidValueError
from provgraph.interop.flat import contexts_types_parents, edge_of, node_of
from provgraph.model import (
    Artifact,
    ArtifactType,
    Association,
    Attribution,
    Certainty,
    Context,
    ContextType,
    Derivation,
    Equality,
    Event,
    EventType,
    Execution,
    ExecutionType,
    Node,
    NodeKind,
    NodeType,
    ParentContext,
    PropertyKind,
    Records,
    kind_of,
)

if TYPE_CHECKING:
    from provgraph.tracing.lineage import Edge, Lineage

__all__ = ["lineage_records", "rows_records"]

_TYPES: Final[Mapping[NodeKind, type[NodeType]]] = {
    NodeKind.ARTIFACT: ArtifactType,
    NodeKind.EXECUTION: ExecutionType,
    NodeKind.CONTEXT: ContextType,
}
_INTO_EXECUTION: Final = ("INPUT", "POSSIBLE_INPUT")
_FROM_EXECUTION: Final = ("OUTPUT", "POSSIBLE_OUTPUT", "PENDING_OUTPUT")
_COPIED: Final = "copied"  # the rule of an equality whose rule a lineage does not hold


def lineage_records(lineage: Lineage) -> Records:
    """The records of a lineage: see `Lineage.to_records`."""
    ends: dict[str, Node] = {node.ref: node for node in (*lineage.nodes, *lineage.contexts)}
    memberships = {ref: lineage.memberships.get(ref, ()) for ref in ends}
    return _records(ends, lineage.edges, memberships, lineage.types)


def rows_records(nodes: Iterable[Mapping[str, Any]], edges: Iterable[Mapping[str, Any]], head: object) -> Records:
    """The records of rows as `records_from_frames` describes them; a head adds contexts and types.

    Raises:
        InvalidValueError: a row cannot be read, or a link names no node.
    """
    contexts, types, parents = contexts_types_parents(head) if isinstance(head, str) else ((), (), {})
    ends: dict[str, Node] = {}
    memberships: dict[str, tuple[str, ...]] = {}
    for at, row in enumerate(nodes):
        with _row_named(at, "nodes"):
            node = node_of(row)
        if not node.key:
            raise InvalidValueError(
                f"row {at} of the nodes: it has no key (type {node.type!r}): the column key says which node it is"
            )
        name = node.ref if node.id else node.key
        if name in ends:
            raise InvalidValueError(f"two rows of nodes are called {name!r}")
        ends[name] = node
        if isinstance(row.get("contexts"), str):
            memberships[name] = tuple(row["contexts"].split())
    for context in contexts:
        ends.setdefault(context.ref, context)
    links: list[Edge] = []
    for at, row in enumerate(edges):
        with _row_named(at, "links"):
            links.append(edge_of(row))
    return _records(ends, links, memberships | parents, types)


@contextmanager
def _row_named(at: int, table: str) -> Generator[None]:
    """Say in errors which row it is, counted from 0 as `iloc` of a frame does."""
    try:
        yield
    except InvalidValueError as error:
        raise InvalidValueError(f"row {at} of the {table}: {error}") from error


def _records(
    ends: Mapping[str, Node],
    edges: Iterable[Edge],
    memberships: Mapping[str, Sequence[str]],
    types: Sequence[NodeType],
) -> Records:
    nodes = list(ends.values())
    links = _Links(ends)
    for edge in edges:
        links.add(edge)
    for name, contexts in memberships.items():
        for context in contexts:
            links.belongs(name, context, "")
    known = {node_type.key for node_type in types}
    return Records(
        types=(*types, *(made for made in _made_types(nodes) if made.key not in known)),
        artifacts=tuple(node for node in nodes if isinstance(node, Artifact)),
        executions=tuple(node for node in nodes if isinstance(node, Execution)),
        contexts=tuple(node for node in nodes if isinstance(node, Context)),
        events=tuple(links.events),
        attributions=tuple(links.attributions),
        associations=tuple(links.associations),
        parents=tuple(links.parents),
        derivations=tuple(links.derivations),
        equalities=tuple(links.equalities.values()),
    )


class _Links:
    """The links of records, made one by one of edges whose ends are names in a table."""

    def __init__(self, ends: Mapping[str, Node]) -> None:
        self._ends = ends
        self.events: list[Event] = []
        self.attributions: list[Attribution] = []
        self.associations: list[Association] = []
        self.parents: list[ParentContext] = []
        self.derivations: list[Derivation] = []
        self.equalities: dict[tuple[str, str, str], Equality] = {}

    def add(self, edge: Edge) -> None:
        """Add what an edge says."""
        said = edge.recorded_by or ""
        if edge.kind in ("ATTRIBUTION", "ASSOCIATION", "PARENT"):
            self.belongs(edge.source, edge.target, said)
        elif edge.kind in _INTO_EXECUTION:
            self._event(edge, self._key(edge.source, Artifact), self._key(edge.target, Execution), EventType.INPUT)
        elif edge.kind in _FROM_EXECUTION:
            plain = EventType.PENDING_OUTPUT if edge.kind == "PENDING_OUTPUT" else EventType.OUTPUT
            self._event(edge, self._key(edge.target, Artifact), self._key(edge.source, Execution), plain)
        elif edge.kind in ("DERIVATION", "SAME_AS"):
            first, second = self._key(edge.source, Artifact), self._key(edge.target, Artifact)
            sure = _certainty(edge, Certainty.DECLARED)
            if edge.kind == "DERIVATION":
                self.derivations.append(
                    Derivation(origin=first, derived=second, time=edge.time, certainty=sure, recorded_by=said)
                )
            else:  # one each way in the graph
                first, second = sorted((first, second))
                self.equalities[first, second, said] = Equality(
                    first=first, second=second, rule=_COPIED, time=edge.time, certainty=sure, recorded_by=said
                )
        else:
            raise InvalidValueError(f"{edge.kind!r} is no kind of link: see the columns of `Lineage.to_frames`")

    def belongs(self, name: str, context: str, said: str) -> None:
        """Add that a node belongs to a context, or a context to another."""
        node = self._end(name)
        key = self._key(context, Context)
        if isinstance(node, Artifact):
            self.attributions.append(Attribution(node.key, key, said))
        elif isinstance(node, Execution):
            self.associations.append(Association(node.key, key, said))
        else:
            self.parents.append(ParentContext(node.key, key, said))

    def _event(self, edge: Edge, artifact: str, execution: str, plain: EventType) -> None:
        try:
            event_type = EventType[edge.event_type] if edge.event_type else plain
        except KeyError:
            raise InvalidValueError(f"{edge.event_type!r} is no type of event") from None
        self.events.append(
            Event(
                artifact=artifact,
                execution=execution,
                type=event_type,
                time=edge.time,
                path=edge.path,
                certainty=_certainty(edge, Certainty.INFERRED if edge.possible else Certainty.OBSERVED),
                recorded_by=edge.recorded_by or "",
                possible=edge.possible,
            )
        )

    def _end(self, name: str) -> Node:
        found = self._ends.get(name)
        if found is None:
            raise InvalidValueError(f"a link names {name!r}, which is no node of the table")
        return found

    def _key(self, name: str, kind: type[Node]) -> str:
        node = self._end(name)
        if not isinstance(node, kind):
            raise InvalidValueError(f"a link leads to {name!r} as if it were an {kind.__name__.lower()}")
        return node.key


def _certainty(edge: Edge, otherwise: Certainty) -> Certainty:
    try:
        return Certainty(edge.certainty) if edge.certainty else otherwise
    except ValueError:
        raise InvalidValueError(f"{edge.certainty!r} is no certainty: observed, declared or inferred") from None


def _made_types(nodes: Iterable[Node]) -> list[NodeType]:
    """A type for each that nodes name, with the properties that they declare."""
    found: dict[str, tuple[Node, dict[str, PropertyKind]]] = {}
    for node in nodes:
        _, properties = found.setdefault(node.type_key, (node, {}))
        properties.update({name: kind_of(value) for name, value in node.properties.items()})
    return [
        _TYPES[node.kind](name=node.type, version=node.type_version, source=node.source, properties=properties)
        for node, properties in found.values()
    ]
