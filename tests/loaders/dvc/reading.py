"""Running the loaders of Git repositories without a store."""

from __future__ import annotations

from pathlib import Path

from provgraph.loading import Loader
from provgraph.model import Artifact, Context, Execution, Node
from provgraph_loaders.dvc import DvcLoader
from tests.loaders.reading import Read as AnyRead
from tests.loaders.reading import batches_of, outcome_of

__all__ = ["Read", "outcome", "read"]


class Read(AnyRead):
    """What a repository yields."""

    @property
    def artifacts(self) -> list[Artifact]:
        return self.all_of("artifacts")

    @property
    def executions(self) -> list[Execution]:
        return self.all_of("executions")

    @property
    def contexts(self) -> list[Context]:
        return self.all_of("contexts")

    def node(self, tail: str) -> Node:
        """The one node whose key has this part."""
        [found] = [node for node in self.nodes if tail in node.key]
        return found


def read(folder: Path, name: str | None = "S", batch_size: int = 2_000, loader: Loader | None = None) -> Read:
    """All batches of a repository."""
    return Read(*batches_of(loader or DvcLoader(), folder, name, batch_size))


def outcome(folder: Path, loader: Loader | None = None) -> Read | str:
    """What a repository yields, or the text by which it is refused."""
    return outcome_of(lambda: read(folder, loader=loader))
