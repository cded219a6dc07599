"""`EmbeddedEngine`: a data folder as an engine, for as many threads and processes as come."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

from provgraph.engines.address import Address
from provgraph.engines.embedded.find import find_or_start
from provgraph.engines.embedded.java import DATABASE
from provgraph.engines.embedded.lease import HOST, Lease
from provgraph.engines.embedded.settings import Settings

__all__ = ["EmbeddedEngine"]

_USER = "root"


_users: weakref.WeakSet[EmbeddedEngine] = weakref.WeakSet()


def _say(message: str) -> None:
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


class EmbeddedEngine:
    """The server of one data folder: found, or started, when `address` is first asked.

    Safe to use from threads. A forked child is no user until it asks for the address itself, and gets another
    generation then; it never disturbs its parent.

    Args:
        folder: the data folder; made when needed.
        settings: read from the environment by default.
        start_message: told one line when a server must be started, which takes a moment; by default it goes to stderr.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        settings: Settings | None = None,
        start_message: Callable[[str], None] | None = None,
    ) -> None:
        self._folder = Path(folder).absolute()
        self._settings = Settings.from_environment() if settings is None else settings
        self._start_message = _say if start_message is None else start_message
        self._mutex = threading.Lock()
        self._lease: Lease | None = None
        self._address: Address | None = None
        self._generation = 0
        _users.add(self)

    @property
    def folder(self) -> Path:
        """The data folder, as an absolute path."""
        return self._folder

    @property
    def url(self) -> str:
        """``embedded:`` and the data folder's absolute path."""
        return f"embedded:{self._folder}"

    @property
    def embedded(self) -> bool:
        """True."""
        return True

    def address(self) -> Address:
        """Where the server is now; finds or starts one if there is none, or if the last one went away.

        Raises:
            ConfigurationError: the folder is no data folder.
            EngineError: the server cannot be started or reached.
        """
        with self._mutex:
            if self._address is None or self._lease is None or not self._lease.alive():
                self._leave()
                lease = find_or_start(self._folder, self._settings, self._announce)
                self._generation += 1
                self._lease = lease
                self._address = Address(
                    uri=f"bolt://{HOST}:{lease.state.bolt}",
                    user=_USER,
                    password=lease.state.password,
                    database=DATABASE,
                    generation=self._generation,
                )
            return self._address

    def alive(self, wait: float = 0.0) -> bool:
        """Whether the server of the last `address()` still runs; watches for its end for up to `wait` seconds."""
        lease = self._lease
        return lease is not None and lease.alive(wait)

    def close(self) -> None:
        """Leave the server; it stops when its last user has left and the linger time is over. May be used again."""
        with self._mutex:
            self._leave()

    def _leave(self) -> None:
        lease, self._lease, self._address = self._lease, None, None
        if lease is not None:
            lease.close()

    def _announce(self, folder: Path) -> None:
        self._start_message(f"starting the embedded engine in {folder} (about 2 s)")

    def forget_parent(self) -> None:
        """Called in a child right after a fork: what its parent holds must not live on because of it."""
        self._mutex = threading.Lock()  # a thread that does not exist here may hold the old one
        self._leave()


def _after_fork_in_child() -> None:
    for engine in list(_users):
        engine.forget_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
