"""What is said of the coverage of a store: scores and gaps, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provgraph.coverage.kinds import CoverageKind, CoveragePart
from provgraph.coverage.remedies import Remedy
from provgraph.model import Context, Node

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NO_PIPELINE", "Coverage", "CoverageGap", "CoverageScore", "PipelineCoverage"]

NO_PIPELINE: Final = "no pipeline"
_UNRECORDED: Final = (
    "Only what is recorded is counted: a step that nobody recorded, or a second input that nobody named, is not missed."
)


@dataclass(frozen=True, slots=True)
class CoverageScore:
    """How much of what is expected is there: `met` of `expected`.

    Attributes:
        parts: (met, expected) of each part, where something is expected.
    """

    parts: Mapping[CoveragePart, tuple[int, int]]

    @property
    def met(self) -> int:
        """How many expectations are met."""
        return sum(met for met, _ in self.parts.values())

    @property
    def expected(self) -> int:
        """How many expectations there are."""
        return sum(expected for _, expected in self.parts.values())

    @property
    def ratio(self) -> float | None:
        """`met / expected`; None where nothing is expected."""
        return self.met / self.expected if self.expected else None

    @property
    def percent(self) -> int | None:
        """The ratio in whole percent, rounded down: 100 is said only where nothing is missing."""
        return 100 * self.met // self.expected if self.expected else None

    def __str__(self) -> str:
        return f"{self.percent} % ({self.met:,} of {self.expected:,})" if self.expected else "nothing to expect"

    def to_json(self) -> dict[str, object]:
        """As plain values, for `json.dumps`."""
        return {
            "met": self.met,
            "expected": self.expected,
            "ratio": self.ratio,
            "parts": {part.word: {"met": met, "expected": all_} for part, (met, all_) in self.parts.items()},
        }


@dataclass(frozen=True, slots=True)
class PipelineCoverage:
    """The coverage of one pipeline.

    Attributes:
        context: the pipeline; None for all that stands in none.
        executions: how many runs of steps stand in it.
        score: of what stands in it.
    """

    context: Context | None
    executions: int
    score: CoverageScore

    @property
    def name(self) -> str:
        """The pipeline's name; `no pipeline` for all that stands in none."""
        return NO_PIPELINE if self.context is None else self.context.label

    def to_json(self) -> dict[str, object]:
        """As plain values, for `json.dumps`."""
        return {
            "pipeline": None if self.context is None else self.context.ref,
            "name": self.name,
            "type": None if self.context is None else self.context.type,
            "executions": self.executions,
            **self.score.to_json(),
        }


@dataclass(frozen=True, slots=True)
class CoverageGap:
    """Something that several records lack.

    Attributes:
        kind: what it is; `kind.why` says why it matters.
        count: how many records lack it. Records that are one thing (`SAME_AS`) count once.
        nodes: the first of them, in the order of their ids: all, unless a limit cut the list.
        remedies: the line that would close it, for each tool that recorded some of them, the most frequent first.
    """

    kind: CoverageKind
    count: int
    nodes: tuple[Node, ...]
    remedies: tuple[Remedy, ...]

    @property
    def complete(self) -> bool:
        """Whether `nodes` has all of them."""
        return len(self.nodes) == self.count

    def __str__(self) -> str:
        return self.kind.words(self.count)

    def to_json(self) -> dict[str, object]:
        """As plain values, for `json.dumps`."""
        return {
            "gap": self.kind.word,
            "text": str(self),
            "why": self.kind.why,
            "part": None if self.kind.part is None else self.kind.part.word,
            "count": self.count,
            "complete": self.complete,
            "nodes": [{"id": n.ref, "type": n.type, "name": n.label, "source": n.source} for n in self.nodes],
            "remedies": [each.to_json() for each in self.remedies],
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what records should have they have, and what they lack.

    Attributes:
        score: of the whole store, or of the pipeline that was asked for.
        pipelines: of each pipeline, the worst first; those of which nothing is expected last. What stands in several
            counts in each of them, and once in `score`.
        gaps: what is lacking, in the order of `CoverageKind`.
        raw_sources: datasets without a producer that are taken for raw data, since no version of them has one.
        walked_at: epoch milliseconds.
        store: the URL of the store.
        pipeline: the pipeline that was asked for; None for all.
    """

    score: CoverageScore
    pipelines: tuple[PipelineCoverage, ...]
    gaps: tuple[CoverageGap, ...]
    raw_sources: int
    walked_at: int
    store: str
    pipeline: Context | None = None

    @property
    def unknown(self) -> tuple[str, ...]:
        """What no count of records can know, as sentences."""
        found = [_UNRECORDED]
        if self.raw_sources:
            one = self.raw_sources == 1
            what = "dataset that nothing made is" if one else "datasets that nothing made are"
            found.append(
                f"{self.raw_sources:,} {what} taken for raw data, since no other version of the same family has a "
                f"producer: if a step made {'it' if one else 'them'}, nobody can tell."
            )
        return tuple(found)

    def gap(self, kind: CoverageKind | str) -> CoverageGap | None:
        """The gap of a kind; None where nothing lacks it.

        Raises:
            InvalidValueError: there is no such kind.
        """
        wanted = CoverageKind.of(kind)
        return next((gap for gap in self.gaps if gap.kind is wanted), None)

    def to_json(self) -> dict[str, object]:
        """As plain values, for `json.dumps`."""
        return {
            "store": self.store,
            "walked_at": self.walked_at,
            "pipeline": None if self.pipeline is None else self.pipeline.ref,
            "score": self.score.to_json(),
            "pipelines": [each.to_json() for each in self.pipelines],
            "gaps": [gap.to_json() for gap in self.gaps],
            "raw_sources": self.raw_sources,
            "unknown": list(self.unknown),
        }

    def rows(self) -> list[dict[str, object]]:
        """The pipelines as a table: met and expected in all, then of each part."""
        found: list[dict[str, object]] = []
        for each in self.pipelines:
            row: dict[str, object] = {
                "pipeline": each.context.ref if each.context else None,
                "name": each.name,
                "executions": each.executions,
                "met": each.score.met,
                "expected": each.score.expected,
                "ratio": each.score.ratio,
            }
            for part in CoveragePart:
                met, expected = each.score.parts.get(part, (0, 0))
                row |= {f"{part.word}_met": met, f"{part.word}_expected": expected}
            found.append(row)
        return found

    @staticmethod
    def columns() -> Sequence[str]:
        """The columns of `rows`."""
        parts = [f"{part.word}_{what}" for part in CoveragePart for what in ("met", "expected")]
        return ("pipeline", "name", "executions", "met", "expected", "ratio", *parts)

    def to_frame(self) -> pd.DataFrame:
        """The pipelines as a frame, a row each. Needs pandas.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        from provgraph.interop.frames import require_pandas

        require_pandas()
        import pandas as pd

        return pd.DataFrame(self.rows(), columns=list(self.columns()))
