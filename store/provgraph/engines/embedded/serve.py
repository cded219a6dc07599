"""The server's life: take the lock, start the engine, publish the address, watch the users, stop."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from filelock import Timeout

from provgraph.engines.embedded import integrity, java, state
from provgraph.engines.embedded.folder import DATABASES, LOCK_BUSY, SERVER_LOCK, file_lock, identity
from provgraph.engines.embedded.lease import HOST
from provgraph.engines.embedded.settings import Settings
from provgraph.engines.embedded.state import State
from provgraph.engines.embedded.watch import Watch

__all__ = ["serve"]

_STOP_WITHIN = 30.0  # seconds, then the process ends itself; the write-ahead log covers what was open
_KEEP_EVENT_LOGS = 5


def serve(settings: Settings) -> int:
    """Serve the current directory until nobody needs it; returns the exit status."""
    os.umask(0o077)
    folder = Path.cwd()
    lock = file_lock(folder / SERVER_LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return LOCK_BUSY
    held = identity(folder / SERVER_LOCK)
    stop = _stop_on_signals()
    _clear_remains(folder)
    integrity.check(folder / DATABASES / java.DATABASE)
    password = secrets.token_urlsafe(32)
    engine = java.start(folder, HOST, password, settings.statement_timeout, settings.jvm)
    with socket.create_server((HOST, 0), backlog=256) as listener:
        published = State(
            lease=int(listener.getsockname()[1]),
            bolt=engine.bolt_port,
            password=password,
            pid=os.getpid(),
            host=socket.gethostname(),
            started=int(time.time() * 1000),
            engine=java.engine_name(),
        )
        state.write(folder, published)

        def healthy() -> bool:
            try:
                if identity(folder / SERVER_LOCK) != held:
                    return False
            except OSError:
                return False
            if not (folder / state.STATE_FILE).exists():
                with suppress(OSError):  # no room just now: the next look tries again
                    state.write(folder, published)
            return engine.running()

        reason = Watch(listener, password, held, settings.linger, healthy, stop).run()
    # The lease port is closed: newcomers wait for the lock, which goes with the process.
    sys.stdout.write(f"stopping: {reason}\n")
    last_resort = threading.Timer(_STOP_WITHIN, os._exit, [3])
    last_resort.daemon = True
    last_resort.start()
    (folder / state.STATE_FILE).unlink(missing_ok=True)
    engine.stop()
    return 0


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - what a handler is given
        stop.set()

    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        # This session has no terminal: whoever sends one of them means this process.
        if number := getattr(signal, name, None):
            signal.signal(number, handle)
    return stop


def _clear_remains(folder: Path) -> None:
    # Ours by the lock: what lies there is from the dead.
    for draft in folder.glob(f"{state.STATE_FILE}*"):
        draft.unlink(missing_ok=True)
    # The engine keeps the old password's hash there, and would not take the new one.
    (folder / "config" / "server-users.jsonl").unlink(missing_ok=True)
    for old in sorted((folder / "log").glob("server-event-log-*"))[:-_KEEP_EVENT_LOGS]:
        old.unlink(missing_ok=True)
