"""How an outcome is compared: errors by exact tests, losses by Welch's, once heavy tails are drawn in."""

from __future__ import annotations

import numpy as np

from provgraph.slicing.comparing import Comparison, Rates
from provgraph.slicing.counting import Outcomes
from provgraph.slicing.means import Means, tamed
from provgraph.slicing.outcome import Measured

__all__ = ["Judged"]


class Judged:
    """An outcome, ready to be compared.

    Attributes:
        outcomes: one per row: truth values, or losses as they are compared.
        comparison: the tests that fit.
        notes: what was done to the losses.
        shift: the mean of losses; 0 for errors.
        scale: the standard deviation of losses; 1 for errors.
        ratios: whether a ratio of two rates says something: of losses below 0, and of ranks, it does not.
    """

    def __init__(self, measured: Measured) -> None:
        self.notes: list[str] = []
        self.outcomes: Outcomes = measured.values
        self.comparison: Comparison = Rates()
        self.shift, self.scale, self.ratios = 0.0, 1.0, True
        if measured.binary:
            return
        found = tamed(np.asarray(measured.values, np.float64))
        self.outcomes = found.values
        if found.note is not None:
            self.notes.append(found.note)
        if not self.binary:
            self.comparison = Means()
            if self.outcomes.size:
                self.shift, self.scale = float(np.mean(self.outcomes)), float(np.std(self.outcomes))
                self.ratios = bool(self.outcomes.min() >= 0.0) and not found.ranked

    @property
    def binary(self) -> bool:
        """Whether rows are right or wrong."""
        return self.outcomes.dtype == np.bool_

    @property
    def centred(self) -> Outcomes:
        """The outcomes around 0, so that sums of squares lose no digits."""
        return self.outcomes if self.binary else np.asarray(self.outcomes - self.shift, np.float64)
