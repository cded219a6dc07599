"""One view of the page: what was asked, the analysis that answers it, and the slice that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from provgraph import Graph
from provgraph.analysis.result import ErrorAnalysis
from provgraph.errors import InvalidValueError
from provgraph.slicing import Change, Slice, Term, measure_slice, rows_of, words
from provgraph_dashboard.errors.address import Asked
from provgraph_dashboard.errors.choices import Choice
from provgraph_dashboard.errors.conditions import Condition, condition_of, same, terms_of
from provgraph_dashboard.errors.measured import Mask, Rows, measured
from provgraph_dashboard.errors.memory import Opened

__all__ = ["Scene", "Subject", "stage"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Rows that are looked at.

    Attributes:
        analysis: the one that knows these rows.
        terms: what they have in common.
        found: their numbers.
        by_hand: whether a person chose them.
    """

    analysis: ErrorAnalysis
    terms: tuple[Term, ...]
    found: Slice
    by_hand: bool

    def __str__(self) -> str:
        return words.joined([str(term) for term in self.terms])


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What all parts of the page show.

    Attributes:
        graph: an open graph.
        held: the table.
        choice: its model and data.
        asked: what the address says.
        analysis: the answer.
        rows: the outcome of the rows.
        subject: the slice that is looked at; None where there is none to look at.
        refused: why the slice of the address cannot be shown; empty if it can.
    """

    graph: Graph
    held: Opened
    choice: Choice
    asked: Asked
    analysis: ErrorAnalysis
    rows: Rows
    subject: Subject | None
    refused: str

    @property
    def binary(self) -> bool:
        """Whether rows are right or wrong; else they have a loss."""
        return self.rows.binary

    @property
    def inside(self) -> Mask | None:
        """The rows of the slice that is looked at."""
        subject = self.subject
        if subject is None:
            return None
        return self.kept("rows", lambda: rows_of(subject.analysis.encoded, subject.terms))

    def of_table(self, what: object, make: Callable[[], T]) -> T:
        """A value of all rows and the outcome, computed once for all who look at it."""
        return cast("T", self.held.answers.get((what, self.asked.outcome), make))

    def kept(self, what: object, make: Callable[[], T]) -> T:
        """A value of this slice, computed once for all who look at it."""
        about = (self.asked.outcome, self.asked.columns, self.asked.depth, self.asked.unit)
        terms = (
            () if self.subject is None else tuple((t.column, str(t.value), t.value is None) for t in self.subject.terms)
        )
        by_hand = self.asked.slice if self.subject is not None and self.subject.by_hand else ()
        return cast("T", self.held.answers.get((what, about, terms, by_hand), make))


def stage(graph: Graph, held: Opened, choice: Choice, asked: Asked, analysis: ErrorAnalysis) -> Scene:
    """The scene of an analysis and an address.

    The slice is that of the address, found or made by hand; without one the first that was found.
    """
    about = ("outcome", asked.outcome)
    rows = cast("Rows", held.answers.get(about, lambda: measured(analysis)))
    subject: Subject | None = None
    refused = ""
    if asked.slice:
        try:
            subject = _subject(held, asked, analysis)
        except InvalidValueError as error:
            refused = str(error)
    if subject is None and analysis.slices and not refused:
        first = analysis.slices[0]
        subject = Subject(analysis, first.predicate, first, by_hand=False)
    return Scene(graph, held, choice, asked, analysis, rows, subject, refused)


def _subject(held: Opened, asked: Asked, analysis: ErrorAnalysis) -> Subject:
    known, terms = terms_of(analysis, asked.slice)
    for found in analysis.slices:
        if same(found.predicate, terms):
            return Subject(analysis, found.predicate, found, by_hand=False)
    unit = analysis.unit

    def made() -> Slice:
        return measure_slice(known.encoded, terms, outcome=analysis.outcome, unit=unit)

    key = ("by hand", asked.outcome, unit, asked.slice)
    return Subject(known, terms, cast("Slice", held.answers.get(key, made)), by_hand=True)


def conditions_of(found: Slice | Change | Sequence[Term]) -> tuple[Condition, ...]:
    """The conditions of a slice, for the address."""
    terms = found if not isinstance(found, (Slice, Change)) else found.predicate
    return tuple(condition_of(term) for term in terms)
