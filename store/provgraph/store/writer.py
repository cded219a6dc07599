"""Writing records: nodes by key, then the links between them, in one transaction each time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, groupby
from operator import attrgetter, itemgetter
from typing import TypedDict

from provgraph.chunks import chunks, weighed_chunks
from provgraph.errors import ConflictError, NotFoundError
from provgraph.model import Event, Node, NodeKind, Records, check_parents
from provgraph.store.adding import needs_what_is_held, what_it_adds
from provgraph.store.cypher import find as lookups
from provgraph.store.cypher import write as statements
from provgraph.store.cypher.links import ANCESTORS
from provgraph.store.ids import IdBlock
from provgraph.store.protocol import GraphStore, Transaction
from provgraph.store.rows import fingerprint, path_to_text, to_properties
from provgraph.store.schema import EVENT_RELATIONSHIPS
from provgraph.store.types import TypeRegistry, check_declared

__all__ = ["PreparedRecords", "WriteResult", "Writer"]


_CHUNK = 20_000  # rows of one statement
_HEAVIEST = 3_500_000  # characters of their texts: one of the engines takes 16 MiB at once, and never answers to more
_WITH_TEXTS = frozenset(("RELATION", "SAME_AS"))  # links that may bear long ones


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What a write did.

    Attributes:
        ids: the id of every node by its key.
        created, updated, unchanged: numbers by label (`Artifact` …) and relationship (`INPUT` …).
    """

    ids: dict[str, int] = field(default_factory=dict)
    created: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _NodeRow:
    """A node on its way into the store, with the id it gets if it is new."""

    key: str
    id: int
    properties: dict[str, object]
    fingerprint: str
    length: int

    def marks(self) -> dict[str, object]:
        return {"key": self.key, "id": self.id, "fingerprint": self.fingerprint}


class _Change(TypedDict):
    """A node that is there already, as a row of the statements that change it."""

    key: str
    id: int
    fingerprint: str
    set: dict[str, object]


@dataclass(frozen=True, slots=True)
class PreparedRecords:
    """Records as rows for the store: made by `Writer.prepare`, written by `Writer.write`."""

    records: Records
    rows: Mapping[NodeKind, Sequence[_NodeRow]]


