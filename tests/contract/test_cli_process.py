"""The command line as a process of its own: pipes, terminals, signals, and what lands on which stream."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import provgraph
from provgraph.model import Artifact, Records

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "provgraph.cli")
Start = Callable[..., "subprocess.Popen[str]"]


def environment(**more: str) -> dict[str, str]:
    """That of this process, with the sources of this checkout, and without what changes the output."""
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    paths = [str(ROOT / name) for name in ("store", "loaders", "dashboard")]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8", **more}


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A call with its output."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, encoding="utf-8", env=environment(**more), timeout=60
    )


@pytest.fixture
def url(embedded_url: str) -> str:
    """A store with enough names to fill any pipe."""
    with provgraph.connect(embedded_url, strict=True) as graph:
        names = [f"{n:04} {'long ' * 20}\x1b[2J" for n in range(2_000)]
        graph.put_lineage(Records(artifacts=[Artifact(type="Dataset", name=n, key=n) for n in names]))
    return embedded_url


def test_a_pipe_that_is_closed_early_is_silent(url: str) -> None:
    for options in (["--limit", "0"], ["--json"], ["--csv"]):
        command = [*COMMAND, "--url", url, "find", *options]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline()
            process.stdout.close()
            said = process.stderr.read()
            assert (process.wait(30), said) == (0, ""), options


def test_a_reader_that_never_read_is_silent_too(url: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "--url", url, "status"], stdout=writing, stderr=subprocess.PIPE, env=environment(), timeout=60
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(url: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "--url", url, "find", "--csv"], stdout=full, stderr=subprocess.PIPE, text=True, env=environment()
        )
    assert done.returncode == 1
    assert done.stderr == "Error: cannot read or write: No space left on device\n"


def test_streams_are_kept_apart(url: str, tmp_path: Path) -> None:
    fresh = f"embedded:{tmp_path / 'store'}"
    made = run("init", "--json", PROVGRAPH_URL=fresh)
    assert (made.returncode, json.loads(made.stdout)["created"]) == (0, True)
    assert made.stderr.startswith("starting the embedded engine in ")
    assert run("stop", PROVGRAPH_URL=fresh).stdout == f"stopped the engine of {tmp_path / 'store'}\n"
    stopped = run("status", "--no-start", "--json", PROVGRAPH_URL=fresh)
    answer = json.loads(stopped.stdout)
    assert (answer["state"], answer["counts"], answer["pid"]) == ("stopped", None, None)
    assert "--no-start" in stopped.stderr
    assert run("stop", PROVGRAPH_URL=fresh).stdout == f"no engine runs for {tmp_path / 'store'}\n"


def test_looking_makes_no_store(tmp_path: Path) -> None:
    fresh = f"embedded:{tmp_path / 'store'}"
    for verb in (["find"], ["runs"], ["status"], ["check"], ["stop"]):
        assert run(*verb, PROVGRAPH_URL=fresh).returncode == 0
    for verb in (["show", "x"], ["upstream", "x"], ["impact", "x"], ["explain", "x"], ["export", "x"]):
        done = run(*verb, PROVGRAPH_URL=fresh)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"Error: there is no store in {tmp_path / 'store'} yet: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("bolt://127.0.0.1:1", "no answer from bolt://127.0.0.1:1"),
        ("http://user:secret@127.0.0.1", "the store's URL must be"),
        ("bolt://user:secret@127.0.0.1", "no user or password in the URL"),
    ],
)
def test_a_store_that_cannot_be_had_is_one_line_without_a_secret(url: str, line: str) -> None:
    done = run("find", "--url", url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {line}")
    assert done.stderr.count("\n") == 1
    assert "secret" not in done.stderr


def test_a_folder_of_other_people_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    done = run("init", "--url", f"embedded:{tmp_path}")
    assert done.returncode == 1
    assert "holds other files" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    fifo = tmp_path / "slow.sqlite"
    os.mkfifo(fifo)
    process = subprocess.Popen(
        [*COMMAND, "load", str(fifo), "--url", f"embedded:{tmp_path / 'store'}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        # a shell starts what it puts in the background with the signal ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    time.sleep(1.5)
    if process.poll() is None:  # it waits for the writer of the pipe
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err.strip()) == (130, "", "stopped")
    else:  # the loaders refused what is no file
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (1, "")
        assert err.startswith("Error: ")


def test_a_terminal_gets_a_table_that_fits_and_nothing_that_acts_upon_it(url: str) -> None:
    leader, follower = pty.openpty()
    command = [*COMMAND, "--url", url, "find", "--limit", "3"]
    with subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=subprocess.DEVNULL, env=environment(COLUMNS="70", TERM="xterm")
    ) as process:
        os.close(follower)
        seen = b""
        while select.select([leader], [], [], 30)[0]:
            try:
                piece = os.read(leader, 4096)
            except OSError:  # the other end was closed
                break
            if not piece:
                break
            seen += piece
        os.close(leader)
        assert process.wait(30) == 0
    lines = seen.decode().replace("\r\n", "\n").splitlines()
    assert lines[0].startswith("\x1b[1mID")
    assert lines[0].endswith("\x1b[0m")
    assert len(lines) == 4
    assert all(len(line) <= 70 and line.isprintable() and "…" in line for line in lines[1:])


def test_names_of_all_languages_survive_a_pipe_and_a_poor_terminal(embedded_url: str) -> None:
    with provgraph.connect(embedded_url, strict=True) as graph:
        graph.put(Artifact(type="Dataset", name="検査-Prüfung"))
    assert "検査-Prüfung" in run("find", "--url", embedded_url).stdout
    poor = run("find", "--url", embedded_url, PYTHONIOENCODING="ascii")
    assert (poor.returncode, poor.stderr) == (0, "")
    assert r"\u691c" in poor.stdout
    answer = run("find", "--url", embedded_url, "--json", PYTHONIOENCODING="ascii").stdout
    assert json.loads(answer)["nodes"][0]["name"] == "検査-Prüfung"
