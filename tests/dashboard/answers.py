"""A small store for the pages that answer questions, recorded through the public API."""

from __future__ import annotations

from pathlib import Path

import provgraph
from provgraph import Capture
from provgraph.recording.execution import StepRecorder

HOSTILE = "<img src=x onerror='window.hacked=1'>"
_QUIET = Capture.nothing()
_DAY = 86_400_000
_START = 1_790_000_000_000


def fill(graph: provgraph.Graph, folder: Path) -> None:
    """Two versions of a model in three runs, one of which failed; two deployments, one replaced; a hostile name."""

    def file(name: str, text: str) -> Path:
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def during(
        type: str, start: int, end: int, run: str | None = None, name: str | None = None, **parameters: object
    ) -> StepRecorder:
        return graph.execution(
            type,
            name=name,
            pipeline="inspection" if run else None,
            run=run,
            parameters=parameters,
            capture=_QUIET,
            started_at=start,
            ended_at=end,
        )

    batch, unused = file("batch.bin", "batch"), file("unused.bin", "unused")
    with during("Capture", _START, _START + 5_000) as step:
        step.output(batch, type="CaptureBatch", name="line-3/2026-W40", version="1", pictures=600)
        step.output(unused, type="CaptureBatch", name="never-used", version="1")
    for number, (day, failed) in enumerate(((1, False), (2, True), (3, False)), 1):
        begin = _START + day * _DAY
        run = f"2026-11-0{day}"
        train = file(f"train-{number}.csv", f"train {number}")
        with during("Assemble", begin, begin + 60_000, run) as step:
            step.input(batch)
            step.output(train, type="Dataset", name="surface-train", version=str(number), rows=500 + number)
        try:
            with during(
                "Train", begin + 60_000, begin + 180_000, run, f"train {number}", depth=4 * number, seed=17
            ) as step:
                step.input(train)
                if failed:
                    raise MemoryError("batch of 512 does not fit")
                step.output(
                    file(f"model-{number}", f"model {number}"), type="Model", name="inspector", version=str(number)
                )
        except MemoryError:
            continue
        with during("Evaluate", begin + 200_000, begin + 260_000, run) as step:
            step.input(folder / f"model-{number}")
            step.output(file(f"metrics-{number}", f"metrics {number}"), type="Metrics", accuracy=0.9 + number / 100)
        with during("Deploy", begin + 300_000, begin + 310_000, run) as step:
            step.input(folder / f"model-{number}")
            if number == 3:  # a second way from the model to its deployment
                step.input(folder / f"metrics-{number}")
            step.output(
                file(f"deploy-{number}", f"deploy {number}"),
                type="Deployment",
                name="line-3",
                version=str(number),
                contexts={"Endpoint": "line-3"},
            )
    with during("Export", _START, _START + 1, name=HOSTILE) as step:
        step.input(folder / "model-3")
        step.output(file("export", "export"), type="Model", name=HOSTILE, version="1")
