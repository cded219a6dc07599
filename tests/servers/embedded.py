"""Users of an embedded engine for the tests: processes of their own, and one that reconnects within this process.

Run as a program it is such a user: `python -m tests.servers.embedded FOLDER`. It says `ready`, then answers each line
on stdin, a JSON string with a statement, by a JSON list of rows; `raise` makes it fail.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import LiteralString, cast

import psutil
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from provgraph.engines.embedded import EmbeddedEngine, inspect

ROOT = Path(__file__).resolve().parents[2]


class Client:
    """A user that goes on with a new driver when the server went away: each statement must be idempotent."""

    def __init__(self, folder: Path | str, start_message: Callable[[str], None] = lambda _: None) -> None:
        self.engine = EmbeddedEngine(folder, start_message=start_message)
        self._driver: Driver | None = None
        self._generation = -1

    def run(self, statement: LiteralString, **parameters: object) -> list[list[object]]:
        try:
            return self._once(statement, parameters)
        except (DriverError, Neo4jError, OSError):
            if self.engine.alive(1.0):
                raise
            return self._once(statement, parameters)

    def _once(self, statement: LiteralString, parameters: dict[str, object]) -> list[list[object]]:
        address = self.engine.address()
        if self._driver is None or self._generation != address.generation:
            self._close_driver()
            assert address.user is not None
            assert address.password is not None
            self._driver = GraphDatabase.driver(
                address.uri,
                auth=(address.user, address.password),
                connection_timeout=5,
                max_transaction_retry_time=0,
            )
            self._generation = address.generation
        records = self._driver.execute_query(statement, parameters, database_=address.database).records
        return [list(record.values()) for record in records]

    def close(self) -> None:
        self._close_driver()
        self.engine.close()

    def _close_driver(self) -> None:
        if self._driver is not None:
            self._driver.close()
            self._driver = None


class User:
    """A process that uses the engine of `folder`."""

    def __init__(
        self,
        folder: Path | str,
        *,
        linger: float = 1,
        timeout: float = 30,
        wait: bool = True,
        environment: dict[str, str] | None = None,
        cwd: Path | None = None,
        new_session: bool = False,
        before: Callable[[], None] | None = None,
    ) -> None:
        paths = [str(ROOT), str(ROOT / "store"), os.environ.get("PYTHONPATH", "")]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.embedded", str(folder)],
            text=True,
            encoding="utf-8",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            start_new_session=new_session,
            preexec_fn=before,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, paths)),
                "PYTHONIOENCODING": "utf-8",
                "PROVGRAPH_LINGER": str(linger),
                "PROVGRAPH_START_TIMEOUT": str(timeout),
                **(environment or {}),
            },
        )
        if wait:
            self.ready()

    def ready(self) -> None:
        """Wait until it has its place."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line != "ready\n":
            raise AssertionError(self.last_line())

    def last_line(self) -> str:
        """Wait for its end; the last line of its stderr, which is the error's one line."""
        _, errors = self.process.communicate(timeout=60)
        return (errors.strip().splitlines() or [""])[-1]

    def ask(self, statement: str) -> object:
        """The one value of the one row that the statement answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(statement) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.last_line())
        return json.loads(line)[0][0]

    def leave(self) -> None:
        """End it in the ordinary way."""
        self.process.communicate(timeout=60)

    def fail(self) -> None:
        """Let it end by an exception of its own."""
        assert self.process.stdin is not None
        self.process.stdin.write("raise\n")
        self.process.communicate(timeout=60)

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.communicate(timeout=60)


def server_of(folder: Path | str) -> psutil.Process:
    """The process of the running server."""
    status = inspect(folder)
    assert status.state == "running", status
    assert status.pid is not None
    return psutil.Process(status.pid)


def gone(process: psutil.Process, within: float = 15.0) -> float | None:
    """Seconds until the process has ended; None if it has not."""
    start = time.monotonic()
    while time.monotonic() - start < within:
        try:
            # A killed process is a zombie as soon as its first thread is; its files stay locked until the last one is.
            dead = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
            if dead or not process.is_running():
                return time.monotonic() - start
        except psutil.NoSuchProcess:
            return time.monotonic() - start
        time.sleep(0.02)
    return None


def processes_in(folder: Path) -> list[psutil.Process]:
    """What works in the folder: servers, also those that do not answer yet."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def starts_of(folder: Path | str) -> int:
    """How many servers have started their engine in the folder, by its log."""
    return Path(folder, "log", "server.log").read_text("utf-8", "replace").count("is starting up")


def main() -> None:
    client = Client(sys.argv[1])
    try:
        client.engine.address()
        print("ready", flush=True)
        for line in sys.stdin:
            if line == "raise\n":
                raise RuntimeError("the user's own error")
            print(json.dumps(client.run(cast("LiteralString", json.loads(line)))), flush=True)
    finally:
        client.close()


if __name__ == "__main__":
    main()
