"""Paths as they are meant: from the root of the repository, from outside of it, or as URLs."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from provgraph.recording.redaction import redact_uri

__all__ = ["above", "fits", "is_url", "located", "readable"]

_LONGEST: Final = 5_000  # bytes, which leaves room for the rest of a key
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://")


def fits(text: str) -> bool:
    """Whether a text can be part of a key: keys have 8,000 bytes at most and hold no null character."""
    return len(text) <= _LONGEST and len(text.encode("utf-8")) <= _LONGEST and "\0" not in text


def is_url(path: str) -> bool:
    """Whether it is a URL: `s3://bucket/key`."""
    return _URL.match(path) is not None


def located(folder: str, path: str) -> str:
    """`path`, which is relative to `folder` of the repository, from its root; a URL without user and password.

    >>> located("models/v2", "../data/x.csv")
    'models/data/x.csv'
    """
    if is_url(path):
        return redact_uri(path)
    return posixpath.normpath(posixpath.join(folder, path))


def above(path: str) -> list[str]:
    """The folders that a path stands in, the nearest first; none for URLs and the root."""
    if is_url(path):
        return []
    found: list[str] = []
    while (path := posixpath.dirname(path)) and path != "/" and len(found) < 100:
        found.append(path)
    return found


def readable(path: str) -> str:
    """A path of Git, whose bytes may be no text, as text: bytes that are none are written as escapes."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
