"""What a source is made of: a file, the files of a folder, or standard input."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from provgraph.errors import LoadError
from provgraph_loaders.openlineage.reading import Readable

__all__ = ["STANDARD_INPUT", "files_of", "looks_like_events", "opened", "source_looks_like_events"]

STANDARD_INPUT: Final = "-"
_ENDINGS: Final = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")
_HEAD: Final = 1 << 20  # bytes that are looked at
_TRIED: Final = 50  # files of a folder that are looked at to recognise it
_VISITED: Final = 2_000  # entries of a folder that are visited to find them
_OPEN_ALREADY: Final = ("/dev/fd/", "/dev/stdin", "/proc/")  # pipes that a shell made, as `<(…)` does
_GZIP: Final = b"\x1f\x8b"


def files_of(source: str) -> Iterator[Path]:
    """The JSON files of a folder and its subfolders, in order; hidden ones are not looked at."""
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if name.lower().endswith(_ENDINGS) and not name.startswith(".") and path.is_file():
                yield path


@contextmanager
def opened(source: str) -> Generator[Readable, None, None]:
    """The bytes of a file, unpacked if it is a gzip file, or of standard input.

    Raises:
        LoadError: it cannot be opened, or is a pipe with a name, which nobody may ever write to.
    """
    if source == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    try:
        path = Path(source)
        if not path.exists():
            raise LoadError(f"{source}: there is no such file or folder")
        if not path.is_file() and not os.path.abspath(source).startswith(_OPEN_ALREADY):  # noqa: PTH100 - no links
            raise LoadError(
                f"{source}: is no regular file, and reading it may wait for ever: hand it over as standard input "
                "(`provgraph load openlineage - < …`)"
            )
        file = path.open("rb")
    except OSError as error:
        raise LoadError(f"{source}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a NUL in the path
        raise LoadError(f"{source!r}: is no path: {error}") from error
    with file:
        if file.peek(len(_GZIP))[: len(_GZIP)] == _GZIP:
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        else:
            yield file


def source_looks_like_events(source: str) -> bool:
    """Whether a source starts as OpenLineage events do. Quick, and never an error."""
    try:
        if source == STANDARD_INPUT:
            return not sys.stdin.isatty() and _is_event(_peeked())
        if not Path(source).is_dir():
            return looks_like_events(source)
        if (Path(source) / ".git").exists():  # its files belong to a project, whatever some of them hold
            return False
        return any(looks_like_events(str(path)) for path in islice(_visited(source), _TRIED))
    except (OSError, ValueError, AttributeError):  # AttributeError: a standard input that was replaced
        return False


def looks_like_events(path: str) -> bool:
    """Whether a file starts as one of OpenLineage events does."""
    try:
        if not Path(path).is_file():
            return False
        with opened(path) as file:
            return _is_event(file.read(_HEAD))
    except (LoadError, OSError, EOFError, ValueError, zlib.error):
        return False


def _visited(source: str) -> Iterator[Path]:
    visited = 0
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            visited += 1
            if visited > _VISITED:
                return
            path = Path(folder) / name
            if name.lower().endswith(_ENDINGS) and not name.startswith(".") and path.is_file():
                yield path


def _peeked() -> bytes:
    peek = getattr(sys.stdin.buffer, "peek", None)
    data: bytes = peek(_HEAD) if peek is not None else b""
    return data


def _is_event(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith((b"{", b"[")):
        return False
    own = any(name in head for name in (b'"run"', b'"job"', b'"dataset"'))
    return own and b'"eventTime"' in head and (b'"producer"' in head or b'"schemaURL"' in head)
