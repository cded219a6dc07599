"""Exact tests of two and of four groups of right and wrong rows."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from provgraph.slicing.proportions import Floats

__all__ = ["fisher_p", "zelen_p"]

# Two outcomes whose probabilities differ by less than this part are equally likely.
_TIE = 1e-7


def fisher_p(errors: int, n: int, rest_errors: int, rest_n: int) -> float:
    """Two-sided p of Fisher's exact test: all tables of the same margins that are no likelier than this one."""
    wrong = errors + rest_errors
    k = np.arange(max(0, wrong - rest_n), min(n, wrong) + 1, dtype=np.float64)
    return _no_likelier(_ways(n, k) + _ways(rest_n, wrong - k), errors - int(k[0]))


def zelen_p(
    after: tuple[int, int], before: tuple[int, int], rest_after: tuple[int, int], rest_before: tuple[int, int]
) -> float:
    """Two-sided p of "the odds ratio of after to before is the same in the slice and in the rest".

    Zelen's exact test of equal odds ratios (1971, Biometrika 58, 129-137): given the wrong rows of the slice, of the
    rest, and of the time after, the wrong rows of the slice after have a distribution free of any parameter; p adds up
    what is no likelier than what was seen. It is the test of no interaction of slice and time on the logarithm of the
    odds: the difference in differences.

    Args:
        after: wrong rows of the slice after, and rows.
        before: the same before.
        rest_after: the same outside the slice.
        rest_before: the same outside, before.
    """
    wrong, rest_wrong = after[0] + before[0], rest_after[0] + rest_before[0]
    late = after[0] + rest_after[0]
    lowest = max(0, wrong - before[1], late - rest_after[1], late - rest_wrong)
    highest = min(after[1], wrong, late, rest_before[1] - rest_wrong + late)
    k = np.arange(lowest, highest + 1, dtype=np.float64)
    ways = _ways(after[1], k) + _ways(before[1], wrong - k)
    ways += _ways(rest_after[1], late - k) + _ways(rest_before[1], rest_wrong - late + k)
    return _no_likelier(ways, after[0] - lowest)


def _ways(n: int, k: Floats) -> Floats:
    """The logarithm of the binomial coefficient."""
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0), np.float64)


def _no_likelier(logs: Floats, seen: int) -> float:
    chances = np.exp(logs - logs.max())
    return min(float(chances[chances <= chances[seen] * (1.0 + _TIE)].sum() / chances.sum()), 1.0)
