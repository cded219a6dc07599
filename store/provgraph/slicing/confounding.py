"""Confounding: what is left of a slice's ratio where another column is held fixed.

A camera that sees more of the hard class has more errors without being worse. Within each class it is not: the
Mantel-Haenszel ratio, a weighted mean of the ratios within strata, shows that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from provgraph.slicing.clusters import sums
from provgraph.slicing.proportions import Floats

__all__ = ["Stratified", "stratified"]


@dataclass(frozen=True, slots=True)
class Stratified:
    """Ratio of the slice's error rate to that of the rest, crude and within strata.

    Attributes:
        crude: of all rows together; None where it is not defined (no row on one side, no error outside).
        adjusted: of Mantel and Haenszel; None where no stratum holds rows of both, or none that does has an error
            outside.
        low: lower bound of `adjusted`, at 95 % confidence.
        high: upper bound.
        overlap: share of the slice's rows in strata that hold rows of the rest, too. Where it is 0, slice and strata
            cannot be separated: each stratum lies wholly inside or wholly outside.
    """

    crude: float | None
    adjusted: float | None
    low: float | None
    high: float | None
    overlap: float

    @property
    def separable(self) -> bool:
        """Whether any stratum holds rows of both, the slice and the rest."""
        return self.overlap > 0.0


def stratified(
    inside: npt.NDArray[np.bool_],
    outcome: npt.NDArray[np.bool_] | Floats,
    strata: npt.NDArray[np.integer],
    *,
    confidence: float = 0.95,
) -> Stratified:
    """Crude and Mantel-Haenszel ratio of the slice to the rest.

    Of error rates, the Mantel-Haenszel risk ratio with the variance of Greenland and Robins (1985, Biometrics 41,
    55-68). Of losses, which are no counts, the ratio of means with the same weights, its variance from how losses vary
    within each side of each stratum.

    Args:
        inside: which rows lie in the slice.
        outcome: one per row: truth values for errors, or losses.
        strata: one code per row, from 0.
        confidence: of the interval.
    """
    values = np.asarray(outcome, np.float64)
    side = np.asarray(inside, np.intp)
    cell = np.asarray(strata, np.intp) * 2 + side
    cells = 2 * (int(strata.max(initial=-1)) + 1)
    n = np.bincount(cell, minlength=cells).astype(np.float64).reshape(-1, 2)
    total = np.asarray(np.bincount(cell, values, minlength=cells), np.float64).reshape(-1, 2)
    rest_n, slice_n = n.sum(axis=0)
    rest, of_slice = total.sum(axis=0)
    crude = float(of_slice / slice_n / (rest / rest_n)) if slice_n and rest_n and rest > 0.0 else None
    both = (n > 0.0).all(axis=1)
    overlap = float(n[both, 1].sum() / slice_n) if slice_n else 0.0
    a, b = total[both, 1], total[both, 0]
    n1, n0 = n[both, 1], n[both, 0]
    size = n1 + n0
    # Means of losses may be negative: only a ratio of positive ones is one.
    above, below = float((a * n0 / size).sum()), float((b * n1 / size).sum())
    if below <= 0.0 or above < 0.0:
        return Stratified(crude, None, None, None, overlap)
    ratio = above / below
    if above == 0.0:
        return Stratified(crude, 0.0, 0.0, None, overlap)
    if outcome.dtype == np.bool_:
        variance = float(((n1 * n0 * (a + b) - a * b * size) / size**2).sum()) / (above * below)
    else:
        apart = sums(cell, (values - (total / np.maximum(n, 1.0)).ravel()[cell]) ** 2)
        spread = (np.pad(apart, (0, cells - apart.size)).reshape(-1, 2) / np.maximum(n - 1.0, 1.0))[both]
        weight = n1 * n0 / size
        variance = float((weight**2 * spread[:, 1] / n1).sum()) / above**2
        variance += float((weight**2 * spread[:, 0] / n0).sum()) / below**2
    half = float(ndtri(0.5 + confidence / 2.0)) * variance**0.5
    return Stratified(crude, ratio, ratio * float(np.exp(-half)), ratio * float(np.exp(half)), overlap)
