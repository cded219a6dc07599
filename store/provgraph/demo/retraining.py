"""One run of the retraining pipeline: assemble, split, extract features, train, evaluate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from provgraph.demo.datasets import VALIDATION_SHARE, assemble, split
from provgraph.demo.features import load_features, save_features
from provgraph.demo.learning import evaluate, load_model, save_model, train
from provgraph.demo.ledger import Ledger, Side
from provgraph.demo.plant import BATCHES
from provgraph.demo.predictions import prediction_frame
from provgraph.demo.schedule import ModelPlan, RunPlan

__all__ = ["record_run"]


@dataclass(slots=True)
class _Clock:
    """The pipeline's time of day: one step after the other."""

    now: datetime

    def take(self, minutes: int) -> tuple[datetime, timedelta]:
        """Start and duration of the next step."""
        started, took = self.now, timedelta(minutes=minutes)
        self.now = started + took + timedelta(seconds=20)
        return started, took


def record_run(ledger: Ledger, run: RunPlan) -> None:
    """Run the pipeline once. The run that is planned to fail fails in training, by an error of scikit-learn's own.

    A dataset that an earlier run has made is used again, as a pipeline with a cache does.
    """
    clock = _Clock(run.starts)
    if run.dataset not in ledger.datasets:
        ledger.datasets[run.dataset] = _split(ledger, run, clock, _assemble(ledger, run, clock))
    learned, held_out = (_extract(ledger, run, clock, side) for side in ledger.datasets[run.dataset])
    for plan in run.models:
        if run.fails:
            _fail(ledger, run, clock, plan, learned)
            return
        _train(ledger, run, clock, plan, learned)
    names = [plan.full_name for plan in run.models]
    for name in names if run.champion is None else [*names, run.champion]:
        _evaluate(ledger, run, clock, name, held_out)


def _assemble(ledger: Ledger, run: RunPlan, clock: _Clock) -> Side:
    weeks = sorted({batch.week for batch in BATCHES})[: run.weeks]
    batches = [batch for batch in BATCHES if batch.week in weeks]
    path = ledger.root / "datasets" / f"surface-{run.dataset}" / "all.csv"
    sources = [
        (ledger.root / "captures" / batch.name, ledger.root / "labels" / f"{batch.name}.csv") for batch in batches
    ]
    rows = assemble(ledger.root, sources, path)
    at, took = clock.take(6)
    with ledger.step("Assemble", f"surface/{run.dataset}", at, took, run=run.name) as step:
        for batch in batches:
            step.input(ledger.batches[batch.name])
            step.input(ledger.labels[batch.name])
        dataset = step.output(
            path, type="Dataset", name="surface", version=run.dataset, rows=rows, weeks=run.weeks, simulated=True
        )
    return Side("surface", path, dataset)


def _split(ledger: Ledger, run: RunPlan, clock: _Clock, whole: Side) -> tuple[Side, Side]:
    train_path, validation_path = (whole.path.with_name(f"{side}.csv") for side in ("train", "validation"))
    sizes = split(whole.path, train_path, validation_path)
    at, took = clock.take(1)
    sides: list[Side] = []
    with ledger.step(
        "Split",
        f"surface/{run.dataset}",
        at,
        took,
        run=run.name,
        parameters={"validation_share": VALIDATION_SHARE, "by": "part"},
    ) as step:
        step.input(whole.artifact)
        for path, rows in zip((train_path, validation_path), sizes, strict=True):
            name = f"surface-{path.stem}"
            artifact = step.output(
                path, type="Dataset", name=name, version=run.dataset, rows=rows, split=path.stem, simulated=True
            )
            sides.append(Side(name, path, artifact))
    return sides[0], sides[1]


def _extract(ledger: Ledger, run: RunPlan, clock: _Clock, side: Side) -> Side:
    table = ledger.describe(side.path, run.extractor)
    version = f"{run.dataset}-x{run.extractor}"
    path = save_features(ledger.root / "features" / f"{side.name}-{version}.npz", table)
    at, took = clock.take(9)
    with ledger.step(
        "ExtractFeatures",
        f"{side.name}/{version}",
        at,
        took,
        run=run.name,
        parameters={"extractor": run.extractor},
    ) as step:
        step.input(side.artifact)
        artifact = step.output(
            path,
            type="Features",
            name=side.name,
            version=version,
            rows=len(table.labels),
            columns=int(table.values.shape[1]),
            dropped=table.dropped,
            simulated=True,
        )
    return Side(side.name, path, artifact)


def _train(ledger: Ledger, run: RunPlan, clock: _Clock, plan: ModelPlan, learned: Side) -> None:
    path = ledger.root / "models" / f"{plan.name}-{plan.version}.joblib"
    at, took = clock.take(14)
    with ledger.step(
        "Train",
        f"{plan.full_name} in {run.name}",
        at,
        took,
        run=run.name,
        parameters={"algorithm": plan.algorithm, "seed": ledger.seed, **plan.parameters},
    ) as step:
        step.input(learned.artifact)
        table = load_features(learned.path)
        model = train(plan, table, ledger.seed)
        save_model(path, model)
        step.log(training_accuracy=evaluate(plan, model, table).accuracy)
        ledger.models[plan.full_name] = step.output(
            path,
            type="Model",
            name=plan.name,
            version=plan.version,
            algorithm=plan.algorithm,
            extractor=run.extractor,
            simulated=True,
        )
    ledger.trained[plan.full_name] = (plan, path)


def _fail(ledger: Ledger, run: RunPlan, clock: _Clock, plan: ModelPlan, learned: Side) -> None:
    """Train on features that hold NaN: the error passes through the step, which records it, and ends the run here."""
    try:
        _train(ledger, run, clock, plan, learned)
    except ValueError as error:
        if "NaN" not in str(error):
            raise
        ledger.failed_key = ledger.key("Train", f"{plan.full_name} in {run.name}")
    else:
        raise AssertionError(f"run {run.name} was planned to fail, but its training did not")


def _evaluate(ledger: Ledger, run: RunPlan, clock: _Clock, name: str, held_out: Side) -> None:
    plan, model_path = ledger.trained[name]
    result = evaluate(plan, load_model(model_path), load_features(held_out.path))
    _, validation = ledger.datasets[run.dataset]
    frame = prediction_frame(ledger.root, validation.path, result)
    ledger.evaluated(name, held_out.artifact, frame, *clock.take(2), run=run.name)
