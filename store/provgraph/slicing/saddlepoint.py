"""The far tail of what sampling units do to a slice: p-values small enough to be corrected for thousands of tests.

Some hundred permutations cannot tell one in a thousand from one in a million. For right or wrong outcomes the tail is
therefore computed: every unit has an error rate of its own, drawn from a beta distribution of the mean and the
intra-cluster correlation of the table (the beta-binomial model of Williams 1975, Biometrics 31), whatever slice it lies
in, and the tail of the difference between slice and rest is the saddlepoint approximation of Lugannani and Rice (1980,
Adv. Appl. Prob. 12). For numbers it is Student's t of the design-based z.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import betaincc, betainccinv, ndtr, stdtr

from provgraph.slicing.clusters import Clusters, Rows, sums
from provgraph.slicing.proportions import Floats

__all__ = ["cluster_p"]

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
    rates, weights = _unit_rates(found) if found.binary else (np.zeros(0), np.zeros(0))
    return np.array([_one_p(found, rows, screen, rates, weights) for rows in slices])


def _one_p(found: Clusters, rows: Rows, screen: float, rates: Floats, weights: Floats) -> float:
    inside = found.inside(rows)
    total, n, everything = float(found.values[rows].sum()), float(inside.sum()), float(found.size.sum())
    if n in (0.0, everything) or found.variance <= 0.0:
        return 1.0
    squares, cross = float((inside**2).sum()), float((inside * found.size).sum())
    z = float(found.z(*(np.asarray(each) for each in (total, n, squares, cross))))
    if z <= screen:
        return float(ndtr(-z))
    if not found.binary:
        # What a variance is worth depends on how many units it comes from.
        return float(stdtr(max(n * n / squares - 1.0, 1.0), -z))
    share = n / everything
    excess = total - share * float(found.total.sum())
    return _Tail(inside, found.size - inside, share, rates, weights).above(excess)


def _unit_rates(found: Clusters) -> tuple[Floats, Floats]:
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


class _Tail:
    """The distribution of "wrong rows inside less their share of all wrong rows" over tables without any effect."""

    def __init__(self, inside: Floats, outside: Floats, share: float, rates: Floats, weights: Floats) -> None:
        self._inside, self._outside, self._count = _kinds(inside, outside)
        self._share, self._rates, self._log_weights = share, rates, np.log(weights)

    def above(self, excess: float) -> float:
        """P(at least `excess`)."""
        low, high, t = 0.0, math.inf, 0.0
        value, slope, bend = self._cumulants(t)
        close = 1e-6 * math.sqrt(bend)
        for _ in range(_ROUNDS):
            if abs(slope - excess) < close:
                break
            low, high = (t, high) if slope < excess else (low, t)
            step = t + (excess - slope) / bend if bend > 0.0 else math.inf
            # Newton's step, kept between what is known to be too low and too high.
            t = step if low < step < min(high, 2.0 * low + 1.0) else (low + min(high, 2.0 * low + 1.0)) / 2.0
            value, slope, bend = self._cumulants(t)
        w = math.sqrt(max(2.0 * (t * excess - value), 0.0))
        # Wrong rows come one by one: the first continuity correction of Daniels (1987, Int. Stat. Review 55).
        span = 1.0 - self._share
        u = -math.expm1(-span * t) / span * math.sqrt(max(bend, 0.0))
        if w < 0.1 or u <= 0.0:
            return float(ndtr(-w))
        p = float(ndtr(-w)) + math.exp(-0.5 * w * w) / math.sqrt(2.0 * math.pi) * (1.0 / u - 1.0 / w)
        return min(max(p, 0.0), 1.0)

    def _cumulants(self, t: float) -> tuple[float, float, float]:
        """The cumulant generating function at t, its slope and its curvature."""
        up, down = 1.0 - self._share, -self._share
        rates = self._rates
        grown, shrunk = rates * math.exp(up * t), rates * math.exp(down * t)
        inside, outside = 1.0 - rates + grown, 1.0 - rates + shrunk
        tilted, opposed = grown / inside, shrunk / outside
        logs = np.outer(self._inside, np.log(inside)) + np.outer(self._outside, np.log(outside)) + self._log_weights
        highest = logs.max(axis=1, keepdims=True)
        posterior = np.exp(logs - highest)
        whole = posterior.sum(axis=1)
        posterior /= whole[:, None]
        means = np.outer(self._inside, up * tilted) + np.outer(self._outside, down * opposed)
        spreads = np.outer(self._inside, up**2 * tilted * (1.0 - tilted))
        spreads += np.outer(self._outside, down**2 * opposed * (1.0 - opposed))
        first = (posterior * means).sum(axis=1)
        second = (posterior * (spreads + means**2)).sum(axis=1) - first**2
        value = float(self._count @ (np.log(whole) + highest[:, 0]))
        return value, float(self._count @ first), float(self._count @ second)


def _kinds(inside: Floats, outside: Floats) -> tuple[Floats, Floats, Floats]:
    """Units that are (nearly) alike, once, by their mean rows inside and outside, with how many they are."""
    steps = _steps(outside)
    keys, kind = np.unique(_steps(inside) * (int(steps.max()) + 1) + steps, return_inverse=True)
    count = np.bincount(kind, minlength=keys.size).astype(np.float64)
    return sums(kind, inside) / count, sums(kind, outside) / count, count


def _steps(rows: Floats) -> npt.NDArray[np.int64]:
    coarse = _EXACT_COUNTS + np.ceil(np.log(np.maximum(rows, 1.0) / _EXACT_COUNTS) / math.log(1.1))
    return np.where(rows <= _EXACT_COUNTS, rows, coarse).astype(np.int64)
