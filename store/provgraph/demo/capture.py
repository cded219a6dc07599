"""What the plant's people and machines leave on disk: camera settings, pictures with their metadata, labels."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from provgraph.demo.chance import generator
from provgraph.demo.csvfile import Row, write_rows
from provgraph.demo.pictures import Optics, render_scene, take_shot, write_picture
from provgraph.demo.plant import (
    CLASSES,
    CONFUSED_ANNOTATOR,
    CONFUSED_CLASSES,
    CONFUSED_EVERY,
    PARTS_PER_BATCH,
    SHOTS_PER_PART,
    Batch,
    CameraConfig,
)

__all__ = ["METADATA", "true_classes", "write_batch", "write_config", "write_labels"]

METADATA: Final = "metadata.csv"
_PARTS_PER_DAY: Final = 12


def write_config(path: Path, config: CameraConfig) -> Path:
    """Write a camera's settings as JSON; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = {
        "simulated": True,
        "camera": config.camera.name,
        "revision": config.revision,
        "firmware": config.firmware,
        "exposure_ms": config.exposure_ms,
        "gain_db": config.gain_db,
        "focus": "auto",
    }
    path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    return path


def true_classes(batch: Batch, seed: int) -> list[str]:
    """What each part of a batch really has: known to the simulation alone."""
    drawn = generator(seed, "classes", batch.name).choice(len(CLASSES), size=PARTS_PER_BATCH, p=batch.mix)
    return [CLASSES[int(index)] for index in drawn]


def write_batch(folder: Path, batch: Batch, seed: int) -> Path:
    """Take the pictures of a batch into `folder`, with a table of how each was taken; returns the folder.

    The table `metadata.csv` has one row per picture: picture, part, shot, time, factory, line, camera, config,
    firmware, exposure_ms, gain_db, shift, week.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for part, name in enumerate(true_classes(batch, seed)):
        rng = generator(seed, "part", batch.name, str(part))
        scene = render_scene(name, rng)
        for shot in range(SHOTS_PER_PART):
            number = part * SHOTS_PER_PART + shot
            # The lamps age and flicker: the automatic exposure follows them by a few per cent.
            exposure = round(batch.config.exposure_ms * float(rng.normal(1.0, 0.03)), 2)
            optics = Optics(batch.config.focus_blur, exposure, batch.config.gain_db)
            picture = take_shot(scene, optics, rng)
            if number in batch.dead_frames:
                picture[:] = 0
            file = f"{number:04d}.png"
            write_picture(folder / file, picture)
            rows.append(_metadata(batch, file, part, shot, exposure))
    write_rows(folder / METADATA, rows)
    return folder


def write_labels(path: Path, batch: Batch, seed: int) -> Path:
    """Write what the annotator saw, one row per picture (picture, part, label, annotator, job); returns the path."""
    rows: list[Row] = []
    met = 0
    for part, name in enumerate(true_classes(batch, seed)):
        doubtful = batch.annotator == CONFUSED_ANNOTATOR and name in CONFUSED_CLASSES
        met += doubtful
        swapped = doubtful and met % CONFUSED_EVERY == 0
        label = CONFUSED_CLASSES[1 - CONFUSED_CLASSES.index(name)] if swapped else name
        rows += [
            {
                "picture": f"{part * SHOTS_PER_PART + shot:04d}.png",
                "part": _part_id(batch, part),
                "label": label,
                "annotator": batch.annotator,
                "job": batch.job,
            }
            for shot in range(SHOTS_PER_PART)
        ]
    return write_rows(path, rows)


def _metadata(batch: Batch, file: str, part: int, shot: int, exposure: float) -> Row:
    taken = _taken(batch.starts, part, shot)
    return {
        "picture": file,
        "part": _part_id(batch, part),
        "shot": str(shot + 1),
        "time": taken.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "factory": batch.camera.factory,
        "line": batch.camera.line,
        "camera": batch.camera.name,
        "config": str(batch.config.revision),
        "firmware": batch.config.firmware,
        "exposure_ms": f"{exposure:.2f}",
        "gain_db": f"{batch.config.gain_db:g}",
        "shift": "early" if taken.hour < 14 else "late",
        "week": batch.week,
    }


def _taken(starts: datetime, part: int, shot: int) -> datetime:
    """Twelve parts a day, 80 minutes apart, the second shot twenty seconds after the first."""
    day, turn = divmod(part, _PARTS_PER_DAY)
    return starts + timedelta(days=day, minutes=80 * turn + (17 * part) % 60, seconds=20 * shot)


def _part_id(batch: Batch, part: int) -> str:
    plant, line, camera = batch.camera.name.split("/")
    return f"P{plant[-1]}L{line[-1]}{camera}-{batch.week[2:4]}{batch.week[6:]}-{part:03d}"
