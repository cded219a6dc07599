"""Who says that a node has the links that it has, and how sure that is: links alike in this, counted."""

from __future__ import annotations

from collections.abc import Iterable

from provgraph.cli.text import local_time
from provgraph.model import Node
from provgraph.tracing.lineage import Edge
from provgraph_dashboard.parts import Html, key_values

__all__ = ["who_says_so"]

_MOST = 8
_SURE = {"observed": "seen by", "declared": "declared by", "inferred": "inferred by"}
_WORDS = {
    "INPUT": ("used by", "input"),
    "OUTPUT": ("made by", "output"),
    "POSSIBLE_INPUT": ("possibly used by", "possible input"),
    "POSSIBLE_OUTPUT": ("possibly made by", "possible output"),
    "PENDING_OUTPUT": ("to be made by", "pending output"),
    "DERIVATION": ("derived from", "derived"),
    "SAME_AS": ("same as", "same as"),
}


def who_says_so(node: Node, edges: Iterable[Edge]) -> Html | None:
    """The links of a node by what they are and by who said so when; None if it has none."""
    groups: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        if node.ref in (edge.source, edge.target) and not (edge.kind == "SAME_AS" and edge.target == node.ref):
            groups.setdefault((_named(edge, node.ref), _said(edge)), []).append(edge)
    if not groups:
        return None
    shown = list(groups.items())[:_MOST]
    lines: dict[str, list[str]] = {}
    for (name, said), alike in shown:
        lines.setdefault(name, []).append(f"{len(alike):,} {said}{_learnt(alike)}")
    found = {name: "; ".join(words) for name, words in lines.items()}
    if len(groups) > _MOST:
        found["and"] = f"{len(groups) - _MOST:,} more"
    return key_values(found)


def _named(edge: Edge, ref: str) -> str:
    of_artifact, of_execution = _WORDS.get(edge.kind, (edge.kind, edge.kind))
    if edge.kind == "DERIVATION":
        return of_artifact if edge.target == ref else of_execution
    return of_artifact if ref.startswith("artifact") else of_execution


def _said(edge: Edge) -> str:
    sure = _SURE.get(edge.certainty or "", "recorded by")
    where = f" ({edge.recorded_from})" if edge.recorded_from else ""
    return f"{sure} {edge.recorded_by or 'somebody who left no name'}{where}"


def _learnt(edges: Iterable[Edge]) -> str:
    times = [edge.recorded_at for edge in edges if edge.recorded_at is not None]
    return f", known since {local_time(min(times))}" if times else ""
