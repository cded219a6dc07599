"""Runs and their steps as the rows of tables, and the picture of one run: nothing here asks the store."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypedDict

from provgraph import Lineage
from provgraph.cli.text import duration_text, local_time
from provgraph.model import Context, Execution
from provgraph.tracing.runs import Run, Use
from provgraph_dashboard.drawable import called, drawable, short_type, state_of
from provgraph_dashboard.picture import Picture, View, picture
from provgraph_dashboard.recorded_values import span_of, took
from provgraph_dashboard.states import look, state_text
from provgraph_dashboard.text import plain

_STEP_LETTERS = 25
_SIGNS = {"cross": "✕", "dot": "●", "ring": "◌", "question": "?", "eye": "◉", "hollow": "○", "bar": "⊘"}


class RunRow(TypedDict):
    """A run as it is listed."""

    run: str
    state: str
    started: str
    took: str
    steps: int
    failed: int


class StepRow(TypedDict):
    """A step as it is listed."""

    step: str
    type: str
    state: str
    started: str
    took: str


def run_rows(runs: Sequence[Run], pipeline: Context | None) -> list[RunRow]:
    """One row for each run, in their order."""
    return [
        RunRow(
            run=shortened(plain(run_name(run.context, pipeline))),
            state=state_words(run_state(run)),
            started=local_time(run.started_at),
            took=duration_text(run.duration),
            steps=len(run.executions),
            failed=len(run.failed),
        )
        for run in runs
    ]


def run_name(run: Context, pipeline: Context | None) -> str:
    """The name of a run without that of the pipeline before it, where the pipeline is known from elsewhere."""
    name = called(run)
    before = called(pipeline) if pipeline is not None and pipeline.ref != run.ref else ""
    rest = name.removeprefix(before)
    return rest.lstrip("/.:- ") or name if before and rest != name else name


def shortened(name: str, most: int = 22) -> str:
    """A name that is too long without its beginning, for its end tells it apart."""
    return name if len(name) <= most else "…" + name[1 - most :]


def step_name(name: str, run: str = "", most: int = _STEP_LETTERS) -> str:
    """The name of a step without that of its run behind it; of one that is too long the beginning and the end.

    Beginning (what is done) and end (to what) both tell the steps of one run apart; the run is the same for all.
    """
    if run and name.endswith(run):
        name = re.sub(r"[\s/.:-]+(?:(?:in|of|for|at)\s+)?$", "", name[: -len(run)]) or name
    head = most // 3
    return name if len(name) <= most else f"{name[:head]}…{name[head + 1 - most :]}"


def run_state(run: Run) -> str:
    """The state of a run; `lost` if it seems to run, and the process of a step is gone."""
    if run.state.name == "RUNNING" and any(state_of(step) == "lost" for step in run.executions):
        return "lost"
    return run.state.name


def state_words(state: str | None) -> str:
    """A state with its sign, for a table that takes text alone."""
    return f"{_SIGNS.get(look(state).shape, '·')} {state_text(state)}"


def in_order(run: Lineage) -> list[Execution]:
    """The steps of a run by their start, those without one by their ids at the end."""
    steps = list(run.executions)
    return sorted(steps, key=lambda e: (span_of(e)[0] is None, span_of(e)[0] or 0, e.id))


def step_rows(steps: Sequence[Execution], run: str = "") -> list[StepRow]:
    """One row for each step of the run of this name, in their order."""
    return [
        StepRow(
            step=step_name(plain(called(step)), plain(run)),
            type=plain(short_type(step.type)),
            state=state_words(state_of(step)),
            started=local_time(span_of(step)[0]),
            took=duration_text(took(step)),
        )
        for step in steps
    ]


def run_picture(run: Lineage, view: View) -> Picture:
    """The steps of a run with what they took in and put out; each step under its type and how long it took."""
    steps = in_order(run)
    times = {step.ref: duration_text(took(step)) for step in steps}
    nodes = [
        drawable(node, name=" · ".join(filter(None, (short_type(node.type), times[node.ref]))))
        if isinstance(node, Execution)
        else drawable(node)
        for node in run.nodes
    ]
    notes: Mapping[str, tuple[str, ...]] = {step.ref: (called(step),) for step in steps}
    troubled = (step for step in steps if state_of(step) in ("FAILED", "lost"))
    focus = next(troubled, steps[0] if steps else None)
    first = focus.ref if focus else next((node.ref for node in run.artifacts), "")
    return picture(nodes, run.edges, first, view, contexts=notes)


def used_words(use: Use) -> str:
    """Whether an input was really used."""
    if use.edge.possible:
        return "possibly"
    return "used" if use.used else "declared only"


def summary(runs: Sequence[Run], *, limited: bool) -> str:
    """How many runs there are, and how they ended."""
    counts = Counter(run_state(run).lower() for run in runs)
    bad = [f"{counts[state]:,} {state}" for state in ("failed", "lost", "running") if counts[state]]
    many = f"the newest {len(runs):,} runs" if limited else f"{len(runs):,} run{'' if len(runs) == 1 else 's'}"
    return ", ".join((many, *bad))
