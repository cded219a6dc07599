from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provgraph.errors import InvalidValueError
from provgraph.slicing import Outcome, Range, SliceReport, Term, encode, find_slices, measure_slice, rows_of
from tests.unit.slicing.tables import PLANTED, PREDICATES, SIZES, found, names, table


@pytest.fixture(scope="module")
def planted() -> pd.DataFrame:
    return table(20_000, SIZES, PLANTED, seed=1)


@pytest.fixture(scope="module")
def report(planted: pd.DataFrame) -> SliceReport:
    return find_slices(planted, outcome="wrong")


def test_planted_slices_are_found_and_nothing_else(report: SliceReport) -> None:
    assert found(report) == PREDICATES


@pytest.mark.parametrize("seed", range(2, 6))
def test_planted_slices_are_found_in_other_tables(seed: int) -> None:
    assert found(find_slices(table(20_000, SIZES, PLANTED, seed), outcome="wrong")) == PREDICATES


def test_numbers_of_a_slice_are_those_of_its_rows(planted: pd.DataFrame, report: SliceReport) -> None:
    for each in report.slices:
        inside = rows_of(planted, each.predicate)
        wrong = planted["wrong"].to_numpy()
        assert each.n == inside.sum()
        assert each.errors == wrong[inside].sum()
        assert each.rate == pytest.approx(wrong[inside].mean())
        assert each.rest_rate == pytest.approx(wrong[~inside].mean())
        assert each.excess == pytest.approx(wrong[inside].sum() - inside.sum() * wrong[~inside].mean())
        assert each.lift == pytest.approx(each.rate / each.rest_rate)
        assert each.interval.low < each.rate < each.interval.high
        assert each.difference_interval.low < each.difference < each.difference_interval.high
        assert each.q is not None
        assert each.p <= each.q <= 0.05
        assert not each.by_hand


def test_the_order_of_rows_and_columns_changes_nothing(planted: pd.DataFrame, report: SliceReport) -> None:
    shuffled = planted.sample(frac=1, random_state=0)[sorted(planted.columns, reverse=True)]

    again = find_slices(shuffled, outcome="wrong")

    assert replace(again, columns=report.columns) == report
    assert sorted(again.columns) == sorted(report.columns)


def test_new_names_of_columns_and_values_change_nothing_else(planted: pd.DataFrame, report: SliceReport) -> None:
    renamed = planted.drop(columns="wrong").map(lambda value: f"{value[1:]} new").add_prefix("a ")

    again = find_slices(renamed.assign(wrong=planted["wrong"]), outcome="wrong")

    back = {frozenset((name[2:], f"v{str(value)[0]}") for name, value in each) for each in found(again)}
    assert back == found(report)
    assert [each.q for each in again.slices] == [each.q for each in report.slices]
    assert again.tested == report.tested


def test_a_copied_column_adds_an_alias_and_no_slice(planted: pd.DataFrame, report: SliceReport) -> None:
    again = find_slices(planted.assign(kamera=planted["camera"].str.upper()), outcome="wrong")

    assert [replace(each, aliases=()) for each in again.slices] == list(report.slices)
    assert again.tested == report.tested
    aliased = {
        names(each): [(str(alias.predicate[0]), alias.same_rows) for alias in each.aliases] for each in again.slices
    }
    assert aliased.pop(frozenset({("camera", "v2")})) == [("kamera is V2", True)]
    assert not any(aliased.values())
    assert "kamera parts the rows just as camera does: one column, named twice." in again.notes


def test_a_copied_column_is_an_alias_in_slices_of_several_terms_too(planted: pd.DataFrame) -> None:
    again = find_slices(planted.assign(linie=planted["line"]), outcome="wrong")

    aliased = {names(each): each.aliases for each in again.slices}
    (alias,) = aliased[frozenset({("line", "v1"), ("lens", "v3")})]
    assert alias.predicate == (Term("lens", "v3"), Term("linie", "v1"))
    assert alias.same_rows


def test_the_most_upstream_name_leads_if_it_is_told(planted: pd.DataFrame) -> None:
    copied = planted.assign(Capture=planted["camera"])

    for lead, other in (("Capture", "camera"), ("camera", "Capture")):
        again = find_slices(copied, outcome="wrong", upstream_first=[lead])
        slices = {names(each): each for each in again.slices}
        alias = slices[frozenset({(lead, "v2")})].aliases[0]
        assert alias.predicate == (Term(other, "v2"),)
        assert alias.same_rows


