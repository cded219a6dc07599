"""Finding the server of a data folder, or starting it: exactly one, whoever else is doing the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from filelock import Timeout

from provgraph.engines.embedded import folder as folders
from provgraph.engines.embedded import state
from provgraph.engines.embedded.launch import Launch
from provgraph.engines.embedded.lease import Lease, call
from provgraph.engines.embedded.settings import Settings
from provgraph.errors import EngineError

__all__ = ["find_or_start", "somebody_serves"]

_LOOK_EVERY = 0.02  # seconds


def somebody_serves(folder: Path) -> bool:
    """Whether a process holds the folder's lock: one that serves, starts, stops, or hangs.

    Raises:
        OSError: the lock cannot be tried.
    """
    try:
        with folders.file_lock(folder / folders.SERVER_LOCK).acquire(blocking=False):
            return False
    except Timeout:
        return True


def find_or_start(folder: Path, settings: Settings, on_start: Callable[[Path], None]) -> Lease:
    """A lease on the server of `folder`; `on_start` is called when one must be started.

    Raises:
        ConfigurationError: the folder is no data folder.
        EngineError: no server can be started or reached within `settings.start_timeout` seconds.
    """
    if lease := call(folder, "lease", settings.linger):
        return lease
    folders.prepare(folder)
    deadline = time.monotonic() + settings.start_timeout
    try:
        # Whoever else finds no server waits here, and finds one when let in.
        with folders.file_lock(folder / folders.START_LOCK).acquire(timeout=settings.start_timeout):
            return _start(folder, settings, on_start, deadline)
    except Timeout:
        raise _unreachable(folder, settings, "another process is starting it and does not get ready") from None
    except OSError as error:
        raise folders.unusable(folder, error) from error


def _start(folder: Path, settings: Settings, on_start: Callable[[Path], None], deadline: float) -> Lease:
    launch: Launch | None = None
    lost: EngineError | None = None
    outcome = "it does not answer"
    while time.monotonic() < deadline:
        if launch is None and not somebody_serves(folder):
            (folder / state.STATE_FILE).unlink(missing_ok=True)
            on_start(folder)
            launch = Launch(folder, settings)
        elif launch is None:
            outcome = _silent(folder)
        elif (status := launch.exit_status()) is not None:
            if status not in (0, folders.LOCK_BUSY):  # 0: it stopped again before we came
                lost = launch.failure()
                if state.read(folder) is None:
                    raise lost
                # it had come up and was killed before we had our place: another start may live
            launch = None
            continue
        if lease := call(folder, "lease", settings.linger):
            return lease
        time.sleep(_LOOK_EVERY)
    if launch is not None:
        launch.kill()
    raise lost or _unreachable(folder, settings, outcome)


def _silent(folder: Path) -> str:
    if state.read_format(folder) not in (None, state.FORMAT):
        return (
            "another version of provgraph serves it: run that version's `provgraph stop`, or wait until its users leave"
        )
    known = state.read(folder)
    named = f"process {known.pid} on {known.host}" if known else "another process"
    return f"{named} holds it but does not answer (stuck, or in another container): end that process if it is stuck"


def _unreachable(folder: Path, settings: Settings, why: str) -> EngineError:
    return EngineError(f"the engine of {folder} cannot be reached after {settings.start_timeout:g} s: {why}")
