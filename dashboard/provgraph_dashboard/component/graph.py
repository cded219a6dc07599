"""The typed border between a picture in Python and its SVG in the browser."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, TypedDict, cast

import streamlit as st
from streamlit.components.v2 import component

from provgraph_dashboard.layout import Box, Placed, Spacing, layered
from provgraph_dashboard.marks import as_script
from provgraph_dashboard.picture import DrawnNode, EdgeStyle, Picture, Side
from provgraph_dashboard.states import look, state_text
from provgraph_dashboard.text import plain
from provgraph_dashboard.theme import css_variables, glyph

_HERE = Path(__file__).parent
# Each file uses only what those before it define; together they are the one module that Streamlit loads.
_SCRIPTS = ("svg", "states", "nodes", "edges", "trace", "view", "panels", "keys", "graph")

_CARD = (164, 48)
_CARD_COMPACT = (156, 43)
_PILL_WIDEST, _PILL_HEIGHT = 156, 30
_PILL_FRAME, _LETTER = 56, 7.2
_MARGIN, _ROOM_FOR_LEGEND, _LEGEND_LINE = 44, 130, 30

Do: TypeAlias = Literal["focus", "expand", "collapse", "more"]
_DOS: Mapping[str, Do] = {"focus": "focus", "expand": "expand", "collapse": "collapse", "more": "more"}
_SIDES: Mapping[str, Side] = {"left": "left", "right": "right"}


@dataclass(frozen=True, slots=True)
class Action:
    """What the user asked for: move the focus to a node, unfold a group, fold it again, or show what is hidden.

    `id` is the id of a drawn node, or of a group for `collapse`; `side` is given for `more`.
    """

    do: Do
    id: str
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class GraphEvent:
    """The state of the graph in the browser: which drawn node is selected, and what was asked for in this run."""

    selected: str | None
    action: Action | None


class _NodeData(TypedDict):
    id: str
    card: bool
    type: str
    name: str
    note: str
    stateText: str
    shape: str
    tone: str
    icon: str
    hue: str
    count: int
    group: str | None
    left: int
    right: int
    x: float
    y: float
    w: float
    h: float
    layer: int


class _EdgeData(TypedDict):
    source: str
    target: str
    style: EdgeStyle
    points: list[list[float]]


class _GraphData(TypedDict):
    nodes: list[_NodeData]
    edges: list[_EdgeData]
    focus: str
    selected: str | None
    route: list[str]
    height: int
    compact: bool
    minScale: float
    maxScale: float
    label: str


def _read(*parts: str) -> str:
    return _HERE.joinpath(*parts).read_text(encoding="utf-8")


_mount = component(
    "provgraph_lineage_graph",
    html=_read("graph.html"),
    css=css_variables(".pg") + _read("graph.css"),
    js=as_script() + "\n".join(_read("js", f"{name}.js") for name in _SCRIPTS),
)


def lineage_graph(
    picture: Picture,
    *,
    key: str,
    height: int = 640,
    selected: str | None = None,
    route: Collection[str] = (),
    compact: bool = False,
    smallest_scale: float = 0.7,
    label: str | None = None,
    on_select: Callable[[], None] | None = None,
    on_action: Callable[[], None] | None = None,
) -> GraphEvent:
    """Draw a picture and return what the user did with it.

    `height` is in pixels, the width is the container's. `selected` is the selection at the start: from then on it lives
    in the browser under `key`, and a new key begins anew. `route` names drawn nodes to light in place of the
    selection's lineage. `compact` draws smaller cards in wider columns, and a legend of unusual lines alone. The
    drawing opens whole if that needs no scale under `smallest_scale`, else on its focus. The callbacks run before the
    script does; `requested_action` tells the second one what was asked for.
    """
    data = graph_data(picture, height, selected, route, compact, smallest_scale, label)
    result = _mount(
        key=key,
        height="content",
        data=data,
        default={"selected": selected},
        on_selected_change=on_select or _nothing,
        on_action_change=on_action or _nothing,
    )
    answer = cast("Mapping[str, object]", result)
    chosen = answer.get("selected")
    known = isinstance(chosen, str) and picture.node(chosen) is not None
    return GraphEvent(chosen if isinstance(chosen, str) and known else None, _action(answer.get("action")))


def requested_action(key: str) -> Action | None:
    """The action of the graph with this key, for use inside its `on_action` callback; None if there is none."""
    state = cast("Mapping[str, object]", st.session_state)
    answer = state.get(key)
    return _action(cast("Mapping[str, object]", answer).get("action")) if answer is not None else None


def graph_data(
    picture: Picture,
    height: int,
    selected: str | None,
    route: Collection[str],
    compact: bool,
    smallest_scale: float,
    label: str | None,
) -> _GraphData:
    """The message to the browser: the picture with its layout, words and marks; plain JSON, no markup."""
    boxes = [Box(node.id, *_size(node, compact)) for node in picture.nodes]
    legend = _LEGEND_LINE if any(edge.style != "flow" for edge in picture.edges) else 0
    spacing = (
        Spacing(column=54, row=12, fill=height - _MARGIN - legend)
        if compact
        else Spacing(column=30, row=16, fill=height - _ROOM_FOR_LEGEND)
    )
    layout = layered(boxes, [(edge.source, edge.target) for edge in picture.edges], spacing)
    points = {(route_.source, route_.target): [list(point) for point in route_.points] for route_ in layout.routes}
    focus = picture.node(picture.focus)
    return {
        "nodes": [_node_data(node, box) for node, box in zip(picture.nodes, layout.boxes, strict=True)],
        "edges": [
            {"source": e.source, "target": e.target, "style": e.style, "points": points[e.source, e.target]}
            for e in picture.edges
        ],
        "focus": picture.focus,
        "selected": selected,
        "route": sorted(route),
        "height": height,
        "compact": compact,
        "minScale": smallest_scale,
        "maxScale": 1.25,
        "label": plain(label or (f"Lineage around {focus.name}" if focus else "Lineage")),
    }


def _size(node: DrawnNode, compact: bool) -> tuple[float, float]:
    """Width and height of a node: cards are all alike, a pill is as wide as its words, up to a limit."""
    if node.kind != "execution":
        return _CARD_COMPACT if compact else _CARD
    words = f"{len(node.members)} {node.type}" if node.folded else node.name
    return min(_PILL_WIDEST, _PILL_FRAME + round(_LETTER * len(words))), _PILL_HEIGHT


def _node_data(node: DrawnNode, box: Placed) -> _NodeData:
    mark, state = glyph(node.type), look(node.state)
    return {
        "id": node.id,
        "card": node.kind != "execution",
        "type": plain(node.type),
        "name": plain(node.name),
        "note": plain(node.note),
        "stateText": state_text(node.state),
        "shape": state.shape,
        "tone": state.tone,
        "icon": mark.icon,
        "hue": mark.hue,
        "count": len(node.members),
        "group": node.group if not node.folded else None,
        "left": node.hidden_left,
        "right": node.hidden_right,
        "x": box.x,
        "y": box.y,
        "w": box.width,
        "h": box.height,
        "layer": box.layer,
    }


def _action(value: object) -> Action | None:
    """What the browser sent, if it has the right form: it is outside input."""
    if not isinstance(value, Mapping):
        return None
    sent = cast("Mapping[str, object]", value)
    do, side, id_ = _DOS.get(str(sent.get("do"))), _SIDES.get(str(sent.get("side"))), sent.get("id")
    if do is None or not isinstance(id_, str) or (do == "more") != (side is not None):
        return None
    return Action(do, id_, side)


def _nothing() -> None:
    """The callback of a state that nobody listens to: Streamlit asks for one to keep the state."""
