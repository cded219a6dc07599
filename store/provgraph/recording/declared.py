"""What a step declares of itself, before any store has seen it: plain values that a file can hold."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from provgraph.errors import LoadError
from provgraph.model import ExecutionState, JsonValue, Proto, Step, Struct, Value
from provgraph.recording.contexts import ContextName

__all__ = ["Declared", "StepRecord", "record_from_text", "record_to_text"]


@dataclass(slots=True, kw_only=True)
class Declared:
    """An artifact that a step declared as its input or output.

    Attributes:
        position: its number among those of the step.
        time: when it was declared, epoch milliseconds.
        type: None for an input of any type.
        name, version: as the user gave them.
        empty: it has no bytes, so its digest says nothing.
        default_type: for what has no type.
        own_key: its key where nothing else identifies it: an unnamed output.
        link: the key of an artifact that is in the store: nothing of it is written but the link.
        path: the steps of the event's path.
        host: where a local file was seen; None if that is not to be recorded.
        key, id: as it stands in the store; "" and 0 until it does.
        stored_name, stored_digest, stored_type: as they stand in the store, once they do.
    """

    role: Literal["input", "output"]
    position: int
    time: int
    type: str | None = None
    default_type: str = "Artifact"
    name: str | None = None
    version: str | None = None
    uri: str | None = None
    digest: str | None = None
    empty: bool = False
    own_key: str | None = None
    link: str | None = None
    path: tuple[Step, ...] = ()
    host: str | None = None
    contexts: list[ContextName] = field(default_factory=list[ContextName])
    properties: dict[str, Value] = field(default_factory=dict[str, Value])
    key: str = ""
    id: int = 0
    stored_name: str | None = None
    stored_type: str | None = None


@dataclass(slots=True, kw_only=True)
class StepRecord:
    """A step: its execution, and what it declared.

    Attributes:
        uuid: made by the client: the identity of this recording.
        key: of the execution: the user's, or one made of type and uuid.
        keyed: whether the key is the user's, so that others may stand under it.
        backfilled: it was recorded after the fact, with a given end.
        workflow: the pipeline and the run, to which its outputs belong too.
        contexts: all contexts, those of `workflow` among them.
        settled_key: the key under which it stands in the store; "" until it does.
    """

    uuid: str
    type: str
    key: str
    keyed: bool
    name: str | None
    started_at: int
    ended_at: int | None = None
    backfilled: bool = False
    state: ExecutionState = ExecutionState.RUNNING
    properties: dict[str, Value] = field(default_factory=dict[str, Value])
    workflow: list[ContextName] = field(default_factory=list[ContextName])
    contexts: list[ContextName] = field(default_factory=list[ContextName])
    things: list[Declared] = field(default_factory=list[Declared])
    settled_key: str = ""


_RECORD = ("uuid", "type", "key", "keyed", "name", "started_at", "ended_at", "backfilled", "settled_key")
_THING = (
    "role", "position", "time", "type", "default_type", "name", "version", "uri", "digest", "empty", "own_key", "link",
    "host", "key", "id", "stored_name", "stored_type",
)  # fmt: skip


def record_to_text(record: StepRecord) -> str:
    """The record as one line of JSON."""
    data: dict[str, object] = {name: getattr(record, name) for name in _RECORD}
    data["state"] = record.state.name
    data["properties"] = _values_to_json(record.properties)
    data["workflow"], data["contexts"] = record.workflow, record.contexts
    data["things"] = [
        {
            **{name: getattr(thing, name) for name in _THING},
            "path": list(thing.path),
            "contexts": thing.contexts,
            "properties": _values_to_json(thing.properties),
        }
        for thing in record.things
    ]
    return json.dumps(data, ensure_ascii=True)


def record_from_text(text: str) -> StepRecord:
    """The record that `record_to_text` wrote.

    Raises:
        LoadError: it is none.
    """
    try:
        data: dict[str, Any] = json.loads(text)
        return StepRecord(
            **{name: data[name] for name in _RECORD},
            state=ExecutionState[data["state"]],
            properties=_values_from_json(data["properties"]),
            workflow=[ContextName(*name) for name in data["workflow"]],
            contexts=[ContextName(*name) for name in data["contexts"]],
            things=[
                Declared(
                    **{name: thing[name] for name in _THING},
                    path=tuple(thing["path"]),
                    contexts=[ContextName(*name) for name in thing["contexts"]],
                    properties=_values_from_json(thing["properties"]),
                )
                for thing in data["things"]
            ],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LoadError(f"not the record of a step ({type(error).__name__}: {error})") from error


def _values_to_json(values: dict[str, Value]) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for name, value in values.items():
        if isinstance(value, Struct):
            found[name] = {"struct": value.text}
        elif isinstance(value, Proto):
            found[name] = {"proto": [value.type_url, base64.b64encode(value.data).decode("ascii")]}
        else:
            found[name] = value
    return found


def _values_from_json(values: dict[str, Any]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in values.items():
        if not isinstance(value, dict):
            found[name] = value
            continue
        tagged = cast("dict[str, Any]", value)
        if "struct" in tagged:
            found[name] = Struct(tagged["struct"])
        else:
            type_url, data = tagged["proto"]
            found[name] = Proto(type_url, base64.b64decode(data))
    return found
