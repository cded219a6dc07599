"""What everything above needs of a store: run constant statements, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, Protocol, TypeAlias, TypeVar

__all__ = ["GraphStore", "Parameters", "Row", "Statement", "StoreInfo", "Transaction"]

Statement: TypeAlias = LiteralString
Parameters: TypeAlias = Mapping[str, object]
# What a statement returns is decided by its text alone: the functions beside the statements give it its types.
Row: TypeAlias = Sequence[Any]
T = TypeVar("T")


class Transaction(Protocol):
    """A transaction that is open."""

    def run(self, statement: Statement, parameters: Parameters) -> list[Row]:
        """All rows of one statement."""
        ...


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """Which server answers.

    Attributes:
        engine: `ArcadeDB` or `Neo4j`, as the server calls itself.
        version: of the server.
        url: where it is, as `provgraph.connect` takes it; never with a password.
        database: None for the user's home database.
    """

    engine: str
    version: str
    url: str
    database: str | None
    embedded: bool


class GraphStore(Protocol):
    """A property graph reached over Bolt.

    Every method may raise the errors below `provgraph.errors.StoreError`.
    """

    @property
    def url(self) -> str:
        """Where the store is, as `provgraph.connect` takes it; never with a password."""
        ...

    def read(self, statement: Statement, parameters: Parameters) -> list[Row]:
        """All rows of a statement that only reads."""
        ...

    def stream(self, statement: Statement, parameters: Parameters) -> Iterator[Row]:
        """The rows of a statement that only reads, as they arrive: memory stays flat. Not repeated if it fails."""
        ...

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction, again where the failure is transient: it must be idempotent."""
        ...

    def write_one(self, statement: Statement, parameters: Parameters, use: Callable[[list[Row]], T]) -> T:
        """Run one statement in a transaction of its own: `write` in fewer round trips.

        `use` makes the answer of its rows; if it raises, the transaction is taken back.
        """
        ...

    def alter(self, statement: Statement) -> None:
        """Run one statement that changes the schema."""
        ...

    def info(self) -> StoreInfo:
        """Which server answers."""
        ...

    def close(self) -> None:
        """Give the connection up."""
        ...
