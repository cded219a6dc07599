"""A place where a page can be read: a folder with an empty store, and this checkout's commands on PATH."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.page import Session
from tests.servers.target import Bypass, Target


@pytest.fixture
def session(embedded_target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session in a new folder. Its `.provgraph` leads to the one engine that all pages share, emptied."""
    way = Bypass(embedded_target)
    way.wipe()
    way.close()
    store = Path(embedded_target.url.removeprefix("embedded:"))
    shutil.rmtree(store / "spool", ignore_errors=True)
    folder = tmp_path / "reader"
    folder.mkdir()
    (folder / ".provgraph").symlink_to(store, target_is_directory=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "120")
    return Session(folder, monkeypatch.setenv)
