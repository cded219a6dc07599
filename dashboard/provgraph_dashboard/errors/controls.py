"""The row of controls: model, predictions, outcome, columns, a slice by hand, another model, the answer as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from provgraph import Graph
from provgraph.analysis.result import ErrorAnalysis
from provgraph.interop.cells import frame_csv
from provgraph_dashboard import links
from provgraph_dashboard.certain import CERTAIN_HELP
from provgraph_dashboard.drawable import called
from provgraph_dashboard.errors.address import Asked, ask, asked, asks
from provgraph_dashboard.errors.choices import Choice
from provgraph_dashboard.errors.scene import Scene
from provgraph_dashboard.errors.search import forget, outcomes
from provgraph_dashboard.parts import muted
from provgraph_dashboard.shell import show

__all__ = ["choose_outcome", "choose_table", "compare_with", "download", "search_settings"]

_NOT_COMPARED = ""


def choose_table(choice: Choice, every: Sequence[Choice]) -> None:
    """Model, then its tables: the newest table of a model where that was changed."""
    by_model: dict[str, list[Choice]] = {}
    for each in every:
        by_model.setdefault(_model(each), []).append(each)
    models = list(by_model)
    own = by_model[_model(choice)]
    model_key, table_key = f"errors_model:{_model(choice)}", f"errors_predictions:{choice.ref}"

    def to_model() -> None:
        ask(Asked(predictions=by_model[st.session_state[model_key]][0].ref))

    def to_table() -> None:
        ask(Asked(predictions=st.session_state[table_key]))

    st.selectbox(
        "Model",
        models,
        index=models.index(_model(choice)),
        format_func=lambda ref: _model_name(by_model[ref][0]),
        key=model_key,
        label_visibility="collapsed",
        on_change=to_model,
        width=190,
    )
    refs = [each.ref for each in own]
    st.selectbox(
        "Predictions",
        refs,
        index=refs.index(choice.ref),
        format_func=lambda ref: str(own[refs.index(ref)]),
        key=table_key,
        label_visibility="collapsed",
        on_change=to_table,
        width=270,
    )


def choose_outcome(analysis: ErrorAnalysis, wanted: Asked) -> None:
    """What counts as an error."""
    known = outcomes(analysis)
    current = wanted.outcome or ""
    if current not in known:
        known = {**known, current: str(analysis.outcome)}
    options = list(known)
    key = f"errors_outcome:{current}"

    def choose() -> None:
        ask(asked().changed(outcome=st.session_state[key] or None, slice=(), cell=()))

    st.selectbox(
        "What counts as an error",
        options,
        index=options.index(current),
        format_func=lambda each: known[each],
        key=key,
        label_visibility="collapsed",
        on_change=choose,
        width=172,
    )


def search_settings(graph: Graph, scene: Scene) -> None:
    """Which columns are searched, how deep, and what was sampled."""
    base = scene.held.analysis
    known = list(dict.fromkeys([*base.encoded.names, *base.joined.names.values()]))
    frame = [str(name) for name in base.frame.columns]
    wanted = scene.asked
    label = "All columns" if not wanted.columns else f"{len(scene.analysis.report.columns)} columns"
    with st.popover(label, icon=":material/view_column:", width="content", key="errors_settings"):
        with st.form("errors_search", border=False):
            chosen = st.multiselect(
                "Columns to slice by",
                known,
                default=[name for name in wanted.columns if name in known],
                placeholder="all",
                key=f"errors_columns:{wanted.columns}",
            )
            depth = st.segmented_control(
                "Terms of a slice at most",
                (1, 2, 3),
                default=wanted.depth,
                required=True,
                key=f"errors_depth:{wanted.depth}",
            )
            units = ["", *(name for name in frame if name not in base.outcome.columns)]
            usual = base.unit
            unit = st.selectbox(
                "What was sampled (rows of one resemble each other)",
                units,
                index=units.index(wanted.unit) if wanted.unit in units else 0,
                format_func=lambda name: name or (f"{usual}, as recorded" if usual else "every row by itself"),
                key=f"errors_unit:{wanted.unit}",
            )
            if st.form_submit_button("Search", type="primary"):
                ask(asked().changed(columns=tuple(chosen), depth=depth or 3, unit=unit or None, slice=(), cell=()))
                st.rerun()
        if st.button("Read anew", type="tertiary", icon=":material/refresh:", key="errors_reread"):
            forget(graph, scene.choice, wanted)
            st.rerun()
        show(muted("What stands upstream of the rows is looked up anew after ten minutes, or now."))


def compare_with(choice: Choice, other: Choice | None, every: Sequence[Choice]) -> None:
    """Another table to compare with: those on the same data first."""
    data = choice.data.ref if choice.data is not None else None
    others = [each for each in every if each.ref != choice.ref]
    if other is not None and all(each.ref != other.ref for each in others):
        others.append(other)
    others.sort(key=lambda each: (each.data.ref if each.data is not None else None) != data)
    if not others:
        return
    named = {each.ref: each for each in others}
    options = [_NOT_COMPARED, *named]
    current = other.ref if other is not None else _NOT_COMPARED
    key = f"errors_against:{current}"

    def words(ref: str) -> str:
        if ref == _NOT_COMPARED:
            return "Compare with …"
        each = named[ref]
        same = each.data is not None and each.data.ref == data
        return f"vs {_model_name(each)}" if same else f"vs {_model_name(each)} on {each}"

    def choose() -> None:
        picked = st.session_state[key] or None
        ask(asked().changed(against=picked, listed="worse" if picked else "found", slice=(), cell=()))

    st.selectbox(
        "Compare with",
        options,
        index=options.index(current),
        format_func=words,
        key=key,
        label_visibility="collapsed",
        on_change=choose,
        width=190,
    )


def certain_only(scene: Scene) -> None:
    """The switch that leaves out what only possible links reach upstream; drawn where there is any, or it is on."""
    wanted = scene.asked
    if not (wanted.certain or scene.analysis.lineage_columns.upstream.possible):
        return
    key = f"errors_certain:{wanted.certain}"
    st.toggle(
        "Certain only",
        value=wanted.certain,
        key=key,
        help=CERTAIN_HELP,
        on_change=asks("certain", key, slice=(), cell=()),
    )


def download(scene: Scene, compared: ErrorAnalysis | None) -> None:
    """The list that is shown, as CSV."""
    if compared is not None and compared.comparison is not None and scene.asked.listed != "found":
        frame = compared.comparison.to_frame()
        frame = frame[frame["direction"] == scene.asked.listed]
    else:
        report = scene.analysis.report
        subject = scene.subject
        if subject is not None and subject.by_hand:
            report = replace(report, slices=(*report.slices, subject.found))
        frame = report.to_frame()
    st.download_button(
        "CSV",
        frame_csv(frame),
        file_name="slices.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        help="The list below, with all its numbers",
        disabled=frame.empty,
    )


def notes(scene: Scene, compared: ErrorAnalysis | None) -> None:
    """What was left out, and what to keep in mind."""
    said = list(scene.analysis.report.notes)
    if compared is not None and compared.comparison is not None:
        said = [*compared.comparison.notes, *said]
    said = list(dict.fromkeys(said))
    if said:
        with st.popover(
            f"{len(said)} notes" if len(said) > 1 else "1 note", type="tertiary", width="content", key="errors_notes"
        ):
            for note in said:
                show(muted(note))


def _model(choice: Choice) -> str:
    return choice.model.ref if choice.model is not None else ""


def _model_name(choice: Choice) -> str:
    return called(choice.model) if choice.model is not None else "model not recorded"


def actions(scene: Scene, compared: ErrorAnalysis | None) -> None:
    """What stands at the right of the title."""
    with st.container(horizontal=True, vertical_alignment="center", width="content", gap="medium"):
        notes(scene, compared)
        if scene.choice.model is not None:
            link = links.model(scene.choice.model, certain=scene.asked.certain)
            links.page_link(link, "Model", icon=":material/deployed_code:")
        links.page_link(
            links.explore(scene.choice.table.artifact, certain=scene.asked.certain), "Explore", icon=":material/hub:"
        )
        download(scene, compared)
