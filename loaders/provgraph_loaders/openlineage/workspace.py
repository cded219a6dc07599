"""The working table of a load: a temporary SQLite database in which events wait for the others of their run.

Events come in any order, and which version of a dataset a run read depends on all that was written before. So what is
kept of each event is first laid down here, outside of memory, and looked up by run and by dataset after that.
"""

from __future__ import annotations

import marshal
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Final, NamedTuple

from provgraph.model import JsonValue
from provgraph_loaders.openlineage.event import DROP, RENAME, SeenDataset, SeenEvent
from provgraph_loaders.openlineage.facets import Facets, Json
from provgraph_loaders.openlineage.names import Named

__all__ = ["Valid", "Workspace", "packed", "unpacked", "workspace", "written_version"]

_BATCH: Final = 5_000
_WRITES_WITHOUT_RUN: Final = frozenset(("CREATE", "OVERWRITE", "ALTER", "TRUNCATE", RENAME))

# written: what a run (or an event without one: run '') wrote, under which version; gone: dropped or renamed away;
# sure: the version or the change was named, so it was written even if it was dropped later in the same run.
# valid: what was there from when on, by group of names (grp) that symlinks declare to be one dataset; said: the event
# that says so. Of one time, what is made outlives what goes: tables are swapped by renaming two at once.
_TABLES: Final = """
CREATE TABLE event (kind TEXT, id TEXT, time INTEGER, rank INTEGER, body BLOB);
CREATE TABLE dataset (text TEXT PRIMARY KEY, namespace TEXT, name TEXT) WITHOUT ROWID;
CREATE TABLE job (text TEXT PRIMARY KEY, namespace TEXT, name TEXT) WITHOUT ROWID;
CREATE TABLE written (dataset TEXT, run TEXT, version TEXT, time INTEGER, gone INTEGER, sure INTEGER);
CREATE TABLE symlink (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE grp (dataset TEXT PRIMARY KEY, grp TEXT) WITHOUT ROWID;
CREATE TABLE valid (grp TEXT, time INTEGER, said INTEGER, gone INTEGER, version TEXT, run TEXT);
CREATE TABLE mention (artifact TEXT, dataset TEXT, version TEXT, time INTEGER, made INTEGER, facets BLOB);
CREATE TABLE job_mention (job TEXT, time INTEGER, facets BLOB);
CREATE TABLE outcome (time INTEGER, kind TEXT, id TEXT, links INTEGER, body BLOB);
CREATE TABLE grouping (run TEXT PRIMARY KEY, job TEXT) WITHOUT ROWID;
CREATE TABLE parent (child TEXT, parent TEXT, PRIMARY KEY (child, parent)) WITHOUT ROWID;
CREATE TABLE derivation (origin TEXT, derived TEXT, time INTEGER, PRIMARY KEY (origin, derived)) WITHOUT ROWID;
CREATE TABLE equality (
    first TEXT, second TEXT, rule TEXT, evidence TEXT, time INTEGER, PRIMARY KEY (first, second)
) WITHOUT ROWID;
"""
_INDEX: Final = """
CREATE INDEX event_of ON event (kind, id, time, rank);
CREATE INDEX written_by ON written (dataset, run);
DELETE FROM written AS w WHERE gone = 0 AND sure = 0 AND EXISTS (
    SELECT 1 FROM written AS o WHERE o.dataset = w.dataset AND o.run = w.run AND (o.gone = 1 OR o.sure = 1)
);
CREATE TABLE ended AS SELECT id AS run, max(time) AS time FROM event WHERE kind = 'run' AND rank = 2 GROUP BY id;
CREATE UNIQUE INDEX ended_run ON ended (run);
"""
# A version is there when the run that makes it ends; from its first event on where no end was seen (as in streaming).
_VALID: Final = """
INSERT INTO valid
SELECT coalesce(g.grp, w.dataset),
       CASE WHEN w.gone THEN max(w.time) WHEN e.time IS NULL THEN min(w.time) ELSE max(e.time, max(w.time)) END,
       max(w.time), w.gone, w.version, w.run
FROM written AS w LEFT JOIN ended AS e ON e.run = w.run LEFT JOIN grp AS g ON g.dataset = w.dataset
GROUP BY w.dataset, w.run, w.version, w.gone, CASE WHEN w.run = '' THEN w.time END;
CREATE INDEX valid_at ON valid (grp, time);
"""
# appears: when each artifact is named first, which is not after the end of any run that names it.
_ORDER: Final = """
CREATE INDEX mention_of ON mention (artifact, time);
CREATE TABLE appears (time INTEGER, artifact TEXT, PRIMARY KEY (time, artifact)) WITHOUT ROWID;
INSERT INTO appears SELECT min(time), artifact FROM mention GROUP BY artifact;
"""
_SYMLINKS: Final = "SELECT a, b FROM symlink WHERE EXISTS (SELECT 1 FROM dataset AS d WHERE d.text = symlink.b)"
_LOOK_UP: Final = """
SELECT version, gone, time FROM valid WHERE grp = ? AND time <= ? AND (run <> ? OR run = '')
ORDER BY time DESC, said DESC, gone, version DESC LIMIT 1
"""
_EVENTS: Final = "SELECT kind, id, time, body FROM event INDEXED BY event_of ORDER BY kind, id, time, rank, body"
_INSERTS: Final = {
    "event": "INSERT INTO event VALUES (?, ?, ?, ?, ?)",
    "dataset": "INSERT OR IGNORE INTO dataset VALUES (?, ?, ?)",
    "job": "INSERT OR IGNORE INTO job VALUES (?, ?, ?)",
    "written": "INSERT INTO written VALUES (?, ?, ?, ?, ?, ?)",
    "symlink": "INSERT OR IGNORE INTO symlink VALUES (?, ?)",
    "grp": "INSERT INTO grp VALUES (?, ?)",
    "mention": "INSERT INTO mention VALUES (?, ?, ?, ?, ?, ?)",
    "job_mention": "INSERT INTO job_mention VALUES (?, ?, ?)",
    "outcome": "INSERT INTO outcome VALUES (?, ?, ?, ?, ?)",
    "grouping": "INSERT INTO grouping VALUES (?, ?) ON CONFLICT DO UPDATE SET job = max(job, excluded.job)",
    "parent": "INSERT OR IGNORE INTO parent VALUES (?, ?)",
    "derivation": "INSERT INTO derivation VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET time = min(time, excluded.time)",
    "equality": "INSERT INTO equality VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET time = min(time, excluded.time)",
}


