"""Nodes and links that are written at once."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, NamedTuple

from provgraph.model import (
    Artifact,
    Association,
    Attribution,
    Context,
    Derivation,
    Equality,
    Event,
    Execution,
    ParentContext,
    Records,
    Relation,
)

__all__ = ["HEAVY", "MANY", "Batch", "Step", "batched"]

MANY: Final = 20_000
"""Links of one batch, unless one node has more."""
HEAVY: Final = 8_000_000
"""Characters of properties: no batch goes on beyond these."""


@dataclass(slots=True)
class Batch:
    """Nodes and links on their way; `weight` is about the length of their texts."""

    artifacts: list[Artifact] = field(default_factory=list["Artifact"])
    executions: list[Execution] = field(default_factory=list["Execution"])
    contexts: list[Context] = field(default_factory=list["Context"])
    events: list[Event] = field(default_factory=list["Event"])
    attributions: list[Attribution] = field(default_factory=list["Attribution"])
    associations: list[Association] = field(default_factory=list["Association"])
    parents: list[ParentContext] = field(default_factory=list["ParentContext"])
    derivations: list[Derivation] = field(default_factory=list["Derivation"])
    equalities: list[Equality] = field(default_factory=list["Equality"])
    relations: list[Relation] = field(default_factory=list["Relation"])
    weight: int = 0

    def full(self, size: int, coming: int = 0) -> bool:
        """Whether it holds `size` executions or twice as many artifacts, or as many links or texts as a batch should.

        Args:
            size: executions of a batch.
            coming: links of the execution that would be next.
        """
        many = self.executions and len(self.events) + coming > MANY
        return bool(many) or len(self.executions) >= size or len(self.artifacts) >= 2 * size or self.weight > HEAVY

    def records(self, *, adds: bool = False) -> Records:
        """All of it; `adds` as in `Records`."""
        return Records(
            artifacts=self.artifacts,
            executions=self.executions,
            contexts=self.contexts,
            events=self.events,
            attributions=self.attributions,
            associations=self.associations,
            parents=self.parents,
            derivations=self.derivations,
            equalities=self.equalities,
            relations=self.relations,
            adds=adds,
        )


class Step(NamedTuple):
    """Something that comes next into a batch.

    Attributes:
        at, rank: its place among the others; of one `at`, those of lower rank come first.
        add: puts it into a batch.
        weight, links: about how long its texts are, and how many events it has.
    """

    at: int
    rank: int
    add: Callable[[Batch], None]
    weight: int = 0
    links: int = 0


def batched(size: int, *streams: Iterator[Step]) -> Iterator[Batch]:
    """The steps of streams, each of which is in order, as batches of up to `size` executions.

    What belongs together is written together: a store adds links to nodes of one batch much faster than to those of
    long ago.
    """
    batch = Batch()
    for step in heapq.merge(*streams, key=attrgetter("at", "rank")):
        if batch.full(size, step.links):
            yield batch
            batch = Batch()
        step.add(batch)
        batch.weight += step.weight
    yield batch
