"""Before and after an event: exact tests against enumeration and scipy, and what an engineer is told."""

from __future__ import annotations

import datetime as dt
from itertools import product
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable  # type: ignore[import-untyped]

from provgraph.errors import InvalidValueError
from provgraph.slicing import Interval, Outcome, corrected, event_effect, event_effects
from provgraph.slicing.homogeneity import fisher_p, zelen_p

_GROUP = st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
START = pd.Timestamp("2026-01-01")
EVENT = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)


@given(_GROUP, _GROUP)
def test_without_a_rest_it_is_fishers_two_sided_test(after: tuple[int, int], before: tuple[int, int]) -> None:
    table = [[after[0], after[1] - after[0]], [before[0], before[1] - before[0]]]
    assert fisher_p(*after, *before) == pytest.approx(float(stats.fisher_exact(np.array(table)).pvalue), abs=1e-9)


@settings(max_examples=60)
@given(_GROUP, _GROUP, _GROUP, _GROUP)
def test_zelens_p_adds_up_every_table_that_is_no_likelier(
    after: tuple[int, int], before: tuple[int, int], rest_after: tuple[int, int], rest_before: tuple[int, int]
) -> None:
    groups = (after, before, rest_after, rest_before)
    wrong, rest_wrong, late = after[0] + before[0], rest_after[0] + rest_before[0], after[0] + rest_after[0]
    ways: dict[int, int] = {}
    for a, b, c, d in product(*(range(n + 1) for _, n in groups)):
        if a + b == wrong and c + d == rest_wrong and a + c == late:
            ways[a] = ways.get(a, 0) + comb(after[1], a) * comb(before[1], b) * comb(rest_after[1], c) * comb(
                rest_before[1], d
            )
    seen = ways[after[0]]
    expected = sum(each for each in ways.values() if each <= seen) / sum(ways.values())
    assert zelen_p(*groups) == pytest.approx(expected, rel=1e-9)


def test_of_many_rows_zelens_test_agrees_with_breslow_and_day() -> None:
    groups = ((130, 1_000), (60, 1_000), (110, 2_000), (90, 2_000))
    tables = [np.array([[a, n - a], [b, m - b]]) for (a, n), (b, m) in (groups[:2], groups[2:])]
    expected = vars(StratifiedTable(tables).test_equal_odds(adjust=True))["pvalue"]
    assert zelen_p(*groups) == pytest.approx(float(expected), rel=0.15)


def test_a_million_rows_are_told_apart_at_once() -> None:
    assert zelen_p((15_000, 200_000), (10_000, 200_000), (15_000, 300_000), (15_000, 300_000)) < 1e-100


def _rows(seed: int, *, slice_after: float = 0.05, rest_after: float = 0.05, n: int = 4_000) -> pd.DataFrame:
    """Sixty days; the event is at their middle; 5 % wrong before it."""
    draw = np.random.default_rng(seed)
    days = draw.uniform(0.0, 60.0, n)
    camera = draw.choice(["A", "B", "C"], n)
    late = days >= 30.0
    rate = np.where(late, np.where(camera == "A", slice_after, rest_after), 0.05)
    loss = draw.exponential(size=n) * (1.0 + 20.0 * (rate - 0.05))
    return pd.DataFrame(
        {
            "time": START + pd.to_timedelta(days, unit="D"),
            "camera": camera,
            "wrong": draw.random(n) < rate,
            "loss": loss,
        }
    )


def test_a_slice_that_changed_alone_is_seen_and_by_how_much() -> None:
    found = event_effect(_rows(1, slice_after=0.2), outcome="wrong", time="time", at=EVENT, predicate={"camera": "A"})
    assert found.p is not None
    assert found.p < 1e-6
    assert found.q == found.p
    assert found.effect == pytest.approx(0.15, abs=0.05)
    assert found.effect_interval is not None
    assert found.effect_interval.low > 0.05
    assert found.rest_before is not None
    assert found.rest_after is not None
    assert found.before.n + found.after.n + found.rest_before.n + found.rest_after.n == 4_000
    assert found.at == EVENT


