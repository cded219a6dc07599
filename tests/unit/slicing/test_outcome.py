from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from provgraph.errors import InvalidValueError
from provgraph.slicing import Outcome
from provgraph.slicing.measuring import as_outcome

LABELS = ["ok", "ok", "dent", "scratch", None, "dent"]
GUESSES = ["ok", "dent", "dent", "ok", "ok", None]


def frame(kind: str = "object", guesses: str | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {"label": pd.Series(LABELS, dtype=kind), "prediction": pd.Series(GUESSES, dtype=guesses or kind)}
    )


@pytest.mark.parametrize(("kind", "other"), [("object", None), ("str", None), ("category", None), ("category", "str")])
def test_errors_are_rows_whose_prediction_differs(kind: str, other: str | None) -> None:
    found = Outcome.errors().measure(frame(kind, other))

    assert found.values.tolist() == [False, True, False, True]
    assert found.kept is not None
    assert found.kept.tolist() == [True, True, True, True, False, False]
    assert found.notes == ("2 rows are left out: label or prediction is missing.",)


def test_numbers_agree_whatever_their_type() -> None:
    columns = pd.DataFrame({"label": pd.Series([1, 2, 3], dtype="Int8"), "prediction": [1.0, 2.5, 3.0]})

    assert Outcome.errors().measure(columns).values.tolist() == [False, True, False]
    assert Outcome.errors().measure(columns).kept is None


def test_cells_that_could_never_agree_are_refused() -> None:
    columns = pd.DataFrame({"label": [1, 2], "prediction": ["1", "2"]})

    with pytest.raises(
        InvalidValueError, match="label holds numbers and prediction holds text: they could never agree"
    ):
        Outcome.errors().measure(columns)


def test_misses_are_counted_among_rows_of_the_class() -> None:
    found = Outcome.misses("dent").measure(frame())

    assert found.values.tolist() == [False]
    assert found.kept is not None
    assert found.kept.tolist() == [False, False, True, False, False, False]


def test_false_alarms_are_counted_among_rows_of_other_classes() -> None:
    found = Outcome.false_alarms("dent").measure(frame())

    assert found.values.tolist() == [False, True, False]
    assert found.kept is not None
    assert found.kept.tolist() == [True, True, False, True, False, False]


def test_a_class_is_found_by_its_text() -> None:
    columns = pd.DataFrame({"label": [3, 3, 4], "prediction": [3, 4, 4]})

    assert Outcome.misses("3").measure(columns).values.tolist() == [False, True]


def test_an_unknown_class_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidValueError, match="crack is no class of label; there are: dent, ok, scratch"):
        Outcome.misses("crack").measure(frame())


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([True, False, None], dtype=object),
        pd.Series([True, False, None], dtype="boolean"),
        pd.Series([1, 0, None], dtype="Int8"),
        pd.Series([1.0, 0.0, np.nan]),
        pd.Series([1, 0, None], dtype="int64[pyarrow]"),
    ],
    ids=lambda cells: str(cells.dtype),
)
def test_a_column_of_right_and_wrong(cells: pd.Series) -> None:
    found = Outcome.column("wrong").measure(pd.DataFrame({"wrong": cells}))

    assert found.values.tolist() == [True, False]
    assert found.notes == ("1 row is left out: wrong is missing.",)


@pytest.mark.parametrize(
    ("cells", "message"),
    [([0, 2], "must hold 0 and 1, or truth values, but holds 2"), (["yes", "no"], "not (str|object) cells")],
)
def test_a_column_of_anything_else_is_refused(cells: list[object], message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        Outcome.column("wrong").measure(pd.DataFrame({"wrong": cells}))


def test_losses_that_are_not_finite_are_left_out_and_counted() -> None:
    found = Outcome.loss("loss").measure(pd.DataFrame({"loss": [0.5, np.inf, np.nan, 2.0]}))

    assert found.values.tolist() == [0.5, 2.0]
    assert found.notes == ("2 rows are left out: loss is missing or not finite.",)
    assert not found.binary


def test_a_regression_is_judged_by_its_distance() -> None:
    columns = pd.DataFrame({"label": [1.0, 2.0, None], "prediction": [1.5, 0.0, 1.0]})

    assert Outcome.regression().measure(columns).values.tolist() == [0.5, 2.0]
    with pytest.raises(InvalidValueError, match=r"prediction must hold numbers, not (str|object) cells"):
        Outcome.regression().measure(columns.assign(prediction=["a", "b", "c"]))


def test_the_name_of_a_column_is_an_outcome() -> None:
    columns = pd.DataFrame({"wrong": [0, 1], "loss": [0.2, 3.0], "empty": [None, None]})

    assert as_outcome(columns, "wrong") == Outcome.column("wrong")
    assert as_outcome(columns, "loss") == Outcome.loss("loss")
    assert Outcome.column("empty").measure(columns).values.size == 0


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.errors(), "prediction differs from label"),
        (Outcome.column("wrong"), "wrong"),
        (Outcome.misses("dent"), "dent is missed (label is it, prediction is not)"),
        (Outcome.false_alarms("dent"), "false alarm of dent (prediction is it, label is not)"),
        (Outcome.loss("loss"), "mean of loss"),
        (Outcome.regression(), "mean distance of prediction from label"),
    ],
)
def test_an_outcome_says_what_it_is(outcome: Outcome, words: str) -> None:
    assert str(outcome) == words
