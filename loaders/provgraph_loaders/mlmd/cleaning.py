"""Rows that contradict the store they stand in: named in the report and taken out of the private copy.

ML Metadata checks these things when it writes, but SQLite does not: older versions, other programs and repaired files
leave such rows. The steps run in order: what hangs on nothing first, so that it is counted once.
"""

# ruff: noqa: S608 - statements are made of constants of this module

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from provgraph.errors import ConflictError, LoadError
from provgraph.loading import LoadReport, NoteKind
from provgraph.model import check_parents

__all__ = ["clean"]


@dataclass(frozen=True, slots=True)
class _Step:
    """`find` returns the place of each such row in words; `fix` is run if there is one."""

    kind: NoteKind
    what: str
    reason: str
    find: str
    fix: str


def _drop(what: str, reason: str, table: str, place: str, where: str, kind: NoteKind = NoteKind.DROPPED) -> _Step:
    # the parts are constants of this module
    return _Step(
        kind,
        what,
        reason,
        f"SELECT {place} FROM {table} AS t WHERE {where}",
        f"DELETE FROM {table} AS t WHERE {where}",
    )


def _gone(column: str, table: str) -> str:
    return f"(typeof(t.{column}) <> 'integer' OR NOT EXISTS (SELECT 1 FROM {table} AS n WHERE n.id = t.{column}))"


def _again(what: str, reason: str, table: str, place: str, same: str) -> _Step:
    twice = (
        f"SELECT id, {place} AS place FROM (SELECT *, row_number() OVER (PARTITION BY {same} ORDER BY id) AS turn "
        f"FROM {table}) AS t WHERE turn > 1"
    )
    return _Step(
        NoteKind.LEFT_ALONE,
        what,
        reason,
        f"SELECT place FROM ({twice})",
        f"DELETE FROM {table} WHERE id IN (SELECT id FROM ({twice}))",
    )


def _node_steps(table: str, kind: int, word: str) -> tuple[_Step, ...]:
    owner = f"{word}_id"
    names = f"""
        SELECT n.id FROM (
            SELECT m.id, row_number() OVER (
                PARTITION BY y.name, coalesce(y.version, ''), m.name ORDER BY m.id
            ) AS turn
            FROM {table} AS m JOIN Type AS y ON y.id = m.type_id WHERE coalesce(m.name, '') <> ''
        ) AS n WHERE n.turn > 1"""
    externals = f"""
        SELECT n.id FROM (
            SELECT id, row_number() OVER (PARTITION BY external_id ORDER BY id) AS turn
            FROM {table} WHERE coalesce(external_id, '') <> ''
        ) AS n WHERE n.turn > 1"""
    place = f"'{word} ' || t.id"
    return (
        _drop(
            "properties",
            f"belong to no {word} of the store",
            f"{table}Property",
            f"'{word} ' || coalesce(t.{owner}, '?') || ' ' || coalesce(t.name, '?')",
            f"NOT EXISTS (SELECT 1 FROM {table} AS n WHERE n.id = t.{owner})",
        ),
        _drop(
            "properties",
            "have no name",
            f"{table}Property",
            f"'{word} ' || t.{owner}",
            "coalesce(t.name, '') = ''",
        ),
        _drop(
            f"{word}s",
            "have no type",
            table,
            place,
            f"typeof(t.id) <> 'integer' OR typeof(t.type_id) <> 'integer' OR NOT EXISTS (SELECT 1 FROM Type AS y "
            f"WHERE y.id = t.type_id AND y.type_kind = {kind})",
        ),
        _Step(
            NoteKind.GUESSED,
            f"{word}s",
            "have type and name of an earlier one: their ids are added to their names",
            f"SELECT {place} FROM {table} AS t WHERE t.id IN ({names})",
            f"UPDATE {table} SET name = name || ' (id ' || id || ')' WHERE id IN ({names})",
        ),
        _Step(
            NoteKind.GUESSED,
            f"{word}s",
            "have the external id of an earlier one: it is left out",
            f"SELECT {place} FROM {table} AS t WHERE t.id IN ({externals})",
            f"UPDATE {table} SET external_id = NULL WHERE id IN ({externals})",
        ),
    )


_EVENT = "'event ' || t.id"
_ARTIFACT = _gone("artifact_id", "Artifact")
_EXECUTION = _gone("execution_id", "Execution")
_CONTEXT = _gone("context_id", "Context")
_PARENT = _gone("parent_context_id", "Context")
_BUILT_IN = (
    "('mlmd.Dataset', 'mlmd.Model', 'mlmd.Metrics', 'mlmd.Statistics', 'mlmd.Train', 'mlmd.Transform', "
    "'mlmd.Process', 'mlmd.Evaluate', 'mlmd.Deploy')"
)
_ATTRIBUTION = "'artifact ' || t.artifact_id || ' in context ' || t.context_id"
_ASSOCIATION = "'execution ' || t.execution_id || ' in context ' || t.context_id"
_PARENTHOOD = "'context ' || t.context_id || ' in context ' || t.parent_context_id"

