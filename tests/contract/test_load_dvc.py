"""Git repositories in the graph: DVC's runs and LFS's pointers, once, whatever happened before."""

from __future__ import annotations

from pathlib import Path

import pytest

from provgraph import Artifact, Graph
from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, run_loader
from provgraph.store.check import check_store
from provgraph_loaders.dvc import DvcLoader
from tests.loaders.dvc.example import write_example
from tests.loaders.dvc.making import Making


class Stopped(Exception):
    pass


def test_the_history_of_a_project_can_be_traced(graph: Graph, tmp_path: Path) -> None:
    write_example(tmp_path / "inspection")
    report = graph.load(tmp_path / "inspection")
    assert report.loader == "dvc"
    assert (report.created["Execution"], report.created["DERIVATION"]) == (8, 1)
    [raw] = [node for node in graph.find(kind="artifact") if node.key.endswith(f"data/raw@md5:{'1' * 32}.dir")]
    impact = graph.impact(raw)
    assert len(impact.models) == 2
    assert not graph.load(tmp_path / "inspection").changed


def test_a_project_that_grew_adds_just_that(graph: Graph, tmp_path: Path) -> None:
    write_example(tmp_path / "inspection", grown=False)
    graph.load(tmp_path / "inspection")
    write_example(tmp_path / "later" / "inspection")
    report = graph.load(tmp_path / "later" / "inspection")
    assert report.created["Execution"] == 2
    assert dict(report.updated) == {"Context": 1}  # the stage of the registry, which another version has
    assert not graph.load(tmp_path / "later" / "inspection").changed


def test_steps_that_change_nothing_leave_a_store_that_holds_together(graph: Graph, tmp_path: Path) -> None:
    made = Making(tmp_path / "clean")
    raw, clean = (f"[{{path: {name}.csv, hash: md5, md5: {'7' * 32}}}]" for name in ("raw", "clean"))
    made.commit({"dvc.lock": f"clean: {{cmd: x, deps: {raw}, outs: {clean}}}\n"})
    report = graph.load(made.folder)
    assert (report.created["INPUT"], report.created["OUTPUT"], report.created["SAME_AS"]) == (1, 1, 0)
    assert not list(check_store(graph._core))


def test_of_a_repository_without_dvc_nothing_is_said_to_be_in_the_store(graph: Graph, tmp_path: Path) -> None:
    made = Making(tmp_path / "plain")
    made.commit({"README.md": "no data here\n"})
    report = graph.load(made.folder, "dvc")
    assert "nothing to load" in str(report)
    assert "hold no files of DVC" in str(report)


def test_a_load_that_was_broken_off_is_completed_by_the_next(graph: Graph, tmp_path: Path) -> None:
    made = Making(tmp_path / "runs")
    for at in range(60):
        made.commit(
            {"dvc.lock": f"a: {{cmd: x, deps: [{{path: d, md5: '{at}0'}}], outs: [{{path: m, md5: '{at}1'}}]}}\n"}
        )

    def stop(done: int, total: int | None, words: str) -> None:
        if words == "records" and graph.count(kind="execution") >= 20:
            raise Stopped

    with pytest.raises(Stopped):
        run_loader(graph._core, DvcLoader(), str(made.folder), options=LoadOptions(batch_size=30), progress=stop)
    before = graph.count(kind="execution")
    assert 20 <= before < 60
    report = graph.load(made.folder)
    assert report.created["Execution"] == 60 - before
    assert report.created["OUTPUT"] == 60 - before  # those before came whole
    assert not graph.load(made.folder).changed


def test_two_loaders_of_one_repository_stay_apart_and_the_choice_is_the_user_s(graph: Graph, tmp_path: Path) -> None:
    made = Making(tmp_path / "both")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'5' * 64}\nsize 9\n"
    lock = f"a: {{cmd: x, deps: [{{path: net.onnx, md5: {'6' * 32}}}]}}\n"
    made.commit({".gitattributes": "*.onnx filter=lfs\n", "net.onnx": pointer, "dvc.lock": lock})
    (tmp_path / "both" / ".gitattributes").write_text("*.onnx filter=lfs\n", "utf-8")
    (tmp_path / "both" / "dvc.lock").write_text(lock, "utf-8")
    with pytest.raises(LoadError, match=r"several loaders recognise it: name one of dvc \(.*\), lfs \("):
        graph.load(tmp_path / "both")
    graph.load(tmp_path / "both", "dvc")
    graph.load(tmp_path / "both", "lfs")
    found = [node for node in graph.find(kind="artifact") if isinstance(node, Artifact)]
    assert {node.digest for node in found} == {f"sha256:{'5' * 64}", f"md5-dos2unix:{'6' * 32}"}
    assert not graph.load(tmp_path / "both", "lfs").changed
