"""Which tables of predictions there are, of which model, on which data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from provgraph import Graph
from provgraph.errors import InvalidValueError
from provgraph.model import Artifact
from provgraph.tables.predictions import PREDICTIONS, PredictionTable
from provgraph_dashboard.drawable import called

MOST: Final = 300


@dataclass(frozen=True, slots=True)
class Choice:
    """A table of predictions.

    Attributes:
        table: what is recorded of it.
        model: what it evaluates; None where that is not recorded.
        data: what the model predicted on; None where that is not recorded.
    """

    table: PredictionTable
    model: Artifact | None
    data: Artifact | None

    @property
    def ref(self) -> str:
        """The reference of the table."""
        return self.table.artifact.ref

    def __str__(self) -> str:
        """The table as a choice among those of one model."""
        name = called(self.data) if self.data is not None else called(self.table.artifact)
        return f"{name} · {self.table.rows:,} rows"


def choices(graph: Graph, nodes: Sequence[Artifact] | None = None) -> list[Choice]:
    """The tables, or these of them, newest first; artifacts of the type without a table are left out."""
    if nodes is None:
        found = graph.find(kind="artifact", type=PREDICTIONS, newest_first=True)
        nodes = [node for node in islice(found, MOST) if isinstance(node, Artifact)]
    tables: list[PredictionTable] = []
    for node in nodes:
        try:
            tables.append(graph.predictions(node))
        except InvalidValueError:  # recorded by other means: there are no rows to look at
            continue
    if not tables:
        return []
    lineage = graph.upstream([table.artifact for table in tables], max_hops=2, with_contexts=False)
    inputs: dict[tuple[str, str], str] = {}
    makers: dict[str, list[str]] = {}
    for edge in lineage.edges:
        if edge.kind == "INPUT" and edge.path:
            inputs.setdefault((edge.target, str(edge.path[0])), edge.source)
        elif edge.kind == "OUTPUT":
            makers.setdefault(edge.target, []).append(edge.source)

    def role(table: PredictionTable, name: str) -> Artifact | None:
        refs = (inputs.get((maker, name)) for maker in makers.get(table.artifact.ref, ()))
        node = next((lineage.by_ref[ref] for ref in refs if ref is not None and ref in lineage.by_ref), None)
        return node if isinstance(node, Artifact) else None

    return [Choice(table, role(table, "model"), role(table, "data")) for table in tables]
