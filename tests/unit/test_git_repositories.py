"""Repositories of every shape, and those that mean harm."""

from __future__ import annotations

import os
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provgraph.errors import LoadError
from provgraph_loaders.dvc import DvcLoader
from provgraph_loaders.lfs import LfsLoader
from tests.loaders.dvc.example import write_example
from tests.loaders.dvc.golden import as_json
from tests.loaders.dvc.making import Making, Special
from tests.loaders.dvc.reading import Read, outcome, read


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dvc") / "inspection"
    write_example(folder)
    return folder


def git(folder: Path, *words: str) -> None:
    names = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, env={**os.environ, **names})


def refused(folder: Path) -> str:
    found = outcome(folder)
    assert isinstance(found, str), "it was read"
    assert "\n" not in found
    return found


def keys(found: Read) -> set[str]:
    return {node.key for node in found.nodes}


def test_a_bare_repository_and_a_packed_one_yield_the_same(example: Path, tmp_path: Path) -> None:
    expected = keys(read(example, None))
    bare = write_example(tmp_path / "bare.git", bare=True)
    assert keys(read(tmp_path / "bare.git", None)) == expected
    bare.pack()
    assert not list((tmp_path / "bare.git" / "objects").glob("??/*"))
    assert keys(read(tmp_path / "bare.git", None)) == expected


def test_deltas_of_git_s_own_packing_are_read(example: Path, tmp_path: Path) -> None:
    folder = tmp_path / "packed"
    shutil.copytree(example, folder)
    git(folder, "gc", "--aggressive", "--prune=now", "--quiet")
    assert as_json(read(folder)) == {**as_json(read(example))} | {"contexts": as_json(read(folder))["contexts"]}


def test_linked_work_trees_and_folders_within_are_found(example: Path, tmp_path: Path) -> None:
    main = tmp_path / "main"
    shutil.copytree(example, main)
    git(main, "reset", "--quiet", "--hard")
    git(main, "worktree", "add", "--detach", "--quiet", str(tmp_path / "linked"))
    assert keys(read(tmp_path / "linked", None)) == keys(read(example, None))
    assert keys(read(main / ".git", None)) == keys(read(example, None))


def test_a_shallow_clone_needs_a_name_and_says_what_it_lacks(example: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "2", "--no-local", str(example), "shallow")
    found = outcome(tmp_path / "shallow")
    assert isinstance(found, Read)
    assert any("have parents that were not cloned" in note for note in found.notes())
    with pytest.raises(LoadError, match=r"a shallow clone.*--source NAME"):
        read(tmp_path / "shallow", None)


def test_nothing_of_the_repository_is_run(example: Path, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    shutil.copytree(example, folder)
    mark = tmp_path / "was-run"
    for hook in ("post-checkout", "pre-commit", "post-commit", "fsmonitor-watchman", "reference-transaction"):
        (folder / ".git" / "hooks").mkdir(exist_ok=True)
        path = folder / ".git" / "hooks" / hook
        path.write_text(f"#!/bin/sh\ntouch {mark}\n", encoding="utf-8")
        path.chmod(0o755)
    with (folder / ".git" / "config").open("a", encoding="utf-8") as file:
        file.write(f'[core]\n\tfsmonitor = "touch {mark}"\n[filter "lfs"]\n\tsmudge = "touch {mark}"\n')
        file.write("[include]\n\tpath = /dev/zero\n")
    assert keys(read(folder)) == keys(read(example))
    assert not mark.exists()


@pytest.mark.parametrize("name", ["HEAD", "config", "packed-refs", "refs/heads/pipe", "objects/pack/pack-1.pack"])
def test_pipes_in_the_place_of_files_are_refused(example: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "piped"
    shutil.copytree(example, folder)
    path = folder / ".git" / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    assert "no plain file" in refused(folder) or name == "HEAD"


def test_alternates_that_name_themselves_end(example: Path, tmp_path: Path) -> None:
    folder = tmp_path / "looped"
    shutil.copytree(example, folder)
    (folder / ".git" / "objects" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "objects" / "info" / "alternates").write_text(".\n../objects\n/nowhere\n", encoding="utf-8")
    assert keys(read(folder)) == keys(read(example))


def test_missing_and_damaged_objects_are_named(tmp_path: Path) -> None:
    made = write_example(tmp_path / "broken")
    objects = tmp_path / "broken" / ".git" / "objects"
    head = made.repo.head()
    parent = made.repo[head].parents[0].decode()  # type: ignore[attr-defined]
    path = objects / parent[:2] / parent[2:]
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:20])
    assert f"object {parent} is damaged" in refused(tmp_path / "broken")
    path.unlink()
    assert f"object {parent} is not there" in refused(tmp_path / "broken")


