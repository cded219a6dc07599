"""A place for large values: files named by the SHA-256 of their bytes, written whole or not at all.

The file with the hash `abcdef…` is `ab/cdef…` below the place's URL. What is there is never changed, so writers need no
lock: two that write the same bytes write the same file.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, TypeVar, cast
from urllib.parse import unquote, urlsplit

from provgraph.errors import ConfigurationError, LoadError, NotFoundError, ProvgraphError, StoreError
from provgraph.recording.redaction import redact_text, redact_uri

__all__ = ["FileArea", "FileRef"]

T = TypeVar("T")

_CHUNK = 1 << 20
_IN_MEMORY = 64 << 20  # bytes of a remote file that are held in memory; a larger one goes through a temporary file
_UNFINISHED = ".part-"


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file of an area.

    Attributes:
        sha256: of its bytes, 64 hexadecimal digits.
        size: bytes.
    """

    sha256: str
    size: int

    @property
    def digest(self) -> str:
        """As artifacts keep it: `sha256:…`."""
        return f"sha256:{self.sha256}"

    @property
    def path(self) -> str:
        """Where it lies below the area."""
        return f"{self.sha256[:2]}/{self.sha256[2:]}"


class _Remote(Protocol):
    """What is used of a file system of fsspec, which has no type information."""

    def open(self, path: str, mode: str = "rb") -> IO[bytes]: ...
    def exists(self, path: str) -> bool: ...
    def makedirs(self, path: str, exist_ok: bool = False) -> None: ...
    def mv(self, path1: str, path2: str) -> None: ...
    def rm_file(self, path: str) -> None: ...
    def put_file(self, lpath: str, rpath: str) -> None: ...


