"""What a loader yields, run without a store: what the tests of all loaders ask of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from provgraph.errors import LoadError
from provgraph.loading import Loader, LoadOptions, LoadReport
from provgraph.model import Artifact, Context, Event, Execution, Node, Records

__all__ = ["KeyedRead", "Read", "batches_of", "outcome_of"]

T = TypeVar("T")


@dataclass(frozen=True)
class Read:
    """What a source yields."""

    batches: list[Records]
    report: LoadReport

    def all_of(self, name: str) -> list[Any]:
        """The records of one sort: `artifacts`, `events` …"""
        return [item for batch in self.batches for item in getattr(batch, name)]

    @property
    def nodes(self) -> list[Node]:
        return self.all_of("nodes")

    @property
    def events(self) -> list[Event]:
        return self.all_of("events")

    def notes(self) -> list[str]:
        return [str(note) for note in self.report.notes]


@dataclass(frozen=True)
class KeyedRead(Read):
    """The same with nodes by their keys, which `short` makes short."""

    @staticmethod
    def short(key: str) -> str:
        raise NotImplementedError

    @property
    def artifacts(self) -> dict[str, Artifact]:
        return {self.short(node.key): node for node in self.all_of("artifacts")}

    @property
    def executions(self) -> dict[str, Execution]:
        return {self.short(node.key): node for node in self.all_of("executions")}

    @property
    def contexts(self) -> dict[str, Context]:
        return {self.short(node.key): node for node in self.all_of("contexts")}

    @property
    def parents(self) -> set[tuple[str, str]]:
        return {(self.short(link.child), self.short(link.parent)) for link in self.all_of("parents")}


def batches_of(
    loader: Loader, source: Path | str, name: str | None, batch_size: int
) -> tuple[list[Records], LoadReport]:
    """All batches of a source, and the report."""
    report = LoadReport(loader.name, str(source))
    options = LoadOptions(source_name=name, batch_size=batch_size)
    return list(loader.load(str(source), options, report)), report


def outcome_of(read: Callable[[], T]) -> T | str:
    """What a source yields, or the text by which it is refused."""
    try:
        return read()
    except LoadError as error:
        return str(error)