_BEFORE: Final[tuple[_Step, ...]] = (
    _drop(
        "types",
        "have no name, or are of no kind that ML Metadata knows",
        "Type",
        "'type ' || t.id",
        "coalesce(t.name, '') = '' OR typeof(t.id) <> 'integer' OR coalesce(t.type_kind, -1) NOT IN (0, 1, 2)",
    ),
    _drop(
        "properties of types",
        "belong to no type, or have no name or kind",
        "TypeProperty",
        "'type ' || coalesce(t.type_id, '?') || ' ' || coalesce(t.name, '?')",
        "coalesce(t.name, '') = '' OR coalesce(t.data_type, 0) NOT IN (1, 2, 3, 4, 5, 6) "
        "OR NOT EXISTS (SELECT 1 FROM Type AS y WHERE y.id = t.type_id)",
    ),
    _drop(
        "base types",
        "are none of those that ML Metadata builds in",
        "ParentType",
        "'type ' || t.type_id || ' is a type ' || t.parent_type_id",
        f"NOT EXISTS (SELECT 1 FROM Type AS y WHERE y.id = t.parent_type_id AND y.name IN {_BUILT_IN}) "
        "OR NOT EXISTS (SELECT 1 FROM Type AS y WHERE y.id = t.type_id)",
        NoteKind.LEFT_ALONE,
    ),
    *_node_steps("Artifact", 1, "artifact"),
    *_node_steps("Execution", 0, "execution"),
    *_node_steps("Context", 2, "context"),
    _Step(
        NoteKind.GUESSED,
        "contexts",
        "have no name: they are named by their ids",
        "SELECT 'context ' || id FROM Context WHERE coalesce(name, '') = ''",
        "UPDATE Context SET name = '(id ' || id || ')' WHERE coalesce(name, '') = ''",
    ),
    _drop(
        "steps of paths",
        "belong to no event",
        "EventPath",
        "'event ' || coalesce(t.event_id, '?')",
        "NOT EXISTS (SELECT 1 FROM Event AS e WHERE e.id = t.event_id)",
    ),
    _drop("events", "name an artifact that is not in the store", "Event", _EVENT, _ARTIFACT),
    _drop("events", "name an execution that is not in the store", "Event", _EVENT, _EXECUTION),
    _drop(
        "events",
        "are of no kind that ML Metadata knows",
        "Event",
        _EVENT,
        "typeof(t.type) <> 'integer' OR t.type NOT BETWEEN 1 AND 7",
    ),
)
_AFTER: Final[tuple[_Step, ...]] = (
    _drop("attributions", "name an artifact that is not in the store", "Attribution", _ATTRIBUTION, _ARTIFACT),
    _drop("attributions", "name a context that is not in the store", "Attribution", _ATTRIBUTION, _CONTEXT),
    _drop("associations", "name an execution that is not in the store", "Association", _ASSOCIATION, _EXECUTION),
    _drop("associations", "name a context that is not in the store", "Association", _ASSOCIATION, _CONTEXT),
    _again("attributions", "stand there twice", "Attribution", _ATTRIBUTION, "artifact_id, context_id"),
    _again("associations", "stand there twice", "Association", _ASSOCIATION, "execution_id, context_id"),
    _drop(
        "parents", "name a context that is not in the store", "ParentContext", _PARENTHOOD, f"{_CONTEXT} OR {_PARENT}"
    ),
    _drop(
        "parents",
        "make a context its own parent",
        "ParentContext",
        _PARENTHOOD,
        "t.context_id = t.parent_context_id",
    ),
)

# SQLite lets anything stand in a column of text; names are compared as text.
_TEXTS: Final = tuple(
    f"UPDATE {table} SET {column} = CAST({column} AS TEXT) WHERE typeof({column}) NOT IN ('text', 'null')"
    for table, columns in (
        ("Type", ("name", "version", "external_id")),
        ("TypeProperty", ("name",)),
        *((node, ("name", "external_id")) for node in ("Artifact", "Execution", "Context")),
        *((f"{node}Property", ("name",)) for node in ("Artifact", "Execution", "Context")),
    )
    for column in columns
)
_TWICE = """
SELECT id, first FROM (
    SELECT id, first_value(id) OVER same AS first, row_number() OVER same AS turn
    FROM Event WINDOW same AS (PARTITION BY artifact_id, execution_id, type ORDER BY id)
) WHERE turn > 1 ORDER BY id
"""
_PATH = "SELECT is_index_step, step_index, step_key FROM EventPath WHERE event_id = ? ORDER BY rowid"


def clean(copy: sqlite3.Connection, source: str, report: LoadReport) -> None:
    """Take out of a copy, which has all tables, whatever hangs in the air.

    Raises:
        LoadError: contexts are their own ancestors: the text names them.
    """
    for statement in _TEXTS:
        copy.execute(statement)
    for step in _BEFORE:
        _run(copy, step, report)
    _same_events(copy, report)
    for step in _AFTER:
        _run(copy, step, report)
    links = copy.execute("SELECT context_id, parent_context_id FROM ParentContext")
    try:
        check_parents((f"context {child}", f"context {parent}") for child, parent in links)
    except ConflictError as error:
        raise LoadError(f"{source}: table ParentContext: {error}") from error


def _run(copy: sqlite3.Connection, step: _Step, report: LoadReport) -> None:
    found = 0
    for (place,) in copy.execute(step.find):
        report.note(step.kind, step.what, step.reason, str(place) if place is not None else None)
        found += 1
    if found:
        copy.execute(step.fix)


def _same_events(copy: sqlite3.Connection, report: LoadReport) -> None:
    # Before schema 8 the same artifact, execution and kind of event may stand there in several rows.
    twice = copy.execute(_TWICE).fetchall()
    for id_, first in twice:
        if copy.execute(_PATH, (id_,)).fetchall() == copy.execute(_PATH, (first,)).fetchall():
            kind, reason = NoteKind.LEFT_ALONE, "say again what an earlier event says"
        else:
            kind, reason = (
                NoteKind.DROPPED,
                "say again what an earlier event says, with another path: the first is kept",
            )
        report.note(kind, "events", reason, f"event {id_}, as event {first}")
    copy.executemany("DELETE FROM Event WHERE id = ?", [(id_,) for id_, _ in twice])
