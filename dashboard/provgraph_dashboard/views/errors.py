"""Error analysis: where a model fails, since when, and what upstream stands behind it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from provgraph import Graph
from provgraph.analysis.result import ErrorAnalysis
from provgraph.errors import InvalidValueError, LoadError, NotFoundError, ProvgraphError
from provgraph.model import Artifact, NodeKind
from provgraph.tables.predictions import PREDICTIONS
from provgraph_dashboard import links, records
from provgraph_dashboard.drawable import called
from provgraph_dashboard.errors import controls
from provgraph_dashboard.errors.address import Asked, ask, asked
from provgraph_dashboard.errors.by_hand import by_hand
from provgraph_dashboard.errors.chart_card import chart_card
from provgraph_dashboard.errors.choices import Choice, choices
from provgraph_dashboard.errors.examples_card import examples_card
from provgraph_dashboard.errors.list_card import list_card, list_height
from provgraph_dashboard.errors.measured import rate_text
from provgraph_dashboard.errors.memory import Opened
from provgraph_dashboard.errors.origins_card import origins_card
from provgraph_dashboard.errors.scene import Scene, stage
from provgraph_dashboard.errors.search import answer, compared, is_compared, is_open, opened
from provgraph_dashboard.errors.view_card import view_card
from provgraph_dashboard.parts import empty, muted, notice, title
from provgraph_dashboard.shell import show

_HEIGHT = 716
_GAP = 14
_VIEW, _EXAMPLES = 322, 206
_LEAST_CHART = 236

RECORD = """\
graph.record_predictions(model="inspector/7", frame=frame, label="label", prediction="prediction",
                         sample="picture", source="batch", time="time")