def test_a_change_that_all_rows_share_is_none_of_the_slice() -> None:
    frame = _rows(2, slice_after=0.2, rest_after=0.2)
    found = event_effect(frame, outcome="wrong", time="time", at=EVENT, predicate={"camera": "A"})
    assert found.change is not None
    assert found.change_interval is not None
    assert found.change_interval.low > 0.05
    assert found.p is not None
    assert found.p > 0.05
    everything = event_effect(frame, outcome="wrong", time="time", at=EVENT)
    assert everything.p is not None
    assert everything.p < 1e-20
    assert everything.rest_after is None
    assert everything.effect == everything.change


def test_without_any_change_p_is_small_in_one_table_in_twenty_at_most() -> None:
    small = 0
    for seed in range(200):
        frame = _rows(1_000 + seed, n=1_500)
        p = event_effect(frame, outcome="wrong", time="time", at=EVENT, predicate={"camera": "A"}).p
        assert p is not None
        small += p <= 0.05
    assert small <= 17


def test_losses_are_compared_by_their_means() -> None:
    frame = _rows(3, slice_after=0.1)
    outcome = Outcome.loss("loss")
    found = event_effect(frame, outcome=outcome, time="time", at=EVENT, predicate={"camera": "A"})
    assert found.before.errors is None
    assert found.p is not None
    assert found.p < 1e-10
    assert found.effect == pytest.approx(1.0, abs=0.3)
    all_rows = event_effect(frame, outcome=outcome, time="time", at=EVENT)
    late = frame["time"] >= EVENT.replace(tzinfo=None)
    welch = stats.ttest_ind(frame["loss"][late], frame["loss"][~late], equal_var=False)
    assert all_rows.p == pytest.approx(float(welch.pvalue), rel=1e-6)


def test_several_events_are_corrected_together() -> None:
    frame = _rows(4, slice_after=0.15)
    at: list[dt.datetime | str] = ["2026-01-11", EVENT, "2026-02-20"]
    found = event_effects(frame, outcome="wrong", time="time", at=at, predicate={"camera": "A"})
    p = [each.p for each in found if each.p is not None]
    assert [each.q for each in found] == pytest.approx(stats.false_discovery_control(p).tolist())
    strict = corrected(found, correction="by")
    assert all(a.q is not None and b.q is not None and a.q >= b.q for a, b in zip(strict, found, strict=True))


def test_a_window_looks_at_the_time_around_only() -> None:
    frame = _rows(5)
    window = dt.timedelta(days=5)
    found = event_effect(frame, outcome="wrong", time="time", at=EVENT, window=window)
    near = frame["time"].between(pd.Timestamp("2026-01-26"), pd.Timestamp("2026-02-05"), inclusive="left")
    assert found.before.n + found.after.n == int(near.sum())


def test_a_row_of_the_very_moment_is_after_and_zones_are_minded() -> None:
    times = ["2026-01-31T00:59:59+01:00", "2026-01-31T01:00:00+01:00", None]
    frame = pd.DataFrame({"time": pd.to_datetime(pd.Series(times)), "wrong": [0, 1, 1]})
    for at in (EVENT, "2026-01-31T00:00Z", round(EVENT.timestamp() * 1_000), np.datetime64("2026-01-31")):
        found = event_effect(frame, outcome="wrong", time="time", at=at)
        assert (found.before.n, found.after.n, found.undated) == (1, 1, 1)


def test_an_event_before_all_rows_can_tell_nothing() -> None:
    found = event_effect(_rows(6), outcome="wrong", time="time", at="2020-01-01", predicate={"camera": "A"})
    assert (found.before.n, found.before.rate, found.before.interval) == (0, None, None)
    assert (found.change, found.effect, found.p, found.q) == (None, None, None, None)
    assert isinstance(found.after.interval, Interval)


@pytest.mark.parametrize("at", ["yesterday", "", float("nan"), None, True, 10**17, -(10**14)])
def test_what_is_no_moment_is_refused(at: object) -> None:
    with pytest.raises(InvalidValueError, match="no moment"):
        event_effect(_rows(7, n=50), outcome="wrong", time="time", at=at)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="window"):
        event_effect(_rows(7, n=50), outcome="wrong", time="time", at=EVENT, window=dt.timedelta(0))
