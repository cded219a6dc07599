"""Slices judged by sampling units instead of rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from provgraph.slicing import words
from provgraph.slicing.clusters import Clusters, clusters, permutation_p, unit_codes
from provgraph.slicing.corrections import q_values
from provgraph.slicing.counting import Outcomes
from provgraph.slicing.measuring import column_of
from provgraph.slicing.proportions import Floats
from provgraph.slicing.saddlepoint import cluster_p
from provgraph.slicing.table import Mask

__all__ = ["Units"]

# With fewer units, how alike the rows of one are is hardly known.
_FEW = 20
# Standard deviations below which no correction for many tests leaves anything to be found.
_SCREEN = 2.5


class Units:
    """The units of the rows that have an outcome.

    Args:
        frame: the table.
        column: which column names the unit of each row; a row without one is a unit by itself.
        kept: the rows that have an outcome; None for all.
        outcomes: of those rows.

    Raises:
        InvalidValueError: there is no such column.
    """

    def __init__(self, frame: pd.DataFrame, column: str, kept: Mask | None, outcomes: Outcomes) -> None:
        named = column_of(frame, column)
        self._codes = unit_codes(named if kept is None else named[kept])
        self._values = np.asarray(outcomes, np.float64)
        self.clusters: Clusters = clusters(self._codes, self._values)
        self.notes: list[str] = []
        many = int(np.count_nonzero(self.clusters.size))
        if many < _FEW:
            what = "all rows are of one" if many == 1 else f"there are only {many}"
            self.notes.append(f"{words.label(column)} names the unit, but {what}: little is said of others.")
        alone = int(np.count_nonzero((named if kept is None else named[kept]).isna()))
        if alone:
            rows = "1 row names" if alone == 1 else f"{words.count(alone)} rows name"
            self.notes.append(f"{rows} no {words.label(column)}: each counts as a unit by itself.")
        self._expected: Floats | None = None
        self._beyond = self.clusters

    def p(self, mask: Mask, expected: Floats | None) -> float:
        """One-sided p of "worse than the rest", or than what is expected of each row."""
        if expected is None:
            return float(cluster_p(self.clusters, [mask], screen=_SCREEN)[0])
        if expected is not self._expected:
            self._expected, self._beyond = expected, clusters(self._codes, self._values - expected)
        return float(cluster_p(self._beyond, [mask], screen=_SCREEN)[0])

    def permuted(self, masks: Sequence[Mask], permutations: int, seed: int) -> list[float]:
        """Q of the slices shown, among themselves, by permutation of whole units."""
        if not masks:
            return []
        if self.clusters.size.size == self._values.size:
            # Each row is a unit: there is nothing to permute that the test of rows has not.
            return [0.0] * len(masks)
        found = permutation_p(self.clusters, list(masks), permutations=permutations, seed=seed)
        return [float(q) for q in q_values(found)]
