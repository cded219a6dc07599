from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.require import require

ROOT = Path(__file__).resolve().parents[2]
# Not what the make that runs these tests hands down to the makes below it.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES")
}


@pytest.fixture
def make() -> str:
    found = shutil.which("make")
    if found is None:
        require("make", "there is no make on PATH")
    return found


def test_an_old_python_is_refused_in_one_line_that_says_what_to_do(make: str, tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    command = [make, "demo", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"]
    refused = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert f'provgraph needs Python 3.11 or newer, and "{old}" is not' in refused.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("stamp", [".demo", ".test", ".lint"])
def test_what_is_prepared_is_prepared_anew_only_when_its_sources_change(make: str, tmp_path: Path, stamp: str) -> None:
    venv = tmp_path / "venv"
    venv.mkdir()
    for name in (".base", ".demo", ".test", ".lint"):
        (venv / name).touch()
    question = [make, "--question", f"VENV={venv}", f"{venv / stamp}"]
    assert subprocess.run(question, cwd=ROOT, env=ENVIRONMENT, check=False).returncode == 0
    for source in ("pyproject.toml", "constraints.txt"):
        changed = [*question, "--what-if", source]
        assert subprocess.run(changed, cwd=ROOT, env=ENVIRONMENT, check=False).returncode == 1


def test_the_constraints_pin_every_direct_dependency_and_name_no_address() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = {line for line in lines if not line.startswith("#")}
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    asked += [each for extra in project["project"]["optional-dependencies"].values() for each in extra]
    asked += [each for group in project["dependency-groups"].values() for each in group if isinstance(each, str)]
    names = {re.split(r"[<>=!~;\[ ]", each, maxsplit=1)[0].lower() for each in asked}
    names.discard(project["project"]["name"])  # an extra that includes another one
    assert names <= pinned
