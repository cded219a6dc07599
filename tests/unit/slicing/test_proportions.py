"""Exact tests and intervals of rates, held against scipy, statsmodels and published examples."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import proportion  # type: ignore[import-untyped]

from provgraph.slicing.proportions import excess_p, excess_z, mcnemar_mid_p, newcombe, wilson

_TABLE = st.integers(1, 200).flatmap(
    lambda n: st.integers(1, 400).flatmap(
        lambda rest: st.tuples(st.integers(0, n), st.just(n), st.integers(0, rest), st.just(rest))
    )
)


def test_the_lady_who_tastes_tea_has_fishers_p() -> None:
    """Fisher (1935), The Design of Experiments: 3 of 4 cups right."""
    assert excess_p(3, 4, 1, 4) == pytest.approx(17 / 70)


@given(_TABLE)
def test_the_tail_is_fishers_or_above_it_where_the_slice_is_small(table: tuple[int, int, int, int]) -> None:
    k, n, rest, rest_n = table
    exact = stats.hypergeom.sf(k - 1, n + rest_n, k + rest, n)
    found = float(excess_p(k, n, rest, rest_n, screen=-math.inf))
    if n >= 0.1 * (n + rest_n):
        assert found == pytest.approx(exact, rel=1e-9, abs=1e-300)
    else:
        assert found >= exact * (1.0 - 1e-9)


def test_a_small_slice_costs_little_of_its_certainty() -> None:
    found, exact = float(excess_p(60, 500, 4_940, 99_500)), stats.hypergeom.sf(59, 100_000, 5_000, 500)
    assert exact < found < 1.2 * exact


@given(_TABLE)
def test_what_is_screened_could_never_pass_a_correction(table: tuple[int, int, int, int]) -> None:
    k, n, rest, rest_n = table
    if excess_z(k, n, rest, rest_n) <= 1.0:
        assert excess_p(k, n, rest, rest_n) > 0.1
        assert excess_p(k, n, rest, rest_n, screen=-math.inf) > 0.1


@pytest.mark.parametrize("table", [(0, 30, 0, 70), (30, 30, 70, 70), (5, 30, 0, 0), (0, 0, 5, 30)])
def test_where_nothing_can_vary_nothing_is_found(table: tuple[int, int, int, int]) -> None:
    assert excess_p(*table) == 1.0
    assert excess_z(*table) == 0.0


def test_far_tails_keep_their_digits() -> None:
    errors, n, rest, rest_n = 700, 5_000, 2_300, 45_000
    exact = math.exp(float(stats.hypergeom.logsf(errors - 1, n + rest_n, errors + rest, n)))
    assert 0.0 < exact < 1e-100
    assert float(excess_p(errors, n, rest, rest_n)) == pytest.approx(exact, rel=1e-8)


def test_300_000_slices_take_well_under_a_second() -> None:
    draw = np.random.default_rng(0)
    n = np.exp(draw.uniform(np.log(1_000), np.log(300_000), 300_000)).astype(np.int64)
    errors = draw.hypergeometric(50_000, 950_000, n)
    begin = time.perf_counter()
    p = excess_p(errors, n, 50_000 - errors, 1_000_000 - n)
    assert time.perf_counter() - begin < 2.0
    assert 0.04 < float((p <= 0.05).mean()) < 0.051


def test_wilsons_interval_is_that_of_newcombes_table() -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3."""
    low, high = wilson(np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29]))
    np.testing.assert_allclose(low, [0.2553, 0.0624, 0.0, 0.0061], atol=5e-5)
    np.testing.assert_allclose(high, [0.3662, 0.1605, 0.1611, 0.1718], atol=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_is_that_of_statsmodels_and_holds_the_rate(counts: tuple[int, int]) -> None:
    errors, n = counts
    low, high = wilson(errors, n)
    expected = np.asarray(proportion.proportion_confint(errors, n, method="wilson"), np.float64)
    np.testing.assert_allclose((low, high), expected, atol=1e-12)
    assert low <= errors / n <= high
    assert (low == 0.0) == (errors == 0)
    assert (high == 1.0) == (errors == n)


def test_newcombes_interval_is_that_of_his_table() -> None:
    """Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10."""
    table = ([56, 9, 6, 5, 0, 10], [70, 10, 7, 56, 10, 10], [48, 3, 2, 0, 0, 0], [80, 10, 7, 29, 10, 10])
    low, high = newcombe(*(np.array(each) for each in table))
    np.testing.assert_allclose(low, [0.0524, 0.1705, 0.0582, -0.0381, -0.2775, 0.6075], atol=5e-5)
    np.testing.assert_allclose(high, [0.3339, 0.8090, 0.8062, 0.1926, 0.2775, 1.0], atol=5e-5)


@given(_TABLE)
def test_newcombes_interval_turns_around_with_its_sides(table: tuple[int, int, int, int]) -> None:
    k, n, rest, rest_n = table
    low, high = newcombe(k, n, rest, rest_n)
    turned_low, turned_high = newcombe(rest, rest_n, k, n)
    np.testing.assert_allclose((low, high), (-turned_high, -turned_low), atol=1e-12)


def test_mcnemars_mid_p_is_that_of_the_airway_example() -> None:
    """Fagerland, Lydersen and Laake (2013): 1 and 7 discordant pairs; exact 0.070, mid-p 0.039."""
    assert mcnemar_mid_p(1, 7) == pytest.approx(0.0391, abs=5e-5)
    assert mcnemar_mid_p(7, 1) == mcnemar_mid_p(1, 7)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemars_mid_p_is_the_exact_p_less_half_of_what_was_seen(first: int, second: int) -> None:
    pairs = first + second
    found = float(mcnemar_mid_p(first, second))
    if first == second:
        assert found == 1.0
    else:
        fewer = min(first, second)
        exact = 2.0 * stats.binom.cdf(fewer, pairs, 0.5)
        assert found == pytest.approx(min(exact - stats.binom.pmf(fewer, pairs, 0.5), 1.0), rel=1e-9)
