"""Explore: the graph around a node, and what is recorded of the node that is chosen in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from provgraph import Graph
from provgraph.model import Artifact, Context, Execution, Node, NodeKind
from provgraph.tracing.lineage import Direction
from provgraph_dashboard import links, node_panel
from provgraph_dashboard.certain import certain_only, odd_certain
from provgraph_dashboard.component import lineage_graph, requested_action
from provgraph_dashboard.drawable import called, state_of
from provgraph_dashboard.found import search
from provgraph_dashboard.node_compare import compare
from provgraph_dashboard.parts import (
    certificate,
    empty,
    key_values,
    muted,
    state_chip,
    subtitle,
    title,
    type_chip,
)
from provgraph_dashboard.picture import DrawnNode, Picture, Side, View
from provgraph_dashboard.records import empty_store, resolve, trouble_shown
from provgraph_dashboard.said import who_says_so
from provgraph_dashboard.scene import Ask, Scene, drawn, extend, look, told
from provgraph_dashboard.shell import show

_DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
_ORDER: tuple[Direction, ...] = ("upstream", "both", "downstream")
_HOPS = (2, 3, 4, 6, 8)
_HEIGHT = 715
_RESULTS = 10
_COUNTED = 2_000
_LONGEST = 200
_STATE = "_explore"


@dataclass
class _Stage:
    """What this session sees: the scene, what is opened in it, and what was asked for and is not done yet."""

    scene: Scene
    view: View
    wish: tuple[str, Side] | None = None
    moved: bool = False


def page(graph: Graph) -> None:
    """Draw the page."""
    value = st.query_params.get("focus")
    focus = resolve(graph, value) if value else _newest(graph)
    if focus is None:
        if not value:
            empty_store()
        return
    ask = _controls(graph, focus)
    before = cast("_Stage | None", st.session_state.get(_STATE))
    view = before.view if before is not None and before.scene.focus.ref == focus.ref else View()
    with st.spinner("Walking the graph …", show_time=False):
        scene = look(graph, focus, ask)
        for pull in reversed(view.pulls):
            scene = _extended(graph, scene, view, pull.id, pull.side)
    st.session_state[_STATE] = _Stage(scene, view)
    _body(graph)


def _newest(graph: Graph) -> Node | None:
    """Where to begin if nobody says: the newest model, else the newest of anything."""
    models = graph.latest_models(1)
    if models:
        return models[0]
    for kind in ("artifact", "execution", "context"):
        for node in graph.find(kind=kind, newest_first=True, limit=1):
            return node
    return None


# -- the row of controls ------------------------------------------------------------------------------------------


def _controls(graph: Graph, focus: Node) -> Ask:
    types = sorted({t.name for t in graph.types() if t.kind is not NodeKind.CONTEXT})
    refused = _refused(types)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="explore_bar"):
        _picker(graph, focus)
        direction = st.segmented_control(
            "Direction",
            _ORDER,
            default="both",
            key="dir",
            bind="query-params",
            label_visibility="collapsed",
            required=True,
        )
        hops = st.segmented_control(
            "Hops",
            _HOPS,
            default=3,
            key="hops",
            bind="query-params",
            label_visibility="collapsed",
            required=True,
        )
        chosen = st.multiselect(
            "Types",
            types,
            key="types",
            bind="query-params",
            label_visibility="collapsed",
            placeholder="All types",
            width=230,
        )
        certain = certain_only()
        st.session_state["_explore_count"] = st.empty()
    if refused:
        show(muted(refused))
    ways: dict[str | None, Direction] = {known: known for known in _DIRECTIONS}
    way = ways.get(direction, _DIRECTIONS[-1])
    return Ask(way, hops or 3, tuple(chosen), certain)


def _refused(types: Sequence[str]) -> str:
    """What the address asks for and nobody can have: it is left aside, and told."""
    wrong: list[str] = []
    direction, hops = st.query_params.get("dir"), st.query_params.get("hops")
    if direction is not None and direction not in _DIRECTIONS:
        wrong.append(f"the direction {direction[:40]!r}")
    if hops is not None and hops not in map(str, _HOPS):
        wrong.append(f"{hops[:40]!r} hops")
    if odd := odd_certain():
        wrong.append(odd)
    wrong += [f"the type {name[:40]!r}" for name in st.query_params.get_all("types") if name not in types][:3]
    return f"The address names {', '.join(wrong)}: not known here, and left aside." if wrong else ""


@st.fragment
def _picker(graph: Graph, focus: Node) -> None:
    with (
        st.popover(links.literal(_tail(called(focus))), icon=":material/search:", width=330),
        trouble_shown(),
    ):
        words = st.text_input(
            "Find another node",
            key="explore_find",
            placeholder="Name, type, URI, key or artifact:12",
        )
        wanted = (words or "").strip()[:_LONGEST]
        if not wanted:
            show(muted("Type a part of what it is called, then Enter."))
            return
        nodes, more = search(graph, wanted, _RESULTS)
        for node in nodes:
            label = links.literal(f"{node.type} · {called(node)}  ({node.ref})")
            if st.button(label, key=f"pick {node.ref}", type="tertiary", width="stretch"):
                _move(node.ref)
                st.rerun()
        if not nodes:
            show(muted("Nothing fits."))
        if more:
            show(muted(f"These are the newest {_RESULTS}: say more to narrow it down."))


def _tail(name: str, most: int = 42) -> str:
    """The end of a long name: that is where names of one kind differ."""
    return name if len(name) <= most else f"…{name[1 - most :]}"


def _move(ref: str) -> None:
    st.query_params["focus"] = ref


# -- the graph and the panel ------------------------------------------------------------------------------------------


@st.fragment
def _body(graph: Graph) -> None:
    stage = cast("_Stage", st.session_state[_STATE])
    if stage.moved:
        st.rerun()
    with trouble_shown():
        _fulfil(graph, stage)
        shown = drawn(stage.scene, stage.view)
        key = f"explore graph {stage.scene.focus.ref}"
        with st.container(key="explore_body"):
            left, right = st.columns([0.77, 0.23], gap="small")
            with left:
                selected = _graph(shown, key)
                whole, sentence = told(stage.scene, shown)
                if sentence:
                    show(certificate(whole, sentence))
            with right, st.container(border=True, height=_HEIGHT + 2, gap="xsmall", key="explore_panel"):
                _panel(graph, stage, shown, selected)
        with cast("DeltaGenerator", st.session_state["_explore_count"]):
            show(muted(f"{shown.shown:,} of {shown.total:,} drawn"))


def _graph(shown: Picture, key: str) -> str | None:
    if not shown.nodes:
        show(empty("Nothing to draw", "No execution and no artifact is recorded in this context."))
        return None
    focus = shown.node(shown.focus)
    event = lineage_graph(
        shown,
        key=key,
        height=_HEIGHT,
        selected=focus.id if focus else None,
        on_action=lambda: _act(key),
    )
    return event.selected


def _act(key: str) -> None:
    """What was asked for in the graph; runs before the fragment does."""
    stage = cast("_Stage", st.session_state[_STATE])
    action = requested_action(key)
    if action is None:
        return
    if action.do == "focus":
        _move(action.id)
        stage.moved = True
    elif action.do == "expand":
        stage.view = stage.view.unfold(action.id)
    elif action.do == "collapse":
        stage.view = stage.view.fold(action.id)
    elif action.side is not None:
        stage.wish = (action.id, action.side)


def _fulfil(graph: Graph, stage: _Stage) -> None:
    if stage.wish is None:
        return
    id_, side = stage.wish
    stage.wish = None
    with st.spinner("Fetching neighbours …", show_time=False):
        stage.scene = _extended(graph, stage.scene, stage.view, id_, side)
    stage.view = stage.view.pull(id_, side)


def _extended(graph: Graph, scene: Scene, view: View, id_: str, side: Side) -> Scene:
    node = drawn(scene, view).node(id_)
    return extend(graph, scene, node.members, side) if node is not None else scene


def _panel(graph: Graph, stage: _Stage, shown: Picture, selected: str | None) -> None:
    unit = shown.node(selected)
    if unit is None:
        if isinstance(stage.scene.focus, Context):
            _about(graph, stage, stage.scene.focus, None)
        else:
            show(empty("Nothing selected", "Click a node, or press Tab and the arrow keys."))
    elif unit.folded:
        _about_group(stage, unit)
    else:
        _about(graph, stage, stage.scene.nodes[unit.id], unit)


def _about(graph: Graph, stage: _Stage, node: Node, unit: DrawnNode | None) -> None:
    contexts = stage.scene.contexts.get(node.ref, ())
    show(*node_panel.head(node, contexts))
    _buttons(graph, stage, node, unit)
    message = node_panel.error(node)
    if message is not None:
        show(message)
    found = node_panel.properties(node)
    if found:
        show(*found)
    if isinstance(node, Artifact) and node.uri:
        show(subtitle("URI"))
        st.code(node.uri, language=None, wrap_lines=True)
    more = node_panel.circumstances(node)
    if more is not None:
        with st.expander("Taken down by itself" if isinstance(node, Execution) else "Identity"):
            show(more)
    said = who_says_so(node, stage.scene.edges)
    if said is not None:
        with st.expander("Who says so"):
            show(said)
    for context in contexts:
        links.page_link(links.explore(context), f"{context.type} {context.label}", icon=":material/folder:")
    if not isinstance(node, Context):
        _counts(graph, stage.scene, node)


def _buttons(graph: Graph, stage: _Stage, node: Node, unit: DrawnNode | None) -> None:
    with st.container(horizontal=True, gap="xxsmall", key="explore_buttons"):
        if isinstance(node, Artifact):
            if st.button("Impact", icon=":material/track_changes:", type="primary", key="explore_impact"):
                links.go(links.impact(node, certain=stage.scene.ask.certain))
            if node.type == "Model" and st.button("Answers", icon=":material/deployed_code:", key="explore_model"):
                links.go(links.model(node, certain=stage.scene.ask.certain))
        if node.ref != stage.scene.focus.ref and st.button(
            "Focus", icon=":material/center_focus_strong:", key="explore_focus"
        ):
            _move(node.ref)
            st.rerun()
        if not isinstance(node, Context):
            st.button(
                "Upstream", icon=":material/west:", key="explore_upstream", on_click=_turn, args=(node.ref, "upstream")
            )
            if st.button("Compare …", icon=":material/compare_arrows:", key="explore_compare"):
                compare(graph, node)
        elif st.button("Runs", icon=":material/play_circle:", key="explore_runs"):
            links.go(links.runs(node) if node.type.lower() == "pipeline" else links.runs(run=node))
        if (
            unit is not None
            and unit.group is not None
            and st.button("Fold", icon=":material/unfold_less:", key="explore_fold")
        ):
            stage.view = stage.view.fold(unit.group)
            st.rerun(scope="fragment")


def _turn(ref: str, direction: Direction) -> None:
    _move(ref)
    st.session_state["dir"] = direction
    cast("_Stage", st.session_state[_STATE]).moved = True


def _about_group(stage: _Stage, unit: DrawnNode) -> None:
    show(
        type_chip(unit.type, kind=unit.kind),
        state_chip(unit.state) if unit.state != "unknown" else muted(""),
        title(f"{len(unit.members)} × {unit.type}"),
        muted(unit.name),
    )
    if st.button("Unfold", icon=":material/unfold_more:", key="explore_unfold", width="stretch"):
        stage.view = stage.view.unfold(unit.id)
        st.rerun(scope="fragment")
    members = [stage.scene.nodes[ref] for ref in unit.members]
    table = {
        "name": [called(node) for node in members],
        "state": [(state_of(node) or "").lower().replace("_", " ") for node in members],
    }
    picked = st.dataframe(  # pyright: ignore[reportUnknownMemberType]
        table,
        hide_index=True,
        height=min(400, 38 + 35 * len(members)),
        on_select="rerun",
        selection_mode="single-row",
        key=f"explore members {unit.id}",
    )
    rows = picked["selection"]["rows"]
    if rows and rows[0] < len(members):
        node = members[rows[0]]
        show(*node_panel.head(node, stage.scene.contexts.get(node.ref, ())))
        if st.button("Focus", icon=":material/center_focus_strong:", type="primary", key="explore_member"):
            _move(node.ref)
            st.rerun()


def _counts(graph: Graph, scene: Scene, node: Artifact | Execution) -> None:
    """Last in the panel: counting takes a moment where much is reached, and the rest is there before."""
    beside = scene.neighbours.get(node.ref)
    up = graph.reach(node, "upstream", at_most=_COUNTED, certain_only=scene.ask.certain)
    down = graph.reach(node, "downstream", at_most=_COUNTED, certain_only=scene.ask.certain)
    values = {"upstream": _nodes(up), "downstream": _nodes(down)}
    if beside is not None:
        values |= {"inputs": f"{beside.before:,}", "outputs": f"{beside.after:,}"}
        if isinstance(node, Artifact):
            values = {"upstream": _nodes(up), "downstream": _nodes(down), "made by": f"{beside.before:,}"}
            values["used by"] = f"{beside.after:,}"
    show(subtitle("Lineage"), key_values(values))


def _nodes(count: int) -> str:
    if count >= _COUNTED:
        return f"{_COUNTED:,} nodes or more"
    return f"{count:,} node{'' if count == 1 else 's'}"
