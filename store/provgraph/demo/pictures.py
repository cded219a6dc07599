"""Grey pictures of brushed steel, 32 by 32, as an inspection camera would take them.

A *scene* is what lies under the lens: brushed steel, with a defect or without, 40 by 40 so that a part can move a
little between two shots. A *shot* is what the camera makes of it: a crop, blurred by the focus, brightened by the
exposure, roughened by noise, cut to 8 bits. Everything is numpy and follows the generator it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from provgraph.demo.plant import CLASSES

__all__ = ["SIZE", "Optics", "blur_matrix", "read_picture", "render_scene", "take_shot", "write_picture"]

Plane: TypeAlias = NDArray[np.float64]

SIZE: Final = 32
SCENE: Final = 40
_Y, _X = np.mgrid[0:SCENE, 0:SCENE].astype(np.float64)


@dataclass(frozen=True, slots=True)
class Optics:
    """How a camera sees.

    Attributes:
        focus_blur: standard deviation of the blur, in pixels; 0.45 is sharp.
        exposure_ms: exposure time in milliseconds; 8 is what the lamps are made for.
        gain_db: amplification in decibel; it brightens nothing here (the camera compensates) but adds noise.
    """

    focus_blur: float
    exposure_ms: float
    gain_db: float


def render_scene(name: str, rng: np.random.Generator) -> Plane:
    """Brushed steel with the defect of class `name`: reflectance, about 0.2 to 1.0, shape (40, 40)."""
    steel = _brushed(rng)
    match name:
        case "clean":
            return steel
        case "scratch":
            return steel + _scratch(rng)
        case "pit":
            return steel + _pits(rng)
        case "stain":
            return steel + _stain(rng)
        case "dent":
            return steel + _dent(rng)
        case _:
            raise ValueError(f"no such class of surface: {name!r}; there are {', '.join(CLASSES)}")


def take_shot(scene: Plane, optics: Optics, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One picture of a scene, shape (32, 32): each shot has a crop, a brightness and a noise of its own."""
    top, left = (int(value) for value in rng.integers(1, SCENE - SIZE, size=2))
    blur = blur_matrix(SCENE, optics.focus_blur)
    light = (blur @ scene @ blur.T)[top : top + SIZE, left : left + SIZE]
    light = light * (optics.exposure_ms / 8.0) * _vignette() * 175.0
    amplification = 10.0 ** (optics.gain_db / 20.0)
    sigma = np.sqrt(0.045 * np.maximum(light, 0.0) + 1.2) * (0.6 + 0.4 * amplification)
    picture: NDArray[np.uint8] = np.clip(np.rint(light + rng.normal(size=light.shape) * sigma), 0, 255).astype(np.uint8)
    return picture


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture as a lossless PNG; the same picture makes the same bytes."""
    Image.fromarray(picture).save(path, format="PNG", compress_level=6)


def read_picture(path: Path) -> NDArray[np.uint8]:
    """The picture in a PNG file, as bytes of grey, shape (height, width)."""
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), dtype=np.uint8)


def blur_matrix(size: int, sigma: float) -> Plane:
    """The matrix that blurs a column of `size` pixels by a Gaussian, with edges renormalised, shape (size, size)."""
    offset = np.arange(size)[:, None] - np.arange(size)[None, :]
    weights = np.exp(-0.5 * (offset / max(sigma, 1e-3)) ** 2)
    normalised: Plane = weights / weights.sum(axis=1, keepdims=True)
    return normalised


def _vignette() -> Plane:
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    centre = (SIZE - 1) / 2
    shade: Plane = 1.0 - 0.10 * (((y - centre) / centre) ** 2 + ((x - centre) / centre) ** 2) / 2
    return shade


def _brushed(rng: np.random.Generator) -> Plane:
    """Grain that runs along the rows, under a lamp that stands somewhat to one side."""
    reach = 22
    grain = rng.normal(size=(SCENE, SCENE + reach))
    running = np.cumsum(grain, axis=1)
    streaks = (running[:, reach:] - running[:, :-reach]) / np.sqrt(reach)
    fine = rng.normal(size=(SCENE, SCENE))
    slope_y, slope_x = rng.normal(scale=0.035, size=2)
    lamp = slope_y * (_Y / SCENE - 0.5) + slope_x * (_X / SCENE - 0.5)
    level = rng.normal(0.72, 0.025)
    steel: Plane = level + 0.034 * streaks + 0.010 * fine + lamp
    return steel


def _place(rng: np.random.Generator, margin: float) -> tuple[float, float]:
    """A centre that stays in the picture wherever the crop lies."""
    y, x = rng.uniform(SCENE / 2 - SIZE / 2 + margin, SCENE / 2 + SIZE / 2 - margin, size=2)
    return float(y), float(x)


def _scratch(rng: np.random.Generator) -> Plane:
    """A thin groove: one flank catches the light, the other lies in shadow."""
    y, x = _place(rng, 11.0)
    angle = rng.uniform(0.03, np.pi - 0.03)
    length = rng.uniform(5.0, 15.0)
    width = rng.uniform(0.45, 0.75)
    depth = rng.uniform(0.04, 0.16)
    along = (_X - x) * np.cos(angle) + (_Y - y) * np.sin(angle)
    bow = rng.normal(scale=0.010) * along**2
    across = -(_X - x) * np.sin(angle) + (_Y - y) * np.cos(angle) - bow
    inside = 1.0 / (1.0 + np.exp((np.abs(along) - length) * 1.5))
    bright = np.exp(-0.5 * ((across - 0.7) / width) ** 2)
    dark = np.exp(-0.5 * ((across + 0.7) / width) ** 2)
    groove: Plane = depth * inside * (bright - 0.75 * dark)
    return groove


def _pits(rng: np.random.Generator) -> Plane:
    """One to three small holes, dark inside, with a lit lower rim."""
    holes: Plane = np.zeros_like(_X)
    for _ in range(int(rng.integers(1, 4))):
        y, x = _place(rng, 5.0)
        radius = rng.uniform(1.1, 2.3)
        depth = rng.uniform(0.14, 0.40)
        distance = np.hypot(_Y - y, (_X - x) * rng.uniform(0.85, 1.15))
        core = 1.0 / (1.0 + np.exp((distance - radius) * 3.2))
        rim = np.exp(-0.5 * ((distance - radius - 0.8) / 0.6) ** 2) * np.clip((_Y - y) / (radius + 0.8), 0.0, 1.0)
        holes = np.minimum(holes, -depth * core) + 0.5 * depth * rim * (core < 0.5)
    return holes


def _stain(rng: np.random.Generator) -> Plane:
    """A flat, darker patch with a wavy outline, as dried coolant leaves it."""
    y, x = _place(rng, 8.0)
    dy, dx = _Y - y, (_X - x) * rng.uniform(0.7, 1.2)
    angle = np.arctan2(dy, dx)
    outline = rng.uniform(3.6, 8.0)
    for lobes in (2, 3, 5):
        outline = outline + rng.normal(scale=1.1 / lobes**0.5) * np.cos(lobes * angle + rng.uniform(0.0, 2 * np.pi))
    distance = np.hypot(dy, dx)
    body = 1.0 / (1.0 + np.exp((distance - outline) * 1.1))
    edge = np.exp(-0.5 * ((distance - outline) / 1.0) ** 2)
    patch: Plane = -rng.uniform(0.05, 0.17) * (body + 0.35 * edge)
    return patch


def _dent(rng: np.random.Generator) -> Plane:
    """A soft hollow: the side that faces the lamp is bright, the other dark; the steel itself is unhurt."""
    y, x = _place(rng, 9.0)
    radius = rng.uniform(3.0, 6.0)
    angle = rng.normal(np.pi / 2, 0.5)
    slope = ((_X - x) * np.cos(angle) + (_Y - y) * np.sin(angle)) / radius
    fall = np.exp(-0.5 * ((_Y - y) ** 2 + (_X - x) ** 2) / radius**2)
    hollow: Plane = rng.uniform(0.05, 0.18) * slope * fall * 1.65
    return hollow
