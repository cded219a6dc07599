"""Joining in a store: what is written, crossed by traces, taken back, and left alone."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import LiteralString

import pytest

import provgraph.joining.stitch as stitching
from provgraph import Artifact, Condition, Event, EventType, Execution, Graph, Records
from provgraph.joining import reading
from provgraph.joining.rules import RECORDED_BY, Rule
from provgraph.joining.stitch import stitch
from provgraph.model import Equality
from provgraph.store.check import check_store
from tests.loaders.joined import EXACT, write_project, write_scene
from tests.servers.target import Bypass

SHA = "sha256:" + "a1" * 32
EVERYTHING: LiteralString = "MATCH (a)-[r]->(b) RETURN a.key, b.key, type(r) AS t, properties(r) AS p"


def put(graph: Graph) -> None:
    """Three tools' records of one dataset, and a version of it that one of them calls by two names."""
    place = {"dataset_version": "3HL4"}
    graph.put_lineage(
        Records(
            artifacts=[
                Artifact(key="a/1", type="Dataset", source="a", digest=SHA),
                Artifact(key="b/1", type="Dataset", source="b", digest=SHA.upper(), uri="s3://p/x?versionId=3HL4"),
                Artifact(key="c/1", type="Dataset", source="c", uri="s3://p/x", custom_properties=place),
                Artifact(key="c/2", type="Dataset", source="c", uri="s3://p/y"),
            ],
            equalities=[Equality(first="c/1", second="c/2", rule="renamed", recorded_by="c")],
        )
    )


def links(bypass: Bypass) -> set[str]:
    return {repr(sorted(row.items(), key=str)) for row in bypass.run(EVERYTHING)}


def test_a_join_says_by_what_and_is_taken_back_without_a_trace(graph: Graph, bypass: Bypass) -> None:
    put(graph)
    before = links(bypass)
    assert graph.stitch(dry_run=True).joined == {Rule.CONTENT: 1, Rule.URI: 1}
    assert links(bypass) == before
    assert graph.stitch().joined == {Rule.CONTENT: 1, Rule.URI: 1}
    assert len(links(bypass) - before) == 4
    [row] = bypass.run("MATCH (:Artifact {key: 'b/1'})-[r:SAME_AS]->(:Artifact {key: 'a/1'}) RETURN properties(r) AS p")
    said = row["p"]
    assert isinstance(said, dict)
    assert said.pop("recorded_at") > 0
    assert said == {"rule": "content hash", "evidence": SHA, "certainty": "inferred", "recorded_by": RECORDED_BY}
    crossed = graph.upstream("b/1").certificate
    assert crossed.inferred_edges == 2
    assert "inferred)" in str(crossed)
    after = links(bypass)
    again = graph.stitch()
    assert (again.changed, again.known, again.shared) == (False, 2, 2)
    assert links(bypass) == after
    assert graph.unstitch(rules=["version-exact-uri"]) == {Rule.URI: 1}
    assert graph.unstitch(rules=["version-exact-uri"]) == {}
    graph.stitch()
    assert graph.unstitch("b/1") == {Rule.CONTENT: 1, Rule.URI: 1}
    graph.stitch()
    assert graph.unstitch() == {Rule.CONTENT: 1, Rule.URI: 1}
    assert links(bypass) == before


@pytest.mark.parametrize("worth_all", [0, 10**9], ids=["looked up", "read in passing"])
def test_a_load_finds_who_shares_something_whichever_way_it_reads(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, worth_all: int
) -> None:
    monkeypatch.setattr(reading, "_WORTH_ALL", worth_all)
    commit, md5 = "d" * 40, "md5:" + "c3" * 16
    place = {"git_commit": commit, "path": "data/x.csv"}
    graph.put_lineage(
        Records(
            artifacts=[
                Artifact(key="a/1", type="D", source="a", digest=SHA.upper()),
                Artifact(key="b/1", type="D", source="b", custom_properties={"digest_md5": md5}),
                Artifact(
                    key="c/1", type="D", source="c", uri="s3://p/x", custom_properties={"dataset_version": "3HL4"}
                ),
                Artifact(key="d/1", type="D", source="d", custom_properties={"rev_lock": commit, "path": "data/x.csv"}),
                Artifact(key="e/1", type="ModelVersion", source="e", name="m/3", family="m", version="3"),
                # what the load did not touch is not looked at
                Artifact(key="f/1", type="D", source="f", digest="sha256:" + "b2" * 32),
                Artifact(key="g/1", type="D", source="g", digest="sha256:" + "b2" * 32),
            ]
        )
    )
    put = graph.put_lineage(
        Records(
            artifacts=[
                Artifact(key="z/1", type="D", source="z", digest=SHA),
                Artifact(key="z/2", type="D", source="z", digest=md5),
                Artifact(key="z/3", type="D", source="z", uri="s3a://p/x?versionId=3HL4"),
                Artifact(key="z/4", type="D", source="z", custom_properties=place),
                Artifact(key="z/5", type="D", source="z", uri="models:/m/3"),
            ]
        )
    )
    report = stitch(graph._core, sorted(put.ids.values()))
    assert report.joined == {Rule.CONTENT: 2, Rule.URI: 2, Rule.COMMIT: 1}
    assert report.looked_at == 5
    assert graph.stitch().joined == {Rule.CONTENT: 1}