def test_huge_files_are_not_unpacked(tmp_path: Path) -> None:
    made = Making(tmp_path / "loose")
    made.commit({"dvc.lock": b"#" * (17 << 20), "other.dvc": "outs:\n- {path: a, md5: 0123}\n"})
    found = outcome(tmp_path / "loose")
    assert isinstance(found, Read)
    assert [note for note in found.notes() if "larger than 16 MiB" in note]
    assert [node.name for node in found.artifacts] == ["a/md5-dos2unix:0123"]
    made.pack()
    assert isinstance(outcome(tmp_path / "loose"), Read)


def test_an_object_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path) -> None:
    made = Making(tmp_path / "bomb")
    made.commit({"dvc.lock": "{}"})
    [name] = [entry.sha.decode() for entry in made.repo[made.repo[made.repo.head()].tree].items()]  # type: ignore[attr-defined]
    path = tmp_path / "bomb" / ".git" / "objects" / name[:2] / name[2:]
    path.chmod(0o644)
    path.write_bytes(zlib.compress(b"blob 2\0" + b" " * (100 << 20)))
    assert "is damaged" in refused(tmp_path / "bomb") or "larger" in refused(tmp_path / "bomb")


def test_a_tree_of_trees_without_end_is_refused(tmp_path: Path) -> None:
    from dulwich.objects import Blob, Commit, Tree

    made = Making(tmp_path / "deep")
    blob = Blob.from_string(b"{}")
    made.repo.object_store.add_object(blob)
    below, mode, name = blob.id, 0o100644, b"dvc.lock"
    for _ in range(12):  # 10 to the 12th files
        tree = Tree()
        for at in range(10):
            tree.add(name if mode == 0o100644 else f"d{at}".encode(), mode, below)
        made.repo.object_store.add_object(tree)
        below, mode = tree.id, 0o040000
    commit = Commit()
    commit.tree, commit.author, commit.committer, commit.message = below, b"a <a>", b"a <a>", b"m"
    commit.author_time = commit.commit_time = 1
    commit.author_timezone = commit.commit_timezone = 0
    made.repo.object_store.add_object(commit)
    made.repo.refs[b"refs/heads/main"] = commit.id  # type: ignore[index]
    assert "more than 100,000 files" in refused(tmp_path / "deep")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[core]\n\trepositoryformatversion = 7\n", "its format is"),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tfrobnicate = 1\n", "'frobnicate'"),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefstorage = reftable\n", "'reftable'"),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = md4\n", "not known"),
        ("[core\n", "config: cannot be read"),
    ],
)
def test_repositories_of_other_kinds_are_refused(example: Path, tmp_path: Path, config: str, words: str) -> None:
    folder = tmp_path / "other"
    shutil.copytree(example, folder)
    (folder / ".git" / "config").write_text(config, encoding="utf-8")
    assert words in refused(folder)


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    assert "no Git repository" in refused(tmp_path)
    assert "is no folder" in refused(tmp_path / "nowhere")
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\n", encoding="utf-8")
    assert not DvcLoader().recognises(str(tmp_path))
    assert not DvcLoader().recognises("\0")
    assert not LfsLoader().recognises("s3://bucket/key")
    (tmp_path / ".git").write_text("gitdir: ../nowhere\n", encoding="utf-8")
    assert "no Git repository" in refused(tmp_path)


