"""Origins are ranked by exact tests over the nodes upstream, each set of rows once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from provgraph.analysis.origins import Mask, Origins, rank_origins
from provgraph.slicing.units import Units
from tests.unit.analysis.chains import Chains, chains


def ranked(made: Chains, wrong: Mask, counted: Mask | None = None, limit: int = 10) -> Origins:
    everything = np.ones(wrong.size, np.bool_) if counted is None else counted
    return rank_origins(
        made.lineage, made.rows.codes, everything, everything, wrong, alpha=0.05, correction="bh", limit=limit
    )


def planted() -> tuple[Chains, Mask]:
    """Eight batches of 50 rows, two of them below the setting that is at fault."""
    rows = np.repeat(np.arange(8), 50)
    wrong = np.zeros(rows.size, np.bool_)
    wrong[rows == 2] = np.arange(50) < 30
    wrong[rows == 5] = np.arange(50) < 24
    wrong[rows == 0] = np.arange(50) < 3
    made = chains(
        ["good", "good", "bad", "good", "good", "bad", "fine", "fine"], list("ABBABAAB"), rows.tolist(), wrong.tolist()
    )
    return made, wrong


def test_the_node_behind_the_errors_comes_first_with_its_numbers_and_its_route() -> None:
    made, wrong = planted()
    found = ranked(made, wrong)
    first = found[0]
    assert (first.node.type, [node.type for node in first.same_rows]) == ("Configure", ["Setting"])
    assert first.same_rows[0].name == "bad"
    assert (first.n, first.errors, first.of) == (100, 54, 57)
    assert first.rate == 0.54
    assert first.rest_rate == 3 / 300
    assert first.lift == pytest.approx(54)
    assert first.excess == pytest.approx(54 - 100 * 3 / 300)
    assert first.interval.low < first.rate < first.interval.high
    assert first.difference_interval.low < first.difference < first.difference_interval.high
    assert [node.type for node in first.route] == ["Configure", "Setting", "Capture", "Batch"]
    assert first.route[-1].name in ("b/2", "b/5")
    assert first.hops == 3
    assert {each.node.type for each in found} == {"Configure", "Capture"}
    assert "54 of the 57 errors came from it" in str(first)


def test_a_frame_of_origins_has_their_numbers_in_their_order() -> None:
    found = ranked(*planted())
    frame = found.to_frame()
    assert frame["id"].tolist() == [each.node.ref for each in found]
    assert frame[["n", "errors", "of", "rate"]].to_numpy().tolist()[0] == [100, 54, 57, 0.54]
    assert all(low < rate for low, rate in zip(frame["low"], frame["rate"], strict=True))
    nothing = ranked(planted()[0], np.zeros(400, np.bool_)).to_frame()
    assert [str(dtype) for dtype in nothing.dtypes] == [str(dtype) for dtype in frame.dtypes]


def test_p_is_fishers_and_each_set_of_rows_is_one_test() -> None:
    made, wrong = planted()
    found = ranked(made, wrong)
    expected = fisher_exact(np.array([[54, 46], [3, 297]]), alternative="greater").pvalue
    assert found[0].p == pytest.approx(expected, rel=1e-6)
    # three settings and eight batches, each with the executions behind the very same rows
    assert found.tested == 3 + 8
    assert all(origin.q >= origin.p for origin in found)


def test_what_stands_behind_every_row_is_not_tested() -> None:
    rows = np.repeat(np.arange(4), 30)
    made = chains(["one"] * 4, list("ABAB"), rows.tolist(), [False] * rows.size)
    wrong = rows == 1
    found = ranked(made, wrong)
    assert found.tested == 4
    assert [origin.node.type for origin in found] == ["Capture"]
    assert found[0].lift == float("inf")
    assert found[0].to_dict()["lift"] is None


def test_rows_without_a_source_and_rows_that_do_not_count_are_left_out() -> None:
    rows = np.concatenate([np.repeat(np.arange(4), 30), np.full(60, -1)])
    wrong = (rows == 1) | (rows == -1)
    made = chains(["one", "two", "one", "one"], list("ABAB"), rows.tolist(), wrong.tolist())
    found = ranked(made, wrong)
    assert (found[0].errors, found[0].of, found[0].n) == (30, 30, 30)
    counted = rows != 1
    assert len(ranked(made, wrong & counted, counted)) == 0


def test_a_table_without_errors_or_sources_has_no_origins() -> None:
    rows = np.repeat(np.arange(3), 20)
    made = chains(["one", "two", "one"], list("ABA"), rows.tolist(), [False] * rows.size)
    assert len(ranked(made, np.zeros(rows.size, np.bool_))) == 0
    lost = chains(["one"], ["A"], [-1] * 20, [True] * 20)
    assert ranked(lost, np.ones(20, np.bool_)).tested == 0


def test_permuted_errors_have_an_origin_in_no_more_than_their_share_of_tables() -> None:
    rows = np.repeat(np.arange(40), 25)
    made = chains(
        [f"s{n % 7}" for n in range(40)], [f"c{n % 5}" for n in range(40)], rows.tolist(), [False] * rows.size
    )
    draw = np.random.default_rng(3)
    hits = sum(bool(len(ranked(made, draw.random(rows.size) < 0.1))) for _ in range(200))
    assert hits <= 20  # 5 % of 200 and three standard deviations more


def test_origins_are_the_same_whichever_node_was_met_first() -> None:
    made, wrong = planted()
    once = [(origin.node.id, origin.n, origin.errors, origin.p) for origin in ranked(made, wrong)]
    assert once == [(origin.node.id, origin.n, origin.errors, origin.p) for origin in ranked(made, wrong)]
    assert len(ranked(made, wrong, limit=2)) == 2


def test_a_node_whose_errors_are_those_of_one_sampling_unit_is_no_origin() -> None:
    rows = np.repeat(np.arange(8), 50)
    unit = np.arange(rows.size) // 10
    draw = np.random.default_rng(1)
    wrong = np.repeat(draw.random(40) < 0.15, 10)  # each unit of ten rows is right, or wrong, as a whole
    wrong[rows == 2] = unit[rows == 2] < 13  # three of the five units of one batch
    made = chains(["one"] * 8, list("ABBABAAB"), rows.tolist(), wrong.tolist())
    everything = np.ones(rows.size, np.bool_)
    units = Units(pd.DataFrame({"unit": unit}), "unit", everything, wrong)
    by_rows = ranked(made, wrong)
    assert by_rows[0].unit_q is None
    assert by_rows[0].q < 0.001
    by_units = rank_origins(
        made.lineage, made.rows.codes, everything, everything, wrong, units=units, alpha=0.05, correction="bh", limit=10
    )
    assert len(by_units) == 0
    assert by_units.tested == by_rows.tested


def test_a_node_that_only_has_more_of_the_slices_rows_is_no_origin() -> None:
    rows = np.repeat(np.arange(4), 200)
    hard = np.zeros(rows.size, np.bool_)
    wrong = np.zeros(rows.size, np.bool_)
    for batch, share in enumerate(
        (160, 40, 40, 40)
    ):  # a quarter of the hard rows is wrong, whichever batch they are of
        at = np.flatnonzero(rows == batch)
        hard[at[:share]] = True
        wrong[at[: share // 4]] = True
    made = chains(["one", "two", "three", "four"], list("ABCD"), rows.tolist(), wrong.tolist())
    everything = np.ones(rows.size, np.bool_)
    assert ranked(made, wrong)[0].errors == 40  # of all rows, the first batch has the most
    of_hard = rank_origins(
        made.lineage, made.rows.codes, everything, hard, wrong, alpha=0.05, correction="bh", limit=10
    )
    assert len(of_hard) == 0
    worse = wrong.copy()
    worse[np.flatnonzero(rows == 0)[40:100]] = True
    found = rank_origins(made.lineage, made.rows.codes, everything, hard, worse, alpha=0.05, correction="bh", limit=10)
    assert found[0].errors == 100
