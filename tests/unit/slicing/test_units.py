"""Slices where rows were sampled together: what is reported with the unit named, and without."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from provgraph.slicing import Outcome, find_slices, measure_slice


def _table(seed: int, *, worse: float = 0.0, rows: int = 4_000, size: int = 10) -> pd.DataFrame:
    """Lots with error rates of their own (intra-cluster correlation 0.2); with `worse`, camera B on line 1 is."""
    draw = np.random.default_rng(seed)
    lots = rows // size
    lot = np.repeat(np.arange(lots), size)
    rate = draw.beta(0.08 * 4.0, 0.92 * 4.0, lots)[lot]
    frame = pd.DataFrame(
        {
            "camera": draw.choice(["A", "B", "C", "D"], lots)[lot],
            "line": draw.integers(1, 4, lots)[lot],
            "shift": draw.choice(["early", "late", "night"], lots)[lot],
            "lens": draw.integers(1, 9, rows),
            "lot": lot,
        }
    )
    held = (frame["camera"] == "B") & (frame["line"] == 1)
    frame["wrong"] = draw.random(rows) < np.where(held, rate + worse * (1.0 - rate), rate)
    frame["loss"] = draw.exponential(size=rows) + 2.0 * rate + 2.0 * worse * held
    return frame


@pytest.mark.parametrize("outcome", [Outcome.column("wrong"), Outcome.loss("loss")])
def test_named_units_report_hardly_anything_where_rows_report_something_in_many_tables(outcome: Outcome) -> None:
    columns = ["camera", "line", "shift", "lens"]
    by_row = by_lot = 0
    for seed in range(40):
        frame = _table(seed)
        by_row += bool(find_slices(frame, outcome=outcome, columns=columns).slices)
        by_lot += bool(find_slices(frame, outcome=outcome, columns=columns, unit="lot").slices)
    assert by_lot <= 5
    if outcome.kind == "column":
        assert by_row >= 10


@pytest.mark.parametrize("outcome", [Outcome.column("wrong"), Outcome.loss("loss")])
def test_what_holds_for_lots_is_found_and_says_how_sure(outcome: Outcome) -> None:
    columns = ["camera", "line", "shift", "lens"]
    report = find_slices(_table(1, worse=0.3), outcome=outcome, columns=columns, unit="lot", permutations=99)
    assert [str(each) for each in report.slices] == ["camera is B and line is 1"]
    found = report.slices[0]
    assert found.unit_q is not None
    assert found.q is not None
    assert max(found.q, 1.0 / 100.0) <= found.unit_q <= 0.05


def test_the_same_seed_gives_the_same_report() -> None:
    frame = _table(2, worse=0.15)
    reports = [find_slices(frame, outcome="wrong", unit="lot", columns=["camera", "line"], seed=7) for _ in range(2)]
    assert reports[0] == reports[1]


def test_units_of_one_row_each_change_nothing_that_is_clear() -> None:
    frame = _table(3, worse=0.3, size=1)
    alone = find_slices(frame, outcome="wrong", columns=["camera", "line", "lens"])
    named = find_slices(frame, outcome="wrong", columns=["camera", "line", "lens"], unit="lot")
    assert [each.predicate for each in named.slices] == [each.predicate for each in alone.slices]


def test_a_slice_made_by_hand_is_judged_by_units_too() -> None:
    frame = _table(4)
    worst = frame.groupby("lot")["wrong"].sum().idxmax()
    frame["picked"] = frame["lot"] == worst
    found = measure_slice(frame, {"picked": True}, outcome="wrong", unit="lot")
    assert found.unit_q is not None
    assert found.p < 1e-5
    assert found.unit_q > 100 * found.p


@pytest.mark.parametrize(("lots", "said"), [(1, "all rows are of one"), (4, "there are only 4")])
def test_few_units_are_said_to_say_little(lots: int, said: str) -> None:
    frame = _table(5)
    frame["lot"] %= lots
    assert any(said in note for note in find_slices(frame, outcome="wrong", columns=["camera"], unit="lot").notes)
    assert not any("names the unit" in note for note in find_slices(_table(5), outcome="wrong", unit="lot").notes)


@pytest.mark.parametrize(("missing", "said"), [(1, "1 row names no lot: "), (2_000, "2,000 rows name no lot: ")])
def test_rows_that_name_no_unit_are_counted(missing: int, said: str) -> None:
    frame = _table(5)
    frame["lot"] = frame["lot"].astype("Int64")
    frame.loc[frame.index[:missing], "lot"] = pd.NA
    notes = find_slices(frame, outcome="wrong", columns=["camera"], unit="lot").notes
    assert any(note.startswith(said) and "by itself" in note for note in notes)
    assert not any("no lot" in note for note in find_slices(_table(5), outcome="wrong", unit="lot").notes)


def test_a_slice_of_whole_units_among_few_is_no_finding() -> None:
    draw = np.random.default_rng(0)
    lot = np.repeat(np.arange(5), 400)
    frame = pd.DataFrame({"lot": lot, "camera": np.array(list("AABCC"))[lot], "wrong": draw.random(2_000) < 0.05})
    frame.loc[lot == 2, "wrong"] = draw.random(400) < 0.5
    assert [str(each) for each in find_slices(frame, outcome="wrong", columns=["camera"]).slices] == ["camera is B"]
    assert not find_slices(frame, outcome="wrong", columns=["camera"], unit="lot").slices
