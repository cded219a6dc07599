"""Another model on the same samples: which slices are worse, and which better, than with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provgraph.analysis.joined import Joined
from provgraph.errors import InvalidValueError
from provgraph.slicing import Outcome, compare_models
from provgraph.tables.predictions import PredictionTable

if TYPE_CHECKING:
    from pandas import DataFrame

    from provgraph.analysis.options import SliceOptions
    from provgraph.slicing import ComparisonReport

__all__ = ["check_samples", "compare_with", "frame_like"]

_ROLES: Final = ("label", "prediction", "loss", "sample", "source", "unit", "time")


def check_samples(*tables: PredictionTable) -> None:
    """Check that the rows of tables can be matched.

    Raises:
        InvalidValueError: one does not say which sample each row is.
    """
    for table in tables:
        if table.role("sample") is None:
            raise InvalidValueError(
                f"{table.artifact.label} does not say which sample each row is: record it with sample=, so that the "
                "rows of two models can be matched"
            )


def frame_like(other: PredictionTable, table: PredictionTable) -> DataFrame:
    """The rows of another table, its columns called as those of `table` that have the same role."""
    frame = other.frame()
    renamed = {
        theirs: ours
        for role in _ROLES
        for theirs, ours in zip(other.roles.get(role, ()), table.roles.get(role, ()), strict=False)
        if theirs != ours
    }
    return frame.drop(columns=[name for name in renamed.values() if name in frame and name not in renamed]).rename(
        columns=renamed
    )


def compare_with(
    before: Joined,
    frame: DataFrame,
    outcome: Outcome,
    *,
    sample: str,
    unit: str | None,
    options: SliceOptions,
) -> ComparisonReport:
    """Compare two models, sample by sample: the second is worse where a slice is worse than with the first.

    Args:
        before: the rows of the other model, which is the first, with all columns.
        frame: the rows of the model that is analysed, which is the second.
        outcome: what counts as an error.
        sample: the column of samples, in both.
        unit: the column of sampling units.
        options: what is searched.
    """
    return compare_models(
        before.encoded,
        frame,
        outcome=outcome,
        sample=sample,
        columns=None if options.columns is None else before.encoded.names,
        unit=unit,
        depth=options.depth,
        correction=options.correction,
        alpha=options.alpha,
        min_support=options.min_support,
        min_difference=options.min_difference,
        limit=options.limit,
        permutations=options.permutations,
        seed=options.seed,
    )
