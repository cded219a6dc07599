from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.recording import fingerprint as module
from provgraph.recording.fingerprint import EMPTY_DIGESTS, fingerprint, in_dvc_repository, signature

NAME = st.text(alphabet="abcé \n\"'\\", min_size=1, max_size=4)
TREES = st.dictionaries(
    NAME, st.binary(max_size=20) | st.dictionaries(NAME, st.binary(max_size=20), max_size=3), max_size=4
)


def build(root: Path, tree: dict[str, bytes | dict[str, bytes]], *, backwards: bool = False) -> Path:
    root.mkdir(parents=True)
    for name, content in sorted(tree.items(), reverse=backwards):
        if isinstance(content, bytes):
            (root / name).write_bytes(content)
        else:
            build(root / name, dict(content), backwards=backwards)
    return root


def test_a_file_is_the_sha256_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 3_000_000)

    found = fingerprint(path)

    assert found.digest == "sha256:" + hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert (found.size, found.files, found.empty) == (3_000_000, 1, False)


@given(TREES)
def test_a_folder_is_its_names_and_bytes_wherever_and_however_it_was_made(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, bytes | dict[str, bytes]]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    first = build(root / "one", tree)
    second = build(root / "other" / "place", tree, backwards=True)

    assert fingerprint(first).digest == fingerprint(second).digest


@given(TREES, TREES)
def test_other_folders_have_other_digests(
    tmp_path_factory: pytest.TempPathFactory,
    one: dict[str, bytes | dict[str, bytes]],
    other: dict[str, bytes | dict[str, bytes]],
) -> None:
    root = tmp_path_factory.mktemp("trees")

    same = fingerprint(build(root / "one", one)).digest == fingerprint(build(root / "other", other)).digest

    assert same == (one == other)


def test_links_count_as_what_they_lead_to(tmp_path: Path) -> None:
    plain = build(tmp_path / "plain", {"a": b"1", "sub": {"b": b"2"}})
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "a").symlink_to(plain / "a")
    (linked / "sub").symlink_to(plain / "sub")

    assert fingerprint(linked).digest == fingerprint(plain).digest


def test_links_to_nowhere_and_in_circles_count_as_links(tmp_path: Path) -> None:
    folder = build(tmp_path / "a", {"x": b"1"})
    before = fingerprint(folder).digest
    (folder / "nowhere").symlink_to("gone")
    (folder / "round").symlink_to(folder)
    (folder / "self").symlink_to("self")

    found = fingerprint(folder)

    assert found.files == 1
    assert found.digest != before
    (folder / "nowhere").unlink()
    (folder / "nowhere").symlink_to("gone elsewhere")
    assert fingerprint(folder).digest != found.digest


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_are_never_opened(tmp_path: Path) -> None:
    folder = build(tmp_path / "a", {"x": b"1"})
    os.mkfifo(folder / "pipe")

    assert fingerprint(folder).files == 1
    with pytest.raises(OSError, match="neither a file nor a folder"):
        fingerprint(folder / "pipe")


def test_nothing_is_known_by_the_digest_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()

    assert {fingerprint(tmp_path / "empty").digest, fingerprint(tmp_path / "folder").digest} == EMPTY_DIGESTS
    assert fingerprint(tmp_path / "empty").empty
    assert fingerprint(tmp_path / "folder").empty


@pytest.mark.parametrize("change", ["bytes", "replaced", "added", "removed", "renamed"])
def test_any_change_changes_the_signature(tmp_path: Path, change: str) -> None:
    folder = build(tmp_path / "a", {"x": b"1", "sub": {"y": b"2"}})
    before = signature(folder)
    assert signature(folder) == before
    file = folder / "sub" / "y"
    if change == "bytes":
        file.write_bytes(b"3")
    elif change == "replaced":
        kept = file.stat()
        shutil.copy(file, folder / "copy")
        (folder / "copy").replace(file)
        os.utime(file, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    elif change == "added":
        (folder / "sub" / "z").touch()
    elif change == "removed":
        file.unlink()
    else:
        file.rename(folder / "sub" / "w")

    assert signature(folder) != before


def test_progress_is_told_for_what_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PROGRESS_EVERY", 1 << 20)
    path = tmp_path / "a"
    path.write_bytes(b"x" * (5 << 19))
    told: list[tuple[Path, int, int]] = []

    fingerprint(path, lambda *args: told.append(args))

    assert told == [(path, 1 << 20, 5 << 19), (path, 2 << 20, 5 << 19), (path, 5 << 19, 5 << 19)]


def test_small_files_are_hashed_in_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").write_bytes(b"x")
    told: list[object] = []

    fingerprint(tmp_path / "a", lambda *args: told.append(args))
    fingerprint(tmp_path / "a")

    assert told == []
    assert capsys.readouterr() == ("", "")


def test_a_write_right_after_hashing_changes_the_signature_though_size_and_time_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for _ in range(20):
        file.write_bytes(b"a")
        taken = fingerprint(file).signature
        file.write_bytes(b"b")
        assert signature(file) != taken
    taken, kept = fingerprint(file).signature, file.stat()
    file.write_bytes(b"c")
    os.utime(file, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    assert signature(file) != taken


def test_the_md5_is_the_one_that_dvc_writes(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "b.txt").write_bytes(b"a\n")
    (folder / "empty").write_bytes(b"")
    (folder / "sub" / "ü x.txt").write_bytes(b"zz")
    # what dvc-data 3.18 makes of this folder
    assert fingerprint(folder, md5=True).md5 == "md5:1ec5752f357e61fb8dd528af5bc94134.dir"
    assert fingerprint(folder / "b.txt", md5=True).md5 == "md5:60b725f10c9c85c70d97880dfe8191b3"
    assert fingerprint(folder).md5 is None
    assert not in_dvc_repository(folder)
    (tmp_path / ".dvc").mkdir()
    assert not in_dvc_repository(folder)
    (tmp_path / ".dvc" / "config").write_text("", "utf-8")
    assert in_dvc_repository(folder)
