"""What the demo asks of a graph: the recording API, as far as the demo uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias

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

    def recorded(self, key: str) -> bool:
        """Whether an execution of this key is there."""
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
