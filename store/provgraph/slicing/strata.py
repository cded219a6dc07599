"""The ratio of a slice within the strata of other columns."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from provgraph.errors import InvalidValueError
from provgraph.slicing.confounding import stratified
from provgraph.slicing.counting import Outcomes
from provgraph.slicing.encoding import encode
from provgraph.slicing.outcome import Outcome
from provgraph.slicing.table import Mask
from provgraph.slicing.values import Adjusted, Interval, Slice

__all__ = ["adjusted", "strata_of"]

Strata = dict[str, npt.NDArray[np.intp]]


def strata_of(frame: pd.DataFrame, outcome: Outcome, names: str | Sequence[str] | None, kept: Mask | None) -> Strata:
    """The stratum of each row that has an outcome, by the name of the column.

    Args:
        frame: the table.
        outcome: if no column is named, its true class is what is held fixed.
        names: the columns.
        kept: the rows that have an outcome; None for all.

    Raises:
        InvalidValueError: there is no such column, or its rows have several values.
    """
    if names is None:
        # Of misses there is one true class.
        names = [outcome.label] if outcome.label is not None and outcome.kind in ("errors", "false alarms") else []
    found: Strata = {}
    for name in [names] if isinstance(names, str) else names:
        for column in encode(frame, [name]).columns:
            if column.several:
                raise InvalidValueError(f"rows have several values of {name}: it makes no strata")
            found[column.name] = (column.codes if kept is None else column.codes[kept]).astype(np.intp)
    return found


def adjusted(found: Slice, mask: Mask, outcomes: Outcomes, strata: Strata) -> tuple[Adjusted, ...]:
    """The ratio within each column's strata, but those that the slice itself is made of."""
    own = {term.column for term in found.predicate}
    result: list[Adjusted] = []
    for name, codes in strata.items():
        if name not in own:
            ratios = stratified(mask, outcomes, codes)
            bounds = None
            if ratios.low is not None:
                bounds = Interval(ratios.low, math.inf if ratios.high is None else ratios.high)
            result.append(Adjusted(name, ratios.crude, ratios.adjusted, bounds, ratios.overlap))
    return tuple(result)
