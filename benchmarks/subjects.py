"""The stores side by side: the embedded engine, Neo4j, ML Metadata; each started empty, or skipped with its reason."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.worker import ROOT, Worker

BUILD = ROOT / "build" / "bench"
PEER = "ml-metadata==1.17.1"


class Skipped(Exception):
    """A subject cannot be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A store that is measured.

    Attributes:
        name: the column.
        worker: starts a process that uses the store.
        stop: ends what was started for it.
    """

    name: str
    worker: Callable[[], Worker]
    stop: Callable[[], None]


def embedded() -> Subject:
    """The embedded engine, in an empty folder."""
    from provgraph.engines.embedded import stop

    folder = BUILD / "embedded"
    stop(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return Subject(
        "embedded",
        lambda: Worker(sys.executable, "benchmarks.ours", [f"embedded:{folder}"], {}),
        lambda: _ignore(stop(folder)),
    )


def neo4j() -> Subject:
    """The server that `PROVGRAPH_TEST_NEO4J_URL` names, emptied; else one of our own.

    Raises:
        Skipped: there is no such server, and none can be started.
    """
    from tests.servers import neo4j as server
    from tests.servers.target import Bypass, Target

    variables = {name: os.environ.get(f"PROVGRAPH_TEST_NEO4J_{name}", "") for name in ("URL", "USER", "PASSWORD")}
    given = bool(variables["URL"])
    folder = BUILD / "neo4j"
    if given:
        from provgraph.engines.url import open_engine

        user, password = variables["USER"] or "neo4j", variables["PASSWORD"]
        engine = open_engine(variables["URL"], user=user, password=password)
        way = Bypass(Target("neo4j", engine, variables["URL"], user, password))
        way.wipe()
        way.close()
    else:
        try:
            started = server.start(folder, server.IN_USE)
        except SystemExit as error:
            raise Skipped(str(error)) from error
        variables = {"URL": started.url, "USER": started.user, "PASSWORD": started.password}
    login = {"PROVGRAPH_USER": variables["USER"], "PROVGRAPH_PASSWORD": variables["PASSWORD"]}
    return Subject(
        "Neo4j",
        lambda: Worker(sys.executable, "benchmarks.ours", [variables["URL"]], login),
        lambda: None if given else server.stop(folder),
    )


def peer() -> Subject:
    """ML Metadata on an empty SQLite file, in an environment of its own.

    Raises:
        Skipped: it cannot be installed here.
    """
    python = peer_python()
    file = BUILD / "mlmd" / "metadata.sqlite"
    shutil.rmtree(file.parent, ignore_errors=True)
    file.parent.mkdir(parents=True)
    return Subject("MLMD", lambda: Worker(python, "benchmarks.peer", [str(file)], {}), lambda: None)


def peer_python() -> Path:
    """The interpreter of the peer's environment, which is made where there is none."""
    home = BUILD / "mlmd-venv"
    python = home / "bin" / "python"
    check = [str(python), "-c", "import ml_metadata, sys; sys.exit(ml_metadata.__version__ != '1.17.1')"]
    if python.exists() and subprocess.run(check, capture_output=True).returncode == 0:
        return python
    base = next((found for name in ("python3.11", sys.executable) if (found := shutil.which(name))), None)
    version = "import sys; print(*sys.version_info[:2], sep='.')"
    if base is None or subprocess.run([base, "-c", version], capture_output=True, text=True).stdout.strip() != "3.11":
        raise Skipped(f"{PEER} has wheels up to Python 3.11, and there is no python3.11 on PATH")
    print(f"Installing {PEER} in an environment of its own ...", file=sys.stderr)
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([base, "-m", "venv", str(home)], check=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "setuptools<81", PEER]
    made = subprocess.run(pip, capture_output=True, text=True)
    if made.returncode != 0:
        raise Skipped(f"{PEER} cannot be installed: {made.stderr.strip().splitlines()[-1]}")
    return python


def _ignore(_: object) -> None:
    return None
