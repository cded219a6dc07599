"""Writing a step, or a part of it, in one transaction: whole or not at all, and twice the same as once."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import uuid4

from provgraph.errors import ConflictError
from provgraph.model import Execution, ExecutionState, JsonValue, NodeKind, Struct, Value, type_key
from provgraph.recording.contexts import ContextName, context_key, parent_links, to_contexts
from provgraph.recording.declared import Declared, StepRecord
from provgraph.recording.identity import key_of, named_key
from provgraph.recording.process import alive
from provgraph.recording.settling import RECORDED_BY, Settled, conflict_key, settle_things
from provgraph.recording.warn import warn
from provgraph.store.core import StoreCore
from provgraph.store.cypher.find import EXECUTIONS_BY_KEYS, KEYS_BY_UNIQUE_NAME
from provgraph.store.execution import ExecutionUnit, prepare_execution, run_execution
from provgraph.store.protocol import Transaction

__all__ = ["process_of", "write_step"]

_DONE = frozenset({"COMPLETE", "CACHED"})
_ENDED = frozenset({"COMPLETE", "CACHED", "FAILED", "CANCELED"})
_RACE_SECONDS = 15.0  # for which a write is tried again that collides with others
_ATTEMPTS = 16  # looked up at once


@dataclass(slots=True)
class _Result:
    key: str | None
    ids: dict[str, int]
    settled: Settled
    note: str | None = None


def write_step(core: StoreCore, record: StepRecord, things: Sequence[Declared], *, whole: bool, ask: bool) -> bool:
    """Write the step's execution as it stands with `things`, in one transaction; afterwards `record` and `things` know
    what they are called in the store.

    Args:
        core: an open store.
        record: the step.
        things: those of its things that are to be written now.
        whole: also what belongs to the execution itself: its properties and contexts, not only the links to `things`.
        ask: first look whether the step is recorded already.

    Returns:
        False if it is recorded already under its key, or is being recorded: then nothing was written.

    Raises:
        ProvgraphError: nothing was written.
    """
    taken: str | None = None
    aliases: dict[str, str] = {}
    give_up = time.monotonic() + _RACE_SECONDS
    result: _Result | None = None
    while result is None:
        known = dict(aliases)
        try:
            result = core.store.write(lambda tx: _work(tx, core, record, things, whole, ask, known))  # noqa: B023 - at once
        except ConflictError:
            # Another writer made the same artifact at the same moment, or a name stands under another key than ours.
            if time.monotonic() > give_up:
                raise
            if whole and taken is None and not record.settled_key and _name_is_taken(core, record):
                taken, record.name = record.name, f"{record.name}+{uuid4().hex[:8]}"
            aliases = _other_keys(core, record, things)
    if taken is not None:
        text = f"an execution {record.type} is called {taken!r} already: this one was recorded as {record.name!r}"
        result.settled.warnings.append(text)
    if result.key is None:
        if result.note:
            warn(result.note)
        return False
    record.settled_key = result.key
    for thing, key, (name, type_) in zip(things, result.settled.keys, result.settled.names, strict=True):
        thing.key, thing.id = key, result.ids[key]
        thing.stored_name, thing.stored_type = name, type_
    if result.settled.ambiguous:
        record.properties["ambiguous_inputs"] = _ambiguous(record, result.settled)
    for text in result.settled.warnings:
        warn(text)
    return True


def _work(
    transaction: Transaction,
    core: StoreCore,
    record: StepRecord,
    things: Sequence[Declared],
    whole: bool,
    ask: bool,
    aliases: Mapping[str, str],
) -> _Result:
    key, note = record.settled_key or record.key, None
    if ask:
        found, note = _place(transaction, record)
        if found is None:
            return _Result(None, {}, Settled(), note)
        key = found
    settled = settle_things(transaction, lambda: core.ids.take(1)[0], things, key, record.workflow, aliases)
    execution = Execution(type=record.type, key=key)
    properties: dict[str, Value] = {}
    if settled.ambiguous:
        properties["ambiguous_inputs"] = _ambiguous(record, settled)
    if whole:
        name = record.name
        if name is not None and key != record.key:  # another attempt: names are unique
            name += key.removeprefix(record.key)
        execution = replace(
            execution,
            name=name,
            state=record.state,
            started_at=record.started_at,
            ended_at=record.ended_at,
            custom_properties={**record.properties, **properties},
        )
    elif properties:
        execution = replace(execution, custom_properties=properties)

    def key_in_store(key: str) -> str:
        return aliases.get(key, key)

    own = [name for thing in things for name in thing.contexts]
    written: list[ContextName] = [*(record.contexts if whole else ()), *own]
    fresh = set(written)
    unit = ExecutionUnit(
        execution=execution,
        artifacts=list(settled.artifacts.values()),
        events=settled.events,
        contexts=[replace(context, key=key_in_store(context.key)) for context in to_contexts(written)],
        associated=[key_in_store(context_key(name)) for name in record.contexts] if whole else (),
        attributed=settled.attributed,
        parents=[
            (key_in_store(context_key(child)), key_in_store(context_key(parent)))
            for child, parent in parent_links([*record.contexts, *own])
            if child in fresh
        ],
        recorded_by=RECORDED_BY,
    )
    parameters = prepare_execution(core.ids, core.types, unit)
    return _Result(key, run_execution(transaction, unit, parameters), settled, note)


def _name_is_taken(core: StoreCore, record: StepRecord) -> bool:
    if record.name is None:
        return False
    unique = f"{type_key(NodeKind.EXECUTION, record.type)}\n{record.name}"
    [[rows]] = core.store.read(KEYS_BY_UNIQUE_NAME[NodeKind.EXECUTION], {"names": [unique]})
    return any(key != record.key for _, key in rows)


def _other_keys(core: StoreCore, record: StepRecord, things: Sequence[Declared]) -> dict[str, str]:
    """For names that stand under keys which somebody else chose: those keys, by ours."""
    wanted: dict[NodeKind, dict[str, str]] = {NodeKind.ARTIFACT: {}, NodeKind.CONTEXT: {}}
    for thing in things:
        if thing.name is None:
            continue
        type_ = thing.type or thing.default_type
        keys = [key_of(thing)] if thing.digest is None else [key_of(thing), conflict_key(thing)]
        for key in keys:
            name = key.removeprefix(named_key(type_, ""))
            wanted[NodeKind.ARTIFACT][f"{type_key(NodeKind.ARTIFACT, type_)}\n{name}"] = key
    for context in to_contexts([*record.contexts, *(name for thing in things for name in thing.contexts)]):
        wanted[NodeKind.CONTEXT][f"{context.type_key}\n{context.name}"] = context.key
    found: dict[str, str] = {}
    for kind, ours in wanted.items():
        [[rows]] = core.store.read(KEYS_BY_UNIQUE_NAME[kind], {"names": sorted(ours)})
        found |= {ours[unique]: str(key) for unique, key in rows if ours[unique] != key}
    return found


def _ambiguous(record: StepRecord, settled: Settled) -> Struct:
    before = record.properties.get("ambiguous_inputs")
    known = before.data if isinstance(before, Struct) and isinstance(before.data, list) else []
    return Struct.of([*(entry for entry in known if entry not in settled.ambiguous), *settled.ambiguous])


def _place(transaction: Transaction, record: StepRecord) -> tuple[str | None, str | None]:
    """The key to write under, None if there is nothing to write; and what to warn of.

    Under a key of the user's stand its attempts: `KEY`, `KEY#2` … Each that failed stays as it is.
    """
    start = 1
    while True:
        keys = [record.key if n == 1 else f"{record.key}#{n}" for n in range(start, start + _ATTEMPTS)]
        if not record.keyed:
            keys = [record.settled_key or record.key]
        [[rows]] = transaction.run(EXECUTIONS_BY_KEYS, {"keys": keys})
        there: dict[str, dict[str, Any]] = dict(rows)
        for key in keys:
            stored = there.get(key)
            if stored is None:
                return key, None
            state = stored.get("state", "UNKNOWN")
            if stored.get("custom_recording") == record.uuid:
                return (None if _is_newer(state, record) else key), None
            if state in _DONE or (state in _ENDED and record.backfilled):
                return None, None
            if state in ("UNKNOWN", "NEW"):  # put there to be recorded
                return key, None
            if state == "RUNNING" and alive(process_of(stored)):
                return None, f"{key!r} is being recorded by a process that still runs: this one records nothing"
        if not record.keyed:
            return None, None
        start += _ATTEMPTS


def _is_newer(state: str, record: StepRecord) -> bool:
    """Whether what is stored of this very recording is its end, so that `record` has nothing to add to it."""
    return state in ("COMPLETE", "CACHED", "FAILED") or (state == "CANCELED" and record.state is ExecutionState.RUNNING)


def process_of(stored: Mapping[str, Any]) -> dict[str, JsonValue]:
    """The process that records an execution, by the execution's property map; empty where that is not known."""
    try:
        found = json.loads(stored.get("custom_process") or "{}")
    except ValueError:
        return {}
    return cast("dict[str, JsonValue]", found) if isinstance(found, dict) else {}
