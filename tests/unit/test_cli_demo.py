"""`provgraph demo` and `provgraph dashboard`: what they start, on which store, and what they refuse."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from provgraph.cli.app import commands
from provgraph.demo import DEFAULT_SEED, DemoSummary

_FIELDS: dict[str, Any] = {
    name: 7 if kind == "int" else f"the {name}" for name, kind in DemoSummary.__annotations__.items()
}
SUMMARY = DemoSummary(**_FIELDS)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What was called with what, instead of building a demo and serving a dashboard."""
    seen: dict[str, Any] = {}

    def connect(url: str) -> object:
        seen["store"] = url
        return nullcontext()

    def build_demo(folder: Path, _: object, *, seed: int, progress: object) -> DemoSummary:
        folder.mkdir(exist_ok=True)
        seen["built"] = (folder, seed)
        return SUMMARY

    def serve(*arguments: object, **options: object) -> int:
        seen["served"] = (*arguments, options["host"])
        return 0

    monkeypatch.setenv("PROVGRAPH_URL", "neo4j://production.example")
    monkeypatch.setattr("provgraph.graph.connect", connect)
    monkeypatch.setattr("provgraph.demo.build_demo", build_demo)
    monkeypatch.setattr("provgraph.cli.dashboard.find_spec", lambda name: name)
    monkeypatch.setattr("provgraph.cli.dashboard.import_module", lambda name: type(name, (), {"serve": serve}))
    return seen


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(commands, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_the_demo_has_a_folder_and_a_store_of_its_own(
    calls: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run("demo", "--port", "8600", "--no-browser")
    own = tmp_path / "provgraph-demo"
    assert code == 0
    assert calls["store"] == f"embedded:{own / '.provgraph'}"
    assert calls["built"] == (Path("provgraph-demo/plant"), DEFAULT_SEED)
    assert calls["served"] == (8600, False, calls["store"], "/", "127.0.0.1")
    assert (own / ".gitignore").read_text().endswith("*\n")
    assert f"provgraph --url {calls['store']} impact 'the bad_batch_key'" in out
    assert "simulated" in err


def test_a_second_call_opens_what_is_there(calls: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    assert run("demo", "--folder", str(folder))[0] == run("demo", "--folder", str(folder))[0] == 0


def test_the_demo_goes_elsewhere_only_where_it_is_told_to(calls: dict[str, Any], tmp_path: Path) -> None:
    code, out, _ = run(
        "demo", "--folder", str(tmp_path / "d"), "--url", "bolt://x", "--no-dashboard", "--json", "--seed", "3"
    )
    assert code == 0
    assert calls["store"] == "bolt://x"
    assert calls["built"][1] == 3
    assert "served" not in calls
    answer = json.loads(out)
    assert (answer["url"], answer["folder"]) == ("bolt://x", str(tmp_path / "d"))
    assert answer["failed_run"] == "the failed_run"


def test_a_folder_with_something_else_is_left_alone(calls: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    code, out, err = run("demo", "--folder", str(tmp_path))
    assert (code, out) == (1, "")
    assert "holds something else" in err
    assert calls == {}
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_missing_extra_is_said_before_anything_is_built(
    calls: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provgraph.cli.dashboard.find_spec", lambda name: None if name == "streamlit" else name)
    code, out, err = run("demo", "--folder", str(tmp_path / "demo"))
    assert (code, out) == (1, "")
    assert "streamlit: pip install 'provgraph[dashboard]', or leave it out with --no-dashboard" in err
    assert list(tmp_path.iterdir()) == []
    assert run("dashboard")[2] == "Error: the dashboard needs streamlit: pip install 'provgraph[dashboard]'\n"


def test_the_dashboard_is_served_on_the_store_that_is_named(calls: dict[str, Any]) -> None:
    assert run("dashboard", "--page", "/impact?node=artifact:1", "--url", "embedded:x")[0] == 0
    assert calls["served"] == (None, True, "embedded:x", "/impact?node=artifact:1", "127.0.0.1")
    assert run("--url", "embedded:y", "dashboard", "--host", "0.0.0.0", "--port", "1", "--no-browser")[0] == 0
    assert calls["served"] == (1, False, "embedded:y", "/", "0.0.0.0")


def test_what_the_dashboard_returns_is_the_exit_code(calls: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "provgraph.cli.dashboard.import_module", lambda name: type(name, (), {"serve": lambda *a, **k: 3})
    )
    assert run("dashboard")[0] == 3
