"""The state file: where the server of a data folder says it is. An address, never a proof that it lives."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import cast

__all__ = ["FORMAT", "STATE_FILE", "State", "read", "read_format", "write"]

STATE_FILE = "server.json"
FORMAT = 1  # of the state file and of what is said on the lease port


@dataclass(frozen=True, slots=True)
class State:
    """What a server publishes.

    Attributes:
        lease: TCP port on loopback where users take their leases.
        bolt: TCP port on loopback that speaks Bolt.
        password: made anew at each start.
        pid: for people to read; nothing is decided by it, since it may be reused.
        host: the machine's name, for people to read.
        started: epoch milliseconds, for people to read.
        engine: name and version of the engine.
    """

    lease: int
    bolt: int
    password: str = field(repr=False)
    pid: int
    host: str
    started: int
    engine: str
    format: int = FORMAT


def _read_object(folder: Path) -> dict[str, object] | None:
    try:
        value: object = json.loads((folder / STATE_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def read(folder: Path) -> State | None:
    """What the state file says, or None if it is missing, torn, or of another format."""
    value = _read_object(folder)
    if value is None or value.get("format") != FORMAT:
        return None
    numbers = {name: value.get(name) for name in ("lease", "bolt", "pid", "started", "format")}
    texts = {name: value.get(name) for name in ("password", "host", "engine")}
    if not all(type(x) is int for x in numbers.values()) or not all(isinstance(x, str) for x in texts.values()):
        return None
    state = State(**{f.name: value[f.name] for f in fields(State)})  # type: ignore[arg-type] # checked above
    return state if 0 < state.lease < 65536 and 0 < state.bolt < 65536 else None


def read_format(folder: Path) -> int | None:
    """The format number that the state file gives itself, or None if it has none."""
    value = _read_object(folder)
    number = value.get("format") if value else None
    return number if isinstance(number, int) else None


def write(folder: Path, state: State) -> None:
    """Publish `state` in one step: a reader sees the old file, the new one, or none.

    Raises:
        OSError: the folder cannot be written.
    """
    draft = folder / f"{STATE_FILE}.{secrets.token_hex(4)}"
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(state), file)
        draft.replace(folder / STATE_FILE)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
