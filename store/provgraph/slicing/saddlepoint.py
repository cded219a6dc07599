"""The far tail of what sampling units do to a slice: p-values small enough to be corrected for thousands of tests.

Some hundred permutations cannot tell one in a thousand from one in a million. For right or wrong outcomes the tail is
therefore computed: every unit has an error rate of its own, drawn from a beta distribution of the mean and the
intra-cluster correlation of the table (the beta-binomial model of Williams 1975, Biometrics 31), whatever slice it lies
in, and the tail of the difference between slice and rest is the saddlepoint approximation of Lugannani and Rice (1980,
Adv. Appl. Prob. 12). For numbers, units differ as their means do, and rows within a unit as they do from its mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import betaincc, betainccinv, ndtr

from provgraph.slicing.clusters import Clusters, Rows, sums
from provgraph.slicing.proportions import Floats

__all__ = ["cluster_p"]

# Values and their weights.
Points: TypeAlias = tuple[Floats, Floats]
# The cumulant generating function at a point, its slope and its curvature.
Cumulants: TypeAlias = tuple[float, float, float]

# A correlation below this is none: the beta distribution is a point.
_NO_CORRELATION = 1e-4
# Counts of rows up to this are kept as they are, larger ones in steps of a tenth.
_EXACT_COUNTS = 16
_ROUNDS = 60


def cluster_p(found: Clusters, slices: list[Rows], *, screen: float = 1.0) -> Floats:
    """One-sided p of "worse than the rest" for each slice, where rows of one unit resemble each other.

    Deterministic, and exact enough in the far tail to be corrected for all slices that were tested. A slice in a single
    unit is compared with what single units do. Slices at most `screen` standard deviations above the rest get the
    normal tail.
    """
    rates = _unit_rates(found) if found.binary else None
    return np.array([_one_p(found, rows, screen, rates) for rows in slices], np.float64)


def _one_p(found: Clusters, rows: Rows, screen: float, rates: Points | None) -> float:
    inside = found.inside(rows)
    total, n, everything = float(found.values[rows].sum()), float(inside.sum()), float(found.size.sum())
    if n in (0.0, everything) or found.variance <= 0.0:
        return 1.0
    squares, cross = float((inside**2).sum()), float((inside * found.size).sum())
    z = float(found.z(*(np.asarray(each) for each in (total, n, squares, cross))))
    if z <= screen:
        return float(ndtr(-z))
    share = n / everything
    excess = total - share * float(found.total.sum())
    kinds = _kinds(inside, found.size - inside)
    if rates is not None:
        # Wrong rows come one by one.
        return _above(_Errors(kinds, share, rates).cumulants, excess, 1.0 - share)
    return _above(_Numbers(kinds, share, found).cumulants, excess, 0.0)


def _unit_rates(found: Clusters) -> Points:
    """The beta distribution of the units' error rates as points and their weights, finer the higher the rate."""
    mean, rho = float(found.total.sum() / found.size.sum()), found.correlation
    if rho < _NO_CORRELATION or mean in (0.0, 1.0):
        return np.array([mean]), np.ones(1)
    a, b = mean * (1.0 - rho) / rho, (1.0 - mean) * (1.0 - rho) / rho
    above = np.concatenate((np.linspace(1.0, 0.1, 19), 10.0 ** -np.arange(1.25, 12.0, 0.25), (0.0,)))
    edges = np.asarray(betainccinv(a, b, above))
    weights = -np.diff(above)
    # The mean within each part, so that the mean of the whole is kept.
    rates = -np.diff(betaincc(a + 1.0, b, edges)) * mean / weights
    return np.clip(rates, 0.0, 1.0), weights


def _above(cumulants: Callable[[float], Cumulants], excess: float, span: float) -> float:
    """P(at least `excess`), by the cumulant generating function, its slope and its curvature.

    Args:
        cumulants: the three at a point.
        excess: above the mean, 0.
        span: between two possible values, for the first continuity correction of Daniels (1987, Int. Stat. Review 55);
            0 for a continuous variable.
    """
    low, high, t = 0.0, math.inf, 0.0
    value, slope, bend = cumulants(t)
    close = 1e-6 * math.sqrt(bend)
    # In units of the standard deviation: where nothing is known yet, no further than doubling.
    start = 1.0 / math.sqrt(bend)
    for _ in range(_ROUNDS):
        if abs(slope - excess) < close:
            break
        low, high = (t, high) if slope < excess else (low, t)
        most = min(high, 2.0 * low + start)
        step = t + (excess - slope) / bend if bend > 0.0 else math.inf
        # Newton's step, kept between what is known to be too low and too high.
        t = step if low < step < most else (low + most) / 2.0
        value, slope, bend = cumulants(t)
    w = math.sqrt(max(2.0 * (t * excess - value), 0.0))
    u = (-math.expm1(-span * t) / span if span > 0.0 else t) * math.sqrt(max(bend, 0.0))
    if w < 0.1 or u <= 0.0:
        return float(ndtr(-w))
    p = float(ndtr(-w)) + math.exp(-0.5 * w * w) / math.sqrt(2.0 * math.pi) * (1.0 / u - 1.0 / w)
    return min(max(p, 0.0), 1.0)


