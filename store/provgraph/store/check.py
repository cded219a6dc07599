"""Records that are wrong: dangling, duplicate, cyclic or contradictory, wherever they came from.

What provgraph writes passes; what other programs write into the same graph, or a source recorded wrongly, may not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from provgraph.errors import ProvgraphError
from provgraph.model import Execution, ExecutionState, Node, NodeKind, NodeType
from provgraph.store.core import StoreCore
from provgraph.store.cycles import cyclic_groups
from provgraph.store.cypher import check as statements
from provgraph.store.rows import node_from_properties, to_properties
from provgraph.store.types import check_declared

__all__ = ["ADVICE", "Finding", "check_store"]

_WINDOW: Final = 5_000  # ids looked at in one statement
_MOST: Final = 1_000  # findings of the sorts that a single statement lists

# What to do about each sort of finding.
ADVICE: Final[dict[str, str]] = {
    "no-identity": "another program wrote it: delete it, or load its source with a loader",
    "foreign-id": "another program chose the id, and a later record may get the same: delete it and record it again",
    "duplicate-id": "traces mix the two up: delete the one that is wrong",
    "duplicate-key": "loading updates only one of them: delete the one that is wrong",
    "duplicate-name": "give one of them another name, or another version of its type",
    "duplicate-external-id": "an external id names one node of a source: take it from the one that is wrong",
    "identity-mismatch": "its name or type was changed past provgraph: load its source again, or put the node again",
    "unreadable": "another program changed it: load its source again, or delete it",
    "unknown-type": "put the type with put_types, or load its source again",
    "wrong-type-id": "the node names its type by one name and another id: load its source again, or put the node again",
    "property-kind": "put the value as its type declares it, or give the type a new version",
    "ended-before-started": "one of the two times is wrong at its source: correct it there and load again",
    "ended-but-running": "it has ended: record its last state",
    "pending-output": "the execution says it is done: record the output, or delete the announcement",
    "duplicate-event": "they count twice in Cypher: delete all but one",
    "duplicate-link": "they count twice in Cypher: delete all but one",
    "input-is-output": "record what came out as an artifact of its own: what was changed in place is another version",
    "data-cycle": "nothing is made from itself: find the step whose input or output is wrong (provgraph show)",
    "context-cycle": "delete one of the PARENT links",
    "lost": "set it CANCELED by `provgraph check --fix`",
    "misplaced-link": "provgraph does not follow it: delete it, or record it between nodes of the right kind",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        check: the sort of it, a key of `ADVICE`.
        text: what is wrong, in one line.
        refs: references of the nodes concerned, as far as they have one.
    """

    check: str
    text: str
    refs: tuple[str, ...] = ()

    @property
    def advice(self) -> str:
        """What to do about it."""
        return ADVICE[self.check]


@dataclass(slots=True)
class _Seen:
    """What must be remembered of all nodes."""

    ids: dict[NodeKind, set[int]] = field(default_factory=lambda: {kind: set() for kind in NodeKind})
    keys: dict[tuple[NodeKind, str], str] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    external: dict[tuple[NodeKind, str, str], str] = field(default_factory=dict)
    # Successors by number: artifacts have their id, executions its negative.
    flow: dict[int, list[int]] = field(default_factory=dict)
    equal: set[tuple[int, int]] = field(default_factory=set)
    parents: dict[int, list[int]] = field(default_factory=dict)


def check_store(core: StoreCore, progress: Callable[[int, int, str], None] | None = None) -> Iterator[Finding]:
    """Everything that is wrong in the store, found by reading all of it once.

    `progress` is called with the ids looked at, how many there are, and what is being read.
    """
    [[following]] = core.store.read(statements.SEQUENCE, {})
    types = {node_type.key: node_type for node_type in core.reader.types()}
    seen = _Seen()
    yield from _identities(core, following)
    for at, kind in enumerate(NodeKind):
        for first in range(1, following, _WINDOW):
            if progress is not None:
                progress(at * following + first, len(NodeKind) * following, f"reading {kind.word}s")
            parameters = {"first": first, "end": min(first + _WINDOW, following)}
            [[rows]] = core.store.read(statements.NODES[kind], parameters)
            for stored, links in rows:
                if stored.get("key") is not None and stored.get("type") is not None:
                    yield from _node(kind, stored, links, types, seen)
    yield from _cycles(seen)
    yield from _misplaced(core)


