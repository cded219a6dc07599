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
from provgraph_dashboard.states import state_text

_CANDIDATES = 50


@st.dialog("Compare", width="large")
def compare(graph: Graph, node: Artifact | Execution) -> None:
    """Choose another node of the same type, and see what differs."""
    found = graph.find(kind=node.kind, type=node.type, newest_first=True, limit=_CANDIDATES + 1)
    others = {other.ref: other for other in found if other.ref != node.ref}
    if not others:
        show(muted(f"There is no other {node.type} in this store."))
        return
    # Streamlit copies the chosen option deeply on every run: a reference costs it nothing.
    chosen = st.selectbox(
        f"With which of the newest {node.type} nodes?",
        list(others)[:_CANDIDATES],
        format_func=lambda ref: f"{called(others[ref])}  ({ref})",
    )
    other = others[chosen]
    rows = [(name, *changed(_cell(old), _cell(new))) for name, (old, new) in _side_by_side(other, node).items()]
    show(table(("", called(other), called(node)), rows))


def _side_by_side(one: Node, other: Node) -> dict[str, tuple[object, object]]:
    left, right = _values(one), _values(other)
    return {name: (left.get(name), right.get(name)) for name in sorted(left.keys() | right.keys())}


def _values(node: Node) -> dict[str, object]:
    """Fields and properties by name; a field, a declared property and a custom one of one name stay apart."""
    found: dict[str, object] = {"state": state_text(state_of(node))}
    if isinstance(node, Artifact):
        found |= {"uri": node.uri, "digest": node.digest}
    custom = plain_properties(node.custom_properties)
    found |= {f"{name} (custom)" if name in found else name: value for name, value in custom.items()}
    declared = plain_properties(node.properties)
    return {**found, **{f"{name} (declared)" if name in found else name: declared[name] for name in declared}}


def _cell(value: object) -> Cell:
    return None if value is None else short_value(value, 120)
