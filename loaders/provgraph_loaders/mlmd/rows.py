"""Nodes and links, a batch of nodes at a time, each with its properties and with the links that it owns."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import (
    Artifact,
    ArtifactState,
    Association,
    Attribution,
    Certainty,
    Context,
    Event,
    EventType,
    Execution,
    ExecutionState,
    NodeKind,
    NodeType,
    ParentContext,
    Records,
    Step,
    Value,
    kind_of,
)
from provgraph_loaders.mlmd.values import VALUE_COLUMNS, plain_value, text_of, value_of, weight_of

__all__ = ["StoreReader"]

_HEAVY: Final = 8_000_000  # characters of properties, or
_MANY: Final = 20_000  # events: no batch goes on beyond these

_NODES: Final = {
    NodeKind.ARTIFACT: (
        "SELECT id, type_id, name, external_id, create_time_since_epoch, last_update_time_since_epoch, state, uri "
        "FROM Artifact WHERE id > ? ORDER BY id LIMIT ?"
    ),
    NodeKind.EXECUTION: (
        "SELECT id, type_id, name, external_id, create_time_since_epoch, last_update_time_since_epoch, "
        "last_known_state, NULL FROM Execution WHERE id > ? ORDER BY id LIMIT ?"
    ),
    NodeKind.CONTEXT: (
        "SELECT id, type_id, name, external_id, create_time_since_epoch, last_update_time_since_epoch, NULL, NULL "
        "FROM Context WHERE id > ? ORDER BY id LIMIT ?"
    ),
}
_PROPERTIES: Final = {
    NodeKind.ARTIFACT: (
        f"SELECT artifact_id, name, is_custom_property, {VALUE_COLUMNS} FROM ArtifactProperty "  # noqa: S608
        "WHERE artifact_id BETWEEN ? AND ? ORDER BY artifact_id"
    ),
    NodeKind.EXECUTION: (
        f"SELECT execution_id, name, is_custom_property, {VALUE_COLUMNS} FROM ExecutionProperty "  # noqa: S608
        "WHERE execution_id BETWEEN ? AND ? ORDER BY execution_id"
    ),
    NodeKind.CONTEXT: (
        f"SELECT context_id, name, is_custom_property, {VALUE_COLUMNS} FROM ContextProperty "  # noqa: S608
        "WHERE context_id BETWEEN ? AND ? ORDER BY context_id"
    ),
}
_EVENT_COUNTS: Final = (
    "SELECT execution_id, count(*) FROM Event WHERE execution_id BETWEEN ? AND ? "
    "GROUP BY execution_id ORDER BY execution_id"
)
_EVENTS: Final = (
    "SELECT id, artifact_id, execution_id, type, milliseconds_since_epoch FROM Event "
    "WHERE execution_id BETWEEN ? AND ? ORDER BY id"
)
_STEPS: Final = (
    "SELECT p.event_id, p.is_index_step, p.step_index, p.step_key "
    "FROM Event AS e JOIN EventPath AS p ON p.event_id = e.id "
    "WHERE e.execution_id BETWEEN ? AND ? ORDER BY p.rowid"
)
_ATTRIBUTIONS: Final = "SELECT artifact_id, context_id FROM Attribution WHERE artifact_id BETWEEN ? AND ? ORDER BY id"
_ASSOCIATIONS: Final = "SELECT execution_id, context_id FROM Association WHERE execution_id BETWEEN ? AND ? ORDER BY id"
_PARENTS: Final = "SELECT context_id, parent_context_id FROM ParentContext ORDER BY context_id, parent_context_id"


@dataclass(slots=True)
class _Page:
    rows: list[tuple[object, ...]]
    first: int
    last: int
    declared: dict[int, dict[str, Value]]
    custom: dict[int, dict[str, Value]]


class StoreReader:
    """Reads the copy of a store, which was lifted and cleaned."""

    def __init__(
        self,
        copy: sqlite3.Connection,
        source: str,
        types: Mapping[int, NodeType],
        batch_size: int,
        report: LoadReport,
    ) -> None:
        self._copy, self._source, self._types = copy, source, types
        self._size, self._report = batch_size, report

    def contexts(self) -> Iterator[Records]:
        """Contexts, then the links between them."""
        for page in self._pages(NodeKind.CONTEXT):
            contexts = [self._context(row, page) for row in page.rows]
            self._report.read["Context"] += len(contexts)
            yield Records(contexts=contexts)
        cursor = self._copy.execute(_PARENTS)
        while pairs := cursor.fetchmany(self._size):
            self._report.read["ParentContext"] += len(pairs)
            context = NodeKind.CONTEXT
            yield Records(
                parents=[
                    ParentContext(self._key(context, child), self._key(context, parent), self._source)
                    for child, parent in pairs
                ]
            )

    def artifacts(self) -> Iterator[Records]:
        """Artifacts with the contexts they are attributed to."""
        for page in self._pages(NodeKind.ARTIFACT):
            artifacts = [self._artifact(row, page) for row in page.rows]
            attributions = [
                Attribution(self._key(NodeKind.ARTIFACT, artifact), self._key(NodeKind.CONTEXT, context), self._source)
                for artifact, context in self._copy.execute(_ATTRIBUTIONS, (page.first, page.last))
            ]
            self._report.read["Artifact"] += len(artifacts)
            self._report.read["Attribution"] += len(attributions)
            yield Records(artifacts=artifacts, attributions=attributions)

    def executions(self) -> Iterator[Records]:
        """Executions, each with all its events and the contexts it is associated with."""
        for page in self._pages(NodeKind.EXECUTION):
            executions = [self._execution(row, page) for row in page.rows]
            events = self._events(page)
            associations = [
                Association(
                    self._key(NodeKind.EXECUTION, execution), self._key(NodeKind.CONTEXT, context), self._source
                )
                for execution, context in self._copy.execute(_ASSOCIATIONS, (page.first, page.last))
            ]
            self._report.read["Execution"] += len(executions)
            self._report.read["Event"] += len(events)
            self._report.read["Association"] += len(associations)
            yield Records(executions=executions, events=events, associations=associations)

    # -- pages ------------------------------------------------------------------------------------------------

    def _pages(self, kind: NodeKind) -> Iterator[_Page]:
        after = -(2**63)
        while rows := self._copy.execute(_NODES[kind], (after, self._size)).fetchall():
            page = self._with_properties(kind, self._not_too_many(kind, rows))
            after = page.last
            yield page

    def _not_too_many(self, kind: NodeKind, rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
        if kind is NodeKind.EXECUTION:
            ends = (rows[0][0], rows[-1][0])
            total = 0
            for at, count in self._copy.execute(_EVENT_COUNTS, ends):
                total += count
                if total > _MANY:
                    return _until(rows, at - 1)
        return rows

    def _with_properties(self, kind: NodeKind, rows: list[tuple[object, ...]]) -> _Page:
        first, last = _int(rows[0][0]), _int(rows[-1][0])
        page = _Page(rows, first, last, {}, {})
        weight, at, word = 0, first, kind.word
        for owner, name, is_custom, *values in self._copy.execute(_PROPERTIES[kind], (first, last)):
            if owner != at and weight > _HEAVY:
                page.rows = _until(rows, at)
                page.last = _int(page.rows[-1][0])
                break
            at = owner
            value = plain_value(values)
            if value is None:
                value = value_of(values, f"{word} {owner} {text_of(name)}", self._report)
            if value is not None:
                space = page.custom if is_custom else page.declared
                space.setdefault(owner, {})[text_of(name)] = value
                weight += weight_of(values)
        return page

    # -- nodes ------------------------------------------------------------------------------------------------

    def _artifact(self, row: Sequence[object], page: _Page) -> Artifact:
        id_, type_id, name, external_id, created, updated, state, uri = row
        found = self._type(type_id)
        declared, custom = self._fitting(NodeKind.ARTIFACT, _int(id_), found, page)
        return Artifact(
            key=self._key(NodeKind.ARTIFACT, id_),
            source=self._source,
            type=found.name,
            type_version=found.version,
            name=text_of(name) or None,
            external_id=text_of(external_id) or None,
            uri=text_of(uri) or None,
            state=self._artifact_state(state, f"artifact {id_}"),
            created_at=_time(created),
            updated_at=_time(updated),
            properties=declared,
            custom_properties=custom,
        )

    def _execution(self, row: Sequence[object], page: _Page) -> Execution:
        id_, type_id, name, external_id, created, updated, state, _ = row
        found = self._type(type_id)
        declared, custom = self._fitting(NodeKind.EXECUTION, _int(id_), found, page)
        return Execution(
            key=self._key(NodeKind.EXECUTION, id_),
            source=self._source,
            type=found.name,
            type_version=found.version,
            name=text_of(name) or None,
            external_id=text_of(external_id) or None,
            state=self._execution_state(state, f"execution {id_}"),
            created_at=_time(created),
            updated_at=_time(updated),
            properties=declared,
            custom_properties=custom,
        )

    def _context(self, row: Sequence[object], page: _Page) -> Context:
        id_, type_id, name, external_id, created, updated, _, _ = row
        found = self._type(type_id)
        declared, custom = self._fitting(NodeKind.CONTEXT, _int(id_), found, page)
        return Context(
            key=self._key(NodeKind.CONTEXT, id_),
            source=self._source,
            type=found.name,
            type_version=found.version,
            name=text_of(name),
            external_id=text_of(external_id) or None,
            created_at=_time(created),
            updated_at=_time(updated),
            properties=declared,
            custom_properties=custom,
        )

    def _fitting(
        self, kind: NodeKind, id_: int, node_type: NodeType, page: _Page
    ) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
        """Declared and custom properties; declared ones that the type does not declare so become custom ones."""
        declared, custom = page.declared.get(id_, {}), page.custom.get(id_, {})
        odd = [name for name, value in declared.items() if node_type.properties.get(name) is not kind_of(value)]
        for name in odd:
            value, place = declared.pop(name), f"{kind.word} {id_} {name}"
            if name in custom:
                reason = "are not as their type declares them, and the custom property of that name exists"
                self._report.note(NoteKind.DROPPED, "properties", reason, place)
            else:
                reason = "are not as their type declares them: kept as custom properties"
                self._report.note(NoteKind.GUESSED, "properties", reason, place)
                custom[name] = value
        return declared, custom

    # -- links ------------------------------------------------------------------------------------------------

    def _events(self, page: _Page) -> list[Event]:
        ends = (page.first, page.last)
        paths: dict[int, list[Step]] = {}
        for event, is_index, index, key in self._copy.execute(_STEPS, ends):
            step: Step = index if is_index and isinstance(index, int) else text_of(key)
            paths.setdefault(event, []).append(step)
        return [
            Event(
                artifact=self._key(NodeKind.ARTIFACT, artifact),
                execution=self._key(NodeKind.EXECUTION, execution),
                type=EventType(kind),
                time=_time(time),
                path=tuple(paths.get(id_, ())),
                certainty=Certainty.DECLARED,
                recorded_by=self._source,
            )
            for id_, artifact, execution, kind, time in self._copy.execute(_EVENTS, ends)
        ]

    # -- small things -----------------------------------------------------------------------------------------

    def _key(self, kind: NodeKind, id_: object) -> str:
        return f"{self._source}/{kind.value}/{id_}"

    def _type(self, type_id: object) -> NodeType:
        return self._types[_int(type_id)]

    def _artifact_state(self, number: object, place: str) -> ArtifactState:
        try:
            return ArtifactState(number or 0)
        except ValueError:
            self._unknown_state(place)
            return ArtifactState.UNKNOWN

    def _execution_state(self, number: object, place: str) -> ExecutionState:
        try:
            return ExecutionState(number or 0)
        except ValueError:
            self._unknown_state(place)
            return ExecutionState.UNKNOWN

    def _unknown_state(self, place: str) -> None:
        self._report.note(NoteKind.GUESSED, "states", "are none that ML Metadata knows: taken as UNKNOWN", place)


def _until(rows: list[tuple[object, ...]], last: int) -> list[tuple[object, ...]]:
    """The rows up to the id `last`, at least one."""
    return [row for row in rows if _int(row[0]) <= last] or rows[:1]


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _time(value: object) -> int | None:
    """Epoch milliseconds; 0 stands for none, also in stores that were lifted from a schema without times."""
    return value if isinstance(value, int) and value else None
