"""Two nodes of one type side by side."""

from __future__ import annotations

import streamlit as st

from provgraph import Graph
from provgraph.interop.plain import plain_properties
from provgraph.model import Artifact, Execution, Node
from provgraph_dashboard.drawable import called, state_of
from provgraph_dashboard.parts import Cell, changed, muted, table
from provgraph_dashboard.recorded_values import short_value
from provgraph_dashboard.shell import show

_CANDIDATES = 50


@st.dialog("Compare", width="large")
def compare(graph: Graph, node: Artifact | Execution) -> None:
    """Choose another node of the same type, and see what differs."""
    found = graph.find(kind=node.kind, type=node.type, newest_first=True, limit=_CANDIDATES + 1)
    others = [other for other in found if other.ref != node.ref][:_CANDIDATES]
    if not others:
        show(muted(f"There is no other {node.type} in this store."))
        return
    other = st.selectbox(
        f"With which of the newest {node.type} nodes?", others, format_func=lambda n: f"{called(n)}  ({n.ref})"
    )
    rows = [(name, *changed(_cell(old), _cell(new))) for name, (old, new) in _side_by_side(other, node).items()]
    show(table(("", called(other), called(node)), rows))


def _side_by_side(one: Node, other: Node) -> dict[str, tuple[object, object]]:
    left, right = _values(one), _values(other)
    return {name: (left.get(name), right.get(name)) for name in sorted(left.keys() | right.keys())}


def _values(node: Node) -> dict[str, object]:
    """Fields and properties by name; a declared property and a custom one of one name stay apart."""
    found: dict[str, object] = {"state": (state_of(node) or "").lower()}
    if isinstance(node, Artifact):
        found |= {"uri": node.uri, "digest": node.digest}
    found |= plain_properties(node.custom_properties)
    declared = plain_properties(node.properties)
    return {**found, **{f"{name} (declared)" if name in found else name: declared[name] for name in declared}}


def _cell(value: object) -> Cell:
    return None if value is None else short_value(value, 120)
