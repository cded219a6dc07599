"""Running the loader without a store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport
from provgraph.model import Event, Node, NodeType, Records
from provgraph_loaders.mlmd import MlmdLoader


@dataclass(frozen=True)
class Read:
    """What a file yields."""

    batches: list[Records]
    report: LoadReport

    @property
    def types(self) -> list[NodeType]:
        return [t for batch in self.batches for t in batch.types]

    @property
    def nodes(self) -> list[Node]:
        return [node for batch in self.batches for node in batch.nodes]

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in batch.events]

    @property
    def links(self) -> list[object]:
        return [
            link
            for batch in self.batches
            for link in (*batch.events, *batch.attributions, *batch.associations, *batch.parents)
        ]

    def node(self, tail: str) -> Node:
        """The node whose key ends so: `Artifact/1`."""
        [found] = [node for node in self.nodes if node.key.endswith("/" + tail)]
        return found

    def notes(self) -> list[str]:
        return [str(note) for note in self.report.notes]


def read(path: Path, name: str | None = "S", batch_size: int = 2_000) -> Read:
    """All batches of a file."""
    loader = MlmdLoader()
    report = LoadReport(loader.name, str(path))
    options = LoadOptions(source_name=name, batch_size=batch_size)
    return Read(list(loader.load(str(path), options, report)), report)


def outcome(path: Path) -> Read | str:
    """What a file yields, or the text by which it is refused."""
    try:
        return read(path)
    except LoadError as error:
        return str(error)
