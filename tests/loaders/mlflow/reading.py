"""Running the loader without a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from provgraph.model import Equality, Records, Struct
from provgraph_loaders.mlflow import MlflowLoader
from tests.loaders.reading import KeyedRead, batches_of, outcome_of

__all__ = ["Read", "outcome", "plain", "read"]

PREFIX = "mlflow/S/"


class Read(KeyedRead):
    """What a source yields; keys are named without `mlflow/S/KIND/`."""

    @staticmethod
    def short(key: str) -> str:
        return short(key)

    @property
    def flows(self) -> set[tuple[str, str, str]]:
        """Run, INPUT or OUTPUT, artifact."""
        return {(short(e.execution), e.type.name, short(e.artifact)) for e in self.events}

    @property
    def same(self) -> set[tuple[str, str, str]]:
        equalities: list[Equality] = self.all_of("equalities")
        return {(short(e.first), short(e.second), e.rule) for e in equalities}

    def records(self) -> list[dict[str, Any]]:
        """All records as plain values, sorted."""
        names = [field.name for field in fields(Records) if field.name != "adds"]
        return sorted((plain(item) for name in names for item in self.all_of(name)), key=repr)


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
    return Read(*batches_of(MlflowLoader(), source, name, batch_size))


def outcome(source: Path) -> Read | str:
    """What a source yields, or the text by which it is refused."""
    return outcome_of(lambda: read(source))