def test_a_stitch_that_was_broken_off_is_completed_by_the_next(
    graph: Graph, bypass: Bypass, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = [f"sha256:{n:064x}" for n in range(1, 41)]
    graph.put_lineage(
        Records(
            artifacts=[
                Artifact(key=f"{source}/{digest}", type="D", source=source, digest=digest)
                for source in ("a", "b", "c")
                for digest in digests
            ]
        )
    )
    monkeypatch.setattr(stitching, "_BATCH", 10)

    def stop(done: int, _: int | None, words: str) -> None:
        if words == "shared by records" and done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stitch(graph._core, told=stop)
    [count] = bypass.run("MATCH ()-[r:SAME_AS]->() RETURN count(r) AS n")
    assert 0 < int(str(count["n"])) < 160
    graph.stitch()
    assert bypass.run("MATCH ()-[r:SAME_AS]->() RETURN count(r) AS n") == [{"n": 160}]
    assert not graph.stitch().changed


def test_a_hash_of_many_equal_records_is_a_star_that_a_component_is_read_of_once(graph: Graph, bypass: Bypass) -> None:
    many = [Artifact(key=f"k{n}", type="D", source=f"tool{n}", digest=SHA) for n in range(60)]
    graph.put_lineage(Records(artifacts=many))
    assert graph.stitch().joined == {Rule.CONTENT: 59}
    [hub] = bypass.run("MATCH (a)-[:SAME_AS]->(b) WITH a, count(b) AS n WHERE n > 1 RETURN a.key AS key, n")
    assert hub == {"key": "k0", "n": 59}
    graph.put_lineage(Records(artifacts=[Artifact(key="late", type="D", source="late", digest=SHA)]))
    assert graph.stitch().joined == {Rule.CONTENT: 1}


def test_impact_goes_from_a_file_of_dvc_to_the_models_of_mlflow(graph: Graph, tmp_path: Path) -> None:
    write_scene(tmp_path)
    assert graph.load(tmp_path / "churn").stitch is not None
    with graph.execution("Export") as step:
        step.output(tmp_path / "churn" / "rides.csv", type="Dataset", name="rides", uri=EXACT)
    tracking = graph.load(tmp_path / "mlflow.db")
    assert tracking.stitch is not None
    assert tracking.stitch.joined == {Rule.URI: 1}  # with the recorded one, by a place that a version names
    events = graph.load(tmp_path / "events.jsonl")
    assert events.stitch is not None
    assert events.stitch.joined == {Rule.URI: 1}
    [file] = [node for node in graph.find(type="Dataset") if node.source.startswith("dvc/")]
    assert not graph.impact(file).models  # the step came after the load of DVC's records
    again = graph.load(tmp_path / "churn")
    assert again.changed
    assert again.stitch is not None
    assert again.stitch.joined == {Rule.CONTENT: 1}
    impact = graph.impact(file)
    assert (impact.model_count, len(impact.models)) == (3, 6)  # versions are the logged models that they are made of
    assert dict(impact.counts) == {"Model": 2, "ModelVersion": 1, "Dataset": 1}  # the file itself is no part of it
    assert impact.records == 10
    assert {node.source.partition("/")[0] for node in graph.downstream(file).artifacts} == {
        "dvc",
        "",
        "mlflow",
        "openlineage",
    }
    assert not graph.load(tmp_path / "churn").changed
    assert not graph.stitch().changed
    assert list(check_store(graph._core)) == []


def test_what_a_step_rewrote_in_a_project_of_dvc_is_known_by_its_last_bytes(graph: Graph, tmp_path: Path) -> None:
    write_project(tmp_path / "churn", b"new rides")
    path = tmp_path / "churn" / "rides.csv"
    path.write_bytes(b"old rides")
    with pytest.warns(UserWarning, match="was changed"), graph.execution("Export") as step:  # noqa: PT031 - its end warns
        step.output(path, type="Dataset", name="rides")
        path.write_bytes(b"new rides")
    with graph.execution("Empty") as step:
        path.write_bytes(b"")
        step.output(path, type="Dataset", name="nothing")
    [rides, nothing] = [
        next(graph.find(kind="artifact", where=[Condition("family", "=", n)])) for n in ("rides", "nothing")
    ]
    assert rides.get("digest_md5") == "md5:" + hashlib.md5(b"new rides", usedforsecurity=False).hexdigest()
    assert nothing.get("digest_md5") is None
    report = graph.load(tmp_path / "churn")
    assert report.stitch is not None
    assert report.stitch.joined == {Rule.CONTENT: 1}


def test_explain_names_data_once_however_many_tools_have_it(graph: Graph) -> None:
    def train(source: str) -> list[Event]:
        return [
            Event(artifact=f"{source}/raw", execution=f"{source}/prepare", type=EventType.INPUT),
            Event(artifact=f"{source}/data", execution=f"{source}/prepare", type=EventType.OUTPUT),
            Event(artifact=f"{source}/data", execution=f"{source}/train", type=EventType.INPUT),
            Event(artifact=f"{source}/model", execution=f"{source}/train", type=EventType.OUTPUT),
        ]

    kinds = (("raw", "Dataset"), ("data", "Dataset"), ("model", "Model"))
    graph.put_lineage(
        Records(
            artifacts=[
                Artifact(key=f"{tool}/{name}", name=name, type=kind, source=tool, digest="md5:" + f"{at:x}" * 32)
                for tool in "ab"
                for at, (name, kind) in enumerate(kinds, 1)
            ],
            executions=[
                Execution(key=f"{tool}/{name}", type=name, source=tool)
                for tool in "ab"
                for name in ("prepare", "train")
            ],
            events=[event for tool in "ab" for event in train(tool)],
        )
    )
    assert graph.stitch().joined == {Rule.CONTENT: 3}
    assert graph.explain("b/model").data.text == "data, made from 1 Dataset"
    assert dict(graph.impact("a/raw").counts) == {"Dataset": 1, "Model": 1}


def test_a_load_looks_only_at_what_it_brings_and_not_at_all_if_it_is_told_so(graph: Graph, tmp_path: Path) -> None:
    put(graph)
    write_scene(tmp_path)
    report = graph.load(tmp_path / "mlflow.db")
    assert report.stitch is not None
    assert (report.stitch.shared, report.stitch.joined.total()) == (0, 0)
    assert graph.load(tmp_path / "events.jsonl", stitch=False).stitch is None
    assert graph.stitch().joined == {Rule.CONTENT: 1, Rule.URI: 2}


def test_no_hub_is_walked_twice_on_a_ladder_of_equalities(graph: Graph) -> None:
    """Stacked diamonds of equalities have 2^40 paths: reading a component takes none of them."""
    rungs = range(40)
    artifacts = [Artifact(key="e0", type="D", source="a", digest=SHA)]
    equalities: list[Equality] = []
    for n in rungs:
        artifacts += [Artifact(key=f"{side}{n + 1}", type="D", source="a") for side in "elr"]
        for side in "lr":
            equalities += [
                Equality(first=f"e{n}", second=f"{side}{n + 1}", rule="renamed", recorded_by="a"),
                Equality(first=f"{side}{n + 1}", second=f"e{n + 1}", rule="renamed", recorded_by="a"),
            ]
    other = Artifact(key="b", type="D", source="b", digest=SHA)
    graph.put_lineage(Records(artifacts=[*artifacts, other], equalities=equalities))
    assert graph.stitch().joined == {Rule.CONTENT: 1}


def test_a_dataset_that_a_clean_run_used_by_its_path_is_that_of_the_commit(graph: Graph) -> None:
    commit = "d" * 40
    used = [("m/clean", "data/x.csv", False), ("m/dirty", "data/y.csv", True)]
    at = {"git_commit": commit}
    graph.put_lineage(
        Records(
            artifacts=[
                *(
                    Artifact(key=path, type="File", source="dvc/x", custom_properties={**at, "path": path})
                    for path in ("data/x.csv", "data/y.csv")
                ),
                *(Artifact(key=key, type="Dataset", source="mlflow/y", uri=path) for key, path, _ in used),
            ],
            executions=[
                Execution(key=f"{key}/run", type="Run", custom_properties={**at, "git_dirty": dirty})
                for key, _, dirty in used
            ],
            events=[Event(artifact=key, execution=f"{key}/run", type=EventType.INPUT) for key, _, _ in used],
        )
    )
    assert graph.stitch().joined == {Rule.COMMIT: 1}
    assert {node.key for node in graph.downstream("data/x.csv").executions} == {"m/clean/run"}
