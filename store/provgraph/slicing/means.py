"""Means side by side: Welch's test and intervals from sums, and what is done where a mean is no good summary.

A loss has no exact test. Welch's t holds in the far tail that a correction for many tests reaches if no few rows make
up the mean; `tamed` sees to that. Functions take numbers or arrays that broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr, stdtrit

from provgraph.slicing import words
from provgraph.slicing.comparing import Sums
from provgraph.slicing.proportions import Floats, Numbers

__all__ = ["Means", "Tamed", "mean_interval", "tamed", "welch_interval", "welch_p"]

# That of the exponential distribution is 9, of a normal one 3.
_HEAVY = 10.0
# Shares of the rows at each end that may be drawn in.
_TAILS = (0.001, 0.005, 0.01, 0.02, 0.05)


@dataclass(frozen=True, slots=True, eq=False)
class Tamed:
    """Losses that a mean does justice to.

    Attributes:
        values: one per row; truth values where all that can be compared is how many rows have a loss above the usual.
        note: what was done, in a sentence; None if nothing was.
        ranked: whether the values are ranks, whose ratio says little.
    """

    values: Floats | npt.NDArray[np.bool_]
    note: str | None
    ranked: bool = False


def tamed(losses: Floats) -> Tamed:
    """Draw in tails so heavy that few rows would make up every mean.

    Left alone if the kurtosis is at most 10 (the exponential distribution has 9). Else winsorised: both ends drawn in
    to the quantile of the smallest share of rows, 0.1 to 5 %, that brings it down to that. Where none does, each loss
    is replaced by its rank as a share: of the rows, those with a smaller loss, and half of those with the same. Where
    nearly all losses are the same, ranks have a tail as well: then rows above the usual loss are counted.

    Args:
        losses: finite, one per row.
    """
    if _kurtosis(losses) <= _HEAVY:
        return Tamed(losses, None)
    ordered = np.sort(losses)
    for tail in _TAILS:
        cut = int(tail * losses.size)
        low, high = ordered[cut], ordered[losses.size - 1 - cut]
        drawn = np.clip(losses, low, high)
        if low < high and _kurtosis(drawn) <= _HEAVY:
            share = f"{100 * tail:g} %"
            return Tamed(
                drawn,
                f"The losses have a heavy tail: the {share} largest are taken as {_short(high)}, "
                f"the {share} smallest as {_short(low)} (winsorised).",
            )
    ranks = (pd.Series(losses).rank().to_numpy(np.float64) - 0.5) / losses.size
    if _kurtosis(ranks) <= _HEAVY:
        return Tamed(
            ranks,
            "A few losses would make up every mean: rows are compared by rank, the share of rows whose loss is smaller "
            "(0.5 is typical).",
            ranked=True,
        )
    usual = ordered[losses.size // 2]
    above = losses > usual
    if above.any():
        return Tamed(above, f"Nearly all losses are {_short(usual)}: what counts as an error is a larger one.")
    return Tamed(losses >= usual, f"Nearly all losses are {_short(usual)}, and none is larger: that one is the error.")


def _short(loss: float) -> str:
    return words.number(float(f"{loss:.4g}"))


def _kurtosis(values: Floats) -> float:
    """The fourth moment over the squared second one; 0 for a constant."""
    if not values.size:
        return 0.0
    largest = float(np.abs(values).max())
    scaled = values / largest if largest > 0.0 else values
    apart = (scaled - scaled.mean()) ** 2
    second = float(apart.mean())
    return float((apart**2).mean()) / second**2 if second > 1e-24 else 0.0


def welch_p(
    n: Numbers,
    total: Numbers,
    square: Numbers,
    rest_n: Numbers,
    rest: Numbers,
    rest_square: Numbers,
    *,
    least_variance: Numbers = 0.0,
) -> Floats:
    """One-sided p of "the mean is higher in the slice than in the rest": Welch's t test (1947, Biometrika 34).

    1 where one side has fewer than two rows, or nothing varies.

    Args:
        n: rows of each slice.
        total: sum of their values.
        square: sum of the squares of their values.
        rest_n: rows outside.
        rest: sum outside.
        rest_square: sum of squares outside.
        least_variance: what the variance of a slice is taken to be at least.
    """
    difference, spread, freedom = _welch(n, total, square, rest_n, rest, rest_square, least_variance)
    known = spread > 0.0
    t = difference / np.where(known, spread, 1.0)
    return np.where(known, stdtr(freedom, -t), 1.0)


def welch_interval(
    n: Numbers,
    total: Numbers,
    square: Numbers,
    rest_n: Numbers,
    rest: Numbers,
    rest_square: Numbers,
    *,
    confidence: float = 0.95,
) -> tuple[Floats, Floats]:
    """Welch's interval of the difference of two means, slice minus rest; infinite where a side has a single row."""
    difference, spread, freedom = _welch(n, total, square, rest_n, rest, rest_square, 0.0)
    few = np.minimum(np.asarray(n), np.asarray(rest_n)) < 2
    half = np.where(few, np.inf, spread * stdtrit(freedom, 0.5 + confidence / 2.0))
    return difference - half, difference + half


