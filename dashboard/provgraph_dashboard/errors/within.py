"""A slice beside the rest within the values of another column: what of its difference is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from provgraph.analysis.result import ErrorAnalysis
from provgraph.slicing import Adjusted, Slice, Term, measure_slice, rows_of, words
from provgraph_dashboard.errors.conditions import column_named
from provgraph_dashboard.errors.measured import Counts, Rows, count_by

__all__ = ["Within", "strata_choices", "within"]

_MOST_VALUES: Final = 60
_SHOWN: Final = 9
_ENOUGH: Final = 0.95


@dataclass(frozen=True, slots=True)
class Within:
    """What is left of a difference.

    Attributes:
        by: the column that is held fixed.
        verdict: in a sentence.
        gone: whether no difference is left.
        adjusted: the ratios.
        lines: of each value, the largest part of the slice first: its label, and rows of the slice and of the rest.
        more: values that are not among the lines.
    """

    by: str
    verdict: str
    gone: bool
    adjusted: Adjusted
    lines: tuple[tuple[str, Counts, Counts], ...]
    more: int


def strata_choices(analysis: ErrorAnalysis, predicate: tuple[Term, ...]) -> list[str]:
    """The columns within which a slice can be compared, the true class first."""
    own = {term.column for term in predicate}
    label = analysis.outcome.label if analysis.outcome.kind in ("errors", "false alarms") else None
    found = [] if label is None else [label]
    found += [
        column.name
        for column in analysis.encoded.columns
        if not column.several and 2 <= len(column.values) <= _MOST_VALUES
    ]
    return [name for name in dict.fromkeys(found) if name not in own]


def within(analysis: ErrorAnalysis, found: Slice, by: str, rows: Rows) -> Within | None:
    """A slice within the values of a column; None where the column makes no strata.

    Raises:
        InvalidValueError: there is no such column.
    """
    measured = measure_slice(
        analysis.encoded, found.predicate, outcome=analysis.outcome, unit=None, strata=[by]
    ).adjusted
    adjusted = next((each for each in measured if each.by == by), None)
    if adjusted is None:
        return None
    inside = rows_of(analysis.encoded, found.predicate)
    column = column_named(analysis, by)
    pairs = zip(column.labels, count_by(column, rows, inside), count_by(column, rows, ~inside), strict=True)
    lines = sorted((pair for pair in pairs if pair[1].n), key=lambda pair: -pair[1].n)
    gone, verdict = _verdict(adjusted)
    return Within(by, verdict, gone, adjusted, tuple(lines[:_SHOWN]), max(len(lines) - _SHOWN, 0))


def _verdict(found: Adjusted) -> tuple[bool, str]:
    crude = "" if found.crude is None else f" Without regard to it: {_short(found.crude)} times."
    if found.ratio is None or found.interval is None:
        return False, f"Cannot be told apart from {found.by}: no value of it has rows of both, the slice and the rest."
    bounds = f"{_short(found.interval.low)} to {_short(found.interval.high)}"
    partly = "" if found.overlap >= _ENOUGH else f" Only {words.percent(found.overlap)} of its rows can be compared."
    if found.interval.low <= 1.0 <= found.interval.high:
        return True, f"With the same {found.by} no difference is left: {_times(found.ratio)} ({bounds}).{crude}{partly}"
    way = "more" if found.ratio > 1.0 else "less"
    return False, f"With the same {found.by}, too, {way}: {_times(found.ratio)} ({bounds}).{crude}{partly}"


def _times(ratio: float) -> str:
    return f"{_short(ratio)} times the rate of the rest"


def _short(number: float) -> str:
    return words.number(float(f"{number:.2g}"))
