"""Outcomes as people write them."""

from __future__ import annotations

import pandas as pd
import pytest

from provgraph.analysis.wanted import outcome_named
from provgraph.errors import InvalidValueError
from provgraph.slicing import Outcome

FRAME = pd.DataFrame({"y": ["a", "b"], "z": ["a", "a"], "wrong": [0, 1], "cost": [0.5, 2.0], "misses:b": [1, 0]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("errors", Outcome.errors("y", "z")),
        ("regression", Outcome.regression("y", "z")),
        ("misses:a", Outcome.misses("a", label="y", prediction="z")),
        ("false-alarms:a", Outcome.false_alarms("a", label="y", prediction="z")),
        ("loss:cost", Outcome.loss("cost")),
        ("wrong", Outcome.column("wrong")),
        ("cost", Outcome.loss("cost")),
        ("misses:b", Outcome.column("misses:b")),
    ],
)
def test_each_word_is_its_outcome_and_a_column_goes_first(text: str, expected: Outcome) -> None:
    assert outcome_named(text, FRAME, label="y", prediction="z") == expected


@pytest.mark.parametrize("text", ["", "error", "misses", "misses:", "loss:", "hits:a", "errors:a"])
def test_anything_else_is_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(InvalidValueError, match="misses:CLASS"):
        outcome_named(text, FRAME, label="y", prediction="z")


def test_errors_need_a_label_and_a_prediction() -> None:
    with pytest.raises(InvalidValueError, match="needs a label"):
        outcome_named("errors", FRAME, label=None, prediction="z")
