"""Overview: what the store holds, what ran last, what is live, and the search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

import streamlit as st

from provgraph import Graph
from provgraph.cli.text import count_text, duration_text, local_time
from provgraph.model import Artifact, Context, Execution, Node, NodeKind
from provgraph.tracing.deployments import Deployment
from provgraph.tracing.overview import TypeCount
from provgraph.tracing.runs import Run
from provgraph_dashboard import links
from provgraph_dashboard.drawable import called, state_of
from provgraph_dashboard.found import search
from provgraph_dashboard.links import Link
from provgraph_dashboard.parts import Html, Tile, counted, muted, state_chip, subtitle, tiles, type_chip
from provgraph_dashboard.recorded_values import error_of
from provgraph_dashboard.records import empty_store, trouble_shown
from provgraph_dashboard.shell import show
from provgraph_dashboard.welcome import demo_of, welcome

_RUNS, _FAILURES, _MODELS, _DEPLOYMENTS, _TYPES = 6, 4, 4, 5, 24
_RESULTS = 12
_LONGEST = 200
_MOST_LOOKED_AT = 200


def page(graph: Graph) -> None:
    """Draw the page."""
    counts = graph.census()
    if not counts:
        empty_store()
        return
    demo = demo_of(graph)
    if demo is not None:
        welcome(graph, demo)
    _search(graph)
    deployments = graph.latest_deployments(_MOST_LOOKED_AT)
    _tiles(counts, deployments)
    left, right = st.columns([0.56, 0.44], gap="medium")
    with left, st.container(gap="xxsmall", key="overview_left"):
        _latest_runs(graph)
        _failures(graph)
        _types(counts)
    with right, st.container(gap="xxsmall", key="overview_right"):
        _models(graph.latest_models(_MODELS), deployments)
    info = graph.info()
    show(muted(f"{info.url} · {info.engine} {info.version}"))


@st.fragment
def _search(graph: Graph) -> None:
    with trouble_shown():
        wanted = st.text_input(
            "Search the store",
            key="q",
            bind="query-params",
            icon=":material/search:",
            placeholder="Search by name, type, URI, external id or key",
            label_visibility="collapsed",
        )
        words = (wanted or "").strip()[:_LONGEST]
        if not words:
            return
        nodes, more = search(graph, words, _RESULTS)
        with st.container(border=True, gap="xxsmall", key="results"):
            if not nodes:
                show(muted(f"Nothing holds “{words}” in its name, type, URI, external id or key."))
            for node in nodes:
                _result(node)
            if more:
                show(muted(f"These are the newest {len(nodes)}; more fit. Say more to narrow it down."))


def _row(chip: Html, link: Link, label: str, words: str, *, others: Sequence[tuple[Link, str]] = ()) -> None:
    """One line of a list: a chip, a link, other links, secondary text."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show(chip, css_class="pg-lead", width="content")
        links.page_link(link, label)
        for other, name in others:
            links.page_link(other, name)
        show(muted(words), width="content")


def _result(node: Node) -> None:
    others: list[tuple[Link, str]] = []
    if isinstance(node, Artifact):
        others.append((links.impact(node), "Impact"))
        if node.type == "Model":
            others.append((links.model(node), "Answers"))
    _row(
        type_chip(node.type, kind=node.kind.word),
        links.explore(node),
        called(node),
        node.ref if node.name else "",
        others=others,
    )


def _tiles(counts: Sequence[TypeCount], deployments: Sequence[Deployment]) -> None:
    kinds: Counter[NodeKind] = Counter()
    states: Counter[str] = Counter()
    for count in counts:
        kinds[count.kind] += count.count
        if count.kind is NodeKind.EXECUTION and count.state:
            states[count.state] += count.count
    live = sum(deployment.live is True for deployment in deployments)
    bounded = "+" if len(deployments) == _MOST_LOOKED_AT else ""
    known = not deployments or any(deployment.live is not None for deployment in deployments)
    show(
        tiles(
            [
                Tile(kinds[NodeKind.ARTIFACT], "artifacts"),
                Tile(kinds[NodeKind.EXECUTION], "executions"),
                Tile(kinds[NodeKind.CONTEXT], "contexts"),
                Tile(f"{live:,}{bounded}", "live deployments")
                if known
                else Tile(f"{len(deployments):,}{bounded}", "deployments, live or not is not recorded"),
                Tile(states["RUNNING"], "running"),
                Tile(states["FAILED"], "failed", hot=states["FAILED"] > 0),
            ]
        )
    )


def _latest_runs(graph: Graph) -> None:
    runs = graph.runs(limit=_RUNS)
    if runs:
        show(subtitle("Latest runs"))
        for run in runs:
            _run(run)
        return
    executions = [n for n in islice(graph.find(kind="execution", newest_first=True), _RUNS) if isinstance(n, Execution)]
    show(subtitle("Latest executions"))
    for execution in executions:
        _execution(execution)


def _run(run: Run) -> None:
    words = [count_text(len(run.executions), "step"), local_time(run.started_at), duration_text(run.duration)]
    link = links.runs(run=run.context)
    _row(state_chip(run.state.name), link, called(run.context), " · ".join(word for word in words if word))


def _execution(execution: Execution, message: str = "") -> None:
    when = local_time(execution.started_at or execution.created_at or execution.recorded_at)
    _row(
        state_chip(state_of(execution)),
        links.explore(execution),
        called(execution),
        " · ".join(w for w in (when, message) if w),
    )


def _failures(graph: Graph) -> None:
    failed = graph.latest_failures(_FAILURES)
    lost = [entry.execution for entry in graph.lost()[-_FAILURES:]]
    if not failed and not lost:
        return
    show(subtitle("Latest failures"))
    for execution in [*lost, *failed][:_FAILURES]:
        _execution(execution, _short(error_of(execution)))


def _models(models: Sequence[Artifact], deployments: Sequence[Deployment]) -> None:
    if models:
        show(subtitle("Latest models"))
        for model in models:
            when = local_time(model.created_at or model.recorded_at)
            _row(type_chip(model.type), links.model(model), called(model), when)
    live = [deployment for deployment in deployments if deployment.live]
    if live:
        show(subtitle("Live deployments"))
        for deployment in live[:_DEPLOYMENTS]:
            node = deployment.node
            _row(state_chip("live", "live"), links.explore(node), called(node), ", ".join(_names(deployment.endpoints)))
        if len(live) > _DEPLOYMENTS:
            show(muted(f"and {len(live) - _DEPLOYMENTS:,} more"))


def _types(counts: Sequence[TypeCount]) -> None:
    totals: Counter[tuple[NodeKind, str]] = Counter()
    for count in counts:
        totals[count.kind, count.type] += count.count
    ranked = sorted(totals.items(), key=lambda item: (list(NodeKind).index(item[0][0]), -item[1], item[0][1]))
    show(subtitle("Types"))
    chips = [counted(type_chip(name, kind=kind.word), number) for (kind, name), number in ranked[:_TYPES]]
    show(*chips, *([muted(f"and {len(ranked) - _TYPES:,} more types")] if len(ranked) > _TYPES else []))


def _names(contexts: Sequence[Context]) -> list[str]:
    return [context.label for context in contexts]


def _short(message: str) -> str:
    lines = message.strip().splitlines()
    if not lines:
        return ""
    return lines[0] if len(lines[0]) <= 100 else f"{lines[0][:99]}…"
