"""Files and folders by the SHA-256 of their bytes.

A file's digest is `sha256:` and the hash of its bytes. A folder's is `sha256-tree:` and the hash of its manifest: one
line of JSON for each thing below it, `[relative path, kind, size, digest]`, sorted by path. Names, bytes and nothing
else count: no times, no owners, no permissions; empty folders count.

Where DVC keeps track of data, the MD5 of the same bytes is taken in passing, in the forms that DVC writes: of a file,
or of the manifest of a folder. So what was recorded and what DVC says of it can be known to be one.

Symbolic links count as what they lead to, so that a folder of links into a cache is its content. A link that leads
nowhere, or back to a folder that it stands in, counts as a link with its own text. Pipes, sockets and devices count by
name and kind, and are never opened.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final, TypeAlias

__all__ = ["EMPTY_DIGESTS", "Fingerprint", "Progress", "fingerprint", "in_dvc_repository", "signature"]

Progress: TypeAlias = Callable[[Path, int, int], None]
"""Called with the path, the bytes read so far, and the bytes in all, about every 64 MiB of a big file or folder."""

Signature: TypeAlias = tuple[tuple[str, int, int, int, int], ...]

_CHUNK = 1 << 20
_PROGRESS_EVERY = 1 << 26
_COARSE_CLOCK = 5  # Linux's CLOCK_REALTIME_COARSE
_FILE: Final = "sha256:"
_FOLDER: Final = "sha256-tree:"
EMPTY_DIGESTS: Final = frozenset({_FILE + hashlib.sha256().hexdigest(), _FOLDER + hashlib.sha256().hexdigest()})


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a file or folder holds.

    Attributes:
        digest: `sha256:…` of a file, `sha256-tree:…` of a folder.
        md5: `md5:…` of a file, `md5:….dir` of a folder as DVC has it; None where it was not asked for.
        size: bytes of the content.
        files: how many files; 1 for a file.
        signature: by which a change is noticed without reading everything again.
    """

    digest: str
    size: int
    files: int
    signature: Signature
    md5: str | None = None

    @property
    def empty(self) -> bool:
        """Whether there are no bytes: then equal digests say nothing."""
        return self.size == 0


def in_dvc_repository(path: Path) -> bool:
    """Whether DVC keeps track of data here: a folder above has its settings."""
    return any(os.path.isfile(os.path.join(folder, ".dvc", "config")) for folder in path.parents)  # noqa: PTH113, PTH118


def fingerprint(path: Path, progress: Progress | None = None, *, md5: bool = False) -> Fingerprint:
    """The fingerprint of a file or folder. Memory stays flat whatever the size of the files.

    Args:
        path: a file or folder; links are followed.
        md5: take the MD5 too.
        progress: told how far it is, for what takes long; by default a line on stderr, if that is a terminal.

    Raises:
        OSError: it is not there, or cannot be read, or is a pipe, socket or device.
    """
    taken = _settled_signature(path)
    found = path.stat()
    if stat.S_ISREG(found.st_mode):
        meter = _Meter(path, found.st_size, progress)
        digest, size, other = _hash_file(path, meter, md5=md5)
        meter.done()
        return Fingerprint(_FILE + digest, size, 1, taken, other and f"md5:{other}")
    if not stat.S_ISDIR(found.st_mode):
        raise OSError(f"{path} is neither a file nor a folder")
    entries = sorted(_walk(path, "", ()), key=lambda entry: os.fsencode(entry[0]))
    meter = _Meter(path, sum(size for _, kind, size, _ in entries if kind == "file"), progress)
    manifest = hashlib.sha256()
    listed: list[dict[str, str]] = []
    files = total = 0
    for name, kind, size, target in entries:
        digest = ""
        if kind == "file":
            digest, size, other = _hash_file(path / name, meter, md5=md5)
            if other is not None:
                listed.append({"md5": other, "relpath": name})
            files, total = files + 1, total + size
        elif kind == "link":
            digest = target
        manifest.update(json.dumps([name, kind, size, digest]).encode("ascii") + b"\n")
    meter.done()
    return Fingerprint(_FOLDER + manifest.hexdigest(), total, files, taken, _dvc_folder(listed) if md5 else None)


