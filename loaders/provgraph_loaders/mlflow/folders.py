"""The folders of a file store: which is which, by what lies in it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Final

__all__ = [
    "META",
    "REGISTRY",
    "TRASH",
    "Lost",
    "files",
    "folders",
    "holds_experiment",
    "is_lost_experiment",
    "lost",
    "parts_of",
    "runs_of",
]

META: Final = "meta.yaml"
TRASH: Final = ".trash"
REGISTRY: Final = "models"
_NOT_RUNS: Final = frozenset(("datasets", "models", "tags", "traces"))
_OF_A_RUN: Final = frozenset(("metrics", "params", "tags", "inputs", "outputs"))
_RUN_ID: Final = re.compile("[0-9a-f]{32}")
_EXPERIMENT: Final = re.compile(rb"^experiment_id:", re.MULTILINE)
_RUN: Final = re.compile(rb"^run_(?:uu)?id:", re.MULTILINE)
_LOOKED_AT: Final = 200  # entries of a folder, to recognise it


class Lost(Enum):
    """What a folder was whose `meta.yaml` is missing."""

    RUN = "run"
    ARTIFACTS = "artifacts"  # of a run that another store tracks: MLflow's databases put them in `mlruns` too


def holds_experiment(folder: Path) -> bool:
    """Whether a folder of this folder is an experiment's."""
    if not folder.is_dir():
        return False
    with os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            if count >= _LOOKED_AT:
                return False
            try:
                meta = Path(entry.path) / META
                if entry.is_dir() and meta.is_file() and not meta.is_symlink():
                    with meta.open("rb") as file:
                        start = file.read(65_536)
                    # a run names its experiment as well, and stands one folder deeper
                    if _EXPERIMENT.search(start) and not _RUN.search(start):
                        return True
            except OSError:
                continue
    return False


def folders(folder: Path) -> list[Path]:
    """The folders in a folder, by name; links are not followed."""
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(e.path) for e in entries if e.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []


def runs_of(experiment: Path) -> list[Path]:
    """The folders of an experiment that may be runs."""
    return [folder for folder in folders(experiment) if folder.name not in _NOT_RUNS]


def parts_of(experiment: Path) -> Iterator[Path]:
    """The folders of an experiment's runs, models and datasets that have a `meta.yaml`."""
    for folder in (*runs_of(experiment), *folders(experiment / "models"), *folders(experiment / "datasets")):
        if (folder / META).exists():
            yield folder


def lost(folder: Path) -> Lost | None:
    """What a folder of an experiment was that has no `meta.yaml`; None for what MLflow did not make."""
    try:
        names = frozenset(entry.name for entry in folder.iterdir())
    except OSError:
        names = frozenset[str]()
    if names & _OF_A_RUN:
        return Lost.RUN
    if _RUN_ID.fullmatch(folder.name):
        return Lost.ARTIFACTS if "artifacts" in names else Lost.RUN
    return None


def is_lost_experiment(folder: Path) -> bool:
    """Whether a folder without a `meta.yaml` was an experiment's, as far as its name and what lies in it tell."""
    inside = [lost(each) for each in runs_of(folder) if not (each / META).exists()]
    if next(parts_of(folder), None) is not None or Lost.RUN in inside:
        return True
    return Lost.ARTIFACTS not in inside and (folder.name.isdecimal() or (folder / "tags").is_dir())


def files(folder: Path, above: str = "") -> Iterator[tuple[str, Path]]:
    """The files below a folder by the names that MLflow gives what is in them, such as `train/loss`."""
    stack = [(above, folder)]
    while stack:
        prefix, here = stack.pop()
        try:
            with os.scandir(here) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in found:
            name = (prefix + entry.name).encode("utf-8", "backslashreplace").decode("utf-8")
            if entry.is_dir(follow_symlinks=False):
                stack.append((f"{name}/", Path(entry.path)))
            elif entry.is_file(follow_symlinks=False):
                yield name, Path(entry.path)
