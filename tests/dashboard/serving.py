"""The dashboard in a process of its own, for tests in the browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.dashboard.conftest import ROOT

__all__ = ["serving"]


@contextmanager
def serving(url: str, port: int) -> Generator[str]:
    """The address of a dashboard on the store at `url`."""
    paths = [str(ROOT / part) for part in ("store", "loaders", "dashboard")]
    process = subprocess.Popen(
        [sys.executable, "-m", "provgraph_dashboard", "--port", str(port), "--no-browser", "--url", url],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.match(r"Dashboard: (http://127\.0\.0\.1:\d+)/", line):
                yield found[1]
                return
        pytest.fail("the dashboard did not start")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
