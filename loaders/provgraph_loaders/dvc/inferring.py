"""What is inferred about artifacts, kept back until all runs are known: no inferred link may close a circle of data."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import Certainty, Derivation, Equality
from provgraph_loaders.git.collector import Collector

__all__ = ["Inferences"]

_HASH: Final = 12  # bytes by which a key is remembered


@dataclass(frozen=True, slots=True)
class _Copy:
    """A dependency with the content that others made: the first `known` of `makers`, the latest last."""

    makers: Sequence[str]
    known: int
    user: str
    path: str
    evidence: str


class Inferences:
    """Takes the flows of data that DVC's files state and the links that are inferred; `settle` makes those that fit.

    They are judged at the end, as a commit may bring the run that makes a circle of what an earlier one suggests.
    """

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._starts, self._ends = array("q"), array("q")
        self._same: list[tuple[int, int]] = []
        # many runs use one file, and it is judged once
        self._derivations: dict[tuple[str, str], tuple[Derivation, str]] = {}
        self._copies: dict[tuple[str, int], _Copy] = {}

    def flow(self, start: str, end: str) -> None:
        """Data goes from one node (by key) to another: from an artifact to what uses it, from a run to its output."""
        self._starts.append(self._number(start))
        self._ends.append(self._number(end))

    def same(self, first: str, second: str) -> None:
        """Two artifacts are one, as their path and hash state."""
        self._same.append((self._number(first), self._number(second)))

    def derive(self, link: Derivation, path: str) -> None:
        """A folder and what stands in it; `path` is that of the dependency."""
        if link.origin != link.derived:
            self._derivations.setdefault((link.origin, link.derived), (link, path))

    def copy(self, makers: Sequence[str], user: str, path: str, evidence: str) -> None:
        """An artifact has the content of those that `makers` names so far."""
        self._copies.setdefault((user, len(makers)), _Copy(makers, len(makers), user, path, evidence))

    def settle(self, collector: Collector, report: LoadReport) -> None:
        """Make the links that close no circle. Paths count for more than contents, so they come first."""
        if not self._derivations and not self._copies:
            return
        flows = _Flows(len(self._numbers) + 2 * (len(self._derivations) + len(self._copies)))
        for first, second in self._same:
            flows.join(first, second)
        for start, end in zip(self._starts, self._ends, strict=True):
            flows.add(start, end)
        for link, path in self._derivations.values():
            origin, derived = self._number(link.origin), self._number(link.derived)
            if flows.leads(derived, origin):
                reason = "stand in a folder that is made from them, or hold what is: they are not linked with it"
                report.note(NoteKind.LEFT_ALONE, "dependencies", reason, path)
                continue
            flows.add(origin, derived)
            collector.derive(link)
            collector.step()
        untied: dict[str, str] = {}
        for copy in self._copies.values():
            maker = self._maker(copy, flows)
            if maker is None:
                untied.setdefault(copy.user, copy.path)
                continue
            untied.pop(copy.user, None)
            flows.join(self._number(maker), self._number(copy.user))
            collector.equal(
                Equality(
                    first=maker,
                    second=copy.user,
                    rule="content hash",
                    evidence=copy.evidence,
                    certainty=Certainty.INFERRED,
                    recorded_by=collector.store,
                )
            )
            collector.step()
        for path in untied.values():
            reason = "have the content of what is made from them, or goes into them: they are not taken for it"
            report.note(NoteKind.LEFT_ALONE, "dependencies", reason, path)

    def _maker(self, copy: _Copy, flows: _Flows) -> str | None:
        """The latest maker that there is a record of, and that neither is made from the copy nor goes into it."""
        user = self._number(copy.user)
        around = flows.around(user)
        for at in range(copy.known - 1, -1, -1):
            maker = copy.makers[at]
            number = self._numbers.get(_mark(maker))
            if number is not None and maker != copy.user and flows.one(number) not in around:
                return maker
        return None

    def _number(self, key: str) -> int:
        return self._numbers.setdefault(_mark(key), len(self._numbers))


def _mark(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8"), digest_size=_HASH).digest()


class _Flows:
    """A graph of numbered nodes, some of which are one and the same."""

    def __init__(self, size: int) -> None:
        self._parent = array("q", range(size))
        self._after: dict[int, list[int]] = {}
        self._before: dict[int, list[int]] = {}

    def one(self, node: int) -> int:
        """The node that stands for all that are the same as this one."""
        parent = self._parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def add(self, start: int, end: int) -> None:
        """Data goes from one to the other."""
        self._after.setdefault(self.one(start), []).append(end)
        self._before.setdefault(self.one(end), []).append(start)

    def join(self, first: int, second: int) -> None:
        """The two are the same."""
        kept, gone = self.one(first), self.one(second)
        if kept == gone:
            return
        self._parent[gone] = kept
        for ways in (self._after, self._before):
            if gone in ways:
                ways.setdefault(kept, []).extend(ways.pop(gone))

    def leads(self, start: int, end: int) -> bool:
        """Whether data goes from one to the other, over whatever stands between, or both are the same."""
        wanted = self.one(start)  # looked for against the flow: less goes into data than comes of it
        return wanted == self.one(end) or wanted in self._reached(end, self._before)

    def around(self, node: int) -> set[int]:
        """All that the node goes into, and all that goes into it."""
        return self._reached(node, self._after) | self._reached(node, self._before)

    def _reached(self, node: int, ways: dict[int, list[int]]) -> set[int]:
        found: set[int] = set()
        waiting = [self.one(node)]
        while waiting:
            for following in ways.get(waiting.pop(), ()):
                known = self.one(following)
                if known not in found:
                    found.add(known)
                    waiting.append(known)
        return found
