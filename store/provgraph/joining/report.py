"""What a stitch joined, left alone and refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from provgraph.joining.judging import Ambiguity, Conflict
from provgraph.joining.rules import Rule

__all__ = ["SHOWN_PAIRS", "JoinedPair", "StitchReport"]

_SHOWN: Final = 3  # of each sort, for people
_KEPT: Final = 1_000  # of each sort
SHOWN_PAIRS: Final = 1_000
"""How many pairs a report names unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class JoinedPair:
    """Two records that were joined, or would be.

    Attributes:
        evidence: what is equal.
        first, second: references of the artifacts; the first is the older record.
        first_name, second_name: what they are called.
    """

    rule: Rule
    evidence: str
    first: str
    second: str
    first_name: str
    second_name: str

    def to_json(self) -> dict[str, object]:
        """The pair for programs."""
        return {
            "rule": self.rule.value,
            "evidence": self.evidence,
            "refs": [self.first, self.second],
            "names": [self.first_name, self.second_name],
        }


@dataclass(slots=True)
class StitchReport:
    """What a stitch did.

    Attributes:
        dry_run: nothing was written: it says what would be joined.
        looked_at: artifacts that bear something to be recognised by.
        shared: what records of several sources share: hashes, places, paths in commits.
        known: how many of these had joined all their records before.
        joined: how many pairs were joined, by rule.
        pairs: these pairs; no more than were asked for.
        taken_back: how many pairs that were joined before are no more, by the rule they were joined by: a stronger
            identity keeps them apart by now, or what they shared is gone. The conflicts say which.
        conflict_count, conflicts: marks that would join what a stronger identity keeps apart, and the first 1,000.
        ambiguity_count, ambiguities: sources of which several records fit and none was joined, and the first 1,000.
        seconds: how long it took.
    """

    dry_run: bool = False
    looked_at: int = 0
    shared: int = 0
    known: int = 0
    joined: Counter[Rule] = field(default_factory=Counter[Rule])
    pairs: list[JoinedPair] = field(default_factory=list[JoinedPair])
    taken_back: Counter[Rule] = field(default_factory=Counter[Rule])
    conflict_count: int = 0
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    ambiguity_count: int = 0
    ambiguities: list[Ambiguity] = field(default_factory=list[Ambiguity])
    seconds: float = 0.0

    @property
    def changed(self) -> bool:
        """Whether something was joined or taken back."""
        return bool(self.joined or self.taken_back) and not self.dry_run

    @property
    def says_something(self) -> bool:
        """Whether there is more to say than that nothing is shared."""
        return bool(self.shared or self.conflict_count)

    def take(self, verdict: Conflict | Ambiguity) -> None:
        """Take note of what was not joined."""
        if isinstance(verdict, Conflict):
            self.conflict_count += 1
            if len(self.conflicts) < _KEPT:
                self.conflicts.append(verdict)
        else:
            self.ambiguity_count += 1
            if len(self.ambiguities) < _KEPT:
                self.ambiguities.append(verdict)

    def lines(self) -> Iterator[str]:
        """The report for people, line by line."""
        if self.taken_back:
            yield f"{'would take back' if self.dry_run else 'took back'} {_by_rule(self.taken_back)}"
        if self.joined:
            yield f"{'would join' if self.dry_run else 'joined'}    {_by_rule(self.joined)}"
        elif not self.taken_back:
            yield (
                "nothing to join that is not joined already"
                if self.shared
                else "no records of two tools share anything"
            )
        for conflict in self.conflicts[:_SHOWN]:
            if conflict.outdated:
                parted = "would be parted" if self.dry_run else "were parted"
                yield (
                    f"outdated: artifact:{conflict.first} and artifact:{conflict.second} do not share the "
                    f"{conflict.mark.rule.value} {conflict.mark.text} any more, and {parted}: {conflict.reason}"
                )
                continue
            became = "were not joined"
            if conflict.taken_back:
                became = "would be parted again" if self.dry_run else "were joined before, which is taken back"
            yield (
                f"conflict: artifact:{conflict.first} and artifact:{conflict.second} share the "
                f"{conflict.mark.rule.value} {conflict.mark.text}, and {became}: {conflict.reason}"
            )
        if self.conflict_count > _SHOWN:
            yield f"conflict: {self.conflict_count - _SHOWN:,} more"
        for found in self.ambiguities[:_SHOWN]:
            refs = ", ".join(f"artifact:{id_}" for id_ in found.ids[:_SHOWN])
            more = f" and {len(found.ids) - _SHOWN:,} more" if len(found.ids) > _SHOWN else ""
            yield f"left alone: {refs}{more} share the {found.mark.rule.value} {found.mark.text}: {found.reason}"
        if self.ambiguity_count > _SHOWN:
            yield f"left alone: {self.ambiguity_count - _SHOWN:,} more groups"

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def to_json(self) -> dict[str, object]:
        """The report for programs, of what JSON can hold."""
        return {
            "dry_run": self.dry_run,
            "changed": self.changed,
            "looked_at": self.looked_at,
            "shared": self.shared,
            "known": self.known,
            "joined": {rule.value: self.joined[rule] for rule in Rule if self.joined[rule]},
            "pair_count": self.joined.total(),
            "pairs": [pair.to_json() for pair in self.pairs],
            "taken_back": {rule.value: self.taken_back[rule] for rule in Rule if self.taken_back[rule]},
            "conflict_count": self.conflict_count,
            "conflicts": [
                {
                    "rule": c.mark.rule.value,
                    "evidence": c.mark.text,
                    "refs": [f"artifact:{c.first}", f"artifact:{c.second}"],
                    "reason": c.reason,
                    "taken_back": c.taken_back,
                    "outdated": c.outdated,
                }
                for c in self.conflicts
            ],
            "ambiguity_count": self.ambiguity_count,
            "ambiguities": [
                {
                    "rule": a.mark.rule.value,
                    "evidence": a.mark.text,
                    "source": a.source,
                    "refs": [f"artifact:{id_}" for id_ in a.ids],
                    "reason": a.reason,
                }
                for a in self.ambiguities
            ],
            "seconds": round(self.seconds, 3),
        }


def _by_rule(counts: Counter[Rule]) -> str:
    return ", ".join(f"{counts[rule]:,} by {rule.value}" for rule in Rule if counts[rule])
