"""Rows that were sampled together: what a sampling unit (lot, burst, patient, machine) does to the tests.

Rows of one unit resemble each other, so a slice of a hundred rows from five units knows less than a hundred rows. How
alike they are is the intra-cluster correlation; by how much it widens a variance, the design effect. Both are estimated
once, from all rows, in `Clusters`; the tests of single slices build on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from provgraph.slicing import cells
from provgraph.slicing.proportions import Floats

__all__ = ["Clusters", "Rows", "clusters", "permutation_p", "sums", "unit_codes"]

# Rows of a slice: a mask over all rows, or their positions.
Rows: TypeAlias = npt.NDArray[np.bool_] | npt.NDArray[np.intp]

_BATCH = 25
_PARTS = 200
# So many permutations as extreme as what was observed, and a slice is clearly no finding.
_CLEAR = 20


@dataclass(frozen=True, eq=False)
class Clusters:
    """Sampling units and the outcome of their rows.

    Attributes:
        codes: the unit of each row, from 0.
        values: the outcome of each row.
        size: rows of each unit.
        total: sum of the outcome over each unit.
        scatter: variance of the outcome within each unit; 0 in units of one row.
        variance: of the outcome over all rows.
        correlation: intra-cluster correlation, never below 0.
        binary: whether the outcome is right or wrong, not a number.
    """

    codes: npt.NDArray[np.intp]
    values: Floats
    size: Floats
    total: Floats
    scatter: Floats
    variance: float
    correlation: float
    binary: bool

    @property
    def design_effect(self) -> float:
        """By how much units widen the variance of the rate of a slice that is made of whole units."""
        rows = float(self.size.sum())
        return 1.0 + (float((self.size**2).sum()) / rows - 1.0) * self.correlation if rows else 1.0

    def spread(self, size: Floats) -> Floats:
        """The standard deviation of the mean of a unit of so many rows."""
        within = (1.0 - self.correlation) * self.variance
        return np.sqrt(self.correlation * self.variance + within / np.maximum(size, 1.0))

    @cached_property
    def means(self) -> tuple[Floats, Floats]:
        """By how many of its `spread` the mean of a unit differs from that of all rows, as points and their weights."""
        held = self.size > 0.0
        size = self.size[held]
        apart = self.total[held] / size - self.total.sum() / self.size.sum()
        spread = self.spread(size)
        return _points(apart / np.where(spread > 0.0, spread, np.inf), 1.0)

    @cached_property
    def residuals(self) -> tuple[Floats, Floats]:
        """By how much rows differ from their unit, as points and their weights."""
        fellows = self.size[self.codes]
        mean = (self.total / np.maximum(self.size, 1.0))[self.codes]
        if (fellows > 1.0).any():
            apart = ((self.values - mean) * np.sqrt(fellows / np.maximum(fellows - 1.0, 1.0)))[fellows > 1.0]
        else:
            apart = self.values - self.values.mean()
        return _points(apart, (1.0 - self.correlation) * self.variance)

    def inside(self, rows: Rows) -> Floats:
        """How many rows of each unit lie in the slice."""
        return np.bincount(self.codes[rows], minlength=self.size.size).astype(np.float64)

    def z(self, total: Floats, n: Floats, squares: Floats, cross: Floats) -> Floats:
        """Standard deviations by which slices lie above the rest, as the correlation within units widens them.

        Args:
            total: sum of the outcome over each slice.
            n: rows of each slice.
            squares: sum over the units of the square of the rows inside.
            cross: sum over the units of the rows inside times the rows of the unit.
        """
        rho, rows = self.correlation, float(self.size.sum())
        rest = rows - n
        outside = float((self.size**2).sum()) - 2.0 * cross + squares
        # A permuted slice may hold no row, or all: it then differs from the rest by nothing.
        proper = (n > 0.0) & (rest > 0.0)
        some, others = np.where(proper, n, 1.0), np.where(proper, rest, 1.0)
        spread = (
            (n * (1.0 - rho) + rho * squares) / some**2
            + (rest * (1.0 - rho) + rho * outside) / others**2
            - 2.0 * rho * (cross - squares) / (some * others)
        )
        difference = total / some - (float(self.total.sum()) - total) / others
        known = proper & (spread > 0.0) & (self.variance > 0.0)
        return np.where(known, difference / np.sqrt(np.where(known, spread * self.variance, 1.0)), 0.0)


def unit_codes(units: pd.Series) -> npt.NDArray[np.intp]:
    """The unit of each row as a number from 0; a row whose unit is missing is a unit by itself."""
    if cells.kind_of(units) in ("several", "mixed"):
        units = cells.texts(units)
    codes = np.asarray(pd.factorize(units)[0], np.intp)
    alone = np.flatnonzero(codes < 0)
    codes[alone] = int(codes.max(initial=-1)) + 1 + np.arange(alone.size)
    return codes


def clusters(codes: npt.NDArray[np.intp], values: npt.NDArray[np.bool_ | np.integer | np.floating]) -> Clusters:
    """Units and outcome, with the analysis-of-variance estimate of the intra-cluster correlation.

    The estimator is ICC(1,1) of Shrout and Fleiss (1979, Psychological Bulletin 86), with the average size for units
    of different sizes (Donner 1986, International Statistical Review 54). Without two units, or without a unit of two
    rows, nothing can be estimated: 0.

    Args:
        codes: the unit of each row, from 0 (`unit_codes`).
        values: the outcome of each row, complete.
    """
    outcome = np.asarray(values, np.float64)
    size = np.bincount(codes).astype(np.float64)
    total = sums(codes, outcome)
    mean = total / np.maximum(size, 1.0)
    apart = sums(codes, (outcome - mean[codes]) ** 2)
    scatter = apart / np.maximum(size - 1.0, 1.0)
    rows, units = float(size.sum()), int(np.count_nonzero(size))
    grand = float(total.sum()) / max(rows, 1.0)
    between = float((size * (mean - grand) ** 2).sum())
    variance = (between + float(apart.sum())) / max(rows, 1.0)
    correlation = 0.0
    if 1 < units < rows:
        mean_between, mean_within = between / (units - 1), float(apart.sum()) / (rows - units)
        typical = (rows - float((size**2).sum()) / rows) / (units - 1)
        if mean_between > mean_within:
            correlation = (mean_between - mean_within) / (mean_between + (typical - 1.0) * mean_within)
    binary = bool(np.all((outcome == 0.0) | (outcome == 1.0)))
    return Clusters(codes, outcome, size, total, scatter, variance, correlation, binary)


def _points(values: Floats, variance: float) -> tuple[Floats, Floats]:
    """A distribution as the means of 200 parts of equal width, of mean 0 and this variance."""
    low, high = float(values.min()), float(values.max())
    if variance <= 0.0 or low >= high:
        return np.zeros(1), np.ones(1)
    part = np.minimum(((values - low) / (high - low) * _PARTS).astype(np.intp), _PARTS - 1)
    count = np.bincount(part, minlength=_PARTS).astype(np.float64)
    points = sums(part, values)
    points = np.pad(points, (0, _PARTS - points.size))[count > 0.0] / count[count > 0.0]
    weights = count[count > 0.0] / values.size
    points -= weights @ points
    return points * np.sqrt(variance / (weights @ points**2)), weights


def sums(codes: npt.NDArray[np.intp], values: Floats) -> Floats:
    """The sum of the values that go with each code from 0 on."""
    return np.asarray(np.bincount(codes, weights=values), np.float64)


def permutation_p(found: Clusters, slices: list[Rows], *, permutations: int = 199, seed: int = 0) -> Floats:
    """One-sided p of each slice when the outcomes of whole units are dealt out anew.

    Each unit keeps its rows and what came of them, and gets the share of rows inside the slice from another unit, drawn
    without replacement; which of its rows these are is left to chance (its normal approximation). What is compared is
    `Clusters.z`, so units of different sizes, and units that lie partly inside, weigh what they should. All slices are
    judged by the same permutations; those that are clearly no finding leave early.

    Returns:
        p of each slice, at least ``1 / (permutations + 1)``.
    """
    size = found.size
    outcome = np.stack((found.total, size, size**2, size * found.scatter), axis=1)
    share = np.stack([found.inside(rows) for rows in slices]) / np.maximum(size, 1.0)
    sample = _Sample(found, share)
    observed = sample.z(outcome, np.array([found.values[rows].sum() for rows in slices]))
    draw = np.random.default_rng(seed)
    left = np.arange(len(slices))
    exceeded = np.zeros(len(slices))
    p = np.ones(len(slices))
    done = 0
    while left.size and done < permutations:
        batch = min(_BATCH, permutations - done)
        # One order, begun at many places: each is as random as any, and costs no shuffling.
        order = outcome[draw.permutation(size.size)]
        order = np.concatenate((order, order))
        for start in draw.integers(size.size, size=batch):
            dealt = order[start : start + size.size]
            noise = draw.standard_normal(len(slices))[left]
            exceeded[left] += sample.z(dealt, sample.total(dealt, noise)) >= observed[left] - 1e-9
        done += batch
        p[left] = (exceeded[left] + 1.0) / (done + 1.0)
        more = exceeded[left] < _CLEAR
        if not more.all():
            left = left[more]
            sample = _Sample(found, share[left])
    return p


class _Sample:
    """Sums over the units in each slice: of what the units have, times the share of it that lies inside."""

    def __init__(self, found: Clusters, share: Floats) -> None:
        self._found = found
        self._share = csr_array(share)
        self._squared = csr_array(share**2)

    def total(self, outcome: Floats, noise: Floats) -> Floats:
        """The sum of the outcome inside, if the rows inside are any of their units'."""
        within = outcome[:, 3]
        spread = _sum(self._share, within) - _sum(self._squared, within)
        return _sum(self._share, outcome[:, 0]) + noise * np.sqrt(np.maximum(spread, 0.0))

    def z(self, outcome: Floats, total: Floats) -> Floats:
        """`Clusters.z` of slices whose units have this outcome."""
        n, cross = _sum(self._share, outcome[:, 1]), _sum(self._share, outcome[:, 2])
        return self._found.z(total, n, _sum(self._squared, outcome[:, 2]), cross)


def _sum(share: csr_array, each: Floats) -> Floats:
    return np.asarray(share @ each, np.float64)
