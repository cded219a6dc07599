"""Running the loader without a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport
from provgraph.model import Artifact, Context, Equality, Event, Execution, Records, Struct
from provgraph_loaders.mlflow import MlflowLoader

__all__ = ["Read", "outcome", "plain", "read"]

PREFIX = "mlflow/S/"


@dataclass(frozen=True)
class Read:
    """What a source yields; keys are named without `mlflow/S/KIND/`."""

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
    def flows(self) -> set[tuple[str, str, str]]:
        """Run, INPUT or OUTPUT, artifact."""
        return {(short(e.execution), e.type.name, short(e.artifact)) for e in self.events}

    @property
    def parents(self) -> set[tuple[str, str]]:
        return {(short(link.child), short(link.parent)) for link in self._all("parents")}

    @property
    def same(self) -> set[tuple[str, str, str]]:
        equalities: list[Equality] = self._all("equalities")
        return {(short(e.first), short(e.second), e.rule) for e in equalities}

    def records(self) -> list[dict[str, Any]]:
        """All records as plain values, sorted."""
        names = [field.name for field in fields(Records) if field.name != "adds"]
        return sorted((plain(item) for name in names for item in self._all(name)), key=repr)

    def notes(self) -> list[str]:
        return [str(note) for note in self.report.notes]


def short(key: str) -> str:
    return key.removeprefix(PREFIX).partition("/")[2]


def plain(value: Any) -> Any:
    """A record as what JSON can hold, without what is absent."""
    if is_dataclass(value) and not isinstance(value, type | Struct):
        found = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        return {"": type(value).__name__} | {k: v for k, v in found.items() if v not in (None, "", 0, [], {})}
    if isinstance(value, Struct):
        return {"struct": value.data}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float):
        return repr(value)  # NaN is no JSON, and equals nothing
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def read(source: Path | str, name: str | None = "S", batch_size: int = 2_000) -> Read:
    """All batches of a source."""
    loader = MlflowLoader()
    report = LoadReport(loader.name, str(source))
    return Read(list(loader.load(str(source), LoadOptions(source_name=name, batch_size=batch_size), report)), report)


def outcome(source: Path) -> Read | str:
    """What a source yields, or the text by which it is refused."""
    try:
        return read(source)
    except LoadError as error:
        return str(error)
