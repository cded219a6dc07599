"""Runs: pipelines and their runs, the steps of one run with what they used, and two runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import streamlit as st

from provgraph import Graph, Lineage
from provgraph.cli.text import count_text, duration_text, local_time
from provgraph.model import Context, Execution, NodeKind, NodeType
from provgraph.tracing.roles import Roles
from provgraph.tracing.runs import Run
from provgraph_dashboard import links, records
from provgraph_dashboard.component import lineage_graph, requested_action
from provgraph_dashboard.drawable import called, short_type, state_of
from provgraph_dashboard.grid import chosen_row, grid
from provgraph_dashboard.parts import (
    Cell,
    Html,
    empty,
    muted,
    notice,
    state_chip,
    subtitle,
    table,
    text,
    title,
    type_chip,
)
from provgraph_dashboard.picture import View
from provgraph_dashboard.recorded_values import error_of, first_lines
from provgraph_dashboard.run_compare import Pair, Section, compare
from provgraph_dashboard.runs_table import (
    in_order,
    run_name,
    run_picture,
    run_rows,
    run_state,
    shortened,
    step_rows,
    summary,
    used_words,
)
from provgraph_dashboard.shell import show

_MOST_RUNS = 200
_MOST_PIPELINES = 300
_LIST_HEIGHT = 746
_GRAPH_HEIGHT = 340
_STEPS_HEIGHT = 330
_ALL = "all"


@dataclass
class _Seen:
    """What one person has opened of one run, and how often its tables began anew."""

    run: str = ""
    generation: int = 0
    views: dict[str, View] = field(default_factory=dict[str, View])
    steps: dict[str, str] = field(default_factory=dict[str, str])


def page(graph: Graph) -> None:
    """Draw the page of the address: `?pipeline=`, `?run=`, and `?against=` for a comparison."""
    types = graph.types()
    pipelines = _pipelines(graph, types)
    wanted = {name: st.query_params.get(name) for name in ("pipeline", "run", "against")}
    found: dict[str, Context] = {}
    for name, value in wanted.items():
        if value is None or (name == "pipeline" and value == _ALL):
            continue
        node = records.resolve(graph, value, NodeKind.CONTEXT)
        if not isinstance(node, Context):
            return
        found[name] = node
    pipeline = found.get("pipeline")
    if pipeline is None and len(pipelines) == 1 and wanted["pipeline"] != _ALL:
        pipeline = pipelines[0]
    with st.spinner("Reading the runs …"):
        runs = graph.runs(pipeline, limit=_MOST_RUNS)
        for name in ("run", "against"):
            # An older run than those listed is still a link.
            if name in found and all(run.context.ref != found[name].ref for run in runs):
                runs += [run for run in graph.runs(found[name]) if run.context.ref == found[name].ref]
    _bar(pipelines, pipeline, runs)
    if not runs:
        _no_runs(types, pipeline)
        return
    by_ref = {run.context.ref: run for run in runs}
    for name in ("run", "against"):
        if name in found and found[name].ref not in by_ref:
            records.refusal(
                f"{called(found[name])} is no run", f"It is a context of the type {found[name].type}.", back=False
            )
            links.page_link(links.explore(found[name]), "Show it in Explore", icon=":material/hub:")
            return
    chosen = by_ref[found["run"].ref] if "run" in found else runs[0]
    against = by_ref.get(found["against"].ref) if "against" in found else None
    left, right = st.columns([43, 57], gap="medium")
    with left:
        _list(runs, chosen, pipeline)
    with right:
        _head(chosen, runs, against, pipeline)
        if against is not None and against is not chosen:
            _comparison(graph, chosen, against, pipeline)
        else:
            _errors(chosen)
            _steps(graph, graph.run(chosen.context), chosen.context.ref, run_name(chosen.context, pipeline))


def _pipelines(graph: Graph, types: Sequence[NodeType]) -> list[Context]:
    there = {t.name for t in types if t.kind is NodeKind.CONTEXT}
    names = [name for name in Roles.of(types).type_names("pipeline", types) if name in there]
    found = [
        n for name in names for n in graph.find(kind="context", type=name, newest_first=True, limit=_MOST_PIPELINES)
    ]
    return [node for node in found if isinstance(node, Context)]


def _seen() -> _Seen:
    return cast("_Seen", st.session_state.setdefault("provgraph_runs", _Seen()))


def _bar(pipelines: Sequence[Context], pipeline: Context | None, runs: Sequence[Run]) -> None:
    listed = {node.ref: node for node in [*pipelines, *([pipeline] if pipeline else [])]}
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(width="content"):
            show(title("Runs"))
        current = pipeline.ref if pipeline else _ALL
        if listed:
            options = [_ALL, *listed]
            chosen = st.selectbox(
                "Pipeline",
                options,
                index=options.index(current),
                format_func=lambda ref: called(listed[ref]) if ref in listed else "All pipelines",
                key=f"runs_pipeline:{current}",
                label_visibility="collapsed",
                width=380,
            )
            if chosen != current:
                links.go(links.runs(chosen))
        if runs:
            with st.container(width="content"):
                show(muted(summary(runs, limited=len(runs) >= _MOST_RUNS)))


def _no_runs(types: Sequence[NodeType], pipeline: Context | None) -> None:
    if not types:
        records.empty_store()
        return
    if pipeline is not None:
        show(
            empty(
                f"No run of {called(pipeline)} is recorded",
                "Its steps are in the store without one. Name the run when you record:",
            )
        )
    else:
        show(empty("No runs are recorded", "Steps belong to a run when they name their pipeline:"))
    _, middle, _ = st.columns([1, 3, 1])
    with middle:
        st.code(
            'with graph.execution("Train", pipeline="inspection", run="2026-11-24") as step:\n    ...',
            language="python",
        )
        if pipeline is not None:
            links.page_link(links.explore(pipeline), "Show its steps in Explore", icon=":material/hub:")


def _list(runs: Sequence[Run], chosen: Run, pipeline: Context | None) -> None:
    seen = _seen()
    if seen.run != chosen.context.ref:
        # The address led elsewhere: a new table begins with this run, for the selection of one that is there stays.
        seen.run, seen.generation = chosen.context.ref, seen.generation + 1
    key = f"runs_list:{pipeline.ref if pipeline else _ALL}:{seen.generation}"

    def choose() -> None:
        row = chosen_row(key, len(runs))
        if row is not None:
            seen.run = runs[row].context.ref
            st.query_params["run"] = seen.run

    columns = {
        "run": st.column_config.TextColumn("Run", width=175),
        "state": st.column_config.TextColumn("State", width=92),
        "started": st.column_config.TextColumn("Started", width=116),
        "took": st.column_config.TextColumn("Took", width=70),
        "steps": st.column_config.NumberColumn("Steps", width=48),
        "failed": st.column_config.NumberColumn("Failed", width=50),
    }
    row = next(place for place, run in enumerate(runs) if run is chosen)
    rows = cast("Sequence[dict[str, object]]", run_rows(runs, pipeline))
    grid(rows, columns, most=_LIST_HEIGHT, key=key, row=row, on_choose=choose)


def _head(run: Run, runs: Sequence[Run], against: Run | None, pipeline: Context | None) -> None:
    others = {other.context.ref: other for other in runs if other is not run}
    words = [local_time(run.started_at), duration_text(run.duration), count_text(len(run.executions), "step")]
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key="runs_head"):
        with st.container(width="stretch"):
            show(
                title(shortened(run_name(run.context, pipeline), 40)),
                Html(f"{state_chip(run_state(run))} {text(' · '.join(filter(None, words)))}"),
            )
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="medium"):
            links.page_link(links.explore(run.context), "Explore", icon=":material/hub:")
            if others:
                current = against.context.ref if against else None
                options = list(others)
                choice = st.selectbox(
                    "Compare with",
                    options,
                    index=options.index(current) if current in others else None,
                    format_func=lambda ref: run_name(others[ref].context, pipeline),
                    placeholder="Compare with …",
                    key=f"runs_against:{run.context.ref}:{current}",
                    label_visibility="collapsed",
                    width=210,
                )
                if choice != current:
                    links.go(links.runs(pipeline, run=run.context, against=choice))


def _errors(run: Run) -> None:
    for step in run.failed[:2]:
        message = error_of(step)
        note = "" if message else "Its error was not recorded."
        show(notice("bad", f"{called(step)} failed", note, code=first_lines(message, lines=2, letters=200)))
    if len(run.failed) > 2:
        show(muted(f"and {count_text(len(run.failed) - 2, 'more step')} failed"))


@st.fragment
def _steps(graph: Graph, run: Lineage, ref: str, name: str) -> None:
    """The run as a graph, its steps as a table, and the inputs of the chosen step."""
    with records.trouble_shown():
        seen, key = _seen(), f"runs_graph:{ref}"
        steps = in_order(run)
        view = seen.views.get(ref, View())
        drawn = run_picture(run, view)

        def act() -> None:
            action = requested_action(key)
            if action is None:
                return
            if action.do == "expand":
                seen.views[ref] = view.unfold(action.id)
            elif action.do == "collapse":
                seen.views[ref] = view.fold(action.id)
            elif action.side:
                seen.views[ref] = view.pull(action.id, action.side)

        def choose() -> None:
            state = cast("dict[str, object]", st.session_state[key])
            node = drawn.node(str(state.get("selected")))
            if node is not None and node.kind == "execution":
                seen.steps[ref], seen.generation = node.members[0], seen.generation + 1

        event = lineage_graph(
            drawn,
            key=key,
            height=_GRAPH_HEIGHT if not any(s.state.name == "FAILED" for s in steps) else _GRAPH_HEIGHT - 90,
            compact=True,
            smallest_scale=0.6,
            label="The steps of this run",
            on_select=choose,
            on_action=act,
        )
        if event.action is not None and event.action.do == "focus":
            links.go(links.explore(event.action.id))
        if not steps:
            show(muted("No step of this run is recorded."))
            return
        with st.container(key="runs_steps"):
            left, right = st.columns(2, gap="medium")
        with left:
            step = _step_table(steps, seen, ref, name)
        with right:
            _inputs(graph, step)


def _step_table(steps: Sequence[Execution], seen: _Seen, ref: str, name: str) -> Execution:
    key = f"runs_steps:{ref}:{seen.generation}"
    row = chosen_row(key, len(steps))
    if row is not None:
        seen.steps[ref] = steps[row].ref
    bad = next((place for place, step in enumerate(steps) if state_of(step) in ("FAILED", "lost")), 0)
    place = next((at for at, step in enumerate(steps) if step.ref == seen.steps.get(ref)), bad)
    columns = {
        "step": st.column_config.TextColumn("Step", width=185),
        "state": st.column_config.TextColumn("State", width=92),
        "took": st.column_config.TextColumn("Took", width=64),
    }
    grid(cast("Sequence[dict[str, object]]", step_rows(steps, name)), columns, most=_STEPS_HEIGHT, key=key, row=place)
    return steps[place]


def _inputs(graph: Graph, step: Execution) -> None:
    """What the chosen step really used, what was only declared, and what is only possible."""
    uses = sorted(graph.inputs(step), key=lambda use: (not use.used, use.artifact.type, use.artifact.id))
    with st.container(height=_STEPS_HEIGHT):
        really = sum(use.used for use in uses)
        words = f"{count_text(len(uses), 'input')}, {really:,} really used" if uses else "No input is recorded."
        show(subtitle(called(step)), muted(words))
        if uses:
            rows: list[Sequence[Cell]] = [
                (shortened(called(use.artifact), 20), type_chip(use.artifact.type), used_words(use))
                for use in uses[:60]
            ]
            show(table(("input", "type", ""), rows), css_class="pg-card")
            if len(uses) > 60:
                show(muted(f"and {len(uses) - 60:,} more"))
        links.page_link(links.explore(step), f"Open this {short_type(step.type)} in Explore", icon=":material/hub:")


def _comparison(graph: Graph, run: Run, against: Run, pipeline: Context | None) -> None:
    with st.spinner("Comparing …"):
        sections = compare(graph.run(against.context), graph.run(run.context))
    before, after = run_name(against.context, pipeline), run_name(run.context, pipeline)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        only = st.toggle("Only what changed", value=True, key="runs_only_changed")
        if st.button("Stop comparing", type="tertiary", icon=":material/close:"):
            links.go(links.runs(pipeline, run=run.context))
    with st.container(height=_LIST_HEIGHT - 110, border=False):
        for section in sections:
            show(*_section(section, before, after, only), css_class="pg-compare")


def _section(section: Section, before: str, after: str, only: bool) -> list[Html]:
    equal = section.same + len(section.pairs) - section.changed
    counted = f"{section.changed:,} changed, {equal:,} equal" if section.changed or equal else "none recorded"
    parts = [subtitle(section.title), muted(counted)]
    shown = [pair for pair in section.pairs if not (only and pair.equal)]
    if shown:
        rows: list[Sequence[Cell]] = []
        group = ""
        for pair in shown:
            if pair.group != group:
                group = pair.group
                rows.append((Html(f'<span class="pg-mute">{text(group)}</span>'), "", ""))
            rows.append(_line(pair))
        parts.append(table(("", before, after), rows))
    return parts


def _line(pair: Pair) -> Sequence[Cell]:
    words = [text("–" if value is None else value) for value in (pair.one, pair.other)]
    mark = '<span class="pg-mute">{}</span>' if pair.equal else "<b>{}</b>"
    return (pair.name, *(Html(mark.format(word)) for word in words))
