"""Which contexts count as the pipeline of what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from provgraph.model import Context, NodeKind
from provgraph.store.core import StoreCore
from provgraph.store.reader import Query
from provgraph.tracing.roles import Roles

__all__ = ["Pipelines", "pipelines_of"]

# What takes the place of a pipeline in tools that have none: an MLflow run stands in an experiment, a run of
# OpenLineage belongs to a job.
_INSTEAD: Final = ("Experiment", "Job")


@dataclass(frozen=True, slots=True)
class Pipelines:
    """The contexts that may count as pipelines, by id; `ranks` says which of several count: those of the least rank."""

    contexts: Mapping[int, Context]
    ranks: Mapping[int, int]
    types: tuple[str, ...]

    def chosen(self, ids: Iterable[int]) -> tuple[int | None, ...]:
        """Of the contexts that something stands in, those that count as its pipelines; (None,) if there is none."""
        known = {id_ for id_ in ids if id_ in self.ranks}
        if len(known) < 2:
            return tuple(known) or (None,)
        best = min(self.ranks[id_] for id_ in known)
        return tuple(sorted(id_ for id_ in known if self.ranks[id_] == best))

    def before(self, id_: int | None) -> list[str]:
        """The types of contexts that count in the stead of a pipeline, where something stands in both."""
        if id_ is None:
            return []
        better = self.ranks[id_]
        return sorted({context.type for other, context in self.contexts.items() if self.ranks[other] < better})


def pipelines_of(core: StoreCore, roles: Roles) -> Pipelines:
    """The contexts of a store that count as pipelines."""
    own = roles.type_names("pipeline", core.reader.types())
    types = (*own, *(name for name in _INSTEAD if name not in own))
    contexts: dict[int, Context] = {}
    ranks: dict[int, int] = {}
    for name in types:
        for node in core.reader.find(NodeKind.CONTEXT, Query(type=name)):
            if isinstance(node, Context):
                contexts[node.id] = node
                ranks[node.id] = 0 if name in own else 1 + _INSTEAD.index(name)
    return Pipelines(contexts, ranks, types)
