"""Pointers of Git LFS, and the attributes by which Git knows where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["LARGEST_POINTER", "Place", "Pointer", "places", "read_pointer"]

LARGEST_POINTER: Final = 1_024  # bytes; the specification allows no more
_VERSIONS: Final = frozenset({"https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1"})
_OID: Final = re.compile(r"sha256:([0-9a-f]{64})")
_WILD: Final = re.compile(rb"[*?\[\]\\]")
_MOST_PLACES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Pointer:
    """What stands for a file: its SHA-256 and its size in bytes; `unknown` names lines that are not read."""

    digest: str
    size: int
    unknown: tuple[str, ...] = ()


def read_pointer(data: bytes) -> Pointer | None:
    """The pointer that a file is; None if it is none."""
    try:
        lines = [line.partition(" ") for line in data.decode("utf-8").splitlines()]
    except UnicodeDecodeError:
        return None
    values = {key: value for key, _, value in lines}
    oid = _OID.fullmatch(values.get("oid", ""))
    size = values.get("size", "")
    if not lines or lines[0][0] != "version" or lines[0][2] not in _VERSIONS or oid is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", size):
        return None
    return Pointer(f"sha256:{oid[1]}", int(size), tuple(key for key in values if key not in ("version", "oid", "size")))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line of attributes puts files into LFS, or a little more: how paths begin and end."""

    start: str
    end: str

    def holds(self, path: str) -> bool:
        """Whether a path may be meant."""
        return path.startswith(self.start) and path.endswith(self.end)


def places(data: bytes, folder: str) -> frozenset[Place]:
    """Where a `.gitattributes` in a folder puts files into LFS. More may be meant than is; less never."""
    found: set[Place] = set()
    base = f"{folder}/" if folder else ""
    for line in data.splitlines():
        if b"filter=lfs" not in line or line.lstrip().startswith(b"#"):
            continue
        line = line.strip()
        if line.startswith(b"[attr]"):
            return frozenset({Place("", "")})  # a name of its own for it, which any line may use
        pattern = line[1:].partition(b'"')[0] if line.startswith(b'"') else line.split()[0]
        parts = _WILD.split(pattern)
        tail = parts[-1].decode("utf-8", "surrogateescape")
        head = parts[0].decode("utf-8", "surrogateescape")
        is_anchored = b"/" in pattern.rstrip(b"/")
        found.add(
            Place(
                base + (head.removeprefix("/") if is_anchored else ""),
                # what ends in a slash, or names a folder, is about all below
                "" if tail.endswith("/") else tail.rpartition("/")[2],
            )
        )
    return frozenset(found) if len(found) <= _MOST_PLACES else frozenset({Place(base, "")})