def _identities(core: StoreCore, following: int) -> Iterator[Finding]:
    for kind, statement in statements.NO_IDENTITY.items():
        for id_, key, type_name, name in core.store.read(statement, {"next": following, "limit": _MOST}):
            lacking = [word for word, value in (("id", id_), ("key", key), ("type", type_name)) if value is None]
            label = name or key or "without a name"
            if lacking:
                refs = () if id_ is None else (f"{kind.word}:{id_}",)
                yield Finding("no-identity", f"{kind.word} {label!r} has no {' and no '.join(lacking)}", refs)
            else:
                text = f"{kind.word} {label!r} has the id {id_}, which this store has not handed out"
                yield Finding("foreign-id", text, (f"{kind.word}:{id_}",))


def _node(
    kind: NodeKind,
    stored: Mapping[str, Any],
    links: Sequence[Sequence[Any]],
    types: Mapping[str, NodeType],
    seen: _Seen,
) -> Iterator[Finding]:
    ref = f"{kind.word}:{stored['id']}"
    if stored["id"] in seen.ids[kind]:
        yield Finding("duplicate-id", f"two {kind.word}s have the id {stored['id']}", (ref,))
    seen.ids[kind].add(stored["id"])
    _remember_links(kind, stored["id"], links, seen)
    yield from _links(kind, ref, links)
    other = seen.keys.setdefault((kind, stored["key"]), ref)
    if other != ref:
        yield Finding("duplicate-key", f"two {kind.word}s have the key {stored['key']!r}", (other, ref))
    try:
        node = node_from_properties(kind.value, stored)
    except (ProvgraphError, ValueError, TypeError) as error:
        yield Finding("unreadable", f"{ref} is not as provgraph writes it: {error}", (ref,))
        return
    yield from _names(node, stored, seen)
    yield from _type(node, stored, types)
    if isinstance(node, Execution):
        yield from _execution(node, links)


def _remember_links(kind: NodeKind, id_: int, links: Sequence[Sequence[Any]], seen: _Seen) -> None:
    for relationship, _, other in links:
        if other is None:  # the other end has no id, which is told of that end
            continue
        if relationship == "INPUT":
            seen.flow.setdefault(other, []).append(-id_)
        elif relationship == "OUTPUT":
            seen.flow.setdefault(-id_, []).append(other)
        elif relationship in ("DERIVATION", "SAME_AS"):
            seen.flow.setdefault(id_, []).append(other)
            if relationship == "SAME_AS":
                seen.equal.add((id_, other))
        elif relationship == "PARENT" and kind is NodeKind.CONTEXT:
            seen.parents.setdefault(id_, []).append(other)


def _links(kind: NodeKind, ref: str, links: Sequence[Sequence[Any]]) -> Iterator[Finding]:
    for (relationship, event_type, other), number in Counter(map(tuple, links)).items():
        if number == 1:
            continue
        word = "context" if relationship in ("ATTRIBUTION", "ASSOCIATION", "PARENT") else "artifact"
        refs = (ref, f"{word}:{other}")
        if kind is NodeKind.EXECUTION and event_type is not None:
            yield Finding("duplicate-event", f"{ref} has {number} {event_type} events with {refs[1]}", refs)
        else:
            yield Finding("duplicate-link", f"{ref} has {number} {relationship} links with {refs[1]}", refs)


