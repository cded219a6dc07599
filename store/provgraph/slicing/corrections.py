"""Many tests at once: p-values become q-values over everything that was tested.

A q-value is the lowest rate of false discoveries at which its slice would still be reported.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from provgraph.slicing.proportions import Floats

__all__ = ["Correction", "depth_weights", "factor", "q_values"]

Correction: TypeAlias = Literal["bh", "by"]


def depth_weights(depths: npt.NDArray[np.integer]) -> Floats:
    """Weights of mean 1 that give every depth the same share of the error budget.

    The deepest level has nearly all the tests: without weights it uses up the budget of all others. The weights depend
    on nothing but the number of tests, as Genovese, Roeder and Wasserman (2006, Biometrika 93) ask.

    Args:
        depths: the number of terms of each slice tested.
    """
    if not depths.size:
        return np.ones(0)
    count = np.bincount(depths)
    levels = np.count_nonzero(count)
    return np.asarray(depths.size / (levels * count[depths]), np.float64)


def factor(tests: int, correction: Correction) -> float:
    """What dependence costs: 1 for Benjamini-Hochberg, 1 + 1/2 + … + 1/tests for Benjamini-Yekutieli."""
    return float(np.sum(1.0 / np.arange(1, tests + 1))) if correction == "by" else 1.0


def q_values(
    p: Floats, weights: Floats | None = None, *, tests: int | None = None, correction: Correction = "bh"
) -> Floats:
    """Adjusted p-values by Benjamini and Hochberg (1995) or Benjamini and Yekutieli (2001), weighted.

    Benjamini-Hochberg holds for independent tests and for positively dependent ones, as slices that share rows are;
    Benjamini-Yekutieli for any. Among slices of one weight a smaller p never has the larger q. A weight above 1 cannot
    make a slice more certain than its own test: q is never below p.

    Args:
        p: p-values.
        weights: one per p, mean 1 over all tests; none is 1 for each.
        tests: how many tests there were, if `p` holds only the smallest of them.
        correction: ``bh`` or ``by``.
    """
    if not p.size:
        return np.ones(0)
    total = p.size if tests is None else tests
    weighted = p if weights is None else p / weights
    order = np.argsort(weighted, kind="stable")
    line = weighted[order] * (total * factor(total, correction)) / np.arange(1, p.size + 1)
    q = np.empty(p.size)
    q[order] = np.minimum.accumulate(line[::-1])[::-1]
    return np.maximum(np.minimum(q, 1.0), p)
