"""The card with rows to look at: wrong ones of the slice over right ones of the same class."""

from __future__ import annotations

from html import escape

import streamlit as st

from provgraph_dashboard.errors.examples import COUNT, Example, Examples, examples
from provgraph_dashboard.errors.scene import Scene
from provgraph_dashboard.parts import Html, empty, text
from provgraph_dashboard.shell import show

__all__ = ["examples_card"]


def examples_card(scene: Scene, height: int) -> None:
    """Draw the card."""
    with st.container(border=True, height=height, gap="xsmall", key="errors_examples"):
        inside = scene.inside if scene.subject is not None else scene.rows.known
        if inside is None:
            return
        turn = st.session_state.get("errors_turn", 0)
        found = scene.kept(
            ("examples", turn),
            lambda: examples(scene.graph, scene.analysis, scene.choice.data, inside, scene.rows, turn),
        )
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            show(Html(f'<h2 class="pg-subtitle pg-line">Examples <span class="pg-mute">{_said(scene)}</span></h2>'))
            if found.of > COUNT:
                st.button("Others", icon=":material/refresh:", type="tertiary", key="errors_others", on_click=_turn)
        if not found.wrong:
            show(empty("No row is wrong", ""))
            return
        show(_gallery(found) if found.pictures else _table(found, scene), css_class="pg-examples")


def _turn() -> None:
    st.session_state["errors_turn"] = st.session_state.get("errors_turn", 0) + 1


def _said(scene: Scene) -> str:
    if not scene.binary:
        return "largest loss above, smallest below"
    return "true → predicted, over right ones of the same class"


def _gallery(found: Examples) -> Html:
    return Html(
        f'<div class="pg-gallery" style="--columns: {COUNT}">'
        + "".join(_figure(each, wrong=True) for each in found.wrong)
        + "".join(["<span></span>"] * (COUNT - len(found.wrong)))
        + "".join(_figure(each, wrong=False) if each else "<span></span>" for each in found.right)
        + "</div>"
    )


def _figure(each: Example, *, wrong: bool) -> str:
    name = escape(str(text(each.sample)))
    picture = f'<img src="{each.picture}" alt="{name}">' if each.picture else '<div class="pg-nothing">no picture</div>'
    if not wrong:
        words = text(each.truth or each.said)
    elif each.truth:
        words = Html(f"{text(each.truth)}\u2009→\u2009<b>{text(each.said)}</b>")
    else:
        words = text(each.said)
    return f'<figure title="{name}">{picture}<figcaption>{words}</figcaption></figure>'


def _table(found: Examples, scene: Scene) -> Html:
    """Without pictures: what the samples are called."""
    rows = "".join(
        f"<tr><td>{text(each.sample)}</td><td>{text(each.truth)}{' → ' if each.truth else ''}<b>{text(each.said)}</b>"
        "</td></tr>"
        for each in found.wrong
    )
    sample = scene.analysis.table.role("sample")
    why = "Record predictions with sample=, the path of each picture, to see pictures here."
    if sample is not None:
        why = (
            f"No picture of these samples is among the recorded files on this machine: {sample} must lie where their "
            "source, or the data, was recorded."
        )
    return Html(f'<table class="pg-table">{rows}</table><p class="pg-mute">{text(why)}</p>')
