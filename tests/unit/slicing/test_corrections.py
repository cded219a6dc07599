"""Corrections for many tests, held against scipy, statsmodels and the example of Benjamini and Hochberg."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]

from provgraph.slicing.corrections import Correction, depth_weights, factor, q_values

# Benjamini and Hochberg (1995), J. Royal Statistical Society B 57, section 4.1.
_MYOCARDIAL = np.array(
    [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1.0,
    ]
)
_CHANCES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60).map(np.array)


def test_four_of_fifteen_are_found_where_its_authors_found_four() -> None:
    assert int((q_values(_MYOCARDIAL) <= 0.05).sum()) == 4


@given(_CHANCES, st.sampled_from(["bh", "by"]))
def test_q_is_that_of_scipy_and_statsmodels(p: np.ndarray[tuple[int], np.dtype[np.float64]], how: Correction) -> None:
    found = q_values(p, correction=how)
    np.testing.assert_allclose(found, np.maximum(stats.false_discovery_control(p, method=how), p), atol=1e-12)
    other = np.asarray(multipletests(p, method=f"fdr_{how}")[1], np.float64)
    np.testing.assert_allclose(found, np.maximum(other, p), atol=1e-12)


@given(_CHANCES)
def test_q_rises_with_p_and_goes_with_it_when_tests_change_places(
    p: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    q = q_values(p)
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= 0.0).all()
    assert ((q >= p) & (q <= 1.0)).all()
    order = np.argsort(np.sin(np.arange(p.size) * 7.0))
    np.testing.assert_array_equal(q_values(p[order]), q[order])


@given(st.lists(st.integers(1, 3), min_size=1, max_size=80))
def test_weights_share_the_budget_alike_among_depths(depths: list[int]) -> None:
    levels = np.array(depths)
    weights = depth_weights(levels)
    assert weights.mean() == pytest.approx(1.0)
    shares = [weights[levels == level].sum() for level in np.unique(levels)]
    np.testing.assert_allclose(shares, levels.size / len(shares))


def test_weights_find_a_single_term_among_ten_thousand_triples() -> None:
    depths = np.array([1] * 20 + [3] * 10_000)
    p = np.ones(depths.size)
    p[0] = 1e-4
    assert q_values(p)[0] > 0.05
    assert q_values(p, depth_weights(depths))[0] <= 0.05


def test_a_weight_makes_no_slice_surer_than_its_own_test() -> None:
    depths = np.array([1] * 2 + [3] * 98)
    p = np.concatenate(([0.04, 0.06], np.full(98, 1e-9)))
    q = q_values(p, depth_weights(depths))
    assert q[0] >= 0.04
    assert q[1] >= 0.06


def test_the_smallest_of_many_are_corrected_for_all() -> None:
    p = np.array([1e-6, 3e-5, 0.2, 0.6, 0.9] + [0.95] * 95)
    np.testing.assert_allclose(q_values(p[:2], tests=100), q_values(p)[:2])


def test_yekutielis_factor_is_the_harmonic_number() -> None:
    assert factor(4, "by") == pytest.approx(1 + 1 / 2 + 1 / 3 + 1 / 4)
    assert factor(4, "bh") == 1.0


def test_nothing_tested_is_nothing_found() -> None:
    assert q_values(np.zeros(0)).size == 0
    assert depth_weights(np.zeros(0, np.int64)).size == 0


def test_under_no_effect_something_is_found_in_one_table_in_twenty() -> None:
    draw = np.random.default_rng(11)
    depths = np.repeat([1, 2, 3], (30, 300, 1_000))
    weights = depth_weights(depths)
    found = [bool((q_values(draw.random(depths.size), weights) <= 0.05).any()) for _ in range(2_000)]
    assert 0.035 < np.mean(found) < 0.065
