"""`provgraph runs`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click

from provgraph.cli.nodes import node_as_json, state_of
from provgraph.cli.options import NODE, Settings, output_options, pass_settings, url_option
from provgraph.cli.output import Column, say, write_csv, write_json, write_table
from provgraph.cli.stores import nothing_there, open_graph
from provgraph.cli.text import duration_text, iso_time, local_time

if TYPE_CHECKING:
    from provgraph.model import Execution
    from provgraph.tracing.runs import Run

__all__ = ["runs"]

SHOWN: Final = 20  # runs in the table
_RUNS: Final = (
    Column("ID"),
    Column("NAME", shrinks=True, keeps_end=True),
    Column("STATE"),
    Column("STARTED"),
    Column("TOOK", right=True),
    Column("STEPS", right=True),
    Column("FAILED", right=True),
)
_STEPS: Final = (
    Column("RUN", shrinks=True, keeps_end=True),
    Column("ID"),
    Column("TYPE", shrinks=True),
    Column("NAME", shrinks=True, keeps_end=True),
    Column("STATE"),
    Column("STARTED"),
    Column("TOOK", right=True),
    Column("ERROR", shrinks=True),
)
_RUN_FIELDS: Final = ("id", "type", "name", "state", "started_at", "ended_at", "duration_ms", "steps", "failed")
_STEP_FIELDS: Final = ("run", "id", "type", "name", "state", "started_at", "ended_at", "duration_ms", "error")


@click.command(short_help="List the runs of a pipeline, newest first.")
@click.argument("pipeline", type=NODE, required=False)
@click.option("--steps", is_flag=True, help="List the steps of the runs instead, in the order of their start.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"At most N runs; 0 for all. Without it a table has {SHOWN}, JSON and CSV have all.",
)
@url_option
@output_options()
@pass_settings
def runs(settings: Settings, pipeline: str | None, steps: bool, limit: int | None) -> None:
    """List the runs of a pipeline, or of all pipelines, newest first.

    PIPELINE is the pipeline's context, or that of a single run.
    """
    if message := nothing_there(settings):
        _write(settings, [], steps)
        say(message)
        return
    most = SHOWN if limit is None and settings.format == "table" else limit or None
    with open_graph(settings) as graph:
        found = graph.runs(pipeline, limit=None if most is None else most + 1)
    _write(settings, found[:most], steps)
    if not found:
        say('no run is recorded: name it, as in graph.execution("Train", pipeline="inspection", run="2026-11-24")')
    elif most is not None and len(found) > most:
        say(f"the newest {most}: --limit 0 shows all")


def _write(settings: Settings, found: Sequence[Run], steps: bool) -> None:
    if settings.format == "json":
        write_json({"runs": [_as_json(run) for run in found]})
    elif settings.format == "csv":
        rows = _step_records(found) if steps else map(_run_record, found)
        write_csv(_STEP_FIELDS if steps else _RUN_FIELDS, rows)
    elif found and steps:
        write_table(_STEPS, [_step_row(run, step) for run in found for step in run.executions])
    elif found:
        write_table(_RUNS, [_run_row(run) for run in found])


def _run_row(run: Run) -> Sequence[object]:
    took = duration_text(run.duration)
    failed = len(run.failed) or ""
    name = run.context.label
    return (run.context.ref, name, run.state.name, local_time(run.started_at), took, len(run.executions), failed)


def _step_row(run: Run, step: Execution) -> Sequence[object]:
    took = duration_text(_duration(step))
    when = local_time(step.started_at)
    return (run.context.label, step.ref, step.type, step.name or "", state_of(step), when, took, _error(step))


def _run_record(run: Run) -> Sequence[object]:
    context = run.context
    times = (iso_time(run.started_at), iso_time(run.ended_at), run.duration)
    counts = (len(run.executions), len(run.failed))
    return (context.ref, context.type, context.name, run.state.name, *times, *counts)


def _step_records(found: Sequence[Run]) -> Iterator[Sequence[object]]:
    for run in found:
        for step in run.executions:
            times = (iso_time(step.started_at), iso_time(step.ended_at), _duration(step))
            yield (run.context.ref, step.ref, step.type, step.name, step.state.name, *times, _error(step))


def _as_json(run: Run) -> dict[str, object]:
    return {
        **node_as_json(run.context),
        "state": run.state.name,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "duration_ms": run.duration,
        "counts": dict(run.counts),
        "steps": [node_as_json(step) for step in run.executions],
    }


def _duration(step: Execution) -> int | None:
    return None if step.started_at is None or step.ended_at is None else step.ended_at - step.started_at


def _error(step: Execution) -> str:
    words = (step.get("error_type"), step.get("error_message"))
    return ": ".join(str(word) for word in words if word)
