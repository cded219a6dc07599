"""The data folder: wherever it lies, whatever it is called, and when it is copied, moved or deleted."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import provgraph.engines.embedded
from provgraph.engines.embedded import Settings, inspect, stop
from tests.servers.embedded import Client, User, gone, server_of, starts_of


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "store"
    for place in tmp_path.iterdir():
        stop(place)


def _count(client: Client) -> object:
    return client.run("MATCH (n:N) RETURN count(n)")[0][0]


def test_copy_made_while_the_server_runs_has_its_own_server_and_password(folder: Path) -> None:
    original = Client(folder)
    original.run("CREATE (:N {v: 1})")
    copied = folder.with_name("copy")
    shutil.copytree(folder, copied)
    copy = Client(copied)
    copy.run("CREATE (:N {v: 2})")
    assert _count(original) == 1
    assert server_of(folder) != server_of(copied)
    assert original.engine.address().password != copy.engine.address().password
    copy.close()
    original.close()


def test_folder_moved_while_the_server_runs_is_served_at_its_new_place(folder: Path) -> None:
    before = Client(folder)
    before.run("CREATE (:N {v: 1})")
    server = server_of(folder)
    moved = folder.rename(folder.with_name("moved"))
    after = Client(moved)
    assert _count(after) == 1
    assert gone(server) is not None
    assert server_of(moved) != server
    assert not folder.exists()
    after.close()
    before.close()


def test_folder_deleted_while_the_server_runs_stays_deleted(folder: Path) -> None:
    client = Client(folder)
    client.run("CREATE (:N {v: 1})")
    server = server_of(folder)
    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:  # the server may write or take away a file meanwhile
        shutil.rmtree(folder, ignore_errors=True)
    assert gone(server) is not None
    assert not folder.exists()
    assert _count(client) == 0
    client.close()


def test_server_is_the_same_through_a_symbolic_link(folder: Path) -> None:
    link = folder.with_name("link")
    link.symlink_to(folder, target_is_directory=True)
    first, second = Client(folder), Client(link)
    first.run("CREATE (:N {v: 1})")
    assert _count(second) == 1
    assert server_of(folder) == server_of(link)
    second.close()
    first.close()
    stop(folder)
    link.unlink()


def test_second_server_on_a_folder_is_refused_by_the_lock(folder: Path) -> None:
    user = User(folder)
    program = Path(provgraph.engines.embedded.__file__).with_name("program.py")
    modules = str(program.parents[3])
    second = subprocess.run([sys.executable, "-P", program, Settings().to_argument(), modules], cwd=folder, timeout=30)
    assert second.returncode == 75
    assert user.ask("RETURN 1") == 1
    user.leave()


def test_deleted_state_file_of_a_living_server_is_written_again(folder: Path) -> None:
    first = Client(folder)
    first.run("RETURN 1")
    (folder / "server.json").unlink()
    second = Client(folder)
    assert second.run("RETURN 1") == [[1]]
    assert starts_of(folder) == 1
    second.close()
    first.close()


@pytest.mark.parametrize(
    "name", ['a b\' "c" $HOME %s;& ähm 数据 🙂', "/".join(["x" * 200] * 15)], ids=["signs", "long"]
)
def test_folder_may_have_any_name(folder: Path, name: str) -> None:
    place = folder.with_name(name.split("/")[0]).joinpath(*name.split("/")[1:])
    environment = {"LC_ALL": "C", "LANG": "C"}
    writer = User(place, linger=0, environment=environment)
    writer.ask("CREATE (n:N {v: 1}) RETURN n.v")
    assert (place / "databases" / "provgraph" / "schema.json").exists()
    writer.leave()
    stop(place)
    reader = User(place, linger=0, environment=environment)
    assert reader.ask("MATCH (n:N) RETURN count(n)") == 1
    reader.leave()
    stop(place)


def test_new_folder_keeps_itself_out_of_git_and_away_from_others(folder: Path) -> None:
    client = Client(folder)
    client.run("CREATE (:N {v: 1})")
    assert "*" in (folder / ".gitignore").read_text("utf-8").splitlines()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".gitignore"]
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in files} == {"0o600"}
    client.close()


def test_password_stands_in_the_state_file_and_nowhere_else(folder: Path) -> None:
    client = Client(folder)
    client.run("CREATE (:N {v: 1})")
    password = client.engine.address().password
    assert password is not None
    assert password not in repr(client.engine.address())
    assert len(password) >= 32
    assert [
        str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and password.encode() in p.read_bytes()
    ] == ["server.json"]
    for process in psutil.process_iter():
        try:
            seen = " ".join(process.cmdline()) + " ".join(process.environ().values())
        except psutil.Error:
            continue
        assert password not in seen
    first = server_of(folder)
    client.close()
    stop(folder)
    assert gone(first) is not None
    assert client.engine.address().password != password
    client.close()


def test_server_listens_on_loopback_only_and_holds_no_terminal(folder: Path) -> None:
    user = User(folder)
    server = server_of(folder)
    listening = {c.laddr.ip for c in server.net_connections("inet") if c.status == "LISTEN"}
    assert listening
    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}
    assert os.getsid(server.pid) == server.pid
    if sys.platform.startswith("linux"):
        standard = [str(Path(f"/proc/{server.pid}/fd/{number}").readlink()) for number in range(3)]
        assert standard == [os.devnull, str(folder / "log" / "server.log"), str(folder / "log" / "server.log")]
    user.leave()


def test_status_tells_what_runs_and_never_starts_anything(folder: Path) -> None:
    absent = inspect(folder)
    assert (absent.state, absent.size_bytes, absent.pid) == ("absent", 0, None)
    assert not folder.exists()
    user = User(folder)
    running = inspect(folder)
    published = json.loads((folder / "server.json").read_text("utf-8"))
    assert running.state == "running"
    assert running.folder == folder
    assert running.users == 1
    assert (running.pid, running.started) == (published["pid"], published["started"])
    assert running.engine is not None
    assert running.engine.startswith("ArcadeDB 2")
    assert running.bolt == f"bolt://127.0.0.1:{published['bolt']}"
    assert running.size_bytes > 10_000
    user.leave()
    assert stop(folder)
    stopped = inspect(folder)
    assert (stopped.state, stopped.pid, stopped.users) == ("stopped", None, None)
    assert stopped.engine == running.engine
    assert not stop(folder)
