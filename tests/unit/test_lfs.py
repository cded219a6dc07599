"""Pointers of Git LFS."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provgraph.errors import ConfigurationError
from provgraph.loading import Loader
from provgraph_loaders.dvc import DvcLoader
from provgraph_loaders.lfs import LfsLoader
from provgraph_loaders.lfs.pointers import places, read_pointer
from tests.loaders.dvc.making import Making
from tests.loaders.dvc.reading import Read, outcome, read
from tests.loaders.golden import kept
from tests.loaders.lfs.golden import RECORDS, records_of_example

SUM = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{SUM}\nsize 12345\n"


def test_the_example_becomes_the_records_that_are_kept(tmp_path: Path) -> None:
    assert records_of_example(tmp_path) == kept(RECORDS)


def test_a_pointer_gives_its_sha_256(tmp_path: Path) -> None:
    made = Making(tmp_path)
    first = made.commit({".gitattributes": "*.onnx filter=lfs diff=lfs merge=lfs -text\n", "net.onnx": POINTER})
    made.commit({"net.onnx": POINTER.replace("4d7a", "0000"), "copy/net.onnx": POINTER})
    found = read(tmp_path, None, loader=LfsLoader())
    assert {node.key.partition("/Artifact/")[2] for node in found.artifacts} == {
        f"Model/net.onnx@sha256:{SUM}",
        f"Model/net.onnx@sha256:0000{SUM[4:]}",
        f"Model/copy/net.onnx@sha256:{SUM}",
    }
    [one] = [node for node in found.artifacts if node.family == "net.onnx" and node.digest == f"sha256:{SUM}"]
    assert (one.get("size"), one.get("git_commit"), one.name) == (12345, first.decode(), "net.onnx/4d7a214614ab")
    assert found.report.store == f"lfs/{first.decode()[:12]}"


def test_files_that_git_holds_itself_are_named(tmp_path: Path) -> None:
    made = Making(tmp_path)
    made.commit({"data/.gitattributes": "/** filter=lfs\n", "data/a": "plain", "data/b": POINTER, "c": POINTER})
    found = read(tmp_path, loader=LfsLoader())
    assert [node.family for node in found.artifacts] == ["data/b"]
    assert [note for note in found.notes() if "Git holds them itself (data/" in note]


def test_a_repository_without_pointers_says_so(tmp_path: Path) -> None:
    Making(tmp_path).commit({"a": POINTER})
    found = read(tmp_path, loader=LfsLoader())
    assert not found.nodes
    assert found.notes() == [f"left alone: 1 repositories: hold no pointers of Git LFS ({tmp_path})"]


def test_a_history_of_pointers_that_grew_says_the_same_and_more(tmp_path: Path) -> None:
    made = Making(tmp_path)
    made.commit({".gitattributes": "*.bin filter=lfs\n", "a.bin": POINTER})
    before = read(tmp_path, loader=LfsLoader())
    made.commit({"b.bin": POINTER.replace("4d7a", "1111")})
    after = read(tmp_path, loader=LfsLoader())
    assert [node for node in before.nodes if node not in after.nodes] == []
    assert len(after.artifacts) == 2


@pytest.mark.parametrize(
    ("text", "path", "is_meant"),
    [
        ("*.bin filter=lfs", "a/b.bin", True),
        ("*.bin filter=lfs", "a/b.txt", False),
        ("data/** filter=lfs -text", "data/x/y", True),
        ("data/** filter=lfs -text", "other/x", False),
        ("/model.pt filter=lfs", "model.pt", True),
        ('"two words.bin" filter=lfs', "two words.bin", True),
        ("[attr]big filter=lfs", "anything", True),
        ("# *.bin filter=lfs", "a.bin", False),
        ("*.bin -text", "a.bin", False),
    ],
)
def test_attributes_say_where_pointers_stand(text: str, path: str, is_meant: bool) -> None:
    assert any(place.holds(path) for place in places(text.encode(), "")) is is_meant


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: (POINTER + text).encode("utf-8", "replace")))
def test_no_bytes_make_reading_a_pointer_fail(data: bytes) -> None:
    pointer = read_pointer(data)
    assert pointer is None or len(pointer.digest) == 71
    places(data, "folder")


@given(st.binary(max_size=100))
@settings(max_examples=25, deadline=None)
def test_no_attributes_make_a_load_fail(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    made = Making(tmp_path_factory.mktemp("lfs"))
    made.commit({".gitattributes": b"* filter=lfs\n" + data, "a": POINTER, "b": data})
    assert isinstance(outcome(made.folder, LfsLoader()), Read)


@pytest.mark.parametrize("loader", [DvcLoader(), LfsLoader()])
def test_without_the_extra_the_loaders_say_what_to_install(
    loader: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Making(tmp_path).commit({"a": "b"})
    for name in ("dvc", "lfs"):
        monkeypatch.setattr(f"provgraph_loaders.{name}.loader.find_spec", lambda _: None)
    assert not loader.recognises(str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"pip install 'provgraph\[dvc\]'"):
        read(tmp_path, loader=loader)
