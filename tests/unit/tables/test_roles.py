"""What columns may mean, what is presumed, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra provgraph[slices] is not installed")

import numpy as np
import pandas as pd

from provgraph.errors import RecordingError
from provgraph.model import Struct
from provgraph.tables.columns import kind_of, to_table
from provgraph.tables.metrics import metrics_of
from provgraph.tables.roles import assign_roles, task_of

DEFAULTS = {"label": "label", "prediction": "prediction"}


def assigned(columns: dict[str, Any], **wanted: Any) -> tuple[Any, Any, list[str]]:
    notes: list[str] = []
    table, roles = assign_roles(to_table(pd.DataFrame(columns), pytest.fail), {**DEFAULTS, **wanted}, notes.append)
    return table, roles, notes


def measured(columns: dict[str, Any], task: Any = None, **wanted: Any) -> dict[str, Any]:
    table, roles, _ = assigned(columns, **wanted)
    return metrics_of(table, roles, task_of(table, roles, task))


PLAIN = {"label": ["a", "b"], "prediction": ["a", "a"]}


def test_every_role_finds_its_column() -> None:
    columns = {
        **PLAIN,
        "p_a": [0.5, 1.0],
        "p_b": [1, 0],
        "file": ["1.png", "2.png"],
        "lot": [1, 2],
        "batch": ["x", "y"],
    }
    columns |= {"taken": ["2026-01-01T08:15:00Z", "2026-01-02 08:15+01:00"]}

    table, roles, notes = assigned(
        columns, score=["p_a", "p_b"], sample="file", source="batch", unit="lot", time="taken"
    )

    assert roles.columns == {
        "label": ("label",),
        "prediction": ("prediction",),
        "score": ("p_a", "p_b"),
        "sample": ("file",),
        "source": ("batch",),
        "unit": ("lot",),
        "time": ("taken",),
    }
    assert kind_of(table.column("taken").type) == "time"
    assert notes == []


def test_a_loss_needs_neither_label_nor_prediction() -> None:
    _, roles, notes = assigned({"loss": [0.5, None]}, loss="loss")

    assert roles.columns == {"loss": ("loss",)}
    assert notes == ["1 of 2 rows have no loss (loss): they count in no rate"]


@pytest.mark.parametrize(
    ("columns", "wanted", "reason"),
    [
        ({"label": [], "prediction": []}, {}, "no rows"),
        ({"labels": ["a"], "prediction": ["a"]}, {}, r"no column 'label' \(label=\): did you mean 'labels'\?"),
        ({"x": ["a"], "prediction": ["a"]}, {}, r"no column 'label' \(label=\): it has x, prediction"),
        (PLAIN, {"prediction": None}, "needs label= and prediction="),
        (PLAIN, {"prediction": "label"}, "both name the column 'label'"),
        (PLAIN, {"unit": ["label", "prediction"]}, "unit= names 2 columns"),
        ({"label": ["1"], "prediction": [1]}, {}, r"'label' \(label=\) holds text and 'prediction' .* integer"),
        ({"label": [True], "prediction": ["a"]}, {}, "holds boolean and .* text"),
        ({"label": [True, False], "prediction": [1, 2]}, {}, "holds boolean and .* integer"),
        ({"label": [None, None], "prediction": ["a", "b"]}, {}, r"'label' \(label=\) has no value in any row"),
        ({"label": [["a"], ["b"]], "prediction": ["a", "b"]}, {}, "several values in a cell"),
        ({"label": pd.to_datetime(["2026-01-01"]), "prediction": pd.to_datetime(["2026-01-01"])}, {}, "holds times"),
        ({**PLAIN, "s": ["high", "low"]}, {"score": "s"}, "must hold numbers"),
        ({**PLAIN, "s": [True, False]}, {"loss": "s"}, "must hold numbers"),
        ({**PLAIN, "t": ["24.11.2026", "25.11.2026"]}, {"time": "t"}, "must hold times"),
        ({**PLAIN, "t": [1, 2]}, {"time": "t"}, "must hold times"),
        ({**PLAIN, "s": [0.5, 1.5]}, {"source": "s"}, "must hold names"),
    ],
)
def test_what_cannot_have_its_role_is_refused_by_name(columns: dict[str, Any], wanted: Any, reason: str) -> None:
    with pytest.raises(RecordingError, match=reason):
        assigned(columns, **wanted)


def test_true_and_false_go_with_one_and_zero_and_that_is_told() -> None:
    table, _, notes = assigned({"label": [1, 0, None], "prediction": [True, True, False]})

    assert table.column("prediction").to_pylist() == [1, 1, 0]
    assert notes[-1] == "prediction holds true and false where label holds 1 and 0: it was recorded as 1 and 0"


def test_rows_without_a_label_are_told_and_left_out_of_the_metrics() -> None:
    columns = {"label": ["a", None, "b", "b"], "prediction": ["a", "a", None, "a"]}
    _, _, notes = assigned(columns)

    found = measured(columns)

    assert [note.partition(":")[0] for note in notes] == [
        "1 of 4 rows have no label (label)",
        "1 of 4 rows have no prediction (prediction)",
    ]
    assert (found["rows"], found["rows_left_out"], found["accuracy"], found["errors"]) == (4, 2, 0.5, 1)


@pytest.mark.parametrize(
    ("label", "prediction", "task"),
    [
        (["a"], ["b"], "classification"),
        ([True], [False], "classification"),
        ([1, 2, 3], [1, 2, 2], "classification"),
        ([1.0, 2.0], [1, 1], "classification"),
        ([1, 2], [1.5, 2.0], "regression"),
        (list(range(102)), list(range(102)), "regression"),
    ],
)
def test_the_task_is_seen_from_the_labels(label: Any, prediction: Any, task: str) -> None:
    table, roles, _ = assigned({"label": label, "prediction": prediction})

    assert task_of(table, roles, None) == task


def test_the_task_may_be_said_where_it_is_possible() -> None:
    table, roles, _ = assigned({"label": [1, 2], "prediction": [1, 3]})
    text, text_roles, _ = assigned(PLAIN)

    assert task_of(table, roles, "regression") == "regression"
    with pytest.raises(RecordingError, match="needs numbers"):
        task_of(text, text_roles, "regression")
    with pytest.raises(RecordingError, match="'classification' or 'regression'"):
        task_of(text, text_roles, "ranking")  # type: ignore[arg-type]


def test_metrics_of_classes_are_those_of_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.metrics", reason="the extra provgraph[demo] is not installed")
    rng = np.random.default_rng(3)
    label, prediction = (rng.choice(["clean", "pit", "stain"], 500, p=[0.7, 0.2, 0.1]) for _ in range(2))

    found = measured({"label": label, "prediction": prediction})

    classes = ["clean", "pit", "stain"]
    confusion = found["confusion"]
    assert isinstance(confusion, Struct)
    expected = sklearn.confusion_matrix(label, prediction, labels=classes)
    assert confusion.data == {"classes": classes, "counts": expected.tolist()}
    assert found["accuracy"] == pytest.approx(sklearn.accuracy_score(label, prediction), rel=1e-5)
    for at, name in enumerate(classes):
        recall = sklearn.recall_score(label, prediction, average=None, labels=classes)[at]
        precision = sklearn.precision_score(label, prediction, average=None, labels=classes)[at]
        assert found[f"recall_{name}"] == pytest.approx(recall, rel=1e-5)
        assert found[f"precision_{name}"] == pytest.approx(precision, rel=1e-5)
        assert found[f"support_{name}"] == int((label == name).sum())


def test_whole_numbers_and_doubles_are_the_same_classes() -> None:
    found = measured({"label": [1, 2, 2], "prediction": [1.0, 2.0, 1.0]})

    assert found["confusion"] == Struct.of({"classes": ["1", "2"], "counts": [[1, 0], [1, 1]]})


def test_many_classes_have_an_accuracy_and_no_confusion() -> None:
    names = [f"class {n}" for n in range(101)]

    found = measured({"label": names, "prediction": names})

    assert found == {
        "task": "classification",
        "rows": 101,
        "rows_left_out": 0,
        "classes": 101,
        "errors": 0,
        "accuracy": 1.0,
    }


def test_metrics_of_numbers_leave_out_what_is_not_finite() -> None:
    found = measured({"label": [1.5, 2.0, 3.0, 1e308], "prediction": [2.0, 2.0, np.inf, -1e308]})

    assert found["mean_absolute_error"] == pytest.approx(0.25)
    assert found["median_absolute_error"] == pytest.approx(0.25)
    assert found["root_mean_squared_error"] == pytest.approx(0.353553)
    assert found["mean_error"] == pytest.approx(0.25)


def test_metrics_of_a_loss() -> None:
    found = measured({"loss": [1.0, 2.0, 6.0, None]}, loss="loss")

    assert found == {
        "task": "loss",
        "rows": 4,
        "mean_loss": 3.0,
        "median_loss": 2.0,
        "loss_p95": 5.6,
        "rows_without_loss": 1,
    }
