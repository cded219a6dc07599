"""The server's end of the leases: counts its users and says when it is time to stop.

One thread grants leases and decides to stop, so no lease is ever granted after that decision.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from provgraph.engines.embedded import handshake
from provgraph.engines.embedded.handshake import HandshakeError, Hello, Reply

__all__ = ["Watch"]

_FIRST_USER = 10.0  # seconds a new server waits for its first user, at least
_HELLO_WITHIN = 5.0  # seconds a newcomer has to say who it is
_CHECK_EVERY = 1.0  # seconds between two looks at folder and engine
_TICK = 0.5  # seconds within which a signal is noticed


@dataclass(frozen=True, slots=True)
class _Newcomer:
    greeting: str
    until: float


class _StopAsked(Exception):
    """A user who proved to know the password asked the server to stop."""


class Watch:
    """Serves the lease port until nobody needs the server any more.

    Args:
        listener: the lease port.
        password: what users must prove to know.
        lock: identity of the lock file that this server holds.
        linger: seconds to wait for the first user, if more than 10.
        healthy: whether the folder is still where it was and the engine runs.
        stop: set from outside to end the watch.
    """

    def __init__(
        self,
        listener: socket.socket,
        password: str,
        lock: str,
        linger: float,
        healthy: Callable[[], bool],
        stop: threading.Event,
    ) -> None:
        self._listener = listener
        self._password = password
        self._lock = lock
        self._healthy = healthy
        self._stop = stop
        self._leases: dict[socket.socket, float] = {}
        self._newcomers: dict[socket.socket, _Newcomer] = {}
        self._selector = selectors.DefaultSelector()
        self._deadline = time.monotonic() + max(linger, _FIRST_USER)
        self._had_users = False

    def run(self) -> str:
        """Returns the reason to stop, once every user has been told by the end of its lease."""
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        try:
            return self._serve()
        finally:
            # Now, not with the process: users are not to send more work to an engine that is closing its databases.
            for sock in (*self._leases, *self._newcomers):
                sock.close()
            self._selector.close()

    def _serve(self) -> str:
        checked = 0.0
        while not self._stop.is_set():
            if not self._leases and time.monotonic() >= self._deadline:
                return "nobody uses it any more"
            for key, _ in self._selector.select(_TICK):
                sock = cast("socket.socket", key.fileobj)
                try:
                    self._accept() if sock is self._listener else self._hear(sock)
                except _StopAsked:
                    return "a user asked for it"
            now = time.monotonic()
            for sock in [s for s, newcomer in self._newcomers.items() if newcomer.until < now]:
                self._drop(sock)
            if now - checked >= _CHECK_EVERY:
                checked = now
                if not self._healthy():
                    return "the data folder was moved or removed, or the engine stopped by itself"
        return "a signal"

    def _accept(self) -> None:
        with suppress(OSError):  # it went away again, or the process has no file descriptor left for it
            sock, _ = self._listener.accept()
            sock.setblocking(False)
            newcomer = _Newcomer(handshake.new_nonce(), time.monotonic() + _HELLO_WITHIN)
            self._newcomers[sock] = newcomer
            self._selector.register(sock, selectors.EVENT_READ)
            sock.send(newcomer.greeting.encode() + b"\n")

    def _hear(self, sock: socket.socket) -> None:
        newcomer = self._newcomers.pop(sock, None)
        try:
            line = sock.recv(handshake.MAX_LINE)
            if newcomer is None or not line:  # a user left: nothing else is ever to be read from one
                self._drop(sock)
                return
            said = handshake.read_hello(self._password, newcomer.greeting, line)
            if said.lock != self._lock or not self._healthy():
                self._drop(sock)  # the user of a copy of this folder, or the folder was moved under us
                return
            self._answer(sock, newcomer, said)
        except (OSError, HandshakeError):
            self._drop(sock)

    def _answer(self, sock: socket.socket, newcomer: _Newcomer, said: Hello) -> None:
        if said.purpose == "lease":
            self._leases[sock] = said.linger
            if not self._had_users:
                self._had_users = True
                self._deadline = 0.0  # the long wait was for this one
        sock.send(handshake.reply(self._password, newcomer.greeting, said.nonce, Reply(len(self._leases))))
        if said.purpose == "stop":
            raise _StopAsked

    def _drop(self, sock: socket.socket) -> None:
        self._newcomers.pop(sock, None)
        linger = self._leases.pop(sock, None)
        if linger is not None:
            self._deadline = max(self._deadline, time.monotonic() + linger)
        with suppress(KeyError):  # never registered: it went away while it was accepted
            self._selector.unregister(sock)
        sock.close()
