"""Two proportions side by side: exact tests and intervals for many slices at once.

Every function takes numbers or arrays that broadcast against each other and gives arrays of float64. A slice is
compared with its complement, the rest of the rows, never with the whole that it is itself a part of.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrc, gammaln, ndtr, ndtri

__all__ = ["excess_p", "excess_z", "mcnemar_mid_p", "newcombe", "wilson"]

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.int64] | float | int

# What is left out of a tail is less than this part of it.
_PRECISION = 1e-13
# Terms of the series between two looks at which tails are complete.
_STRIDE = 8


def excess_z(errors: Numbers, n: Numbers, rest_errors: Numbers, rest_n: Numbers) -> Floats:
    """How many standard deviations the errors of each slice lie above what its size lets expect.

    Mean and variance are those of the hypergeometric distribution. 0 where nothing can vary (no row, all rows, no
    error, only errors).
    """
    k, size, others, remainder = _floats(errors, n, rest_errors, rest_n)
    mean, spread = _moments(size, k + others, size + remainder)
    return (k - mean) / np.where(spread > 0.0, spread, np.inf)


def excess_p(errors: Numbers, n: Numbers, rest_errors: Numbers, rest_n: Numbers, *, screen: float = 1.0) -> Floats:
    """One-sided p of "the rate of errors is higher in the slice than in the rest": Fisher's exact test.

    A slice of less than a tenth of the rows gets the binomial tail, which is ten times cheaper and never smaller.
    Slices at most `screen` standard deviations above their expectation, where no correction for many tests can find
    anything, get the normal tail with continuity correction; ``screen=-math.inf`` computes all of them.

    Args:
        errors: wrong rows of each slice.
        n: rows of each slice.
        rest_errors: wrong rows outside.
        rest_n: rows outside.
        screen: above how many standard deviations the tail is computed exactly.
    """
    k, n, others, remainder = _floats(errors, n, rest_errors, rest_n)
    wrong, rows = k + others, n + remainder
    mean, spread = _moments(n, wrong, rows)
    vary = spread > 0.0
    distance = k - mean
    scale = np.where(vary, spread, np.inf)
    p = np.where(vary, ndtr((0.5 - distance) / scale), 1.0)
    computed = vary & (distance / scale > screen)
    # The count of wrong rows is distributed as a sum of unequal coin tosses (Vatutin and Mikhailov 1982, Theory Prob.
    # Appl. 27), as many as the slice or the errors have, and of these the equal ones have the heaviest tail from one
    # above the mean on (Hoeffding 1956, Ann. Math. Stat. 27, theorem 4). The more likely toss is the closer bound.
    bounded = computed & (n < 0.1 * rows) & (distance >= 1.0)
    if bounded.any():
        size, total = n[bounded], wrong[bounded]
        tosses = np.minimum(size, total)
        chance = np.maximum(size, total) / rows[bounded]
        p[bounded] = bdtrc(k[bounded] - 1.0, tosses.astype(np.int64), chance)
    above = computed & ~bounded & (distance > 0.0)
    if above.any():
        p[above] = _tail(k[above], n[above], wrong[above], rows[above])
    below = computed & (distance <= 0.0)
    if below.any():
        # Right rows instead of wrong ones: at least one more than there are.
        p[below] = 1.0 - _tail(n[below] - k[below] + 1.0, n[below], rows[below] - wrong[below], rows[below])
    return np.clip(p, 0.0, 1.0)


def _floats(*numbers: Numbers) -> tuple[Floats, ...]:
    return np.broadcast_arrays(*(np.asarray(each, np.float64) for each in numbers))


def _moments(n: Floats, wrong: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the wrong rows among n drawn."""
    share = wrong / np.maximum(rows, 1.0)
    variance = n * share * (1.0 - share) * (rows - n) / np.maximum(rows - 1.0, 1.0)
    return n * share, np.sqrt(np.maximum(variance, 0.0))


