"""What a user and the server say to each other before either trusts the other.

The server greets with a nonce; the user answers with a hello; the server replies. Both prove that they know the
password, which does not travel, over both nonces. The user also names the lock file that it sees, so the server of a
folder that was copied or moved turns it away.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from typing import Literal, cast

__all__ = [
    "MAX_LINE",
    "HandshakeError",
    "Hello",
    "Purpose",
    "Reply",
    "hello",
    "new_nonce",
    "read_hello",
    "read_reply",
    "reply",
]

MAX_LINE = 2000  # bytes of any line of the handshake

Purpose = Literal["lease", "ask", "stop"]
_PURPOSES: frozenset[str] = frozenset({"lease", "ask", "stop"})


class HandshakeError(Exception):
    """The other end is not who it should be, or speaks something else. Never leaves this package."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a user wants: to hold a lease, to ask how things are, or to stop the server.

    Attributes:
        nonce: the user's own.
        lock: the identity of the lock file that the user sees.
        linger: seconds the server is to stay after this user has left.
    """

    purpose: Purpose
    nonce: str
    lock: str
    linger: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers.

    Attributes:
        users: how many leases it holds, this one included.
    """

    users: int


def new_nonce() -> str:
    """128 random bits as text."""
    return secrets.token_hex(16)


def _proof(password: str, *parts: str) -> str:
    return hmac.new(password.encode(), json.dumps(parts).encode(), hashlib.sha256).hexdigest()


def _hello_proof(password: str, greeting: str, said: Hello) -> str:
    return _proof(password, "user", greeting, said.purpose, said.nonce, said.lock, repr(said.linger))


def _reply_proof(password: str, greeting: str, nonce: str, said: Reply) -> str:
    return _proof(password, "server", greeting, nonce, str(said.users))


def hello(password: str, greeting: str, said: Hello) -> bytes:
    """The user's line."""
    return _line({**asdict(said), "proof": _hello_proof(password, greeting, said)})


def read_hello(password: str, greeting: str, line: bytes) -> Hello:
    """The user's line as the server reads it.

    Raises:
        HandshakeError: it is not a user's line, or its sender does not know the password.
    """
    value = _object(line)
    purpose, linger = value.get("purpose"), value.get("linger")
    if purpose not in _PURPOSES or not isinstance(linger, (int, float)) or not 0 <= linger < float("inf"):
        raise HandshakeError("not a hello")
    said = Hello(cast("Purpose", purpose), str(value.get("nonce")), str(value.get("lock")), float(linger))
    _check(_hello_proof(password, greeting, said), value.get("proof"))
    return said


def reply(password: str, greeting: str, nonce: str, said: Reply) -> bytes:
    """The server's line."""
    return _line({**asdict(said), "proof": _reply_proof(password, greeting, nonce, said)})


def read_reply(password: str, greeting: str, nonce: str, line: bytes) -> Reply:
    """The server's line as the user reads it.

    Raises:
        HandshakeError: it is not a server's line, or its sender does not know the password.
    """
    value = _object(line)
    users = value.get("users")
    if type(users) is not int:
        raise HandshakeError("not a reply")
    said = Reply(users)
    _check(_reply_proof(password, greeting, nonce, said), value.get("proof"))
    return said


def _line(value: dict[str, object]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _object(line: bytes) -> dict[str, object]:
    try:
        value: object = json.loads(line)
    except ValueError as error:
        raise HandshakeError("not a line of ours") from error
    if not isinstance(value, dict):
        raise HandshakeError("not a line of ours")
    return cast("dict[str, object]", value)


def _check(expected: str, got: object) -> None:
    if not isinstance(got, str) or not hmac.compare_digest(expected.encode(), got.encode()):
        raise HandshakeError("the proof is wrong")
