"""Running the loader without a store."""

from __future__ import annotations

from pathlib import Path

from provgraph.model import Node, NodeType
from provgraph_loaders.mlmd import MlmdLoader
from tests.loaders.reading import Read as AnyRead
from tests.loaders.reading import batches_of, outcome_of


class Read(AnyRead):
    """What a file yields."""

    @property
    def types(self) -> list[NodeType]:
        return self.all_of("types")

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


def read(path: Path, name: str | None = "S", batch_size: int = 2_000) -> Read:
    """All batches of a file."""
    return Read(*batches_of(MlmdLoader(), path, name, batch_size))


def outcome(path: Path) -> Read | str:
    """What a file yields, or the text by which it is refused."""
    return outcome_of(lambda: read(path))
