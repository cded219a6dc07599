"""The outcomes of two models on the rows that both saw, and what is said of the change between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri, stdtr

from provgraph.slicing import words
from provgraph.slicing.changes import Change
from provgraph.slicing.comparing import Sums
from provgraph.slicing.matching import Matched, same_cells
from provgraph.slicing.means import Means, mean_interval, tamed
from provgraph.slicing.proportions import Floats, mcnemar_mid_p
from provgraph.slicing.values import Interval, Term

if TYPE_CHECKING:
    import pandas as pd

    from provgraph.slicing.outcome import Outcome
    from provgraph.slicing.table import Mask

__all__ = ["Paired", "change_of", "change_p", "paired"]


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
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


def paired(
    first: pd.DataFrame, second: pd.DataFrame, what: Outcome, pairs: Matched, sample: str
) -> tuple[Paired, list[str]]:
    """The outcomes of matched rows, and what was left out or needs to be known, one sentence each.

    Args:
        first: the table of the first model.
        second: that of the second.
        what: the outcome, read from each.
        pairs: which rows go together.
        sample: the column that they were matched by.
    """
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
            low, high = (words.number(float(f"{bound:.4g}")) for bound in (drawn.values.min(), drawn.values.max()))
            notes.append(f"The changes have a heavy tail: it is drawn in to {low} and {high} (winsorised).")
        change = np.sign(change) if signs else np.asarray(drawn.values, np.float64)
        scale = float(np.std(change)) if change.size else 1.0
    return Paired(kept, losses, other, change, binary, signs, scale), notes


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{words.count(count)} rows are"


def change_p(sums: Sums, whole: Sums, *, exact: bool) -> Floats:
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


def change_of(predicate: tuple[Term, ...], compared: Paired, mask: Mask) -> Change:
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
        float(change_p(sums, whole, exact=compared.signs)),
    )
