"""Before and after an event: did the slice change, and did it change otherwise than the rest?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr

from provgraph.errors import InvalidValueError
from provgraph.slicing.clock import When, instant, times_of
from provgraph.slicing.corrections import Correction, q_values
from provgraph.slicing.homogeneity import fisher_p, zelen_p
from provgraph.slicing.means import mean_interval, welch_interval
from provgraph.slicing.measuring import as_outcome
from provgraph.slicing.proportions import Floats, newcombe, wilson
from provgraph.slicing.rows import Predicate, rows_of, table_of
from provgraph.slicing.values import Interval

if TYPE_CHECKING:
    import pandas as pd

    from provgraph.slicing.outcome import Outcome
    from provgraph.slicing.table import EncodedTable, Mask

__all__ = ["EventEffect", "Share", "corrected", "event_effect", "event_effects"]


@dataclass(frozen=True, slots=True)
class Share:
    """Rows of one side, before or after.

    Attributes:
        n: rows.
        errors: wrong rows; None for a loss.
        rate: share of wrong rows (or mean loss); None without a row.
        interval: of `rate`: Wilson's (of a mean: Student's); None without a row.
    """

    n: int
    errors: int | None
    rate: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class EventEffect:
    """What differs after an event; that it came after does not say that it came from it.

    Attributes:
        at: the event, in UTC.
        before: rows of the slice before it.
        after: rows of the slice from it on.
        rest_before: other rows before; None where all rows are the slice.
        rest_after: other rows from it on.
        change: rate after less rate before; None where one of the two has no row.
        change_interval: of `change`: Newcombe's (of means: Welch's).
        effect: `change` less the change of the rest (difference in differences); the same as `change` without a rest.
        effect_interval: square and add of the two intervals of change (Zou and Donner 2008, Stat. in Medicine 27).
        p: two-sided, of no such difference: Zelen's exact test of equal odds ratios, Fisher's without a rest; for
            losses Student's t of the difference in differences with Welch's degrees of freedom. None where it cannot be
            told.
        q: p corrected over the events asked about together.
        undated: rows without a time.
    """

    at: dt.datetime
    before: Share
    after: Share
    rest_before: Share | None
    rest_after: Share | None
    change: float | None
    change_interval: Interval | None
    effect: float | None
    effect_interval: Interval | None
    p: float | None
    q: float | None
    undated: int


def event_effect(
    data: pd.DataFrame | EncodedTable,
    *,
    outcome: Outcome | str,
    time: str,
    at: When,
    predicate: Predicate | None = None,
    window: dt.timedelta | None = None,
) -> EventEffect:
    """Before and after one event; see `event_effects`."""
    return event_effects(data, outcome=outcome, time=time, at=[at], predicate=predicate, window=window)[0]


def event_effects(
    data: pd.DataFrame | EncodedTable,
    *,
    outcome: Outcome | str,
    time: str,
    at: Sequence[When],
    predicate: Predicate | None = None,
    window: dt.timedelta | None = None,
    correction: Correction = "bh",
) -> tuple[EventEffect, ...]:
    """Before and after each event, in the slice and in the rest, in the order given.

    Rows are taken to be independent, and to have had the same neighbours in time: other changes around the same moment
    are not told apart.

    Args:
        data: one row per prediction, or the same encoded.
        outcome: what counts as an error, as for `find_slices`.
        time: the column of times, as for `rate_over_time`.
        at: the events; what has no zone is UTC, and so are times of rows without one.
        predicate: the slice; all rows if not given.
        window: only rows at most so long before, and less than so long after each event.
        correction: of `q` over the events.

    Raises:
        InvalidValueError: a column is missing, `time` holds no times, an event is no moment, or `window` is not
            positive.
    """
    if window is not None and window <= dt.timedelta(0):
        raise InvalidValueError("window must be longer than nothing")
    table = table_of(data)
    values = as_outcome(table.frame, outcome).measure(table.frame)
    times = times_of(table.frame, time)
    inside = None if predicate is None else rows_of(table, predicate)
    instants, known = times.instants, times.known
    if values.kept is not None:
        instants, known = instants[values.kept], known[values.kept]
        inside = None if inside is None else inside[values.kept]
    outcomes = np.asarray(values.values, np.float64)[known]
    instants, undated = instants[known], int(np.count_nonzero(~known))
    inside = None if inside is None else inside[known]
    found: list[EventEffect] = []
    for each in at:
        moment = instant(each)
        late = instants >= moment
        near = None
        if window is not None:
            span = np.timedelta64(window)
            near = (instants >= moment - span) & (instants < moment + span)
        found.append(_effect(moment, outcomes, late, near, inside, undated, binary=values.binary))
    return corrected(found, correction=correction)


def corrected(effects: Sequence[EventEffect], *, correction: Correction = "bh") -> tuple[EventEffect, ...]:
    """The same with q over all of them; those without p were not tested."""
    tested = [each.p for each in effects if each.p is not None]
    left = iter(q_values(np.array(tested), correction=correction).tolist())
    return tuple(each if each.p is None else replace(each, q=next(left)) for each in effects)


@dataclass(frozen=True, slots=True)
class _Sums:
    n: int
    total: float
    square: float

    def share(self, *, binary: bool) -> Share:
        if not self.n:
            return Share(0, 0 if binary else None, None, None)
        n, total, square = (np.array([each], np.float64) for each in (self.n, self.total, self.square))
        low, high = wilson(total, n) if binary else mean_interval(n, total, square)
        errors = round(self.total) if binary else None
        return Share(self.n, errors, self.total / self.n, Interval(float(low[0]), float(high[0])))


def _effect(
    moment: np.datetime64,
    outcomes: Floats,
    late: Mask,
    near: Mask | None,
    inside: Mask | None,
    undated: int,
    *,
    binary: bool,
) -> EventEffect:
    def sums(*masks: Mask | None) -> _Sums:
        held = np.ones(outcomes.size, np.bool_)
        for mask in masks:
            held = held if mask is None else held & mask
        some = outcomes[held]
        return _Sums(some.size, float(some.sum()), float((some**2).sum()))

    before, after = sums(~late, near, inside), sums(late, near, inside)
    change, bounds = _change(before, after, binary=binary)
    at = moment.astype("datetime64[us]").astype(dt.datetime).replace(tzinfo=dt.UTC)
    shares = before.share(binary=binary), after.share(binary=binary)
    if inside is None:
        p = None if change is None else _change_p(before, after, binary=binary)
        return EventEffect(at, *shares, None, None, change, bounds, change, bounds, p, None, undated)
    rest_before, rest_after = sums(~late, near, ~inside), sums(late, near, ~inside)
    rest_change, rest_bounds = _change(rest_before, rest_after, binary=binary)
    effect, effect_bounds, p = None, None, None
    if change is not None and rest_change is not None and bounds is not None and rest_bounds is not None:
        effect = change - rest_change
        effect_bounds = Interval(
            effect - float(np.hypot(change - bounds.low, rest_bounds.high - rest_change)),
            effect + float(np.hypot(bounds.high - change, rest_change - rest_bounds.low)),
        )
        four = (after, before, rest_after, rest_before)
        p = zelen_p(*((round(each.total), each.n) for each in four)) if binary else _t_p(effect, four)
    rest_shares = rest_before.share(binary=binary), rest_after.share(binary=binary)
    return EventEffect(at, *shares, *rest_shares, change, bounds, effect, effect_bounds, p, None, undated)


def _change(before: _Sums, after: _Sums, *, binary: bool) -> tuple[float | None, Interval | None]:
    if not before.n or not after.n:
        return None, None
    if binary:
        low, high = newcombe(after.total, after.n, before.total, before.n)
    else:
        low, high = welch_interval(after.n, after.total, after.square, before.n, before.total, before.square)
    return after.total / after.n - before.total / before.n, Interval(float(low), float(high))


def _change_p(before: _Sums, after: _Sums, *, binary: bool) -> float | None:
    if binary:
        return fisher_p(round(after.total), after.n, round(before.total), before.n)
    return _t_p(after.total / after.n - before.total / before.n, (after, before))


def _t_p(distance: float, groups: Sequence[_Sums]) -> float | None:
    """Two-sided p of a sum and difference of independent means, degrees of freedom by Welch and Satterthwaite."""
    spread: float = 0.0
    parts: float = 0.0
    for group in groups:
        if group.n < 2:
            return None
        apart = group.square - group.total**2 / group.n
        part = max(apart, 0.0) / (group.n - 1) / group.n
        spread += part
        parts += part**2 / (group.n - 1)
    if spread <= 0.0:
        return None
    return 2.0 * float(stdtr(spread**2 / parts, -abs(distance) / float(np.sqrt(spread))))
