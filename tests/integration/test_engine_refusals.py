"""What the embedded engine cannot do, it says in one line, with what to do instead."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from neo4j.exceptions import ClientError, DatabaseError, Neo4jError, TransientError

from provgraph.engines.embedded import EmbeddedEngine, Settings, inspect, stop
from provgraph.errors import ConfigurationError, EngineError
from tests.servers.embedded import Client, User, gone, processes_in, server_of


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "store"
    stop(tmp_path / "store")


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small disk in memory with the given options."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("needs root on Linux, to mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, text=True, timeout=30
        )
        if done.returncode != 0:
            pytest.skip(f"needs a small disk in memory: {done.stderr.strip()}")
        return place

    yield mount
    subprocess.run(["umount", "-l", place], capture_output=True, timeout=30)


def _refusal(folder: Path, settings: Settings | None = None) -> str:
    """The one line, shown to be one."""
    engine = EmbeddedEngine(folder, settings=settings, start_message=lambda _: None)
    with pytest.raises(EngineError) as caught:
        engine.address()
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    return message


def test_folder_on_a_read_only_disk(mount: Callable[[str], Path]) -> None:
    place = mount("ro")
    message = _refusal(place / "store")
    assert "cannot be written (Read-only file system)" in message
    assert "embedded:PATH" in message
    assert "cannot be written" in _refusal(place)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_this_user_may_not_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written (Permission denied)" in _refusal(tmp_path / "store")
    tmp_path.chmod(0o700)


def test_full_disk_at_the_start(mount: Callable[[str], Path]) -> None:
    message = _refusal(mount("size=20k") / "store")
    assert "no room" in message
    assert "make room" in message


def test_disk_that_fills_up_refuses_writes_and_loses_nothing(mount: Callable[[str], Path]) -> None:
    place = mount("size=48m") / "store"
    client = Client(place)
    client.run("CREATE CONSTRAINT IF NOT EXISTS FOR (n:N) REQUIRE n.id IS UNIQUE")
    acknowledged = 0
    refusal: Neo4jError | None = None
    while refusal is None and acknowledged < 100_000:
        try:
            client.run(
                "UNWIND range(0, 499) AS k CREATE (:N {id: $start + k, s: $s})", start=acknowledged, s="x" * 1000
            )
            acknowledged += 500
        except Neo4jError as error:
            refusal = error
    assert isinstance(refusal, ClientError | DatabaseError | TransientError)
    assert client.run("MATCH (n:N {id: $id}) RETURN n.id", id=acknowledged - 1) == [[acknowledged - 1]]
    subprocess.run(["mount", "-o", "remount,size=200m", place.parent], check=True, timeout=30)
    client.run("MERGE (:N {id: -1})")
    client.close()
    stop(place)
    client = Client(place)
    [[there]] = client.run("MATCH (n:N) WHERE n.id >= 0 RETURN count(DISTINCT n.id)")
    assert isinstance(there, int)
    assert there >= acknowledged
    client.close()
    stop(place)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of the address space are Linux's")
@pytest.mark.parametrize("megabytes", [400, 1200])
def test_too_little_memory_for_the_jvm(folder: Path, megabytes: int) -> None:
    import resource

    limit = megabytes << 20
    user = User(folder, wait=False, before=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    line = user.last_line()
    assert "did not start" in line
    assert "PROVGRAPH_JVM=-Xmx" in line
    assert processes_in(folder) == []
    assert inspect(folder).state == "stopped"


def test_query_larger_than_the_heap_is_refused_and_the_next_one_served(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVGRAPH_JVM", "-Xmx64m")
    client = Client(folder)
    with pytest.raises(Neo4jError):
        client.run(
            "UNWIND range(1, 900000) AS i WITH collect({a: i, b: toString(i) + 'xxxxxxxxxxxxxxxx'}) AS x RETURN size(x)"
        )
    assert client.run("RETURN 1") == [[1]]
    client.close()


def test_statement_that_takes_too_long_is_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVGRAPH_STATEMENT_TIMEOUT", "1")
    client = Client(folder)
    start = time.monotonic()
    with pytest.raises(Neo4jError) as refusal:
        client.run("UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN count(*)")
    assert "TransactionTimedOut" in (refusal.value.code or "")
    assert time.monotonic() - start < 15
    assert client.run("RETURN 1") == [[1]]
    client.close()


def test_wrong_flag_for_the_jvm(folder: Path) -> None:
    message = _refusal(folder, Settings(jvm=("-XX:+NoSuchFlag",)))
    assert "NoSuchFlag" in message
    assert "PROVGRAPH_JVM" in message


def test_platform_without_a_build_is_sent_to_a_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    find = util.find_spec
    missing = "arcadedb_embedded"

    def find_without_engine(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == missing else find(name, package)

    monkeypatch.setattr(util, "find_spec", find_without_engine)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    message = _refusal(folder)
    assert "no build for this platform" in message
    assert "riscv64" in message
    assert "docker compose" in message
    assert "PROVGRAPH_URL=neo4j://" in message
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert "pip install arcadedb-embedded" in _refusal(folder)


def test_server_that_hangs_is_named_and_left_alone(folder: Path) -> None:
    user = User(folder)
    server = server_of(folder)
    server.suspend()
    try:
        start = time.monotonic()
        message = _refusal(folder, Settings(start_timeout=2))
        assert time.monotonic() - start < 8
        assert "does not answer" in message
        assert str(server.pid) in message
        assert inspect(folder).state == "silent"
        with pytest.raises(EngineError, match="has not ended"):
            stop(folder, timeout=1)
    finally:
        server.resume()
    assert user.ask("RETURN 7") == 7
    assert server_of(folder) == server
    user.leave()


def test_server_of_another_version_is_named(folder: Path) -> None:
    user = User(folder)
    state_file = folder / "server.json"
    state_file.write_text(state_file.read_text("utf-8").replace('"format": 1', '"format": 99'), "utf-8")
    assert "another version" in _refusal(folder, Settings(start_timeout=1))
    state_file.unlink()
    user.leave()


@pytest.mark.parametrize("damage", ["schema", "file missing", "file cut off", "dictionary"])
def test_damaged_data_is_refused_instead_of_opened_as_an_empty_store(folder: Path, damage: str) -> None:
    client = Client(folder)
    client.run("CREATE CONSTRAINT IF NOT EXISTS FOR (n:N) REQUIRE n.id IS UNIQUE")
    client.run("UNWIND range(1, 1000) AS i CREATE (:N {id: i})")
    client.close()
    stop(folder)
    database = folder / "databases" / "provgraph"
    [records] = database.glob("N_0.*.bucket")
    match damage:
        case "schema":
            (database / "schema.json").write_bytes(b"\x00\xff" * 50)
        case "file missing":
            records.unlink()
        case "file cut off":
            records.write_bytes(records.read_bytes()[:5000])
        case _:
            [names] = database.glob("dictionary.*")
            names.write_bytes(b"\xff" * names.stat().st_size)
    message = _refusal(folder)
    assert "did not start" in message
    assert str(folder / "log" / "server.log") in message
    if damage != "dictionary":
        assert "restore the data folder from a copy" in message


def test_other_peoples_folder_is_not_touched(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.tex").write_text("mine", "utf-8")
    engine = EmbeddedEngine(folder, start_message=lambda _: None)
    with pytest.raises(ConfigurationError, match="holds other files"):
        engine.address()
    assert [path.name for path in folder.iterdir()] == ["thesis.tex"]
    (folder / "thesis.tex").unlink()


def test_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "store"):
        engine = EmbeddedEngine(place, start_message=lambda _: None)
        with pytest.raises(ConfigurationError, match="file"):
            engine.address()


def test_folder_that_vanished_while_nobody_used_it_starts_empty(folder: Path) -> None:
    client = Client(folder)
    client.run("CREATE (:N {v: 1})")
    server = server_of(folder)
    client.close()
    stop(folder)
    assert gone(server) is not None
    shutil.rmtree(folder)
    assert client.run("MATCH (n:N) RETURN count(n)") == [[0]]
    client.close()
