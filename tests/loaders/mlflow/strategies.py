"""Generated tracking stores: rows, and beside them what must come out of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from provgraph.model import ExecutionState

__all__ = ["Made", "stores"]

NAMES = st.text("abcxyz./- ", min_size=1, max_size=8).filter(lambda name: name.strip(" ./") == name)
# none that looks like a number, a truth value or a secret
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=":=@"), min_size=1, max_size=12)
TIMES = st.integers(1, 2_000_000_000_000)
DOUBLES = st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0)  # SQLite knows no -0.0
VALUES: st.SearchStrategy[str | int | bool] = st.one_of(
    WORDS.map(lambda word: f"w {word}"), st.integers(-(2**63), 2**63 - 1), st.booleans()
)
STATES = {
    "RUNNING": ExecutionState.RUNNING,
    "SCHEDULED": ExecutionState.NEW,
    "FINISHED": ExecutionState.COMPLETE,
    "FAILED": ExecutionState.FAILED,
    "KILLED": ExecutionState.CANCELED,
}


@dataclass
class Made:
    """A generated store.

    Attributes:
        rows: by table.
        runs: of each run its state, parameters, and of each metric the last, least and greatest value.
        flows: run, INPUT or OUTPUT, and the dataset's (name, digest) or the model's id.
        parents: of runs.
        same: version and model.
        models: ids of logged models.
    """

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    runs: dict[str, tuple[ExecutionState, dict[str, Any], dict[str, tuple[float, float, float]]]] = field(
        default_factory=dict
    )
    flows: set[tuple[str, str, object]] = field(default_factory=set)
    parents: set[tuple[str, str]] = field(default_factory=set)
    same: set[tuple[str, str]] = field(default_factory=set)
    models: list[str] = field(default_factory=list)

    def row(self, table: str, **columns: Any) -> None:
        self.rows.setdefault(table, []).append(columns)


@st.composite
def stores(draw: st.DrawFn) -> Made:
    """A store of the newest schema."""
    made = Made()
    experiments = draw(st.integers(1, 3))
    for experiment in range(experiments):
        made.row("experiments", experiment_id=experiment, name=f"{draw(NAMES)} {experiment}", creation_time=draw(TIMES))
    data = draw(st.lists(st.tuples(NAMES, st.sampled_from(("aa", "bb"))), unique=True, max_size=3))
    for number in range(draw(st.integers(0, 5))):
        _run(draw, made, f"{number:032x}", draw(st.integers(0, experiments - 1)), data)
    for number, model in enumerate(made.models):
        if draw(st.booleans()):
            if not any(row["name"] == "m" for row in made.rows.get("registered_models", ())):
                made.row("registered_models", name="m", creation_time=draw(TIMES))
            made.row("model_versions", name="m", version=number, source=f"models:/{model}", status="READY")
            made.same.add((f"version/m/{number}", f"model/{model}"))
    return made


def _run(draw: st.DrawFn, made: Made, run: str, experiment: int, data: Sequence[tuple[str, str]]) -> None:
    state = draw(st.sampled_from(sorted(STATES)))
    made.row("runs", run_uuid=run, experiment_id=experiment, name=draw(NAMES), status=state, start_time=draw(TIMES))
    earlier = sorted(made.runs)
    nested = draw(st.booleans())
    if earlier and nested:
        parent = draw(st.sampled_from(earlier))
        made.row("tags", run_uuid=run, key="mlflow.parentRunId", value=parent)
        made.parents.add((run, parent))
    parameters: dict[str, Any] = {}
    names = st.sampled_from(("depth", "rate", "kind", "a/b"))
    for name in draw(st.sets(names)):
        value = draw(VALUES)
        made.row("params", run_uuid=run, key=name, value=str(value))
        parameters[name] = value
    metrics: dict[str, tuple[float, float, float]] = {}
    for name in draw(st.sets(st.sampled_from(("loss", "train/loss")))):
        history = draw(st.lists(DOUBLES, min_size=1, max_size=4))
        for step, point in enumerate(history):
            row = {"run_uuid": run, "key": name, "value": point, "is_nan": False, "timestamp": 5, "step": step}
            made.row("metrics", **row)
        metrics[name] = (history[-1], min(history), max(history))
    made.runs[run] = (STATES[state], parameters, metrics)
    for name, digest in sorted(draw(st.sets(st.sampled_from(data)))) if data else []:
        uuid = f"{experiment}{name}{digest}".encode().hex()
        if not any(row["dataset_uuid"] == uuid for row in made.rows.get("datasets", ())):
            source = json.dumps({"path": name})
            kept = {"dataset_source_type": "local", "dataset_source": source}
            made.row("datasets", dataset_uuid=uuid, experiment_id=experiment, name=name, digest=digest, **kept)
        _input(made, run, ("DATASET", uuid), ("RUN", run))
        made.flows.add((run, "INPUT", (name, digest)))
    for model in sorted(draw(st.sets(st.sampled_from(made.models)))) if made.models else []:
        _input(made, run, ("RUN_INPUT", run), ("MODEL_INPUT", model))
        made.flows.add((run, "INPUT", model))
    if draw(st.booleans()):
        model = f"m-{run}"
        times = {"creation_timestamp_ms": 7, "last_updated_timestamp_ms": 7, "status": 2}
        kept = {"name": "model", "artifact_location": f"at/{model}", "source_run_id": run}
        made.row("logged_models", model_id=model, experiment_id=experiment, **kept, **times)
        made.models.append(model)
        made.flows.add((run, "OUTPUT", model))
        if draw(st.booleans()):
            _input(made, run, ("RUN_OUTPUT", run), ("MODEL_OUTPUT", model))
        if draw(st.booleans()):  # the false circle
            _input(made, run, ("RUN_INPUT", run), ("MODEL_INPUT", model))


def _input(made: Made, run: str, source: tuple[str, str], destination: tuple[str, str]) -> None:
    number = len(made.rows.get("inputs", ()))
    ends = {"source_type": source[0], "source_id": source[1]}
    ends |= {"destination_type": destination[0], "destination_id": destination[1]}
    made.row("inputs", input_uuid=f"i{number}", **ends)