def _tail(k: Floats, n: Floats, wrong: Floats, rows: Floats) -> Floats:
    """P(X >= k) for X wrong ones among n drawn from so many rows; k lies above the mean.

    The first term by log-gamma, the others by their ratio, which falls from term to term: what is left after the
    last one is therefore less than a geometric series.
    """
    total = np.zeros(k.shape)
    possible = np.flatnonzero((k <= n) & (k <= wrong))
    k, n, wrong, rows = k[possible], n[possible], wrong[possible], rows[possible]
    first = np.exp(_choose(wrong, k) + _choose(rows - wrong, n - k) - _choose(rows, n))
    series = np.ones(k.shape)
    state = np.stack((k, np.ones(k.shape), wrong, n, rows - wrong - n))
    active = np.arange(k.size)
    while active.size:
        x, term, most, drawn, offset = state
        at = series[active]
        step = np.zeros(at.shape)
        for _ in range(_STRIDE):
            step = (most - x) * (drawn - x) / ((x + 1.0) * (offset + x + 1.0))
            term *= step
            at += term
            x += 1.0
        series[active] = at
        # Past the last possible count a term is 0 and stays so, whatever its ratio.
        more = (term > 0.0) & (term * step > _PRECISION * at * (1.0 - step))
        active, state = active[more], state[:, more]
    total[possible] = first * series
    return total


def _choose(n: Floats, k: Floats) -> Floats:
    """The logarithm of the binomial coefficient."""
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))


def wilson(errors: Numbers, n: Numbers, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's score interval of a rate, (0, 1) where there is no row.

    Wilson (1927), J. Am. Stat. Assoc. 22; without continuity correction.
    """
    k, size = np.broadcast_arrays(np.asarray(errors, np.float64), np.asarray(n, np.float64))
    z = _quantile(confidence)
    some = np.maximum(size, 1.0)
    rate = k / some
    scale = 1.0 + z * z / some
    centre = (rate + z * z / (2.0 * some)) / scale
    half = z * np.sqrt(rate * (1.0 - rate) / some + z * z / (4.0 * some * some)) / scale
    # Rounding must not put 0 of n above 0, nor n of n below 1.
    low = np.where((size > 0.0) & (k > 0.0), np.maximum(centre - half, 0.0), 0.0)
    high = np.where((size > 0.0) & (k < size), np.minimum(centre + half, 1.0), 1.0)
    return low, high


def newcombe(
    errors: Numbers, n: Numbers, rest_errors: Numbers, rest_n: Numbers, *, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Newcombe's interval of the difference of two independent rates, slice minus rest.

    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10: square and add of the two Wilson intervals.
    """
    rate, rest = _rate(errors, n), _rate(rest_errors, rest_n)
    low, high = wilson(errors, n, confidence=confidence)
    rest_low, rest_high = wilson(rest_errors, rest_n, confidence=confidence)
    difference = rate - rest
    return (
        difference - np.sqrt((rate - low) ** 2 + (rest_high - rest) ** 2),
        difference + np.sqrt((high - rate) ** 2 + (rest - rest_low) ** 2),
    )


def mcnemar_mid_p(first_only: Numbers, second_only: Numbers) -> Floats:
    """Two-sided mid-p of McNemar's exact test of two matched rates; 1 where they do not differ.

    Fagerland, Lydersen and Laake (2013), BMC Medical Research Methodology 13:91.

    Args:
        first_only: pairs of which only the first is wrong.
        second_only: pairs of which only the second is wrong.
    """
    first, second = np.broadcast_arrays(np.asarray(first_only, np.float64), np.asarray(second_only, np.float64))
    pairs = (first + second).astype(np.int64)
    fewer = np.minimum(first, second)
    up_to = np.asarray(bdtr(fewer, pairs, 0.5))
    below = np.where(fewer > 0.0, bdtr(np.maximum(fewer - 1.0, 0.0), pairs, 0.5), 0.0)
    return np.where(first == second, 1.0, np.minimum(up_to + below, 1.0))


def _rate(errors: Numbers, n: Numbers) -> Floats:
    return np.asarray(errors, np.float64) / np.maximum(np.asarray(n, np.float64), 1.0)


def _quantile(confidence: float) -> float:
    return float(ndtri(0.5 + confidence / 2.0))
