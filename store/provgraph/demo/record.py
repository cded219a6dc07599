"""Runs the simulated plant from its first day to its last and records every step through the public recording API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from provgraph.demo.ledger import Ledger
from provgraph.demo.plant import (
    BATCHES,
    CONFIGS,
    CONFUSED_ANNOTATOR,
    PARTS_PER_BATCH,
    PIPELINE,
    PLANTED,
    SHOTS_PER_PART,
)
from provgraph.demo.progress import Progress
from provgraph.demo.readme import write_readme
from provgraph.demo.retraining import record_run
from provgraph.demo.schedule import DEPLOYMENTS, RUNS
from provgraph.demo.shopfloor import record_capture, record_config, record_deployment, record_labels, record_removal
from provgraph.demo.summary import DemoSummary
from provgraph.graph import Graph
from provgraph.model import Context

__all__ = ["record_demo"]


@dataclass(frozen=True, slots=True)
class _Event:
    """Something that happens in the plant at a moment."""

    at: datetime
    text: str
    action: Callable[[], None]


def record_demo(root: Path, graph: Graph, seed: int, progress: Progress | None = None) -> DemoSummary:
    """Make all files of the demo under `root` and record all its steps, in the order in which they happened."""
    root.mkdir(parents=True, exist_ok=True)
    write_readme(root)
    ledger = Ledger(root, graph, seed)
    events = sorted(_events(ledger), key=lambda event: event.at)
    for number, event in enumerate(events, 1):
        event.action()
        if progress is not None:
            progress(number, len(events), event.text)
    for type_, name in sorted(ledger.contexts):
        graph.put_context(Context(type=type_, name=name, custom_properties={"simulated": True}))
    return _summary(ledger)


def _events(ledger: Ledger) -> list[_Event]:
    found = [
        _Event(config.since, f"configure {config.camera.name}", partial(record_config, ledger, config))
        for config in CONFIGS
    ]
    for batch in BATCHES:
        found.append(_Event(batch.starts, f"capture {batch.name}", partial(record_capture, ledger, batch)))
        found.append(_Event(batch.labelled_from, f"label {batch.name}", partial(record_labels, ledger, batch)))
    found += [_Event(run.starts, f"retrain {run.name}", partial(record_run, ledger, run)) for run in RUNS]
    for plan in DEPLOYMENTS:
        text = f"{plan.model} at {plan.endpoint}"
        found.append(_Event(plan.at, f"deploy {text}", partial(record_deployment, ledger, plan)))
        if plan.undeployed is not None:
            found.append(_Event(plan.undeployed, f"undeploy {text}", partial(record_removal, ledger, plan)))
    return found


def _summary(ledger: Ledger) -> DemoSummary:
    fault = PLANTED[0].where
    bad = next(b for b in BATCHES if b.camera.name == fault["camera"] and b.config.firmware == fault["firmware"])
    confused = next(b for b in BATCHES if b.annotator == CONFUSED_ANNOTATOR)
    failed = next(run for run in RUNS if run.fails)
    live = {plan.endpoint: plan.model for plan in sorted(DEPLOYMENTS, key=lambda plan: plan.at)}
    untouched = {model.full_name for run in RUNS if run.starts < bad.ends for model in run.models}
    return DemoSummary(
        seed=ledger.seed,
        pictures=len(BATCHES) * PARTS_PER_BATCH * SHOTS_PER_PART,
        executions=ledger.executions,
        pipeline=PIPELINE,
        bad_batch_key=ledger.batches[bad.name].key,
        bad_firmware_key=ledger.firmwares[bad.config.firmware].key,
        bad_labels_key=ledger.labels[confused.name].key,
        live_model_key=ledger.models[live[bad.camera.line]].key,
        clean_model_key=ledger.models[next(model for model in live.values() if model in untouched)].key,
        failed_run=f"{PIPELINE}/{failed.name}",
        failed_run_key=ledger.failed_key,
        last_key=ledger.last_key,
    )
