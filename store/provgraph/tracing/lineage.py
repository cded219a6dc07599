"""The answer of a trace: every node and every edge of it, as an immutable value without a connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from provgraph.model import Artifact, Context, Execution, Node, NodeType, Step
from provgraph.store.protocol import Row
from provgraph.store.rows import path_from_text

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    from prov.model import ProvDocument

    from provgraph.model import Records
    from provgraph.tracing.certificate import Certificate

__all__ = ["Direction", "Edge", "Lineage", "edge_to_json", "edges_of", "node_to_json"]

Direction: TypeAlias = Literal["upstream", "downstream", "both"]

_POSSIBLE = frozenset(("POSSIBLE_INPUT", "POSSIBLE_OUTPUT"))


@dataclass(frozen=True, slots=True)
class Edge:
    """A link of the graph, in the direction in which the data flows.

    Attributes:
        kind: `INPUT`, `OUTPUT`, `SAME_AS`, `DERIVATION`, `POSSIBLE_INPUT`, `POSSIBLE_OUTPUT` or `PENDING_OUTPUT`.
        source, target: references of the two nodes.
        event_type: of the event that the link is; None for `SAME_AS` and `DERIVATION`.
        time: epoch milliseconds when it happened; None where not known.
        certainty: `observed`, `declared` or `inferred`.
        recorded_by: who said so; recorded_at: epoch milliseconds when this store learnt of it; recorded_from: the file,
            folder or address that it learnt it from, None where a recorder saw it happen.
    """

    kind: str
    source: str
    target: str
    event_type: str | None = None
    time: int | None = None
    path: tuple[Step, ...] = ()
    certainty: str | None = None
    recorded_by: str | None = None
    recorded_at: int | None = None
    recorded_from: str | None = None

    @property
    def possible(self) -> bool:
        """Whether nothing says that it happened, only that it may have."""
        return self.kind in _POSSIBLE

    @property
    def inferred(self) -> bool:
        """Whether it was concluded from other records, as a join is, and is walked as a fact."""
        return self.certainty == "inferred" and not self.possible

    @property
    def pending(self) -> bool:
        """Whether the output was announced and has not been made."""
        return self.kind == "PENDING_OUTPUT"


@dataclass(frozen=True)
class Lineage:
    """Part of the graph around some nodes.

    Attributes:
        starts: references of the nodes that the walk began at.
        direction: where it went.
        nodes: artifacts and executions, in the order of their hops, then kind, then id.
        edges: all links between `nodes` (so every route of a diamond), in a fixed order.
        hops: the number of links from the nearest start, by reference; equalities (`SAME_AS`) cost none.
        contexts: those that the nodes belong to, in the order of their ids.
        memberships: the references of the contexts of each node, by reference; of all that came from one source also
            those of the contexts that contexts belong to.
        types: the types of the nodes.
        pending: references of the nodes that only a pending output connects. Nothing beyond them was walked.
        only_possible: references of the nodes that only possible links reach.
        certificate: how complete the answer is.
    """

    starts: tuple[str, ...]
    direction: Direction
    nodes: tuple[Artifact | Execution, ...]
    edges: tuple[Edge, ...]
    hops: Mapping[str, int]
    certificate: Certificate
    contexts: tuple[Context, ...] = ()
    memberships: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    types: tuple[NodeType, ...] = ()
    pending: frozenset[str] = frozenset()
    only_possible: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Artifact | Execution]:
        return iter(self.nodes)

    def __contains__(self, node: object) -> bool:
        return (node if isinstance(node, str) else getattr(node, "ref", None)) in self.by_ref

    def __getitem__(self, ref: str) -> Artifact | Execution:
        return self.by_ref[ref]

    @cached_property
    def by_ref(self) -> Mapping[str, Artifact | Execution]:
        """The nodes by their references."""
        return {node.ref: node for node in self.nodes}

    @cached_property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The artifacts."""
        return tuple(node for node in self.nodes if isinstance(node, Artifact))

    @cached_property
    def executions(self) -> tuple[Execution, ...]:
        """The executions."""
        return tuple(node for node in self.nodes if isinstance(node, Execution))

    @cached_property
    def outgoing(self) -> Mapping[str, Sequence[Edge]]:
        """The edges that leave each node, by reference."""
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.source, []).append(edge)
        return found

    @cached_property
    def incoming(self) -> Mapping[str, Sequence[Edge]]:
        """The edges that enter each node, by reference."""
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.target, []).append(edge)
        return found

    def reached(self, node: Node | str) -> Literal["certain", "possible", "pending"]:
        """How sure it is that a node belongs to the answer.

        Raises:
            KeyError: the lineage has no such node.
        """
        ref = node if isinstance(node, str) else node.ref
        self.by_ref[ref]
        return "pending" if ref in self.pending else "possible" if ref in self.only_possible else "certain"

    def contexts_of(self, node: Node | str) -> tuple[Context, ...]:
        """The contexts that a node belongs to."""
        ref = node if isinstance(node, str) else node.ref
        wanted = set(self.memberships.get(ref, ()))
        return tuple(context for context in self.contexts if context.ref in wanted)

    def to_json(self) -> dict[str, object]:
        """As plain values, for `json.dumps`: nodes, edges, contexts and the certificate."""
        return {
            "complete": self.certificate.complete,
            "starts": list(self.starts),
            "direction": self.direction,
            "nodes": [
                {
                    **node_to_json(n),
                    "hops": self.hops[n.ref],
                    "reached": self.reached(n),
                    "contexts": list(self.memberships.get(n.ref, ())),
                }
                for n in self.nodes
            ],
            "edges": [edge_to_json(edge) for edge in self.edges],
            "contexts": [node_to_json(context) for context in self.contexts],
            "certificate": self.certificate.to_json(),
        }

    def to_frames(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Two frames: the nodes and the edges, named as in the graph. Needs pandas.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        from provgraph.interop.frames import lineage_frames

        return lineage_frames(self)

    @classmethod
    def from_frames(cls, nodes: pd.DataFrame, edges: pd.DataFrame) -> Lineage:
        """The lineage that `to_frames` made two frames of, equal to it. Rows may have been taken out since.

        Then, and where a link has lost an end, the certificate says that something was taken out.

        Raises:
            InvalidValueError: the frames are not those of one lineage; the text says why.
            ConfigurationError: pandas is not installed.
        """
        from provgraph.interop.frames import frame_lineage

        return frame_lineage(nodes, edges)

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """A networkx graph with the nodes' references as nodes, attributes named as in the graph. Needs networkx.

        Raises:
            ConfigurationError: networkx is not installed.
        """
        from provgraph.interop.networks import lineage_network

        return lineage_network(self)

    @classmethod
    def from_networkx(cls, network: nx.MultiDiGraph[str]) -> Lineage:
        """The lineage that `to_networkx` made a graph of, equal to it. Nodes and edges may have been taken out since.

        Raises:
            InvalidValueError: it is not such a graph; the text says why.
            ConfigurationError: networkx is not installed.
        """
        from provgraph.interop.networks import network_lineage

        return network_lineage(network)

    def to_openlineage(self) -> str:
        """OpenLineage events of spec 2-0-2, one JSON object a line, by time: what each execution took in and put out.

        An input that is only possible is listed as an input, and left out of what the facet `lineage` says. What
        OpenLineage has no word for stands in facets of our own, and outputs that are only possible or pending nowhere
        else.
        """
        from provgraph.interop.openlineage import openlineage_lines

        return openlineage_lines(self)

    def to_csv(self) -> tuple[str, str]:
        """Two CSV files, for people: the nodes with all their properties, and the links with what both ends are.

        Times are ISO 8601 in UTC. Text that a spreadsheet would take for a formula has an apostrophe in front.
        """
        from provgraph.interop.cells import lineage_csv

        return lineage_csv(self)

    def to_records(self) -> Records:
        """Nodes, contexts, types and links as records, to put into another store with `Graph.put_lineage`.

        Relations that no trace walks are no part of a lineage, and so not of the records; nor are parents of contexts,
        except in what `Graph.source` returns. An equality keeps its source and certainty, and has the rule `copied`.
        """
        from provgraph.interop.records import lineage_records

        return lineage_records(self)

    def to_prov(self) -> ProvDocument:
        """A W3C PROV document, a value of the package `prov`, which also writes PROV-N, XML and others. Needs prov.

        Raises:
            InvalidValueError: what a node keeps of the PROV document it came from cannot be read any more.
            ConfigurationError: prov is not installed.
        """
        from provgraph.interop.prov_names import require_prov

        require_prov()
        from provgraph.interop.prov import lineage_document

        return lineage_document(self)

    def to_prov_json(self) -> str:
        """The same as PROV-JSON text.

        Raises:
            InvalidValueError: what a node keeps of the PROV document it came from cannot be read any more.
            ConfigurationError: prov is not installed.
        """
        from provgraph.interop.prov_names import require_prov

        require_prov()
        from provgraph.interop.prov import lineage_prov_json

        return lineage_prov_json(self)

    def to_dot(self) -> str:
        """A Graphviz document."""
        from provgraph.interop.diagrams import lineage_dot

        return lineage_dot(self)

    def to_mermaid(self) -> str:
        """A Mermaid flowchart."""
        from provgraph.interop.diagrams import lineage_mermaid

        return lineage_mermaid(self)


def edges_of(links: Iterable[Row], refs: Mapping[int, str]) -> tuple[Edge, ...]:
    """The edges of links as the statements return them, each once, in a fixed order; only those between `refs`."""
    found: dict[tuple[int, int, str, str], Edge] = {}
    for kind, source, target, event_type, when, path, certainty, recorded_by, recorded_at, recorded_from in links:
        if source in refs and target in refs:
            found[source, target, kind, event_type or ""] = Edge(
                kind=kind,
                source=refs[source],
                target=refs[target],
                event_type=event_type,
                time=when,
                path=path_from_text(path),
                certainty=certainty,
                recorded_by=recorded_by or None,
                recorded_at=recorded_at,
                recorded_from=recorded_from,
            )
    return tuple(found[key] for key in sorted(found))


def node_to_json(node: Node) -> dict[str, object]:
    """A node as plain values. Structs become what they hold, protos their type URL and Base64."""
    from provgraph.interop.plain import plain_node

    return plain_node(node)


def edge_to_json(edge: Edge) -> dict[str, object]:
    """An edge as plain values."""
    return {
        "kind": edge.kind,
        "source": edge.source,
        "target": edge.target,
        "event_type": edge.event_type,
        "time": edge.time,
        "path": list(edge.path),
        "certainty": edge.certainty,
        "recorded_by": edge.recorded_by,
        "recorded_at": edge.recorded_at,
        "recorded_from": edge.recorded_from,
    }
