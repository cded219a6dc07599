"""What a load read, wrote and left alone, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from provgraph.joining.report import StitchReport

__all__ = ["LoadReport", "Note", "NoteKind"]

_EXAMPLES = 3  # of each note


class NoteKind(Enum):
    """Why something did not arrive as it stood in the source."""

    LEFT_ALONE = "left alone"
    GUESSED = "guessed"
    DROPPED = "dropped"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Note:
    """Something that happened `count` times, with the first few places."""

    kind: NoteKind
    what: str
    reason: str
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        places = ""
        if self.examples:
            more = ", …" if self.count > len(self.examples) else ""
            places = f" ({', '.join(self.examples)}{more})"
        return f"{self.kind.value}: {self.count:,} {self.what}: {self.reason}{places}"


class LoadReport:
    """What a load read, wrote and left alone, and why.

    Attributes:
        loader: the loader's name.
        source: what was read, as the user named it.
        store: what the source is called here; the nodes' keys start with it. "" until it is known.
        read: records by kind: `Artifact`, `ArtifactType`, `Event` …
        created, updated, unchanged: what the store says, by label (`Artifact` …) and relationship (`INPUT` …).
        total: how many records the source holds; None if the loader cannot tell.
        stage: what is being read, in words.
        stitch: what was joined with the records of other tools; None where that was not asked for.
        seconds: how long it took.
    """

    def __init__(self, loader: str, source: str) -> None:
        self.loader, self.source = loader, source
        self.store = ""
        self.read: Counter[str] = Counter()
        self.created: Counter[str] = Counter()
        self.updated: Counter[str] = Counter()
        self.unchanged: Counter[str] = Counter()
        self.total: int | None = None
        self.stage = ""
        self.stitch: StitchReport | None = None
        self.seconds = 0.0
        self._notes: dict[tuple[NoteKind, str, str], Note] = {}

    # -- told by the loader -----------------------------------------------------------------------------------

    def working_on(self, stage: str) -> None:
        """Say what comes next: `executions`."""
        self.stage = stage

    def note(self, kind: NoteKind, what: str, reason: str, place: str | None = None, *, count: int = 1) -> None:
        """Say that something does not arrive as it stands in the source.

        Args:
            kind: what became of it.
            what: of what sort it is, in the plural: `events`.
            reason: why; equal ones are counted together.
            place: which one; the first few are kept as examples.
            count: how many.
        """
        found = self._notes.setdefault((kind, what, reason), Note(kind, what, reason))
        found.count += count
        if place is not None and len(found.examples) < _EXAMPLES:
            found.examples.append(place if place.isprintable() else repr(place))

    # -- asked by everybody -----------------------------------------------------------------------------------

    @property
    def notes(self) -> tuple[Note, ...]:
        """Everything that did not arrive as it stood in the source, by kind."""
        order = list(NoteKind)
        return tuple(sorted(self._notes.values(), key=lambda note: (order.index(note.kind), note.what, note.reason)))

    @property
    def changed(self) -> bool:
        """Whether the load changed anything in the store."""
        return bool(self.created.total() or self.updated.total() or (self.stitch and self.stitch.changed))

    @property
    def done(self) -> int:
        """How many records were read so far."""
        return self.read.total()

    def lines(self) -> Iterator[str]:
        """The report for people, line by line."""
        yield f"{self.source} as {self.store or self.loader}, {self.seconds:.1f} s"
        yield f"read      {_counts(self.read)}"
        if self.changed:
            if self.created.total():
                yield f"created   {_counts(self.created)}"
            if self.updated.total():
                yield f"updated   {_counts(self.updated)}"
            if self.unchanged.total():
                yield f"unchanged {_counts(self.unchanged)}"
        else:
            yield "nothing changed: the store has all of it already" if self.unchanged.total() else "nothing to load"
        if self.stitch is not None and self.stitch.says_something:
            yield from self.stitch.lines()
        for note in self.notes:
            yield str(note)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def to_json(self) -> dict[str, object]:
        """The report for programs, of what JSON can hold."""
        return {
            "loader": self.loader,
            "source": self.source,
            "store": self.store,
            "changed": self.changed,
            "read": dict(sorted(self.read.items())),
            "created": dict(sorted(self.created.items())),
            "updated": dict(sorted(self.updated.items())),
            "unchanged": dict(sorted(self.unchanged.items())),
            "notes": [
                {"kind": n.kind.value, "what": n.what, "reason": n.reason, "count": n.count, "examples": n.examples}
                for n in self.notes
            ],
            "stitch": self.stitch.to_json() if self.stitch else None,
            "seconds": round(self.seconds, 3),
        }


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in sorted(counts.items()) if number) or "nothing"
