"""Two models on the same rows: which slices got worse, and which better."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtr

from provgraph.errors import InvalidValueError
from provgraph.slicing import words
from provgraph.slicing.changes import Change, ComparisonReport
from provgraph.slicing.comparing import Sums
from provgraph.slicing.corrections import Correction, depth_weights, factor, q_values
from provgraph.slicing.find import check_options, searchable_of, table_for
from provgraph.slicing.levels import count_levels, most_combinations
from provgraph.slicing.matching import Matched, matched, same_cells
from provgraph.slicing.means import Means, mean_interval, tamed
from provgraph.slicing.measuring import as_outcome
from provgraph.slicing.proportions import Floats, mcnemar_mid_p
from provgraph.slicing.rows import table_of
from provgraph.slicing.search import pruned, ranked
from provgraph.slicing.selecting import select, slice_mask
from provgraph.slicing.tested import Tested, gather
from provgraph.slicing.units import Units
from provgraph.slicing.values import Interval, Json, Term

if TYPE_CHECKING:
    import numpy.typing as npt

    from provgraph.slicing.folding import Folded
    from provgraph.slicing.outcome import Outcome
    from provgraph.slicing.table import EncodedTable, Mask

__all__ = ["compare_models"]

_LEAST_SUPPORT = 30


def compare_models(
    first: pd.DataFrame | EncodedTable,
    second: pd.DataFrame,
    *,
    outcome: Outcome | str,
    sample: str,
    columns: Iterable[str] | None = None,
    unit: str | None = None,
    depth: int = 3,
    correction: Correction = "bh",
    alpha: float = 0.05,
    min_support: int | None = None,
    min_difference: float = 0.01,
    limit: int = 10,
    permutations: int = 499,
    seed: int = 0,
    edges: Mapping[str, Sequence[float]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ComparisonReport:
    """Find the slices that are worse with the second model than with the first, and those that are better.

    Only rows that both models saw are compared, pair by pair: rows that both have right, or both wrong, say nothing.
    Every slice of enough rows is tested either way, all tests are corrected together, and a slice is reported if its
    rows changed beyond chance and more than the other rows did. What all rows have in common is `overall`.

    Args:
        first: one row per prediction of the first model, or the same encoded; slices are made of its columns.
        second: one row per prediction of the second model.
        outcome: what counts as an error, read from each table; as for `find_slices`.
        sample: the column of both that names what a row is a prediction for, once each.
        columns: what to slice by; if not given, the columns of the first table but those that `outcome`, `sample` and
            `unit` name, and those that the second table has with other cells.
        unit: the column of the first table that names what was sampled, whose rows resemble each other.
        depth: terms of a slice, 1 to 3.
        correction: ``bh`` (Benjamini-Hochberg) or ``by`` (Benjamini-Yekutieli, for any dependence).
        alpha: the largest q that is reported.
        min_support: rows of a slice; 30 or one in a thousand if not given, whichever is more.
        min_difference: by how much a rate must have changed, and more than that of the rest (for losses: in standard
            deviations of the change).
        limit: slices reported at most, either way.
        permutations: of sampling units.
        seed: of the permutations; the same one gives the same report.
        edges: the edges of numeric columns, by name.
        progress: called with how many combinations of columns are counted, and of how many.

    Raises:
        InvalidValueError: a column is missing, a sample is named twice, or an option makes no sense.
    """
    check_options(depth, alpha, min_support, min_difference, 0.0, limit, correction, permutations)
    if not isinstance(second, pd.DataFrame):
        raise InvalidValueError(f"a pandas DataFrame is needed for the second model, not {type(second).__name__}")
    whole = table_of(first)
    what = as_outcome(whole.frame, outcome)
    pairs = matched(whole.frame, second, sample)
    compared, notes = _compared(whole.frame, second, what, pairs, sample)
    roles = [sample] if unit is None else [sample, unit]
    table = table_for(first, what.columns, columns, roles, edges)
    if columns is None:
        table = table.without([*what.columns, *roles])
        sources = sorted({column.source for column in table.columns})
        own = [name for name in sources if _differs(whole.frame, second, pairs, name)]
        table = table.without(own)
        if own:
            named = words.joined([words.label(name) for name in own])
            notes.append(f"Left out, as the second table has other cells there: {named}.")
    rows = int(np.count_nonzero(compared.kept))
    least = max(_LEAST_SUPPORT, -(-rows // 1000)) if min_support is None else min_support
    searchable, left_out = searchable_of([column.take(compared.kept) for column in table.columns], least, rows)
    deep, _ = most_combinations(len(searchable), depth)
    if deep < depth:
        notes.append(f"Slices have at most {deep} {'term' if deep == 1 else 'terms'}: there are too many columns.")
    tested, counted = _count(searchable, compared, deep, least, progress)
    search = _Search(searchable, compared, tested, correction, alpha, min_difference * compared.scale, limit)

    units = None if unit is None else Units(whole.frame, unit, compared.kept, compared.change)
    turned = None if unit is None else Units(whole.frame, unit, compared.kept, -compared.change)
    worse, better = search.found(units, turned, permutations, seed)
    options: dict[str, Json] = {
        "depth": depth, "unit": unit, "correction": correction, "alpha": alpha, "min_support": least,
        "min_difference": min_difference, "limit": limit,
    }  # fmt: skip
    return ComparisonReport(
        worse,
        better,
        _change((), compared, np.ones(rows, np.bool_)) if rows else None,
        int(tested.key.size),
        rows,
        pairs.only_first,
        pairs.only_second,
        str(what),
        tuple(column.name for column in table.columns),
        (*table.notes, *notes, *left_out, *counted),
        options,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """The rows that both models saw and that have an outcome in both.

    Attributes:
        kept: which rows of the first table these are.
        losses: of the first model, one per row kept.
        other: of the second.
        change: the second less the first, as it is tested.
        binary: whether rows are right or wrong.
        signs: whether `change` is -1, 0 or 1, so that its tests are exact.
        scale: the standard deviation of the change of losses; 1 for errors.
    """

    kept: Mask
    losses: Floats
    other: Floats
    change: Floats
    binary: bool
    signs: bool
    scale: float


def _compared(
    first: pd.DataFrame, second: pd.DataFrame, what: Outcome, pairs: Matched, sample: str
) -> tuple[_Compared, list[str]]:
    notes: list[str] = []
    if pairs.nameless:
        notes.append(f"{_rows(pairs.nameless)} left out: {words.label(sample)} is missing.")
    for which, alone in (("first", pairs.only_first), ("second", pairs.only_second)):
        if alone.rows:
            more = ", …" if alone.rows > len(alone.samples) else ""
            notes.append(f"{_rows(alone.rows)} only in the {which} table: {', '.join(alone.samples)}{more}.")
    sides: list[tuple[Mask, Floats, bool]] = []
    for frame, held in ((first, pairs.first), (second, pairs.second)):
        values = what.measure(frame)
        known = np.ones(len(frame), np.bool_) if values.kept is None else values.kept
        losses = np.zeros(len(frame))
        losses[known] = values.values
        sides.append((known[held], losses[held], values.binary))
    known = sides[0][0] & sides[1][0]
    if what.label is not None:
        same = same_cells(first, second, pairs, what.label)
        differ = 0 if same is None else int(np.count_nonzero(~same))
        if differ:
            notes.append(f"{_rows(differ)} labelled otherwise in the second table: its own label counts there.")
    gone = int(np.count_nonzero(~known))
    if gone:
        notes.append(f"{_rows(gone)} left out: no outcome in one of the tables.")
    kept = np.zeros(len(first), np.bool_)
    kept[pairs.first[known]] = True
    losses, other = sides[0][1][known], sides[1][1][known]
    binary, change, scale = sides[0][2] and sides[1][2], other - losses, 1.0
    signs = binary
    if not binary:
        drawn = tamed(change)
        signs = drawn.ranked or drawn.values.dtype == np.bool_
        if signs:
            notes.append(
                "A few changes would make up every mean: what is compared is how many rows have a larger loss now, and "
                "how many a smaller one (sign test)."
            )
        elif drawn.note is not None:
            notes.append(drawn.note.replace("losses have", "changes of the loss have"))
        change = np.sign(change) if signs else np.asarray(drawn.values, np.float64)
        scale = float(np.std(change)) if change.size else 1.0
    return _Compared(kept, losses, other, change, binary, signs, scale), notes


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{words.count(count)} rows are"


def _differs(first: pd.DataFrame, second: pd.DataFrame, pairs: Matched, name: str) -> bool:
    same = same_cells(first, second, pairs, name)
    return same is not None and not same.all()


def _count(
    columns: list[Folded],
    compared: _Compared,
    depth: int,
    least: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[Tested, tuple[str, ...]]:
    """Every slice, with the sum of changes and of their squares."""
    change, rank = compared.change, ranked(columns, ())
    if not compared.signs:
        levels = count_levels(columns, change, change.size, depth=depth, least=least, rank=rank, progress=progress)
        return gather(levels.cells, columns, change.size), levels.notes

    def counted(outcomes: Mask, first: int) -> tuple[Tested, tuple[str, ...]]:
        def told(done: int, total: int) -> None:
            if progress is not None:
                progress(first * total + done, 2 * total)

        levels = count_levels(columns, outcomes, change.size, depth=depth, least=least, rank=rank, progress=told)
        return gather(levels.cells, columns, change.size), levels.notes

    # Counts of what got worse and of what got better are several times cheaper than sums of changes.
    worse, notes = counted(change > 0.0, 0)
    better, _ = counted(change < 0.0, 1)
    up, down = worse.sums.total, better.sums.total
    return replace(worse, sums=Sums(worse.sums.n, up - down, up + down)), notes


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What was counted, searched for slices that got worse and for those that got better."""

    columns: list[Folded]
    compared: _Compared
    tested: Tested
    correction: Correction
    alpha: float
    min_difference: float
    limit: int

    def found(
        self, units: Units | None, turned: Units | None, permutations: int, seed: int
    ) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
        """Slices that got worse, and slices that got better.

        They are picked together: where one slice got much better, all others are worse than the mean, and that is no
        finding.

        Args:
            units: sampling units of the change, if there are any.
            turned: the same of the change the other way.
            permutations: of units.
            seed: of the permutations.
        """
        sums, change = self.tested.sums, self.compared.change
        whole = Sums(*(np.asarray(each) for each in (float(change.size), change.sum(), (change**2).sum())))
        p = _p(sums, whole, exact=self.compared.signs)
        weights = depth_weights(self.tested.depth)
        q = q_values(p, weights, correction=self.correction)
        rate, rest = sums.rate, whole.less(sums).rate
        sides = [self._candidates(sign, q, whole) for sign in (1.0, -1.0)]
        candidates = np.concatenate(sides)
        signs = np.repeat([1.0, -1.0], [side.size for side in sides])
        sign_of = dict(zip(candidates.tolist(), signs.tolist(), strict=True))
        budget = p.size * factor(p.size, self.correction)
        unit_q: dict[int, float] = {}

        def passes(again: Floats, numbers: npt.NDArray[np.intp], step: int) -> Mask:
            # Twice: each slice was tested either way.
            return np.asarray(2.0 * again / weights[numbers] * budget / step <= self.alpha)

        def confirm(number: int, step: int, expected: Floats) -> bool:
            up = sign_of[number] > 0.0
            judge = units if up else turned
            if judge is None:
                return True
            mask = slice_mask(self.tested, number, self.columns, change.size)
            times = 2.0 * budget / step / float(weights[number])
            unit_q[number] = min(times * judge.p(mask, None), 1.0)
            if unit_q[number] > self.alpha or step == 1:
                return unit_q[number] <= self.alpha
            # Beyond what earlier picks explain, too.
            return times * judge.p(mask, expected if up else -expected) <= self.alpha

        def shows(number: int, expected: float) -> bool:
            sign = sign_of[number]
            rates = 0.0, sign * expected / float(sums.n[number]), sign * float(rest[number])
            return bool(sign * float(rate[number]) - max(rates) >= self.min_difference)

        picked = select(
            candidates, self.tested, self.columns, change, Means(), passes, confirm, shows, 2 * self.limit, signs
        )  # fmt: skip
        found: list[tuple[Change, ...]] = []
        for sign, judge in ((1.0, units), (-1.0, turned)):
            numbers = [number for number in picked if sign_of[number] == sign][: self.limit]
            masks = [slice_mask(self.tested, number, self.columns, change.size) for number in numbers]
            if judge is not None:
                for number, permuted in zip(numbers, judge.permuted(masks, permutations, seed), strict=True):
                    unit_q[number] = max(unit_q[number], min(2.0 * permuted, 1.0))
            changes = (
                replace(
                    _change(self._terms(number), self.compared, mask), q=float(q[number]), unit_q=unit_q.get(number)
                )
                for number, mask in zip(numbers, masks, strict=True)
            )
            found.append(tuple(each for each in changes if each.unit_q is None or each.unit_q <= self.alpha))
        return found[0], found[1]

    def _candidates(self, sign: float, q: Floats, whole: Sums) -> npt.NDArray[np.intp]:
        """Slices beyond chance whose change, times the sign, is above 0 and above that of the other rows."""
        n, total, square = self.tested.sums
        sums, whole = Sums(n, sign * total, square), Sums(whole.n, sign * whole.total, whole.square)
        far = (q <= self.alpha) & (sums.rate > 0.0) & (sums.rate > whole.less(sums).rate)
        signed = replace(self.tested, sums=sums)
        return pruned(np.flatnonzero(far), signed, Means(), ranked(self.columns, ()), whole)

    def _terms(self, number: int) -> tuple[Term, ...]:
        pairs = zip(self.tested.columns(number), self.tested.codes(number), strict=True)
        return tuple(self.columns[column].term(code) for column, code in pairs)


