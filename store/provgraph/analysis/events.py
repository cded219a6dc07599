"""What changed upstream of some rows, and when: first uses of new values, with the errors before and after."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from provgraph.analysis.columns import LineageColumn, LineageColumns
from provgraph.analysis.facts import Scalar, node_saying
from provgraph.analysis.joined import Joined
from provgraph.analysis.upstream import Ints
from provgraph.model import Node
from provgraph.slicing import Interval, Outcome, Term, rows_of
from provgraph.slicing.clock import times_of
from provgraph.slicing.events import EventEffect, Share, corrected, event_effects
from provgraph.slicing.rows import as_terms

if TYPE_CHECKING:
    import numpy.typing as npt

    from provgraph.slicing.rows import Predicate
    from provgraph.slicing.table import Mask
    from provgraph.slicing.values import Json

__all__ = ["Change", "UpstreamEvent", "find_events"]

_LEAST: Final = 30  # rows of a slice before a change, and after it
_LEAST_SHARE: Final = 0.2  # of its rows, before a change: what is new right after the beginning has changed nothing
_LEAST_SOURCES: Final = (3, 2)  # before a change, and with the new value after it
_ALPHA: Final = 0.05
_CALENDAR: Final = re.compile(r"\d{4}[-/. ]?(?:W\d{1,2}|Q[1-4]|\d{2}(?:[-/. ]?\d{2})?)", re.IGNORECASE)
_COMMON: Final = 3  # things that all rows of a slice have in common, the rarest, whose rows are looked at too
_GONE: Final = 0.6  # of the rows after a change have values from before it, at most: else nothing was left behind
_STAYS: Final = 1 / 3  # of the rows after a change have the new value, at least


@dataclass(frozen=True, slots=True)
class Change:
    """A column whose values change from one moment on.

    Attributes:
        column: of the lineage, such as `Capture.firmware`.
        before: the value that most rows had until then; None where nothing was said.
        after: the new value.
        node: the nearest node upstream of the first row that says the new value.
    """

    column: str
    before: Scalar | None
    after: Scalar
    node: Node

    def __str__(self) -> str:
        """As a mark in a chart: `Capture.firmware: 2.0 to 2.1`."""
        return f"{self.column}: {'nothing' if self.before is None else self.before} to {self.after}"


@dataclass(frozen=True, slots=True)
class UpstreamEvent:
    """What changed upstream of a slice's rows at one moment, and its errors before and after.

    Attributes:
        changes: what changed with the first row that has the new values, the most upstream first.
        predicate: the rows that are compared: the slice, or a wider one that has rows before; empty for all rows.
        effect: errors before and after, in these rows and in all others, and whether the two differ: its `at` is the
            moment of that first row, its `q` is corrected for all events of the answer that were tested.
    """

    changes: tuple[Change, ...]
    predicate: tuple[Term, ...]
    effect: EventEffect

    @property
    def at(self) -> datetime:
        """The moment of the first row with the new values."""
        return self.effect.at

    def __str__(self) -> str:
        """As a mark in a chart."""
        return f"{self.at:%Y-%m-%d}: {'; '.join(map(str, self.changes))}"

    def to_dict(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "at": self.at.isoformat(),
            "changes": [
                {"column": each.column, "before": each.before, "after": each.after, "node": each.node.ref}
                for each in self.changes
            ],
            "predicate": [term.to_dict() for term in self.predicate],
            **_numbers(self.effect),
        }


@dataclass(frozen=True, slots=True)
class _Moment:
    """A change before it is tested: when, in which rows, and what the first row with it is."""

    at: int
    column: LineageColumn
    before: int
    after: int
    row: int


def find_events(
    joined: Joined,
    lineage: LineageColumns,
    codes: Ints,
    outcome: Outcome,
    predicate: Predicate | None,
    *,
    limit: int,
) -> tuple[UpstreamEvent, ...]:
    """See `ErrorAnalysis.events`."""
    if joined.time is None:
        return ()
    terms = () if predicate is None else as_terms(predicate)
    frame = joined.encoded.frame
    clock = times_of(frame, joined.time)
    times = clock.instants.astype(np.int64)
    measured = outcome.measure(frame)
    known = clock.known
    if measured.kept is not None:
        known = known & measured.kept
    moments: dict[tuple[int, tuple[Term, ...]], list[_Moment]] = {}
    for kept in _wider(terms, joined, lineage, codes, known):
        inside = known & rows_of(joined.encoded, kept) if kept else known
        for moment in _moments(lineage.columns, codes, times, np.flatnonzero(inside)):
            moments.setdefault((moment.at, kept), []).append(moment)
    effects: dict[tuple[int, tuple[Term, ...]], EventEffect] = {}
    for kept in dict.fromkeys(kept for _, kept in moments):
        at = [each for each, of in moments if of == kept]
        found = event_effects(
            joined.encoded, outcome=outcome, time=joined.time, at=[_moment(each) for each in at], predicate=kept or None
        )
        effects |= {(each, kept): effect for each, effect in zip(at, found, strict=True)}
    line = sorted(zip(effects, corrected(list(effects.values())), strict=True), key=_rank)
    return tuple(
        UpstreamEvent(
            changes=tuple(_changes(lineage, moments[at, kept], codes)),
            predicate=kept,
            effect=effect,
        )
        for (at, kept), effect in line[:limit]
    )


def _rank(tested: tuple[tuple[int, tuple[Term, ...]], EventEffect]) -> tuple[bool, float, int, str]:
    """Those beyond chance first, the largest difference first; then the others, by their p."""
    (at, kept), effect = tested
    p, q = (1.0 if each is None else each for each in (effect.p, effect.q))
    beyond = q <= _ALPHA
    return (not beyond, -abs(effect.effect or 0.0) if beyond else p, at, str(kept))


def _wider(
    terms: tuple[Term, ...], joined: Joined, lineage: LineageColumns, codes: Ints, known: Mask
) -> Iterable[tuple[Term, ...]]:
    """The slice, and what is a little wider: without one of its terms, or what all of its rows have in common alone.

    A slice of one setting of one camera has no rows before that setting: those of the camera have.
    """
    found = [terms, *(tuple(other for other in terms if other is not term) for term in terms)]
    if terms:
        inside = known & rows_of(joined.encoded, terms)
        common: list[tuple[int, Term]] = []
        for column in lineage.columns:
            of = np.append(column.codes, -1)[codes]
            values = np.unique(of[inside])
            if column.kind in ("text", "boolean") and values.size == 1 and values[0] >= 0:
                n = int(np.count_nonzero(known & (of == values[0])))
                if n > np.count_nonzero(inside):
                    common.append((n, Term(joined.names[column.name], column.cells[int(values[0])][0])))
        common.sort(key=lambda each: (each[0], each[1].column))
        found += [(term,) for _, term in common[:_COMMON]]
    return dict.fromkeys(found)


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _moments(
    columns: Sequence[LineageColumn], codes: Ints, times: Ints, rows: npt.NDArray[np.intp]
) -> Iterator[_Moment]:
    """The changes among some rows: a value comes that was never there, stays, and what was there before goes."""
    rows = rows[np.argsort(times[rows], kind="stable")]
    when, groups = times[rows], codes[rows]
    least = max(_LEAST, int(rows.size * _LEAST_SHARE))
    for column in columns:
        if column.kind not in ("text", "boolean") or _is_calendar(column):
            continue
        of = np.append(column.codes, -1)[groups] + 1  # 0: nothing is said
        first: Ints = np.full(len(column.cells) + 1, rows.size, np.int64)
        first[of[::-1]] = np.arange(rows.size)[::-1]
        newcomers = np.argsort(first, kind="stable")
        for value in newcomers[(first[newcomers] < rows.size) & (newcomers > 0)].tolist():
            row: int = first.item(value)
            begin = int(np.searchsorted(when, when[row : row + 1])[0])
            if begin < least or rows.size - begin < _LEAST:
                continue
            known = first[of[begin:]] < begin
            stays = of[begin:] == value
            sources = (np.unique(groups[:begin]).size, np.unique(groups[begin:][stays]).size)
            few = any(have < least for have, least in zip(sources, _LEAST_SOURCES, strict=True))
            if few or known.mean() > _GONE or stays.mean() < _STAYS:
                continue
            last = int(first[first < begin].max())
            before = int(np.argmax(np.bincount(of[last:begin])))
            yield _Moment(int(when[row]), column, before - 1, value - 1, int(rows[row]))


def _is_calendar(column: LineageColumn) -> bool:
    """Whether its values are days, weeks or months: that time passes is no event."""
    return all(_CALENDAR.fullmatch(str(cell[0])) for cell in column.cells)


def _changes(lineage: LineageColumns, moments: Sequence[_Moment], codes: Ints) -> Iterator[Change]:
    for moment in moments:
        column = moment.column
        after = column.cells[moment.after][0]
        starts = lineage.positions[int(codes[moment.row])]
        before = None if moment.before < 0 else column.cells[moment.before][0]
        yield Change(
            column.name, before, after, lineage.upstream.node(node_saying(lineage.upstream, starts, column.name, after))
        )


def _numbers(effect: EventEffect) -> dict[str, Json]:
    shares = {"before": effect.before, "after": effect.after}
    rest = {"rest_before": effect.rest_before, "rest_after": effect.rest_after}
    found: dict[str, Json] = {name: None if share is None else _share(share) for name, share in (shares | rest).items()}
    for name in ("change", "effect"):
        found[name] = getattr(effect, name)
        found[f"{name}_interval"] = _bounds(getattr(effect, f"{name}_interval"))
    return {**found, "p": effect.p, "q": effect.q}


def _share(share: Share) -> Json:
    return {"n": share.n, "errors": share.errors, "rate": share.rate, "interval": _bounds(share.interval)}


def _bounds(interval: Interval | None) -> Json:
    return None if interval is None else {"low": interval.low, "high": interval.high}
