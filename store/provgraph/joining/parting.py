"""Joins made earlier that better knowledge contradicts by now: which of them are taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from provgraph.joining.judging import Conflict, contradiction
from provgraph.joining.marks import Mark, Record
from provgraph.joining.rules import Rule

__all__ = ["Link", "Parted", "contradicted", "evidence_of", "outdated", "part"]

_ORDER: Final = tuple(Rule)
_LONGEST_EVIDENCE: Final = 4_000


@dataclass(frozen=True, slots=True)
class Link:
    """An equality of two artifacts (by id): a join of ours by a mark, or what a tool said (None)."""

    first: int
    second: int
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Parted:
    """What became of a component.

    Attributes:
        parts: the artifacts that remain one thing, each part in the order of ids.
        pairs: the joins to take back, as pairs of ids.
        conflicts: why, for each mark whose joins are taken back.
    """

    parts: list[list[Record]]
    pairs: list[tuple[int, int]]
    conflicts: list[Conflict]


def contradicted(records: Iterable[Record]) -> bool:
    """Whether strong digests of one form differ among artifacts that are one thing."""
    known: dict[str, str] = {}
    return any(known.setdefault(form, text) != text for record in records for form, text in record.digests)


def outdated(records: Iterable[Record], links: Iterable[Link]) -> list[Link]:
    """The joins of ours by a mark that one of the two does not bear any more."""
    marks = {record.id: {evidence_of(mark) for mark in record.marks} for record in records}
    return [
        link
        for link in links
        if link.mark is not None and not (link.mark in marks[link.first] and link.mark in marks[link.second])
    ]


def evidence_of(mark: Mark) -> Mark:
    """A mark as the links of a join keep it: a text that is too long for them is cut."""
    return Mark(mark.rule, mark.text[:_LONGEST_EVIDENCE])


def part(records: Sequence[Record], links: Iterable[Link]) -> Parted:
    """Take a component apart until each join of ours has its evidence, and none contradicts its digests.

    What tools say stays. Joins are looked at mark by mark, the strongest first, as `judge` makes them: where a mark's
    joins would make artifacts one whose digests of one form differ, all of them are taken back, since nothing tells
    which of them was right.
    """
    known = {record.id: record for record in records}
    component = {id_: {id_} for id_ in known}

    def unite(pairs: Iterable[tuple[int, int]]) -> None:
        for first, second in pairs:
            small, large = sorted((component[first], component[second]), key=len)
            if small is not large:
                large |= small
                for id_ in small:
                    component[id_] = large

    parted = Parted([], [], [])
    given = list(links)
    stale = frozenset(outdated(records, given))
    for mark, gone in _by_mark(stale).items():
        first, second = min(gone)
        parted.pairs.extend(sorted(gone))
        lost = next(id_ for id_ in (first, second) if mark not in map(evidence_of, known[id_].marks))
        reason = f"artifact:{lost} is recorded otherwise by now"
        parted.conflicts.append(Conflict(mark, first, second, reason, len(gone), outdated=True))
    unite((link.first, link.second) for link in given if link.mark is None)
    ours = _by_mark(link for link in given if link not in stale)
    for mark in sorted(ours, key=lambda mark: (_ORDER.index(mark.rule), mark.text)):
        pairs = sorted(ours[mark])
        touched = {id_ for pair in pairs for end in pair for id_ in component[end]}
        told = ((id_, digest.form, digest.text) for id_ in touched for digest in known[id_].digests)
        conflict = contradiction(mark, told)
        if conflict is None:
            unite(pairs)
        else:
            parted.pairs.extend(pairs)
            parted.conflicts.append(Conflict(mark, conflict.first, conflict.second, conflict.reason, len(pairs)))
    seen: set[int] = set()
    for id_ in sorted(known):
        if id_ not in seen:
            seen |= component[id_]
            parted.parts.append([known[member] for member in sorted(component[id_])])
    return parted


def _by_mark(links: Iterable[Link]) -> dict[Mark, set[tuple[int, int]]]:
    """The pairs that joins of ours hold together, by the mark they were joined by."""
    found: dict[Mark, set[tuple[int, int]]] = {}
    for link in links:
        if link.mark is not None:
            first, second = sorted((link.first, link.second))
            found.setdefault(link.mark, set()).add((first, second))
    return found
