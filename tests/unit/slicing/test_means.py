"""Welch's test and intervals against scipy, and what is done where a mean is no good summary."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from provgraph.slicing.comparing import Sums
from provgraph.slicing.means import Means, mean_interval, tamed, welch_interval, welch_p

Floats = npt.NDArray[np.float64]


def _sums(values: Floats) -> tuple[float, float, float]:
    return float(values.size), float(values.sum()), float((values**2).sum())


def _array(*values: float) -> tuple[Floats, ...]:
    return tuple(np.array([value]) for value in values)


@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(2, 60), st.floats(-3.0, 3.0))
def test_welchs_p_and_interval_are_scipys(seed: int, n: int, rest_n: int, shift: float) -> None:
    draw = np.random.default_rng(seed)
    inside, outside = draw.normal(shift, 2.0, n), draw.exponential(size=rest_n)
    expected = stats.ttest_ind(inside, outside, equal_var=False, alternative="greater")
    assert float(welch_p(*_sums(inside), *_sums(outside))) == pytest.approx(float(expected.pvalue), rel=1e-6)
    both = stats.ttest_ind(inside, outside, equal_var=False).confidence_interval()
    low, high = welch_interval(*_sums(inside), *_sums(outside))
    assert float(low) == pytest.approx(float(both.low), rel=1e-6, abs=1e-9)
    assert float(high) == pytest.approx(float(both.high), rel=1e-6, abs=1e-9)


def test_the_interval_of_a_mean_is_students() -> None:
    values = np.random.default_rng(3).normal(5.0, 2.0, 25)
    expected = stats.ttest_1samp(values, 0.0).confidence_interval()
    low, high = mean_interval(*_sums(values))
    assert (float(low), float(high)) == pytest.approx((float(expected.low), float(expected.high)))


def test_single_rows_and_constants_prove_nothing() -> None:
    assert welch_p(1, 9.0, 81.0, 100, 10.0, 30.0) == 1.0
    assert welch_p(40, 40.0, 40.0, 100, 100.0, 100.0) == 1.0
    low, high = mean_interval(1, 9.0, 81.0)
    assert (float(low), float(high)) == (-np.inf, np.inf)


def test_a_slice_that_varies_little_by_chance_is_sure_of_nothing() -> None:
    draw = np.random.default_rng(5)
    rest = -draw.exponential(size=5_000)
    slice_ = np.full(30, -0.2) + draw.normal(0.0, 1e-3, 30)
    alone = float(welch_p(*_sums(slice_), *_sums(rest)))
    search = float(Means().p(Sums(*_array(*_sums(slice_))), Sums(*_array(*_sums(rest))))[0])
    assert alone < 1e-300
    assert search > 1e-7


@pytest.mark.parametrize("kind", ["exponential", "left", "uniform", "half normal", "lognormal", "two values"])
def test_the_far_tail_never_promises_more_than_it_keeps(kind: str) -> None:
    """40,000 slices of 40 rows without any effect: p under 1/1,000 comes up in at most about 1 of 1,000."""
    draw = np.random.default_rng(17)
    population = {
        "exponential": draw.exponential(size=50_000),
        "left": -draw.exponential(size=50_000),
        "uniform": draw.random(50_000),
        "half normal": np.abs(draw.normal(size=50_000)),
        "lognormal": draw.lognormal(0.0, 2.0, 50_000),
        "two values": (draw.random(50_000) < 0.1).astype(np.float64),
    }[kind]
    values = np.asarray(tamed(population).values, np.float64)
    rows = values[draw.integers(0, values.size, (40_000, 40))]
    inside = Sums(np.full(40_000, 40.0), rows.sum(axis=1), (rows**2).sum(axis=1))
    p = Means().p(inside, Sums(*_array(*_sums(values))))
    assert float((p <= 0.001).mean()) <= 0.0015


def test_what_has_no_heavy_tail_is_left_alone() -> None:
    draw = np.random.default_rng(0)
    for values in (draw.exponential(size=20_000), draw.normal(size=20_000), np.zeros(100), np.zeros(0)):
        found = tamed(values)
        assert found.note is None
        np.testing.assert_array_equal(found.values, values)


def test_a_heavy_tail_is_drawn_in_and_said_to_be() -> None:
    values = np.random.default_rng(0).lognormal(0.0, 1.0, 20_000)
    found = tamed(values)
    assert found.note is not None
    assert "winsorised" in found.note
    assert found.values.max() < values.max()
    inner = (values > found.values.min()) & (values < found.values.max())
    assert inner.mean() > 0.89
    np.testing.assert_array_equal(np.asarray(found.values)[inner], values[inner])


def test_a_tail_that_no_cut_tames_becomes_ranks() -> None:
    draw = np.random.default_rng(0)
    values = draw.normal(size=10_000)
    far = draw.random(10_000) < 0.07
    values[far] = 1e6 * (1.0 + draw.random(int(far.sum())))
    found = tamed(values)
    assert found.note is not None
    assert "rank" in found.note
    np.testing.assert_allclose(found.values, (stats.rankdata(values) - 0.5) / values.size)


def test_where_nearly_all_losses_are_the_same_the_larger_ones_are_counted() -> None:
    values = np.zeros(10_000)
    values[:150] = np.arange(1.0, 151.0)
    found = tamed(values)
    assert found.values.dtype == np.bool_
    np.testing.assert_array_equal(found.values, values > 0.0)
    other = tamed(-values)
    assert other.values.sum() == 9_850


def test_losses_as_large_as_a_float_can_be_do_no_harm() -> None:
    values = np.random.default_rng(0).normal(size=1_000)
    values[:3] = 1e308
    found = tamed(values)
    assert np.isfinite(np.asarray(found.values, np.float64)).all()
    assert float(np.asarray(found.values, np.float64).max()) < 1e6
