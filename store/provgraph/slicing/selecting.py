"""From everything beyond chance to what explains it: few slices, each with something to say beyond the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from provgraph.slicing.comparing import Comparison, Sums
from provgraph.slicing.counting import Outcomes
from provgraph.slicing.folding import Folded
from provgraph.slicing.proportions import Floats
from provgraph.slicing.table import Mask
from provgraph.slicing.tested import Tested

__all__ = ["select", "slice_mask"]

# Picks beyond those that are shown: slices that are sure, but too little above the rest to be shown.
_MORE = 20
# Parts of a mask that are faster counted one by one than all at once.
_FEW_PARTS = 16


def slice_mask(tested: Tested, number: int, columns: Sequence[Folded], rows: int) -> Mask:
    """The rows of one slice."""
    masks = [
        columns[column].mask(code, rows)
        for column, code in zip(tested.columns(number), tested.codes(number), strict=True)
    ]
    found = masks[0]
    for mask in masks[1:]:
        found = found & mask
    return found


def select(
    candidates: npt.NDArray[np.intp],
    tested: Tested,
    columns: Sequence[Folded],
    outcomes: Outcomes,
    comparison: Comparison,
    passes: Callable[[Floats, npt.NDArray[np.intp], int], Mask],
    confirm: Callable[[int, int, Floats], bool],
    shows: Callable[[int, float], bool],
    limit: int,
    signs: Floats | None = None,
) -> list[int]:
    """Pick greedily: each time the slice whose outcome lies farthest above what the picks so far explain.

    Rows that lie in the same picked slices share one expectation, their own mean; so a slice that only overlaps a
    picked one is expected to be as bad as it is, and falls out. A slice that differs by less than is asked for is
    picked as well, for what it explains of others, but is not among those returned.

    Args:
        candidates: slices, the preferred first where nothing else tells two apart.
        tested: what they are numbers of.
        columns: what is searched.
        outcomes: one per row.
        comparison: the tests.
        passes: which p-values of which slices pass the corrected line as the pick of this number (from 1).
        confirm: asked of each slice that is about to be picked whether it may be, with the number of the pick and what
            is expected of each row.
        shows: whether a slice lies far enough above the outcome that is expected of it to be shown.
        limit: how many to show at most.
        signs: 1 for each candidate that is looked for above its expectation, -1 for one below; none are all above.
    """
    values = np.asarray(outcomes, np.float64)
    rows = values.size
    n, total, _ = tested.sums.at(candidates)
    sign = np.ones(candidates.size) if signs is None else signs
    inside = n[:, None]  # rows of each candidate with each signature
    counts = [float(rows)]
    sums = [float(values.sum())]
    squares = [float((values**2).sum())]
    signature = np.zeros(rows, np.int16)
    alive = np.ones(candidates.size, np.bool_)
    terms = [list(zip(tested.columns(number), tested.codes(number), strict=True)) for number in candidates.tolist()]
    picked = 0
    shown: list[int] = []
    row_rates: Floats | None = None
    while alive.any() and picked < limit + _MORE and len(shown) < limit:
        alike = Sums(np.array(counts), np.array(sums), np.array(squares))
        expected = inside @ alike.rate
        variance = inside @ comparison.variance(alike)
        above = comparison.above(n, sign * total, sign * expected, variance)
        good = alive & passes(above, candidates, picked + 1)
        if not good.any():
            break
        z = np.where(good, sign * (total - expected) / np.sqrt(np.maximum(variance, 1e-12)), -np.inf)
        best = int(np.argmax(z))
        alive[best] = False
        # The same array until the next pick: what is made of it can be kept.
        row_rates = alike.rate[signature] if row_rates is None else row_rates
        if not confirm(int(candidates[best]), picked + 1, row_rates):
            continue
        picked += 1
        row_rates = None
        if shows(int(candidates[best]), float(expected[best])):
            shown.append(int(candidates[best]))
        held = np.flatnonzero(slice_mask(tested, int(candidates[best]), columns, rows))
        of = signature[held]
        order = np.argsort(of, kind="stable")
        held, of = held[order], of[order]
        starts = np.flatnonzero(np.concatenate(([True], of[1:] != of[:-1])))
        ends = np.append(starts[1:], held.size)
        within = _within(terms, columns, held, starts, rows)
        old = of[starts].astype(np.intp)
        inside = np.concatenate((inside, within), axis=1)
        inside[:, old] -= within
        for begin, end, before in zip(starts.tolist(), ends.tolist(), old.tolist(), strict=True):
            part = values[held[begin:end]]
            amounts = float(part.size), float(part.sum()), float((part**2).sum())
            for kept, amount in zip((counts, sums, squares), amounts, strict=True):
                kept[before] -= amount
                kept.append(amount)
            signature[held[begin:end]] = len(counts) - 1
    return shown


def _within(
    terms: list[list[tuple[int, int]]],
    columns: Sequence[Folded],
    held: npt.NDArray[np.intp],
    starts: npt.NDArray[np.intp],
    rows: int,
) -> Floats:
    """How many of the rows of each part each candidate has."""
    codes = {
        column: columns[column].codes[held]
        for column in {column for each in terms for column, _ in each}
        if columns[column].entries is None
    }
    has: dict[tuple[int, int], Mask] = {}
    found = np.zeros((len(terms), starts.size))
    ends = np.append(starts[1:], held.size)
    for place, each in enumerate(terms):
        mask: Mask | None = None
        for term in each:
            if term not in has:
                column, code = term
                has[term] = codes[column] == code if column in codes else columns[column].mask(code, rows)[held]
            mask = has[term] if mask is None else mask & has[term]
        if mask is not None:
            if starts.size > _FEW_PARTS:
                found[place] = np.add.reduceat(mask, starts, dtype=np.float64)
            else:
                found[place] = [np.count_nonzero(mask[begin:end]) for begin, end in zip(starts, ends, strict=True)]
    return found
