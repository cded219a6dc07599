"""Ratios within strata, held against a published example and statsmodels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable  # type: ignore[import-untyped]

from provgraph.slicing.confounding import stratified

Table = tuple[int, int, int, int]  # inside: wrong, right; outside: wrong, right


def _rows(
    tables: Sequence[Table],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
    cells = [
        (inside, wrong, stratum, count)
        for stratum, table in enumerate(tables)
        for (inside, wrong), count in zip(((1, 1), (1, 0), (0, 1), (0, 0)), table, strict=True)
    ]
    count = [each[3] for each in cells]
    inside, wrong, stratum = (np.repeat([each[place] for each in cells], count) for place in range(3))
    return inside.astype(np.bool_), wrong.astype(np.bool_), stratum.astype(np.intp)


def test_the_diabetes_trial_has_its_published_ratio() -> None:
    """Rothman and Greenland (1998), Modern Epidemiology, 2nd edition, chapter 15.

    Deaths by tolbutamide in the University Group Diabetes Program, two strata of age: 1.33 (0.80 to 2.2), crude 1.44.
    """
    found = stratified(*_rows([(8, 98, 5, 115), (22, 76, 16, 69)]))
    assert found.crude == pytest.approx(1.44, abs=0.005)
    assert found.adjusted == pytest.approx(1.33, abs=0.005)
    assert found.low == pytest.approx(0.80, abs=0.005)
    assert found.high == pytest.approx(2.20, abs=0.05)
    assert found.overlap == 1.0


@given(st.lists(st.tuples(*[st.integers(1, 60)] * 4), min_size=1, max_size=6))
def test_the_ratio_is_that_of_statsmodels(tables: list[Table]) -> None:
    found = stratified(*_rows(tables))
    pooled = StratifiedTable([np.array(table).reshape(2, 2) for table in tables]).riskratio_pooled
    assert found.adjusted == pytest.approx(pooled)
    assert found.adjusted is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.adjusted <= found.high
    assert found.low * found.high == pytest.approx(found.adjusted**2)


@given(st.tuples(*[st.integers(1, 80)] * 4))
def test_with_one_stratum_nothing_is_adjusted(table: Table) -> None:
    found = stratified(*_rows([table]))
    assert found.adjusted == pytest.approx(found.crude)


def test_a_camera_that_sees_more_of_the_hard_class_is_cleared() -> None:
    easy, hard = (20, 980, 180, 8_820), (900, 2_100, 300, 700)
    found = stratified(*_rows([easy, hard]))
    assert found.crude is not None
    assert found.crude > 4.0
    assert found.adjusted == pytest.approx(1.0, abs=0.01)


def test_columns_that_overlap_wholly_cannot_be_separated() -> None:
    found = stratified(*_rows([(30, 70, 0, 0), (0, 0, 20, 180)]))
    assert found.overlap == 0.0
    assert not found.separable
    assert (found.adjusted, found.low, found.high) == (None, None, None)


def test_strata_of_one_side_do_not_count_and_the_overlap_says_how_many_rows_are_left() -> None:
    found = stratified(*_rows([(5, 45, 10, 90), (20, 30, 0, 0), (0, 0, 7, 93)]))
    assert found.overlap == 0.5
    assert found.adjusted == pytest.approx(1.0)


def test_no_error_outside_has_no_ratio_and_none_inside_is_0() -> None:
    without = stratified(*_rows([(5, 45, 0, 100)]))
    assert (without.crude, without.adjusted) == (None, None)
    nothing = stratified(*_rows([(0, 50, 5, 95)]))
    assert (nothing.adjusted, nothing.low, nothing.high) == (0.0, 0.0, None)


def test_losses_have_a_ratio_of_means() -> None:
    draw = np.random.default_rng(0)
    stratum = draw.integers(0, 3, 6_000)
    inside = draw.random(6_000) < np.array([0.1, 0.3, 0.6])[stratum]
    losses = (1.0 + stratum) * draw.exponential(size=6_000)
    found = stratified(inside, losses, stratum)
    assert found.crude is not None
    assert found.crude > 1.2
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1.0 < found.high
    worse = stratified(inside, np.where(inside, 1.5 * losses, losses), stratum)
    assert worse.adjusted == pytest.approx(1.5, abs=0.1)
    assert worse.low is not None
    assert worse.low > 1.0


def test_the_interval_holds_the_ratio_in_nineteen_of_twenty_tables() -> None:
    draw = np.random.default_rng(6)
    held = 0
    for _ in range(600):
        stratum = draw.integers(0, 4, 1_500)
        inside = draw.random(1_500) < np.array([0.1, 0.2, 0.3, 0.5])[stratum]
        rate = np.array([0.05, 0.1, 0.2, 0.3])[stratum] * np.where(inside, 1.6, 1.0)
        found = stratified(inside, draw.random(1_500) < rate, stratum)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 1.6 <= found.high
    assert 0.93 < held / 600 < 0.975
