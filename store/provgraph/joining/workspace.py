"""A temporary database in which records meet by their marks: memory stays flat, however many there are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final, Self

from provgraph.joining.judging import Group, Join, Member, Verdict, judge
from provgraph.joining.marks import Mark, Record
from provgraph.joining.rules import Rule

__all__ = ["Workspace"]

# `asked`: joining was asked about this artifact; the others are there to meet it. `equal`: it has equalities (2: joins
# are among them), so its component is to be read. `component` is the least id of all that are one thing.
_TABLES: Final = """
CREATE TABLE record (id INTEGER PRIMARY KEY, component INTEGER NOT NULL, source TEXT NOT NULL, place TEXT NOT NULL,
                     digests TEXT NOT NULL, equal INTEGER NOT NULL, asked INTEGER NOT NULL);
CREATE TABLE mark (rule INTEGER, text TEXT, id INTEGER, source TEXT, asked INTEGER, registry INTEGER,
                   PRIMARY KEY (rule, text, id)) WITHOUT ROWID;
CREATE TABLE wanted (rule INTEGER, text TEXT, PRIMARY KEY (rule, text)) WITHOUT ROWID;
"""
_MARK: Final = """
INSERT INTO mark VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (rule, text, id) DO UPDATE SET asked = max(asked, excluded.asked)
"""
_WANTED: Final = """
INSERT INTO wanted SELECT rule, text FROM mark GROUP BY rule, text
HAVING min(source) <> max(source) AND max(asked) = 1
"""
_RECORD: Final = """
INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET asked = max(asked, excluded.asked)
"""
_MEMBER: Final = """
INSERT INTO record VALUES (?, ?, ?, ?, ?, 1, 0) ON CONFLICT (id) DO UPDATE SET component = excluded.component
"""
_EQUAL_MEMBERS: Final = """
SELECT r.id FROM wanted AS w JOIN mark AS m ON m.rule = w.rule AND m.text = w.text
JOIN record AS r ON r.id = m.id WHERE r.equal
UNION SELECT id FROM record WHERE equal = 2 AND asked ORDER BY 1
"""
_GROUP: Final = """
SELECT r.id, r.component, r.source, r.place, r.digests, g.id IS NOT NULL, coalesce(g.registry, 0)
FROM record AS r LEFT JOIN mark AS g ON g.rule = :rule AND g.text = :text AND g.id = r.id
WHERE r.component IN (
    SELECT o.component FROM mark AS m JOIN record AS o ON o.id = m.id WHERE m.rule = :rule AND m.text = :text)
ORDER BY r.id
"""
_RULES: Final = tuple(Rule)


class Workspace:
    """Takes records, then their components, and judges every mark that records of several sources share.

    Use it as a context manager.
    """

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)  # a file without a name, gone when it is closed
        self._connection.executescript(f"PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; {_TABLES}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def add(self, records: Iterable[tuple[Record, int]], *, asked: bool, rules: Iterable[Rule] = _RULES) -> None:
        """Take records, each with its equalities (0 none, 1 of tools, 2 by joining).

        One that is there already was asked about or is now.
        """
        wanted = frozenset(rules)
        rows: list[tuple[object, ...]] = []
        marks: list[tuple[object, ...]] = []
        for record, equal in records:
            digests = json.dumps([list(digest) for digest in record.digests])
            rows.append((record.id, record.id, record.source, record.place, digests, int(equal), int(asked)))
            registered = {exact.text for exact in record.exact if exact.registry}
            marks += (
                (
                    _RULES.index(mark.rule),
                    mark.text,
                    record.id,
                    record.source,
                    int(asked),
                    (1 + record.owns_registered) if mark.rule is Rule.URI and mark.text in registered else 0,
                )
                for mark in record.marks
                if mark.rule in wanted
            )
        self._connection.execute("BEGIN")
        self._connection.executemany(_RECORD, rows)
        self._connection.executemany(_MARK, marks)
        self._connection.execute("COMMIT")

    def meet(self) -> int:
        """Find the marks that several sources share; how many there are. All records must have been added."""
        self._connection.execute("DELETE FROM wanted")
        self._connection.execute(_WANTED)
        self._connection.execute("CREATE INDEX IF NOT EXISTS by_component ON record (component)")
        [[count]] = self._connection.execute("SELECT count(*) FROM wanted")
        return int(count)

    def with_equalities(self) -> Iterator[int]:
        """The ids of those whose components are to be given to `component`.

        They share a mark and have equalities, or were asked about and joined before.
        """
        for (id_,) in self._connection.execute(_EQUAL_MEMBERS).fetchall():
            yield int(id_)

    def component(self, records: Iterable[Record]) -> None:
        """Take a whole component: artifacts that are one thing already."""
        members = list(records)
        number = min(record.id for record in members)
        for record in members:
            digests = json.dumps([list(digest) for digest in record.digests])
            self._connection.execute(_MEMBER, (record.id, number, record.source, record.place, digests))

    def verdicts(self) -> Iterator[list[Verdict]]:
        """Judge every mark that several sources share, the strongest first; what is joined counts for what follows.

        Yields what was found of each mark: nothing where all that bears it is one thing already.
        """
        cursor = self._connection.execute("SELECT rule, text FROM wanted ORDER BY rule, text")
        for number, text in cursor:
            group = self._group(number, text)
            found = judge(group)
            self._join(group, (verdict for verdict in found if isinstance(verdict, Join)))
            yield found

    def _group(self, number: int, text: str) -> Group:
        members = [
            Member(id_, component, source, place, tuple((f, d) for f, d in json.loads(digests)), bool(marked), registry)
            for id_, component, source, place, digests, marked, registry in self._connection.execute(
                _GROUP, {"rule": number, "text": text}
            )
        ]
        return Group(Mark(_RULES[number], text), members)

    def _join(self, group: Group, joins: Iterable[Join]) -> None:
        component = {member.id: member.component for member in group.members}
        for join in joins:
            one, other = component[join.first], component[join.second]
            self._connection.execute("UPDATE record SET component = ? WHERE component = ?", (one, other))
