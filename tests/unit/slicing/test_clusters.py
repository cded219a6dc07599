"""Sampling units: intra-cluster correlation, permutation of whole units, and the far tail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from provgraph.slicing.clusters import Clusters, Rows, clusters, permutation_p, unit_codes
from provgraph.slicing.proportions import excess_p, excess_z
from provgraph.slicing.saddlepoint import cluster_p

Mask = npt.NDArray[np.bool_]


def _beta_rows(
    seed: int, units: int, size: int, *, rho: float, mean: float = 0.08
) -> tuple[npt.NDArray[np.intp], Mask]:
    """Rows whose units have error rates of their own."""
    draw = np.random.default_rng(seed)
    rates = draw.beta(mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho, units)
    codes = np.repeat(np.arange(units), size)
    return codes, draw.random(codes.size) < rates[codes]


def test_the_correlation_is_that_of_shrout_and_fleiss() -> None:
    """Shrout and Fleiss (1979), table 2 and 4: six targets, four judges, ICC(1,1) = 0.17."""
    ratings = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], np.float64
    )
    found = clusters(np.repeat(np.arange(6), 4), ratings.ravel())
    assert found.correlation == pytest.approx(0.166, abs=5e-4)
    assert found.design_effect == pytest.approx(1 + 3 * found.correlation)


def test_the_correlation_follows_from_scipys_analysis_of_variance() -> None:
    draw = np.random.default_rng(4)
    groups = [draw.normal(draw.normal(), 2.0, size) for size in draw.integers(2, 30, 40)]
    f = float(stats.f_oneway(*groups).statistic)
    sizes = np.array([each.size for each in groups], np.float64)
    typical = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (sizes.size - 1)
    found = clusters(np.repeat(np.arange(40), sizes.astype(int)), np.concatenate(groups))
    assert found.correlation == pytest.approx(max((f - 1) / (f + typical - 1), 0.0))


def test_what_is_planted_is_estimated() -> None:
    found = clusters(*_beta_rows(1, 3_000, 10, rho=0.2))
    assert found.correlation == pytest.approx(0.2, abs=0.02)
    assert found.binary


@pytest.mark.parametrize("codes", [np.zeros(20, np.intp), np.arange(20)])
def test_one_unit_or_rows_without_fellows_show_no_correlation(codes: npt.NDArray[np.intp]) -> None:
    found = clusters(codes, np.arange(20) % 3 == 0)
    assert found.correlation == 0.0
    assert found.design_effect == 1.0


def test_a_row_without_a_unit_is_one_by_itself() -> None:
    codes = unit_codes(pd.Series(["a", None, "a", "b", None]))
    assert codes.tolist() == [0, 2, 0, 1, 3]


def test_units_may_be_named_by_anything() -> None:
    for cells in ([1.0, 2.0, 1.0], [["a", 1], ["b"], ["a", 1]], [("a",), 2, ("a",)], pd.Categorical(["x", "y", "x"])):
        assert unit_codes(pd.Series(cells)).tolist() == [0, 1, 0]
    assert unit_codes(pd.Series([None, None], dtype=object)).tolist() == [0, 1]


@given(st.integers(0, 1_000))
def test_without_correlation_a_unit_of_one_row_is_a_row(seed: int) -> None:
    draw = np.random.default_rng(seed)
    wrong, rows = draw.random(400) < 0.2, draw.random(400) < 0.3
    found = clusters(np.arange(400), wrong)
    z = _z(found, rows)
    k, n = int(wrong[rows].sum()), int(rows.sum())
    row_z = float(excess_z(k, n, wrong.sum() - k, 400 - n))
    assert z == pytest.approx(row_z, rel=0.01, abs=1e-9)
    if row_z > 1.5:
        exact = float(excess_p(k, n, wrong.sum() - k, 400 - n))
        assert float(cluster_p(found, [rows])[0]) == pytest.approx(exact, rel=0.5)


def _z(found: Clusters, rows: Mask) -> float:
    inside = found.inside(rows)
    sums = found.values[rows].sum(), inside.sum(), (inside**2).sum(), (inside * found.size).sum()
    return float(found.z(*(np.asarray(each) for each in sums)))


@pytest.mark.parametrize("partly", [False, True])
def test_the_far_tail_is_what_simulated_tables_show(partly: bool) -> None:
    """Slices of 40 of 2,000 units: P(at least what 1 in 100 and 1 in 1,000 of 100,000 simulated tables show)."""
    rho, mean, size = 0.2, 0.06, np.full(2_000, 10)
    codes, wrong = _beta_rows(2, 2_000, 10, rho=rho, mean=mean)
    wrong[np.flatnonzero(wrong)[int(mean * wrong.size) :]] = False
    inside = np.zeros(2_000, np.int64)
    inside[:40] = 4 if partly else 10
    found = replace(clusters(codes, wrong), correlation=rho)
    found = replace(found, total=found.total * (mean * codes.size / found.total.sum()))
    draw = np.random.default_rng(3)
    rates = draw.beta(mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho, (100_000, 40))
    errors = draw.binomial(inside[:40], rates).sum(axis=1)
    rows = (np.arange(codes.size) % 10) < inside[codes]
    for level in (0.01, 0.001):
        bound = int(np.quantile(errors, 1 - level))
        simulated = float((errors >= bound).mean())
        values = found.values.copy()
        values[rows] = 0.0
        values[np.flatnonzero(rows)[:bound]] = 1.0
        tail = float(cluster_p(replace(found, values=values), [rows])[0])
        assert tail == pytest.approx(simulated, rel=0.25)
    assert size.sum() == codes.size


def test_the_permutation_and_the_tail_agree_where_both_can_tell() -> None:
    codes, wrong = _beta_rows(7, 1_500, 12, rho=0.15)
    draw = np.random.default_rng(8)
    slices: list[Rows] = [
        *((draw.random(1_500) < 0.05)[codes] for _ in range(12)),
        *(draw.random(codes.size) < 0.1 for _ in range(12)),
        *((draw.random(1_500) < 0.2)[codes] & (draw.random(codes.size) < 0.5) for _ in range(12)),
    ]
    found = clusters(codes, wrong)
    permuted = permutation_p(found, slices, permutations=1_000, seed=1)
    tail = cluster_p(found, slices)
    told = permuted < 0.5
    assert told.sum() > 10
    # Beyond 20 exceedances a permutation stops: its p is known to about a quarter of itself.
    np.testing.assert_allclose(permuted[told], tail[told], rtol=0.75, atol=0.03)


def test_the_permutation_of_whole_units_is_the_exact_one() -> None:
    """Three of nine equal units: p is the share of the 84 choices whose errors are no fewer."""
    from itertools import combinations

    errors = np.array([5, 4, 4, 3, 1, 0, 2, 1, 0])
    codes = np.repeat(np.arange(9), 6)
    wrong = np.concatenate([np.arange(6) < each for each in errors])
    exact = np.mean([errors[list(chosen)].sum() >= 13 for chosen in combinations(range(9), 3)])
    found = permutation_p(clusters(codes, wrong), [codes < 3], permutations=4_000, seed=0)
    assert float(found[0]) == pytest.approx(exact, abs=0.006)


def test_rows_of_few_units_prove_less_than_rows() -> None:
    codes, wrong = _beta_rows(21, 300, 40, rho=0.2)
    worst = np.argsort(-np.bincount(codes, weights=wrong))[:3]
    rows = np.isin(codes, worst)
    k, n = int(wrong[rows].sum()), int(rows.sum())
    by_rows = float(excess_p(k, n, int(wrong.sum()) - k, codes.size - n))
    assert by_rows < 1e-20
    assert float(cluster_p(clusters(codes, wrong), [rows])[0]) > by_rows * 1e8


def test_the_same_seed_permutes_alike_and_slices_do_not_disturb_one_another() -> None:
    codes, wrong = _beta_rows(5, 400, 8, rho=0.1)
    draw = np.random.default_rng(0)
    slices: list[Rows] = [(draw.random(400) < share)[codes] for share in (0.1, 0.3, 0.02)]
    found = clusters(codes, wrong)
    once = permutation_p(found, slices, permutations=100, seed=3)
    np.testing.assert_array_equal(once, permutation_p(found, slices, permutations=100, seed=3))
    assert (permutation_p(found, slices, permutations=100, seed=4) != once).any()
    np.testing.assert_array_equal(cluster_p(found, slices)[1:], cluster_p(found, slices[1:]))


@pytest.mark.parametrize("inside", ["whole units", "half of their rows", "rows"])
def test_the_tail_of_losses_is_that_of_the_permutation(inside: str) -> None:
    """Units of different sizes, some far worse than others, rows with a long tail."""
    draw = np.random.default_rng(5)
    codes = np.repeat(np.arange(600), draw.geometric(0.1, 600))
    losses = draw.gamma(0.25, 1.0, 600)[codes] + draw.exponential(size=codes.size)
    slices: list[Rows] = []
    for _ in range(40):
        whole, rows = (draw.random(600) < 0.06)[codes], draw.random(codes.size) < 0.5
        slices.append(
            {"whole units": whole, "half of their rows": whole & rows, "rows": draw.random(codes.size) < 0.03}[inside]
        )
    found = clusters(codes, losses)
    permuted, tail = permutation_p(found, slices, permutations=2_000, seed=2), cluster_p(found, slices)
    told = permuted < 0.3
    assert told.sum() > 5
    np.testing.assert_allclose(tail[told], permuted[told], rtol=0.75, atol=0.04)


def test_losses_are_judged_by_units_too() -> None:
    draw = np.random.default_rng(2)
    codes = np.repeat(np.arange(500), 10)
    losses = draw.exponential(size=500)[codes] + draw.exponential(size=5_000)
    p = [float(cluster_p(clusters(codes, losses), [(draw.random(500) < 0.1)[codes]])[0]) for _ in range(300)]
    assert 0.01 < np.mean(np.array(p) <= 0.05) < 0.1
    worse = (np.arange(500) < 50)[codes]
    assert float(cluster_p(clusters(codes, losses + 2.0 * worse), [worse])[0]) < 1e-6


@pytest.mark.parametrize("rows", [np.zeros(60, np.bool_), np.ones(60, np.bool_)])
def test_no_row_and_all_rows_prove_nothing(rows: Mask) -> None:
    found = clusters(np.arange(60) // 3, np.arange(60) % 4 == 0)
    assert cluster_p(found, [rows]).tolist() == [1.0]
    assert permutation_p(found, [rows], permutations=20).tolist() == [1.0]


def test_nothing_wrong_or_all_wrong_proves_nothing() -> None:
    for wrong in (np.zeros(60, np.bool_), np.ones(60, np.bool_)):
        assert cluster_p(clusters(np.arange(60) // 3, wrong), [np.arange(60) < 12]).tolist() == [1.0]
