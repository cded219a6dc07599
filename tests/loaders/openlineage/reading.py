"""Running the loader without a store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport
from provgraph.model import Artifact, Context, Derivation, Equality, Event, Execution, Records, Relation, Struct
from provgraph_loaders.openlineage import OpenLineageLoader

__all__ = ["Read", "outcome", "plain", "read"]

PREFIX = "openlineage/S/"


@dataclass(frozen=True)
class Read:
    """What a source yields. Keys are named without `openlineage/S/KIND/`."""

    batches: list[Records]
    report: LoadReport

    def _all(self, name: str) -> list[Any]:
        return [item for batch in self.batches for item in getattr(batch, name)]

    @property
    def artifacts(self) -> dict[str, Artifact]:
        return {short(node.key): node for node in self._all("artifacts")}

    @property
    def executions(self) -> dict[str, Execution]:
        return {short(node.key): node for node in self._all("executions")}

    @property
    def contexts(self) -> dict[str, Context]:
        return {short(node.key): node for node in self._all("contexts")}

    @property
    def events(self) -> list[Event]:
        return self._all("events")

    @property
    def relations(self) -> list[Relation]:
        return self._all("relations")

    @property
    def equalities(self) -> list[Equality]:
        return self._all("equalities")

    @property
    def derivations(self) -> set[tuple[str, str]]:
        found: list[Derivation] = self._all("derivations")
        return {(short(link.origin), short(link.derived)) for link in found}

    @property
    def parents(self) -> set[tuple[str, str]]:
        return {(short(link.child), short(link.parent)) for link in self._all("parents")}

    @property
    def groups(self) -> set[tuple[str, str]]:
        return {(short(link.execution), short(link.context)) for link in self._all("associations")}

    def flows(self, execution: str) -> set[tuple[str, str]]:
        """The events of an execution: `("INPUT", artifact)`, `("POSSIBLE_INPUT", artifact)`."""
        return {
            (f"POSSIBLE_{e.type.name}" if e.possible else e.type.name, short(e.artifact))
            for e in self.events
            if short(e.execution) == execution
        }

    def notes(self) -> list[str]:
        return [str(note) for note in self.report.notes]


def short(key: str) -> str:
    assert key.startswith(PREFIX)
    return key.removeprefix(PREFIX).split("/", 1)[1]


def read(source: Path | str, batch_size: int = 2_000) -> Read:
    """All batches of a source."""
    loader = OpenLineageLoader()
    report = LoadReport(loader.name, str(source))
    options = LoadOptions(source_name="S", batch_size=batch_size)
    return Read(list(loader.load(str(source), options, report)), report)


def outcome(source: Path) -> Read | str:
    """What a source yields, or the text by which it is refused."""
    try:
        return read(source)
    except LoadError as error:
        return str(error)


def plain(value: Any) -> Any:
    """A record as JSON, without what is absent."""
    if isinstance(value, Struct):
        return {"struct": json.loads(value.text)}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        found = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        return {"is": type(value).__name__, **{k: v for k, v in found.items() if v not in (None, "", 0, [], {}, False)}}
    return value
