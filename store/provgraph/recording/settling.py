"""From what a step declared to what is written: which artifact each thing is, decided in the writing transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from provgraph.model import (
    Artifact,
    ArtifactState,
    Certainty,
    Event,
    EventType,
    JsonValue,
    NodeKind,
    Struct,
    Value,
)
from provgraph.recording.contexts import ContextName, context_key
from provgraph.recording.declared import Declared
from provgraph.recording.identity import (
    Candidate,
    Choice,
    artifact_name,
    choose,
    conflict_name,
    key_of,
    named_key,
    with_place,
)
from provgraph.store.cypher.find import BYTES_BY_DIGEST, BYTES_BY_URI
from provgraph.store.cypher.write import CLAIM_ARTIFACTS
from provgraph.store.protocol import Transaction
from provgraph.store.rows import node_from_properties

__all__ = ["RECORDED_BY", "Settled", "conflict_key", "settle_things"]

RECORDED_BY = "provgraph"
_MOST_CANDIDATES = 200
_MOST_OTHERS = 20


@dataclass(slots=True)
class Settled:
    """What things turned out to be.

    Attributes:
        artifacts: those to write, by key.
        keys: the key of each thing, in order.
        events, attributed: the links. The key of the execution stands in the events.
        ambiguous: for each input whose bytes are those of several artifacts: what was said of it.
        warnings: to be given once the transaction is through.
        names: the name and type of each thing's node.
    """

    artifacts: dict[str, Artifact] = field(default_factory=dict[str, Artifact])
    keys: list[str] = field(default_factory=list[str])
    names: list[tuple[str | None, str]] = field(default_factory=list[tuple[str | None, str]])
    events: list[Event] = field(default_factory=list[Event])
    attributed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    ambiguous: list[JsonValue] = field(default_factory=list[JsonValue])
    warnings: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class _Plan:
    """What is decided for one thing so far. `stored` is what the store holds under `key`, once it was looked at."""

    thing: Declared
    key: str
    choice: Choice | None = None
    claim: bool = True
    stored: dict[str, Any] = field(default_factory=dict[str, Any])
    conflict: bool = False


def settle_things(
    transaction: Transaction,
    take_id: Callable[[], int],
    things: Sequence[Declared],
    execution: str,
    workflow: Sequence[ContextName],
    aliases: Mapping[str, str],
) -> Settled:
    """Decide which artifact each of `things` is, under locks that hold until the transaction ends.

    Args:
        transaction: that will write them.
        take_id: a new id.
        things: inputs and outputs of one step.
        execution: the key of the step's execution.
        workflow: contexts that all outputs belong to.
        aliases: other keys under which names stand that would have ours.
    """
    plans = [_Plan(thing, thing.key or thing.link or _aliased(key_of(thing), aliases)) for thing in things]
    _search(transaction, plans)
    for plan in plans:
        if plan.thing.link is not None or (plan.thing.key and plan.thing.id):
            plan.claim = False
        elif plan.choice is not None:
            stored = plan.choice.candidate.stored
            plan.key = str(stored["key"])
            # what another tool said stays as it said it: its next load must find it unchanged
            new_place = not stored.get("source") and with_place(stored, plan.thing, again=False) is not None
            plan.claim = new_place or bool(plan.thing.properties)
            plan.stored = dict(stored)
    _claim(transaction, take_id, plans, aliases)
    found = Settled()
    for plan in plans:
        _decide(plan, execution, workflow, aliases, found)
    return found


def _aliased(key: str, aliases: Mapping[str, str]) -> str:
    return aliases.get(key, key)


def _search(transaction: Transaction, plans: Sequence[_Plan]) -> None:
    """Ask whose bytes the unnamed inputs are."""
    open_ = [
        plan
        for plan in plans
        if plan.thing.role == "input"
        and plan.thing.name is None
        and plan.thing.own_key is None
        and plan.thing.link is None
        and not (plan.thing.key and plan.thing.id)
    ]
    digests = sorted({str(p.thing.digest) for p in open_ if p.thing.digest is not None and not p.thing.empty})
    uris = sorted({str(p.thing.uri) for p in open_ if (p.thing.digest is None or p.thing.empty) and p.thing.uri})
    found: dict[str, list[Candidate]] = {}
    if digests:
        [[rows]] = transaction.run(BYTES_BY_DIGEST, {"digests": digests, "limit": _MOST_CANDIDATES})
        for digest, stored, produced in rows:
            found.setdefault(digest, []).append(Candidate(stored, produced))
    if uris:
        [[rows]] = transaction.run(BYTES_BY_URI, {"uris": uris, "limit": _MOST_CANDIDATES})
        for uri, stored, produced in rows:
            found.setdefault(uri, []).append(Candidate(stored, produced))
    for plan in open_:
        by_bytes = plan.thing.digest is not None and not plan.thing.empty
        candidates = found.get(str(plan.thing.digest if by_bytes else plan.thing.uri), [])
        plan.choice = choose(plan.thing, candidates)


def _claim(
    transaction: Transaction, take_id: Callable[[], int], plans: Sequence[_Plan], aliases: Mapping[str, str]
) -> None:
    """Lock what is to be written and see what stands there; other bytes under a taken version get their own key."""
    waiting = [plan for plan in plans if plan.claim and not (plan.thing.own_key and plan.thing.name is None)]
    while waiting:
        now = int(time.time() * 1000)
        rows = sorted(
            (
                {
                    "at": at,
                    "key": plan.key,
                    "create": {"id": take_id(), "recorded_at": now, "digest": plan.thing.digest},
                }
                for at, plan in enumerate(waiting)
            ),
            key=lambda row: str(row["key"]),
        )
        [[found]] = transaction.run(CLAIM_ARTIFACTS, {"rows": rows})
        taken: list[_Plan] = []
        looked_at: list[tuple[int, dict[str, Any]]] = found
        for at, stored in looked_at:
            plan = waiting[at]
            plan.stored = stored
            other = stored.get("digest")
            named = plan.thing.name is not None and plan.choice is None
            if named and plan.thing.digest is not None and other is not None and other != plan.thing.digest:
                if plan.conflict:  # the same first digits: only the whole digest tells them apart
                    plan.key = f"{plan.key}…{plan.thing.digest}"
                plan.conflict = True
                plan.key = plan.key if "…" in plan.key else _aliased(conflict_key(plan.thing), aliases)
                taken.append(plan)
        waiting = taken


def conflict_key(thing: Declared) -> str:
    """The key of other bytes under a version that is taken."""
    name, version = artifact_name(str(thing.name), thing.version, thing.digest)
    return named_key(thing.type or thing.default_type, conflict_name(name, version or "", str(thing.digest))[0])


def _decide(
    plan: _Plan, execution: str, workflow: Sequence[ContextName], aliases: Mapping[str, str], found: Settled
) -> None:
    thing, is_input = plan.thing, plan.thing.role == "input"
    others = plan.choice.others if plan.choice else ()
    found.keys.append(plan.key)
    if plan.claim:
        artifact = _artifact(plan)
        before = found.artifacts.get(plan.key)
        if before is not None:
            artifact = replace(artifact, custom_properties={**before.custom_properties, **artifact.custom_properties})
        found.artifacts[plan.key] = artifact
        found.names.append((artifact.name, artifact.type))
    else:
        found.names.append(
            (plan.stored.get("name", thing.stored_name), plan.stored.get("type", thing.stored_type or thing.type or ""))
        )
    found.events.append(
        Event(
            artifact=plan.key,
            execution=execution,
            type=EventType.INPUT if is_input else EventType.OUTPUT,
            time=thing.time,
            path=thing.path,
            certainty=Certainty.INFERRED if plan.choice and plan.choice.inferred else Certainty.OBSERVED,
            possible=bool(others),
            recorded_by=RECORDED_BY,
        )
    )
    belongs = thing.contexts if is_input else [*workflow, *thing.contexts]
    found.attributed += [(plan.key, _aliased(context_key(name), aliases)) for name in dict.fromkeys(belongs)]
    if others:
        found.ambiguous.append(
            {"input": plan.key, "place": thing.uri, "others": list(others[:_MOST_OTHERS]), "count": len(others)}
        )
        found.warnings.append(
            f"the bytes of {thing.uri} are those of {len(others) + 1} artifacts: the one produced last was recorded "
            "as a possible input; pass the artifact itself, or its name= and version=, to say which"
        )
    if plan.conflict:
        wanted = artifact_name(str(thing.name), thing.version, thing.digest)[0]
        found.warnings.append(
            f"{thing.type or thing.default_type} {wanted!r} is there already with other bytes: "
            f"these were recorded as {found.names[-1][0]!r}"
        )


def _artifact(plan: _Plan) -> Artifact:
    thing, stored = plan.thing, plan.stored
    custom: dict[str, Value] = dict(thing.properties)
    foreign = bool(stored.get("source"))
    if not foreign:
        places = with_place(stored, thing, again=thing.role == "output")
        if places is not None:
            custom["places"] = Struct.of(places)
    if plan.choice is not None:  # an artifact of the store: only what is new of it
        node = node_from_properties(NodeKind.ARTIFACT.value, stored)
        assert isinstance(node, Artifact)  # noqa: S101 - by the label
        return replace(node, id=0, recorded_at=None, properties={}, custom_properties=custom)
    name: str | None = None
    version: str | None = None
    if thing.name is not None:
        name, version = artifact_name(thing.name, thing.version, thing.digest)
        if plan.conflict:
            name, version = conflict_name(name, version or "", str(thing.digest))
            if "…" in plan.key:
                name = plan.key.removeprefix(named_key(thing.type or thing.default_type, ""))
    keep_uri = thing.role == "input" and stored.get("uri")
    return Artifact(
        type=thing.type or thing.default_type,
        key=plan.key,
        name=name,
        family=thing.name,
        version=version,
        uri=None if keep_uri else thing.uri,
        digest=thing.digest,
        state=ArtifactState.UNKNOWN if "state" in stored else ArtifactState.LIVE,
        created_at=None if "created_at" in stored else thing.time,
        custom_properties=custom,
    )
