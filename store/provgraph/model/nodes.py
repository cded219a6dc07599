"""Artifacts, executions and contexts: frozen values that know no store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TypeAlias, TypeVar

from provgraph.errors import InvalidValueError
from provgraph.model.types import NodeKind, type_key
from provgraph.model.values import Properties, Value, check_text, frozen_properties

__all__ = ["Artifact", "ArtifactState", "Context", "Execution", "ExecutionState", "Node", "parse_ref", "with_id"]


class ArtifactState(Enum):
    """The life of an artifact; the numbers are ML Metadata's."""

    UNKNOWN = 0
    PENDING = 1
    LIVE = 2
    MARKED_FOR_DELETION = 3
    DELETED = 4
    ABANDONED = 5
    REFERENCE = 6


class ExecutionState(Enum):
    """The life of an execution; the numbers are ML Metadata's."""

    UNKNOWN = 0
    NEW = 1
    RUNNING = 2
    COMPLETE = 3
    FAILED = 4
    CACHED = 5
    CANCELED = 6


def _made(kind: Callable[..., object], state: Mapping[str, object]) -> object:
    return kind(**state)


# What is looked up by index must fit in one entry of it; the least of the engines' limits is 8,167 bytes.
_LONGEST_IDENTITY = 8_000


def _check_identity(type_and_name: str, key: str, external_id: str, what: str, uri: str = "", digest: str = "") -> None:
    for name, text in (
        *(("type and name together", type_and_name), ("key", key), ("external id", external_id)),
        *(("URI", uri), ("digest", digest)),
    ):
        if len(text) * 4 > _LONGEST_IDENTITY and len(text.encode()) > _LONGEST_IDENTITY:
            raise InvalidValueError(
                f"{what}: the {name} is longer than {_LONGEST_IDENTITY:,} bytes: keep long texts in a property"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _NodeBase:
    type: str
    name: str | None = None
    key: str = ""
    external_id: str | None = None
    # mappings have no hash; what is equal in all else still has the same one
    properties: Properties = field(default_factory=dict[str, Value], hash=False)
    custom_properties: Properties = field(default_factory=dict[str, Value], hash=False)
    type_version: str = ""
    source: str = ""
    created_at: int | None = None
    updated_at: int | None = None
    recorded_at: int | None = None
    id: int = 0

    def __post_init__(self) -> None:
        what = f"{self.kind.word} of type {self.type!r}"
        if not self.type:
            raise InvalidValueError(f"{self.kind.word}: a type is needed")
        if self.name == "":
            raise InvalidValueError(f"{what}: a name is absent (None) or not empty")
        for text in (self.type, self.name, self.key, self.external_id, self.type_version, self.source):
            if text:
                check_text(text, what)
        texts = (self.type, self.type_version, self.source, self.name or "")
        if sum(map(len, texts)) * 12 > _LONGEST_IDENTITY:  # else it fits, however its letters are written
            _check_identity(f"{self.type_key}{self.name or ''}", "", "", what)
        _check_identity("", self.key, self.external_id or "", what)
        object.__setattr__(self, "properties", frozen_properties(self.properties, what))
        object.__setattr__(self, "custom_properties", frozen_properties(self.custom_properties, what))

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        # a read-only mapping cannot be pickled or copied deeply, and values travel between processes and in caches
        state = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in ("properties", "custom_properties"):
            state[name] = dict(state[name])
        return _made, (type(self), state)

    @property
    def kind(self) -> NodeKind:
        """Which of the three kinds of node this is."""
        raise NotImplementedError  # pragma: no cover - the three subclasses answer

    @property
    def ref(self) -> str:
        """The reference that commands and links use: `artifact:12`."""
        return f"{self.kind.word}:{self.id}"

    @property
    def type_key(self) -> str:
        """The key of the node's type."""
        return type_key(self.kind, self.type, self.type_version, self.source)

    @property
    def label(self) -> str:
        """What to call the node where people read: its name, else its external id, else its reference."""
        return self.name or self.external_id or self.ref

    def get(self, name: str, default: Value | None = None) -> Value | None:
        """The property of this name: the declared one if there is one, else the custom one, else `default`."""
        found = self.properties.get(name)
        return found if found is not None else self.custom_properties.get(name, default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact(_NodeBase):
    """A thing that flows between executions: a dataset, a model, metrics, a deployment.

    Attributes:
        type: the plain name of its `ArtifactType`.
        name: unique among the named artifacts of one source and type; None for unnamed ones.
        key: the identity in the store; given by the store where it is "".
        external_id: the user's own identity, unique within its source.
        uri: where the thing itself is.
        digest: the hash of its bytes, such as `sha256:9f86d0…`.
        family, version: `inspector` and `7` of an artifact named `inspector/7`.
        properties, custom_properties: two name spaces: the declared properties of the type, and any others.
        source: the store it came from, "" for what was recorded here.
        created_at, updated_at: epoch milliseconds, as the source says; recorded_at: when this store learnt of it.
        id: given by the store, unique among artifacts; 0 before.
    """

    uri: str | None = None
    state: ArtifactState = ArtifactState.UNKNOWN
    digest: str | None = None
    family: str | None = None
    version: str | None = None

    def __post_init__(self) -> None:
        _NodeBase.__post_init__(self)
        for text in (self.uri, self.digest, self.family, self.version):
            if text:
                check_text(text, f"artifact of type {self.type!r}")
        _check_identity("", "", "", f"artifact of type {self.type!r}", self.uri or "", self.digest or "")

    @property
    def kind(self) -> NodeKind:
        """`NodeKind.ARTIFACT`."""
        return NodeKind.ARTIFACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution(_NodeBase):
    """One run of a step. Attributes are those of `Artifact`, and:

    Attributes:
        state: its last known state.
        started_at, ended_at: epoch milliseconds; None where not recorded.
    """

    state: ExecutionState = ExecutionState.UNKNOWN
    started_at: int | None = None
    ended_at: int | None = None

    @property
    def kind(self) -> NodeKind:
        """`NodeKind.EXECUTION`."""
        return NodeKind.EXECUTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(_NodeBase):
    """What groups artifacts and executions: a pipeline, a run, a project, a camera. It always has a name."""

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidValueError(f"context of type {self.type!r}: a context needs a name")
        _NodeBase.__post_init__(self)

    @property
    def kind(self) -> NodeKind:
        """`NodeKind.CONTEXT`."""
        return NodeKind.CONTEXT


Node: TypeAlias = Artifact | Execution | Context
N = TypeVar("N", bound=Node)


def with_id(node: N, id_: int) -> N:
    """The node with the id that a store gave it. What was checked when it was made is not checked again."""
    made = object.__new__(type(node))
    for each in fields(node):
        object.__setattr__(made, each.name, getattr(node, each.name))
    object.__setattr__(made, "id", id_)
    return made


_WORDS: Mapping[str, NodeKind] = {kind.word: kind for kind in NodeKind}


def parse_ref(text: str) -> tuple[NodeKind, int] | None:
    """The kind and id of a reference such as `artifact:12`; None if the text has another form."""
    word, colon, digits = text.partition(":")
    kind = _WORDS.get(word)
    if kind is None or not colon or not digits.isascii() or not digits.isdigit() or len(digits) > 19:
        return None
    number = int(digits)
    return (kind, number) if number < 2**63 else None
