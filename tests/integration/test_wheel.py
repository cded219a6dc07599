"""What people install: the built wheel, alone in an environment of its own, with this checkout out of its sight."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import provgraph

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("provgraph", "provgraph_loaders", "provgraph_dashboard")
HEAVY = ("streamlit", "pandas", "numpy", "pyarrow", "neo4j", "jpype", "arcadedb_embedded", "sklearn", "PIL", "altair")


@dataclass(frozen=True, slots=True)
class Installation:
    """A virtual environment that holds the wheel and what it depends on, nothing else."""

    folder: Path
    elsewhere: Path

    def run(self, *command: str) -> str:
        """The standard output of a program of the environment, run in a folder that holds nothing."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PROVGRAPH_"))
        }
        done = subprocess.run(
            [self.folder / "bin" / command[0], *command[1:]],
            cwd=self.elsewhere,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def evaluate(self, code: str) -> object:
        """What a piece of Python prints, read as JSON."""
        return json.loads(self.run("python", "-I", "-W", "error", "-c", code))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("installation")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    # The pip of the running environment, told to install for the new one.
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python", str(folder)]
    install = [*pip, "install", "--constraint", str(ROOT / "constraints.txt"), str(wheel)]
    subprocess.run(install, cwd=elsewhere, check=True, capture_output=True)
    return Installation(folder, elsewhere)


def test_every_module_of_the_three_roots_is_in_the_wheel_and_nothing_else(wheel: Path) -> None:
    roots = [ROOT / name for name in ("store", "loaders", "dashboard")]
    expected = {
        path.relative_to(root).as_posix()
        for root in roots
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == expected


def test_the_wheel_carries_its_licence_and_marks_each_package_as_typed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]


def test_the_packages_are_imported_from_the_environment(installation: Installation) -> None:
    code = (
        "import json, provgraph, provgraph_loaders; print(json.dumps([provgraph.__file__, provgraph_loaders.__file__]))"
    )
    places = installation.evaluate(code)
    assert isinstance(places, list)
    assert [Path(place).is_relative_to(installation.folder.resolve()) for place in places] == [True, True]


def test_importing_the_library_imports_nothing_heavy(installation: Installation) -> None:
    code = f"import json, sys, provgraph; print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    assert installation.evaluate(code) == []


def test_every_public_name_can_be_had_or_says_what_it_needs(installation: Installation) -> None:
    code = (
        "import json, provgraph\n"
        "refused = {}\n"
        "for name in provgraph.__all__:\n"
        "    try:\n"
        "        getattr(provgraph, name)\n"
        "    except provgraph.ProvgraphError as error:\n"
        "        refused[name] = str(error)\n"
        "print(json.dumps(refused))"
    )
    refused = installation.evaluate(code)
    assert isinstance(refused, dict)
    assert set(refused) == {"Outcome", "compare_models", "find_slices"}  # those that compute
    assert all("pip install 'provgraph[slices]'" in said for said in refused.values())


def test_the_program_tells_the_version_of_the_project(installation: Installation) -> None:
    assert installation.run("provgraph", "--version").split()[-1] == provgraph.__version__


def test_the_program_lists_the_loaders_that_the_wheel_brings(installation: Installation) -> None:
    assert "mlmd" in installation.run("provgraph", "loaders")


def test_the_embedded_engine_of_the_wheel_starts(installation: Installation, tmp_path: Path) -> None:
    code = (
        "import json, provgraph\n"
        f"with provgraph.connect('embedded:{tmp_path / 'store'}') as graph:\n"
        "    print(json.dumps(graph.count()))"
    )
    assert installation.evaluate(code) == 0
