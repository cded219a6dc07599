"""Which process records: said so that another process of the same machine can tell whether it still runs."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from provgraph.model import JsonValue

__all__ = ["alive", "this_process"]

_GENERIC_HOSTS = frozenset({"", "localhost", "localhost.localdomain"})


def this_process() -> dict[str, JsonValue]:
    """This process: a hash of the machine's name and id, its boot, the space of process numbers, pid and start."""
    pid = os.getpid()
    return {
        "machine": _machine(),
        "boot": _boot(),
        "space": _space(),
        "pid": pid,
        "started": _started(pid),
    }


def alive(process: Mapping[str, object]) -> bool | None:
    """Whether a process that `this_process` described still runs; None where that cannot be known from here.

    It can be known on the machine it ran on, in the same container; on Windows it cannot be known at all.
    """
    if not process or process.get("machine") != _machine():
        return None
    if process.get("boot") != _boot():
        # The same machine after a reboot; machines that have only a generic name may be others.
        return None if not process.get("boot") or not _boot() or socket.gethostname() in _GENERIC_HOSTS else False
    if process.get("space") != _space() or os.name != "posix":
        return None
    pid = process.get("pid")
    if not isinstance(pid, int) or pid <= 0:
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's: it runs
    started = process.get("started")
    now = _started(pid)
    if started is None:
        return True
    # The number may have been given to another process since then; one that is dead but not yet reaped has no start.
    return started == now


@lru_cache(maxsize=1)
def _machine() -> str:
    text = f"{socket.gethostname()}\n{_read('/etc/machine-id') or ''}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


@lru_cache(maxsize=1)
def _boot() -> str | None:
    return _read("/proc/sys/kernel/random/boot_id")


def _space() -> str | None:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return None


def _started(pid: int) -> int | None:
    """When the process started, in ticks since boot; None where the system does not say so, or for a dead one."""
    text = _read(f"/proc/{pid}/stat")
    if text is None:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else int(fields[19])


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None
