"""The gallery as a running server, and pages of a browser that may speak to nobody else."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.dashboard.watching import Scheme, watched_tabs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"


class Open(Protocol):
    def __call__(self, scene: str, *, scheme: Scheme = "light") -> Page: ...


def start_gallery(folder: Path, port: int) -> tuple[subprocess.Popen[str], str, str]:
    """The process, its address, and what it printed before that."""
    paths = [str(ROOT), *(str(ROOT / part) for part in ("store", "loaders", "dashboard"))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.dashboard.gallery.run", str(folder), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
    )
    assert process.stderr is not None
    printed = ""
    for line in process.stderr:
        printed += line
        if found := re.match(r"Dashboard: (http://127\.0\.0\.1:\d+/)", line):
            return process, found[1], printed
    process.kill()
    pytest.fail(f"the gallery did not start:\n{printed}")


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running gallery."""
    process, address, _ = start_gallery(tmp_path_factory.mktemp("gallery"), 8601)
    yield address
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)


@pytest.fixture
def open_page(chromium: Browser, gallery: str) -> Iterator[Open]:
    """Open a scene of the gallery; fails at the end if a page asked another host for anything, or logged an error."""
    with watched_tabs(chromium) as (new_tab, _, errors):

        def opened(scene: str, *, scheme: Scheme = "light") -> Page:
            page = new_tab(scheme=scheme)
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.goto(f"{gallery}?scene={scene}")
            page.wait_for_selector("svg.canvas, .pg-tiles")
            page.wait_for_function("() => document.fonts.status === 'loaded'")
            return page

        yield opened
