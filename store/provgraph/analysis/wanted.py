"""What counts as an error, as a person writes it in one word: `misses:scratch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provgraph.errors import InvalidValueError
from provgraph.slicing import Outcome
from provgraph.slicing.measuring import as_outcome

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["outcome_named"]


def outcome_named(text: str, frame: DataFrame, *, label: str | None, prediction: str | None) -> Outcome:
    """The outcome of a text.

    `errors` and `regression` compare label and prediction; `misses:CLASS` and `false-alarms:CLASS` are those of a
    class; `loss:COLUMN` is a number, the larger the worse. Anything else is a column of the frame: 0 and 1, truth
    values, or a loss.

    Args:
        text: what a person wrote.
        frame: one row per prediction.
        label, prediction: the columns that hold what is true and what was predicted; None where there are none.

    Raises:
        InvalidValueError: it is nothing of these, or needs columns that are not there.
    """
    if text in {str(name) for name in frame.columns}:
        return as_outcome(frame, text)
    word, colon, rest = text.partition(":")
    if word == "loss" and rest:
        return Outcome.loss(rest)
    of_class = word in ("misses", "false-alarms") and bool(rest)
    if not of_class and (colon or word not in ("errors", "regression")):
        raise InvalidValueError(
            f"{text!r} is neither a column nor an outcome: write errors, misses:CLASS, false-alarms:CLASS, regression, "
            "loss:COLUMN, or the name of a column"
        )
    if label is None or prediction is None:
        raise InvalidValueError(f"{text} needs a label and a prediction, and the table does not say which they are")
    if word == "misses":
        return Outcome.misses(rest, label=label, prediction=prediction)
    if word == "false-alarms":
        return Outcome.false_alarms(rest, label=label, prediction=prediction)
    return Outcome.errors(label, prediction) if word == "errors" else Outcome.regression(label, prediction)
