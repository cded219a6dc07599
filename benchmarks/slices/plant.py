"""A plant for the joined case: capture batches with what stands upstream of each, and predictions on their pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from provgraph import Artifact, Association, Context, Event, EventType, Execution, ExecutionState, Records
from provgraph.model import ParentContext

FACTORIES, LINES, CAMERAS = 4, 4, 5  # 80 cameras, each over one line of one factory
FIRMWARES = ("2.0", "2.1", "2.2")
ANNOTATORS = tuple(f"annotator-{number:02d}" for number in range(12))
TOOLS = ("labelbench 3.1", "labelbench 3.2")
BLURRED = ("factory-1/line-2/camera-3", "2.1")  # what is planted: a camera since a firmware
CARELESS = "annotator-07"
DAY = 86_400_000
START = 1_780_000_000_000


@dataclass(frozen=True)
class Batch:
    """What one capture batch was made with."""

    number: int
    camera: str
    firmware: str
    annotator: str
    tool: str
    exposure: float
    at: int

    @property
    def key(self) -> str:
        return f"bench/labels/{self.number}"


def batches(count: int, seed: int) -> list[Batch]:
    """`count` batches over a year: the cameras in turn, their firmware by date, annotators and tools at random."""
    rng = np.random.default_rng(seed)
    names = [
        f"factory-{f}/line-{line}/camera-{c}" for f in range(FACTORIES) for line in range(LINES) for c in range(CAMERAS)
    ]
    found: list[Batch] = []
    for number in range(count):
        done = number / count
        firmware = FIRMWARES[min(int(done * len(FIRMWARES)), len(FIRMWARES) - 1)]
        annotator = ANNOTATORS[int(rng.integers(len(ANNOTATORS)))]
        tool = TOOLS[int(rng.integers(len(TOOLS)))]
        exposure = round(float(rng.normal(8.0, 0.4)), 2)
        at = START + int(done * 365 * DAY)
        found.append(Batch(number, names[number % len(names)], firmware, annotator, tool, exposure, at))
    return found


def records(found: list[Batch]) -> Iterator[Records]:
    """The batches as records, a few hundred at a time: firmware, settings, captures, labels, and their contexts."""
    done = ExecutionState.COMPLETE
    cameras = sorted({batch.camera for batch in found})
    contexts: dict[str, Context] = {}
    parents: list[ParentContext] = []
    for camera in cameras:
        factory, line, _ = camera.split("/")
        for type_, name in (("Factory", factory), ("Line", f"{factory}/{line}"), ("Camera", camera)):
            contexts.setdefault(name, Context(type=type_, name=name, key=f"bench/context/{name}"))
        parents += [
            ParentContext(f"bench/context/{camera}", f"bench/context/{factory}/{line}"),
            ParentContext(f"bench/context/{factory}/{line}", f"bench/context/{factory}"),
        ]
    settings = sorted({(batch.camera, batch.firmware) for batch in found})
    firmwares = [
        Artifact(type="Firmware", name=f"steelcam/{f}", family="steelcam", version=f, key=f"bench/firmware/{f}")
        for f in FIRMWARES
    ]
    yield Records(
        artifacts=[
            *firmwares,
            *(
                Artifact(
                    type="CameraConfig",
                    name=f"{camera}/{firmware}",
                    family=camera,
                    version=firmware,
                    key=f"bench/config/{camera}/{firmware}",
                    custom_properties={"firmware": firmware, "gain_db": float(cameras.index(camera) % 3)},
                )
                for camera, firmware in settings
            ),
        ],
        executions=[
            Execution(type="Configure", key=f"bench/configure/{camera}/{firmware}", state=done)
            for camera, firmware in settings
        ],
        contexts=list(contexts.values()),
        parents=list(dict.fromkeys(parents)),
        events=[
            event
            for camera, firmware in settings
            for event in (
                _event(f"bench/firmware/{firmware}", f"bench/configure/{camera}/{firmware}", EventType.INPUT),
                _event(f"bench/config/{camera}/{firmware}", f"bench/configure/{camera}/{firmware}", EventType.OUTPUT),
            )
        ],
    )
    for start in range(0, len(found), 500):
        part = found[start : start + 500]
        yield Records(
            artifacts=[
                *(_numbered("CaptureBatch", "batch", b.number, f"bench/batch/{b.number}") for b in part),
                *(_numbered("Labels", "labels", b.number, b.key) for b in part),
            ],
            executions=[execution for batch in part for execution in _steps(batch)],
            events=[event for batch in part for event in _events(batch)],
            associations=[
                Association(f"bench/capture/{batch.number}", f"bench/context/{batch.camera}") for batch in part
            ],
        )


def _numbered(type_: str, family: str, number: int, key: str) -> Artifact:
    return Artifact(type=type_, name=f"{family}/{number}", family=family, version=str(number), key=key)


def predictions(found: list[Batch], rows: int, seed: int) -> pd.DataFrame:
    """`rows` predictions: 5 % are wrong, more where something is planted."""
    rng = np.random.default_rng(seed + 1)
    batch = np.arange(rows) % len(found)
    bad = np.array([(b.camera, b.firmware) == BLURRED for b in found])[batch]
    careless = np.array([b.annotator == CARELESS for b in found])[batch]
    wrong = rng.random(rows) < np.where(bad, 0.30, np.where(careless, 0.10, 0.05))
    classes = np.array(["clean", "scratch", "pit", "stain", "dent"])
    label = rng.integers(len(classes), size=rows)
    prediction = np.where(wrong, (label + 1) % len(classes), label)
    times = pd.to_datetime(np.array([b.at for b in found])[batch] + rng.integers(DAY, size=rows), unit="ms", utc=True)
    return pd.DataFrame(
        {
            "label": classes[label],
            "prediction": classes[prediction],
            "source": np.array([b.key for b in found])[batch],
            "time": times,
            "shift": np.where(times.hour < 14, "early", "late"),
            "brightness": rng.normal(size=rows).round(3),
        }
    )


def _steps(batch: Batch) -> tuple[Execution, Execution]:
    done = ExecutionState.COMPLETE
    capture = Execution(
        type="Capture",
        key=f"bench/capture/{batch.number}",
        state=done,
        started_at=batch.at,
        ended_at=batch.at + DAY,
        custom_properties={"firmware": batch.firmware, "exposure_ms": batch.exposure},
    )
    label = Execution(
        type="Label",
        key=f"bench/label/{batch.number}",
        state=done,
        started_at=batch.at + 2 * DAY,
        ended_at=batch.at + 3 * DAY,
        custom_properties={"annotator": batch.annotator, "tool": batch.tool, "job": f"LJ-{batch.number}"},
    )
    return capture, label


def _events(batch: Batch) -> tuple[Event, ...]:
    number = batch.number
    capture, label = f"bench/capture/{number}", f"bench/label/{number}"
    return (
        _event(f"bench/config/{batch.camera}/{batch.firmware}", capture, EventType.INPUT),
        _event(f"bench/batch/{number}", capture, EventType.OUTPUT),
        _event(f"bench/batch/{number}", label, EventType.INPUT),
        _event(batch.key, label, EventType.OUTPUT),
    )


def _event(artifact: str, execution: str, type_: EventType) -> Event:
    return Event(artifact=artifact, execution=execution, type=type_)