def _p(sums: Sums, whole: Sums, *, exact: bool) -> Floats:
    """Two-sided p of "as many changes up as down", or of "a mean change of 0"."""
    if exact:
        return mcnemar_mid_p((sums.square - sums.total) / 2.0, (sums.square + sums.total) / 2.0)
    n = np.maximum(sums.n, 2.0)
    # A slice that varies little by chance would be sure of any change: see `Means`.
    least = Means().variance(whole)
    spread = np.sqrt(np.maximum(Means().variance(sums), least) / n)
    known = spread > 0.0
    t = sums.total / n / np.where(known, spread, 1.0)
    return np.where(known, 2.0 * stdtr(n - 1.0, -np.abs(t)), 1.0)


def _change(predicate: tuple[Term, ...], compared: _Compared, mask: Mask) -> Change:
    """The numbers of one slice."""
    losses, other, change = compared.losses[mask], compared.other[mask], compared.change[mask]
    n = int(losses.size)
    rate, other_rate = float(losses.mean()), float(other.mean())
    up, down = int(np.count_nonzero(other > losses)), int(np.count_nonzero(other < losses))
    sums, whole = (
        Sums(*(np.asarray(number, np.float64) for number in (each.size, each.sum(), (each**2).sum())))
        for each in (change, compared.change)
    )
    if compared.binary:
        # Bonett and Price (2012, J. of Educational and Behavioral Statistics 37, 479-488).
        centre, spread = (up - down) / (n + 2), (up + down + 2) / (n + 2)
        half = float(ndtri(0.975)) * float(np.sqrt((spread - centre**2) / (n + 2)))
        low, high = max(centre - half, -1.0), min(centre + half, 1.0)
    else:
        raw = other - losses
        low, high = (float(bound) for bound in mean_interval(n, float(raw.sum()), float((raw**2).sum())))
    return Change(
        predicate,
        n,
        rate,
        other_rate,
        down if compared.binary else None,
        up if compared.binary else None,
        other_rate - rate,
        Interval(low, high),
        float(_p(sums, whole, exact=compared.signs)),
    )