def _names(node: Node, stored: Mapping[str, Any], seen: _Seen) -> Iterator[Finding]:
    if node.name is not None:
        other = seen.names.setdefault((node.type_key, node.name), node.ref)
        if other != node.ref:
            yield Finding("duplicate-name", f"two {node.kind.word}s are {node.type}/{node.name}", (other, node.ref))
    if node.external_id is not None:
        other = seen.external.setdefault((node.kind, node.source, node.external_id), node.ref)
        if other != node.ref:
            text = f"two {node.kind.word}s have the external id {node.external_id!r}"
            yield Finding("duplicate-external-id", text, (other, node.ref))
    derived = to_properties(node, 0)
    for name in ("unique_name", "unique_external_id"):
        if stored.get(name) != derived.get(name):
            text = f"{node.ref}: {name} does not follow from its type, name and external id"
            yield Finding("identity-mismatch", text, (node.ref,))


def _type(node: Node, stored: Mapping[str, Any], types: Mapping[str, NodeType]) -> Iterator[Finding]:
    node_type = types.get(node.type_key)
    if node_type is None:
        yield Finding("unknown-type", f"{node.ref} is of type {node.type!r}, which is not in the store", (node.ref,))
        return
    if stored.get("type_id") != node_type.id:
        text = f"{node.ref} is of type {node.type!r}, whose id is {node_type.id} and not {stored.get('type_id')}"
        yield Finding("wrong-type-id", text, (node.ref,))
    if node.properties:
        try:
            check_declared(node, node_type)
        except ProvgraphError as error:
            yield Finding("property-kind", f"{node.ref}: {error}", (node.ref,))


def _execution(node: Execution, links: Sequence[Sequence[Any]]) -> Iterator[Finding]:
    if node.started_at is not None and node.ended_at is not None and node.ended_at < node.started_at:
        early = node.started_at - node.ended_at
        yield Finding("ended-before-started", f"{node.ref} ended {early:,} ms before it started", (node.ref,))
    if node.ended_at is not None and node.state in (ExecutionState.NEW, ExecutionState.RUNNING):
        yield Finding("ended-but-running", f"{node.ref} has ended and is {node.state.name}", (node.ref,))
    if node.state in (ExecutionState.COMPLETE, ExecutionState.CACHED):
        made = {other for relationship, _, other in links if relationship == "OUTPUT"}
        for relationship, _, other in links:
            if relationship == "PENDING_OUTPUT" and other not in made:
                text = f"{node.ref} is {node.state.name}, and its output artifact:{other} is still pending"
                yield Finding("pending-output", text, (node.ref, f"artifact:{other}"))


def _cycles(seen: _Seen) -> Iterator[Finding]:
    for group in cyclic_groups(seen.flow):
        members = set(group)
        links = [(node, other) for node in group for other in seen.flow.get(node, ()) if other in members]
        if all(link in seen.equal for link in links):
            continue  # things that are one and the same, each naming the other
        ordered = sorted(group, key=lambda number: (number < 0, abs(number)))
        refs = tuple(f"artifact:{n}" if n > 0 else f"execution:{-n}" for n in ordered)
        if len(group) == 2 and group[0] < 0 < group[1]:
            yield Finding("input-is-output", f"{refs[0]} is both input and output of {refs[1]}", refs)
        else:
            listed = ", ".join(refs[:6]) + (f" and {len(refs) - 6} more" if len(refs) > 6 else "")
            yield Finding("data-cycle", f"{len(refs)} nodes are made from themselves: {listed}", refs)
    for group in cyclic_groups(seen.parents):
        refs = tuple(f"context:{n}" for n in group)
        yield Finding("context-cycle", f"contexts stand inside themselves: {', '.join(refs[:6])}", refs)


def _misplaced(core: StoreCore) -> Iterator[Finding]:
    words = {kind.value: kind.word for kind in NodeKind}
    for relationship, (start, end, statement) in statements.MISPLACED.items():
        for label, id_, other_label, other_id in core.store.read(statement, {"limit": _MOST}):
            ends = ((label, id_), (other_label, other_id))
            refs = tuple(f"{words[name]}:{i}" for name, i in ends if name in words and i is not None)
            shown = " to ".join(f"{words.get(name, name or 'a node without label')} {i}" for name, i in ends)
            yield Finding("misplaced-link", f"{relationship} from {shown}: it leads from {start} to {end}", refs)
