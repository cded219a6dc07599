"""Which data folder is meant when none is named: the nearest `.provgraph`, searched for as Git searches for its own."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from provgraph.engines.embedded.folder import FOLDER_NAME
from provgraph.errors import ConfigurationError

__all__ = ["find_data_folder"]


def find_data_folder(start: Path | None = None) -> Path:
    """The data folder for work in `start` (by default the current directory); it need not exist yet.

    Inside a Git repository: the nearest `.provgraph` up to the repository's root, else `.provgraph` in that root.
    Outside of one: the nearest in a parent folder on the same file system, short of the home folder (which counts only
    when one works right there), else `.provgraph` in `start`.

    Raises:
        ConfigurationError: the nearest one belongs to another user, or the current directory was removed.
    """
    try:
        here = Path.cwd() if start is None else start.absolute()
        device = here.stat().st_dev
    except OSError as error:
        raise ConfigurationError(f"the current directory cannot be read ({error.strerror}): go to another") from error
    home = _home()
    for place in (here, *here.parents):
        if place != here:
            seen = _stat(place)
            if place == home or seen is None or seen.st_dev != device:
                break
        found = _stat(place / FOLDER_NAME)
        if found is not None and stat.S_ISDIR(found.st_mode):
            return _trusted(place / FOLDER_NAME, found)
        if _stat(place / ".git") is not None:  # a folder, or the file of a worktree or a submodule
            return place / FOLDER_NAME
    return here / FOLDER_NAME


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:  # a user without a home, as in some containers
        return None


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:  # not there, or in a folder where we may not look
        return None


def _trusted(folder: Path, found: os.stat_result) -> Path:
    # In a shared folder such as /tmp anybody can lay a trap for those who work below it.
    if hasattr(os, "geteuid") and os.geteuid() not in (0, found.st_uid):
        raise ConfigurationError(f"{folder} belongs to another user: name it by embedded:{folder} if you mean it")
    return folder
