"""What an error analysis answers: plain values, which know neither a frame nor an array and become JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from provgraph.slicing import words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Adjusted", "Alias", "Interval", "Json", "Range", "Slice", "SliceReport", "Term", "Value"]

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class Interval:
    """The bounds of an estimate, at 95 % confidence."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` on and below `high`; None is an open end."""

    low: float | None
    high: float | None

    def __str__(self) -> str:
        """As a report shows it: ``12 to 15``, ``under 12``, ``15 and over``."""
        if self.low is None:
            return "any" if self.high is None else f"under {words.number(self.high)}"
        if self.high is None:
            return f"{words.number(self.low)} and over"
        return f"{words.number(self.low)} to {words.number(self.high)}"


# A value of a column as a report carries it. None: the value is missing.
Value: TypeAlias = str | int | float | bool | Range | None


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on a row: ``column = value``; for a column of several values, that the value is among them.

    Attributes:
        column: the name of the column, with its part for a time (``taken.hour``).
        value: the value; a `Range` of a numeric column; None where the value is missing.
        label: the value as it is shown; made from it if not given.
    """

    column: str
    value: Value
    label: str = ""

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", words.label(self.value))

    def __str__(self) -> str:
        """``camera is B``."""
        return f"{self.column} is {self.label}"

    def to_dict(self) -> dict[str, Json]:
        """As JSON: column, value (a range as ``{"low": …, "high": …}``) and label."""
        value: Json
        if isinstance(self.value, Range):
            value = {"low": _finite(self.value.low), "high": _finite(self.value.high)}
        else:
            value = _finite(self.value) if isinstance(self.value, float) else self.value
        return {"column": self.column, "value": value, "label": self.label}


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of (nearly) the same rows.

    Attributes:
        predicate: its terms.
        jaccard: rows in both divided by rows in either; 1 for the very same rows.
    """

    predicate: tuple[Term, ...]
    jaccard: float

    @property
    def same_rows(self) -> bool:
        """Whether the rows are the very same; else the two can hardly be told apart."""
        return self.jaccard == 1.0

    def to_dict(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "predicate": [term.to_dict() for term in self.predicate],
            "jaccard": self.jaccard,
            "same_rows": self.same_rows,
        }


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The ratio of error rates (slice to rest) once the strata of another column are held fixed.

    Attributes:
        by: the column.
        crude: the ratio without strata, over the same rows.
        ratio: the Mantel-Haenszel ratio; None where no stratum holds rows of both, the slice and the rest.
        interval: of `ratio`.
        overlap: the share of the slice's rows whose stratum holds rows of the rest too: 0 where the two cannot be
            separated.
    """

    by: str
    crude: float | None
    ratio: float | None
    interval: Interval | None
    overlap: float

    def to_dict(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "by": self.by,
            "crude": _finite(self.crude),
            "ratio": _finite(self.ratio),
            "interval": _bounds(self.interval),
            "overlap": self.overlap,
        }


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that share up to three properties, and how wrong they are beside the rest.

    For a loss, rates are means, `errors` is None and `excess` is how much loss the rest's mean would have spared.

    Attributes:
        predicate: the terms, all of which hold.
        n: rows.
        errors: wrong rows; None for a loss.
        rate: share of wrong rows (or mean loss).
        interval: of `rate`: Wilson's (of a mean: Student's).
        rest_rate: the same of all other rows.
        difference: `rate` less `rest_rate`.
        difference_interval: Newcombe's (of means: Welch's).
        lift: `rate` divided by `rest_rate`; infinite where the rest has no error, not a number where no ratio exists.
        excess: errors (or loss) above what the rest's rate would have made.
        p: of the one-sided test against the rest.
        q: p corrected for everything that was tested; None for a slice made by hand, where nothing is claimed.
        unit_q: the same by sampling units instead of rows (for a slice made by hand: p); None where none was named.
        aliases: other names of (nearly) the same rows.
        adjusted: the ratio within strata.
        by_hand: whether a person chose it.
    """

    predicate: tuple[Term, ...]
    n: int
    errors: int | None
    rate: float
    interval: Interval
    rest_rate: float
    difference: float
    difference_interval: Interval
    lift: float
    excess: float
    p: float
    q: float | None
    unit_q: float | None = None
    aliases: tuple[Alias, ...] = ()
    adjusted: tuple[Adjusted, ...] = ()
    by_hand: bool = False

    def __str__(self) -> str:
        """``line is L3 and camera is B``."""
        return words.joined([str(term) for term in self.predicate])

    def sentence(self) -> str:
        """What an engineer reads first, in one sentence."""
        return words.sentence(self)

    def to_dict(self) -> dict[str, Json]:
        """As JSON; what is infinite becomes null."""
        return {
            "predicate": [term.to_dict() for term in self.predicate],
            "n": self.n,
            "errors": self.errors,
            "rate": self.rate,
            "interval": _bounds(self.interval),
            "rest_rate": _finite(self.rest_rate),
            "difference": _finite(self.difference),
            "difference_interval": _bounds(self.difference_interval),
            "lift": _finite(self.lift),
            "excess": _finite(self.excess),
            "p": self.p,
            "q": self.q,
            "unit_q": self.unit_q,
            "aliases": [alias.to_dict() for alias in self.aliases],
            "adjusted": [each.to_dict() for each in self.adjusted],
            "by_hand": self.by_hand,
            "sentence": self.sentence(),
        }


@dataclass(frozen=True, slots=True)
class SliceReport:
    """The slices found, best first, and what they were found among.

    Attributes:
        slices: in the order in which each explains most of what those before it leave.
        tested: slices tested: each had its chance to come up, and q is corrected for all of them.
        rows: rows analysed.
        errors: wrong rows; None for a loss.
        rate: share of wrong rows (or mean loss).
        outcome: what counted as an error, in words.
        columns: columns that were searched.
        notes: what was left out and why, and what to keep in mind; one sentence each.
        options: the settings, as JSON.
    """

    slices: tuple[Slice, ...]
    tested: int
    rows: int
    errors: int | None
    rate: float | None
    outcome: str
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    options: Mapping[str, Json]

    def sentences(self) -> tuple[str, ...]:
        """One for each slice; where there is none, one that says so."""
        if self.slices:
            return tuple(found.sentence() for found in self.slices)
        if not self.tested:
            return ("Nothing could be tested: see the notes.",)
        return (f"Nothing beyond chance among {words.count(self.tested)} slices.",)

    def to_dict(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "slices": [found.to_dict() for found in self.slices],
            "tested": self.tested,
            "rows": self.rows,
            "errors": self.errors,
            "rate": _finite(self.rate),
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
        """One row per slice: its words, its numbers, its intervals as two columns each."""
        from provgraph.slicing.frames import report_frame

        return report_frame(self)


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _bounds(interval: Interval | None) -> dict[str, Json] | None:
    return None if interval is None else {"low": _finite(interval.low), "high": _finite(interval.high)}
