"""Running the loader without a store."""

from __future__ import annotations

from pathlib import Path

from provgraph.model import Derivation, Equality, Relation
from provgraph_loaders.openlineage import OpenLineageLoader
from tests.loaders.reading import KeyedRead, batches_of, outcome_of

__all__ = ["Read", "outcome", "read"]

PREFIX = "openlineage/S/"


class Read(KeyedRead):
    """What a source yields. Keys are named without `openlineage/S/KIND/`."""

    @staticmethod
    def short(key: str) -> str:
        return short(key)

    @property
    def relations(self) -> list[Relation]:
        return self.all_of("relations")

    @property
    def equalities(self) -> list[Equality]:
        return self.all_of("equalities")

    @property
    def derivations(self) -> set[tuple[str, str]]:
        found: list[Derivation] = self.all_of("derivations")
        return {(short(link.origin), short(link.derived)) for link in found}

    @property
    def groups(self) -> set[tuple[str, str]]:
        return {(short(link.execution), short(link.context)) for link in self.all_of("associations")}

    def flows(self, execution: str) -> set[tuple[str, str]]:
        """The events of an execution: `("INPUT", artifact)`, `("POSSIBLE_INPUT", artifact)`."""
        return {
            (f"POSSIBLE_{e.type.name}" if e.possible else e.type.name, short(e.artifact))
            for e in self.events
            if short(e.execution) == execution
        }


def short(key: str) -> str:
    assert key.startswith(PREFIX)
    return key.removeprefix(PREFIX).split("/", 1)[1]


def read(source: Path | str, batch_size: int = 2_000) -> Read:
    """All batches of a source."""
    return Read(*batches_of(OpenLineageLoader(), source, "S", batch_size))


def outcome(source: Path) -> Read | str:
    """What a source yields, or the text by which it is refused."""
    return outcome_of(lambda: read(source))
