"""Where a model fails: the parts of a table in which errors, or losses, are more than chance lets expect.

Numbers in, numbers out: a frame with one row per prediction becomes a `SliceReport`. Nothing here knows a store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provgraph.slicing import extras

if TYPE_CHECKING:
    from provgraph.slicing.changes import Change as Change
    from provgraph.slicing.changes import ComparisonReport as ComparisonReport
    from provgraph.slicing.changes import Unmatched as Unmatched
    from provgraph.slicing.compare import compare_models as compare_models
    from provgraph.slicing.encoding import encode as encode
    from provgraph.slicing.events import EventEffect as EventEffect
    from provgraph.slicing.events import Share as Share
    from provgraph.slicing.events import corrected as corrected
    from provgraph.slicing.events import event_effect as event_effect
    from provgraph.slicing.events import event_effects as event_effects
    from provgraph.slicing.find import find_slices as find_slices
    from provgraph.slicing.find import measure_slice as measure_slice
    from provgraph.slicing.outcome import Outcome as Outcome
    from provgraph.slicing.rows import rows_of as rows_of
    from provgraph.slicing.table import EncodedColumn as EncodedColumn
    from provgraph.slicing.table import EncodedTable as EncodedTable
    from provgraph.slicing.trend import PeriodRate as PeriodRate
    from provgraph.slicing.trend import rate_over_time as rate_over_time
    from provgraph.slicing.values import Adjusted as Adjusted
    from provgraph.slicing.values import Alias as Alias
    from provgraph.slicing.values import Interval as Interval
    from provgraph.slicing.values import Range as Range
    from provgraph.slicing.values import Slice as Slice
    from provgraph.slicing.values import SliceReport as SliceReport
    from provgraph.slicing.values import Term as Term

_PLACES = {
    **dict.fromkeys(("Change", "ComparisonReport", "Unmatched"), "changes"),
    **dict.fromkeys(("EventEffect", "Share", "corrected", "event_effect", "event_effects"), "events"),
    **dict.fromkeys(("PeriodRate", "rate_over_time"), "trend"),
    "compare_models": "compare",
    "EncodedColumn": "table",
    "EncodedTable": "table",
    "Outcome": "outcome",
    "encode": "encoding",
    "find_slices": "find",
    "measure_slice": "find",
    "rows_of": "rows",
    **dict.fromkeys(("Adjusted", "Alias", "Interval", "Range", "Slice", "SliceReport", "Term"), "values"),
}

__all__ = [
    "Adjusted",
    "Alias",
    "Change",
    "ComparisonReport",
    "EncodedColumn",
    "EncodedTable",
    "EventEffect",
    "Interval",
    "Outcome",
    "PeriodRate",
    "Range",
    "Share",
    "Slice",
    "SliceReport",
    "Term",
    "Unmatched",
    "compare_models",
    "corrected",
    "encode",
    "event_effect",
    "event_effects",
    "find_slices",
    "measure_slice",
    "rate_over_time",
    "rows_of",
]


def __getattr__(name: str) -> object:
    # Loaded when asked for: the library is imported without numpy and pandas, which may not be there.
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'provgraph.slicing' has no attribute {name!r}")
    value: object = getattr(extras.load(f"provgraph.slicing.{place}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
