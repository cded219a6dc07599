"""The simulated plant, as values: who stands where, what was captured when, and who labelled it.

Two factories with two lines each, two cameras over each line, six weeks in autumn 2026. Nothing of it is real. Three
faults and one harmless imbalance are planted (`PLANTED`), so that an analysis can be held against what is true: it must
never read that list, nor the true classes, which are in no file and in no record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

__all__ = [
    "ANNOTATORS",
    "BATCHES",
    "CAMERAS",
    "CLASSES",
    "CONFIGS",
    "FIRMWARES",
    "FIRST_MONDAY",
    "PARTS_PER_BATCH",
    "PIPELINE",
    "PLANTED",
    "PROJECT",
    "SHOTS_PER_PART",
    "Batch",
    "Camera",
    "CameraConfig",
    "Fault",
    "Firmware",
]

PROJECT: Final = "simulated plant"
PIPELINE: Final = "surface-inspection"
CLASSES: Final = ("clean", "scratch", "pit", "stain", "dent")
PARTS_PER_BATCH: Final = 60
SHOTS_PER_PART: Final = 2

FIRST_MONDAY: Final = datetime(2026, 9, 7, tzinfo=UTC)
_WEEKS: Final = 6


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera over a line; `name` is its whole path, such as ``plant-2/line-3/B``."""

    name: str

    @property
    def line(self) -> str:
        """The line it stands over."""
        return self.name.rpartition("/")[0]

    @property
    def factory(self) -> str:
        """The factory it belongs to."""
        return self.name.partition("/")[0]

    @property
    def contexts(self) -> dict[str, str]:
        """The contexts it stands in, type to whole path."""
        return {"Factory": self.factory, "Line": self.line, "Camera": self.name}


@dataclass(frozen=True, slots=True)
class Firmware:
    """A release of the cameras' firmware, kept by its maker, not by the plant."""

    version: str
    released: datetime

    @property
    def uri(self) -> str:
        """Where its maker keeps it."""
        return f"https://firmware.example.com/steelcam/{self.version}.bin"


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """How one camera is set from a moment on: what is written to its file, and (`focus_blur`) what is not.

    Attributes:
        revision: counts the settings of this camera, from 1.
        since: when it was set.
        exposure_ms: exposure time in milliseconds.
        gain_db: amplification in decibel.
        focus_blur: the blur it really has, in pixels: nature's side, recorded nowhere.
    """

    camera: Camera
    revision: int
    firmware: str
    since: datetime
    exposure_ms: float
    gain_db: float
    focus_blur: float


