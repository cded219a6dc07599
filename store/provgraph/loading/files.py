"""What a source on this machine is: its path, and what its first bytes say of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from provgraph.errors import LoadError

__all__ = ["form_of", "local_path", "refuse_empty"]

# as SQLAlchemy writes it: three strokes before a relative path, four before an absolute one, a query of options behind
_SQLITE: Final = re.compile(r"sqlite(?:\+\w+)?:///(?P<path>[^?]+)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_FORMS: Final = (
    (b"SQLite format 3\x00", "a SQLite file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
)


def refuse_empty(source: str) -> None:
    """Refuse a source of blanks only, which as a path would be this directory.

    Raises:
        LoadError: it names nothing.
    """
    if not source.strip():
        raise LoadError(f"{source!r} names no source: name a file, a folder or a URL")


def local_path(source: str) -> str | None:
    """The path that a source is, `sqlite:///PATH` included; None for standard input and URLs of other places."""
    found = _SQLITE.fullmatch(source)
    if found is not None:
        return found["path"]
    return None if source == "-" or "://" in source else source


def form_of(path: str) -> str | None:
    """What the file is by its first bytes, such as `a zip archive`; None if they say nothing, or it is no file."""
    try:
        if not Path(path).is_file():  # a pipe would wait for ever
            return None
        with Path(path).open("rb") as file:
            start = file.read(64)
    except (OSError, ValueError):
        return None
    if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return "text in JSON"
    return next((form for magic, form in _FORMS if start.startswith(magic)), None)
