"""From pictures to numbers: contrast, blobs, ridges and directions at several scales.

Version 1.0 of the extraction divides each picture by its own contrast, whatever that is: a black frame becomes NaN, as
it did in many a real pipeline. Version 1.1 leaves such frames out and says how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from provgraph.demo.csvfile import read_rows
from provgraph.demo.pictures import SIZE, blur_matrix, read_picture

__all__ = ["Extractor", "FeatureTable", "describe", "load_features", "save_features"]

Stack: TypeAlias = NDArray[np.float64]

_SCALES: Final = (0.8, 1.6, 3.0, 5.0)
_DIRECTIONS: Final = 8
_LEAST_CONTRAST: Final = 1.0
_CHUNK: Final = 128  # so that the planes of a chunk stay in the processor's cache


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """One row of numbers per picture.

    Attributes:
        pictures: paths of the pictures, relative to the demo's folder.
        labels: what the annotator said.
        values: shape (pictures, features).
        dropped: how many pictures were left out.
    """

    pictures: tuple[str, ...]
    labels: tuple[str, ...]
    values: Stack
    dropped: int


class Extractor:
    """One version of the extraction; what it has described once, it does not describe again.

    Args:
        root: the folder that the pictures' paths are relative to.
        version: "1.0" or "1.1".
    """

    def __init__(self, root: Path, version: str) -> None:
        self._root = root
        self._keeps_black = version == "1.0"
        self._known: dict[str, NDArray[np.float64] | None] = {}

    def table(self, dataset: Path) -> FeatureTable:
        """Describe the pictures that a dataset's table names."""
        rows = read_rows(dataset)
        fresh = [row["picture"] for row in rows if row["picture"] not in self._known]
        for first in range(0, len(fresh), _CHUNK):
            self._learn(fresh[first : first + _CHUNK])
        kept = [(row, values) for row in rows if (values := self._known[row["picture"]]) is not None]
        return FeatureTable(
            tuple(row["picture"] for row, _ in kept),
            tuple(row["label"] for row, _ in kept),
            np.stack([values for _, values in kept]),
            len(rows) - len(kept),
        )

    def _learn(self, pictures: Sequence[str]) -> None:
        raw = np.stack([read_picture(self._root / picture) for picture in pictures]).astype(np.float64)
        contrast = raw.std(axis=(1, 2))
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled = (raw - raw.mean(axis=(1, 2), keepdims=True)) / contrast[:, None, None]
            described = describe(scaled, contrast)
        for row, picture in enumerate(pictures):
            usable = self._keeps_black or float(contrast[row]) >= _LEAST_CONTRAST
            self._known[picture] = described[row] if usable else None


def describe(scaled: Stack, contrast: NDArray[np.float64]) -> Stack:
    """The features of pictures scaled to mean 0 and deviation 1, shape (pictures, features)."""
    columns: list[NDArray[np.float64]] = [np.log(np.maximum(contrast, 1e-6))]
    smooth = [_blurred(scaled, sigma) for sigma in _SCALES]
    for fine, coarse in pairwise(smooth):
        columns += _spread(fine - coarse)
    for plane in smooth:
        columns += _curvature(plane)
    for plane in (smooth[0], smooth[2]):
        columns += _directions(plane)
    return np.stack(columns, axis=1)


def save_features(path: Path, table: FeatureTable) -> Path:
    """Write a table as NPZ, making its folder; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        pictures=np.array(table.pictures),
        labels=np.array(table.labels),
        values=table.values.astype(np.float32),
        dropped=np.array(table.dropped),
    )
    return path


def load_features(path: Path) -> FeatureTable:
    """Read a table that `save_features` wrote."""
    with np.load(path, allow_pickle=False) as file:
        return FeatureTable(
            _words(file["pictures"].tolist()),
            _words(file["labels"].tolist()),
            file["values"].astype(np.float64),
            int(file["dropped"]),
        )


def _words(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _blurred(stack: Stack, sigma: float) -> Stack:
    matrix = blur_matrix(SIZE, sigma)
    blurred: Stack = matrix @ stack @ matrix.T
    return blurred


def _spread(band: Stack) -> list[NDArray[np.float64]]:
    """Extremes and shape of a band's distribution: holes and grooves are rare, strong values."""
    flat = band.reshape(len(band), -1)
    low, high = np.percentile(flat, [1.0, 99.0], axis=1)
    deviation = flat.std(axis=1)
    scale = np.maximum(deviation, 1e-9)
    square = flat * flat
    skew = (square * flat).mean(axis=1) / scale**3
    tails = (square * square).mean(axis=1) / scale**4
    return [flat.min(axis=1), flat.max(axis=1), low, high, deviation, skew, tails]


def _curvature(plane: Stack) -> list[NDArray[np.float64]]:
    """Strongest dark blob, bright blob and ridge: from the eigenvalues of the second derivatives."""
    row, column = np.gradient(plane, axis=(1, 2))
    row_row, row_column = np.gradient(row, axis=(1, 2))
    column_column = np.gradient(column, axis=2)
    middle = (row_row + column_column) / 2
    reach = np.hypot((row_row - column_column) / 2, row_column)
    larger, smaller = middle + reach, middle - reach
    return [
        smaller.max(axis=(1, 2)),
        larger.min(axis=(1, 2)),
        larger.max(axis=(1, 2)),
        smaller.min(axis=(1, 2)),
        (2 * reach).max(axis=(1, 2)),
        row.max(axis=(1, 2)),
        row.min(axis=(1, 2)),
        np.abs(column).max(axis=(1, 2)),
    ]


def _directions(plane: Stack) -> list[NDArray[np.float64]]:
    """How much edge there is in each direction, in total and at its strongest."""
    row, column = np.gradient(plane, axis=(1, 2))
    strength = np.hypot(row, column)
    turn = np.nan_to_num(np.arctan2(row, column) % np.pi) / np.pi
    sector = (turn * _DIRECTIONS).astype(np.int64) % _DIRECTIONS
    found: list[NDArray[np.float64]] = []
    for direction in range(_DIRECTIONS):
        inside = np.where(sector == direction, strength, 0.0)
        found += [inside.mean(axis=(1, 2)), inside.max(axis=(1, 2))]
    return found
