"""Another model on the same samples: which slices are worse and which better than there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provgraph.analysis.joined import Joined
from provgraph.errors import InvalidValueError
from provgraph.slicing import Outcome, compare_models
from provgraph.store.core import StoreCore
from provgraph.tables.predictions import PredictionTable

if TYPE_CHECKING:
    from pandas import DataFrame

    from provgraph.slicing import ComparisonReport

__all__ = ["compare_with"]

# Roles that an outcome reads: the other table may call their columns otherwise.
_READ: Final = ("label", "prediction", "loss")


def compare_with(
    table: PredictionTable, joined: Joined, other: PredictionTable, outcome: Outcome, *, unit: str | None, depth: int
) -> ComparisonReport:
    """Compare with the predictions of another model, sample by sample.

    Args:
        table: the predictions that are analysed.
        joined: its rows.
        other: the predictions of the other model.
        outcome: what counts as an error of the former.
        unit: the column of sampling units.
        depth: terms of a slice.

    Raises:
        InvalidValueError: one of the tables has no samples, or the other lacks what the outcome reads.
    """
    sample = table.role("sample")
    for each in (table, other):
        if each.role("sample") is None:
            raise InvalidValueError(
                f"{each.artifact.label} does not say which sample each row is: record it with sample=, so that the rows "
                "of two models can be matched"
            )
    return compare_models(
        _alike(table, other, outcome), joined.encoded, outcome=outcome, sample=sample, unit=unit, depth=depth
    )


def _alike(table: PredictionTable, other: PredictionTable, outcome: Outcome) -> DataFrame:
    """The other table's rows, with what is read of them under the names that the first has."""
    renamed: dict[str, str] = {}
    for role in (*_READ, "sample"):
        ours, theirs = table.role(role), other.role(role)
        if ours is not None and (role == "sample" or ours in outcome.columns):
            if theirs is None:
                raise InvalidValueError(f"{other.artifact.label} has no {role}, and {outcome} is to be compared")
            renamed[theirs] = ours
    own = {name for role in _READ for name in (table.role(role),) if name}
    for name in outcome.columns:
        if name not in own:
            renamed.setdefault(name, name)
    return other.frame(list(renamed)).rename(columns=renamed)
