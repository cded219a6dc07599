"""A slice beside the rest, for errors and for losses: one face, so that the search knows neither."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc, ndtr

from provgraph.slicing.proportions import Floats, excess_p, newcombe, wilson

__all__ = ["Comparison", "Rates", "Sums"]


class Sums(NamedTuple):
    """Sums over the rows of slices, one number each.

    Attributes:
        n: rows.
        total: errors, or losses.
        square: squares of losses; of errors, their number again.
    """

    n: Floats
    total: Floats
    square: Floats

    @property
    def rate(self) -> Floats:
        """The share of errors, or mean loss; 0 where there is no row."""
        return self.total / np.maximum(self.n, 1.0)

    def less(self, other: Sums) -> Sums:
        """What is left without the rows of another slice that lies within."""
        return Sums(self.n - other.n, self.total - other.total, self.square - other.square)

    def at(self, numbers: npt.NDArray[np.intp]) -> Sums:
        """Some of the slices."""
        return Sums(self.n[numbers], self.total[numbers], self.square[numbers])


class Comparison(Protocol):
    """How sums over rows are compared."""

    def p(self, inside: Sums, outside: Sums) -> Floats:
        """One-sided p of "worse inside than outside"."""
        ...

    def above(self, n: Floats, total: Floats, expected: Floats, variance: Floats) -> Floats:
        """One-sided p of "more than what is expected", where rows are expected to differ."""
        ...

    def variance(self, sums: Sums) -> Floats:
        """The variance of one row."""
        ...

    def interval(self, sums: Sums) -> tuple[Floats, Floats]:
        """Of the rate, or mean."""
        ...

    def difference(self, inside: Sums, outside: Sums) -> tuple[Floats, Floats]:
        """The interval of the difference."""
        ...


class Rates:
    """Errors: exact tests, Wilson's and Newcombe's intervals."""

    def p(self, inside: Sums, outside: Sums) -> Floats:
        """Fisher's exact test."""
        return excess_p(inside.total, inside.n, outside.total, outside.n)

    def above(self, n: Floats, total: Floats, expected: Floats, variance: Floats) -> Floats:
        """The binomial tail at the mean of what is expected, the heaviest tail that rows of unequal rates can have."""
        z = (total - expected) / np.sqrt(np.maximum(variance, 1e-12))
        p = np.asarray(ndtr(-z), np.float64)
        far = z > 1.0
        if far.any():
            chance = np.clip(expected[far] / n[far], 1e-12, 1.0)
            p[far] = bdtrc(total[far] - 1.0, n[far].astype(np.int64), chance)
        return p

    def variance(self, sums: Sums) -> Floats:
        """That of a coin."""
        return sums.rate * (1.0 - sums.rate)

    def interval(self, sums: Sums) -> tuple[Floats, Floats]:
        """Wilson's."""
        return wilson(sums.total, sums.n)

    def difference(self, inside: Sums, outside: Sums) -> tuple[Floats, Floats]:
        """Newcombe's."""
        return newcombe(inside.total, inside.n, outside.total, outside.n)
