"""Slices and changes as lines of the list."""

from __future__ import annotations

from collections.abc import Sequence

from provgraph.slicing import Change, Slice, Term
from provgraph_dashboard.errors.drawn import Line
from provgraph_dashboard.errors.measured import rate_text

__all__ = ["chance_text", "line_of_change", "line_of_slice"]

_ALPHA = 0.05


def line_of_slice(found: Slice) -> Line:
    """A slice with its rate, that of the rest as a tick, its excess and its q."""
    binary = found.errors is not None
    chance = found.p if found.by_hand else found.q
    worst = max(each for each in (chance, found.unit_q, 0.0) if each is not None)
    return Line(
        terms=_terms(found.predicate),
        n=f"{found.n:,}",
        rate=found.rate,
        rate_text=rate_text(found.rate, binary=binary),
        low=found.interval.low,
        high=found.interval.high,
        rest=found.rest_rate,
        cells=(_signed(found.excess, whole=binary), chance_text(worst, by="p" if found.by_hand else "")),
        label=found.sentence(),
        faint=worst > _ALPHA,
        hand=found.by_hand,
    )


def line_of_change(change: Change) -> Line:
    """A slice with its rate in this model, that of the other as a tick, and the rows that only one has wrong."""
    binary = change.only_first is not None
    low, high = change.rate + change.interval.low, change.rate + change.interval.high
    if binary:
        low, high = max(low, 0.0), min(high, 1.0)
    worst = max(each for each in (change.q, change.unit_q, 0.0) if each is not None)
    apart = _signed(change.difference * (100 if binary else 1), whole=False) + (" pp" if binary else "")
    return Line(
        terms=_terms(change.predicate) or (("all", "rows"),),
        n=f"{change.n:,}",
        rate=change.other_rate,
        rate_text=rate_text(change.other_rate, binary=binary),
        low=low,
        high=high,
        rest=change.rate,
        cells=(apart, chance_text(worst)),
        label=change.sentence(),
    )


def chance_text(chance: float, *, by: str = "") -> str:
    """``< 0.0001``, ``0.002``; with what it is where it is not a q."""
    words = "< 0.0001" if chance < 0.0001 else f"{chance:.2g}" if chance < 0.095 else f"{chance:.2f}"
    if not by:
        return words
    return f"{by} {words}" if words.startswith("<") else f"{by} = {words}"


def _signed(number: float, *, whole: bool) -> str:
    words = f"{number:+,.0f}" if whole else f"{number:+,.3g}"
    return words.replace("-", "−")


def _terms(predicate: Sequence[Term]) -> tuple[tuple[str, str], ...]:
    return tuple((term.column, term.label) for term in predicate)
