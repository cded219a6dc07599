"""Whether what one mark brings together is joined: a decision about values, whatever the order of the records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import unquote

from provgraph.joining.marks import Mark

__all__ = ["Ambiguity", "Conflict", "Group", "Join", "Member", "Verdict", "contradiction", "judge"]

_TAILS: Final = 12  # last parts of a path that are compared


@dataclass(frozen=True, slots=True)
class Join:
    """Two artifacts (by id) that are one thing; `first` is the older record."""

    mark: Mark
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two artifacts (by id) that a mark says are one, and a stronger identity says are not: nothing is joined by it.

    Attributes:
        reason: what tells them apart.
        taken_back: how many pairs were joined by the mark before that was known, and are no more.
        outdated: they do not share the mark any more, since a source says something else of one of them by now.
    """

    mark: Mark
    first: int
    second: int
    reason: str
    taken_back: int = 0
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Artifacts (by id) of one source, any of which could be what the others mean: they were left alone."""

    mark: Mark
    source: str
    ids: tuple[int, ...]
    reason: str


Verdict: TypeAlias = Join | Conflict | Ambiguity


@dataclass(frozen=True, slots=True)
class Member:
    """An artifact of a component that a mark touches.

    Attributes:
        component: the artifacts that are one thing already have one number.
        marked: it bears the mark itself; the others belong to components of those that do.
        registry: whether the mark is a number in a model registry: 1 refers to it, 2 is the registered version; else 0.
    """

    id: int
    component: int
    source: str
    place: str
    digests: tuple[tuple[str, str], ...]
    marked: bool
    registry: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """All that one mark touches: whole components."""

    mark: Mark
    members: Sequence[Member]


def judge(group: Group) -> list[Verdict]:
    """What to do about a mark; nothing if all that bears it is one thing already.

    A join never makes two artifacts of one source one thing: which of them is meant is told by where they are, or else
    they are left alone. Where strong digests of one algorithm differ, the mark joins nothing.
    """
    verdicts: list[Verdict] = []
    components: dict[int, list[Member]] = {}
    for member in group.members:
        components.setdefault(member.component, []).append(member)
    if len(components) < 2 or len({m.source for m in group.members if m.marked}) < 2:
        return verdicts
    if any(member.registry for member in group.members):
        owners = sorted({m.component: m for m in group.members if m.registry == 2}.values(), key=lambda m: m.id)
        if len(owners) != 1:
            if len({m.source for m in owners}) > 1:
                reason = "several model registries hold this name and version, and nothing says which is meant"
                verdicts.append(Conflict(group.mark, owners[0].id, owners[1].id, reason))
            return verdicts
    out: set[int] = set()
    by_source: dict[str, set[int]] = {}
    for member in group.members:
        by_source.setdefault(member.source, set()).add(member.component)
    for source, several in sorted(by_source.items()):
        if len(several) > 1:
            chosen, verdict = _one_of(source, group)
            out |= several - {chosen}
            if verdict is not None:
                verdicts.append(verdict)
    left = {number: members for number, members in components.items() if number not in out}
    if len(left) < 2:
        return verdicts
    told = ((m.id, form, digest) for members in left.values() for m in members for form, digest in m.digests)
    if (conflict := contradiction(group.mark, told)) is not None:
        return [*verdicts, conflict]
    ends = sorted(min(m.id for m in members if m.marked) for members in left.values())
    return [*verdicts, *(Join(group.mark, ends[0], end) for end in ends[1:])]


def _one_of(source: str, group: Group) -> tuple[int | None, Verdict | None]:
    """Which component of a source is meant, of several; else why none of them is joined."""
    own = [m for m in group.members if m.source == source]
    bearing = {m.component for m in own if m.marked}
    strange = [m for m in own if m.component not in bearing]
    if strange:  # what bears the mark was joined to another record of this source before
        name = source or "what was recorded here"
        reason = f"two records of {name} would become one through others that are joined already"
        other = next((m for m in own if m.component != strange[0].component), strange[0])
        first, second = sorted((strange[0].id, other.id))
        return None, Conflict(group.mark, first, second, reason)
    chosen = _at_the_same_place(source, group.members)
    if chosen is not None:
        return chosen, None
    ids = tuple(sorted(m.id for m in own if m.marked))
    return None, Ambiguity(
        group.mark, source, ids, "several records of one source fit, and nothing says which is meant"
    )


def contradiction(mark: Mark, digests: Iterable[tuple[int, str, str]]) -> Conflict | None:
    """The first two artifacts whose digests of one form differ, of (id, form, digest)."""
    known: dict[str, tuple[str, int]] = {}
    for member, form, digest in sorted(digests, key=lambda told: told[0]):
        other, id_ = known.setdefault(form, (digest, member))
        if other != digest:
            return Conflict(mark, id_, member, f"their bytes differ: {other} and {digest}")
    return None


def _at_the_same_place(source: str, members: Sequence[Member]) -> int | None:
    """Which component of a source is where the other sources say; None if several are, or none is."""
    elsewhere = {tail for m in members if m.source != source and m.marked for tail in _tails(m.place)}
    best: dict[int, int] = {}
    for member in members:
        if member.source == source and member.marked:
            length = max((len(tail) for tail in _tails(member.place) if tail in elsewhere), default=0)
            best[member.component] = max(length, best.get(member.component, 0))
    longest = max(best.values(), default=0)
    at_longest = [component for component, length in best.items() if length == longest]
    return at_longest[0] if longest and len(at_longest) == 1 else None


def _tails(place: str) -> list[tuple[str, ...]]:
    """The ends of a path: `train.csv`, `data/train.csv` …"""
    path = place.partition("://")[2].partition("?")[0].partition("#")[0] if "://" in place else place
    parts = [part for part in unquote(path).replace("\\", "/").split("/") if part][-_TAILS:]
    return [tuple(parts[at:]) for at in range(len(parts))]
