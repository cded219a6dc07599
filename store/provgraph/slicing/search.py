"""The search: fold, count, test, correct, prune, select."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from provgraph.slicing.comparing import Comparison, Sums
from provgraph.slicing.corrections import Correction, depth_weights, factor, q_values
from provgraph.slicing.counting import Outcomes
from provgraph.slicing.folding import Folded, fold
from provgraph.slicing.levels import Levels, count_levels
from provgraph.slicing.proportions import Floats
from provgraph.slicing.selecting import select, slice_mask
from provgraph.slicing.table import EncodedColumn, Mask
from provgraph.slicing.tested import Tested, gather

__all__ = ["Found", "Searched", "Settings", "foldings", "pruned", "ranked", "search"]

# Slices beyond chance that are looked at for the selection, those farthest from the rest.
_MOST_CANDIDATES = 1_000
# How sure it must be that a slice is worse than what remains of each of its parents.
_PARENT_P = 0.01

# One-sided p of a slice by sampling units, given its rows, and what is expected of each row; None: the same of all.
UnitP: TypeAlias = Callable[[Mask, Floats | None], float]


@dataclass(frozen=True, slots=True)
class Settings:
    """What is searched, and what counts as found; see `find_slices`."""

    depth: int
    correction: Correction
    alpha: float
    min_support: int
    min_difference: float
    min_lift: float | None
    limit: int


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """One slice that was picked: its number, and its p and q against the rest (and by sampling units)."""

    number: int
    p: float
    q: float
    unit_q: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """What a search found among how much.

    Attributes:
        found: in the order in which they were picked.
        tested: every slice that was tested.
        columns: what was searched, copies among them.
        levels: what was counted.
        beyond_chance: how many slices lie beyond chance, before those that others explain were dropped.
    """

    found: list[Found]
    tested: Tested
    columns: list[Folded]
    levels: Levels
    beyond_chance: int


def foldings(columns: Sequence[EncodedColumn], least: int) -> tuple[list[Folded], list[str], list[str]]:
    """The columns that can be searched, those where no value has enough rows, and those with one value only."""
    kept: list[Folded] = []
    thin: list[str] = []
    constant: list[str] = []
    # By name: what is found must not depend on the order of columns.
    for column in sorted(columns, key=lambda each: each.name):
        folded = fold(column, least)
        if not folded.kept:
            thin.append(column.name)
        elif folded.size == 1 and folded.entries is None:
            constant.append(column.name)
        else:
            kept.append(folded)
    return kept, thin, constant


def search(
    columns: list[Folded],
    outcomes: Outcomes,
    comparison: Comparison,
    settings: Settings,
    *,
    upstream_first: Sequence[str] = (),
    shift: float = 0.0,
    unit_p: UnitP | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Searched:
    """Search.

    Args:
        columns: see `foldings`.
        outcomes: one per row.
        comparison: the tests that fit the outcomes.
        settings: what counts as found.
        upstream_first: columns whose names lead where others name the same rows, the first one most.
        shift: what was taken from each loss, so that they lie around 0.
        unit_p: the p-value of a slice by sampling units; without, rows are taken as independent.
        progress: told how many combinations are counted, and of how many.
    """
    rows = outcomes.size
    rank = ranked(columns, upstream_first)
    levels = count_levels(
        columns, outcomes, rows, depth=settings.depth, least=settings.min_support, rank=rank, progress=progress
    )
    tested = gather(levels.cells, columns, rows)
    values = np.asarray(outcomes, np.float64)
    whole = Sums(np.array(float(rows)), np.asarray(values.sum()), np.asarray((values**2).sum()))
    outside = whole.less(tested.sums)
    p = comparison.p(tested.sums, outside)
    weights = depth_weights(tested.depth)
    q = q_values(p, weights, correction=settings.correction)
    beyond = np.flatnonzero((q <= settings.alpha) & (tested.sums.rate > outside.rate))
    candidates = pruned(beyond, tested, comparison, rank, whole)
    budget = p.size * factor(p.size, settings.correction)
    unit_q: dict[int, float] = {}

    def passes(again: Floats, numbers: npt.NDArray[np.intp], step: int) -> Mask:
        return np.asarray(again / weights[numbers] * budget / step <= settings.alpha)

    def confirm(number: int, step: int, expected: Floats) -> bool:
        if unit_p is None:
            return True
        mask = slice_mask(tested, number, columns, rows)
        share = float(weights[number]) / budget * step
        by_unit = unit_p(mask, None)
        unit_q[number] = min(max(by_unit, by_unit / share), 1.0)
        # Beyond what earlier picks explain, too.
        return unit_q[number] <= settings.alpha and (step == 1 or unit_p(mask, expected) / share <= settings.alpha)

    def shows(number: int, expected: float) -> bool:
        n, total = float(tested.sums.n[number]), float(tested.sums.total[number])
        rates = [expected / n, float(outside.rate[number])]
        return all(
            total / n - rate >= settings.min_difference
            and (settings.min_lift is None or total / n + shift >= settings.min_lift * (rate + shift))
            for rate in rates
        )

    picked = select(
        candidates,
        tested,
        columns,
        outcomes,
        comparison,
        passes,
        confirm,
        shows,
        settings.limit,
    )
    found = [Found(number, float(p[number]), float(q[number]), unit_q.get(number)) for number in picked]
    return Searched(found, tested, columns, levels, beyond.size)


def ranked(columns: Sequence[Folded], upstream_first: Sequence[str]) -> list[int]:
    """Which name leads: one given first, else the one of fewer values, which stands farther upstream."""
    given = {name: place for place, name in enumerate(upstream_first)}
    order = sorted(
        range(len(columns)),
        key=lambda each: (
            given.get(columns[each].column.name, len(given)),
            columns[each].kept,
            columns[each].column.name,
        ),
    )
    rank = [0] * len(columns)
    for place, column in enumerate(order):
        rank[column] = place
    return rank


def pruned(
    beyond: npt.NDArray[np.intp],
    tested: Tested,
    comparison: Comparison,
    rank: Sequence[int],
    whole: Sums,
) -> npt.NDArray[np.intp]:
    """Slices that are worse than what remains of each parent without them, the farthest from the rest first."""
    sums = tested.sums
    keep = np.ones(beyond.size, np.bool_)
    for parent in tested.parents(beyond).T:
        has = np.flatnonzero((parent >= 0) & keep)
        child = sums.at(beyond[has])
        rest = sums.at(parent[has]).less(child)
        p = np.where(rest.n > 0.0, comparison.p(child, rest), 1.0)
        keep[has[p > _PARENT_P]] = False
    kept = beyond[keep]
    n = sums.n[kept]
    distance = (sums.total[kept] - n * whole.rate) / np.sqrt(n * (whole.n - n))
    first = np.argsort(-distance, kind="stable")[:_MOST_CANDIDATES]

    def preference(place: int) -> tuple[float, int, list[int], tuple[int, ...]]:
        number = int(kept[place])
        columns = tested.columns(number)
        return -float(distance[place]), len(columns), sorted(rank[each] for each in columns), tested.codes(number)

    return kept[sorted(first.tolist(), key=preference)]
