"""The file area: files by their hash, whole or not at all, on any file system."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import unquote

import pytest

pytest.importorskip("fsspec", reason="the extra provgraph[slices] is not installed")

import fsspec  # type: ignore[import-untyped] # it has no type information

from provgraph.errors import ConfigurationError, LoadError, NotFoundError, StoreError
from provgraph.tables.area import FileArea, FileRef

BYTES = b"PAR1 rows and rows PAR1" * 1_000


@pytest.fixture(params=["path", "file", "memory"])
def area(request: pytest.FixtureRequest, tmp_path: Path) -> FileArea:
    """An area in a folder, by its path and by its URL, and one on a file system of fsspec."""
    url = {"path": str(tmp_path / "files"), "file": (tmp_path / "my files").as_uri(), "memory": f"memory://{tmp_path}"}
    return FileArea(url[request.param])


def put(area: FileArea, data: bytes = BYTES) -> FileRef:
    return area.put(io.BytesIO(data))


def read(area: FileArea, ref: FileRef) -> bytes:
    with area.open(ref) as file:
        return file.read()


def test_a_file_is_named_by_its_bytes_and_comes_back(area: FileArea) -> None:
    ref = put(area)

    assert ref == FileRef(hashlib.sha256(BYTES).hexdigest(), len(BYTES))
    assert ref.path == f"{ref.sha256[:2]}/{ref.sha256[2:]}"
    assert read(area, ref) == BYTES
    assert put(area) == ref
    assert read(area, put(area, b"")) == b""


def test_a_local_uri_leads_to_the_file(tmp_path: Path) -> None:
    area = FileArea(str(tmp_path / "my files"))

    ref = put(area)

    assert area.uri_of(ref) == (tmp_path / "my files" / ref.path).as_uri()


def test_a_missing_file_is_named(area: FileArea) -> None:
    ref = FileRef("ab" * 32, 7)

    with pytest.raises(NotFoundError, match=f"{area.url}/{ref.path} is not there"), area.open(ref):
        pass


def change(area: FileArea, ref: FileRef, data: bytes) -> None:
    filesystem, root = fsspec.core.url_to_fs(unquote(area.url))
    filesystem.pipe_file(f"{root}/{ref.path}", data)


def test_a_changed_and_a_truncated_file_are_named_and_putting_them_again_mends_them(area: FileArea) -> None:
    ref = put(area)
    change(area, ref, BYTES[:-1] + b"x")
    with pytest.raises(LoadError, match=f"{ref.path} was changed"), area.open(ref):
        pass
    change(area, ref, BYTES[:100])
    with (
        pytest.raises(LoadError, match=rf"{ref.path} is truncated: it has 100 of {len(BYTES):,} bytes"),
        area.open(ref),
    ):
        pass

    assert put(area) == ref

    assert read(area, ref) == BYTES


class Torn(io.RawIOBase):
    """A stream that breaks off."""

    def __init__(self) -> None:
        self.left = 3

    def read(self, size: int | None = -1) -> bytes:
        self.left -= 1
        if not self.left:
            raise OSError("the network is gone")
        return b"rows"


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    area = FileArea(str(tmp_path / "files"))

    with pytest.raises(StoreError, match="network is gone"):
        area.put(cast("IO[bytes]", Torn()))

    assert files_of(tmp_path) == []


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="permissions bind no administrator")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir(mode=0o500)

    with pytest.raises(StoreError, match=r"nothing can be kept in the file area file://.*make it writable"):
        put(FileArea(str(tmp_path / "files")))


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "files").write_bytes(b"")

    with pytest.raises(StoreError, match="nothing can be kept in the file area"):
        put(FileArea(str(tmp_path / "files")))


def test_many_writers_of_the_same_bytes_leave_one_sound_file(tmp_path: Path) -> None:
    area = FileArea(str(tmp_path / "files"))
    refs: list[FileRef] = []
    threads = [threading.Thread(target=lambda: refs.append(put(area))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(refs)) == 1
    assert len(refs) == 16
    assert [path.read_bytes() for path in files_of(tmp_path)] == [BYTES]


def test_secrets_of_a_url_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    area = FileArea("sftp://user:hunter2@host/files")

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError("login as user:hunter2 at sftp://user:hunter2@host/files failed, password=hunter2")

    monkeypatch.setattr("fsspec.core.url_to_fs", lambda _: (type("Refusing", (), {"exists": refuse})(), "/files"))

    with pytest.raises(StoreError) as caught:
        put(area)

    shown = f"{area!r} {area.url} {area.uri_of(FileRef('ab' * 32, 1))}"
    assert "hunter2" not in shown
    assert "password=***" in str(caught.value)
    assert "sftp://***@host" in str(caught.value)


def test_a_url_whose_driver_is_missing_says_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match="install the package that fsspec needs"):
        put(FileArea("nonsense://bucket/prefix"))
