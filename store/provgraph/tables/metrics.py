"""How well predictions fit their labels, as properties of a `Metrics` artifact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from provgraph.model import JsonValue, Struct, Value
from provgraph.tables.arrow import Table, pa, pc
from provgraph.tables.roles import Roles, Task

__all__ = ["metrics_of"]

_MOST_CLASSES: Final = 100  # of which a confusion and the values of each class are kept
_DIGITS: Final = 6


def metrics_of(table: Table, roles: Roles, task: Task) -> dict[str, Value]:
    """The metrics of a table; rows that miss a label, a prediction or a loss are left out and counted.

    Classification: accuracy, errors, recall, precision and support of each class (up to 100), the confusion.
    Regression: mean and median absolute error, root of the mean squared error, mean error. A loss: mean, median, 95th
    percentile.
    """
    found: dict[str, Value] = {"task": task, "rows": table.num_rows}
    label, prediction, loss = roles.one("label"), roles.one("prediction"), roles.one("loss")
    if label is not None and prediction is not None:
        both = pc.and_(table.column(label).is_valid(), table.column(prediction).is_valid())
        kept = table.select(list(dict.fromkeys((label, prediction)))).filter(both)
        found["rows_left_out"] = table.num_rows - kept.num_rows
        if kept.num_rows and task == "classification":
            found |= _classes(kept, label, prediction)
        elif kept.num_rows:
            found |= _numbers(kept, label, prediction)
    if loss is not None:
        found |= _losses(_doubles(table, loss))
    return found


def _classes(table: Table, label: str, prediction: str) -> Mapping[str, Value]:
    names, truth, guess = _codes(table, label, prediction)
    count = len(names)
    right = int((truth == guess).sum())
    rows = table.num_rows
    found: dict[str, Value] = {"classes": count, "errors": rows - right, "accuracy": _rounded(right / rows)}
    if count > _MOST_CLASSES:
        return found
    confusion = np.bincount(truth * count + guess, minlength=count * count).reshape(count, count)
    hits, actual, said = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    for at, name in enumerate(names):
        if actual[at]:
            found[f"recall_{name}"] = _rounded(hits[at] / actual[at])
        if said[at]:
            found[f"precision_{name}"] = _rounded(hits[at] / said[at])
        found[f"support_{name}"] = int(actual[at])
    rows_of: list[JsonValue] = [[int(n) for n in row] for row in confusion]
    found["confusion"] = Struct.of({"classes": list(names), "counts": rows_of})
    return found


def _codes(table: Table, label: str, prediction: str) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """The names of the classes, in their order, and for each row the number of its label and of its prediction."""
    columns = [table.column(label), table.column(prediction)]
    if columns[0].type != columns[1].type:  # integers and doubles
        columns = [column.cast(pa.float64()) for column in columns]
    values = pa.chunked_array([chunk for column in columns for chunk in cast("Any", column).chunks]).unique()
    values = values.take(pc.sort_indices(values))
    truth, guess = (np.asarray(pc.index_in(column, value_set=values).to_numpy(), np.int64) for column in columns)
    return [_name(value) for value in values.to_pylist()], truth, guess


def _name(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).replace("\0", "\N{SYMBOL FOR NULL}")[:200] or "(empty)"


def _numbers(table: Table, label: str, prediction: str) -> Mapping[str, Value]:
    with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite says so itself
        gap = _doubles(table, prediction) - _doubles(table, label)
        gap = gap[np.isfinite(gap)]
        if not len(gap):
            return {}
        off = np.abs(gap)
        return {
            "mean_absolute_error": _rounded(off.mean()),
            "median_absolute_error": _rounded(np.median(off)),
            "root_mean_squared_error": _rounded(np.sqrt((gap * gap).mean())),
            "mean_error": _rounded(gap.mean()),
        }


def _losses(losses: NDArray[np.float64]) -> Mapping[str, Value]:
    kept = losses[np.isfinite(losses)]
    if not len(kept):
        return {"rows_without_loss": len(losses)}
    return {
        "mean_loss": _rounded(kept.mean()),
        "median_loss": _rounded(np.median(kept)),
        "loss_p95": _rounded(np.quantile(kept, 0.95)),
        "rows_without_loss": len(losses) - len(kept),
    }


def _doubles(table: Table, name: str) -> NDArray[np.float64]:
    return np.asarray(table.column(name).cast(pa.float64()).to_numpy(), np.float64)


def _rounded(value: float | np.floating[Any]) -> float:
    """To six digits that count: metrics are read by people, and summed in another order by another library."""
    return float(f"{float(value):.{_DIGITS}g}")
