"""The search for slices that changed: counted once, tested either way, picked together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from provgraph.slicing.changes import Change
from provgraph.slicing.comparing import Sums
from provgraph.slicing.corrections import Correction, depth_weights, factor, q_values
from provgraph.slicing.levels import count_levels
from provgraph.slicing.means import Means
from provgraph.slicing.pairing import Paired, change_of, change_p
from provgraph.slicing.proportions import Floats
from provgraph.slicing.search import pruned, ranked
from provgraph.slicing.selecting import select, slice_mask
from provgraph.slicing.tested import Tested, gather
from provgraph.slicing.units import Units
from provgraph.slicing.values import Term

if TYPE_CHECKING:
    import numpy.typing as npt

    from provgraph.slicing.folding import Folded
    from provgraph.slicing.table import Mask

__all__ = ["Search", "count"]


def count(
    columns: list[Folded],
    compared: Paired,
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
class Search:
    """What was counted, searched for slices that got worse and for those that got better."""

    columns: list[Folded]
    compared: Paired
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
        p = change_p(sums, whole, exact=self.compared.signs)
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
                    change_of(self._terms(number), self.compared, mask), q=float(q[number]), unit_q=unit_q.get(number)
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
