"""Two models on the same rows: what got worse, what got better, and which rows only one of them saw."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from provgraph.errors import InvalidValueError
from provgraph.slicing import ComparisonReport, Outcome, Term, compare_models, encode
from provgraph.slicing.proportions import mcnemar_mid_p


def _tables(seed: int, rows: int = 6_000, *, planted: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two models alike but for camera B on line 2 (worse) and lens 1 (better)."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "picture": [f"p{number:05d}" for number in range(rows)],
            "camera": draw.choice(["A", "B", "C", "D"], rows),
            "line": draw.integers(1, 4, rows),
            "lens": draw.integers(1, 6, rows),
            "shift": draw.choice(["early", "late"], rows),
        }
    )
    hard = draw.beta(0.3, 3.0, rows)
    first = draw.random(rows) < hard
    second = np.where(draw.random(rows) < 0.6, first, draw.random(rows) < hard)
    if planted:
        second |= ((frame["camera"] == "B") & (frame["line"] == 2) & (draw.random(rows) < 0.2)).to_numpy()
        second &= ~((frame["lens"] == 1) & (draw.random(rows) < 0.6)).to_numpy()
    other = frame.assign(wrong=second).sample(frac=1.0, random_state=seed)
    return frame.assign(wrong=first), other


@pytest.fixture(scope="module")
def report() -> ComparisonReport:
    first, second = _tables(0)
    return compare_models(first, second, outcome="wrong", sample="picture")


def test_what_was_planted_is_found_either_way(report: ComparisonReport) -> None:
    assert [str(each) for each in report.worse] == ["camera is B and line is 2"]
    assert [str(each) for each in report.better] == ["lens is 1"]
    assert report.rows == 6_000
    assert report.tested > 100


def test_the_numbers_are_those_of_the_pairs(report: ComparisonReport) -> None:
    first, second = _tables(0)
    both = first.merge(second[["picture", "wrong"]], on="picture", suffixes=("", "_other"))
    rows = both[(both["camera"] == "B") & (both["line"] == 2)]
    found = report.worse[0]
    only_second = int((rows["wrong_other"] & ~rows["wrong"]).sum())
    only_first = int((rows["wrong"] & ~rows["wrong_other"]).sum())
    assert (found.n, found.only_first, found.only_second) == (len(rows), only_first, only_second)
    assert found.rate == pytest.approx(rows["wrong"].mean())
    assert found.other_rate == pytest.approx(rows["wrong_other"].mean())
    assert found.difference == pytest.approx((only_second - only_first) / len(rows))
    assert found.interval.low < found.difference < found.interval.high
    assert found.p == pytest.approx(float(mcnemar_mid_p(only_first, only_second)))
    assert found.q is not None
    assert found.p < found.q <= 0.05


def test_the_order_of_rows_and_of_columns_does_not_matter(report: ComparisonReport) -> None:
    first, second = _tables(0)
    first = first.sample(frac=1.0, random_state=9)[first.columns[::-1]]
    assert compare_models(first, second, outcome="wrong", sample="picture").worse == report.worse


def test_exchanged_models_exchange_worse_and_better(report: ComparisonReport) -> None:
    first, second = _tables(0)
    turned = compare_models(second, first, outcome="wrong", sample="picture")
    assert [each.predicate for each in turned.worse] == [each.predicate for each in report.better]
    assert [each.predicate for each in turned.better] == [each.predicate for each in report.worse]
    assert [each.q for each in turned.better] == pytest.approx([each.q for each in report.worse])


def test_rows_that_only_one_model_saw_are_counted_and_named() -> None:
    first, second = _tables(0)
    second = second[second["picture"] != "p00007"]
    found = compare_models(first.iloc[9:], second, outcome="wrong", sample="picture")
    assert found.rows == 5_991
    assert found.only_first.rows == 0
    assert found.only_second.rows == 8
    assert len(found.only_second.samples) == 5
    assert all(any(name in note for note in found.notes) for name in found.only_second.samples)


def test_a_change_that_all_rows_share_names_no_slice() -> None:
    first, second = _tables(3, planted=False)
    draw = np.random.default_rng(3)
    second["wrong"] |= draw.random(len(second)) < 0.05
    found = compare_models(first, second, outcome="wrong", sample="picture")
    assert found.overall is not None
    assert found.overall.p < 1e-10
    assert found.overall.difference > 0.03
    assert (found.worse, found.better) == ((), ())
    assert "No slice differs" in found.sentences()[-1]


@pytest.mark.parametrize("seed", range(4))
def test_a_slice_that_got_much_better_makes_no_other_worse(seed: int) -> None:
    found = compare_models(*_tables(20 + seed, 60_000), outcome="wrong", sample="picture")
    assert [str(each) for each in found.worse] == ["camera is B and line is 2"]
    assert [str(each) for each in found.better] == ["lens is 1"]


def test_two_models_alike_differ_nowhere_in_nineteen_of_twenty_tables() -> None:
    found = 0
    for seed in range(60):
        first, second = _tables(100 + seed, 2_500, planted=False)
        report = compare_models(first, second, outcome="wrong", sample="picture")
        found += bool(report.worse or report.better)
    assert found <= 6


def test_the_same_predictions_differ_nowhere() -> None:
    first, _ = _tables(0, 300)
    found = compare_models(first, first, outcome="wrong", sample="picture")
    assert (found.worse, found.better) == ((), ())
    assert found.overall is not None
    assert (found.overall.difference, found.overall.p) == (0.0, 1.0)


def test_losses_are_compared_too() -> None:
    first, second = _tables(1, planted=False)
    draw = np.random.default_rng(1)
    losses = {side: draw.exponential(size=6_000) for side in ("first", "second")}
    first = first.drop(columns="wrong").assign(loss=losses["first"])
    second = second.sort_values("picture").drop(columns="wrong").assign(loss=losses["second"])
    second["loss"] += 0.7 * (second["shift"] == "late") * (second["line"] == 3)
    found = compare_models(first, second, outcome=Outcome.loss("loss"), sample="picture")
    assert [str(each) for each in found.worse] == ["line is 3 and shift is late"]
    assert found.worse[0].only_first is None
    assert found.worse[0].difference == pytest.approx(0.7, abs=0.2)
    assert found.better == ()


def test_changes_of_few_rows_are_compared_by_their_sign() -> None:
    first, second = _tables(1, planted=False)
    draw = np.random.default_rng(1)
    first = first.drop(columns="wrong").assign(loss=0.0)
    second = second.drop(columns="wrong")
    second["loss"] = np.where(draw.random(6_000) < 0.03, draw.pareto(0.5, 6_000) * draw.choice([-1, 1], 6_000), 0.0)
    second.loc[(second["camera"] == "C") & (draw.random(6_000) < 0.1), "loss"] = 1e9
    found = compare_models(first, second, outcome=Outcome.loss("loss"), sample="picture")
    assert any("sign test" in note for note in found.notes)
    assert [str(each) for each in found.worse] == ["camera is C"]


def test_units_that_change_together_are_no_finding() -> None:
    draw = np.random.default_rng(8)
    rows, units = 4_000, 40
    lot = np.repeat(np.arange(units), rows // units)
    camera = draw.permutation(np.repeat(list("ABCDEFGHIJKLMNOPQRST"), 2))[lot]
    shared = draw.choice([-0.3, 0.0, 0.3], units)[lot]
    first = draw.random(rows) < 0.3 - np.minimum(shared, 0.0)
    second = draw.random(rows) < 0.3 + np.maximum(shared, 0.0)
    frame = pd.DataFrame({"picture": np.arange(rows), "camera": camera, "lot": lot, "place": draw.integers(0, 4, rows)})
    tables = frame.assign(wrong=first), frame.assign(wrong=second)
    by_rows = compare_models(*tables, outcome="wrong", sample="picture", columns=["camera", "place"])
    by_lots = compare_models(*tables, outcome="wrong", sample="picture", columns=["camera", "place"], unit="lot")
    assert by_rows.worse
    assert by_rows.better
    assert (by_lots.worse, by_lots.better) == ((), ())


def test_what_holds_by_units_says_so() -> None:
    first, second = _tables(0)
    lot = first["picture"].str[:4]
    found = compare_models(first.assign(lot=lot), second, outcome="wrong", sample="picture", unit="lot")
    assert [str(each) for each in found.worse] == ["camera is B and line is 2"]
    assert found.worse[0].unit_q is not None
    assert 0.0 < found.worse[0].unit_q <= 0.05
    assert "by sampling units" in found.worse[0].sentence()


def test_columns_that_tell_of_the_model_are_left_out_and_named() -> None:
    first, second = _tables(0)
    draw = np.random.default_rng(0)
    found = compare_models(
        first.assign(score=draw.random(6_000)),
        second.assign(score=draw.random(6_000)),
        outcome="wrong",
        sample="picture",
    )
    assert "score" not in found.columns
    assert any("score" in note for note in found.notes)


def test_an_encoded_table_answers_the_same(report: ComparisonReport) -> None:
    first, second = _tables(0)
    assert compare_models(encode(first), second, outcome="wrong", sample="picture").worse == report.worse


def test_rows_without_an_outcome_and_without_a_name_are_counted() -> None:
    first, second = _tables(0, 400)
    first = first.astype({"wrong": object})
    first.loc[:4, "wrong"] = None
    first.loc[5:6, "picture"] = None
    found = compare_models(first, second, outcome="wrong", sample="picture")
    assert found.rows == 393
    assert any("2 rows are left out: picture is missing" in note for note in found.notes)
    assert any("5 rows are left out: no outcome" in note for note in found.notes)
    assert found.only_second.rows == 2


def test_a_label_that_differs_is_said() -> None:
    frame = pd.DataFrame(
        {"id": range(200), "label": ["a", "b"] * 100, "prediction": ["a"] * 200, "camera": [1, 2] * 100}
    )
    other = frame.assign(label=["b", *["a", "b"] * 99, "b"])
    found = compare_models(frame, other, outcome=Outcome.errors(), sample="id")
    assert any("labelled otherwise" in note for note in found.notes)


def test_what_is_no_table_and_losses_past_all_measure_are_refused() -> None:
    first, _ = _tables(0, 100)
    with pytest.raises(InvalidValueError, match="second model"):
        compare_models(first, [first], outcome="wrong", sample="picture")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidValueError, match="1e\\+200"):
        compare_models(first.assign(loss=1e200), first, outcome=Outcome.loss("loss"), sample="picture")


def test_a_sample_named_twice_is_refused_by_name() -> None:
    first, second = _tables(0, 100)
    with pytest.raises(InvalidValueError, match=r"second table.*p00003"):
        compare_models(
            first, pd.concat([second, second[second["picture"] == "p00003"]]), outcome="wrong", sample="picture"
        )


def test_numbers_match_their_digits_and_categories_their_names() -> None:
    first, second = _tables(0, 300)
    numbers = first["picture"].str[1:].astype(int)
    texts = second["picture"].str[1:].astype(int).astype(str).astype("category")
    found = compare_models(
        first.assign(picture=numbers), second.assign(picture=texts), outcome="wrong", sample="picture"
    )
    assert (found.rows, found.only_first.rows, found.only_second.rows) == (300, 0, 0)


def test_tables_of_other_rows_have_nothing_in_common() -> None:
    first, second = _tables(0, 100)
    found = compare_models(first, second.assign(picture="x" + second["picture"]), outcome="wrong", sample="picture")
    assert found.rows == 0
    assert found.overall is None
    assert found.sentences() == ("No row was seen by both models.",)
    assert json.loads(found.to_json())["only_first"]["rows"] == 100


def test_a_report_becomes_json_and_a_frame(report: ComparisonReport) -> None:
    told = json.loads(report.to_json())
    assert told["worse"][0]["predicate"] == [term.to_dict() for term in report.worse[0].predicate]
    assert told["sentences"] == list(report.sentences())
    frame = report.to_frame()
    assert frame["direction"].tolist() == ["worse", "better"]
    assert frame["n"].tolist() == [report.worse[0].n, report.better[0].n]
    assert isinstance(report.worse[0].predicate[0], Term)


def test_a_single_row_in_common_becomes_json_too() -> None:
    first, second = _tables(0, 100)
    tables = (each.drop(columns="wrong").assign(loss=1.5) for each in (first.iloc[:1], second))
    found = compare_models(*tables, outcome=Outcome.loss("loss"), sample="picture")
    assert json.loads(found.to_json())["overall"]["interval"] == {"low": None, "high": None}


def test_a_heavy_tail_of_changes_is_drawn_in_and_said_to_be() -> None:
    first, second = _tables(1, planted=False)
    draw = np.random.default_rng(1)
    first, second = (
        each.drop(columns="wrong").assign(loss=draw.lognormal(0.0, 1.5, 6_000)) for each in (first, second)
    )
    assert any(
        "drawn in" in note
        for note in compare_models(first, second, outcome=Outcome.loss("loss"), sample="picture").notes
    )
