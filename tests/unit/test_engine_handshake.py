"""What user and server say to each other: nobody is believed without the password, nothing said can be altered."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.engines.embedded import handshake
from provgraph.engines.embedded.handshake import HandshakeError, Hello, Purpose, Reply

PURPOSES: list[Purpose] = ["lease", "ask", "stop"]
hellos = st.builds(
    Hello,
    purpose=st.sampled_from(PURPOSES),
    nonce=st.text(min_size=1),
    lock=st.text(),
    linger=st.floats(0, 1e9, allow_nan=False),
)


@given(said=hellos, password=st.text(min_size=1), greeting=st.text())
def test_hello_arrives_as_it_was_said_without_the_password_in_it(said: Hello, password: str, greeting: str) -> None:
    line = handshake.hello("password-" + password, greeting, said)
    assert handshake.read_hello("password-" + password, greeting, line) == said
    assert b"password-" not in line
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


@given(said=hellos, change=st.sampled_from(["purpose", "nonce", "lock", "linger", "proof"]), other=st.text(min_size=1))
def test_altered_hello_is_refused(said: Hello, change: str, other: str) -> None:
    value = json.loads(handshake.hello("secret", "greeting", said))
    value[change] = {"purpose": "stop" if said.purpose != "stop" else "ask", "linger": said.linger + 1e9 + 1}.get(
        change, f"{value[change]}{other}"
    )
    with pytest.raises(HandshakeError):
        handshake.read_hello("secret", "greeting", json.dumps(value).encode())


@given(said=hellos, users=st.integers(0, 1000))
def test_other_password_and_repeated_lines_of_another_conversation_are_refused(said: Hello, users: int) -> None:
    line = handshake.hello("secret", "greeting", said)
    for password, greeting in (("other", "greeting"), ("secret", "another greeting")):
        with pytest.raises(HandshakeError):
            handshake.read_hello(password, greeting, line)
    answer = handshake.reply("secret", "greeting", said.nonce, Reply(users))
    assert handshake.read_reply("secret", "greeting", said.nonce, answer) == Reply(users)
    for password, greeting, nonce in (
        ("o", "greeting", said.nonce),
        ("secret", "g", said.nonce),
        ("secret", "greeting", "n!"),
    ):
        with pytest.raises(HandshakeError):
            handshake.read_reply(password, greeting, nonce, answer)


@given(
    line=st.binary()
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_rubbish_is_refused(line: bytes) -> None:
    with pytest.raises(HandshakeError):
        handshake.read_hello("secret", "greeting", line)
    with pytest.raises(HandshakeError):
        handshake.read_reply("secret", "greeting", "nonce", line)


@pytest.mark.parametrize("linger", [float("inf"), float("nan"), -1.0])
def test_impossible_linger_is_refused_even_from_one_who_knows_the_password(linger: float) -> None:
    line = handshake.hello("secret", "greeting", Hello("lease", "nonce", "lock", linger))
    with pytest.raises(HandshakeError, match="not a hello"):
        handshake.read_hello("secret", "greeting", line)
