"""A gap: what it is and why it matters, the nodes that have it, and the line that closes it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from provgraph.coverage.remedies import Remedy
from provgraph.coverage.values import CoverageGap
from provgraph.model import Node
from provgraph_dashboard import links
from provgraph_dashboard.drawable import called, short_type
from provgraph_dashboard.parts import muted
from provgraph_dashboard.shell import show

__all__ = ["LISTED", "gap_card"]

LISTED: Final = 10  # nodes of a gap
_TOOLS: Final = {
    "provgraph": "provgraph's recorder",
    "mlflow": "MLflow",
    "dvc": "DVC",
    "lfs": "Git LFS",
    "openlineage": "OpenLineage",
    "mlmd": "ML Metadata",
    "prov": "W3C PROV",
}


def gap_card(gap: CoverageGap, *, is_open: bool) -> None:
    """Draw a gap that can be folded."""
    with st.expander(links.literal(str(gap)), expanded=is_open, key=f"coverage_gap_{gap.kind.word}"):
        show(muted(gap.kind.why))
        left, right = st.columns([0.42, 0.58], gap="medium")
        with left, st.container(gap="xxsmall", key=f"coverage_nodes_{gap.kind.word}"):
            for node in gap.nodes:
                links.page_link(links.explore(node), _named(node))
            if not gap.complete:
                show(muted(f"and {gap.count - len(gap.nodes):,} more: provgraph coverage --limit 0 names all"))
        with right, st.container(gap="small"):
            for each in gap.remedies:
                _remedy(each, alone=len(gap.remedies) == 1)


def _named(node: Node) -> str:
    name = called(node)
    return name if name.startswith(short_type(node.type)) else f"{short_type(node.type)} {name}"


def _remedy(each: Remedy, *, alone: bool) -> None:
    tool = _TOOLS.get(each.tool, each.tool)
    count = "" if alone else f" ({each.count:,})"
    with st.container(gap="xxsmall"):
        show(muted(f"Recorded by {tool}{count}. {each.where}".strip()))
        st.code(each.code, language=None if each.language == "shell" else each.language, wrap_lines=True)
