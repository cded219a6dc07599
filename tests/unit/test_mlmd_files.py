"""What is no ML Metadata store is refused in one line, and no file is ever changed, locked for long or left behind."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport
from provgraph_loaders.mlmd import MlmdLoader
from tests.mlmd.reading import outcome, read
from tests.mlmd.schemas import change, create, insert


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with some artifacts, alone in its folder."""
    folder = tmp_path / "store"
    folder.mkdir()
    return filled(folder / "metadata.sqlite")


def filled(path: Path) -> Path:
    create(path)
    rows = [
        {"id": i, "type_id": 10, "uri": f"u{i}", "create_time_since_epoch": 1_700_000_000_000} for i in range(1, 51)
    ]
    values = [{"artifact_id": i, "name": "p", "is_custom_property": 1, "string_value": "x" * 300} for i in range(1, 51)]
    insert(path, {"Type": [{"id": 10, "name": "Data", "type_kind": 1}], "Artifact": rows, "ArtifactProperty": values})
    return path


def contents(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def refused(path: Path) -> str:
    """The one line by which the path is refused, before anything is yielded."""
    with pytest.raises(LoadError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


# -- refusals -------------------------------------------------------------------------------------------------


def test_a_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.sqlite") == "there is no such file"


def test_a_folder(tmp_path: Path) -> None:
    assert refused(tmp_path) == "is a folder, not a SQLite file"


def test_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe") == "is a special file, not a SQLite file"


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite"
    path.touch()
    assert refused(path) == "is empty, so it is no ML Metadata store"


def test_a_file_of_something_else_or_an_encrypted_one(tmp_path: Path) -> None:
    path = tmp_path / "noise.sqlite"
    path.write_bytes(random.Random(1).randbytes(8192))
    assert refused(path) == "is no SQLite database, or an encrypted one (it does not start as SQLite's files do)"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(store: Path) -> None:
    store.chmod(0)
    assert refused(store) == "cannot be read: Permission denied"


def test_a_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    change(path, "CREATE TABLE runs (id)")
    assert refused(path) == "is a SQLite database, but no ML Metadata store (it lacks the table Type)"


@pytest.mark.parametrize("version", [11, -1, 999])
def test_a_schema_that_is_not_known(store: Path, version: int) -> None:
    change(store, "UPDATE MLMDEnv SET schema_version = ?", (version,))
    assert refused(store) == f"its schema version is {version}: this loader knows 0 to 10; update provgraph"


@pytest.mark.parametrize("versions", [(), (9, 10)])
def test_a_store_that_does_not_say_its_schema(store: Path, versions: tuple[int, ...]) -> None:
    change(store, "DELETE FROM MLMDEnv")
    insert(store, {"MLMDEnv": [{"schema_version": v} for v in versions]})
    assert refused(store) == f"table MLMDEnv must hold one schema version and holds {len(versions)} rows"


@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.99])
def test_a_truncated_file(store: Path, part: float) -> None:
    whole = store.read_bytes()
    store.write_bytes(whole[: int(len(whole) * part)])
    assert "damaged" in refused(store)


def test_a_file_that_ends_within_its_header(store: Path) -> None:
    store.write_bytes(store.read_bytes()[:50])
    assert refused(store) == "is cut off: 50 bytes are less than the header of a SQLite database"


