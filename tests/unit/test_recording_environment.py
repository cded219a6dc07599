from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from provgraph.model import Execution, ExecutionState, Struct
from provgraph.recording import environment
from provgraph.recording.environment import Capture, circumstances, failure, imported_packages
from provgraph.recording.lost import is_lost
from provgraph.recording.process import alive, this_process

GIT = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **GIT}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environment, "_git_known", {})
    monkeypatch.setattr(environment, "_code_folder", lambda: tmp_path)
    git(tmp_path, "init", "--quiet", "--initial-branch", "topic/one")
    (tmp_path / "train.py").write_text("1")
    git(tmp_path, "add", "train.py")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    return tmp_path


def test_the_commit_and_the_branch_are_taken(repository: Path) -> None:
    (repository / "untracked").touch()

    found = circumstances(Capture())

    assert found["git_commit"] == git(repository, "rev-parse", "HEAD")
    assert (found["git_branch"], found["git_dirty"]) == ("topic/one", False)


def test_a_tracked_file_that_differs_makes_the_tree_dirty(repository: Path) -> None:
    (repository / "train.py").write_text("2")

    assert circumstances(Capture())["git_dirty"] is True


def test_a_detached_head_has_no_branch(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")

    assert "git_branch" not in circumstances(Capture())


def test_without_git_or_a_repository_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_git_known", {})
    monkeypatch.setattr(environment, "_code_folder", lambda: tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert not any(name.startswith("git") for name in circumstances(Capture()))

    monkeypatch.setattr(environment, "_git_known", {})
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not any(name.startswith("git") for name in circumstances(Capture()))


def test_a_git_that_hangs_does_not_hold_the_step_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(environment, "_git_known", {})
    monkeypatch.setattr(environment, "_GIT_TIMEOUT", 0.2)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    assert not any(name.startswith("git") for name in circumstances(Capture()))


def test_everything_can_be_switched_off(repository: Path) -> None:
    assert circumstances(Capture.nothing()) == {}
    nothing = Capture.nothing()
    for one, expected in (
        (replace(nothing, git=True), {"git_commit", "git_branch", "git_dirty"}),
        (replace(nothing, command=True), {"command"}),
        (replace(nothing, python=True), {"python"}),
        (replace(nothing, packages=True), {"packages"}),
        (replace(nothing, host=True), {"host"}),
        (replace(nothing, user=True), {"user"}),
    ):
        assert set(circumstances(one)) == expected


def test_versions_of_what_is_imported_are_taken() -> None:
    import click
    import hypothesis

    data = imported_packages().data

    assert isinstance(data, dict)
    assert data["hypothesis"] == hypothesis.__version__
    assert "click" in data
    assert click.__name__ == "click"
    assert "hatchling" not in data  # installed, but not imported


def test_the_command_line_is_taken_without_secrets_and_without_a_whole_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "orig_argv", ["python", "train.py", "--token", "abcdefgh", "--depth", "8"])
    assert circumstances(Capture())["command"] == "python train.py --token '***' --depth 8"

    monkeypatch.setattr(sys, "orig_argv", ["python", "-c", "login('abcdefgh')", "x"])
    monkeypatch.setattr(sys, "argv", ["-c", "x"])
    assert circumstances(Capture())["command"] == "python -c ... x"


def test_a_failure_is_type_message_and_the_end_of_the_traceback() -> None:
    def deep(n: int) -> None:
        if n:
            deep(n - 1)
        else:
            raise ValueError("shape mismatch, token=abcdefgh")

    with pytest.raises(ValueError, match="shape") as caught:
        deep(50)

    found = failure(caught.value, Capture())
    assert (found["error_type"], found["error_message"]) == ("ValueError", "shape mismatch, token=***")
    text = found["error_traceback"]
    assert isinstance(text, str)
    assert text.splitlines()[-1] == "ValueError: shape mismatch, token=***"
    assert len(text.splitlines()) <= 30
    assert "error_traceback" not in failure(caught.value, Capture(traceback=False))


class Silent(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize("error", [Silent(), ValueError("a\ud800b"), ValueError("x" * 100_000)])
def test_no_exception_is_too_strange_to_record(error: Exception) -> None:
    found = failure(error, Capture())

    Execution(type="Train", custom_properties=found)
    assert len(str(found["error_message"])) <= 4_000


# -- whether a process still runs -------------------------------------------------------------------------------------


def test_this_process_is_alive_and_a_dead_one_is_not() -> None:
    assert alive(this_process()) is True
    code = "import json; from provgraph.recording.process import this_process; print(json.dumps(this_process()))"
    folder = str(Path(__file__).resolve().parents[2] / "store")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": folder}, check=True
    )

    assert alive(json.loads(done.stdout)) is False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to tell processes apart")
def test_a_process_number_that_was_given_away_again_is_another_process() -> None:
    assert alive({**this_process(), "started": 1}) is False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to tell processes apart")
def test_a_dead_process_that_nobody_has_reaped_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    described = {**this_process(), "pid": child.pid}
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert alive(described) is False
    child.wait()


def test_what_ran_elsewhere_is_not_known() -> None:
    here = this_process()

    assert alive({**here, "machine": "another"}) is None
    assert alive({**here, "space": "pid:[1]"}) is None
    assert alive({}) is None
    assert alive({**here, "pid": "7"}) is None


def test_a_machine_that_started_anew_lost_its_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "press-shop")
    here = this_process()
    if here["boot"] is None:
        pytest.skip("needs a boot id")

    assert alive({**here, "boot": "an earlier one"}) is False
    monkeypatch.setattr("socket.gethostname", lambda: "localhost")
    assert alive({**here, "boot": "an earlier one"}) is None


@pytest.mark.parametrize(
    ("state", "lost"),
    [(ExecutionState.RUNNING, True), (ExecutionState.COMPLETE, False), (ExecutionState.FAILED, False)],
)
def test_only_what_says_that_it_runs_can_be_lost(state: ExecutionState, lost: bool) -> None:
    gone = Struct.of({**this_process(), "started": 1})

    assert is_lost(Execution(type="Train", state=state, custom_properties={"process": gone})) == lost
    assert not is_lost(Execution(type="Train", state=state))
