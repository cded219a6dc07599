"""A store with tables of predictions of every kind that the page Error analysis may meet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

import provgraph
from provgraph import Capture
from provgraph.model import Artifact, Event, EventType, Execution, Records
from provgraph.recording.recorded import RecordedArtifact

HOSTILE = "<img src=x onerror='window.hacked=1'>"
CLASSES = ("clean", "pit", "scratch")
ROWS = 1_260
BATCHES = 18
_DAY = pd.Timedelta(days=1)
_START = pd.Timestamp("2026-09-07T06:00:00Z")
_QUIET = Capture.nothing()


@dataclass(frozen=True)
class Filled:
    """The references of the tables, and what the analysis must find.

    Attributes:
        sound: of `reader/2`, which fails at camera C2 since firmware 2.1.
        before: of `reader/1`, on the same samples, which does not.
        noise: of `coin/1`: errors by chance alone, and neither sources nor times nor samples.
        losses: of `scorer/1`: a regression, whose columns and values have hostile names.
        doubtful: of `maker/1`: only possible links lead from its sources to the lamps that may have lit them.
        missing, changed: whose files are gone, and changed.
        secret: a picture that no artifact of the store was recorded to be.
    """

    sound: str
    before: str
    noise: str
    losses: str
    doubtful: str
    missing: str
    changed: str
    secret: Path


def fill(graph: provgraph.Graph, folder: Path) -> Filled:
    """Record the tables."""
    pictures, secret = _pictures(folder)
    batches: list[RecordedArtifact] = []
    for number in range(BATCHES):
        camera, week = f"C{number % 3}", number // 3
        with graph.execution(
            "Capture",
            name=f"{camera}/w{week}",
            parameters={"firmware": "2.1" if week >= 3 else "2.0"},
            contexts={"Camera": camera},
            capture=_QUIET,
        ) as step:
            place = folder / "pictures" / f"b{number}"
            batches.append(step.output(place, type="CaptureBatch", name=f"b{number}", version="1"))
    with graph.execution("Train", capture=_QUIET) as step:
        step.input(batches[0])
        models = {
            name: step.output(type="Model", name=name.partition("/")[0], version=name.partition("/")[2])
            for name in ("reader/1", "reader/2", "coin/1", "scorer/1", "lost/1", "bent/1", "mute/1", "maker/1")
        }
        step.output(type="Model", name=HOSTILE, version="1")
        data = step.output(type="Dataset", name="val", version="1")
    with graph.execution("Deploy", capture=_QUIET) as step:
        step.input(models["reader/2"])
        step.output(type="Deployment", name="line-2", version="1", contexts={"Endpoint": "line-2"})

    frame = _frame(pictures, secret)

    def recorded(model: str, frame: pd.DataFrame) -> Artifact:
        return graph.record_predictions(
            model=models[model], data=data, frame=frame, sample="picture", source="batch", time="taken"
        )

    sound = recorded("reader/2", frame)
    earlier = frame.assign(prediction=np.where(frame["camera"] == "C2", frame["label"], frame["prediction"]))
    before = recorded("reader/1", earlier)
    rng = np.random.default_rng(5)
    label = rng.choice(CLASSES, 600)
    coin = pd.DataFrame(
        {
            "label": label,
            "prediction": np.where(rng.random(600) < 0.1, "other", label),
            "side": rng.choice(["heads", "tails"], 600),
            "hand": rng.choice(["left", "right"], 600),
        }
    )
    noise = graph.record_predictions(model=models["coin/1"], frame=coin)
    part = rng.choice([HOSTILE, "b</b>", "=1+1"], 900)
    score = rng.normal(10.0, 1.0, 900)
    scores = pd.DataFrame(
        {
            "label": score,
            "prediction": score + rng.normal(0.0, 0.2, 900) + 2.0 * (part == HOSTILE),
            HOSTILE: part,
            "size": rng.normal(size=900),
            "sample": [f"../../{HOSTILE}/{n}" for n in range(900)],
        }
    )
    losses = graph.record_predictions(model=models["scorer/1"], frame=scores, sample="sample")
    _captured_under_lamps(graph)
    lit = coin.assign(batch=[f"CaptureBatch/lit{n % 4}" for n in range(len(coin))])
    doubtful = graph.record_predictions(model=models["maker/1"], frame=lit, source="batch")
    missing = graph.record_predictions(model=models["lost/1"], frame=coin.assign(n=1))
    changed = graph.record_predictions(model=models["bent/1"], frame=coin.assign(n=2))
    _file(missing).unlink()
    _file(changed).write_bytes(_file(changed).read_bytes()[:-20] + b"x" * 20)
    return Filled(sound.ref, before.ref, noise.ref, losses.ref, doubtful.ref, missing.ref, changed.ref, secret)


def _captured_under_lamps(graph: provgraph.Graph) -> None:
    """Four batches, each by a capture that possibly used one of two lamps."""
    batches = [Artifact(type="CaptureBatch", name=f"lit{n}", key=f"lit/{n}") for n in range(4)]
    lamps = [Artifact(type="Lamp", name=f"lamp-{n}", key=f"lamp/{n}", custom_properties={"watts": n}) for n in range(2)]
    graph.put_lineage(
        Records(
            artifacts=[*batches, *lamps],
            executions=[Execution(type="Capture", key=f"lit by/{n}") for n in range(4)],
            events=[
                *(Event(artifact=f"lit/{n}", execution=f"lit by/{n}", type=EventType.OUTPUT) for n in range(4)),
                *(
                    Event(artifact=f"lamp/{n % 2}", execution=f"lit by/{n}", type=EventType.INPUT, possible=True)
                    for n in range(4)
                ),
            ],
        )
    )


def _frame(pictures: list[Path], secret: Path) -> pd.DataFrame:
    """Camera C2 with firmware 2.1 takes four of ten for something else."""
    rng = np.random.default_rng(11)
    batch = np.arange(ROWS) % BATCHES
    camera, week = batch % 3, batch // 3
    label = rng.choice(CLASSES, ROWS)
    wrong = rng.random(ROWS) < np.where((camera == 2) & (week >= 3), 0.4, 0.05)
    other = {"clean": "scratch", "pit": "clean", "scratch": "clean"}
    days = rng.integers(0, 5, ROWS) + 7 * week
    samples = [str(path) for path in pictures]
    samples[0], samples[1] = str(secret), "/etc/passwd"
    return pd.DataFrame(
        {
            "label": label,
            "prediction": np.where(wrong, [other[each] for each in label], label),
            "picture": samples,
            "camera": [f"C{number}" for number in camera],
            "exposure": np.round(rng.normal(10.0, 2.0, ROWS), 2),
            "taken": [_START + int(day) * _DAY for day in days],
            "batch": [f"CaptureBatch/b{number}/1" for number in batch],
        }
    )


def _pictures(folder: Path) -> tuple[list[Path], Path]:
    """A small picture for each row, in the folder of its batch, and one that lies beside these folders."""
    rng = np.random.default_rng(2)
    found: list[Path] = []
    for row in range(ROWS):
        place = folder / "pictures" / f"b{row % BATCHES}"
        place.mkdir(parents=True, exist_ok=True)
        found.append(place / f"{row:04d}.png")
        Image.fromarray(rng.integers(0, 255, (16, 16), np.uint8)).save(found[-1])
    secret = folder / "secret.png"
    Image.new("RGB", (16, 16), (255, 0, 0)).save(secret)
    return found, secret


def _file(table: Artifact) -> Path:
    assert table.uri is not None
    return Path(table.uri.removeprefix("file://"))
