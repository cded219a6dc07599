"""A subject in a process of its own, with a limit of memory and of time."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.slices.tables import Predicate
from benchmarks.worker import ROOT

__all__ = ["BUILD", "PEERS", "Answer", "Missing", "peer_python", "run"]

BUILD = ROOT / "build" / "bench"
PEERS = {"divexplorer": "divexplorer==0.2.6", "sliceline": "sliceline==0.3.0"}


class Missing(Exception):
    """A peer cannot be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a subject did with one table.

    Attributes:
        seconds: every measured call, by the clock.
        processor: the same, of the processors: what a busy machine does not change.
        first: the first one, where it also had to import.
        memory: the most that the process held, in bytes.
        slices: what it found.
        failed: why there is no answer.
    """

    seconds: tuple[float, ...] = ()
    processor: tuple[float, ...] = ()
    first: float | None = None
    memory: int | None = None
    slices: frozenset[Predicate] = frozenset()
    failed: str = ""


def peer_python(name: str) -> Path:
    """The interpreter of a peer's environment, which is made where there is none.

    Raises:
        Missing: it cannot be installed.
    """
    package, _, version = PEERS[name].partition("==")
    home = BUILD / f"{name}-venv"
    python = home / "bin" / "python"
    check = f"import sys; from importlib.metadata import version; sys.exit(version({package!r}) != {version!r})"
    if python.exists() and subprocess.run([str(python), "-c", check], capture_output=True).returncode == 0:
        return python
    print(f"Installing {PEERS[name]} in an environment of its own ...", file=sys.stderr)
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", PEERS[name]]
    made = subprocess.run(pip, capture_output=True, text=True)
    if made.returncode != 0:
        raise Missing(f"{PEERS[name]} cannot be installed: {made.stderr.strip().splitlines()[-1]}")
    return python


def run(python: Path | str, module: str, arguments: list[str], *, memory: int, seconds: float) -> Answer:
    """Run a subject; one that takes more than it is given has failed."""
    paths = [str(ROOT), str(ROOT / "store")]
    try:
        done = subprocess.run(
            [str(python), "-m", module, *arguments],
            capture_output=True,
            text=True,
            timeout=seconds,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
        )
    except subprocess.TimeoutExpired:
        return Answer(failed=f"more than {seconds:.0f} s")
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"ended with code {done.returncode}"]
        short = "MemoryError" in done.stderr or "allocate" in done.stderr or done.returncode < 0
        return Answer(failed=f"more than {memory / 1e9:.0f} GB" if short else lines[-1][:80])
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    slices = frozenset(frozenset((column, value) for column, value in each) for each in told["slices"])
    return Answer(tuple(told["seconds"]), tuple(told["processor"]), told.get("first"), told["memory"], slices)