def test_a_repository_without_commits_is_said(tmp_path: Path) -> None:
    Making(tmp_path / "new")
    found = read(tmp_path / "new", None)
    assert found.notes() == [f"left alone: 1 repositories: hold no commit yet ({tmp_path / 'new'})"]


def test_odd_times_names_and_encodings_are_kept_as_far_as_they_can(tmp_path: Path) -> None:
    made = Making(tmp_path / "odd")
    made.times = 10**12
    made.commit({"b\udcff.dvc": "outs:\n- {path: a, md5: 01}\n"}, "odd", author=b"\xff\x00Ren\xe9 <r>")
    [artifact] = read(tmp_path / "odd").artifacts
    assert artifact.created_at is None
    [commit] = [node for node in read(tmp_path / "odd").contexts if node.type == "Commit"]
    assert "Ren" in str(commit.custom_properties["author"])


def test_each_loader_knows_its_own(example: Path, tmp_path: Path) -> None:
    bare = write_example(tmp_path / "bare.git", bare=True)
    assert DvcLoader().recognises(str(tmp_path / "bare.git"))
    git(tmp_path, "clone", "--quiet", str(bare.folder), "clone")
    assert DvcLoader().recognises(str(tmp_path / "clone"))
    assert not LfsLoader().recognises(str(tmp_path / "clone"))
    plain = Making(tmp_path / "plain.git", bare=True)
    plain.commit({".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
    assert LfsLoader().recognises(str(plain.folder))
    assert not DvcLoader().recognises(str(plain.folder))


def test_a_folder_named_as_one_of_dvc_s_files_is_no_file(tmp_path: Path) -> None:
    made = Making(tmp_path / "folders")
    made.commit({"dvc.lock/a": "x", "x.dvc/b": "y", "l/dvc.yaml": Special(0o120000, b"../../etc")})
    found = read(tmp_path / "folders")
    assert not found.executions
    assert [note for note in found.notes() if "symbolic links" in note]


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.binary(min_size=1, max_size=6)), max_size=4),
    st.booleans(),
)
@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
def test_a_damaged_repository_is_refused_in_one_line(
    packed: Path, tmp_path: Path, changes: list[tuple[int, int, bytes]], cut: bool
) -> None:
    folder = tmp_path / "fuzzed"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(packed, folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for which, where, content in changes:
        path = files[which % len(files)]
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        at = where % (len(data) + 1)
        data[at : at + len(content)] = content
        path.write_bytes(bytes(data[: at + len(content)] if cut else data))
    found = outcome(folder)
    assert isinstance(found, Read) or "\n" not in found


@pytest.fixture(scope="module", params=["loose", "packed"])
def packed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz") / "seed.git"
    made = write_example(folder, bare=True)
    if request.param == "packed":
        made.pack()
        git(folder, "gc", "--aggressive", "--quiet", "--prune=now")
    return folder


def test_a_pack_that_declares_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    made = Making(tmp_path / "pack")
    made.commit({"dvc.lock": "schema: '2.0'\n"})
    made.pack()
    [pack] = (tmp_path / "pack" / ".git" / "objects" / "pack").glob("*.pack")
    data = bytearray(pack.read_bytes())
    # a header of one byte stands before the compressed bytes of so small an object: type 3 (a file), 14 bytes
    places = [i for i in range(12, len(data) - 1) if data[i] == (3 << 4 | 14) and data[i + 1] == 0x78]
    assert places
    for place in places:
        data[place] = 3 << 4 | 15
    pack.chmod(0o644)
    pack.write_bytes(bytes(data))
    found = outcome(tmp_path / "pack")
    assert isinstance(found, str)
    assert "damaged" in found
