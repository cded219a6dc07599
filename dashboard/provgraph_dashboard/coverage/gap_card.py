"""A gap: what it is and why it matters, the nodes that have it, and the line that closes it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from provgraph.coverage.kinds import CoverageKind
from provgraph.coverage.remedies import Remedy
from provgraph.coverage.values import CoverageGap
from provgraph.model import Node
from provgraph_dashboard import links
from provgraph_dashboard.drawable import called, short_type
from provgraph_dashboard.parts import muted
from provgraph_dashboard.shell import show

__all__ = ["gap_card", "most_listed"]

_LISTED: Final = 10  # nodes of a gap at first
_STEP: Final = 100  # nodes that are shown in addition on demand
_TOOLS: Final = {
    "provgraph": "provgraph's recorder",
    "mlflow": "MLflow",
    "dvc": "DVC",
    "lfs": "Git LFS",
    "openlineage": "OpenLineage",
    "mlmd": "ML Metadata",
    "prov": "W3C PROV",
}


def most_listed(scope: str) -> int:
    """How many nodes of a gap to ask for: as many as the gap that shows most of them, in this scope."""
    return max(_shown(kind, scope) for kind in CoverageKind)


def _key(kind: CoverageKind, scope: str) -> str:
    return f"coverage_shown_{kind.word}_{scope}"


def _shown(kind: CoverageKind, scope: str) -> int:
    return int(st.session_state.get(_key(kind, scope), _LISTED))


def _show_more(kind: CoverageKind, scope: str) -> None:
    st.session_state[_key(kind, scope)] = _shown(kind, scope) + _STEP


def gap_card(gap: CoverageGap, *, is_open: bool, scope: str) -> None:
    """Draw a gap that can be folded; it shows more of its nodes on demand, remembered for `scope`."""
    with st.expander(links.literal(str(gap)), expanded=is_open, key=f"coverage_gap_{gap.kind.word}"):
        show(muted(gap.kind.why))
        left, right = st.columns([0.42, 0.58], gap="medium")
        with left, st.container(gap="xxsmall", key=f"coverage_nodes_{gap.kind.word}"):
            shown = gap.nodes[: _shown(gap.kind, scope)]
            for node in shown:
                links.page_link(links.explore(node), _named(node))
            if (left_out := gap.count - len(shown)) > 0:
                show(muted(f"{len(shown):,} of {gap.count:,}"))
                st.button(
                    f"Show {min(_STEP, left_out):,} more",
                    key=f"coverage_more_{gap.kind.word}",
                    on_click=_show_more,
                    args=(gap.kind, scope),
                    type="tertiary",
                    icon=":material/expand_more:",
                )
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
