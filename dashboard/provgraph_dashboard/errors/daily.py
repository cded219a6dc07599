"""Rates over time: of a slice, of the rest, and what changed upstream at which moment."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from provgraph.analysis.events import UpstreamEvent
from provgraph.analysis.result import ErrorAnalysis
from provgraph.slicing import PeriodRate, Term, rate_over_time, words
from provgraph_dashboard.errors.address import Every
from provgraph_dashboard.errors.conditions import same
from provgraph_dashboard.errors.measured import rate_text

__all__ = ["Course", "Mark", "course"]

_MANY_DAYS: Final = 75
_FEW_ROWS: Final = 20
_LEAST_WEEKS: Final = 3
_MARKS: Final = 3
_ALPHA: Final = 0.05


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that changed upstream.

    Attributes:
        at: the moment.
        words: for the chart, in a few words.
        about: with the rates before and after, in a sentence.
        sure: whether the rates before and after differ beyond chance, and otherwise than those of the rest.
    """

    at: dt.datetime
    words: str
    about: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Course:
    """What a chart shows.

    Attributes:
        every: the length of a period.
        slice: of the rows looked at.
        rest: of all others; empty where all are looked at.
        before: of the same place before it became the slice, such as its camera before a new firmware.
        place: the name of that place.
        marks: what changed upstream.
        binary: whether rates are shares of wrong rows.
    """

    every: Every
    slice: tuple[PeriodRate, ...]
    rest: tuple[tuple[dt.date, float, int], ...]
    before: tuple[PeriodRate, ...]
    place: str
    marks: tuple[Mark, ...]
    binary: bool


def course(analysis: ErrorAnalysis, predicate: tuple[Term, ...], every: Every | None, *, binary: bool) -> Course | None:
    """The rates over time; None where neither the table nor the graph says when rows came about."""
    time = analysis.time
    if time is None:
        return None

    def rates(of: tuple[Term, ...], by: Every) -> tuple[PeriodRate, ...]:
        return rate_over_time(analysis.encoded, outcome=analysis.outcome, time=time, every=by, predicate=of or None)

    everything = rates((), "day")
    if not everything:
        return None
    by: Every = every or _usual(everything, rates(predicate, "day") if predicate else everything)
    if by == "week":
        everything = rates((), by)
    events = analysis.events(predicate or None, limit=2 * _MARKS)
    marks, wider = _marks(events, predicate, binary)
    if not predicate:
        return Course(by, everything, (), (), "", marks, binary)
    inside = rates(predicate, by)
    before: tuple[PeriodRate, ...] = ()
    if wider is not None and inside and inside[0].start > everything[0].start:
        first = inside[0].start
        before = tuple(each for each in rates(wider.predicate, by) if each.start < first)
    place = words.joined([str(term) for term in wider.predicate]) if wider is not None else ""
    return Course(by, inside, _rest(everything, inside), before, place, marks, binary)


def _usual(everything: Sequence[PeriodRate], inside: Sequence[PeriodRate]) -> Every:
    """Weeks where days are too many to draw, or hold too few rows to say much."""
    weeks = (everything[-1].start - everything[0].start).days / 7
    few = not inside or statistics.median(each.n for each in inside) < _FEW_ROWS
    return "week" if len(everything) > _MANY_DAYS or (few and weeks > _LEAST_WEEKS) else "day"


def _rest(everything: Sequence[PeriodRate], inside: Sequence[PeriodRate]) -> tuple[tuple[dt.date, float, int], ...]:
    own = {each.start: each for each in inside}
    found: list[tuple[dt.date, float, int]] = []
    for each in everything:
        mine = own.get(each.start)
        n = each.n - (mine.n if mine else 0)
        if n:
            found.append((each.start, (each.n * each.rate - (mine.n * mine.rate if mine else 0.0)) / n, n))
    return tuple(found)


def _marks(
    events: Sequence[UpstreamEvent], predicate: tuple[Term, ...], binary: bool
) -> tuple[tuple[Mark, ...], UpstreamEvent | None]:
    """One mark for each day and change, and the event whose rows are those of the slice's place before it."""
    found: dict[tuple[dt.date, str], Mark] = {}
    wider: UpstreamEvent | None = None
    for event in events:
        sure = event.effect.q is not None and event.effect.q <= _ALPHA
        if sure and wider is None and event.predicate and not same(event.predicate, predicate):
            wider = event
        found.setdefault((event.at.date(), _named(event)), Mark(event.at, _named(event), _about(event, binary), sure))
    line = sorted(found.values(), key=lambda mark: not mark.sure)[:_MARKS]
    return tuple(sorted(line, key=lambda mark: mark.at)), wider


def _named(event: UpstreamEvent) -> str:
    first = event.changes[0]
    more = f" and {len(event.changes) - 1} more" if len(event.changes) > 1 else ""
    return f"{first.column} {words.label(first.after)}{more}"


def _about(event: UpstreamEvent, binary: bool) -> str:
    effect = event.effect
    rows = words.joined([str(term) for term in event.predicate]) if event.predicate else "all rows"
    rates = [rate_text(share.rate, binary=binary) for share in (effect.before, effect.after)]
    text = f"{event}. Of {rows}: {rates[0]} before, {rates[1]} from then on"
    if effect.rest_before is not None and effect.rest_after is not None:
        rest = [rate_text(share.rate, binary=binary) for share in (effect.rest_before, effect.rest_after)]
        text += f"; of the rest {rest[0]} and {rest[1]}"
    if effect.q is not None:
        chance = "" if effect.q <= _ALPHA else ", not beyond chance"
        text += f" (q = {effect.q:.2g}{chance})"
    return f"{text}."
