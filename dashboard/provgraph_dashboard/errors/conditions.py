"""Conditions that a slice is made of, as a person chooses them and as an address carries them.

In an address a condition is `column~is~value`, with `is` or another word of `OPERATORS`, and as many values as that
takes. A tilde inside a name or a value is written `!~`, an exclamation mark `!!`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, cast

import numpy as np

from provgraph.analysis.result import ErrorAnalysis
from provgraph.errors import InvalidValueError
from provgraph.slicing import EncodedColumn, Range, Term, encode, rows_of

Operator: TypeAlias = Literal["is", "not", "over", "from", "under", "between", "missing"]

OPERATORS: dict[Operator, str] = {
    "is": "is",
    "not": "is not",
    "over": "is over",
    "from": "is at least",
    "under": "is under",
    "between": "is between",
    "missing": "is missing",
}
"""What an address says, and what a person reads."""

NUMERIC: frozenset[Operator] = frozenset({"over", "from", "under", "between"})
MOST = 3
_LONGEST = 600
_MOST_VALUES = 20
_NUMBERS: dict[Operator, int] = {"over": 1, "from": 1, "under": 1, "between": 2, "missing": 0}


@dataclass(frozen=True, slots=True)
class Condition:
    """What the rows of a slice have in one column.

    Attributes:
        column: the name of the column.
        operator: how its value is compared.
        values: with what: of `is` and `not` any of these, of `between` the two ends.
    """

    column: str
    operator: Operator
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wanted = _NUMBERS.get(self.operator)
        if not self.column or (len(self.values) != wanted if wanted is not None else not self.values):
            raise InvalidValueError("a condition is a column, an operator, and its values")
        if self.operator in NUMERIC:
            bounds = [_number(value) for value in self.values]
            if bounds != sorted(set(bounds)):
                raise InvalidValueError(f"{self.values[0]} to {self.values[-1]} is no range: the smaller number first")

    def __str__(self) -> str:
        """As it stands in an address."""
        parts = (self.column, self.operator, *self.values)
        return "~".join(part.replace("!", "!!").replace("~", "!~") for part in parts)


def read(text: str) -> Condition:
    """The condition of a text.

    Raises:
        InvalidValueError: it is none.
    """
    parts = _parts(text) if len(text) <= _LONGEST else ["", ""]
    if len(parts) < 2 or parts[1] not in OPERATORS or len(parts) > 2 + _MOST_VALUES:
        raise InvalidValueError("a condition is written column~is~value")
    return Condition(parts[0], parts[1], tuple(parts[2:]))


def condition_of(term: Term) -> Condition:
    """The condition that says what a term of a report says."""
    value = term.value
    if value is None:
        return Condition(term.column, "missing")
    if isinstance(value, Range):
        if value.low is None or value.high is None:
            bound, operator = (value.high, "under") if value.low is None else (value.low, "from")
            if bound is None:
                raise InvalidValueError(f"{term} holds for every row")
            return Condition(term.column, cast("Operator", operator), (repr(float(bound)),))
        return Condition(term.column, "between", (repr(float(value.low)), repr(float(value.high))))
    return Condition(term.column, "is", (value if isinstance(value, str) else term.label,))


def terms_of(analysis: ErrorAnalysis, conditions: Sequence[Condition]) -> tuple[ErrorAnalysis, tuple[Term, ...]]:
    """The terms of conditions, and the analysis that knows their rows: one for several values is a column of its own.

    Raises:
        InvalidValueError: there is no such column, or no row has a value.
    """
    made: list[EncodedColumn] = []
    terms: list[Term] = []
    for condition in conditions:
        if condition.operator == "not" or (condition.operator == "is" and len(condition.values) > 1):
            column = _combined(analysis, condition)
            made.append(column)
            terms.append(column.term(0))
        else:
            terms.append(_term(analysis, condition))
    if made:
        encoded = replace(analysis.encoded, columns=(*made, *analysis.encoded.columns))
        analysis = replace(analysis, joined=replace(analysis.joined, encoded=encoded))
    return analysis, tuple(terms)


def column_named(analysis: ErrorAnalysis, name: str) -> EncodedColumn:
    """A column that is searched, or any other that the rows have, encoded like one.

    Raises:
        InvalidValueError: there is none.
    """
    known = {column.name: column for column in analysis.encoded.columns}
    if name in known:
        return known[name]
    frame = analysis.frame
    source = name if name in frame.columns else name.rpartition(".")[0]
    if source in frame.columns:
        for column in encode(frame, [source]).columns:
            if column.name == name:
                return column
    raise InvalidValueError(f"there is no column {name[:80]} in these predictions or upstream of them")


def _term(analysis: ErrorAnalysis, condition: Condition) -> Term:
    column, operator = condition.column, condition.operator
    if operator == "missing":
        return Term(column, None)
    if operator == "is":
        encoded = column_named(analysis, column)
        code = _code(encoded, condition.values[0])
        return Term(column, condition.values[0]) if code is None else encoded.term(code)
    bounds = [_number(value) for value in condition.values]
    shown = [f"{bound:.6g}" for bound in bounds]
    if operator == "over":  # ranges begin with their lower end: the next number above it
        return Term(column, Range(math.nextafter(bounds[0], math.inf), None), f"over {shown[0]}")
    if operator == "from":
        return Term(column, Range(bounds[0], None))
    if operator == "under":
        return Term(column, Range(None, bounds[0]))
    return Term(column, Range(bounds[0], bounds[1]))


def _combined(analysis: ErrorAnalysis, condition: Condition) -> EncodedColumn:
    """Any of several values, or none of them, as one value of a column made for it."""
    terms = [_term(analysis, Condition(condition.column, "is", (value,))) for value in condition.values]
    inside = np.zeros(analysis.encoded.rows, np.bool_)
    for term in terms:
        inside |= rows_of(analysis.encoded, [term])
    names = [term.label for term in terms]
    words = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    if condition.operator == "not":
        inside, words = ~inside, f"not {words}"
    return EncodedColumn(
        condition.column, condition.column, (words,), (words,), np.where(inside, 0, 1).astype(np.uint8)
    )


def _code(column: EncodedColumn, text: str) -> int | None:
    code = column.code(text)
    if code is not None:
        return code
    labelled = [at for at, label in enumerate(column.labels) if label == text and column.values[at] is not None]
    return labelled[0] if labelled else None


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidValueError(f"{text[:40]!r} is no number")
    return number


def _parts(text: str) -> list[str]:
    parts, escaped = [""], False
    for sign in text:
        if escaped or sign not in "!~":
            parts[-1] += sign
            escaped = False
        elif sign == "!":
            escaped = True
        else:
            parts.append("")
    return parts


def same(one: Iterable[Term], other: Iterable[Term]) -> bool:
    """Whether two predicates have the same terms, in whatever order."""
    return {(term.column, str(term.value), term.value is None) for term in one} == {
        (term.column, str(term.value), term.value is None) for term in other
    }