def _dvc_folder(listed: list[dict[str, str]]) -> str:
    """The hash of a folder as DVC 3 has it: of a list of its files, in JSON, by their paths."""
    listed.sort(key=itemgetter("relpath"))
    return f"md5:{hashlib.md5(json.dumps(listed, sort_keys=True).encode(), usedforsecurity=False).hexdigest()}.dir"


def signature(path: Path) -> Signature:
    """What changes whenever the content of a file or folder is written: names, sizes, times and inodes.

    Raises:
        OSError: it is not there or cannot be read.
    """
    found = path.stat()
    if not stat.S_ISDIR(found.st_mode):
        return (("", found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino),)
    below: list[tuple[str, int, int, int, int]] = []
    for name, kind, size, _ in _walk(path, "", ()):
        at = (path / name).lstat() if kind == "link" else (path / name).stat()
        # a folder's own time changes with names alone, and those are here
        if kind == "folder":
            below.append((name, size, 0, 0, 0))
        else:
            below.append((name, size, at.st_mtime_ns, at.st_ctime_ns, at.st_ino))
    return tuple(sorted(below, key=lambda entry: os.fsencode(entry[0])))


def _settled_signature(path: Path) -> Signature:
    """The signature, taken when a later write is sure to change it.

    Linux stamps files by a clock that moves every few milliseconds: what was written in the running tick could be
    written again under the same time, so that tick is waited for. A file server's own clock is not known here.
    """
    taken = signature(path)
    if sys.platform != "linux":
        return taken
    newest = max((max(mtime, ctime) for _, _, mtime, ctime, _ in taken), default=0)
    if newest != time.clock_gettime_ns(_COARSE_CLOCK):
        return taken
    while newest == time.clock_gettime_ns(_COARSE_CLOCK):
        time.sleep(0.001)
    return signature(path)


def _walk(folder: Path, prefix: str, above: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, str, int, str]]:
    """(relative path, kind, size, target of a link that counts as such) of everything below."""
    own = folder.stat()
    trail = (*above, (own.st_dev, own.st_ino))
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            try:
                found = entry.stat()
            except OSError:
                if not entry.is_symlink():
                    raise
                yield name, "link", 0, str(Path(entry.path).readlink())
                continue
            if stat.S_ISREG(found.st_mode):
                yield name, "file", found.st_size, ""
            elif not stat.S_ISDIR(found.st_mode):
                yield name, "special", 0, ""
            elif entry.is_symlink() and (found.st_dev, found.st_ino) in trail:
                yield name, "link", 0, str(Path(entry.path).readlink())
            else:
                yield name, "folder", 0, ""
                yield from _walk(Path(entry.path), name + "/", trail)


def _hash_file(path: Path, meter: _Meter, *, md5: bool) -> tuple[str, int, str | None]:
    digest, size = hashlib.sha256(), 0
    other = hashlib.md5(usedforsecurity=False) if md5 else None
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            if other is not None:
                other.update(chunk)
            size += len(chunk)
            meter.add(len(chunk))
    return digest.hexdigest(), size, other.hexdigest() if other is not None else None


class _Meter:
    """Says how far the reading is, where it takes long."""

    def __init__(self, path: Path, total: int, progress: Progress | None) -> None:
        self._path, self._total = path, total
        self._progress = progress
        self._line = progress is None and total >= _PROGRESS_EVERY and sys.stderr is not None and sys.stderr.isatty()
        self._read = self._told = 0

    def add(self, count: int) -> None:
        self._read += count
        if self._read - self._told >= _PROGRESS_EVERY:
            self._told = self._read
            self._tell()

    def done(self) -> None:
        if self._told:
            self._tell()
            if self._line:
                sys.stderr.write("\n")

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._path, self._read, self._total)
        elif self._line:
            percent = 100 * self._read // max(1, self._total)
            sys.stderr.write(f"\rhashing {self._path.name}: {min(percent, 100)} % of {self._total / 1e9:.1f} GB")
            sys.stderr.flush()