# Rows never leave this process, and this is several times faster than JSON. Equal values have equal bytes in version 2,
# so that rows of one time can be ordered by them.
_FORMAT: Final = 2


def packed(value: Json | Facets) -> bytes:
    """A JSON object as bytes of the working table."""
    return marshal.dumps(value, _FORMAT)


def unpacked(data: bytes) -> Json:
    """The object that was packed."""
    found: Json = marshal.loads(data)  # noqa: S302 - made by `packed` a moment ago, in this process
    return found


class Valid(NamedTuple):
    """What was there of a dataset at some time: a version, or (`gone`) nothing since `time`."""

    version: str
    gone: bool
    time: int


class Workspace:
    """The tables, with rows on their way into them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in _INSERTS}
        self._known: set[str] = set()
        self._groups: dict[str, str] = {}
        self._run(_TABLES)

    def add(self, table: str, *row: object) -> None:
        """Add a row to a table."""
        rows = self._rows[table]
        rows.append(row)
        if len(rows) >= _BATCH:
            self._flush(table)

    def flush(self) -> None:
        """Write what waits."""
        for table in _INSERTS:
            self._flush(table)

    def _flush(self, table: str) -> None:
        rows = self._rows[table]
        if rows:
            self.connection.executemany(_INSERTS[table], rows)
            rows.clear()

    def add_event(self, seen: SeenEvent) -> None:
        """Lay down what is kept of an event."""
        self.add("event", seen.kind, seen.id, seen.time, seen.rank, packed(_body(seen)))
        if seen.job is not None:
            self._add_name("job", seen.job)
        for _, job in seen.parents:
            if job is not None:
                self._add_name("job", job)
        for name in seen.mentioned:
            self._add_name("dataset", name)
        for dataset in (*seen.inputs, *seen.outputs):
            self._add_name("dataset", dataset.named)
            if dataset.previous is not None:
                self._add_name("dataset", dataset.previous)
            for other in dataset.symlinks:
                self.add("symlink", dataset.named.text, other.text)
        if seen.kind != "job":
            for output in seen.outputs:
                self._add_written(seen, output)

    def _add_name(self, table: str, name: Named) -> None:
        key = f"{table} {name.text}"
        if key not in self._known:
            if len(self._known) >= 50_000:
                self._known.clear()
            self._known.add(key)
            self.add(table, name.text, name.namespace, name.name)

    def _add_written(self, seen: SeenEvent, output: SeenDataset) -> None:
        text = output.named.text
        run = seen.id if seen.kind == "run" else ""
        if output.lifecycle == DROP:
            self.add("written", text, run, "", seen.time, 1, 0)
            return
        version = output.version or written_version(run, output.lifecycle, seen.time)
        if version:
            self.add("written", text, run, version, seen.time, 0, int(bool(output.version or output.lifecycle)))
        if output.lifecycle == RENAME and output.previous is not None and output.previous.text != text:
            self.add("written", output.previous.text, run, "", seen.time, 1, 0)

    def index(self) -> None:
        """Make ready for looking up: all events are there."""
        self.flush()
        self._run(_INDEX)
        self._group()
        self._run(_VALID)

    def order(self) -> None:
        """Make ready for reading in the order of time: all is put together."""
        self.flush()
        self._run(_ORDER)

    def _run(self, script: str) -> None:
        self.connection.executescript(f"{script}; BEGIN")  # a script ends the transaction that was open

    def _group(self) -> None:
        above: dict[str, str] = {}

        def root(name: str) -> str:
            while (up := above.get(name, name)) != name:
                above[name] = above.get(up, up)
                name = up
            return name

        for a, b in self.connection.execute(_SYMLINKS):
            first, second = sorted((root(a), root(b)))
            above[second] = first
            above.setdefault(first, first)
        self._groups = {name: root(name) for name in above}
        for row in sorted(self._groups.items()):
            self.add("grp", *row)
        self._flush("grp")

    def valid(self, dataset: str, time: int, run: str) -> Valid | None:
        """What was there of a dataset at a time, apart from what `run` itself wrote; None if nothing is known."""
        row = self.connection.execute(_LOOK_UP, (self._groups.get(dataset, dataset), time, run)).fetchone()
        return Valid(row[0], bool(row[1]), row[2]) if row is not None else None

    def events(self) -> Iterator[tuple[str, str, int, Json]]:
        """Kind, id, time and body of all events: those of one run, job or dataset one after the other, by time.

        Events of one time come in an order of their own, whatever the order they were added in.
        """
        for kind, id_, time, body in self.connection.execute(_EVENTS):
            yield kind, id_, time, unpacked(body)


def written_version(run: str, lifecycle: str, time: int) -> str:
    """The version of what was written and bears none: one per run; "" if nothing was written."""
    if run:
        return f"run-{run}"
    return f"at-{time}" if lifecycle in _WRITES_WITHOUT_RUN else ""


@contextmanager
def workspace() -> Generator[Workspace, None, None]:
    """A workspace that vanishes when it is left."""
    # a temporary database of SQLite itself: its file has no name, so nothing of it stays, however this process ends
    with closing(sqlite3.connect("", isolation_level=None, check_same_thread=False)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -16384")
        yield Workspace(connection)


def _body(seen: SeenEvent) -> dict[str, JsonValue]:
    body: dict[str, JsonValue] = {
        "type": seen.type,
        "job": seen.job.text if seen.job else None,
        "in": [[d.named.text, d.version, dict(d.facets), dict(d.read)] for d in seen.inputs],
        "out": [
            [d.named.text, d.version, dict(d.facets), d.lifecycle, d.previous.text if d.previous else None]
            for d in seen.outputs
        ],
    }
    if seen.run_facets:
        body["run_facets"] = dict(seen.run_facets)
    if seen.job_facets:
        body["job_facets"] = dict(seen.job_facets)
    if seen.parents:
        body["parents"] = [[run, job.text if job else None] for run, job in seen.parents]
    possible: list[JsonValue] = [dataset.named.text for dataset in seen.inputs if dataset.possible]
    if possible:
        body["possible"] = possible
    if seen.taken_back:
        body["taken_back"] = [[who, target] for who, target in seen.taken_back]
    if seen.stated:
        body["stated"] = {who: {k: list[JsonValue](v) for k, v in flows.items()} for who, flows in seen.stated.items()}
    return body
