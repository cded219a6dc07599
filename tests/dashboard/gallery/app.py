"""Synthetic pictures in the real component, for the browser tests: `/?scene=NAME` chooses one."""

from __future__ import annotations

import streamlit as st

from provgraph_dashboard.component import lineage_graph, requested_action
from provgraph_dashboard.parts import (
    Tile,
    answer,
    certificate,
    empty,
    key_values,
    notice,
    route,
    state_chip,
    table,
    tiles,
    title,
    type_chip,
)
from provgraph_dashboard.picture import Beyond, View, picture
from provgraph_dashboard.shell import frame, show
from provgraph_dashboard.states import LOOKS
from tests.dashboard.gallery.scenes import SCENES, Scene

frame("Gallery")
scene: Scene = SCENES[st.query_params.get("scene", "plant")]
views: dict[str, View] = st.session_state.setdefault("views", {})
focuses: dict[str, str] = st.session_state.setdefault("focuses", {})


def on_action() -> None:
    action = requested_action(key)
    if action is None:
        return
    view = views.get(scene.name, View())
    if action.do == "focus":
        focuses[scene.name] = action.id
    elif action.do == "expand":
        views[scene.name] = view.unfold(action.id)
    elif action.do == "collapse":
        views[scene.name] = view.fold(action.id)
    elif action.side:
        views[scene.name] = view.pull(action.id, action.side)


focus = focuses.get(scene.name, scene.focus)
key = f"graph-{scene.name}-{focus}"
if scene.name == "parts":
    show(title("capture/<b>plant-2</b>", before="If", after="changed", code=True))
    show(tiles([Tile(13, "deployments reached", hot=True), Tile(2, "models"), Tile(1234567, "datasets")]))
    show(certificate(True, "42 of 42 nodes walked, no open frontier.", "The answer is complete."))
    show(certificate(False, "Stopped at 500 nodes, 12 of them with more behind.", "Raise the limit."))
    left, right = st.columns(2)
    with left:
        show(*(state_chip(state) for state in LOOKS))
        show(*(type_chip(name) for name in ("Dataset", "CaptureBatch", "Labels", "Model", "Metrics", "Never<b>Seen")))
        show(key_values({"rows": 18906, "note": "<script>alert(1)</script>", "commit": None}))
    with right:
        show(
            answer("Which data?", "digits-train/v14", "84 capture batches"),
            table(["name", "v13", "v14"], [["lr", 0.1, 1]]),
        )
        show(notice("bad", "Failed", "MemoryError", code="Traceback\n  line 1\nMemoryError: <out>"))
        show(route(["a", "b", "c"]), empty("Nothing recorded yet", "Record a first run."))
    st.button("Impact", type="primary")
else:
    drawn = picture(
        scene.nodes,
        scene.edges,
        focus,
        views.get(scene.name),
        contexts=scene.contexts,
        beyond={ref: Beyond(*more) for ref, more in scene.beyond.items()},
        limit=scene.limit,
    )
    event = lineage_graph(
        drawn,
        key=key,
        height=scene.height,
        compact=scene.compact,
        route=scene.route,
        selected=scene.selected,
        smallest_scale=0.6 if scene.compact else 0.7,
        on_action=on_action,
    )
    st.text(f"selected: {event.selected}")
    st.text(f"focus: {focus}")
    st.text(f"drawn: {len(drawn.nodes)} of {drawn.total}")