class FileArea:
    """The files below a folder or a URL.

    Args:
        url: an absolute path, a `file://` URL, or any URL that fsspec knows (`s3://BUCKET/PREFIX` …). User and
            password in it are used and never shown.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit(url)
        local = parts.scheme == "file" or len(parts.scheme) < 2  # one letter is a drive of Windows
        self._folder = Path(unquote(parts.path) if parts.scheme == "file" else url) if local else None

    @property
    def url(self) -> str:
        """Where it is, without user and password."""
        return self._folder.as_uri() if self._folder is not None else redact_uri(self._url).rstrip("/")

    def __repr__(self) -> str:
        return f"FileArea({self.url!r})"

    def uri_of(self, ref: FileRef) -> str:
        """Where the file lies, without user and password."""
        return f"{self.url}/{ref.path}"

    # -- writing ----------------------------------------------------------------------------------------------

    def put(self, stream: IO[bytes]) -> FileRef:
        """Keep the bytes of a stream, from where it stands; what is there already, sound, is left as it is.

        Raises:
            StoreError: it cannot be written; nothing is there then.
            ConfigurationError: a package for this kind of URL is missing.
        """
        return self._put_local(self._folder, stream) if self._folder is not None else self._put_remote(stream)

    def _put_local(self, folder: Path, stream: IO[bytes]) -> FileRef:
        unfinished = folder / f"{_UNFINISHED}{uuid.uuid4().hex}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("xb") as file:
                ref = _copy(stream, file)
                file.flush()
                os.fsync(file.fileno())
            path = folder / ref.path
            if not _is_sound(path, ref):
                path.parent.mkdir(exist_ok=True)
                unfinished.replace(path)
                for made in (path.parent, folder):
                    _sync_folder(made)
        except OSError as error:
            raise StoreError(
                f"nothing can be kept in the file area {self.url} ({error.strerror or error}): "
                "make it writable, and room on its disk"
            ) from error
        finally:
            with suppress(OSError):
                unfinished.unlink()
        return ref

    def _put_remote(self, stream: IO[bytes]) -> FileRef:
        with tempfile.NamedTemporaryFile(prefix="provgraph-") as local:
            ref = _copy(stream, local)
            local.flush()
            remote, root = self._remote()
            path, unfinished = f"{root}/{ref.path}", f"{root}/{_UNFINISHED}{uuid.uuid4().hex}"

            def work() -> None:
                if remote.exists(path):
                    with suppress(ProvgraphError), self.open(ref):
                        return
                    remote.rm_file(path)  # damaged: some file systems move nothing onto what is there
                remote.makedirs(path.rpartition("/")[0], exist_ok=True)
                try:
                    remote.put_file(local.name, unfinished)
                    remote.mv(unfinished, path)
                finally:
                    if remote.exists(unfinished):
                        remote.rm_file(unfinished)

            self._translated(work, f"nothing can be kept in the file area {self.url}")
        return ref

    # -- reading ----------------------------------------------------------------------------------------------

    @contextmanager
    def open(self, ref: FileRef) -> Generator[IO[bytes]]:
        """The file, open at its beginning, once its bytes were found to be those that its name says.

        Raises:
            NotFoundError: it is not there.
            LoadError: it was changed or truncated.
            StoreError: it cannot be read.
        """
        where = self.uri_of(ref)
        with self._opened(ref, where) as file:
            sha256, size = _hash_of(file)
            if size < ref.size:
                raise LoadError(f"{where} is truncated: it has {size:,} of {ref.size:,} bytes; restore it from a copy")
            if sha256 != ref.sha256:
                raise LoadError(f"{where} was changed: its bytes are no longer those of its name; restore it")
            file.seek(0)
            yield file

    @contextmanager
    def _opened(self, ref: FileRef, where: str) -> Generator[IO[bytes]]:
        missing = NotFoundError(
            f"{where} is not there: restore it, or move the store to where its files are (`provgraph init --files`)"
        )
        if self._folder is not None:
            try:
                file: IO[bytes] = (self._folder / ref.path).open("rb")
            except FileNotFoundError:
                raise missing from None
            except OSError as error:
                raise StoreError(f"{where} cannot be read: {error.strerror or error}") from error
            with file:
                yield file
            return
        remote, root = self._remote()
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:

            def work() -> None:
                with remote.open(f"{root}/{ref.path}") as source:
                    _copy(source, cast("IO[bytes]", copy))

            try:
                self._translated(work, f"{where} cannot be read")
            except FileNotFoundError:
                raise missing from None
            copy.seek(0)
            yield cast("IO[bytes]", copy)

    # -- inside -----------------------------------------------------------------------------------------------

    def _remote(self) -> tuple[_Remote, str]:
        try:
            from fsspec.core import url_to_fs  # type: ignore[import-untyped] # it has no type information

            found = cast("tuple[_Remote, str]", cast("Callable[[str], object]", url_to_fs)(self._url))
        except (ImportError, ValueError) as error:
            raise ConfigurationError(
                f"the file area {self.url} cannot be used ({redact_text(str(error))}): install the package that fsspec "
                "needs for such URLs, or name another place with `provgraph init --files`"
            ) from error
        return found[0], found[1].rstrip("/")

    def _translated(self, work: Callable[[], T], what: str) -> T:
        """Do it; a missing file stays `FileNotFoundError`, all else becomes an error of ours."""
        try:
            return work()
        except (FileNotFoundError, ProvgraphError):
            raise
        except Exception as error:  # each driver of fsspec raises its own
            said = redact_text(" ".join(str(error).split()))[:300]
            raise StoreError(f"{what} ({said or type(error).__name__})") from error


def _copy(source: IO[bytes], target: IO[bytes]) -> FileRef:
    sha256, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        sha256.update(chunk)
        target.write(chunk)
        size += len(chunk)
    return FileRef(sha256.hexdigest(), size)


def _hash_of(file: IO[bytes]) -> tuple[str, int]:
    sha256, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        sha256.update(chunk)
        size += len(chunk)
    return sha256.hexdigest(), size


def _is_sound(path: Path, ref: FileRef) -> bool:
    try:
        with path.open("rb") as file:
            return _hash_of(file) == (ref.sha256, ref.size)
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # the name is on the disk only when its folder is
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
