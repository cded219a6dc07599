"""A load in a process of its own, killed in its midst."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.servers.target import Target

__all__ = ["killed_load"]

_PROGRAM = """
import sys, provgraph
from provgraph.loading import LoadOptions, loader_named, run_loader
with provgraph.connect(sys.argv[1], user=sys.argv[3] or None, password=sys.argv[4] or None) as graph:
    progress = lambda done, total, words: print(words, flush=True)
    options = LoadOptions(source_name=sys.argv[6] or None, batch_size=10)
    run_loader(graph._core, loader_named(sys.argv[5]), sys.argv[2], options=options, progress=progress)
"""


def killed_load(target: Target, loader: str, source: Path, *, at: str, name: str = "") -> None:
    """Begin to load `source`, and kill the process as soon as it says that it has come to `at`."""
    login = (target.user or "", target.password or "")
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, target.url, str(source), *login, loader, name],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert program.stdout is not None
    for line in program.stdout:
        if line.strip() == at:
            break
    program.send_signal(signal.SIGKILL)
    program.stdout.close()
    program.wait()
