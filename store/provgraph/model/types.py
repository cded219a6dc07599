"""Types of nodes, and the rules by which they evolve (those of ML Metadata)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote

from provgraph.errors import InvalidValueError, TypeConflictError
from provgraph.model.values import PropertyKind, check_text

__all__ = [
    "ArtifactType",
    "BaseType",
    "ContextType",
    "ExecutionType",
    "NodeKind",
    "NodeType",
    "merge_types",
    "type_key",
]


class NodeKind(Enum):
    """The three kinds of node; the value is the label in the graph."""

    ARTIFACT = "Artifact"
    EXECUTION = "Execution"
    CONTEXT = "Context"

    @property
    def word(self) -> str:
        """The kind as it stands in a reference: `artifact` in `artifact:12`."""
        return self.value.lower()


class BaseType(Enum):
    """What a type is a kind of, as far as ML Metadata names it."""

    DATASET = "Dataset"
    MODEL = "Model"
    METRICS = "Metrics"
    STATISTICS = "Statistics"
    TRAIN = "Train"
    TRANSFORM = "Transform"
    PROCESS = "Process"
    EVALUATE = "Evaluate"
    DEPLOY = "Deploy"


@lru_cache(4096)  # asked several times of every node that is written, and a store has few types
def type_key(kind: NodeKind, name: str, version: str = "", source: str = "") -> str:
    """The key of a type: unique for (source, kind, name, version).

    >>> type_key(NodeKind.ARTIFACT, "Model")
    'provgraph/ArtifactType/Model'
    """
    tail = f"@{quote(version, safe=' .+')}" if version else ""
    return f"{source or 'provgraph'}/{kind.value}Type/{quote(name, safe=' .+')}{tail}"


def _made(kind: Callable[..., object], state: Mapping[str, object]) -> object:
    return kind(**state)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType:
    """What the three kinds of type share: use `ArtifactType`, `ExecutionType` or `ContextType`.

    Attributes:
        name: not empty.
        version: "" where there is none. The same name may exist in several versions with other properties.
        properties: the declared properties and their kinds.
        source: the store that the type came from, "" for what was recorded here. Types belong to their source.
        base_type: what it is a kind of.
        signature: for execution types, the text of ML Metadata's experimental input and output structure.
        id: given by the store; 0 before.
    """

    name: str
    version: str = ""
    properties: Mapping[str, PropertyKind] = field(default_factory=dict[str, PropertyKind], hash=False)
    description: str = ""
    external_id: str = ""
    base_type: BaseType | None = None
    source: str = ""
    signature: str = ""
    id: int = 0

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidValueError("a type needs a name")
        for text in (self.name, self.version, self.description, self.external_id, self.source, self.signature):
            check_text(text, f"type {self.name!r}")
        for name, kind in self.properties.items():
            if not name:
                raise InvalidValueError(f"type {self.name!r}: a property needs a non-empty name")
            if not isinstance(kind, PropertyKind):
                raise InvalidValueError(f"type {self.name!r}: property {name!r} has no kind but {kind!r}")
        object.__setattr__(self, "properties", MappingProxyType(dict(self.properties)))

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        # a read-only mapping cannot be pickled or copied deeply
        state = {f.name: getattr(self, f.name) for f in fields(self)}
        return _made, (type(self), {**state, "properties": dict(self.properties)})

    @property
    def kind(self) -> NodeKind:
        """Of which kind of node this is a type."""
        raise NotImplementedError  # pragma: no cover - the three subclasses answer

    @property
    def key(self) -> str:
        """The identity of the type in the store."""
        return type_key(self.kind, self.name, self.version, self.source)


class ArtifactType(NodeType):
    """A type of artifact, such as `Dataset` or `Model`."""

    __slots__ = ()

    @property
    def kind(self) -> NodeKind:
        """`NodeKind.ARTIFACT`."""
        return NodeKind.ARTIFACT


class ExecutionType(NodeType):
    """A type of execution, such as `Train`."""

    __slots__ = ()

    @property
    def kind(self) -> NodeKind:
        """`NodeKind.EXECUTION`."""
        return NodeKind.EXECUTION


class ContextType(NodeType):
    """A type of context, such as `Pipeline`, `Run` or `Camera`."""

    __slots__ = ()

    @property
    def kind(self) -> NodeKind:
        """`NodeKind.CONTEXT`."""
        return NodeKind.CONTEXT


_T = TypeVar("_T", bound=NodeType)


def merge_types(stored: _T, given: _T, *, can_add_fields: bool = False, can_omit_fields: bool = False) -> _T:
    """The stored type after `given` was put again, by ML Metadata's rules.

    Properties are never removed and never change their kind; new ones need `can_add_fields`, absent ones
    `can_omit_fields`. The stored description stays; a given external id replaces the stored one. A base type can be
    added but not changed.

    Raises:
        TypeConflictError: the rules forbid it.
    """
    name = f"{given.kind.word} type {given.name!r}"
    for prop, kind in given.properties.items():
        had = stored.properties.get(prop)
        if had is not None and had is not kind:
            raise TypeConflictError(
                f"{name}: property {prop!r} is {had.name} in the store and {kind.name} here: "
                "give the type a new version"
            )
    added = sorted(given.properties.keys() - stored.properties.keys())
    if added and not can_add_fields:
        raise TypeConflictError(f"{name} has no property {', '.join(added)} in the store: pass can_add_fields=True")
    omitted = sorted(stored.properties.keys() - given.properties.keys())
    if omitted and not can_omit_fields:
        raise TypeConflictError(f"{name} has property {', '.join(omitted)} in the store: pass can_omit_fields=True")
    if given.base_type and stored.base_type and given.base_type is not stored.base_type:
        raise TypeConflictError(
            f"{name} is a {stored.base_type.value} in the store and a {given.base_type.value} here: "
            "give the type a new version"
        )
    return replace(
        stored,
        properties={**stored.properties, **given.properties},
        external_id=given.external_id or stored.external_id,
        base_type=stored.base_type or given.base_type,
        description=stored.description or given.description,
        signature=stored.signature or given.signature,
    )
