"""What `provgraph status` shows of an embedded engine, and what `provgraph stop` does to it. Neither starts one."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Literal

from provgraph.engines.embedded import folder as folders
from provgraph.engines.embedded import java, state
from provgraph.engines.embedded.find import somebody_serves
from provgraph.engines.embedded.lease import call
from provgraph.errors import EngineError

__all__ = ["EngineStatus", "inspect", "stop"]


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """An embedded engine, seen from outside.

    Attributes:
        folder: the data folder, absolute.
        state: ``running``; ``stopped`` (the next use starts it); ``absent`` (no data folder there yet); ``silent`` (a
            process holds the folder but does not answer: it is starting, stopping, hung, or in another container).
        engine: name and version: of the running server, else of the installed one; None if none is installed.
        size_bytes: space that the folder takes on disk.
        pid: of the running server.
        started: when it started, in epoch milliseconds.
        users: how many connections of users it has.
        bolt: its address, for people who look inside with another program; the password stands in `server.json`.
    """

    folder: Path
    state: Literal["running", "stopped", "absent", "silent"]
    engine: str | None
    size_bytes: int
    pid: int | None = None
    started: int | None = None
    users: int | None = None
    bolt: str | None = None


def inspect(folder: str | os.PathLike[str]) -> EngineStatus:
    """Look at the engine of `folder`, without starting or disturbing it.

    Raises:
        EngineError: the folder cannot be read.
    """
    path = Path(folder).absolute()
    try:
        if not (path / folders.SERVER_LOCK).exists():
            there = (path / folders.DATABASES).exists()
            return EngineStatus(path, "stopped" if there else "absent", _installed(), _size(path))
    except OSError as error:
        raise folders.unusable(path, error) from error
    if answer := call(path, "ask"):
        answer.close()
        seen = answer.state
        return EngineStatus(
            path,
            "running",
            seen.engine,
            _size(path),
            seen.pid,
            seen.started,
            answer.reply.users,
            f"bolt://127.0.0.1:{seen.bolt}",
        )
    try:
        silent = somebody_serves(path)
    except OSError as error:
        raise folders.unusable(path, error) from error
    return EngineStatus(path, "silent" if silent else "stopped", _installed(), _size(path))


def stop(folder: str | os.PathLike[str], timeout: float = 35.0) -> bool:
    """End the engine of `folder`, whoever uses it, and wait until it has; their next use starts another one.

    Returns whether there was one to end.

    Raises:
        EngineError: it does not answer, or has not ended within `timeout` seconds; or the folder cannot be used.
    """
    path = Path(folder).absolute()
    deadline = time.monotonic() + timeout
    asked = False
    try:
        while (path / folders.SERVER_LOCK).exists() and somebody_serves(path):
            if time.monotonic() > deadline:
                known = state.read(path)
                named = f"process {known.pid} on {known.host}" if known else "the process that holds server.lock"
                raise EngineError(f"the engine of {path} has not ended within {timeout:g} s: end {named}")
            if not asked and (answer := call(path, "stop")):
                asked = True
                answer.close()
            time.sleep(0.02)
    except OSError as error:
        raise folders.unusable(path, error) from error
    return asked


def _installed() -> str | None:
    try:
        return java.engine_name()
    except PackageNotFoundError:
        return None


def _size(path: Path) -> int:
    total = 0
    for root, _, names in os.walk(path):
        for name in names:
            try:
                stat = Path(root, name).lstat()
            except OSError:  # a file of the running engine, gone since it was listed
                continue
            # Sparse files take less than their length; Windows does not tell the blocks.
            total += stat.st_blocks * 512 if hasattr(stat, "st_blocks") else stat.st_size
    return total
