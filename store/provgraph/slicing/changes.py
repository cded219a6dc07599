"""What a comparison of two models answers: plain values."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provgraph.slicing import words
from provgraph.slicing.values import Interval, Json, Term

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Change", "ComparisonReport", "Unmatched"]


@dataclass(frozen=True, slots=True)
class Change:
    """Rows that both models saw, and how their errors (or losses) differ.

    Attributes:
        predicate: the terms, all of which hold; none for all rows.
        n: rows.
        rate: share of rows that the first model has wrong (or its mean loss).
        other_rate: the same of the second model.
        only_first: rows that only the first has wrong; None for a loss.
        only_second: rows that only the second has wrong; None for a loss.
        difference: `other_rate` less `rate`: above 0, the second model is worse.
        interval: of `difference`: Bonett and Price's for matched rates (of losses: Student's), at 95 % confidence.
        p: two-sided: McNemar's exact test, mid-p (of losses: Student's t of the differences).
        q: p corrected for every slice tested, either way; None for all rows together, which is one test.
        unit_q: by sampling units instead of rows, of "changed more than the other rows"; None where none was named.
    """

    predicate: tuple[Term, ...]
    n: int
    rate: float
    other_rate: float
    only_first: int | None
    only_second: int | None
    difference: float
    interval: Interval
    p: float
    q: float | None = None
    unit_q: float | None = None

    def __str__(self) -> str:
        """``line is L3 and camera is B``, or ``all rows``."""
        return words.joined([str(term) for term in self.predicate])

    def sentence(self) -> str:
        """What an engineer reads first, in one sentence."""
        if self.only_first is None or self.only_second is None:
            rates = [words.number(float(f"{each:.3g}")) for each in (self.rate, self.other_rate)]
            text = f"{self}: mean {rates[0]} became {rates[1]} over {words.count(self.n)} rows"
        else:
            text = (
                f"{self}: {words.percent(self.rate)} wrong became {words.percent(self.other_rate)} of "
                f"{words.count(self.n)} rows; {words.count(self.only_second)} only the second model has wrong, "
                f"{words.count(self.only_first)} only the first"
            )
        certainty = words.chance("p", self.p) if self.q is None else words.chance("q", self.q)
        if self.unit_q is not None:
            certainty += f", {words.chance('by sampling units', self.unit_q, '')}"
        return f"{text} ({certainty})."

    def to_dict(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "predicate": [term.to_dict() for term in self.predicate],
            "n": self.n,
            "rate": self.rate,
            "other_rate": self.other_rate,
            "only_first": self.only_first,
            "only_second": self.only_second,
            "difference": self.difference,
            "interval": {"low": _finite(self.interval.low), "high": _finite(self.interval.high)},
            "p": self.p,
            "q": self.q,
            "unit_q": self.unit_q,
            "sentence": self.sentence(),
        }


def _finite(bound: float) -> float | None:
    # A mean of one row has no interval.
    return bound if math.isfinite(bound) else None


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Rows that only one model saw.

    Attributes:
        rows: how many.
        samples: the first few, by their name.
    """

    rows: int
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """Where a second model is worse, and where it is better, than a first one on the same rows.

    Attributes:
        worse: slices that got worse, and more so than the other rows; the clearest first.
        better: slices that got better, and more so than the other rows.
        overall: all rows together.
        tested: slices tested, each either way.
        rows: rows that both models saw.
        only_first: rows that only the first model saw.
        only_second: rows that only the second saw.
        outcome: what counted as an error, in words.
        columns: columns that were searched.
        notes: what was left out and why, one sentence each.
        options: the settings, as JSON.
    """

    worse: tuple[Change, ...]
    better: tuple[Change, ...]
    overall: Change | None
    tested: int
    rows: int
    only_first: Unmatched
    only_second: Unmatched
    outcome: str
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    options: Mapping[str, Json]

    def sentences(self) -> tuple[str, ...]:
        """All rows together, then one sentence for each slice; where there is none, one that says so."""
        if self.overall is None:
            return ("No row was seen by both models.",)
        found = [self.overall.sentence()]
        found += [f"Worse: {change.sentence()}" for change in self.worse]
        found += [f"Better: {change.sentence()}" for change in self.better]
        if not self.worse and not self.better:
            found.append(f"No slice differs from the others beyond chance among {words.count(self.tested)} slices.")
        return tuple(found)

    def to_dict(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "worse": [change.to_dict() for change in self.worse],
            "better": [change.to_dict() for change in self.better],
            "overall": None if self.overall is None else self.overall.to_dict(),
            "tested": self.tested,
            "rows": self.rows,
            "only_first": {"rows": self.only_first.rows, "samples": list(self.only_first.samples)},
            "only_second": {"rows": self.only_second.rows, "samples": list(self.only_second.samples)},
            "outcome": self.outcome,
            "columns": list(self.columns),
            "notes": list(self.notes),
            "options": dict(self.options),
            "sentences": list(self.sentences()),
        }

    def to_json(self, *, indent: int | None = None) -> str:
        """The whole report as JSON text (RFC 8259: no NaN, no Infinity)."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False, ensure_ascii=False)

    def to_frame(self) -> pd.DataFrame:
        """One row per slice, with ``worse`` or ``better`` as its direction."""
        import pandas as pd

        rows = [
            (
                way, str(each), len(each.predicate), each.n, each.rate, each.other_rate, each.only_first,
                each.only_second, each.difference, each.interval.low, each.interval.high, each.p, each.q, each.unit_q,
            )
            for way, changes in (("worse", self.worse), ("better", self.better))
            for each in changes
        ]  # fmt: skip
        frame = pd.DataFrame(rows, columns=list(_KINDS))
        return frame.astype(_KINDS)


_KINDS: dict[str, str] = {
    "direction": "object", "slice": "object", "terms": "int64", "n": "int64", "rate": "float64",
    "other_rate": "float64", "only_first": "Int64", "only_second": "Int64", "difference": "float64", "low": "float64",
    "high": "float64", "p": "float64", "q": "float64", "unit_q": "float64",
}  # fmt: skip
