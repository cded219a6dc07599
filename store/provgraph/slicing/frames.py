"""A report as a pandas frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from provgraph.slicing.values import SliceReport

__all__ = ["report_frame"]

_COLUMNS = (
    "slice", "terms", "n", "errors", "rate", "low", "high", "rest_rate", "difference", "difference_low",
    "difference_high", "lift", "excess", "p", "q", "unit_q", "aliases",
)  # fmt: skip


def report_frame(report: SliceReport) -> pd.DataFrame:
    """One row per slice; columns of one dtype each, whatever was found."""
    rows = [
        (
            str(found), len(found.predicate), found.n, found.errors, found.rate, found.interval.low,
            found.interval.high, found.rest_rate, found.difference, found.difference_interval.low,
            found.difference_interval.high, found.lift, found.excess, found.p, found.q, found.unit_q,
            "; ".join(" and ".join(str(term) for term in alias.predicate) for alias in found.aliases),
        )
        for found in report.slices
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    kinds: dict[str, str] = dict.fromkeys(_COLUMNS[4:-1], "float64")
    kinds |= {"slice": "object", "aliases": "object", "terms": "int64", "n": "int64", "errors": "Int64"}
    return frame.astype(kinds)
