"""One server per data folder: how users come, share it, and leave."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provgraph.engines.embedded import EmbeddedEngine, Settings, inspect, stop
from tests.servers.embedded import Client, User, gone, server_of, starts_of


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "store"
    stop(tmp_path / "store")


def test_many_first_processes_at_one_instant_start_one_server(folder: Path) -> None:
    users = [User(folder, wait=False) for _ in range(8)]
    for user in users:
        user.ready()
    assert starts_of(folder) == 1
    assert inspect(folder).users == 8
    users[0].ask("CREATE (n:N {v: 7}) RETURN n.v")
    assert [user.ask("MATCH (n:N) RETURN n.v") for user in users] == [7] * 8
    for user in users:
        user.leave()


@pytest.mark.parametrize("leave", [User.leave, User.fail, User.kill], ids=["exit", "exception", "kill -9"])
def test_server_stops_a_while_after_its_last_user_however_that_left(
    folder: Path, leave: Callable[[User], None]
) -> None:
    user = User(folder, linger=1)
    server = server_of(folder)
    start = time.monotonic()
    leave(user)
    assert gone(server) is not None
    assert time.monotonic() - start >= 1  # its lease ended at the earliest when it was told to leave
    assert not (folder / "server.json").exists()
    assert inspect(folder).state == "stopped"


def test_server_outlives_the_process_and_the_terminal_that_started_it(folder: Path) -> None:
    starter = User(folder, new_session=True)
    other = User(folder)
    server = server_of(folder)
    os.killpg(starter.process.pid, signal.SIGINT)
    starter.process.communicate(timeout=30)
    assert other.ask("RETURN 2") == 2
    assert server.is_running()
    late = User(folder, new_session=True)
    os.killpg(late.process.pid, signal.SIGKILL)
    late.process.communicate(timeout=30)
    time.sleep(1.5)  # longer than the linger of those who left
    assert other.ask("RETURN 3") == 3
    assert server_of(folder) == server
    other.leave()
    assert gone(server) is not None


def test_threads_of_a_process_share_one_place(folder: Path) -> None:
    engine = EmbeddedEngine(folder, start_message=lambda _: None)
    with ThreadPoolExecutor(16) as pool:
        addresses = set(pool.map(lambda _: engine.address(), range(64)))
    assert len(addresses) == 1
    assert addresses.pop().generation == 1
    assert inspect(folder).users == 1
    engine.close()


def test_closed_engine_can_be_used_again_and_says_when_it_starts(folder: Path) -> None:
    said: list[str] = []
    client = Client(folder, said.append)
    client.run("CREATE (:N {v: 1})")
    generation = client.engine.address().generation
    client.close()
    assert stop(folder)
    assert client.run("MATCH (n:N) RETURN n.v") == [[1]]
    assert client.engine.address().generation > generation
    assert len(said) == 2
    assert all(str(folder) in line and "starting" in line and "\n" not in line for line in said)
    client.close()


def test_user_that_joins_is_told_nothing(folder: Path) -> None:
    user = User(folder)
    said: list[str] = []
    client = Client(folder, said.append)
    client.run("RETURN 1")
    client.close()
    assert said == []
    user.leave()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_child_is_a_user_of_its_own_and_keeps_nothing_alive_after_it_closed(folder: Path) -> None:
    engine = EmbeddedEngine(folder, settings=Settings(linger=0.5), start_message=lambda _: None)
    first = engine.address()
    server = server_of(folder)
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            before = engine.alive()
            second = engine.address()
            users = inspect(folder).users
            engine.close()
            os.write(
                told, repr((before, second.generation > first.generation, second.uri == first.uri, users)).encode()
            )
            time.sleep(60)
        finally:
            os._exit(0)
    try:
        assert os.read(ready, 100).decode() == "(False, True, True, 2)"
        assert engine.alive()
        assert engine.address() is first
        engine.close()
        lived = gone(server)  # the child still runs
        assert lived is not None
        assert lived < 5
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        os.close(told)


def test_users_that_meet_a_stopping_server_are_all_served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVGRAPH_LINGER", "0")

    def come_and_go(who: int) -> None:
        moment = random.Random(who)
        for turn in range(4):
            client = Client(folder)
            client.run("MERGE (:N {who: $who, turn: $turn})", who=who, turn=turn)
            client.close()
            time.sleep(moment.random() * 0.4)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(come_and_go, range(3)))
    client = Client(folder)
    assert client.run("MATCH (n:N) RETURN count(n)") == [[12]]
    client.close()


def test_frozen_user_is_still_a_user_and_frozen_server_goes_on(folder: Path) -> None:
    user = User(folder, linger=0.5)
    server = server_of(folder)
    user.process.send_signal(signal.SIGSTOP)
    time.sleep(2)
    assert server.is_running()
    server.suspend()
    time.sleep(0.5)
    server.resume()
    user.process.send_signal(signal.SIGCONT)
    assert user.ask("RETURN 5") == 5
    assert server_of(folder) == server
    user.leave()


def test_strangers_on_the_lease_port_count_for_nothing(folder: Path) -> None:
    user = User(folder, linger=0.5)
    server = server_of(folder)
    ports = {c.laddr.port for c in server.net_connections("inet") if c.status == "LISTEN"}
    strangers = [socket.create_connection(("127.0.0.1", port)) for port in ports for _ in range(100)]
    for stranger in strangers[::3]:
        stranger.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    start = time.monotonic()
    late = User(folder, linger=0.5)
    assert time.monotonic() - start < 5
    assert late.ask("RETURN 1") == 1
    late.leave()
    user.leave()
    assert gone(server) is not None
    for stranger in strangers:
        stranger.close()


def test_asking_for_the_address_again_costs_less_than_a_tenth_of_a_millisecond(folder: Path) -> None:
    engine = EmbeddedEngine(folder, start_message=lambda _: None)
    engine.address()
    best = min(_seconds(engine.address) for _ in range(200))
    engine.close()
    assert best < 1e-4


def test_end_of_the_server_is_seen_while_a_user_waits_for_it(folder: Path) -> None:
    engine = EmbeddedEngine(folder, start_message=lambda _: None)
    engine.address()
    assert engine.alive(0.1)
    threading.Timer(0.2, stop, [folder]).start()
    start = time.monotonic()
    assert not engine.alive(20)
    assert time.monotonic() - start < 10
    engine.close()


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
