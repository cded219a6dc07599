"""The state file: whatever stands in it, reading it gives an address or nothing."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provgraph.engines.embedded import state
from provgraph.engines.embedded.state import State

PUBLISHED = State(
    lease=40001, bolt=40002, password="sesame", pid=7, host="here", started=1_700_000_000_000, engine="ArcadeDB 1"
)


def test_written_state_is_read_again_by_its_owner_only(tmp_path: Path) -> None:
    state.write(tmp_path, PUBLISHED)
    assert state.read(tmp_path) == PUBLISHED
    assert state.read_format(tmp_path) == state.FORMAT
    assert [path.name for path in tmp_path.iterdir()] == ["server.json"]
    assert "sesame" not in repr(PUBLISHED)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "server.json").stat().st_mode) == 0o600


def test_missing_file_is_no_state(tmp_path: Path) -> None:
    assert state.read(tmp_path) is None
    assert state.read_format(tmp_path) is None


@pytest.mark.parametrize(
    "change",
    [
        {"lease": 99_999_999},
        {"lease": 0},
        {"bolt": -1},
        {"bolt": "40002"},
        {"lease": True},
        {"password": None},
        {"pid": 1.5},
        {"format": 2},
    ],
)
def test_impossible_values_are_no_state(tmp_path: Path, change: dict[str, object]) -> None:
    state.write(tmp_path, PUBLISHED)
    value = json.loads((tmp_path / "server.json").read_text("utf-8"))
    (tmp_path / "server.json").write_text(json.dumps({**value, **change}), "utf-8")
    assert state.read(tmp_path) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary()
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_rubbish_is_no_state(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "server.json").write_bytes(content)
    assert state.read(tmp_path) is None


def test_every_torn_file_is_no_state(tmp_path: Path) -> None:
    state.write(tmp_path, PUBLISHED)
    whole = (tmp_path / "server.json").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "server.json").write_bytes(whole[:length])
        assert state.read(tmp_path) is None


def test_newer_file_with_more_in_it_is_read(tmp_path: Path) -> None:
    state.write(tmp_path, PUBLISHED)
    value = json.loads((tmp_path / "server.json").read_text("utf-8"))
    (tmp_path / "server.json").write_text(json.dumps({**value, "more": 1}), "utf-8")
    assert state.read(tmp_path) == PUBLISHED