class _Errors:
    """Wrong rows inside, less their share of all wrong rows, over tables in which only units differ."""

    def __init__(self, kinds: tuple[Floats, Floats, Floats], share: float, rates: Points) -> None:
        self._inside, self._outside, self._count = kinds
        self._share, self._rates, self._log_weights = share, rates[0], np.log(rates[1])

    def cumulants(self, t: float) -> Cumulants:
        """The cumulant generating function, its slope and its curvature."""
        up, down = 1.0 - self._share, -self._share
        rates = self._rates
        grown, shrunk = rates * math.exp(up * t), rates * math.exp(down * t)
        inside, outside = 1.0 - rates + grown, 1.0 - rates + shrunk
        tilted, opposed = grown / inside, shrunk / outside
        logs = np.outer(self._inside, np.log(inside)) + np.outer(self._outside, np.log(outside)) + self._log_weights
        means = np.outer(self._inside, up * tilted) + np.outer(self._outside, down * opposed)
        spreads = np.outer(self._inside, up**2 * tilted * (1.0 - tilted))
        spreads += np.outer(self._outside, down**2 * opposed * (1.0 - opposed))
        value, first, second = _mixed(logs, means, spreads)
        return float(self._count @ value), float(self._count @ first), float(self._count @ second)


class _Numbers:
    """The sum of numbers inside, less its share of the whole sum, over tables in which only units differ.

    Units keep their means, which is all there is to know of those that lie wholly inside or outside; of the others,
    which of their rows lie inside is left to chance.
    """

    def __init__(self, kinds: tuple[Floats, Floats, Floats], share: float, found: Clusters) -> None:
        inside, outside, self._count = kinds
        self._up, self._down = 1.0 - share, -share
        size = inside + outside
        self._lever = (inside * self._up + outside * self._down) * found.spread(size)
        self._means, self._residuals = found.means, found.residuals
        # Rows of the slice and of the rest that are as good as drawn one by one.
        rows = float(inside @ self._count)
        drawn = float((inside * outside / np.maximum(size, 1.0)) @ self._count) / self._up
        self._rows = drawn, drawn * float(outside @ self._count) / rows

    def cumulants(self, t: float) -> Cumulants:
        """The cumulant generating function, its slope and its curvature."""
        points, weights = self._means
        unit = np.outer(self._lever, points)
        parts = [each @ self._count for each in _mixed(t * unit + np.log(weights), unit, np.zeros(unit.shape))]
        points, weights = self._residuals
        for scale, rows in zip((self._up, self._down), self._rows, strict=True):
            row = scale * points[None, :]
            found = _mixed(t * row + np.log(weights), row, np.zeros(row.shape))
            parts = [part + rows * float(each[0]) for part, each in zip(parts, found, strict=True)]
        return float(parts[0]), float(parts[1]), float(parts[2])


def _mixed(logs: Floats, means: Floats, spreads: Floats) -> tuple[Floats, Floats, Floats]:
    """Logarithm of the sum, mean and variance of each row's mixture, whose parts have these (log) weights."""
    highest = logs.max(axis=1, keepdims=True)
    posterior = np.exp(logs - highest)
    whole = posterior.sum(axis=1)
    posterior /= whole[:, None]
    first = (posterior * means).sum(axis=1)
    second = (posterior * (spreads + means**2)).sum(axis=1) - first**2
    return np.log(whole) + highest[:, 0], first, second


def _kinds(inside: Floats, outside: Floats) -> tuple[Floats, Floats, Floats]:
    """Units that are (nearly) alike, once, by their mean rows inside and outside, with how many they are."""
    ins, outs = _steps(inside), _steps(outside)
    kind = ins * (int(outs.max()) + 1) + outs
    count = np.bincount(kind).astype(np.float64)
    held = count > 0.0
    return sums(kind, inside)[held] / count[held], sums(kind, outside)[held] / count[held], count[held]


def _steps(rows: Floats) -> npt.NDArray[np.int64]:
    coarse = _EXACT_COUNTS + np.ceil(np.log(np.maximum(rows, 1.0) / _EXACT_COUNTS) / math.log(1.1))
    return np.where(rows <= _EXACT_COUNTS, rows, coarse).astype(np.int64)
