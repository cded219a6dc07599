"""Running the loader without a store."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prov.model import ProvDocument

from provgraph.model import Derivation, Node, Relation, Struct
from provgraph_loaders.prov import ProvLoader
from tests.loaders.reading import KeyedRead, batches_of, outcome_of

__all__ = ["EX", "Read", "outcome", "parsed", "put_together", "read"]

PREFIX = "prov/S/"
EX = "http://example.org/"


class Read(KeyedRead):
    """What a document yields. Keys are named without `prov/S/`, and IRIs with `ex:` for http://example.org/."""

    @staticmethod
    def short(key: str) -> str:
        return short(key)

    @property
    def relations(self) -> set[tuple[str, str, str]]:
        found: list[Relation] = self.all_of("relations")
        return {(link.name, short(link.start), short(link.end)) for link in found}

    @property
    def derivations(self) -> set[tuple[str, str]]:
        found: list[Derivation] = self.all_of("derivations")
        return {(short(link.origin), short(link.derived)) for link in found}

    @property
    def memberships(self) -> set[tuple[str, str]]:
        found = {(short(link.execution), short(link.context)) for link in self.all_of("associations")}
        return found | {(short(link.artifact), short(link.context)) for link in self.all_of("attributions")}

    @property
    def flows(self) -> set[tuple[str, str, str]]:
        """`(INPUT, execution, artifact)` and so on."""
        return {
            (f"{'POSSIBLE_' if e.possible else ''}{e.type.name}", short(e.execution), short(e.artifact))
            for e in self.events
        }


def short(key: str) -> str:
    assert key.startswith(PREFIX)
    return key.removeprefix(PREFIX).replace(EX, "ex:")


def read(source: Path | str, batch_size: int = 2_000) -> Read:
    """All batches of a document."""
    return Read(*batches_of(ProvLoader(), source, "S", batch_size))


def outcome(source: Path) -> Read | str:
    """What a document yields, or the text by which it is refused."""
    return outcome_of(lambda: read(source))


def parsed(source: Path | str) -> ProvDocument:
    """The document as prov reads it."""
    found: ProvDocument = ProvDocument.deserialize(source, format="json")
    return found


def put_together(nodes: Iterable[Node]) -> ProvDocument:
    """The document that the nodes keep, each its part."""
    whole = ProvDocument()
    for node in nodes:
        kept = node.custom_properties["prov_json"]
        assert isinstance(kept, Struct)
        whole.update(ProvDocument.deserialize(content=kept.text, format="json"))
    return whole