def test_without_an_order_the_coarser_of_two_names_leads() -> None:
    frame = table(20_000, {"camera": 12, "shift": 3}, {(("camera", 11),): 0.2}, seed=0)
    # The last line has one camera only, so that camera and line are two names of its rows.
    frame["line"] = frame["camera"].map(lambda name: "last" if name == "v11" else f"line {int(str(name)[1:]) // 4}")

    lead, *others = find_slices(frame, outcome="wrong").slices

    assert names(lead) == {("line", "last")}
    assert [alias.predicate for alias in lead.aliases] == [(Term("camera", "v11"),)]
    assert not others


def test_nearly_the_same_rows_are_said_to_be_hard_to_tell_apart(planted: pd.DataFrame) -> None:
    draw = np.random.default_rng(0)
    noisy = planted["camera"].where(draw.random(len(planted)) < 0.93, "v0")

    again = find_slices(planted.assign(noisy=noisy), outcome="wrong")

    aliases = {names(each): each.aliases for each in again.slices}[frozenset({("camera", "v2")})]
    assert [str(term) for alias in aliases for term in alias.predicate] == ["noisy is v2"]
    inside, other = rows_of(planted, {"camera": "v2"}), (noisy == "v2").to_numpy()
    assert aliases[0].jaccard == pytest.approx((inside & other).sum() / (inside | other).sum())
    assert not aliases[0].same_rows


def test_a_table_without_any_effect_gives_no_slice_beyond_the_rate_that_is_asked_for() -> None:
    tables = 60
    reports = [find_slices(table(2_000, SIZES, {}, seed), outcome="wrong") for seed in range(tables)]

    assert sum(bool(report.slices) for report in reports) / tables <= 0.065
    assert reports[0].sentences() == (f"Nothing beyond chance among {reports[0].tested:,} slices.",)


def test_permuted_outcomes_give_nothing(planted: pd.DataFrame) -> None:
    draw = np.random.default_rng(0)

    reports = [
        find_slices(planted.assign(wrong=draw.permutation(planted["wrong"])), outcome="wrong") for _ in range(12)
    ]

    assert sum(bool(report.slices) for report in reports) <= 1


def clustered(seed: int, *, faulty: bool) -> pd.DataFrame:
    """Lots of 20 pictures; a lot has a rate of its own, and a camera; one camera is faulty or none."""
    draw = np.random.default_rng(seed)
    lots = 300
    rate = draw.beta(0.2, 3.8, lots)
    cameras = np.array(list("ABCDEF"))[draw.integers(0, 6, lots)]
    if faulty:
        rate[cameras == "B"] = np.minimum(rate[cameras == "B"] + 0.3, 1.0)
    lot = np.repeat(np.arange(lots), 20)
    frame = pd.DataFrame({"lot": lot, "camera": cameras[lot], "lens": draw.choice(list("xyz"), lot.size)})
    return frame.assign(
        shift=np.array(list("es"))[draw.integers(0, 2, lots)][lot], wrong=draw.random(lot.size) < rate[lot]
    )


def test_a_sampling_unit_keeps_noise_of_whole_lots_from_being_reported() -> None:
    frames = [clustered(seed, faulty=False) for seed in range(30)]

    by_row = sum(bool(find_slices(frame.drop(columns="lot"), outcome="wrong").slices) for frame in frames)
    by_unit = sum(bool(find_slices(frame, outcome="wrong", unit="lot").slices) for frame in frames)

    assert by_row >= 15
    assert by_unit <= 3


def test_a_sampling_unit_lets_a_real_fault_be_found() -> None:
    report = find_slices(clustered(1, faulty=True), outcome="wrong", unit="lot", permutations=199)

    assert found(report) == {frozenset({("camera", "B")})}
    assert report.slices[0].unit_q is not None
    assert report.slices[0].q is not None
    assert report.slices[0].q < report.slices[0].unit_q <= 0.05
    assert "by sampling units" in report.slices[0].sentence()
    assert find_slices(clustered(1, faulty=True), outcome="wrong", unit="lot", permutations=199) == report


def test_units_of_one_row_each_are_rows(planted: pd.DataFrame, report: SliceReport) -> None:
    alone = find_slices(planted.assign(sample=range(len(planted))), outcome="wrong", unit="sample")

    assert [replace(each, unit_q=None) for each in alone.slices] == list(report.slices)
    assert all(each.unit_q is not None and each.unit_q < 0.001 for each in alone.slices)