def mean_interval(n: Numbers, total: Numbers, square: Numbers, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Student's interval of a mean; infinite where there is a single row."""
    size = np.asarray(n, np.float64)
    mean = np.asarray(total, np.float64) / np.maximum(size, 1.0)
    quantile = stdtrit(np.maximum(size - 1.0, 1.0), 0.5 + confidence / 2.0)
    spread = np.sqrt(_variance(n, total, square) / np.maximum(size, 1.0))
    half = np.where(size < 2.0, np.inf, quantile * spread)
    return mean - half, mean + half


def _variance(n: Numbers, total: Numbers, square: Numbers) -> Floats:
    """Unbiased; 0 of a single row."""
    size, sums = np.asarray(n, np.float64), np.asarray(total, np.float64)
    apart = np.asarray(square, np.float64) - sums * sums / np.maximum(size, 1.0)
    # What is left of a constant is rounding.
    apart = np.where(apart > 1e-12 * np.asarray(square, np.float64), apart, 0.0)
    return apart / np.maximum(size - 1.0, 1.0)


def _welch(
    n: Numbers, total: Numbers, square: Numbers, rest_n: Numbers, rest: Numbers, rest_square: Numbers, least: Numbers
) -> tuple[Floats, Floats, Floats]:
    """The difference of the means, its standard error, and the degrees of freedom of Welch and Satterthwaite."""
    size, remainder = (np.maximum(np.asarray(each, np.float64), 1.0) for each in (n, rest_n))
    inside = np.maximum(_variance(n, total, square), least) / size
    outside = _variance(rest_n, rest, rest_square) / remainder
    both = inside + outside
    parts = inside**2 / np.maximum(size - 1.0, 1.0) + outside**2 / np.maximum(remainder - 1.0, 1.0)
    freedom = both**2 / np.where(parts > 0.0, parts, 1.0)
    freedom = np.where(parts > 0.0, freedom, 1.0)
    difference = np.asarray(total, np.float64) / size - np.asarray(rest, np.float64) / remainder
    enough = np.minimum(np.asarray(n), np.asarray(rest_n)) >= 2
    return difference, np.sqrt(np.where(enough, both, 0.0)), freedom


class Means:
    """Losses in a search: Welch's test and intervals.

    A slice of few rows may vary little by chance, and would then be sure of any difference: its variance is taken to be
    at least that of all rows.
    """

    def p(self, inside: Sums, outside: Sums) -> Floats:
        """Welch's test."""
        overall = _variance(*(a + b for a, b in zip(inside, outside, strict=True)))
        return welch_p(*inside, *outside, least_variance=overall)

    def above(self, n: Floats, total: Floats, expected: Floats, variance: Floats) -> Floats:
        """Student's t of the distance from what is expected."""
        known = variance > 0.0
        t = (total - expected) / np.sqrt(np.where(known, variance, 1.0))
        return np.where(known, stdtr(np.maximum(n - 1.0, 1.0), -t), 1.0)

    def variance(self, sums: Sums) -> Floats:
        """Of one row."""
        return _variance(*sums)

    def interval(self, sums: Sums) -> tuple[Floats, Floats]:
        """Student's."""
        return mean_interval(*sums)

    def difference(self, inside: Sums, outside: Sums) -> tuple[Floats, Floats]:
        """Welch's."""
        return welch_interval(*inside, *outside)
