"""The user's end: an open loopback connection to the server, which the operating system closes however we end.

Nothing is sent on it once it is granted: no thread, no heartbeat, no clock.
"""

from __future__ import annotations

import selectors
import socket
from pathlib import Path

from provgraph.engines.embedded import handshake, state
from provgraph.engines.embedded.folder import SERVER_LOCK, identity
from provgraph.engines.embedded.handshake import HandshakeError, Hello, Purpose, Reply
from provgraph.engines.embedded.state import State

__all__ = ["HOST", "Lease", "call"]

HOST = "127.0.0.1"
_ANSWER_WITHIN = 1.0  # seconds for each step of the handshake


class Lease:
    """A place among the server's users, until `close`."""

    def __init__(self, sock: socket.socket, state: State, reply: Reply) -> None:
        sock.setblocking(False)
        self._socket = sock
        self.state = state
        self.reply = reply

    def alive(self, wait: float = 0.0) -> bool:
        """Whether the server is still there; with `wait`, seconds to watch for its end."""
        try:
            if wait > 0:
                with selectors.DefaultSelector() as selector:
                    selector.register(self._socket, selectors.EVENT_READ)
                    if not selector.select(wait):
                        return True
            # The server never sends anything on a granted lease: readable means that it went away.
            self._socket.recv(1)
        except BlockingIOError:
            return True
        except (OSError, ValueError):  # reset by the dead, or closed by us meanwhile
            return False
        return False

    def close(self) -> None:
        """Leave."""
        # Never shutdown(): that would end the connection for a parent from which this process was forked, too.
        self._socket.close()


def call(folder: Path, purpose: Purpose, linger: float = 0.0) -> Lease | None:
    """The connection to the server of `folder`, or None if nobody proves to be it: stale, torn, another folder's."""
    published = state.read(folder)
    if published is None:
        return None
    try:
        lock = identity(folder / SERVER_LOCK)
        sock = socket.create_connection((HOST, published.lease), timeout=_ANSWER_WITHIN)
    except OSError:
        return None
    try:
        with sock.makefile("rb") as lines:
            greeting = lines.readline(handshake.MAX_LINE).decode("ascii").strip()
            said = Hello(purpose, handshake.new_nonce(), lock, float(linger))
            sock.sendall(handshake.hello(published.password, greeting, said))
            reply = handshake.read_reply(published.password, greeting, said.nonce, lines.readline(handshake.MAX_LINE))
    except (OSError, UnicodeError, HandshakeError):
        sock.close()
        return None
    return Lease(sock, published, reply)