def test_losses_find_the_slices_that_errors_find(planted: pd.DataFrame) -> None:
    draw = np.random.default_rng(0)
    frame = planted.drop(columns="wrong").assign(loss=draw.exponential(0.2, len(planted)) + planted["wrong"])

    report = find_slices(frame, outcome=Outcome.loss("loss"))

    assert found(report) == PREDICATES
    for each in report.slices:
        inside = rows_of(frame, each.predicate)
        assert each.errors is None
        assert each.rate == pytest.approx(frame["loss"][inside].mean())
        assert each.excess == pytest.approx((frame["loss"][inside] - frame["loss"][~inside].mean()).sum())


def test_a_loss_that_lies_below_zero_has_no_ratio(planted: pd.DataFrame) -> None:
    draw = np.random.default_rng(0)
    frame = planted.assign(gain=draw.normal(-9.0, 0.3, len(planted)) + planted["wrong"]).drop(columns="wrong")

    report = find_slices(frame, outcome="gain")

    assert found(report) == PREDICATES
    assert all(np.isnan(each.lift) for each in report.slices)
    assert "times" not in " ".join(report.sentences())
    assert json.loads(report.to_json())["slices"][0]["lift"] is None


def test_a_harmless_camera_is_cleared_within_the_true_classes() -> None:
    draw = np.random.default_rng(0)
    hard = draw.random(20_000) < 0.2
    camera = np.where(draw.random(hard.size) < np.where(hard, 0.6, 0.15), "B", "A")
    label = np.where(hard, "scratch", "ok")
    wrong = draw.random(hard.size) < np.where(hard, 0.3, 0.02)
    frame = pd.DataFrame({"camera": camera, "label": label, "prediction": np.where(wrong, "dent", label)})

    (camera_b,) = find_slices(frame, outcome=Outcome.errors()).slices

    (within,) = camera_b.adjusted
    assert camera_b.lift > 2
    assert within.by == "label"
    assert within.interval is not None
    assert within.interval.low < 1 < within.interval.high
    assert "within label" in camera_b.sentence()


def test_what_cannot_be_separated_is_said() -> None:
    frame = table(5_000, {"camera": 4, "lens": 3}, {(("camera", 1),): 0.3}, seed=0)
    frame["plant"] = frame["camera"].eq("v1").map({True: "north", False: "south"})

    each = find_slices(frame, outcome="wrong", columns=["camera", "lens"], strata="plant").slices[0]

    assert each.adjusted[0].overlap == 0
    assert each.adjusted[0].ratio is None
    assert "cannot be told apart from plant" in each.sentence()


def test_values_of_a_row_with_several_are_found() -> None:
    draw = np.random.default_rng(0)
    names_of = np.array(["ann", "bob", "cyd", "dan"])
    pairs = [sorted(draw.choice(4, 2, replace=False).tolist()) for _ in range(6_000)]
    frame = pd.DataFrame({"by": [names_of[pair].tolist() for pair in pairs], "shift": draw.choice(list("es"), 6_000)})
    rate = np.array(
        [0.3 if 1 in pair and shift == "e" else 0.05 for pair, shift in zip(pairs, frame["shift"], strict=True)]
    )

    report = find_slices(frame.assign(wrong=draw.random(6_000) < rate), outcome="wrong")

    assert found(report) == {frozenset({("by", "bob"), ("shift", "e")})}
    assert report.slices[0].n == sum(
        1 in pair and shift == "e" for pair, shift in zip(pairs, frame["shift"], strict=True)
    )


def test_an_encoded_table_gives_the_same_report(planted: pd.DataFrame, report: SliceReport) -> None:
    encoded = encode(planted)

    assert find_slices(encoded, outcome="wrong") == report
    narrow = find_slices(encoded, outcome="wrong", columns=["camera", "shift"])
    assert narrow == find_slices(planted, outcome="wrong", columns=["camera", "shift"])
    assert narrow.columns == ("camera", "shift")
    with pytest.raises(InvalidValueError, match="encoded already: give the edges to encode"):
        find_slices(encoded, outcome="wrong", edges={"camera": [1]})


