"""A small plant with one fault: a camera since a firmware. Its captures, its labels, and what two models said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

import provgraph
from provgraph import Artifact, Association, Context, Event, EventType, Execution, ExecutionState, Records
from provgraph.model import ParentContext

CAMERAS = ("p1/l1/A", "p1/l1/B", "p1/l2/A", "p2/l3/A", "p2/l3/B", "p2/l4/A")
BAD = ("p2/l3/B", "2.1")
WEEKS = 6
ROWS = 60  # of each batch
DAY = 86_400_000
START = 1_767_600_000_000
DONE = ExecutionState.COMPLETE


@dataclass(frozen=True)
class Plant:
    """What was recorded.

    Attributes:
        frame: one row per picture, predicted by the model of the moment.
        older: the same rows, predicted by the older one.
    """

    model: Artifact
    older_model: Artifact
    data: Artifact
    predictions: Artifact
    frame: pd.DataFrame
    older: pd.DataFrame


def build(graph: provgraph.Graph, *, sources: bool = True, unit: str | None = None) -> Plant:
    """Record the plant, a dataset of all its batches, two models that learned from it, and one deployment of each."""
    keys = batches()
    graph.put_lineage(captures(keys))
    labels = [graph.get(f"c/labels/{name}") for name in keys]
    with graph.execution("Assemble", pipeline="inspection", run="1") as step:
        for each in labels:
            assert isinstance(each, Artifact)
            step.input(each)
        data = step.output(type="Dataset", name="surface", version="1", digest="sha256:" + "d" * 64)
    models = []
    for name in ("older", "inspector"):
        with graph.execution("Train", pipeline="inspection", run="1") as step:
            step.input(data)
            models.append(step.output(type="Model", name=name, version="1", digest="sha256:" + name[0] * 64))
        with graph.execution("Deploy") as step:
            step.input(models[-1])
            step.output(type="Deployment", name=f"{name} at line", version="1", contexts={"Endpoint": f"line/{name}"})
    frame = rows(keys, seed=7, bad=0.5, base=0.06)
    older = rows(keys, seed=7, bad=0.06, base=0.06)
    older_model, model = (graph.get(each.key) for each in models)
    dataset = graph.get(data.key)
    assert isinstance(model, Artifact)
    assert isinstance(older_model, Artifact)
    assert isinstance(dataset, Artifact)
    recorded: list[Artifact] = []
    for each, said in ((older_model, older), (model, frame)):
        recorded.append(
            graph.record_predictions(
                model=each,
                data=dataset,
                frame=said,
                sample="picture",
                time="taken",
                unit=unit,
                source="labels" if sources else None,
            )
        )
    return Plant(model, older_model, dataset, recorded[-1], frame, older)


def batches() -> list[str]:
    """Camera and week of each."""
    return [f"{camera}/w{week}" for week in range(WEEKS) for camera in CAMERAS]


def firmware(name: str) -> str:
    """Three cameras got the new one after half the weeks; only one of them suffers."""
    camera, _, week = name.rpartition("/w")
    return "2.1" if camera in ("p1/l1/A", "p2/l3/B", "p2/l4/A") and int(week) >= WEEKS // 2 else "2.0"


def annotator(name: str) -> str:
    """They take turns."""
    camera, _, week = name.rpartition("/w")
    return ("amira", "bo", "chen")[(CAMERAS.index(camera) + int(week)) % 3]


def captures(names: list[str]) -> Records:
    """The batches, with what stands upstream of each."""
    contexts = {
        path: Context(type=type_, name=path, key=f"c/context/{path}")
        for camera in CAMERAS
        for type_, path in (
            ("Factory", camera.partition("/")[0]),
            ("Line", camera.rpartition("/")[0]),
            ("Camera", camera),
        )
    }
    parents = dict.fromkeys(
        ParentContext(f"c/context/{child}", f"c/context/{child.rpartition('/')[0]}")
        for camera in CAMERAS
        for child in (camera, camera.rpartition("/")[0])
    )
    settings = dict.fromkeys((name.rpartition("/w")[0], firmware(name)) for name in names)
    artifacts = [
        Artifact(type="Firmware", name=f"cam/{f}", family="cam", version=f, key=f"c/fw/{f}") for f in ("2.0", "2.1")
    ]
    executions: list[Execution] = []
    events: list[Event] = []
    associations: list[Association] = []
    for camera, version in settings:
        step, made = f"c/configure/{camera}/{version}", f"c/config/{camera}/{version}"
        executions.append(Execution(type="Configure", key=step, state=DONE))
        artifacts.append(
            Artifact(type="CameraConfig", name=f"{camera}/{version}", family=camera, version=version, key=made)
        )
        events += [_event(f"c/fw/{version}", step, EventType.INPUT), _event(made, step, EventType.OUTPUT)]
    for number, name in enumerate(names):
        camera, version = name.rpartition("/w")[0], firmware(name)
        began = START + number // len(CAMERAS) * 7 * DAY
        capture, label = f"c/capture/{name}", f"c/label/{name}"
        executions += [
            Execution(
                type="Capture", key=capture, state=DONE, started_at=began, custom_properties={"firmware": version}
            ),
            Execution(
                type="Label",
                key=label,
                state=DONE,
                started_at=began + 6 * DAY,
                custom_properties={"annotator": annotator(name), "job": f"LJ-{number}"},
            ),
        ]
        artifacts += [
            Artifact(type="CaptureBatch", name=f"{name}/1", family=name, version="1", key=f"c/batch/{name}"),
            Artifact(type="Labels", name=f"{name}/1", family=name, version="1", key=f"c/labels/{name}"),
        ]
        events += [
            _event(f"c/config/{camera}/{version}", capture, EventType.INPUT),
            _event(f"c/batch/{name}", capture, EventType.OUTPUT),
            _event(f"c/batch/{name}", label, EventType.INPUT),
            _event(f"c/labels/{name}", label, EventType.OUTPUT),
        ]
        associations.append(Association(capture, f"c/context/{camera}"))
    return Records(
        artifacts=artifacts,
        executions=executions,
        events=events,
        contexts=list(contexts.values()),
        parents=list(parents),
        associations=associations,
    )


def rows(names: list[str], *, seed: int, bad: float, base: float) -> pd.DataFrame:
    """One row per picture; wrong at the base rate, or at the bad one where the fault is."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(len(names)), ROWS)
    faulty = np.array([(n.rpartition("/w")[0], firmware(n)) == BAD for n in names])[of]
    wrong = rng.random(of.size) < np.where(faulty, bad, base)
    classes = np.array(["clean", "scratch", "pit"])
    label = rng.integers(len(classes), size=of.size)
    taken = START + (of // len(CAMERAS)) * 7 * DAY + rng.integers(5 * DAY, size=of.size)
    return pd.DataFrame(
        {
            "picture": [f"{names[batch]}/{at % ROWS:03d}.png" for at, batch in enumerate(of.tolist())],
            "label": classes[label],
            "prediction": classes[np.where(wrong, (label + 1) % len(classes), label)],
            "labels": [f"Labels/{names[batch]}/1" for batch in of.tolist()],
            "part": [f"{names[batch]}/{at % ROWS // 2}" for at, batch in enumerate(of.tolist())],
            "taken": pd.to_datetime(taken, unit="ms", utc=True),
            "shift": np.where(rng.random(of.size) < 0.5, "early", "late"),
        }
    )


def _event(artifact: str, execution: str, type_: EventType) -> Event:
    return Event(artifact=artifact, execution=execution, type=type_)