"""
LOAD = """\
provgraph load table predictions.csv --model inspector/7 --label label --prediction prediction
"""


def page(graph: Graph) -> None:
    """Draw the page of the predictions in the address, of the model in it, or of the newest predictions."""
    want = asked()
    every = choices(graph)
    choice = _chosen(graph, want, every)
    if choice is None:
        return
    if all(each.ref != choice.ref for each in every):
        every = [*every, choice]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        with st.container(width="stretch", key="errors_title"):
            heading = st.container()
        buttons = st.container(width="content")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="errors_bar"):
        controls.choose_table(choice, every)
        slots = [st.container(width="content") for _ in range(5)]
    place = st.empty()
    try:
        held = _open(graph, choice, want, place)
        analysis = _answer(held, want, place)
        other, both = _compared(graph, held, choice, want, every, place)
    except ProvgraphError as error:
        place.empty()
        with heading:
            show(title("Error analysis"))
        if not _refused(error, want):
            raise
        return
    scene = stage(graph, held, choice, want, analysis)
    with heading:
        show(title("Error analysis"), muted(_subtitle(scene)), css_class="pg-heading")
    with buttons:
        controls.actions(scene, both)
    with slots[0]:
        controls.choose_outcome(analysis, want)
    with slots[1]:
        controls.search_settings(graph, scene)
    with slots[2]:
        by_hand(scene)
    with slots[3]:
        controls.compare_with(choice, other, every)
    with slots[4]:
        controls.certain_only(scene)
    told = _left_aside(want, scene)
    if told:
        show(muted(told))
    _body(graph, held, choice, other)


@st.fragment
def _body(graph: Graph, held: Opened, choice: Choice, other: Choice | None) -> None:
    """The cards; a click in one reruns only these."""
    with records.trouble_shown():
        want = asked()
        analysis = answer(held, want)
        both = None if other is None else compared(graph, held, choice, other, want, None)
        scene = stage(graph, held, choice, want, analysis)
        with st.container(key="errors_body"):
            left, right = st.columns([0.62, 0.38], gap="small")
            with left:
                high = min(list_height(scene, both), _HEIGHT - _GAP - _LEAST_CHART)
                list_card(scene, both, other)
                chart_card(scene, _HEIGHT - _GAP - high)
            with right:
                view_card(scene, _VIEW)
                examples_card(scene, _EXAMPLES)
                origins_card(scene, _HEIGHT - _VIEW - _EXAMPLES - 2 * _GAP)


# -- which table --------------------------------------------------------------------------------------------------


def _chosen(graph: Graph, want: Asked, every: Sequence[Choice]) -> Choice | None:
    """The table of the address, or the newest one; None after saying on the page why there is none."""
    if want.predictions is not None:
        node = records.resolve(graph, want.predictions, NodeKind.ARTIFACT)
        if not isinstance(node, Artifact):
            return None
        found = [each for each in every if each.ref == node.ref] or (
            choices(graph, [node]) if node.type == PREDICTIONS else []
        )
        if not found:
            records.refusal(
                f"{node.type} {called(node)} is no table of predictions",
                "This page is about tables that were recorded with record_predictions, or loaded with `load table`.",
            )
        return found[0] if found else None
    if want.model is not None:
        node = records.resolve(graph, want.model, NodeKind.ARTIFACT)
        if not isinstance(node, Artifact):
            return None
        found = _of_model(graph, node, every)
        if not found:
            with st.container():
                _no_predictions(f"No predictions of {called(node)} are recorded", every)
        return found[0] if found else None
    if not every:
        if not graph.census():
            records.empty_store()
        else:
            _no_predictions("No predictions are recorded yet", every)
        return None
    return every[0]


def _of_model(graph: Graph, model: Artifact, every: Sequence[Choice]) -> list[Choice]:
    found = [each for each in every if each.model is not None and each.model.ref == model.ref]
    return found or choices(graph, graph.prediction_tables(model))


def _no_predictions(heading: str, every: Sequence[Choice]) -> None:
    show(empty(heading, "Record one row per prediction beside an evaluation, or load a table that is there already:"))
    _, middle, _ = st.columns([1, 4, 1])
    with middle:
        st.code(RECORD, language="python")
        st.code(LOAD, language="shell")
        if every:
            links.page_link(links.errors(), "Predictions of another model", icon=":material/query_stats:")
        st.button("Look again", key="errors_look_again", icon=":material/refresh:")


def _other(graph: Graph, want: Asked, choice: Choice, every: Sequence[Choice]) -> Choice | None:
    """The table to compare with: named itself, or by its model, then on the same data if there is one."""
    if want.against is None:
        return None
    node = records.resolve(graph, want.against, NodeKind.ARTIFACT)
    if not isinstance(node, Artifact):
        return None
    if node.type == PREDICTIONS:
        found = [each for each in every if each.ref == node.ref] or choices(graph, [node])
    else:
        found = _of_model(graph, node, every)
        data = choice.data.ref if choice.data is not None else None
        found = [each for each in found if each.data is not None and each.data.ref == data] or found
    found = [each for each in found if each.ref != choice.ref]
    if not found:
        show(muted(f"{called(node)} has no other predictions to compare with: left aside."))
    return found[0] if found else None


# -- answers, with progress ---------------------------------------------------------------------------------------


class _Progress:
    """Shows how far it is, at most a few times a second; before the first word, where the cards will be."""

    def __init__(self, place: DeltaGenerator, heading: str) -> None:
        self._place = place
        self._heading = heading
        self._last = time.monotonic()
        with place:
            st.skeleton(height=_HEIGHT)

    def __call__(self, done: int, total: int | None, words: str) -> None:
        now = time.monotonic()
        if now - self._last < 0.3:
            return
        self._last = now
        of = f" of {total:,}" if total else ""
        share = min(done / total, 1.0) if total else 0.0
        self._place.progress(share, text=f"{self._heading}: {done:,}{of} {words}")


def _open(graph: Graph, choice: Choice, want: Asked, place: DeltaGenerator) -> Opened:
    if is_open(graph, choice, want):
        return opened(graph, choice, want)
    held = opened(graph, choice, want, _Progress(place, "Reading the predictions"))
    place.empty()
    return held


def _answer(held: Opened, want: Asked, place: DeltaGenerator) -> ErrorAnalysis:
    many = held.analysis.encoded.rows > 100_000
    found = answer(held, want, _Progress(place, "Searching") if many else None)
    if many:
        place.empty()
    return found


def _compared(
    graph: Graph, held: Opened, choice: Choice, want: Asked, every: Sequence[Choice], place: DeltaGenerator
) -> tuple[Choice | None, ErrorAnalysis | None]:
    other = _other(graph, want, choice, every)
    if other is None:
        return None, None
    told = None if is_compared(held, other, want) else _Progress(place, "Comparing")
    try:
        found = compared(graph, held, choice, other, want, told)
    except (InvalidValueError, NotFoundError, LoadError) as error:
        place.empty()
        show(notice("warn", f"{called(choice.table.artifact)} cannot be compared with {other}", str(error)))
        return None, None
    place.empty()
    return other, found


def _refused(error: ProvgraphError, want: Asked) -> bool:
    """Say why the table cannot be analysed; false for what is no fault of table or address."""
    if isinstance(error, NotFoundError):
        show(notice("bad", "The file of these predictions is missing", str(error)))
    elif isinstance(error, LoadError):
        show(notice("bad", "The file of these predictions was changed", str(error)))
    elif isinstance(error, InvalidValueError):
        show(notice("warn", "These predictions cannot be analysed as asked", str(error)))
        plain = replace(want, outcome=None, columns=(), unit=None, slice=(), cell=(), wrong=())
        if plain != want:
            st.button("Analyse as usual", key="errors_usual", on_click=lambda: ask(plain))
    else:
        return False
    return True


# -- words --------------------------------------------------------------------------------------------------------


def _subtitle(scene: Scene) -> str:
    report = scene.analysis.report
    if scene.binary:
        rate = rate_text(report.rate, binary=True)
        words = [f"{report.errors or 0:,} of {report.rows:,} rows wrong ({rate})"]
    else:
        words = [f"{report.rows:,} rows, mean {rate_text(report.rate, binary=False)}"]
    if scene.asked.outcome is not None:
        words.append(report.outcome)
    method = {"bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"}.get(str(report.options.get("correction")), "")
    found = len(report.slices)
    words.append(f"{found} of {report.tested:,} tested slices shown, {method}")
    return " · ".join(words)


def _left_aside(want: Asked, scene: Scene) -> str:
    known = {*map(str, scene.analysis.frame.columns), *scene.held.analysis.encoded.names}
    wrong = list(want.wrong)
    wrong += [
        f"{name} {value[:40]!r}"
        for name, value in (("x", want.x), ("y", want.y), ("strata", want.strata))
        if value is not None and value not in known
    ]
    unknown = [each.column for each in want.cell if each.column not in known]
    wrong += [f"a cell of {name[:40]!r}" for name in unknown]
    return f"The address names {', '.join(wrong)}: not known here, and left aside." if wrong else ""
