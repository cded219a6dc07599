"""Artifacts as things: records that are one (`SAME_AS`) count once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Thing", "things_of"]


@dataclass(slots=True)
class Thing:
    """One thing and all the records of it that play one part.

    Attributes:
        id, source: of the first record.
        families: (source, type, family) of its records that have one.
        made: whether any record of it has a producer.
        digested, weak: whether it has a digest, and whether that is weak in each record that has one.
        joined: whether it has records that are one thing.
        direct: whether who made it took in what is wanted.
        groups: the contexts of those who made it.
        records: the ids of its records.
    """

    id: int
    source: str
    families: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])
    made: bool = False
    digested: bool = False
    weak: bool = True
    joined: bool = False
    direct: bool = False
    groups: set[int] = field(default_factory=set[int])
    records: list[int] = field(default_factory=list[int])


def things_of(rows: Iterable[Sequence[Any]]) -> list[Thing]:
    """The things that rows of `ARTIFACTS` describe, in the order of their first records."""
    known = sorted(rows, key=lambda row: int(row[0]))
    root = _roots(known)
    found: dict[int, Thing] = {}
    for id_, type_, source, family, unmade, digested, weak, direct, groups, equal in known:
        thing = found.setdefault(root(id_), Thing(id_, source))
        thing.records.append(id_)
        thing.groups.update(groups)
        thing.direct |= direct
        thing.made |= not unmade
        thing.digested |= digested
        thing.weak &= weak or not digested
        thing.joined |= bool(equal)
        if family:
            thing.families.add((source, type_, family))
    return list(found.values())


class _roots:  # noqa: N801 - a function with a memory
    """The representative of each id, by the equalities of rows."""

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        self._parent: dict[int, int] = {}
        for id_, other in _pairs(rows):
            first, second = self(id_), self(other)
            if first != second:
                self._parent[max(first, second)] = min(first, second)

    def __call__(self, id_: int) -> int:
        trail: list[int] = []
        while (above := self._parent.get(id_, id_)) != id_:
            trail.append(id_)
            id_ = above
        for passed in trail:
            self._parent[passed] = id_
        return id_


def _pairs(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[int, int]]:
    for row in rows:
        for other in row[-1]:
            yield int(row[0]), int(other)
