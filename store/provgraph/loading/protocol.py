"""What a loader is: it reads a source and yields values. It never sees a store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from provgraph.errors import ConfigurationError
from provgraph.loading.report import LoadReport
from provgraph.model import Records

__all__ = ["LoadOptions", "Loader", "Progress"]

_NAME = re.compile(r"[\w.+-]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What the user may say about a load.

    Attributes:
        source_name: what to call the source in keys: letters, digits and `. _ + -`. None leaves it to the loader, which
            finds a name that stays the same when the source grows or moves. Two sources of one name are one source.
        batch_size: how many nodes to yield, and so to write, at once.

    Raises:
        ConfigurationError: the name or the size cannot be used.
    """

    source_name: str | None = None
    batch_size: int = 2_000

    def __post_init__(self) -> None:
        if self.source_name is not None and not _NAME.fullmatch(self.source_name):
            raise ConfigurationError(
                f"{self.source_name!r} cannot name a source: use up to 200 letters, digits and the signs . _ + -"
            )
        if self.batch_size < 1:
            raise ConfigurationError(f"a batch holds at least one node, not {self.batch_size}")


class Progress(Protocol):
    """Is told how far a load is: `progress(1200, 5000, "executions")`."""

    def __call__(self, done: int, total: int | None, words: str, /) -> None:
        """Take note.

        Args:
            done: records read so far.
            total: records there are, None if the loader cannot tell.
            words: what is being read.
        """
        ...


@runtime_checkable
class Loader(Protocol):
    """A reader of another tool's records. Named by an entry point of the group `provgraph.loaders`.

    The entry point names a class without arguments (or an object) of this shape; its name is the loader's.
    """

    @property
    def name(self) -> str:
        """What users call it: `mlmd`. It also starts the keys of what it yields."""
        ...

    @property
    def title(self) -> str:
        """What it reads, in a few words: `ML Metadata store (SQLite file)`."""
        ...

    def recognises(self, source: str) -> bool:
        """Whether `source` (a path or a URL) looks like its own. Quick, and never an error."""
        ...

    def load(self, source: str, options: LoadOptions, report: LoadReport) -> Iterator[Records]:
        """Read `source` as batches of records.

        Each batch is written in one transaction, so an execution comes with all its events. A batch may name nodes of
        earlier ones, and types come before their nodes. Everything that can be refused is refused before the first
        batch, so that nothing is half-written. Whole sources never stand in memory.

        Args:
            source: a path or a URL.
            options: what the user said.
            report: is told what was read (`read`, `expect`, `working_on`), what the source is called (`store`), and
                everything that does not arrive as it stood there (`note`).

        Raises:
            LoadError: the source cannot be read; the text names the file and the place in it.
        """
        ...
