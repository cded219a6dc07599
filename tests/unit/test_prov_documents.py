"""W3C PROV documents as nodes and links: what of a document becomes what, and that nothing of it is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from provgraph.loading import LoadOptions, LoadReport, recognise
from provgraph.model import ArtifactState, Certainty, ExecutionState, Struct
from provgraph_loaders.prov import ProvLoader
from tests.loaders.prov.example import example_document, write_document, write_example
from tests.loaders.prov.golden import DOCUMENT, RECORDS, records_of
from tests.loaders.prov.reading import EX, Read, parsed, put_together, read
from tests.loaders.prov.strategies import documents

pytestmark = pytest.mark.filterwarnings("ignore::prov.model.ProvWarning")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Read:
    return read(write_example(tmp_path_factory.mktemp("prov") / "training.json"))


def of(tmp_path: Path, **groups: Any) -> Read:
    """What a document of these groups yields, with `ex:` and `b:` as prefixes."""
    prefixes = {"ex": EX, "b": "urn:b:", **groups.pop("prefix", {})}
    return read(write_document(tmp_path / "d.json", {"prefix": prefixes, **groups}))


def test_the_example_yields_the_records_kept_beside_it(tmp_path: Path) -> None:
    assert DOCUMENT.read_text("utf-8") == write_example(tmp_path / "training.json").read_text("utf-8")
    assert records_of(DOCUMENT) == json.loads(RECORDS.read_text("utf-8"))


# -- nothing is lost ---------------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150)
@given(document=documents())
def test_the_nodes_hold_the_whole_document(tmp_path: Path, document: dict[str, Any]) -> None:
    path = write_document(tmp_path / "d.json", document)
    kept, whole = put_together(read(path).nodes), parsed(path)
    assert kept == whole
    assert whole == kept


def test_statements_of_a_hub_are_spread_over_what_it_is_tied_to(tmp_path: Path) -> None:
    uses = {f"ex:u{n}": {"prov:activity": "ex:hub", "prov:entity": f"ex:e{n}"} for n in range(1_200)}
    found = of(tmp_path, used=uses)
    kept = [node.custom_properties["prov_json"] for node in found.nodes if node.type != "Document"]
    sizes = [len(said.text) for said in kept if isinstance(said, Struct)]
    assert put_together(found.nodes) == parsed(tmp_path / "d.json")
    assert max(sizes) < 110_000


def test_batches_of_any_size_hold_the_same(tmp_path: Path, example: Read) -> None:
    small = read(write_example(tmp_path / "d.json"), batch_size=1)
    assert [n.key for n in small.nodes] == [n.key for n in example.nodes]
    assert (small.flows, small.relations, small.memberships) == (example.flows, example.relations, example.memberships)


# -- what becomes what -------------------------------------------------------------------------------------------


def test_entities_are_artifacts_of_their_own_types(example: Read) -> None:
    images = example.artifacts["Entity/ex:images"]
    assert (images.type, images.name, images.external_id) == ("Dataset", "ex:images", f"{EX}images")
    assert (images.uri, images.get("ex:rows"), images.get("ex:checked")) == ("s3://plant-2/images", 4000, True)
    assert images.get("prov:label") == Struct.of(["images", "Bilder"])
    assert example.artifacts["Entity/ex:recipe"].type == "Entity"
    assert example.artifacts["Entity/https://plant-2.example/line-3"].name == "line-3"
    bases = {t.name: t.base_type.value for t in example.all_of("types") if t.base_type}
    assert bases == {"Dataset": "Dataset", "Model": "Model", "Train": "Train"}


def test_activities_are_executions_with_their_times(example: Read) -> None:
    train, label = example.executions["Activity/ex:train"], example.executions["Activity/ex:label"]
    assert (train.type, train.state) == ("Train", ExecutionState.COMPLETE)
    assert (train.started_at, train.ended_at) == (1_795_500_000_000, 1_795_500_000_000)
    assert (label.type, label.state, label.started_at) == ("Activity", ExecutionState.UNKNOWN, 1_795_420_800_000)


def test_agents_and_bundles_are_contexts(example: Read) -> None:
    assert {(c.type, c.name) for c in example.contexts.values()} == {
        ("Document", "S"),
        ("Bundle", "ex:run-7"),
        ("Bundle", "ex:empty"),
        ("Agent", "ex:anna"),
        ("Agent", "ex:plant-2"),
    }
    assert example.memberships == {
        ("Activity/ex:train", "Bundle/ex:run-7"),
        ("Entity/urn:own:metrics", "Bundle/ex:run-7"),
        ("Activity/ex:train", "Agent/ex:anna"),
        ("Entity/ex:labels", "Agent/ex:anna"),
    }


def test_uses_and_generations_are_events(example: Read) -> None:
    assert {flow for flow in example.flows if "train" in flow[1]} == {
        ("INPUT", "Activity/ex:train", "Entity/ex:images"),
        ("INPUT", "Activity/ex:train", "Entity/ex:labels"),
        ("INPUT", "Activity/ex:train", "Entity/ex:scratch"),
        ("OUTPUT", "Activity/ex:train", "Entity/ex:inspector"),
        ("OUTPUT", "Activity/ex:train", "Entity/urn:own:metrics"),
    }
    [first, *_] = example.events
    assert (first.path, first.time, first.certainty) == (("training data",), 1_795_500_060_250, Certainty.DECLARED)
    assert example.artifacts["Entity/ex:inspector"].created_at == 1_795_503_540_000


def test_a_derivation_through_an_activity_is_a_use_and_a_generation_and_one_without_is_a_derivation(
    example: Read,
) -> None:
    assert {flow for flow in example.flows if "label" in flow[1]} == {
        ("INPUT", "Activity/ex:label", "Entity/ex:recipe"),
        ("OUTPUT", "Activity/ex:label", "Entity/ex:labels"),
    }
    assert example.derivations == {("Entity/ex:images", "Entity/ex:labels")}


def test_what_was_invalidated_is_deleted_since_then(example: Read) -> None:
    labels = example.artifacts["Entity/ex:labels"]
    assert (labels.state, labels.get("deleted_at")) == (ArtifactState.DELETED, 1_795_564_800_000)


def test_all_other_statements_are_relations_under_their_names(example: Read) -> None:
    line = "Entity/https://plant-2.example/line-3"
    assert example.relations == {
        ("wasInvalidatedBy", "Entity/ex:labels", "Activity/ex:recall"),
        ("hadPlan", "Activity/ex:train", "Entity/ex:recipe"),
        ("actedOnBehalfOf", "Agent/ex:anna", "Agent/ex:plant-2"),
        ("wasInformedBy", "Activity/ex:train", "Activity/ex:label"),
        ("wasStartedBy", "Activity/ex:label", "Entity/ex:images"),
        ("wasEndedBy", "Activity/ex:label", "Activity/ex:train"),
        ("alternateOf", "Entity/ex:images", line),
        ("specializationOf", "Entity/ex:images", line),
        ("mentionOf", "Entity/ex:labels", "Entity/ex:labels-0"),
        ("hadMember", "Entity/ex:labels", "Entity/ex:part-1"),
        ("hadMember", "Entity/ex:labels", "Entity/ex:part-2"),
        ("wasInfluencedBy", "Agent/ex:anna", "Activity/ex:train"),
    }
    details = {r.name: r.details.data for r in example.all_of("relations") if r.details}
    assert details["hadPlan"]["prov:role"] == "author"
    assert details["actedOnBehalfOf"]["prov:activity"] == "ex:train"


def test_an_influence_ties_what_is_known_of_its_ends(tmp_path: Path) -> None:
    influence = {"_:i": {"prov:influencee": "ex:a", "prov:influencer": "ex:b"}}
    found = of(tmp_path, activity={"ex:a": {}}, agent={"ex:b": {}}, wasInfluencedBy=influence)
    assert found.relations == {("wasInfluencedBy", "Activity/ex:a", "Agent/ex:b")}


def test_one_name_in_two_bundles_is_one_node(tmp_path: Path) -> None:
    bundles = {f"ex:b{n}": {"prefix": {"ex": EX}, "entity": {"ex:e": {"ex:n": str(n)}}} for n in (1, 2)}
    found = of(tmp_path, entity={}, bundle=bundles)
    assert found.artifacts["Entity/ex:e"].get("ex:n") == Struct.of(["1", "2"])
    assert found.memberships == {("Entity/ex:e", "Bundle/ex:b1"), ("Entity/ex:e", "Bundle/ex:b2")}


def test_two_prefixes_of_one_spelling_are_told_apart(tmp_path: Path) -> None:
    bundles = {"ex:b": {"prefix": {"p": "urn:two:"}, "entity": {"p:e": {}}}}
    found = of(tmp_path, prefix={"p": "urn:one:"}, entity={"p:e": {}}, bundle=bundles)
    assert {a.key: a.name for a in found.all_of("artifacts")} == {
        "prov/S/Entity/urn:one:e": "urn:one:e",
        "prov/S/Entity/urn:two:e": "urn:two:e",
    }


def test_one_name_may_be_an_entity_an_activity_an_agent_and_a_bundle(tmp_path: Path) -> None:
    found = of(tmp_path, entity={"ex:x": {}}, activity={"ex:x": {}}, agent={"ex:x": {}}, bundle={"ex:x": {}})
    assert len({node.key for node in found.nodes}) == len(found.nodes) == 5
    contexts = [c.external_id for c in found.contexts.values() if c.external_id]
    assert contexts == [f"{EX}x"]


def test_marks_of_possible_links_are_understood(tmp_path: Path) -> None:
    own = {"provgraph": "urn:provgraph:terms:"}
    use = {"prov:activity": "ex:a", "prov:entity": "ex:e", "provgraph:possible": True}
    found = of(tmp_path, prefix=own, used={"_:u": {**use, "provgraph:certainty": "inferred"}})
    assert found.flows == {("POSSIBLE_INPUT", "Activity/ex:a", "Entity/ex:e")}
    assert found.events[0].certainty is Certainty.INFERRED


# -- the report --------------------------------------------------------------------------------------------------


def test_the_report_names_what_arrives_otherwise(example: Read) -> None:
    named = "(ex:scratch, ex:audit, ex:recall, …)"
    assert example.notes() == [
        "left alone: 1 derivations: say that a thing comes from itself: kept, but no link (ex:labels)",
        "left alone: 2 statements: name less than two things: kept, but no link (used, wasAssociatedWith)",
        f"guessed: 6 things: are named and not described: they are nodes all the same {named}",
        "guessed: 1 times: say no zone: they are taken for UTC (2026-11-24T06:59:00)",
        "dropped: 1 values: have names that say that they are secret: *** stands in their place (ex:api_key)",
        "unknown: 1 keys of the document: wasSeenBy: not of PROV-JSON, not read",
    ]
    assert example.report.read["Entity"] == 7
    assert example.report.read["used"] == 4


def test_what_prov_reads_otherwise_is_named(tmp_path: Path) -> None:
    entity = {"ex:n": [None, {"$": 1, "type": "nowhere:t"}, {"$": 2}], "ex:a b": "1"}
    found = of(tmp_path, entity={"ex:e": entity}, used={"_:u": {"prov:activity": "nowhere:a", "prov:time": "soon"}})
    name = f"the local part … of … contains a character PROV-N cannot write (a b, {EX}a b)"
    value, use = "(record ex:e, attribute ex:n)", "(record _:u, attribute prov:"
    prefix = "the qualified name … does not resolve, because its prefix … is not declared; it is dropped"
    twice = "(record ex:e, attribute ex:n, record ex:e, attribute ex:n)"
    told = [
        f"guessed: 1 … {name}",
        f"guessed: 2 … the value object's … is …, not a string {twice}",
        f"dropped: 1 … the datatype … does not resolve and is dropped {value}",
        f"dropped: 1 … {prefix} {use}activity)",
        f"dropped: 1 … the value is null and is dropped {value}",
        f"dropped: 1 … … is not an xsd:dateTime and is dropped {use}time)",
    ]
    assert [note.replace("values: are not as PROV-JSON asks:", "…") for note in found.notes()[1:]] == told


def test_secrets_do_not_arrive_and_names_that_only_look_like_secrets_do(tmp_path: Path) -> None:
    place = {"$": "https://anna:hunter2@plant.example/x?token=abcdef", "type": "xsd:anyURI"}
    text = "postgresql://u:pw@host/db and --password hunter2"
    found = of(
        tmp_path,
        prefix={"token": "urn:tokens:"},
        entity={"token:e1": {"prov:location": place, "ex:note": text}, "token:e2": {}, "ex:password": {"ex:n": "kept"}},
        used={"_:u": {"prov:activity": "ex:a", "prov:entity": "token:e1"}},
    )
    text = "".join(str(node) for node in found.nodes)
    assert "hunter2" not in text
    assert "pw@" not in text
    assert {a.name for a in found.all_of("artifacts")} == {"token:e1", "token:e2", "ex:password"}
    assert found.artifacts["Entity/ex:password"].get("ex:n") == "kept"
    assert any(note.startswith("dropped:") for note in found.notes())


def own(name: str, family: str, version: str) -> dict[str, Any]:
    """An artifact as provgraph exports it."""
    return {
        "prov:label": name,
        "provgraph:key": f"openlineage/default/Artifact/{name}",
        "provgraph:name": name,
        "provgraph:family": family,
        "provgraph:version": version,
    }


def test_versions_in_names_that_provgraph_wrote_are_no_hosts_after_passwords(tmp_path: Path) -> None:
    family = "gs://mock-bucket:result.txt"
    entities = {f"ex:e{n}": own(f"{family}@run-{n}", family, f"run-{n}") for n in (1, 2)}
    terms, made = {"provgraph": "urn:provgraph:terms:"}, {"ex:made": f"{family}@run-1, {family}@run-2"}
    found = of(tmp_path, prefix=terms, entity=entities, activity={"ex:t": made})
    assert {a.name for a in found.all_of("artifacts")} == {f"{family}@run-1", f"{family}@run-2"}
    assert found.artifacts["Entity/ex:e1"].get("prov:label") == f"{family}@run-1"
    assert found.executions["Activity/ex:t"].get("ex:made") == f"{family}@run-1, {family}@run-2"
    assert found.notes() == []


def test_passwords_in_names_that_provgraph_wrote_are_taken_out(tmp_path: Path) -> None:
    place = "postgresql://u:hunter2@host/db"
    terms = {"provgraph": "urn:provgraph:terms:"}
    found = of(tmp_path, prefix=terms, entity={"ex:e": own(f"{place}@3", place, "3")})
    assert found.artifacts["Entity/ex:e"].name == "postgresql://***@host/db@3"
    assert "hunter2" not in "".join(str(node) for node in found.nodes)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("abfss://images@plant.dfs.core.windows.net/x", "abfss://images@plant.dfs.core.windows.net/x"),
        ("ssh://git@host/repo and s3://b/a:b@2", "ssh://git@host/repo and s3://b/a:b@2"),
        ("ssh://git:hunter2@host/repo", "ssh://***@host/repo"),
        ("https://hunter2@host/repo", "https://***@host/repo"),
        ("mysql://:hunter2@host", "mysql://***@host"),
        ("gs://mock-bucket:hunter2@host", "gs://***@host"),
    ],
)
def test_a_container_or_user_before_a_host_stays_and_a_password_does_not(tmp_path: Path, text: str, kept: str) -> None:
    found = of(tmp_path, entity={"ex:e": {"ex:n": text, "prov:location": {"$": text, "type": "xsd:anyURI"}}})
    entity = found.artifacts["Entity/ex:e"]
    assert (entity.get("ex:n"), entity.uri) == (kept, kept)


def test_numbers_under_secret_names_are_no_secrets(tmp_path: Path) -> None:
    typed = {"$": "9", "type": "xsd:int"}
    values = {
        "ex:token_count": 9,
        "ex:token_share": 0.5,
        "ex:has_password": True,
        "ex:secret_tokens": typed,
        "ex:token": [7, "hunter2", {"$": "hunter3", "type": "xsd:int"}],
        "ex:password": {"$": "hunter4", "type": "xsd:string"},
        "ex:pwd": "1234",
    }
    entity = of(tmp_path, entity={"ex:e": values}).artifacts["Entity/ex:e"]
    assert [entity.get(f"ex:{n}") for n in ("token_count", "token_share", "has_password", "secret_tokens")] == [
        *(9, 0.5, True, 9)
    ]
    assert entity.get("ex:token") == Struct.of([7, "***"])
    assert (entity.get("ex:password"), entity.get("ex:pwd")) == ("***", "***")


# -- the source --------------------------------------------------------------------------------------------------


def test_a_document_is_called_as_its_file_is(tmp_path: Path) -> None:
    for file, name in (("run 7.prov.json", "run_7"), ("a.provjson", "a"), ("b.prov", "b"), (".json", "document")):
        path = write_document(tmp_path / file, example_document())
        report = LoadReport("prov", str(path))
        list(ProvLoader().load(str(path), LoadOptions(), report))
        assert report.store == f"prov/{name}"


def test_a_document_is_recognised(tmp_path: Path) -> None:
    path = write_example(tmp_path / "d.json")
    assert recognise(str(path)).name == "prov"
    assert recognise(str(write_document(path, {"entity": {"e": {}}}))).name == "prov"
    large = {**example_document(), "entity": {f"ex:e{n}": {"prov:label": "x" * 80} for n in range(12_000)}}
    assert recognise(str(write_document(path, large))).name == "prov"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"prefix": {}}',
        '{"entity": 3}',
        '{"run": {}, "job": {}, "eventTime": "x"}',
        "document",
        '{"used": {}, "free": {}}',
    ],
)
def test_other_files_are_not_recognised(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    assert not ProvLoader().recognises(str(path))
    assert not ProvLoader().recognises(str(tmp_path))
    assert not ProvLoader().recognises("no\0where")
