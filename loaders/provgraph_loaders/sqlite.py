"""A private copy of a SQLite file, taken in one read transaction, that vanishes with its connection.

The file itself is opened read-only, and only for as long as the copy takes: a reader that held its lock for a whole
load would keep a pipeline that writes to the file from committing.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from provgraph.errors import LoadError
from provgraph.loading.files import local_path

__all__ = ["add_missing", "columns_of", "is_sqlite", "peek", "snapshot"]

_MAGIC = b"SQLite format 3\x00"
_WAL = 2  # in the header, the version that needs a write-ahead log
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
_PATIENCE = 20.0  # seconds to wait for a writer's commit


def is_sqlite(source: str) -> bool:
    """Whether `source`, a path or `sqlite:///PATH`, is a file that starts as SQLite's do."""
    path = local_path(source)
    try:
        if path is None or not Path(path).is_file():
            return False
        with Path(path).open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except (OSError, ValueError):
        return False


def columns_of(connection: sqlite3.Connection) -> dict[str, frozenset[str]]:
    """The columns of each table, SQLite's own tables left out."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"
    ).fetchall()
    return {
        str(name): frozenset(
            str(row[0]) for row in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
        )
        for (name,) in names
    }


def add_missing(
    copy: sqlite3.Connection, there: Mapping[str, frozenset[str]], tables: Mapping[str, Sequence[str]]
) -> None:
    """Add the tables and columns that a schema lacks, empty.

    Args:
        copy: a private copy.
        there: its columns, as `columns_of` tells them.
        tables: the columns that each table is to have; constants of a loader, never what a user said.
    """
    for table, wanted in tables.items():
        if table not in there:
            copy.execute(f"CREATE TABLE {table} ({', '.join(wanted)})")
            continue
        for column in wanted:
            if column not in there[table]:
                copy.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def peek(source: str) -> dict[str, frozenset[str]]:
    """The columns of each table of a file, to recognise it by; none where it is no SQLite file, or cannot be read."""
    path = local_path(source)
    if path is None or not is_sqlite(source):
        return {}
    try:
        # immutable: a look at the table of contents needs no lock and must leave no file behind
        uri = f"{Path(path).resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return columns_of(connection)
    except (sqlite3.Error, OSError, ValueError):
        return {}


@contextmanager
def snapshot(source: str, what: str) -> Generator[sqlite3.Connection, None, None]:
    """A connection to a private copy of the file, checked, without its triggers and views.

    Args:
        source: the path, or `sqlite:///PATH`.
        what: what the file should be, for the text of errors: `ML Metadata store`.

    Raises:
        LoadError: there is no such file, it cannot be read, is no SQLite database or a damaged one, or a writer was
            interrupted and its journal must be rolled back first.
    """
    path = Path(local_path(source) or source)
    header = _header(path, what)
    # a temporary database of SQLite itself: its file has no name, so nothing of it stays, however this process ends
    with closing(sqlite3.connect("", isolation_level=None)) as copy:
        try:
            _copy(path.resolve(), header, copy)
            _check(path, copy)
        except sqlite3.Error as error:
            raise LoadError(_told(path, error)) from error
        except UnicodeError as error:  # SQLite quotes what it cannot make sense of
            raise LoadError(f"{path}: is damaged: its table of contents is no text") from error
        yield copy


def _header(path: Path, what: str) -> bytes:
    try:
        if not path.exists():
            raise LoadError(f"{path}: there is no such file")
        if not path.is_file():
            raise LoadError(f"{path}: is a {'folder' if path.is_dir() else 'special file'}, not a SQLite file")
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise LoadError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a NUL in the path
        raise LoadError(f"{str(path)!r}: is no path: {error}") from error
    if not header:
        raise LoadError(f"{path}: is empty, so it is no {what}")
    if not header.startswith(_MAGIC):
        raise LoadError(f"{path}: is no SQLite database, or an encrypted one (it does not start as SQLite's files do)")
    if len(header) < 100:
        raise LoadError(f"{path}: is cut off: {len(header)} bytes are less than the header of a SQLite database")
    return header


def _copy(path: Path, header: bytes, copy: sqlite3.Connection) -> None:
    wal, shm, journal = (path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal"))
    if wal.exists() and not shm.exists():
        # Left by a writer that was killed and whose files were then moved: nobody has it open. Reading it in place
        # would make a file beside it.
        with tempfile.TemporaryDirectory(prefix="provgraph-") as folder:
            for file in (path, wal):
                shutil.copyfile(file, Path(folder) / file.name)
            _backup(Path(folder) / path.name, "mode=rw", copy)
    elif header[19] == _WAL and not wal.exists():
        if _is_hot(journal):
            raise LoadError(_hot(path))
        # No log, so nobody has it open, and opening it as usual would make a log beside it.
        _backup(path, "mode=ro&immutable=1", copy)
    else:
        _backup(path, "mode=ro", copy)


def _backup(path: Path, mode: str, copy: sqlite3.Connection) -> None:
    uri = f"{path.as_uri()}?{mode}"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_PATIENCE)) as source:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(copy)
        source.execute("ROLLBACK")


def _check(path: Path, copy: sqlite3.Connection) -> None:
    copy.execute("PRAGMA trusted_schema = OFF")
    copy.execute("PRAGMA cell_size_check = ON")
    copy.execute("PRAGMA journal_mode = OFF")
    # Not quick_check: rows are found through indices, so an index that lacks some would lose them silently.
    [verdict] = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise LoadError(f"{path}: is damaged: {' '.join(str(verdict).split())}")
    things = copy.execute("SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchall()
    for kind, name in things:
        quoted = '"' + str(name).replace('"', '""') + '"'
        copy.execute(f"DROP {'TRIGGER' if kind == 'trigger' else 'VIEW'} IF EXISTS {quoted}")


def _is_hot(journal: Path) -> bool:
    try:
        with journal.open("rb") as file:
            return file.read(len(_JOURNAL_MAGIC)) == _JOURNAL_MAGIC
    except OSError:
        return False


def _hot(path: Path) -> str:
    return (
        f"{path}: a writer was interrupted and left its journal {path.name}-journal: open the file once with the "
        "program that writes it (or with sqlite3), which rolls the journal back"
    )


def _told(path: Path, error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    words = " ".join(str(error).split())  # SQLite quotes what stands in the file
    if name == "SQLITE_READONLY_ROLLBACK":
        return _hot(path)
    if name.startswith("SQLITE_BUSY"):
        return f"{path}: a program has been writing to it for {_PATIENCE:.0f} s: try again when it is done"
    if name == "SQLITE_FULL":
        return f"{path}: no space for a temporary copy of it: set TMPDIR to a folder with more"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return f"{path}: is damaged, or no SQLite database: {words}"
    return f"{path}: SQLite cannot read it: {words}"
