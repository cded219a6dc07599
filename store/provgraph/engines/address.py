"""Where a store is to be reached: what every engine tells the Bolt module, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Address", "Engine"]


@dataclass(frozen=True, slots=True)
class Address:
    """A Bolt address with what is needed to log in there.

    Attributes:
        uri: a Bolt or Neo4j URI with scheme, host and port, without user or password.
        database: the database to use; None for the user's home database.
        generation: grows by one each time the engine behind the address is another one, so that a driver opened on
            an older generation is known to be dead.
    """

    uri: str
    user: str | None
    password: str | None = field(repr=False)
    database: str | None
    generation: int = 0


class Engine(Protocol):
    """A server that is found (or started) on demand."""

    @property
    def url(self) -> str:
        """The URL a user can give to `provgraph.connect` to come here again; without a password."""
        ...

    @property
    def embedded(self) -> bool:
        """True for the engine that provgraph itself starts and stops."""
        ...

    def address(self) -> Address:
        """Where the server is now: starts one, or finds the one that took over, where this engine does that.

        Cheap when nothing changed (under 0.1 ms): it is asked before each use.

        Raises:
            EngineError: the server cannot be started or reached.
        """
        ...

    def alive(self, wait: float = 0.0) -> bool:
        """Whether the server of the last `address()` still runs, as far as that can be known within `wait` seconds."""
        ...

    def close(self) -> None:
        """Give the server up; it may stop when nobody else uses it."""
        ...