def test_an_index_that_lacks_a_row(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("CREATE INDEX owner ON ArtifactProperty (artifact_id) WHERE artifact_id < 40")
        connection.execute(
            "UPDATE sqlite_master SET sql = 'CREATE INDEX owner ON ArtifactProperty (artifact_id)' WHERE name = 'owner'"
        )
    assert refused(store) == "is damaged: row 40 missing from index owner"


def test_sqlites_own_words_stay_on_one_line(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute('CREATE INDEX an_index ON Artifact ("uri")')
    store.write_bytes(store.read_bytes().replace(b'ON Artifact ("uri")', b'ON "Arti\nact" (uri)'))
    assert "no such table: main.Arti act" in refused(store)


@given(seed=st.integers(0, 2**32), count=st.integers(1, 40), cut=st.booleans())
def test_damaged_bytes_are_refused_or_read_but_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, cut: bool
) -> None:
    dice = random.Random(seed)
    path = tmp_path_factory.getbasetemp() / "damaged.sqlite"
    data = bytearray(pristine(tmp_path_factory))
    for _ in range(count):
        data[dice.randrange(16, len(data))] = dice.randrange(256)
    path.write_bytes(data[: dice.randrange(len(data))] if cut else data)
    MlmdLoader().recognises(str(path))
    found = outcome(path)
    if isinstance(found, str):
        assert found.startswith(f"{path}: ")
        assert "\n" not in found


_PRISTINE: list[bytes] = []


def pristine(factory: pytest.TempPathFactory) -> bytes:
    if not _PRISTINE:
        _PRISTINE.append(filled(factory.mktemp("pristine") / "metadata.sqlite").read_bytes())
    return _PRISTINE[0]


# -- recognising ----------------------------------------------------------------------------------------------


def test_stores_are_recognised_and_nothing_else(store: Path, tmp_path: Path) -> None:
    loader = MlmdLoader()
    assert loader.recognises(str(store))
    change(tmp_path / "other.sqlite", "CREATE TABLE runs (id)")
    noise = tmp_path / "noise"
    noise.write_bytes(b"SQLite format 3\x00 and more")
    for other in (tmp_path, tmp_path / "none", noise, tmp_path / "other.sqlite"):
        assert not loader.recognises(str(other))
    assert not loader.recognises("https://host.invalid/metadata.sqlite")
    assert not loader.recognises("nul\0path")


# -- files stay as they are -----------------------------------------------------------------------------------


def test_reading_changes_nothing_and_leaves_nothing(store: Path) -> None:
    before = contents(store.parent)
    assert len(read(store).nodes) == 50
    assert MlmdLoader().recognises(str(store))
    assert contents(store.parent) == before


def test_a_name_with_signs_that_mean_something_in_urls(store: Path) -> None:
    odd = store.with_name("100% #1?mode=rw&x.sqlite")
    store.rename(odd)
    before = contents(odd.parent)
    assert len(read(odd).nodes) == 50
    assert contents(odd.parent) == before


def test_a_store_with_a_write_ahead_log_that_was_closed_well(store: Path) -> None:
    change(store, "PRAGMA journal_mode = WAL")
    assert list(contents(store.parent)) == ["metadata.sqlite"]
    before = contents(store.parent)
    assert len(read(store).nodes) == 50
    assert MlmdLoader().recognises(str(store))
    assert contents(store.parent) == before


def test_a_store_in_a_folder_that_may_not_be_written(store: Path) -> None:
    change(store, "PRAGMA journal_mode = WAL")
    store.chmod(0o400)
    store.parent.chmod(0o500)
    try:
        assert len(read(store).nodes) == 50
    finally:
        store.parent.chmod(0o700)


def test_beside_a_writer_with_a_write_ahead_log(store: Path) -> None:
    with closing(sqlite3.connect(store, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO Artifact (id, type_id) VALUES (100, 10)")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO Artifact (id, type_id) VALUES (101, 10)")
        before = contents(store.parent)
        assert sorted(before) == ["metadata.sqlite", "metadata.sqlite-shm", "metadata.sqlite-wal"]
        assert len(read(store).nodes) == 51
        after = contents(store.parent)
        assert sorted(after) == sorted(before)
        assert after["metadata.sqlite"] == before["metadata.sqlite"]
        assert after["metadata.sqlite-wal"] == before["metadata.sqlite-wal"]
        writer.execute("COMMIT")
        assert len(read(store).nodes) == 52
    assert list(contents(store.parent)) == ["metadata.sqlite"]


def test_a_write_ahead_log_that_a_killed_writer_left(store: Path, tmp_path: Path) -> None:
    left = tmp_path / "left"
    with closing(sqlite3.connect(store, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO Artifact (id, type_id) VALUES (100, 10)")
        shutil.copytree(store.parent, left)
    for shm in (True, False):
        if not shm:
            (left / "metadata.sqlite-shm").unlink()
        before = contents(left)
        assert len(read(left / "metadata.sqlite").nodes) == 51
        after = contents(left)
        assert sorted(after) == sorted(before)
        assert {n: h for n, h in after.items() if "-shm" not in n} == {
            n: h for n, h in before.items() if "-shm" not in n
        }


def test_beside_a_writer_in_the_middle_of_its_transaction(store: Path) -> None:
    with closing(sqlite3.connect(store, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO Artifact (id, type_id) VALUES (100, 10)")
        before = contents(store.parent)
        assert len(read(store).nodes) == 50
        assert contents(store.parent) == before
        writer.execute("COMMIT")
    assert len(read(store).nodes) == 51


def test_a_writer_can_commit_while_a_load_goes_on(store: Path) -> None:
    loader = MlmdLoader()
    batches = loader.load(str(store), LoadOptions(batch_size=10), LoadReport("mlmd", str(store)))
    next(batches)
    seen = [len(next(batches).artifacts)]
    with closing(sqlite3.connect(store, timeout=0, isolation_level=None)) as writer:
        writer.execute("INSERT INTO Artifact (id, type_id) VALUES (100, 10)")
        writer.execute("DELETE FROM Artifact WHERE id = 40")
    seen += [len(batch.artifacts) for batch in batches]
    assert sum(seen) == 50


def test_a_load_waits_for_a_writers_commit(store: Path) -> None:
    writer = sqlite3.connect(store, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN EXCLUSIVE")
    writer.execute("INSERT INTO Artifact (id, type_id) VALUES (100, 10)")
    done = threading.Timer(0.5, lambda: writer.execute("COMMIT"))
    done.start()
    assert len(read(store).nodes) == 51
    done.join()
    writer.close()


def test_a_writer_that_does_not_let_go_is_named(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provgraph_loaders.sqlite._PATIENCE", 0.2)
    with closing(sqlite3.connect(store, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert refused(store).startswith("a program has been writing to it for")


INTERRUPTED = """
import os, sqlite3, sys
writer = sqlite3.connect(sys.argv[1], isolation_level=None)
writer.execute("PRAGMA cache_size = 1")
writer.execute("PRAGMA cache_spill = 1")
writer.execute("BEGIN IMMEDIATE")
writer.execute("UPDATE ArtifactProperty SET string_value = string_value || 'y'")
writer.execute("UPDATE Artifact SET uri = uri || 'y'")
os._exit(0)
"""


@pytest.mark.parametrize("wal", [False, True])
def test_a_hot_journal_is_refused_by_name(store: Path, wal: bool) -> None:
    subprocess.run([sys.executable, "-c", INTERRUPTED, str(store)], check=True)
    if wal:  # a header that claims a log does not open a way around the journal
        data = bytearray(store.read_bytes())
        data[18:20] = b"\x02\x02"
        store.write_bytes(data)
    before = contents(store.parent)
    assert sorted(before) == ["metadata.sqlite", "metadata.sqlite-journal"]
    text = refused(store)
    assert text.startswith("a writer was interrupted and left its journal metadata.sqlite-journal: open the file once")
    assert contents(store.parent) == before


def test_a_journal_that_is_not_hot_does_no_harm(store: Path) -> None:
    change(store, "PRAGMA journal_mode = PERSIST")
    with closing(sqlite3.connect(store, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = PERSIST")
        writer.execute("INSERT INTO Artifact (id, type_id) VALUES (100, 10)")
    before = contents(store.parent)
    assert "metadata.sqlite-journal" in before
    assert len(read(store).nodes) == 51
    assert contents(store.parent) == before
