"""Everything upstream of many artifacts, fetched by one walk, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from provgraph.model import Node, NodeKind
from provgraph.store.cypher.find import BY_IDS
from provgraph.store.cypher.links import ANCESTORS
from provgraph.store.cypher.upstream import REST, STEP
from provgraph.store.protocol import GraphStore
from provgraph.store.rows import node_from_properties

__all__ = ["Ints", "Progress", "Upstream", "fetch_upstream"]

Ints: TypeAlias = npt.NDArray[np.int64]
Progress: TypeAlias = Callable[[int, int | None, str], None]

_CHUNK: Final = 2_000  # nodes that one statement reads
_FEW: Final = 16  # open nodes that are left to the statement which walks to the end
_SAME: Final = "SAME_AS"
_POSSIBLE: Final = frozenset(("POSSIBLE_INPUT", "POSSIBLE_OUTPUT"))
# What kind of node a link that enters an execution or an artifact comes from; equalities keep the kind.
_FROM: Final[Mapping[str, NodeKind]] = {
    "INPUT": NodeKind.ARTIFACT,
    "POSSIBLE_INPUT": NodeKind.ARTIFACT,
    "DERIVATION": NodeKind.ARTIFACT,
    "OUTPUT": NodeKind.EXECUTION,
    "POSSIBLE_OUTPUT": NodeKind.EXECUTION,
}


@dataclass(frozen=True, eq=False)
class Upstream:
    """The nodes upstream of some artifacts, those artifacts among them, and the contexts of all, with their parents.

    A position is a number from 0 in the order in which the nodes were met. Equal nodes (`SAME_AS`) share a place:
    between them lies no hop.

    Attributes:
        labels: `Artifact`, `Execution` or `Context`, by position.
        stored: the nodes as the graph has them, by position.
        below, above: the links, as positions: data flowed from `above` to `below`, or `below` stands in the context
            `above` (in the innermost ones: those that these stand in lie above them).
        equal: pairs of positions of equal nodes.
        possible: how many of the links are only possible.
    """

    labels: Sequence[str]
    stored: Sequence[Mapping[str, Any]]
    below: Ints
    above: Ints
    equal: Sequence[tuple[int, int]]
    possible: int

    def __len__(self) -> int:
        return len(self.stored)

    @cached_property
    def positions(self) -> Mapping[int, int]:
        """The position of each id."""
        return {stored["id"]: at for at, stored in enumerate(self.stored)}

    @cached_property
    def places(self) -> Ints:
        """The place of each position: a number from 0, the same for equal nodes."""
        leader = list(range(len(self)))

        def find(at: int) -> int:
            while leader[at] != at:
                leader[at] = leader[leader[at]]
                at = leader[at]
            return at

        for one, other in self.equal:
            first, second = sorted((find(one), find(other)))
            leader[second] = first
        found = np.array([find(at) for at in range(len(self))], np.int64)
        return np.unique(found, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def links(self) -> tuple[Ints, Ints]:
        """The links between places, each once: (below, above)."""
        size = int(self.places.max(initial=-1)) + 1
        below, above = self.places[self.below], self.places[self.above]
        keys = np.unique(below * size + above)
        below, above = np.divmod(keys, max(size, 1))
        apart = below != above
        return below[apart], above[apart]

    @cached_property
    def above_by_place(self) -> Mapping[int, Sequence[int]]:
        """The places directly above each place that has any."""
        found: dict[int, list[int]] = {}
        for below, above in zip(*(ends.tolist() for ends in self.links), strict=True):
            found.setdefault(below, []).append(above)
        return found

    @cached_property
    def below_by_place(self) -> Mapping[int, Sequence[int]]:
        """The places directly below each place that has any."""
        found: dict[int, list[int]] = {}
        for below, above in zip(*(ends.tolist() for ends in self.links), strict=True):
            found.setdefault(above, []).append(below)
        return found

    @cached_property
    def positions_by_place(self) -> Mapping[int, Sequence[int]]:
        """The positions of the equal nodes at each place."""
        found: dict[int, list[int]] = {}
        for position, place in enumerate(self.places.tolist()):
            found.setdefault(place, []).append(position)
        return found

    @property
    def place_count(self) -> int:
        """How many places there are."""
        return int(self.places.max(initial=-1)) + 1

    def node(self, position: int) -> Node:
        """The node at a position."""
        return node_from_properties(self.labels[position], self.stored[position])


@dataclass(slots=True)
class _Walk:
    """What the statements brought so far."""

    labels: list[str] = field(default_factory=list[str])
    stored: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    at: dict[int, int] = field(default_factory=dict[int, int])
    links: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    equal: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    inside: dict[int, tuple[int, ...]] = field(default_factory=dict[int, tuple[int, ...]])
    possible: int = 0
    ahead: dict[int, NodeKind] = field(default_factory=dict[int, NodeKind])

    def add(
        self, label: str, stored: Mapping[str, Any], entering: Iterable[Sequence[Any]], inside: Iterable[int]
    ) -> None:
        own = stored["id"]
        if own in self.at:
            return
        self.at[own] = len(self.stored)
        self.labels.append(label)
        self.stored.append(stored)
        self.ahead.pop(own, None)
        for kind, other in entering:
            self.possible += kind in _POSSIBLE
            (self.equal if kind == _SAME else self.links).append((own, other))
            if other not in self.at:
                self.ahead[other] = _FROM.get(kind, NodeKind(label))
        self.inside[own] = tuple(inside)

    def add_context(self, stored: Mapping[str, Any], parents: Iterable[int]) -> None:
        self.at[stored["id"]] = len(self.stored)
        self.labels.append(NodeKind.CONTEXT.value)
        self.stored.append(stored)
        self.links += [(stored["id"], parent) for parent in parents]


def fetch_upstream(
    store: GraphStore, artifacts: Iterable[int], progress: Progress | None = None, *, certain_only: bool = False
) -> Upstream:
    """Everything upstream of the artifacts with these ids, by certain links alone if so asked; ids of nothing are left
    out.

    One walk for all of them: each node is read once, however many artifacts it stands upstream of.

    Raises:
        QueryTimeoutError: the server stopped a statement; nothing partial is returned.
    """
    walk = _Walk(ahead=dict.fromkeys(artifacts, NodeKind.ARTIFACT))
    while walk.ahead:
        ahead, walk.ahead = walk.ahead, {}
        statements = REST if len(ahead) <= _FEW else STEP
        for kind in (NodeKind.ARTIFACT, NodeKind.EXECUTION):
            ids = [i for i, of in ahead.items() if of is kind]
            for start in range(0, len(ids), _CHUNK):
                rows = store.stream(statements[kind, certain_only], {"ids": ids[start : start + _CHUNK]})
                for labels, stored, entering, inside in rows:
                    for each in zip(labels, stored, entering, inside, strict=True):
                        walk.add(*each)
                if progress is not None:
                    progress(len(walk.stored), None, "nodes upstream")
    _add_contexts(store, walk)
    return _frozen(walk)


def _add_contexts(store: GraphStore, walk: _Walk) -> None:
    wanted = list(dict.fromkeys(context for inside in walk.inside.values() for context in inside))
    parents: dict[int, list[int]] = {}
    for start in range(0, len(wanted), _CHUNK):
        [[found]] = store.read(ANCESTORS, {"ids": wanted[start : start + _CHUNK]})
        parents.update(found)
    every = list(parents)
    for start in range(0, len(every), _CHUNK):
        [[rows]] = store.read(BY_IDS[NodeKind.CONTEXT], {"ids": every[start : start + _CHUNK]})
        for stored in rows:
            walk.add_context(stored, parents[stored["id"]])
    innermost: dict[tuple[int, ...], list[int]] = {}
    for own, inside in walk.inside.items():
        if inside not in innermost:
            innermost[inside] = _innermost(inside, parents)
        walk.links += [(own, context) for context in innermost[inside]]


def _innermost(contexts: Iterable[int], parents: Mapping[int, Sequence[int]]) -> list[int]:
    """Those that no other of the contexts stands in: a camera, where its line and its factory are named too."""
    named = dict.fromkeys(contexts)
    outer: set[int] = set()
    stack = [parent for context in named for parent in parents.get(context, ())]
    while stack:
        context = stack.pop()
        if context not in outer:
            outer.add(context)
            stack += parents.get(context, ())
    return [context for context in named if context not in outer]


def _frozen(walk: _Walk) -> Upstream:
    at = walk.at
    # an end that is not there was deleted between two statements
    links = np.array([(at[b], at[a]) for b, a in walk.links if b in at and a in at], np.int64).reshape(-1, 2)
    equal = [(at[one], at[other]) for one, other in walk.equal if one in at and other in at]
    return Upstream(walk.labels, walk.stored, links[:, 0].copy(), links[:, 1].copy(), equal, walk.possible)
