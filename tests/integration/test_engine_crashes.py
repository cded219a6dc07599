"""What is left after processes were killed: nothing lost, nothing orphaned, nobody locked out."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provgraph.engines.embedded import find, inspect, stop
from provgraph.engines.embedded.handshake import Purpose
from provgraph.engines.embedded.lease import Lease, call
from tests.servers.embedded import Client, User, gone, processes_in, server_of


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "store"
    stop(tmp_path / "store")


def test_no_acknowledged_write_is_lost_when_the_server_is_killed_while_writing(folder: Path) -> None:
    client = Client(folder)
    client.run("CREATE CONSTRAINT IF NOT EXISTS FOR (n:N) REQUIRE n.id IS UNIQUE")
    acknowledged: list[int] = []
    failures: list[Exception] = []
    enough = threading.Event()

    def write() -> None:
        number = 0
        try:
            while not enough.is_set():
                client.run("MERGE (:N {id: $id})", id=number)
                acknowledged.append(number)
                number += 1
        except Exception as error:  # noqa: BLE001 - asserted below
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    moment = random.Random(1)
    killed = set[int]()
    for _ in range(2):
        time.sleep(moment.uniform(0.5, 1.2))
        server = server_of(folder)
        killed.add(server.pid)
        server.kill()
        assert gone(server) is not None
        seen = len(acknowledged)  # from here on, only another server can acknowledge
        deadline = time.monotonic() + 30
        while len(acknowledged) <= seen + 1 and not failures and time.monotonic() < deadline:
            time.sleep(0.05)
    enough.set()
    writer.join(60)
    assert failures == []
    assert len(killed) == 2
    assert len(acknowledged) > 4
    [[there]] = client.run("MATCH (n:N) RETURN collect(n.id)")
    assert isinstance(there, list)
    assert set(acknowledged) <= set(there)
    assert len(there) == len(set(there))
    client.close()


@pytest.mark.parametrize("server_first", [True, False])
def test_data_is_there_after_server_and_only_user_were_killed(folder: Path, server_first: bool) -> None:
    user = User(folder)
    server = server_of(folder)
    user.ask("CREATE (n:N {v: 7}) RETURN n.v")
    kills: list[Callable[[], None]] = [server.kill, user.kill]
    for kill in kills if server_first else reversed(kills):
        kill()
    assert gone(server) is not None
    assert inspect(folder).state == "stopped"
    client = Client(folder)
    assert client.run("MATCH (n:N) RETURN n.v") == [[7]]
    client.close()


def test_user_goes_on_after_the_server_was_told_to_end(folder: Path) -> None:
    client = Client(folder)
    client.run("CREATE (:N {v: 1})")
    server = server_of(folder)
    server.terminate()
    lived = gone(server)
    assert lived is not None
    assert lived < 5
    assert not client.engine.alive()
    start = time.monotonic()
    assert client.run("MATCH (n:N) RETURN n.v") == [[1]]
    assert time.monotonic() - start < 10
    client.close()


def test_server_that_is_killed_before_its_first_user_has_a_place_is_started_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []

    def killing(folder: Path, purpose: Purpose, linger: float = 0.0) -> Lease | None:
        if not killed and (folder / "server.json").exists():
            server = server_of(folder)
            killed.append(server.pid)
            server.kill()
            assert gone(server) is not None
        return call(folder, purpose, linger)

    monkeypatch.setattr(find, "call", killing)
    client = Client(folder)
    assert client.run("RETURN 1") == [[1]]
    assert server_of(folder).pid not in killed
    assert len(killed) == 1
    client.close()


def test_state_file_of_the_dead_is_recognised(folder: Path) -> None:
    user = User(folder, linger=0)
    user.ask("CREATE (n:N {v: 1}) RETURN n.v")
    server = server_of(folder)
    good = (folder / "server.json").read_text("utf-8")
    user.leave()
    assert gone(server) is not None
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as chatty:
        threading.Thread(target=_chat, args=(chatty,), daemon=True).start()
        for text in (
            json.dumps(
                {**json.loads(good), "pid": os.getpid(), "started": 4_000_000_000_000}
            ),  # the pid is another's now
            json.dumps({**json.loads(good), "lease": silent.getsockname()[1]}),
            json.dumps({**json.loads(good), "lease": chatty.getsockname()[1]}),
        ):
            (folder / "server.json").write_text(text, "utf-8")
            client = Client(folder)
            assert client.run("MATCH (n:N) RETURN n.v") == [[1]]
            client.close()
            assert stop(folder)


def test_start_that_is_killed_at_any_moment_leaves_the_folder_usable(folder: Path) -> None:
    folder.mkdir()
    for moment in range(4):
        user = User(folder, linger=0, wait=False)
        time.sleep(0.3 + 0.4 * moment)
        if moment % 2:
            for process in processes_in(folder):
                process.kill()
        user.kill()
    client = Client(folder)
    assert client.run("RETURN 1") == [[1]]
    client.close()
    assert stop(folder)
    deadline = time.monotonic() + 15
    while processes_in(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_in(folder) == []


def test_server_whose_starter_was_killed_before_it_came_ends_by_itself(folder: Path) -> None:
    user = User(folder, linger=0, wait=False)
    deadline = time.monotonic() + 30
    while not processes_in(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    user.process.send_signal(signal.SIGKILL)
    user.process.communicate(timeout=30)
    [server] = processes_in(folder)
    lived = gone(server, within=30)  # it waits 10 s for a first user
    assert lived is not None
    assert not (folder / "server.json").exists()


def _chat(listener: socket.socket) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        with caller:
            caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
