"""Outcomes computed: columns of a frame become truth values or losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from provgraph.errors import InvalidValueError
from provgraph.slicing import cells, words
from provgraph.slicing.outcome import Measured, Outcome
from provgraph.slicing.table import Mask

if TYPE_CHECKING:
    from provgraph.slicing.cells import Kind

__all__ = ["as_outcome", "column_of", "measure"]

# The fourth power of a loss, times the rows of a table, must be a number.
_LARGEST = 1e60
_FAMILY: dict[Kind, str] = {"bool": "numbers", "number": "numbers", "text": "text", "time": "times"}


def column_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """The column of this name, with rows numbered from 0.

    Raises:
        InvalidValueError: there is none, or there are two.
    """
    places = [place for place, known in enumerate(frame.columns) if str(known) == name]
    if not places:
        known = ", ".join(words.label(str(each)) for each in frame.columns[:20]) or "none"
        raise InvalidValueError(f"no column {words.label(name)} in the frame; there are: {known}")
    if len(places) > 1:
        raise InvalidValueError(f"two columns are named {words.label(name)}: give each a name of its own")
    return frame.iloc[:, places[0]].reset_index(drop=True)


def as_outcome(frame: pd.DataFrame, outcome: Outcome | str) -> Outcome:
    """The outcome, or what the column of this name holds: right and wrong (0 and 1), or else a loss."""
    if isinstance(outcome, Outcome):
        return outcome
    column = column_of(frame, outcome)
    if cells.kind_of(column) == "number":
        values, missing = cells.numbers(column)
        present = values[~missing]
        if not ((present == 0) | (present == 1)).all():
            return Outcome.loss(outcome)
    return Outcome.column(outcome)


def measure(outcome: Outcome, frame: pd.DataFrame) -> Measured:
    """See `Outcome.measure`."""
    columns = [column_of(frame, name) for name in outcome.columns]
    if outcome.kind == "column":
        return _truth(outcome, columns[0])
    if outcome.kind == "loss":
        return _losses(outcome, *_finite(outcome.columns[0], columns[0]))
    if outcome.kind == "regression":
        truth, no_truth = _finite(outcome.columns[0], columns[0])
        guess, no_guess = _finite(outcome.columns[1], columns[1])
        with np.errstate(over="ignore"):
            return _losses(outcome, np.abs(truth - guess), no_truth | no_guess)
    return _classes(outcome, columns[0], columns[1])


def _kept(left_out: Mask, what: str) -> tuple[Mask | None, tuple[str, ...]]:
    gone = int(np.count_nonzero(left_out))
    if not gone:
        return None, ()
    said = "1 row is" if gone == 1 else f"{words.count(gone)} rows are"
    return ~left_out, (f"{said} left out: {what}.",)


def _truth(outcome: Outcome, column: pd.Series) -> Measured:
    kind = cells.kind_of(column)
    if column.isna().all():
        truth, missing = np.zeros(len(column), np.bool_), np.ones(len(column), np.bool_)
    elif kind == "bool":
        missing = column.isna().to_numpy(np.bool_)
        truth = (column.where(~missing, False) if missing.any() else column).to_numpy(dtype=np.bool_)
    elif kind == "number":
        values, missing = cells.numbers(column)
        truth = values == 1
        odd = values[~missing & ~truth & (values != 0)]
        if odd.size:
            raise InvalidValueError(
                f"{outcome.value} must hold 0 and 1, or truth values, but holds {words.label(odd[0].item())}: "
                "a number that is the larger the worse is an Outcome.loss"
            )
    else:
        raise InvalidValueError(f"{outcome.value} must hold 0 and 1, or truth values, not {column.dtype} cells")
    kept, notes = _kept(missing, f"{outcome.value} is missing")
    return Measured(truth if kept is None else truth[kept], kept, notes)


def _finite(name: str, column: pd.Series) -> tuple[npt.NDArray[np.float64], Mask]:
    if column.isna().all():
        return np.full(len(column), np.nan), np.ones(len(column), np.bool_)
    if cells.kind_of(column) not in ("number", "bool"):
        raise InvalidValueError(f"{name} must hold numbers, not {column.dtype} cells")
    values, missing = cells.numbers(column)
    return np.asarray(values, np.float64), missing


def _losses(outcome: Outcome, losses: npt.NDArray[np.float64], missing: Mask) -> Measured:
    left_out = missing | ~np.isfinite(losses)
    largest = float(np.abs(losses[~left_out]).max(initial=0.0))
    if largest > _LARGEST:
        raise InvalidValueError(
            f"{' and '.join(outcome.columns)} give a loss of {largest:.3g}: up to {_LARGEST:g} can be compared"
        )
    kept, notes = _kept(left_out, f"{' or '.join(outcome.columns)} is missing or not finite")
    return Measured(losses if kept is None else losses[kept], kept, notes)


def _classes(outcome: Outcome, label: pd.Series, prediction: pd.Series) -> Measured:
    _comparable(outcome, label, prediction)
    missing = (label.isna() | prediction.isna()).to_numpy(np.bool_)
    what = f"{' or '.join(outcome.columns)} is missing"
    if outcome.kind == "errors":
        kept, notes = _kept(missing, what)
        wrong = _differ(label, prediction)
        return Measured(wrong if kept is None else wrong[kept], kept, notes)
    _, notes = _kept(missing, what)
    truth, said = _is(label, outcome.of) & ~missing, _is(prediction, outcome.of) & ~missing
    if not truth.any() and not said.any():
        classes = sorted(words.label(value) for value in label.dropna().unique().tolist())
        raise InvalidValueError(
            f"{words.label(outcome.of)} is no class of {outcome.label}; there are: {', '.join(classes[:20]) or 'none'}"
        )
    kept = truth if outcome.kind == "misses" else ~truth & ~missing
    wrong = ~said if outcome.kind == "misses" else said
    return Measured(wrong[kept], kept, notes)


def _comparable(outcome: Outcome, label: pd.Series, prediction: pd.Series) -> None:
    """Refuse columns whose cells could never agree."""
    families = [_FAMILY.get(cells.kind_of(_decoded(column)), "") for column in (label, prediction)]
    if all(families) and families[0] != families[1] and not (label.isna().all() or prediction.isna().all()):
        raise InvalidValueError(
            f"{outcome.label} holds {families[0]} and {outcome.prediction} holds {families[1]}: they could never agree"
        )


def _decoded(column: pd.Series) -> pd.Series:
    """For categories: the categories, whose type is that of the cells."""
    return pd.Series(column.cat.categories) if isinstance(column.dtype, pd.CategoricalDtype) else column


def _differ(label: pd.Series, prediction: pd.Series) -> Mask:
    """Where two columns differ; whatever, where one is missing."""
    both = [isinstance(column.dtype, pd.CategoricalDtype) for column in (label, prediction)]
    if all(both):
        places = label.cat.categories.get_indexer(prediction.cat.categories)
        # -2 is no place: a category that only the prediction has.
        code_of = np.append(np.where(places < 0, -2, places), -1)
        return np.asarray(label.cat.codes.to_numpy() != code_of[prediction.cat.codes.to_numpy()])
    left, right = (
        column.astype(column.cat.categories.dtype) if category else column
        for column, category in zip((label, prediction), both, strict=True)
    )
    return left.ne(right).fillna(True).to_numpy(dtype=np.bool_)


def _is(column: pd.Series, of: str | float | None) -> Mask:
    """Where the cell is the class; by its text if nothing is it otherwise: a command line knows only text."""
    found = column.eq(of if of is not None else "").fillna(False).to_numpy(dtype=np.bool_)
    return found if found.any() else np.asarray(cells.texts(column) == words.label(of), np.bool_)
