"""The links between nodes: events, attributions, associations, parents, derivations, equalities and other relations.

Ends are named by the *keys* of their nodes, so that a link can be made before any store has seen its nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from provgraph.errors import ConflictError, InvalidValueError
from provgraph.model.nodes import Artifact, Context, Execution, Node
from provgraph.model.types import NodeKind, NodeType
from provgraph.model.values import Struct, kind_of

__all__ = [
    "Association",
    "Attribution",
    "Certainty",
    "Derivation",
    "Equality",
    "Event",
    "EventType",
    "ParentContext",
    "Records",
    "Relation",
    "Step",
    "check_parents",
]


class EventType(Enum):
    """How an execution touched an artifact; the numbers are ML Metadata's."""

    DECLARED_OUTPUT = 1
    DECLARED_INPUT = 2
    INPUT = 3
    OUTPUT = 4
    INTERNAL_INPUT = 5
    INTERNAL_OUTPUT = 6
    PENDING_OUTPUT = 7

    @property
    def is_input(self) -> bool:
        """Whether the artifact flows into the execution."""
        return self in (EventType.DECLARED_INPUT, EventType.INPUT, EventType.INTERNAL_INPUT)


class Certainty(Enum):
    """How sure a link is: a recorder saw it, a tool's records say so, or it was inferred from other records."""

    OBSERVED = "observed"
    DECLARED = "declared"
    INFERRED = "inferred"


Step: TypeAlias = int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An execution used or produced an artifact.

    Attributes:
        artifact, execution: keys of the two nodes.
        time: epoch milliseconds when it happened; None where not known.
        path: names and positions inside the execution, in order, such as `("examples", 0)`.
        possible: it may have happened, but nothing says that it did (a possible input or output).
    """

    artifact: str
    execution: str
    type: EventType
    time: int | None = None
    path: tuple[Step, ...] = ()
    certainty: Certainty = Certainty.OBSERVED
    recorded_by: str = ""
    possible: bool = False

    def __post_init__(self) -> None:
        if not self.artifact or not self.execution:
            raise InvalidValueError("an event needs the keys of an artifact and of an execution")
        for step in self.path:
            if isinstance(step, bool) or not isinstance(step, int | str):
                raise InvalidValueError(f"a step of an event's path is an int or text, not {step!r}")
            kind_of(step)
        object.__setattr__(self, "path", tuple(self.path))


@dataclass(frozen=True, slots=True)
class Attribution:
    """An artifact belongs to a context (both by key)."""

    artifact: str
    context: str
    recorded_by: str = ""


@dataclass(frozen=True, slots=True)
class Association:
    """An execution belongs to a context (both by key)."""

    execution: str
    context: str
    recorded_by: str = ""


@dataclass(frozen=True, slots=True)
class ParentContext:
    """A context stands inside another one (both by key). Several parents are allowed, cycles are not."""

    child: str
    parent: str
    recorded_by: str = ""

    def __post_init__(self) -> None:
        if self.child == self.parent:
            raise ConflictError(f"context {self.child!r} cannot be its own parent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """One artifact was made from another, and the source knows of no execution between them (both by key)."""

    origin: str
    derived: str
    time: int | None = None
    certainty: Certainty = Certainty.DECLARED
    recorded_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equality:
    """Two artifacts (by key) are one and the same thing, as two records of it see it. It has no direction.

    Attributes:
        rule: by what the two were found to be equal, in a word or two: `renamed`, `content hash`.
        evidence: what was equal, for a person to check: the hash, the old and the new name.
        time: epoch milliseconds since when they are equal; None for always, or not known.
    """

    first: str
    second: str
    rule: str
    evidence: str = ""
    time: int | None = None
    certainty: Certainty = Certainty.DECLARED
    recorded_by: str = ""

    def __post_init__(self) -> None:
        if not self.first or not self.second or not self.rule:
            raise InvalidValueError("an equality needs the keys of two artifacts and the rule that joins them")
        if self.first == self.second:
            raise InvalidValueError(f"artifact {self.first!r} needs no equality with itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What a source says of two nodes and our model has no link for. It is kept and shown, and never walked.

    Attributes:
        start, end: the keys of the two nodes; start_kind, end_kind: what they are.
        name: what the source calls it, such as `wasInformedBy`.
        details: what else the source says of it.
        time: epoch milliseconds when it happened; None where not known.
    """

    start_kind: NodeKind
    start: str
    end_kind: NodeKind
    end: str
    name: str
    details: Struct | None = None
    time: int | None = None
    certainty: Certainty = Certainty.DECLARED
    recorded_by: str = ""

    def __post_init__(self) -> None:
        if not self.start or not self.end or not self.name:
            raise InvalidValueError("a relation needs the keys of two nodes and a name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Nodes and links that belong together: what a loader yields and what `put_lineage` writes in one transaction.

    Attributes:
        adds: how a load treats what an earlier one said of the same nodes: it is replaced, or, if `adds`, what these
            records say is added to it; where a node's `updated_at` is older than the stored one, only what is absent
            there. `Graph.put_lineage` has a flag of its own for it.
        recorded_from: the file, folder or address, without secrets, that the links were read from. A load says it
            where the records do not. It is told of a link when it is new, and identifies nothing: the same records
            read from another place are the same.
    """

    types: Sequence[NodeType] = field(default_factory=tuple)
    artifacts: Sequence[Artifact] = field(default_factory=tuple)
    executions: Sequence[Execution] = field(default_factory=tuple)
    contexts: Sequence[Context] = field(default_factory=tuple)
    events: Sequence[Event] = field(default_factory=tuple)
    attributions: Sequence[Attribution] = field(default_factory=tuple)
    associations: Sequence[Association] = field(default_factory=tuple)
    parents: Sequence[ParentContext] = field(default_factory=tuple)
    derivations: Sequence[Derivation] = field(default_factory=tuple)
    equalities: Sequence[Equality] = field(default_factory=tuple)
    relations: Sequence[Relation] = field(default_factory=tuple)
    adds: bool = False
    recorded_from: str = ""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes: artifacts, executions, contexts."""
        return (*self.artifacts, *self.executions, *self.contexts)

    def __len__(self) -> int:
        return (
            len(self.types)
            + len(self.artifacts)
            + len(self.executions)
            + len(self.contexts)
            + len(self.events)
            + len(self.attributions)
            + len(self.associations)
            + len(self.parents)
            + len(self.derivations)
            + len(self.equalities)
            + len(self.relations)
        )


def check_parents(links: Iterable[tuple[str, str]]) -> None:
    """Check that `(child, parent)` links hold no cycle.

    Raises:
        ConflictError: they do; the text names the contexts of one cycle.
    """
    parents: dict[str, list[str]] = {}
    for child, parent in links:
        parents.setdefault(child, []).append(parent)
    done: set[str] = set()
    for start in parents:
        trail: list[str] = []
        on_trail: set[str] = set()
        stack: list[tuple[str, int]] = [(start, 0)]
        while stack:
            node, at = stack.pop()
            if at == 0:
                if node in on_trail:
                    cycle = [*trail[trail.index(node) :], node]
                    raise ConflictError(f"contexts would be their own ancestors: {' -> '.join(cycle)}")
                if node in done:
                    continue
                trail.append(node)
                on_trail.add(node)
            above = parents.get(node, [])
            if at < len(above):
                stack.append((node, at + 1))
                stack.append((above[at], 0))
            else:
                done.add(node)
                on_trail.discard(node)
                trail.pop()