@dataclass(frozen=True, slots=True)
class Batch:
    """The pictures that one camera took in one week, and who labelled them.

    Attributes:
        mix: share of each class among the parts, in the order of `CLASSES`.
        dead_frames: numbers of the pictures that came out black.
    """

    camera: Camera
    config: CameraConfig
    week: str
    starts: datetime
    annotator: str
    mix: tuple[float, ...]
    dead_frames: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Camera and ISO week, such as ``plant-2/line-3/B/2026-W40``."""
        return f"{self.camera.name}/{self.week}"

    @property
    def ends(self) -> datetime:
        """Friday, end of the late shift."""
        return self.starts + timedelta(days=4, hours=16)

    @property
    def labelled_from(self) -> datetime:
        """Saturday morning; one annotator's jobs of a week follow one another."""
        return self.starts + timedelta(days=5, hours=2 + 2 * CAMERAS.index(self.camera) // len(ANNOTATORS))

    @property
    def job(self) -> str:
        """The labelling job, such as ``LJ-W40-6``."""
        return f"LJ-{self.week[5:]}-{CAMERAS.index(self.camera) + 1}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something planted: what it is, where it stands in the metadata, and whether it does harm."""

    name: str
    sentence: str
    where: Mapping[str, str]
    harmful: bool = True


ANNOTATORS: Final = ("amira", "bo", "chen", "dario")
CONFUSED_ANNOTATOR: Final = "dario"
CONFUSED_CLASSES: Final = ("pit", "stain")
CONFUSED_EVERY: Final = 2  # of them, every second one

CAMERAS: Final = tuple(
    Camera(f"{line}/{letter}")
    for line in ("plant-1/line-1", "plant-1/line-2", "plant-2/line-3", "plant-2/line-4")
    for letter in "AB"
)
FIRMWARES: Final = (
    Firmware("2.0", datetime(2026, 5, 18, 9, tzinfo=UTC)),
    Firmware("2.1", datetime(2026, 9, 22, 9, tzinfo=UTC)),
)

_UPDATED: Final = FIRST_MONDAY + timedelta(days=20, hours=14)  # the Sunday before the fourth week
_SETTINGS: Final = {
    # camera: exposure in ms, gain in dB, blur in pixels
    "plant-1/line-1/A": (8.0, 0.0, 0.45),
    "plant-1/line-1/B": (8.4, 0.0, 0.50),
    "plant-1/line-2/A": (8.2, 0.0, 0.48),
    "plant-1/line-2/B": (8.0, 1.0, 0.50),
    "plant-2/line-3/A": (8.8, 0.0, 0.50),
    "plant-2/line-3/B": (8.6, 0.0, 0.45),
    "plant-2/line-4/A": (7.4, 2.0, 0.50),
    "plant-2/line-4/B": (7.2, 2.0, 0.45),
}
# Firmware 2.1 came to four cameras and hurt one: neither the firmware nor the camera alone is the fault.
_BLUR_AFTER_UPDATE: Final = {
    "plant-1/line-1/A": 0.45,
    "plant-2/line-3/A": 0.50,
    "plant-2/line-3/B": 3.2,
    "plant-2/line-4/A": 0.50,
}
_DEFOCUSED: Final = "plant-2/line-3/B"
_MIX: Final = (0.36, 0.18, 0.16, 0.16, 0.14)
_HARD_MIX: Final = (0.08, 0.74, 0.07, 0.06, 0.05)
_HARD_CAMERA: Final = "plant-1/line-2/A"


def _configs() -> tuple[CameraConfig, ...]:
    found: list[CameraConfig] = []
    for camera in CAMERAS:
        exposure, gain, blur = _SETTINGS[camera.name]
        installed = FIRST_MONDAY - timedelta(days=3)
        found.append(CameraConfig(camera, 1, "2.0", installed, exposure, gain, blur))
        if camera.name in _BLUR_AFTER_UPDATE:
            blur = _BLUR_AFTER_UPDATE[camera.name]
            found.append(CameraConfig(camera, 2, "2.1", _UPDATED, exposure, gain, blur))
    return tuple(found)


CONFIGS: Final = _configs()


def _batches() -> tuple[Batch, ...]:
    found: list[Batch] = []
    for week in range(_WEEKS):
        starts = FIRST_MONDAY + timedelta(weeks=week, hours=6)
        year, number, _ = starts.isocalendar()
        for place, camera in enumerate(CAMERAS):
            config = [c for c in CONFIGS if c.camera == camera and c.since <= starts][-1]
            dead = (31, 57) if week == 3 and camera.name == "plant-1/line-2/B" else ()
            mix = _HARD_MIX if camera.name == _HARD_CAMERA else _MIX
            annotator = ANNOTATORS[(place + week) % len(ANNOTATORS)]
            found.append(Batch(camera, config, f"{year}-W{number:02d}", starts, annotator, mix, dead))
    return tuple(found)


BATCHES: Final = _batches()


PLANTED: Final = (
    Fault(
        "lost focus",
        "Camera plant-2/line-3/B is out of focus since it runs firmware 2.1; three other cameras run it unharmed.",
        MappingProxyType({"camera": _DEFOCUSED, "firmware": "2.1"}),
    ),
    Fault(
        "confused annotator",
        "Annotator dario takes pits for stains and stains for pits, every second time.",
        MappingProxyType({"annotator": CONFUSED_ANNOTATOR}),
    ),
    Fault(
        "dead frames",
        "Two pictures of plant-1/line-2/B in the fourth week came out black; feature extraction 1.0 makes NaN of them.",
        MappingProxyType({"camera": "plant-1/line-2/B", "week": "2026-W40"}),
    ),
    Fault(
        "more scratches",
        "Camera plant-1/line-2/A sees more scratches, the hardest class; the camera itself is sound.",
        MappingProxyType({"camera": _HARD_CAMERA}),
        harmful=False,
    ),
)