class Writer:
    """Writes `Records` into a store."""

    def __init__(self, store: GraphStore, ids: IdBlock, types: TypeRegistry) -> None:
        self._store, self._ids, self._types = store, ids, types

    def put(self, records: Records, *, replace: bool = False, known: Mapping[str, int] | None = None) -> WriteResult:
        """Write all of `records` or nothing. Repeating changes nothing.

        Args:
            records: every node has a key. The types in it are expected in the store already.
            replace: a node that is there already is replaced by what is given, as its source updates it; otherwise
                what is given is added to what is there; where it is older (by `updated_at`), only what is absent.
            known: ids of nodes outside of `records`, by key: saves looking them up.

        Raises:
            NotFoundError: a link names a node that is neither in `records` nor in the store.
            ConflictError: a name or an external id belongs to another node, or contexts would be their own ancestors.
            TypeConflictError: a declared property does not fit its type.
        """
        return self.write(self.prepare(records), replace=replace, known=known)

    def prepare(self, records: Records) -> PreparedRecords:
        """The part of `put` that needs no transaction: another thread can do it while the batch before is written.

        Raises:
            ConflictError: two different nodes of one key.
            TypeConflictError: a declared property does not fit its type.
        """
        nodes = records.nodes
        offered = iter(self._ids.take(len(nodes)))  # one claim for all kinds: each is a transaction of its own
        return PreparedRecords(records, {kind: self._rows(alike, offered) for kind, alike in _by_kind(nodes).items()})

    def write(
        self,
        prepared: PreparedRecords,
        *,
        replace: bool = False,
        known: Mapping[str, int] | None = None,
        recorded_from: str = "",
    ) -> WriteResult:
        """The other part of `put`, with its arguments: all or nothing, in one transaction.

        `recorded_from` is where links come from whose records do not say it.
        """
        now = int(time.time() * 1000)
        stamp: dict[str, object] = {"now": now, "from": prepared.records.recorded_from or recorded_from or None}
        attempts = count()

        def work(transaction: Transaction) -> WriteResult:
            result = WriteResult(dict(known or {}))
            fresh: set[int] = set()
            for kind, wanted in prepared.rows.items():
                self._write_nodes(transaction, kind, wanted, replace, now, result, fresh)
            if next(attempts):  # an earlier attempt may have been committed and its answer lost: links may be there
                fresh.clear()
            self._resolve(transaction, prepared.records, result.ids)
            self._write_links(transaction, prepared.records, fresh, stamp, result)
            return result

        return self._store.write(work)

    def _rows(self, nodes: Sequence[Node], offered: Iterator[int]) -> list[_NodeRow]:
        found: dict[str, _NodeRow] = {}
        known = self._types.of_nodes(nodes)
        for node in nodes:
            new_id = next(offered)
            node_type = known[node.type_key]
            if node.properties:
                check_declared(node, node_type)
            properties = to_properties(node, node_type.id)
            if node.key in found and found[node.key].properties != properties:
                raise ConflictError(f"two different nodes with the key {node.key!r} in one write")
            found[node.key] = _NodeRow(
                node.key, new_id, properties, fingerprint(properties), _length(properties.values())
            )
        return list(found.values())

    @staticmethod
    def _write_nodes(
        transaction: Transaction,
        kind: NodeKind,
        rows: Sequence[_NodeRow],
        replace: bool,
        now: int,
        result: WriteResult,
        fresh: set[int],
    ) -> None:
        changed: list[_Change] = []
        new: list[_NodeRow] = []
        for chunk in chunks(rows, _CHUNK):
            [[found]] = transaction.run(lookups.BY_KEYS[kind], {"keys": [row.key for row in chunk]})
            there = {key: (id_, mark) for key, id_, mark in found}
            for row in chunk:
                if row.key not in there:
                    new.append(row)
                    result.ids[row.key] = row.id
                    fresh.add(row.id)
                    continue
                id_, mark = there[row.key]
                result.ids[row.key] = id_
                if mark == row.fingerprint:
                    result.unchanged[kind.value] += 1
                else:
                    changed.append({"key": row.key, "id": id_, "fingerprint": row.fingerprint, "set": row.properties})
        if not replace:
            changed = _added(transaction, kind, changed, result)
        statement = statements.REPLACE_NODES[kind] if replace else statements.UPDATE_NODES[kind]
        for updates in weighed_chunks(changed, _CHUNK, lambda row: _length(row["set"].values()), _HEAVIEST):
            [[count]] = transaction.run(statement, {"rows": updates})
            if count != len(updates):
                keys = ", ".join(repr(row["key"]) for row in updates[:3])
                raise ConflictError(f"the store holds a node of another type under a key of this write ({keys} …)")
            result.updated[kind.value] += len(updates)
        # after the changes: a node that was renamed leaves its name to a new one
        for made in weighed_chunks(new, _CHUNK, attrgetter("length"), _HEAVIEST):
            rows_made = [{**row.properties, **row.marks(), "recorded_at": now} for row in made]
            transaction.run(statements.CREATE_NODES[kind], {"rows": rows_made})
            result.created[kind.value] += len(made)

    @staticmethod
    def _resolve(transaction: Transaction, records: Records, ids: dict[str, int]) -> None:
        """Add the ids of nodes that links name and that were written before."""
        for kind, keys in _ends(records).items():
            missing = sorted(keys - ids.keys())
            for chunk in chunks(missing, _CHUNK):
                [[found]] = transaction.run(lookups.BY_KEYS[kind], {"keys": chunk})
                ids |= {key: id_ for key, id_, _ in found}
            gone = [key for key in missing if key not in ids]
            if gone:
                more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
                raise NotFoundError(f"a link names the {kind.word} {gone[0]!r}{more}, which is not in the store")

    def _write_links(
        self,
        transaction: Transaction,
        records: Records,
        fresh: set[int],
        stamp: Mapping[str, object],
        result: WriteResult,
    ) -> None:
        ids = result.ids
        if records.parents:
            pairs = {(ids[link.child], ids[link.parent]) for link in records.parents}
            check_no_cycle(transaction, pairs)
        for relationship, links in link_rows(records, ids).items():
            _run_links(transaction, relationship, statements.LINK[relationship], links, fresh, stamp, result)
        for (start, end), links in relation_rows(records, ids).items():
            _run_links(transaction, "RELATION", statements.RELATE[start][end], links, fresh, stamp, result)


