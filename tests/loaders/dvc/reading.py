"""Running the loaders of Git repositories without a store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from provgraph.errors import LoadError
from provgraph.loading import Loader, LoadOptions, LoadReport
from provgraph.model import Artifact, Context, Event, Execution, Node, Records
from provgraph_loaders.dvc import DvcLoader

__all__ = ["Read", "outcome", "read"]


@dataclass(frozen=True)
class Read:
    """What a repository yields."""

    batches: list[Records]
    report: LoadReport

    @property
    def nodes(self) -> list[Node]:
        return [node for batch in self.batches for node in batch.nodes]

    @property
    def artifacts(self) -> list[Artifact]:
        return [node for batch in self.batches for node in batch.artifacts]

    @property
    def executions(self) -> list[Execution]:
        return [node for batch in self.batches for node in batch.executions]

    @property
    def contexts(self) -> list[Context]:
        return [node for batch in self.batches for node in batch.contexts]

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in batch.events]

    def node(self, tail: str) -> Node:
        """The one node whose key has this part."""
        [found] = [node for node in self.nodes if tail in node.key]
        return found

    def notes(self) -> list[str]:
        return [str(note) for note in self.report.notes]


def read(folder: Path, name: str | None = "S", batch_size: int = 2_000, loader: Loader | None = None) -> Read:
    """All batches of a repository."""
    loader = loader or DvcLoader()
    report = LoadReport(loader.name, str(folder))
    options = LoadOptions(source_name=name, batch_size=batch_size)
    return Read(list(loader.load(str(folder), options, report)), report)


def outcome(folder: Path, loader: Loader | None = None) -> Read | str:
    """What a repository yields, or the text by which it is refused."""
    try:
        return read(folder, loader=loader)
    except LoadError as error:
        return str(error)
