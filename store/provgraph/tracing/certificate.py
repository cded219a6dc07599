"""How complete an answer is: what cut it short, and, apart from that, what the records themselves lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from provgraph.tracing.lineage import Edge, edge_to_json

__all__ = ["Certificate", "Cut", "CutReason", "Gap", "GapKind"]

_NAMED: Final = 3  # possible links that a sentence names; the value has all


class CutReason(Enum):
    """What can cut an answer short; the value is how it reads."""

    HOPS = "beyond the limit of hops"
    NODES = "beyond the limit of nodes"
    STOP_TYPES = "behind nodes of a stop type"
    TYPES = "left out by the type filter"
    POSSIBLE = "reached by possible links only, which were not walked"
    TAKEN_OUT = "nodes or links taken out after the trace"


class GapKind(Enum):
    """What records can lack; the value is how one of them reads."""

    NO_INPUTS = "execution without recorded inputs"
    NO_PRODUCER = "artifact without a recorded producer"
    PENDING = "output that is still pending"
    RUNNING = "execution that has not ended"

    def words(self, count: int) -> str:
        """`2 executions without recorded inputs`."""
        noun, _, rest = self.value.partition(" ")
        if self is GapKind.PENDING and count != 1:
            rest = "that are still pending"
        if self is GapKind.RUNNING and count != 1:
            rest = "that have not ended"
        return f"{count:,} {noun}{'' if count == 1 else 's'} {rest}"


@dataclass(frozen=True, slots=True)
class Cut:
    """Something was left out.

    Attributes:
        count: links (or nodes, for a filter or a limit of nodes) that were not followed or shown; at least so many.
        at: references of the nodes where the answer ends although the records go on.
    """

    reason: CutReason
    count: int
    at: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.count:,} {self.reason.value}"


@dataclass(frozen=True, slots=True)
class Gap:
    """The records lack something; `refs` are the nodes concerned."""

    kind: GapKind
    refs: tuple[str, ...]

    def __str__(self) -> str:
        return self.kind.words(len(self.refs))


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was walked, and whether anything is missing.

    Attributes:
        nodes, edges: how many the answer holds.
        possible_nodes: how many of the nodes only possible links reach.
        pending_nodes: how many of them only a pending output connects.
        possible_edges: how many of the edges are possible ones.
        inferred_edges: how many of the others were concluded from other records: joins of `stitch`, each counted once,
            and derivations that a loader read from paths. They are walked, and their nodes are certain.
        frontier: the possible links that make this difference. Each leads from a node that is certainly reached to one
            that is not: were they not there, the certain nodes would be left, and no others. Where only certain links
            are walked, those at which the walk stopped.
        walked_at: epoch milliseconds. What was recorded later is not in the answer.
        store: the URL of the store that was asked.
        cut: what a limit, a filter or a stop type left out.
        gaps: what the records lack. They do not make an answer incomplete: no answer could know more.
        links_counted: False for a summary, which counts nodes and looks for no gaps.
    """

    nodes: int
    edges: int
    possible_edges: int
    walked_at: int
    store: str
    cut: tuple[Cut, ...] = ()
    gaps: tuple[Gap, ...] = ()
    links_counted: bool = True
    possible_nodes: int = 0
    pending_nodes: int = 0
    frontier: tuple[Edge, ...] = ()
    inferred_edges: int = 0

    @classmethod
    def of(
        cls,
        nodes: int,
        edges: Sequence[Edge],
        *,
        walked_at: int,
        store: str,
        cut: tuple[Cut, ...] = (),
        gaps: tuple[Gap, ...] = (),
        possible_nodes: int = 0,
        pending_nodes: int = 0,
        frontier: tuple[Edge, ...] = (),
    ) -> Certificate:
        """The certificate of an answer with so many nodes and these edges, which it counts."""
        # an equality, which has an edge each way, counts once
        inferred = {(edge.kind, frozenset((edge.source, edge.target))) for edge in edges if edge.inferred}
        return cls(
            nodes=nodes,
            edges=len(edges),
            possible_edges=sum(edge.possible for edge in edges),
            inferred_edges=len(inferred),
            walked_at=walked_at,
            store=store,
            cut=cut,
            gaps=gaps,
            possible_nodes=possible_nodes,
            pending_nodes=pending_nodes,
            frontier=frontier,
        )

    @property
    def complete(self) -> bool:
        """Whether no limit, filter or stop type left anything out."""
        return not self.cut

    @property
    def certain_nodes(self) -> int:
        """How many of the nodes certain links reach; the starts are among them."""
        return self.nodes - self.possible_nodes - self.pending_nodes

    def __str__(self) -> str:
        nodes = _count(self.nodes, "node")
        if self.possible_nodes:
            nodes += f" ({self.possible_nodes:,} only possibly reached)"
        if self.links_counted:
            edges = _count(self.edges, "link")
            kinds = {"only possible": self.possible_edges, "inferred": self.inferred_edges}
            if told := ", ".join(f"{count:,} {what}" for what, count in kinds.items() if count):
                edges += f" ({told})"
            walked = f"{nodes} and {edges} walked"
        else:
            walked = f"{nodes} counted"
        if self.complete:
            text = f"Complete: {walked}, nothing left out."
        else:
            text = f"Not complete: {walked}; left out: {', '.join(str(cut) for cut in self.cut)}."
        if self.frontier:
            text += f" {self.difference}"
        if self.gaps:
            text += f" The records lack: {', '.join(str(gap) for gap in self.gaps)}."
        return text

    @property
    def difference(self) -> str:
        """The sentence that names the frontier, its first links by their nodes; "" if there is none."""
        if not self.frontier:
            return ""
        words = "This possible link makes" if len(self.frontier) == 1 else "These possible links make"
        named = ", ".join(f"{edge.source} -> {edge.target}" for edge in self.frontier[:_NAMED])
        more = f" and {len(self.frontier) - _NAMED:,} more" if len(self.frontier) > _NAMED else ""
        return f"{words} the difference: {named}{more}."

    def to_json(self) -> dict[str, object]:
        """As plain values, for `json.dumps`."""
        return {
            "complete": self.complete,
            "sentence": str(self),
            "nodes": self.nodes,
            "certain_nodes": self.certain_nodes,
            "possible_nodes": self.possible_nodes,
            "pending_nodes": self.pending_nodes,
            "edges": self.edges,
            "possible_edges": self.possible_edges,
            "inferred_edges": self.inferred_edges,
            "frontier": [edge_to_json(edge) for edge in self.frontier],
            "walked_at": datetime.fromtimestamp(self.walked_at / 1000, UTC).isoformat(timespec="milliseconds"),
            "store": self.store,
            "cut": [{"reason": c.reason.name.lower(), "count": c.count, "at": list(c.at)} for c in self.cut],
            "gaps": [{"kind": g.kind.name.lower(), "refs": list(g.refs)} for g in self.gaps],
        }


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
