"""The card with rates over time."""

from __future__ import annotations

import streamlit as st

from provgraph.analysis.result import ErrorAnalysis
from provgraph.errors import InvalidValueError
from provgraph.slicing import Term, words
from provgraph_dashboard.errors.address import Every, ask, asked, asks
from provgraph_dashboard.errors.conditions import terms_of
from provgraph_dashboard.errors.daily import Course, course
from provgraph_dashboard.errors.drawn import days
from provgraph_dashboard.errors.scene import Scene
from provgraph_dashboard.parts import Html, empty, text
from provgraph_dashboard.shell import show

__all__ = ["chart_card"]

_FRAME = 66
_LABELS: dict[Every, str] = {"day": "Day", "week": "Week"}


def chart_card(scene: Scene, height: int) -> None:
    """Draw the card."""
    cell = _cell(scene)
    terms: tuple[Term, ...] = ()
    analysis = scene.analysis
    if cell is not None:
        analysis, terms = cell
    elif scene.subject is not None:
        analysis, terms = scene.subject.analysis, scene.subject.terms
    every = scene.asked.every
    shown: Course | None = scene.kept(
        ("course", tuple(map(str, terms)), cell is not None, every),
        lambda: course(analysis, terms, every, binary=scene.binary),
    )
    name = words.joined([str(term) for term in terms]) if terms else "all rows"
    with st.container(border=True, height=height, gap=None, key="errors_chart"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
            with st.container(width="stretch", key="errors_chart_title"):
                show(_title(name, cell is not None, shown))
            if cell is not None:
                st.button("Clear", icon=":material/close:", type="tertiary", key="errors_clear", on_click=_clear)
            if shown is not None:
                _periods(shown.every)
        if shown is None:
            show(empty("When the rows came about is not known", "Record predictions with time=, or with source=."))
            return
        days(shown, key="errors_days", height=height - _FRAME, label=f"Rate over time of {name}")


def _cell(scene: Scene) -> tuple[ErrorAnalysis, tuple[Term, ...]] | None:
    if not scene.asked.cell:
        return None
    try:
        return terms_of(scene.analysis, scene.asked.cell)
    except InvalidValueError:  # a column that is not there: the address was written for another table
        return None


def _title(name: str, cell: bool, shown: Course | None) -> Html:
    if shown is None:
        return Html('<h2 class="pg-subtitle pg-line">Over time</h2>')
    what = "Errors" if shown.binary else "Loss"
    rest = ", the rest dashed" if shown.rest else ""
    before = f", thin: {text(shown.place)} before" if shown.before else ""
    legend = f"{'cell of the map: ' if cell else ''}{text(name)}{rest}{before}"
    return Html(
        f'<h2 class="pg-subtitle pg-line pg-cut" title="{legend}">{what} per {shown.every} '
        f'<span class="pg-mute">{legend}</span></h2>'
    )


def _periods(every: Every) -> None:
    key = f"errors_every:{every}"
    st.segmented_control(
        "Periods",
        list(_LABELS),
        format_func=lambda key: _LABELS[key],
        default=every,
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=asks("every", key),
    )


def _clear() -> None:
    ask(asked().changed(cell=()))
