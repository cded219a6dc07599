"""Numbers become the values of a report."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from provgraph.slicing.comparing import Comparison, Sums
from provgraph.slicing.counting import Outcomes
from provgraph.slicing.naming import other_names
from provgraph.slicing.search import Searched
from provgraph.slicing.selecting import slice_mask
from provgraph.slicing.table import Mask
from provgraph.slicing.values import Adjusted, Alias, Interval, Slice, Term

__all__ = ["measured", "slices_of"]


def slices_of(searched: Searched, outcomes: Outcomes, comparison: Comparison) -> list[tuple[Slice, Mask]]:
    """The slices that a search found, with their other names, and the rows of each."""
    found: list[tuple[Slice, Mask]] = []
    columns, tested = searched.columns, searched.tested
    for each in searched.found:
        mask = slice_mask(tested, each.number, columns, outcomes.size)
        conditions = tuple(zip(tested.columns(each.number), tested.codes(each.number), strict=True))
        predicate = tuple(columns[column].term(code) for column, code in conditions)
        aliases = [
            Alias(tuple(columns[column].term(code) for column, code in name.conditions), name.jaccard)
            for name in other_names(conditions, mask, columns, tested, searched.levels.copies)
        ]
        aliases.sort(key=lambda alias: (-alias.jaccard, len(alias.predicate), str(alias.predicate)))
        found.append(
            (
                measured(
                    predicate, mask, outcomes, comparison, p=each.p, q=each.q, unit_q=each.unit_q, aliases=aliases
                ),
                mask,
            )
        )
    return found


def measured(
    predicate: tuple[Term, ...],
    mask: Mask,
    outcomes: Outcomes,
    comparison: Comparison,
    *,
    p: float | None = None,
    q: float | None = None,
    unit_q: float | None = None,
    aliases: Sequence[Alias] = (),
    adjusted: Sequence[Adjusted] = (),
    by_hand: bool = False,
) -> Slice:
    """A slice and its numbers; p is computed where it is not given."""
    ours, others = _sums(outcomes, mask), _sums(outcomes, ~mask)
    low, high = comparison.interval(ours)
    difference_low, difference_high = comparison.difference(ours, others)
    rate, rest = float(ours.rate[0]), float(others.rate[0])
    return Slice(
        predicate,
        round(float(ours.n[0])),
        round(float(ours.total[0])) if outcomes.dtype == np.bool_ else None,
        rate,
        Interval(float(low[0]), float(high[0])),
        rest,
        rate - rest,
        Interval(float(difference_low[0]), float(difference_high[0])),
        _lift(rate, rest),
        float(ours.total[0]) - float(ours.n[0]) * rest,
        float(comparison.p(ours, others)[0]) if p is None else p,
        q,
        unit_q,
        tuple(aliases),
        tuple(adjusted),
        by_hand,
    )


def _lift(rate: float, rest: float) -> float:
    """Not a number where a ratio says nothing: of losses below 0, or where nobody has an error."""
    if rate < 0.0 or rest < 0.0:
        return math.nan
    return rate / rest if rest else math.inf if rate else math.nan


def _sums(outcomes: Outcomes, mask: Mask) -> Sums:
    n = np.array([float(np.count_nonzero(mask))])
    if outcomes.dtype == np.bool_:
        errors = np.array([float(np.count_nonzero(np.logical_and(outcomes, mask)))])
        return Sums(n, errors, errors)
    values = np.asarray(outcomes[mask], np.float64)
    return Sums(n, np.array([values.sum()]), np.array([(values**2).sum()]))
