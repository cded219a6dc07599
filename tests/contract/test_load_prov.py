"""W3C PROV documents in the graph: all of them, once, and out again, whatever happened before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from prov.model import ProvDocument, ProvUsage

from provgraph import Artifact, ArtifactState, Graph
from provgraph.cli.app import commands
from provgraph.errors import LoadError, NotFoundError
from provgraph.loading import LoadOptions, run_loader
from provgraph_loaders.prov import ProvLoader
from tests.loaders.killing import killed_load
from tests.loaders.prov.example import example_document, write_document
from tests.loaders.prov.reading import parsed, read
from tests.servers.target import Bypass, Target

EX = "http://example.org/"


def harmless() -> dict[str, Any]:
    """The example without the secret in it, which does not come out again, and without what is not of PROV."""
    document = example_document()
    del document["entity"]["ex:inspector"]["ex:api_key"], document["wasSeenBy"]
    return document


def again(text: str) -> ProvDocument:
    found: ProvDocument = ProvDocument.deserialize(content=text, format="json")
    return found


def equal(a: ProvDocument, b: ProvDocument) -> bool:
    return a == b and b == a


def test_a_document_arrives_whole_comes_out_equal_and_changes_nothing_again(
    graph: Graph, bypass: Bypass, tmp_path: Path
) -> None:
    path = write_document(tmp_path / "d.json", harmless())
    expected = read(path)
    report = graph.load(path, "prov", name="S")
    assert {node.key for node in graph.find()} == {node.key for node in expected.nodes}
    rows = bypass.run("MATCH (a)-[r:RELATION]->(b) RETURN r.name AS name, a.key AS start, b.key AS end")
    found = {
        (row["name"], *(str(row[end]).removeprefix("prov/S/").replace(EX, "ex:") for end in ("start", "end")))
        for row in rows
    }
    assert found == expected.relations
    labels = graph.get("ex:labels")
    assert isinstance(labels, Artifact)
    assert (labels.state, labels.get("deleted_at")) == (ArtifactState.DELETED, 1_795_564_800_000)
    assert equal(again(graph.source("prov/S").to_prov_json()), parsed(path))
    second = graph.load(path, "prov", name="S")
    assert not second.changed
    assert second.unchanged == report.created


def test_a_trace_gives_back_the_names_and_statements_of_the_document(graph: Graph, tmp_path: Path) -> None:
    graph.load(write_document(tmp_path / "d.json", harmless()), "prov", name="S")
    document = graph.upstream("ex:inspector").to_prov()
    names = {str(record.identifier) for record in document.get_records() if record.is_element()}
    assert {"ex:inspector", "ex:train", "ex:images", "ex:labels", "ex:anna"} <= names
    assert "ex:plant-2" not in names
    whole = set(parsed(tmp_path / "d.json").get_records())
    assert set(document.get_records()) <= whole
    assert [str(bundle.identifier) for bundle in document.bundles] == ["ex:run-7"]


def test_a_document_that_grew_adds_just_that(graph: Graph, tmp_path: Path) -> None:
    document = harmless()
    graph.load(write_document(tmp_path / "d.json", document), "prov", name="S")
    document["entity"]["ex:report"] = {}
    document["wasGeneratedBy"]["_:new"] = {"prov:entity": "ex:report", "prov:activity": "ex:train"}
    document["used"]["ex:use-1b"] = {"prov:activity": "ex:train", "prov:entity": "ex:images", "prov:role": "test data"}
    path = write_document(tmp_path / "d.json", document)
    report = graph.load(path, "prov", name="S")
    assert dict(report.created) == {"Artifact": 1, "OUTPUT": 1}
    assert dict(report.updated) == {"Execution": 1}
    assert equal(again(graph.source("prov/S").to_prov_json()), parsed(path))


def test_links_that_a_changed_document_no_longer_tells_are_still_exported(graph: Graph, tmp_path: Path) -> None:
    prefix = {"ex": EX}
    first: dict[str, Any] = {
        "prefix": prefix,
        "entity": {"ex:a": {"ex:rows": 4}, "ex:b": {}, "ex:d": {}},
        "activity": {"ex:t": {}},
        "used": {"_:u": {"prov:activity": "ex:t", "prov:entity": "ex:a"}},
        "wasGeneratedBy": {"_:g": {"prov:activity": "ex:t", "prov:entity": "ex:b"}},
        "wasDerivedFrom": {"_:d": {"prov:generatedEntity": "ex:d", "prov:usedEntity": "ex:a"}},
        "wasAttributedTo": {"_:at": {"prov:entity": "ex:a", "prov:agent": "ex:anna"}},
        "wasAssociatedWith": {"_:as": {"prov:activity": "ex:t", "prov:agent": "ex:anna"}},
        "bundle": {"ex:run": {"prefix": prefix, "entity": {"ex:a": {}}}},
    }
    second = {
        "prefix": prefix,
        "entity": {"ex:a": {}, "ex:c": {}, "ex:d": {}},
        "agent": {"ex:anna": {}},
        "wasGeneratedBy": {"_:g": {"prov:activity": "ex:t", "prov:entity": "ex:c"}},
        "bundle": {"ex:run": {"prefix": prefix}},
    }
    graph.load(write_document(tmp_path / "1.json", first), "prov", name="S")
    graph.load(write_document(tmp_path / "2.json", second), "prov", name="S")
    lineage = graph.source("prov/S")
    document = again(lineage.to_prov_json())
    told = {
        (type(record).__name__, *(str(value) for _, value in record.formal_attributes[:2]))
        for record in document.get_records()
        if record.is_relation()
    }
    assert told == {
        ("ProvUsage", "ex:t", "ex:a"),
        ("ProvGeneration", "ex:b", "ex:t"),
        ("ProvGeneration", "ex:c", "ex:t"),
        ("ProvDerivation", "ex:d", "ex:a"),
        ("ProvAttribution", "ex:a", "ex:anna"),
        ("ProvAssociation", "ex:t", "ex:anna"),
    }
    [bundle] = document.bundles
    assert [str(record.identifier) for record in bundle.get_records()] == ["ex:a"]
    # a second store that reads it has all that the first one has
    (tmp_path / "out.json").write_text(lineage.to_prov_json(), "utf-8")
    graph.load(tmp_path / "out.json", "prov", name="T")
    copy = graph.source("prov/T")
    keys = [{n.ref: n.key.split("/", 2)[2] for n in (*each.nodes, *each.contexts)} for each in (lineage, copy)]
    links = [
        {(edge.kind, at[edge.source], at[edge.target]) for edge in each.edges}
        for at, each in zip(keys, (lineage, copy), strict=True)
    ]
    members = [
        {(at[ref], at[context]) for ref, contexts in each.memberships.items() for context in contexts}
        for at, each in zip(keys, (lineage, copy), strict=True)
    ]
    assert links[0] == links[1]
    assert members[0] == members[1]
    assert len(links[0]) == 4


def test_a_trace_tells_a_use_whose_derivation_lies_outside_of_it(graph: Graph, tmp_path: Path) -> None:
    derivation = {"prov:generatedEntity": "ex:b", "prov:usedEntity": "ex:a", "prov:activity": "ex:t"}
    document = {
        "prefix": {"ex": EX},
        "wasDerivedFrom": {"_:d": derivation},
        "wasGeneratedBy": {"_:g": {"prov:activity": "ex:t", "prov:entity": "ex:c"}},
    }
    graph.load(write_document(tmp_path / "d.json", document), "prov", name="S")
    traced = again(graph.upstream("ex:c").to_prov_json())
    [use] = traced.get_records(ProvUsage)
    assert [str(value) for _, value in use.formal_attributes[:2]] == ["ex:t", "ex:a"]


def test_a_thing_of_another_type_is_refused_and_the_line_says_what_was_written(graph: Graph, tmp_path: Path) -> None:
    document: dict[str, Any] = {"prefix": {"ex": EX}, "entity": {"ex:a": {}, "ex:b": {}}}
    graph.load(write_document(tmp_path / "d.json", document), "prov", name="S")
    document["entity"]["ex:a"] = {"prov:type": {"$": "ex:Other", "type": "prov:QUALIFIED_NAME"}}
    document["entity"]["ex:c"] = {}
    with pytest.raises(LoadError, match="of another type") as refused:
        graph.load(write_document(tmp_path / "d.json", document), "prov", name="S")
    assert "what was written before it stays" not in str(refused.value)
    assert str(refused.value).endswith("(no node and no link was written)")
    assert {node.name for node in graph.find(kind="artifact")} == {"ex:a", "ex:b"}


def test_documents_of_two_names_live_side_by_side(graph: Graph, tmp_path: Path) -> None:
    one = write_document(tmp_path / "one.json", {"prefix": {"ex": EX}, "entity": {"ex:e": {"ex:n": "1"}}})
    two = write_document(tmp_path / "two.json", {"prefix": {"ex": "urn:x:"}, "entity": {"ex:e": {"ex:n": "2"}}})
    graph.load(one)
    graph.load(two)
    for name, path in (("one", one), ("two", two)):
        assert equal(graph.source(f"prov/{name}").to_prov(), parsed(path))
    both = graph.upstream([f"prov/one/Entity/{EX}e", "prov/two/Entity/urn:x:e"]).to_prov()
    assert {r.identifier.uri for r in both.get_records() if r.identifier is not None} == {f"{EX}e", "urn:x:e"}
    with pytest.raises(NotFoundError, match="nothing in this store comes from 'prov/three'"):
        graph.source("prov/three")


def test_a_refused_document_writes_nothing(graph: Graph, tmp_path: Path) -> None:
    path = write_document(tmp_path / "d.json", {**harmless(), "agent": {"nowhere:x": {}}})
    with pytest.raises(LoadError, match=r"d\.json: is no PROV-JSON document: .*'nowhere:x'"):
        graph.load(path, "prov")
    assert graph.count() == 0
    assert graph.types() == []


def chain(path: Path, length: int) -> Path:
    """Activities, each of which used what the one before generated."""
    document: dict[str, Any] = {"prefix": {"ex": EX}, "used": {}, "wasGeneratedBy": {}}
    for n in range(length):
        ends = {"prov:activity": f"ex:a{n}", "prov:entity": f"ex:e{n}"}
        document["used"][f"ex:u{n}"] = ends
        document["wasGeneratedBy"][f"ex:g{n}"] = {**ends, "prov:entity": f"ex:e{n + 1}"}
    return write_document(path, document)


def assert_whole(bypass: Bypass) -> None:
    """Every execution that is there has its input and its output."""
    rows = bypass.run(
        "MATCH (e:Execution) OPTIONAL MATCH (e)<-[i:INPUT]-() WITH e, count(i) AS i "
        "OPTIONAL MATCH (e)-[o:OUTPUT]->() RETURN i, count(o) AS o, e.key AS key"
    )
    assert {(row["i"], row["o"]) for row in rows} <= {(1, 1)}


class Stopped(BaseException):
    """What a test throws from the middle of a load."""


def test_a_load_that_was_broken_off_leaves_whole_executions_and_the_next_completes_it(
    graph: Graph, bypass: Bypass, tmp_path: Path
) -> None:
    path = chain(tmp_path / "d.json", 60)

    def stop(done: int, total: int | None, words: str) -> None:
        if graph.count(kind="execution") >= 20:
            raise Stopped

    with pytest.raises(Stopped):
        run_loader(
            graph._core, ProvLoader(), str(path), options=LoadOptions(source_name="S", batch_size=20), progress=stop
        )
    assert 20 <= graph.count(kind="execution") < 60
    assert_whole(bypass)
    graph.load(path, name="S")
    assert_whole(bypass)
    assert equal(graph.source("prov/S").to_prov(), parsed(path))
    assert not graph.load(path, name="S").changed


def test_a_load_that_is_killed_is_completed_by_the_next(
    graph: Graph, target: Target, bypass: Bypass, tmp_path: Path
) -> None:
    path = chain(tmp_path / "d.json", 200)
    killed_load(target, "prov", path, at="statements", name="S")
    assert_whole(bypass)
    graph.load(path, name="S")
    assert graph.count(kind="execution") == 200
    assert_whole(bypass)


def test_export_writes_a_document_that_prov_reads(
    empty_embedded: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = write_document(tmp_path / "d.json", harmless()), tmp_path / "out.provjson"

    def run(*arguments: str) -> int:
        code: int = commands.main(args=["--url", empty_embedded.url, *arguments], standalone_mode=False)
        return code

    assert run("load", "prov", str(path), "--json") == 0
    assert json.loads(capsys.readouterr().out)["store"] == "prov/d"
    assert run("export", "--source", "prov/d", "-o", str(out)) == 0
    assert equal(parsed(out), parsed(path))
    assert run("export", "ex:inspector", "--direction", "upstream", "--format", "prov-json") == 0
    assert "ex:images" in capsys.readouterr().out
    for wrong in (
        ["export"],
        ["export", "ex:images", "--source", "prov/d"],
        ["export", "--source", "x", "--max-hops", "2"],
    ):
        assert run(*wrong) == 2
