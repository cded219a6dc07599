"""Where a repository keeps its things: work trees, bare repositories, linked work trees and submodules."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provgraph.errors import LoadError

__all__ = ["Places", "check_plain", "find_places", "looks_like_git", "read_small"]

_LARGEST: Final = 64 << 20  # bytes of a file such as packed-refs
_SMALL: Final = 1 << 20
_MOST_ALTERNATES: Final = 32


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of a repository.

    Attributes:
        control: where HEAD is.
        common: where references, objects and configuration are: in a linked work tree, those of the main one.
        work: the work tree; None for a bare repository.
        objects: folders of objects, its own first.
        shallow: commits (hexadecimal) whose parents were not cloned.
    """

    control: Path
    common: Path
    work: Path | None
    objects: tuple[Path, ...]
    shallow: frozenset[bytes]


def looks_like_git(source: str) -> bool:
    """Whether `source` is a folder with a work tree or a bare repository. Never an error."""
    try:
        folder = Path(source)
        return (folder / ".git").exists() or _is_control(folder)
    except (OSError, ValueError):
        return False


def _is_control(folder: Path) -> bool:
    return (folder / "HEAD").is_file() and ((folder / "objects").is_dir() or (folder / "commondir").is_file())


def read_small(path: Path, largest: int = _SMALL) -> bytes | None:
    """The content of a plain file; None if there is none. Pipes and devices are refused: reading them could hang.

    Raises:
        LoadError: it is no plain file, is too large, or cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise LoadError(f"{path}: cannot be read ({error})") from error
    with os.fdopen(handle, "rb", closefd=True) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise LoadError(f"{path}: is no plain file, as Git's own are")
        if found.st_size > largest:
            raise LoadError(f"{path}: is larger than {largest >> 20} MiB, more than Git writes there")
        return file.read(largest)


def check_plain(folder: Path, source: str) -> None:
    """Refuse what is neither a folder nor a plain file below `folder`: reading a pipe or a device could hang.

    Raises:
        LoadError: there is such a thing.
    """
    for at, _, names in os.walk(folder):
        for name in names:
            path = Path(at, name)
            try:
                mode = path.stat().st_mode
            except OSError:  # gone meanwhile, or a link to nowhere, which is read as nothing
                continue
            if not stat.S_ISREG(mode):
                raise LoadError(f"{source}: {path} is no plain file, as Git's own are")


def find_places(source: str) -> Places:
    """The folders of the repository at `source`: a work tree, its `.git`, or a bare repository.

    Raises:
        LoadError: there is none, or its pointers lead nowhere.
    """
    try:
        folder = Path(source)
        if not folder.is_dir():
            raise LoadError(f"{source}: is no folder with a Git repository")
    except (OSError, ValueError) as error:
        raise LoadError(f"{source}: cannot be read ({error})") from error
    work: Path | None = None
    hidden = folder / ".git"
    if hidden.is_dir():
        work, control = folder, hidden
    elif (text := read_small(hidden) if hidden.exists() else None) is not None:
        # linked work trees and submodules: a file that says where the rest is
        if not text.startswith(b"gitdir:"):
            raise LoadError(f"{hidden}: does not say `gitdir: FOLDER`, as Git writes it")
        work, control = folder, _inside(folder, text.removeprefix(b"gitdir:"), hidden)
    else:
        control = folder
        if folder.name == ".git":
            work = folder.parent
    if not _is_control(control):
        raise LoadError(f"{source}: is no Git repository (neither a work tree nor a bare one)")
    common = control
    if (text := read_small(control / "commondir")) is not None:
        common = _inside(control, text, control / "commondir")
    if not (common / "objects").is_dir():
        raise LoadError(f"{source}: {common} has no folder of objects: clone the repository again")
    shallow = read_small(common / "shallow", _LARGEST) or b""
    return Places(control, common, work, _objects(common / "objects"), frozenset(shallow.split()))


def _inside(folder: Path, text: bytes, where: Path) -> Path:
    name = os.fsdecode(text.strip())
    if not name or "\0" in name:
        raise LoadError(f"{where}: names no folder")
    return Path(os.path.normpath(folder / name))


def _objects(first: Path) -> tuple[Path, ...]:
    found: list[Path] = []
    todo = [first]
    while todo:
        folder = todo.pop(0)
        if folder in found or len(found) >= _MOST_ALTERNATES or not folder.is_dir():
            continue
        found.append(folder)
        lines = (read_small(folder / "info" / "alternates") or b"").splitlines()
        todo += [
            Path(os.path.normpath(folder / os.fsdecode(line)))
            for line in lines
            if line and not line.startswith(b"#") and b"\0" not in line
        ]
    return tuple(found)
