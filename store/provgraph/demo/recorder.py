"""What the demo asks of a graph: the recording API, as far as the demo uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias

from provgraph.model import Context

__all__ = ["Progress", "Recorded", "Recorder", "Step", "Value"]

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with the steps done, the steps in all, and what was done."""

Value: TypeAlias = bool | int | float | str


class Recorded(Protocol):
    """An artifact that was recorded."""

    @property
    def key(self) -> str:
        """Its key in the graph."""
        ...


class Step(Protocol):
    """An execution while it is recorded."""

    def input(
        self,
        source: str | Path | Recorded,
        /,
        *,
        type: str | None = None,
        name: str | None = None,
        version: str | None = None,
        **properties: Value,
    ) -> Recorded:
        """Record an input: a path, a URI, or an artifact recorded before."""
        ...

    def output(
        self,
        source: str | Path | None = None,
        /,
        *,
        type: str | None = None,
        name: str | None = None,
        version: str | None = None,
        contexts: Mapping[str, str] | None = None,
        **properties: Value,
    ) -> Recorded:
        """Record an output: a path, or something without bytes."""
        ...

    def log(self, **properties: Value) -> None:
        """Add properties to the execution."""
        ...


class Recorder(Protocol):
    """A graph that records."""

    def get(self, node: str, /) -> object:
        """The node of a key; raises NotFoundError if there is none."""
        ...

    def put_context(self, context: Context, /) -> object:
        """Add to a context what is given here."""
        ...

    def execution(
        self,
        type: str,
        /,
        *,
        name: str | None = None,
        key: str | None = None,
        pipeline: str | None = None,
        run: str | None = None,
        contexts: Mapping[str, str] | None = None,
        parameters: Mapping[str, Value] | None = None,
        started_at: datetime | None = None,
        ended_at: datetime | None = None,
        **properties: Value,
    ) -> AbstractContextManager[Step]:
        """Record an execution of a type."""
        ...