def test_a_slice_too_small_to_be_shown_still_explains_its_parts() -> None:
    # The camera is a little worse for sure; its children must not be shown for being a little luckier.
    frame = table(60_000, {"camera": 2, "line": 6, "lens": 6, "shift": 4}, {(("camera", 1),): 0.058}, seed=0)

    assert find_slices(frame, outcome="wrong", min_lift=1.25).slices == ()
    assert found(find_slices(frame, outcome="wrong", min_lift=1.0, min_difference=0.0)) == {
        frozenset({("camera", "v1")})
    }


def test_options_are_kept_in_the_report(planted: pd.DataFrame) -> None:
    report = find_slices(planted, outcome="wrong", depth=1, alpha=0.01, limit=1, correction="by")

    assert report.options["depth"] == 1
    assert report.options["alpha"] == 0.01
    assert report.options["min_support"] == 30
    assert len(report.slices) == 1
    assert "The limit of 1 slices is reached: there may be more." in report.notes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 4}, "depth must be 1, 2 or 3"),
        ({"alpha": 0}, "alpha must lie between 0 and 1"),
        ({"min_support": 0}, "min_support must be at least 1"),
        ({"min_lift": -1}, "must not be negative"),
        ({"limit": 0}, "limit must be 1 to 1000"),
        ({"correction": "none"}, "correction must be 'bh' or 'by'"),
        ({"permutations": 18}, "permutations must be 19 or more for an alpha of 0.05, not 18"),
        ({"columns": ["camera", "nowhere"]}, "no column nowhere in the frame; there are: camera, line"),
        ({"unit": "nowhere"}, "no column nowhere"),
        ({"strata": "nowhere"}, "no column nowhere"),
        ({"outcome": "nowhere"}, "no column nowhere"),
    ],
)
def test_what_makes_no_sense_is_refused(planted: pd.DataFrame, options: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        find_slices(planted, **{"outcome": "wrong", **options})  # type: ignore[arg-type]


def test_only_frames_are_searched() -> None:
    with pytest.raises(InvalidValueError, match="a pandas DataFrame is needed, not list"):
        find_slices([{"camera": "A", "wrong": 1}], outcome="wrong")  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_tables_too_small_for_a_slice_give_an_empty_report(planted: pd.DataFrame, rows: int) -> None:
    report = find_slices(planted.head(rows), outcome="wrong")

    assert report.slices == ()
    assert report.tested == 0
    assert report.rows == rows
    assert report.sentences() == ("Nothing could be tested: see the notes.",)
    assert report.notes
    assert json.loads(report.to_json())["rows"] == rows
    assert report.to_frame().empty


def test_without_a_column_to_slice_by_the_notes_say_so(planted: pd.DataFrame) -> None:
    for report in (find_slices(planted, outcome="wrong", columns=[]), find_slices(planted[["wrong"]], outcome="wrong")):
        assert report.sentences() == ("Nothing could be tested: see the notes.",)
        assert report.notes == ("There is no column to slice by.",)


@pytest.mark.parametrize(("value", "note"), [(False, "No row is wrong."), (True, "Every row is wrong.")])
def test_a_constant_outcome_gives_nothing_and_says_so(planted: pd.DataFrame, value: bool, note: str) -> None:
    report = find_slices(planted.assign(wrong=value), outcome="wrong")

    assert report.slices == ()
    assert note in report.notes


def test_rows_without_an_outcome_are_left_out_and_counted(planted: pd.DataFrame) -> None:
    half = planted.assign(wrong=planted["wrong"].astype(float).where(np.arange(len(planted)) % 2 == 0))

    report = find_slices(half, outcome="wrong")

    assert report == replace(find_slices(planted.iloc[::2], outcome="wrong"), notes=report.notes)
    assert report.notes == ("10,000 rows are left out: wrong is missing.",)
    nothing = find_slices(planted.assign(wrong=np.nan), outcome="wrong")
    assert nothing.rows == 0
    assert nothing.rate is None
    assert "No row has an outcome." in nothing.notes


def test_columns_that_cannot_be_searched_are_named(planted: pd.DataFrame) -> None:
    frame = planted.assign(sample=[f"picture {number}" for number in range(len(planted))], site="here")

    report = find_slices(frame, outcome="wrong")

    assert found(report) == PREDICATES
    assert "No value has 30 rows: sample left out." in report.notes
    assert "All rows have one value: site left out." in report.notes


def test_a_column_made_from_the_outcome_is_pointed_out(planted: pd.DataFrame) -> None:
    report = find_slices(planted.assign(correct=~planted["wrong"]), outcome="wrong")

    assert found(report) == {frozenset({("correct", False)})}
    (note,) = report.notes
    assert note.startswith("correct tells right from wrong by itself")


def test_values_of_too_few_rows_are_counted_in_the_notes(planted: pd.DataFrame) -> None:
    few = planted["lens"].where(np.arange(len(planted)) > 40, [f"lens {number % 3}" for number in range(len(planted))])

    report = find_slices(planted.assign(lens=few), outcome="wrong")

    assert found(report) == PREDICATES
    assert report.notes == ("Values of fewer than 30 rows are not searched: 3 of lens.",)


def test_ten_thousand_columns_are_searched_one_by_one_and_the_report_says_so() -> None:
    draw = np.random.default_rng(0)
    codes = draw.integers(0, 3, (200, 10_000))
    frame = pd.DataFrame(codes, columns=[f"column{number}" for number in range(10_000)])
    frame["wrong"] = draw.random(200) < np.where(codes[:, 77] == 1, 0.8, 0.05)

    report = find_slices(frame, outcome="wrong")

    assert found(report) == {frozenset({("column77", 1)})}
    assert any(note.startswith("Slices have at most 1 term: 10000 columns") for note in report.notes)


def test_an_index_of_any_kind_does_not_matter(planted: pd.DataFrame, report: SliceReport) -> None:
    assert find_slices(planted.set_axis(np.zeros(len(planted)), axis=0), outcome="wrong") == report


@settings(max_examples=25, deadline=None)
@given(
    cells=st.lists(
        st.one_of(
            st.none(), st.integers(), st.floats(), st.text(max_size=5), st.booleans(), st.lists(st.text(max_size=2))
        ),
        min_size=2,
        max_size=40,
    )
)
def test_cells_of_any_kind_give_a_report_that_is_json(cells: list[object]) -> None:
    frame = pd.DataFrame(
        {"cell": pd.Series(cells, dtype=object), "wrong": [number % 2 == 0 for number in range(len(cells))]}
    )

    report = find_slices(frame, outcome="wrong", min_support=1, alpha=0.99, min_lift=0, min_difference=0)

    assert json.loads(report.to_json())["rows"] == len(cells)
    assert len(report.to_frame()) == len(report.slices) == len(report.sentences()) or not report.slices


def test_a_slice_made_by_hand_has_the_numbers_of_a_found_one(planted: pd.DataFrame, report: SliceReport) -> None:
    each = report.slices[0]

    made = measure_slice(planted, {term.column: term.value for term in each.predicate}, outcome="wrong")

    assert replace(made, predicate=each.predicate, q=each.q, by_hand=False, p=each.p) == each
    assert made.p == pytest.approx(each.p)
    assert made.q is None
    assert "chosen by hand" in made.sentence()


def test_a_slice_made_by_hand_may_have_any_range() -> None:
    draw = np.random.default_rng(0)
    exposure = draw.uniform(0, 20, 4_000)
    frame = pd.DataFrame({"exposure": exposure, "wrong": draw.random(4_000) < np.where(exposure >= 12.5, 0.4, 0.1)})

    made = measure_slice(encode(frame), {"exposure": Range(12.5, None)}, outcome="wrong")

    assert made.n == (exposure >= 12.5).sum()
    assert str(made) == "exposure is 12.5 and over"
    assert made.p < 1e-9


def test_a_slice_made_by_hand_must_hold_some_rows_but_not_all(planted: pd.DataFrame) -> None:
    with pytest.raises(InvalidValueError, match="no row with an outcome is one where camera is B9"):
        measure_slice(planted, {"camera": "B9"}, outcome="wrong")
    with pytest.raises(InvalidValueError, match="every row with an outcome is one where site is here"):
        measure_slice(planted.assign(site="here"), [Term("site", "here")], outcome="wrong")
    with pytest.raises(InvalidValueError, match="one or more terms"):
        measure_slice(planted, {}, outcome="wrong")


def test_a_unit_widens_what_is_said_of_a_slice_made_by_hand() -> None:
    made = measure_slice(clustered(1, faulty=True), {"camera": "B"}, outcome="wrong", unit="lot")

    assert made.unit_q is not None
    assert made.p < made.unit_q < 0.05
