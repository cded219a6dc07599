"""What was recorded so far, by the plant's own names, and the way every step of the demo is opened."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provgraph.demo.features import Extractor, FeatureTable
from provgraph.demo.plant import PIPELINE, PROJECT
from provgraph.demo.schedule import ModelPlan
from provgraph.graph import Graph
from provgraph.recording.environment import Capture
from provgraph.recording.execution import StepRecorder
from provgraph.recording.recorded import RecordedArtifact

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Ledger", "Side"]

# Where the demo does what it says (trains, evaluates), the versions and the code are true and are recorded: the commit
# only where the repository around us is that of this very code. Where it plays people and machines, they would be lies.
_BY_HAND: Final = ("Deploy", "Undeploy")
_FROM_CHECKOUT: Final = Path(__file__).is_relative_to(Path.cwd()) and not Path(__file__).is_relative_to(sys.prefix)
_OF_THIS_PROCESS: Final = Capture(git=_FROM_CHECKOUT, host=False, user=False)


@dataclass(frozen=True, slots=True)
class Side:
    """A dataset, one side of its split, or the features of one: what it is called, its file, and its artifact."""

    name: str
    path: Path
    artifact: RecordedArtifact


@dataclass(slots=True)
class Ledger:
    """The graph that is written to, the folder of the files, and the artifacts recorded so far.

    Attributes:
        firmwares, configs, batches, labels, models, deployments: what was recorded, by name.
        datasets: training and validation side of each version.
        extractors: what each version of the feature extraction has seen.
        trained: plan and file of each model.
        contexts: type and name of every context that a step was recorded in.
        last_key: the key of the execution recorded last.
        failed_key: the key of the execution that failed; empty until it has.
        executions: how many executions were recorded.
    """

    root: Path
    graph: Graph
    seed: int
    firmwares: dict[str, RecordedArtifact] = field(default_factory=dict[str, RecordedArtifact])
    configs: dict[tuple[str, int], RecordedArtifact] = field(default_factory=dict[tuple[str, int], RecordedArtifact])
    batches: dict[str, RecordedArtifact] = field(default_factory=dict[str, RecordedArtifact])
    labels: dict[str, RecordedArtifact] = field(default_factory=dict[str, RecordedArtifact])
    datasets: dict[str, tuple[Side, Side]] = field(default_factory=dict[str, tuple[Side, Side]])
    models: dict[str, RecordedArtifact] = field(default_factory=dict[str, RecordedArtifact])
    trained: dict[str, tuple[ModelPlan, Path]] = field(default_factory=dict[str, tuple[ModelPlan, Path]])
    deployments: dict[tuple[str, str], RecordedArtifact] = field(
        default_factory=dict[tuple[str, str], RecordedArtifact]
    )
    extractors: dict[str, Extractor] = field(default_factory=dict[str, Extractor])
    contexts: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    failed_key: str = ""
    last_key: str = ""
    executions: int = 0

    def key(self, step: str, name: str) -> str:
        """The key of a step's execution: the same in every build with this seed."""
        return f"demo/{self.seed}/{step.lower()}/{name}"

    def describe(self, dataset: Path, version: str) -> FeatureTable:
        """The features of a dataset's pictures, by a version of the extraction."""
        return self.extractors.setdefault(version, Extractor(self.root, version)).table(dataset)

    def step(
        self,
        step: str,
        name: str,
        at: datetime,
        took: timedelta,
        *,
        run: str | None = None,
        pipeline: str | None = PIPELINE,
        contexts: Mapping[str, str] | None = None,
        parameters: Mapping[str, object] | None = None,
        **properties: object,
    ) -> StepRecorder:
        """Open a step that happened at `at` and took `took`, marked as simulated."""
        self.executions += 1
        self.last_key = self.key(step, name)
        named = {"Project": PROJECT, **(contexts or {})}
        self._met(named, pipeline, run)
        return self.graph.execution(
            step,
            name=f"{step} {name}",
            key=self.last_key,
            pipeline=pipeline,
            run=run,
            contexts=named,
            parameters=parameters,
            started_at=at,
            ended_at=at + took,
            capture=Capture.nothing() if pipeline is None or step in _BY_HAND else _OF_THIS_PROCESS,
            simulated=True,
            **properties,
        )

    def evaluated(
        self, model: str, data: RecordedArtifact, frame: DataFrame, at: datetime, took: timedelta, *, run: str
    ) -> None:
        """Record what a model predicted, in an evaluation that happened at `at` and took `took`."""
        self.executions += 1
        named = {"Project": PROJECT}
        self._met(named, PIPELINE, run)
        self.graph.record_predictions(
            model=self.models[model],
            data=data,
            frame=frame,
            sample="picture",
            source=("batch", "labels"),
            unit="part",
            time="time",
            pipeline=PIPELINE,
            run=run,
            contexts=named,
            started_at=at,
            ended_at=at + took,
            capture=_OF_THIS_PROCESS,
            simulated=True,
        )

    def _met(self, contexts: Mapping[str, str], pipeline: str | None, run: str | None) -> None:
        self.contexts.update(contexts.items())
        if pipeline is not None:
            self.contexts.add(("Pipeline", pipeline))
            if run is not None:
                self.contexts.add(("Run", f"{pipeline}/{run}"))