def _added(transaction: Transaction, kind: NodeKind, changed: Sequence[_Change], result: WriteResult) -> list[_Change]:
    """The changes, less what is older than what the store holds of the same node."""
    asked = [row["id"] for row in changed if needs_what_is_held(row["set"])]
    held: dict[int, Mapping[str, object]] = {}
    for ids in chunks(asked, _CHUNK):
        [[found]] = transaction.run(lookups.BY_IDS[kind], {"ids": ids})
        held |= {properties["id"]: properties for properties in found}
    kept: list[_Change] = []
    for row in changed:
        before = held.get(row["id"])
        if before is None:
            kept.append(row)
            continue
        type_id = row["set"]["type_id"]
        adds, older = what_it_adds(before, row["set"])
        if older and not adds and before.get("type_id") == type_id:
            result.unchanged[kind.value] += 1
            continue
        mark = str(before.get("fingerprint", "")) if older else row["fingerprint"]
        kept.append({**row, "fingerprint": mark, "set": {**adds, "type_id": type_id}})
    return kept


def _run_links(
    transaction: Transaction,
    relationship: str,
    link: statements.LinkStatements,
    links: Sequence[list[object]],
    fresh: set[int],
    stamp: Mapping[str, object],
    result: WriteResult,
) -> None:
    # what belongs to an execution (or, for the others, starts at a node) that this transaction made is new
    own = 1 if relationship in ("INPUT", "POSSIBLE_INPUT") else 0
    new = [row for row in links if row[own] in fresh]
    old = [row for row in links if row[own] not in fresh]
    starts, ends = len({row[0] for row in new}), len({row[1] for row in new})
    shared, create = (0, link.create_by_start) if starts < ends else (1, link.create_by_end)
    for chunk in _by_weight(relationship, sorted(new, key=itemgetter(shared))):
        groups = [[id_, list(rows)] for id_, rows in groupby(chunk, itemgetter(shared))]
        transaction.run(create, {"groups": groups, **stamp})
    for chunk in _by_weight(relationship, old):
        [[made]] = transaction.run(link.merge, {"rows": chunk, **stamp})
        result.created[relationship] += made
        result.unchanged[relationship] += len(chunk) - made
    result.created[relationship] += len(new)


def _by_weight(relationship: str, rows: Sequence[list[object]]) -> Iterator[list[list[object]]]:
    if relationship in _WITH_TEXTS:
        return weighed_chunks(rows, _CHUNK, _length, _HEAVIEST)
    return chunks(rows, _CHUNK)


def _length(values: Iterable[object]) -> int:
    """The characters of the texts among them."""
    return sum(len(value) for value in values if isinstance(value, str))


