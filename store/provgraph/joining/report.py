"""What a stitch joined, left alone and refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from provgraph.joining.judging import Ambiguity, Conflict
from provgraph.joining.rules import Rule

__all__ = ["StitchReport"]

_SHOWN: Final = 3  # of each sort, for people
_KEPT: Final = 1_000  # of each sort


@dataclass(slots=True)
class StitchReport:
    """What a stitch did.

    Attributes:
        dry_run: nothing was written: it says what would be joined.
        looked_at: artifacts that bear something to be recognised by.
        shared: what records of several sources share: hashes, places, paths in commits.
        known: how many of these had joined all their records before.
        joined: pairs that were joined, by rule.
        conflict_count, conflicts: marks that would join what a stronger identity keeps apart, and the first 1,000.
        ambiguity_count, ambiguities: sources of which several records fit and none was joined, and the first 1,000.
        seconds: how long it took.
    """

    dry_run: bool = False
    looked_at: int = 0
    shared: int = 0
    known: int = 0
    joined: Counter[Rule] = field(default_factory=Counter[Rule])
    conflict_count: int = 0
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    ambiguity_count: int = 0
    ambiguities: list[Ambiguity] = field(default_factory=list[Ambiguity])
    seconds: float = 0.0

    @property
    def changed(self) -> bool:
        """Whether something was joined."""
        return bool(self.joined.total()) and not self.dry_run

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
        if self.joined.total():
            by_rule = ", ".join(f"{self.joined[rule]:,} by {rule.value}" for rule in Rule if self.joined[rule])
            yield f"{'would join' if self.dry_run else 'joined'}    {by_rule}"
        else:
            yield (
                "nothing to join that is not joined already"
                if self.shared
                else "no records of two tools share anything"
            )
        for conflict in self.conflicts[:_SHOWN]:
            yield (
                f"conflict: artifact:{conflict.first} and artifact:{conflict.second} share the "
                f"{conflict.mark.rule.value} {conflict.mark.text}, and were not joined: {conflict.reason}"
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
            "conflict_count": self.conflict_count,
            "conflicts": [
                {
                    "rule": c.mark.rule.value,
                    "evidence": c.mark.text,
                    "refs": [f"artifact:{c.first}", f"artifact:{c.second}"],
                    "reason": c.reason,
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
