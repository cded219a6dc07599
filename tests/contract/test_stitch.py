"""Joining in a store: what is written, crossed by traces, taken back, and left alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import LiteralString

import pytest
from click.testing import CliRunner

import provgraph.joining.stitch as stitching
from provgraph import Artifact, Condition, Event, EventType, Execution, Graph, Records
from provgraph.cli.app import commands
from provgraph.errors import InvalidValueError
from provgraph.joining import reading
from provgraph.joining.rules import RECORDED_BY, Rule
from provgraph.joining.stitch import stitch
from provgraph.model import Equality
from provgraph.store.check import check_store
from tests.loaders.joined import EXACT, write_project, write_scene
from tests.servers.target import Bypass, Target

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


AT = "s3://b/m?versionId=1"
B2, C3 = "sha256:" + "b2" * 32, "sha256:" + "c3" * 32


def put_at(graph: Graph, *, equalities: tuple[Equality, ...] = (), **digests: str | None) -> dict[str, int]:
    """One artifact of each named source at one exact place, with these digests."""
    put = graph.put_lineage(
        Records(
            artifacts=[Artifact(key=f"{s}/2", type="D", source=s, uri=AT, digest=d) for s, d in digests.items()],
            equalities=equalities,
        )
    )
    return put.ids


@pytest.mark.parametrize("by_load", [False, True], ids=["whole", "of a load"])
def test_a_join_that_digests_contradict_later_is_taken_back_and_said(
    graph: Graph, bypass: Bypass, by_load: bool
) -> None:
    put_at(graph, A=None, B=None)
    assert graph.stitch().joined == {Rule.URI: 1}
    ids = put_at(graph, A=B2, B=C3)
    before = links(bypass)
    would = graph.stitch(dry_run=True)
    assert (would.taken_back, would.changed) == ({Rule.URI: 1}, False)
    assert links(bypass) == before
    report = stitch(graph._core, [ids["B/2"]]) if by_load else graph.stitch()
    assert (report.taken_back, report.joined, report.changed) == ({Rule.URI: 1}, {}, True)
    [conflict] = report.conflicts
    assert (conflict.first, conflict.second, conflict.taken_back) == (ids["A/2"], ids["B/2"], 1)
    assert conflict.reason == f"their bytes differ: {B2} and {C3}"
    assert bypass.run("MATCH ()-[r:SAME_AS]->() RETURN count(r) AS n") == [{"n": 0}]
    again = graph.stitch()
    assert (again.changed, again.conflict_count, again.conflicts[0].taken_back) == (False, 1, 0)


def test_what_a_tool_said_stays_and_joins_that_nothing_contradicts_do(graph: Graph, bypass: Bypass) -> None:
    said = Equality(first="A/2", second="T/1", rule="renamed", recorded_by="T")
    graph.put_lineage(Records(artifacts=[Artifact(key="T/1", type="D", source="T", digest=SHA)]))
    put_at(graph, A=None, B=None, equalities=(said,))
    graph.put_lineage(Records(artifacts=[Artifact(key="E/1", type="D", source="E", digest=SHA)]))
    assert graph.stitch().joined == {Rule.CONTENT: 1, Rule.URI: 1}
    put_at(graph, B=C3)  # other bytes than T/1, of which A/2 is another name
    report = graph.stitch()
    assert report.taken_back == {Rule.URI: 1}
    left = {(row["a"], row["b"]) for row in bypass.run("MATCH (a)-[:SAME_AS]->(b) RETURN a.key AS a, b.key AS b")}
    assert {tuple(sorted(map(str, pair))) for pair in left} == {("A/2", "T/1"), ("E/1", "T/1")}
    assert not graph.stitch().changed


def test_a_join_whose_evidence_is_gone_is_questioned_all_the_same(graph: Graph, bypass: Bypass) -> None:
    put_at(graph, A=None, B=None)
    graph.stitch()
    graph.put_lineage(
        Records(
            artifacts=[
                Artifact(key="A/2", type="D", source="A", uri="s3://b/a?versionId=7", digest=B2),
                Artifact(key="B/2", type="D", source="B", uri="s3://b/b?versionId=8", digest=C3),
            ]
        )
    )
    assert graph.stitch(rules=["content-hash"]).taken_back == {Rule.URI: 1}
    assert bypass.run("MATCH ()-[r:SAME_AS]->() RETURN count(r) AS n") == [{"n": 0}]


def test_a_join_whose_source_says_something_else_by_now_gives_way_to_the_right_one(graph: Graph) -> None:
    def at(key: str, version: str) -> Artifact:
        return Artifact(key=key, type="Dataset", source=key[0], uri=f"s3://b/k?versionId={version}")

    graph.put_lineage(Records(artifacts=[at("a/current", "v1"), at("b/train", "v1")]))
    assert graph.stitch().joined == {Rule.URI: 1}
    graph.put_lineage(Records(artifacts=[at("a/current", "v2"), at("a/old", "v1")]))
    ids = {key: graph.get(key).id for key in ("a/current", "a/old", "b/train")}
    would = graph.stitch(dry_run=True)
    assert (would.taken_back, would.joined, would.changed) == ({Rule.URI: 1}, {Rule.URI: 1}, False)
    report = stitch(graph._core, [ids["a/current"], ids["a/old"]])  # as after a load of a
    assert (report.taken_back, report.joined) == ({Rule.URI: 1}, {Rule.URI: 1})
    assert len(graph.lineage("a/old")) == 2
    assert len(graph.lineage("a/current")) == 1
    assert f"artifact:{ids['a/current']} is recorded otherwise by now" in str(report)
    assert not graph.stitch().changed


def put_twins(graph: Graph, count: int) -> list[str]:
    """Put `a-0` and `b-0`, `a-1` and `b-1` … of equal bytes; their digests."""
    sha = [f"sha256:{n:064x}" for n in range(1, count + 1)]
    twins = [
        Artifact(key=f"{s}/{d}", name=f"{s}-{n}", type="D", source=s, digest=d) for s in "ab" for n, d in enumerate(sha)
    ]
    graph.put_lineage(Records(artifacts=twins))
    return sha


def test_a_report_names_the_pairs_that_it_joins_or_would(graph: Graph) -> None:
    sha = put_twins(graph, 5)
    would = graph.stitch(dry_run=True)
    assert [(p.first_name, p.second_name, p.rule, p.evidence) for p in would.pairs] == [
        (f"a-{n}", f"b-{n}", Rule.CONTENT, digest) for n, digest in enumerate(sha)
    ]
    assert [graph.get(p.first).name for p in would.pairs] == [p.first_name for p in would.pairs]
    assert graph.stitch(dry_run=True, listed=2).pairs == would.pairs[:2]
    assert graph.stitch(listed=None).pairs == would.pairs
    assert graph.stitch().pairs == []
    with pytest.raises(InvalidValueError, match="listed"):
        graph.stitch(listed=-1)


def test_the_command_names_pairs_and_says_how_many_more_there_are(
    graph: Graph, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVGRAPH_URL", target.url)
    monkeypatch.setenv("PROVGRAPH_USER", target.user or "")
    monkeypatch.setenv("PROVGRAPH_PASSWORD", target.password or "")
    sha = put_twins(graph, 25)
    dry = CliRunner().invoke(commands, ["stitch", "--dry-run"]).stdout
    assert dry.startswith("would join    25 by content hash\nFIRST ")
    [row] = [line for line in dry.splitlines() if "a-3 " in line]
    assert row.split()[1::2][:2] == ["a-3", "b-3"]
    assert row.endswith(f"content hash  {sha[3]}")
    assert "a-19" in dry
    assert "a-20" not in dry
    assert "… and 5 more: --json names up to 100,000" in dry
    for words in (["--dry-run"], []):
        told = json.loads(CliRunner().invoke(commands, ["stitch", "--json", *words]).stdout)
        assert (told["pair_count"], len(told["pairs"]), told["dry_run"]) == (25, 25, bool(words))
        first = told["pairs"][0]
        assert (first["names"], first["evidence"], first["rule"]) == (["a-0", "b-0"], sha[0], "content hash")
        assert graph.get(told["pairs"][24]["refs"][1]).name == "b-24"