def link_rows(records: Records, ids: Mapping[str, int]) -> dict[str, list[list[object]]]:
    """The links by relationship, each once, as the rows of the statements in `LINK`."""
    found: dict[str, dict[tuple[object, ...], list[object]]] = {}
    for event in records.events:
        artifact, execution = ids[event.artifact], ids[event.execution]
        start, end = (artifact, execution) if event.type.is_input else (execution, artifact)
        what = (event.type.name, event.recorded_by, event.certainty.value, event.time, path_to_text(event.path))
        found.setdefault(event_relationship(event), {}).setdefault((start, end, event.type), [start, end, *what])

    def add(relationship: str, start: int, end: int, *fields: object) -> None:
        found.setdefault(relationship, {}).setdefault((start, end), [start, end, *fields])

    for attribution in records.attributions:
        add("ATTRIBUTION", ids[attribution.artifact], ids[attribution.context], attribution.recorded_by)
    for association in records.associations:
        add("ASSOCIATION", ids[association.execution], ids[association.context], association.recorded_by)
    for parent in records.parents:
        add("PARENT", ids[parent.child], ids[parent.parent], parent.recorded_by)
    for derivation in records.derivations:
        fields = (derivation.recorded_by, derivation.certainty.value, derivation.time)
        add("DERIVATION", ids[derivation.origin], ids[derivation.derived], *fields)
    for equality in records.equalities:
        first, second = ids[equality.first], ids[equality.second]
        evidence = (equality.rule, equality.evidence, equality.certainty.value, equality.time)
        for start, end in ((first, second), (second, first)):  # one each way: a trace stays one directed alternation
            found.setdefault("SAME_AS", {}).setdefault(
                (start, end, equality.recorded_by), [start, end, equality.recorded_by, *evidence]
            )
    return {relationship: list(rows.values()) for relationship, rows in found.items()}


def relation_rows(records: Records, ids: Mapping[str, int]) -> dict[tuple[NodeKind, NodeKind], list[list[object]]]:
    """The relations by the kinds of their ends, each once, as the rows of the statements in `RELATE`."""
    found: dict[tuple[NodeKind, NodeKind], dict[tuple[object, ...], list[object]]] = {}
    for relation in records.relations:
        identity = (ids[relation.start], ids[relation.end], relation.name, relation.recorded_by)
        details = relation.details.text if relation.details else None
        alike = found.setdefault((relation.start_kind, relation.end_kind), {})
        alike.setdefault(identity, [*identity, details, relation.certainty.value, relation.time])
    return {kinds: list(rows.values()) for kinds, rows in found.items()}


def event_relationship(event: Event) -> str:
    """The relationship that an event becomes."""
    plain = EVENT_RELATIONSHIPS[event.type]
    return f"POSSIBLE_{plain}" if event.possible and plain in ("INPUT", "OUTPUT") else plain


def event_properties(event: Event, now: int, recorded_from: str = "") -> dict[str, object]:
    """The properties of an event's relationship."""
    found: dict[str, object] = {
        "event_type": event.type.name,
        "recorded_at": now,
        "recorded_by": event.recorded_by,
        "certainty": event.certainty.value,
    }
    if event.time is not None:
        found["time"] = event.time
    if event.path:
        found["path"] = path_to_text(event.path)
    if recorded_from:
        found["recorded_from"] = recorded_from
    return found


def check_no_cycle(transaction: Transaction, pairs: set[tuple[int, int]]) -> None:
    """Check that new (child id, parent id) links make no context its own ancestor.

    Raises:
        ConflictError: they do.
    """
    [[above]] = transaction.run(ANCESTORS, {"ids": sorted({parent for _, parent in pairs})})
    stored = {(child, parent) for child, parents in above for parent in parents}
    check_parents((f"context:{child}", f"context:{parent}") for child, parent in sorted(pairs | stored))


def _ends(records: Records) -> dict[NodeKind, set[str]]:
    artifacts = {e.artifact for e in records.events} | {a.artifact for a in records.attributions}
    for derivation in records.derivations:
        artifacts |= {derivation.origin, derivation.derived}
    for equality in records.equalities:
        artifacts |= {equality.first, equality.second}
    executions = {e.execution for e in records.events} | {a.execution for a in records.associations}
    contexts = {a.context for a in records.attributions} | {a.context for a in records.associations}
    for parent in records.parents:
        contexts |= {parent.child, parent.parent}
    found = {NodeKind.ARTIFACT: artifacts, NodeKind.EXECUTION: executions, NodeKind.CONTEXT: contexts}
    for relation in records.relations:
        found[relation.start_kind].add(relation.start)
        found[relation.end_kind].add(relation.end)
    return found


def _by_kind(nodes: Iterable[Node]) -> dict[NodeKind, list[Node]]:
    found: dict[NodeKind, list[Node]] = {}
    for node in nodes:
        found.setdefault(node.kind, []).append(node)
    return found
