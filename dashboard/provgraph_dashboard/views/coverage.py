"""Coverage: how much of what the records should have is there, by pipeline, and how to close each gap."""

from __future__ import annotations

import streamlit as st

from provgraph import Graph
from provgraph.coverage.values import Coverage
from provgraph.errors import InvalidValueError
from provgraph.model import Context, NodeKind
from provgraph_dashboard import links, records
from provgraph_dashboard.coverage.gap_card import gap_card, most_listed
from provgraph_dashboard.coverage.pipelines import pipeline_rows, pipelines_table, score_tiles
from provgraph_dashboard.drawable import called
from provgraph_dashboard.parts import empty, muted, notice, subtitle, tiles, title
from provgraph_dashboard.shell import show


def page(graph: Graph) -> None:
    """Draw the page of the whole store, or of `?pipeline=`."""
    value = st.query_params.get("pipeline")
    chosen = None if value is None else records.resolve(graph, value, NodeKind.CONTEXT)
    if value is not None and chosen is None:
        return
    if chosen is None and not graph.census():
        records.empty_store()
        return
    scope = chosen.ref if chosen else "all"
    try:
        with st.spinner("Counting what is there and what is not …"):
            found = graph.coverage(chosen, listed=most_listed(scope))
    except InvalidValueError:
        what = called(chosen) if chosen else ""
        records.refusal(f"{what} is no pipeline", "Coverage is counted by pipelines, experiments and jobs.", back=False)
        links.page_link(links.coverage(), "All pipelines", icon=":material/arrow_back:")
        return
    _header(found)
    if not found.score.expected and not found.gaps:
        show(empty("Nothing to expect", "No execution, model, deployment or dataset is recorded here."))
        return
    with st.container(key="coverage_score"):
        show(tiles(score_tiles(found)))
    if found.pipeline is None:
        with st.container(gap="xxsmall", key="coverage_pipelines"):
            show(subtitle("Pipelines"))
            pipelines_table(pipeline_rows(found))
    _gaps(found, scope)
    with st.container(gap="xxsmall"):
        for sentence in found.unknown:
            show(muted(sentence))


def _header(found: Coverage) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(width="content"):
            named = found.pipeline
            show(title("Coverage") if named is None else title(called(named), before="Coverage of", code=True))
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="medium"):
            if found.pipeline is None:
                _choose(found)
            else:
                links.page_link(links.runs(found.pipeline), "Runs", icon=":material/play_circle:")
                links.page_link(links.coverage(), "All pipelines", icon=":material/arrow_back:")


def _choose(found: Coverage) -> None:
    contexts: dict[str, Context] = {each.context.ref: each.context for each in found.pipelines if each.context}
    if not contexts:
        return
    chosen = st.selectbox(
        "Pipeline",
        list(contexts),
        index=None,
        format_func=lambda ref: called(contexts[ref]),
        placeholder="One pipeline alone …",
        key="coverage_pipeline",
        label_visibility="collapsed",
        width=300,
    )
    if chosen is not None:
        links.go(links.coverage(chosen))


def _gaps(found: Coverage, scope: str) -> None:
    if not found.gaps:
        show(notice("ok", "No gaps", "Nothing that is recorded here lacks anything that is counted."))
        return
    with st.container(gap="xsmall", key="coverage_gaps"):
        show(subtitle("Gaps, and the line that would close each"))
        for at, gap in enumerate(found.gaps):
            gap_card(gap, is_open=at == 0, scope=scope)
