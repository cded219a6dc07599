"""Lineages as W3C PROV documents: valid, whole, and as they were where they came from PROV."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prov.constants import PROV_ATTR_ENTITY, PROV_TYPE
from prov.identifier import QualifiedName
from prov.model import (
    PROV_REC_CLS,
    ProvActivity,
    ProvDocument,
    ProvEntity,
    ProvGeneration,
    ProvMembership,
    ProvRecord,
    ProvUsage,
)

from provgraph import Artifact, ArtifactState, Certainty, Context, Event, EventType, Execution, Records, Struct
from provgraph.errors import InvalidValueError
from provgraph.interop.prov_names import local_part, text_of
from provgraph.model import Association, Attribution, Derivation, Equality, Proto
from provgraph.tracing.lineage import Lineage
from tests.loaders.prov.example import write_document, write_example
from tests.loaders.prov.lineages import lineage_of
from tests.loaders.prov.reading import parsed, read
from tests.loaders.prov.strategies import documents
from tests.require import require

TERMS = "urn:provgraph:terms:"
AN_HOUR = 3_600_000

# Documents that are not given back equal, and why. There are none: a name here must stay unequal, every other equal.
NOT_EQUAL: dict[str, str] = {}


def reread(lineage: Lineage) -> ProvDocument:
    """The document that the exported text is."""
    found: ProvDocument = ProvDocument.deserialize(content=lineage.to_prov_json(), format="json")
    return found


def equal(a: ProvDocument, b: ProvDocument) -> bool:
    return a == b and b == a


# -- round trips -------------------------------------------------------------------------------------------------


def test_each_public_document_is_given_back_equal() -> None:
    folder = Path(os.environ.get("PROVGRAPH_TEST_DATA") or "nowhere") / "prov-json"
    if not folder.is_dir():
        require("data", "PROVGRAPH_TEST_DATA names no folder with prov-json")
    files = sorted(folder.glob("*.json"))
    assert len(files) >= 90
    unequal = {path.name for path in files if not equal(reread(lineage_of(read(path).batches)), parsed(path))}
    assert unequal == NOT_EQUAL.keys()


@pytest.mark.filterwarnings("ignore::prov.model.ProvWarning")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=80)
@given(document=documents())
def test_any_document_is_given_back_equal(tmp_path: Path, document: dict[str, Any]) -> None:
    path = write_document(tmp_path / "d.json", document)
    assert equal(reread(lineage_of(read(path).batches)), parsed(path))


def test_a_part_of_a_document_says_of_flows_only_what_is_in_it(tmp_path: Path) -> None:
    whole = lineage_of(read(write_example(tmp_path / "d.json")).batches)
    kept = {n.ref for n in whole.nodes if n.external_id and n.external_id.endswith(("train", "inspector", "images"))}
    part = replace(
        whole,
        nodes=tuple(node for node in whole.nodes if node.ref in kept),
        edges=tuple(edge for edge in whole.edges if {edge.source, edge.target} <= kept),
        contexts=tuple(context for context in whole.contexts if context.name == "ex:anna"),
    )
    document = reread(part)
    assert {str(r.identifier) for r in document.get_records(ProvEntity)} == {"ex:images", "ex:inspector"}
    assert [str(dict(r.formal_attributes)[PROV_ATTR_ENTITY]) for r in document.get_records(ProvUsage)] == ["ex:images"]
    assert len(list(document.get_records(ProvGeneration))) == 2  # both that tell of one pair
    assert str(document.get_record("ex:anna")[0].label) == "Anna"


def test_a_document_keeps_its_prefixes_and_gets_none_of_ours(tmp_path: Path) -> None:
    prefixes = {"ex": "http://example.org/", "type": "urn:own:type:", "unused": "urn:unused:", "default": "urn:d:"}
    path = write_document(tmp_path / "d.json", {"prefix": prefixes, "entity": {"ex:e": {"type:n": "1"}, "f": {}}})
    lineage = lineage_of(read(path).batches)
    assert json.loads(lineage.to_prov_json())["prefix"] == prefixes
    mixed = lineage_of([*read(path).batches, training()])
    document = reread(mixed)
    assert {r.identifier.uri for r in document.get_records(ProvEntity) if r.identifier is not None} >= {
        "http://example.org/e",
        "urn:d:f",
        "urn:provgraph:artifact:d/1",
    }
    [(name, _)] = [pair for pair in named(document, "http://example.org/e").attributes if pair[0].localpart == "n"]
    assert str(name) == "type:n"
    assert values(named(document, "urn:provgraph:artifact:d/1"), PROV_TYPE.uri)


def test_a_changed_statement_is_refused_by_one_line() -> None:
    node = Artifact(id=3, type="X", source="prov/s", key="k", custom_properties={"prov_json": Struct.of({"a": 1})})
    with pytest.raises(InvalidValueError, match=r"artifact:\d+: its property prov_json is no PROV-JSON any more"):
        lineage_of([Records(artifacts=[node])]).to_prov()


def test_a_property_of_that_name_on_another_node_is_a_property() -> None:
    node = Artifact(type="X", key="k", custom_properties={"prov_json": "mine"})
    [entity] = reread(lineage_of([Records(artifacts=[node])])).get_records(ProvEntity)
    assert values(entity, "urn:provgraph:custom:prov_json") == {"mine"}


# -- provgraph's own nodes and links -----------------------------------------------------------------------------


def values(record: ProvRecord, iri: str) -> set[object]:
    return {value for name, value in record.attributes if name.uri == iri}


def training() -> Records:
    """A training with all sorts of values and links."""
    data = Artifact(
        key="d/1",
        type="Dataset",
        name="surface/3",
        uri="s3://plant-2/surface",
        digest="sha256:00",
        properties={"rows": 4000, "share": 0.5, "checked": True},
        custom_properties={"rows": "many", "config": Struct.of({"a": [1, None]}), "odd name: 1": Proto("t/x", b"\0\1")},
    )
    gone = Artifact(key="d/0", type="Dataset", state=ArtifactState.DELETED, custom_properties={"deleted_at": AN_HOUR})
    model = Artifact(key="größe: a/b@c?", type="Model (old)", name="inspector/7", family="inspector", version="7")
    train = Execution(key="e", type="Train", started_at=0, ended_at=AN_HOUR)
    odd = Execution(key="f", type="Train", started_at=-(2**62), ended_at=2**62)
    events = [
        Event(
            artifact="d/1", execution="e", type=EventType.INPUT, time=5, path=("examples", 0), recorded_by="provgraph"
        ),
        Event(artifact="d/1", execution="e", type=EventType.DECLARED_INPUT, time=4, recorded_by="provgraph"),
        Event(artifact="d/0", execution="e", type=EventType.INPUT, possible=True, certainty=Certainty.INFERRED),
        Event(artifact=model.key, execution="e", type=EventType.OUTPUT, time=AN_HOUR),
        Event(artifact=model.key, execution="f", type=EventType.PENDING_OUTPUT),
    ]
    return Records(
        artifacts=[data, gone, model, Artifact(key="twin", type="Model")],
        executions=[train, odd],
        contexts=[Context(key="p", type="Pipeline", name="surface inspection")],
        events=events,
        derivations=[Derivation(origin="d/0", derived="d/1")],
        equalities=[Equality(first=model.key, second="twin", rule="content hash")],
        attributions=[Attribution(model.key, "p")],
        associations=[Association("e", "p")],
    )


@pytest.fixture(scope="module")
def document() -> ProvDocument:
    return reread(lineage_of([training()]))


def named(document: ProvDocument, iri: str) -> ProvRecord:
    [found] = [r for r in document.get_records() if r.identifier is not None and r.identifier.uri == iri]
    return found


def test_the_document_is_what_the_text_says() -> None:
    lineage = lineage_of([training()])
    assert equal(lineage.to_prov(), reread(lineage))


def test_artifacts_are_entities_with_all_their_values(document: ProvDocument) -> None:
    data = named(document, "urn:provgraph:artifact:d/1")
    own, custom = "urn:provgraph:property:", "urn:provgraph:custom:"
    assert values(data, f"{own}rows") == {4000}
    assert values(data, f"{own}share") == {0.5}
    assert values(data, f"{own}checked") == {True}
    assert values(data, f"{custom}rows") == {"many"}
    [config] = values(data, f"{custom}config")
    assert str(config) == '"{\\"a\\": [1, null]}" %% rdf:JSON'
    assert values(data, f"{custom}odd%20name%3A%201")
    assert values(data, f"{TERMS}digest") == {"sha256:00"}
    assert str(named(document, "urn:provgraph:artifact:gr%C3%B6%C3%9Fe%3A%20a/b@c%3F").label) == "inspector/7"


def test_executions_are_activities_with_times_in_utc(document: ProvDocument) -> None:
    train, odd = (named(document, f"urn:provgraph:execution:{key}") for key in ("e", "f"))
    assert isinstance(train, ProvActivity)
    assert isinstance(odd, ProvActivity)
    assert str(train.get_startTime()) == "1970-01-01 00:00:00+00:00"
    assert str(train.get_endTime()) == "1970-01-01 01:00:00+00:00"
    assert odd.get_startTime() is None
    assert values(odd, f"{TERMS}started_at") == {-(2**62)}


def test_links_tell_how_sure_they_are_and_who_says_so(document: ProvDocument) -> None:
    uses = {str(dict(r.formal_attributes)[PROV_ATTR_ENTITY]): r for r in document.get_records(ProvUsage)}
    assert values(uses["artifact:d/1"], f"{TERMS}certainty") == {"observed"}
    assert values(uses["artifact:d/1"], f"{TERMS}recorded_by") == {"provgraph"}
    assert values(uses["artifact:d/1"], f"{TERMS}event_type") == {"DECLARED_INPUT"}
    assert values(uses["artifact:d/0"], f"{TERMS}possible") == {True}
    assert values(uses["artifact:d/0"], f"{TERMS}certainty") == {"inferred"}


def test_what_is_only_announced_is_not_generated(document: ProvDocument) -> None:
    [generation] = document.get_records(ProvGeneration)
    assert "execution:e" in str(generation)
    [pending] = values(named(document, "urn:provgraph:execution:f"), f"{TERMS}pending_output")
    assert getattr(pending, "uri", None) == "urn:provgraph:artifact:gr%C3%B6%C3%9Fe%3A%20a/b@c%3F"


def test_contexts_are_collections_of_artifacts_that_executions_name(document: ProvDocument) -> None:
    [membership] = document.get_records(ProvMembership)
    assert "context:p" in str(membership)
    assert "größe" not in str(membership)
    [context] = values(named(document, "urn:provgraph:execution:e"), f"{TERMS}context")
    assert str(context) == "context:p"


def test_derivations_equalities_and_deletions_are_told_once(document: ProvDocument) -> None:
    words = [PROV_REC_CLS[r.get_type()].__name__ for r in document.get_records()]
    assert [words.count(name) for name in ("ProvDerivation", "ProvAlternate", "ProvInvalidation")] == [1, 1, 1]


def test_all_notations_of_prov_can_write_the_document(document: ProvDocument) -> None:
    assert equal(ProvDocument.deserialize(content=document.get_provn(), format="provn"), document)


def test_the_document_is_unified_and_every_constraint_on_kinds_holds(document: ProvDocument) -> None:
    assert equal(document.unified(), document)
    kinds: dict[str, set[str]] = {}
    ends = {"entity": "ProvEntity", "activity": "ProvActivity", "usedEntity": "ProvEntity"}
    ends |= {"generatedEntity": "ProvEntity", "collection": "ProvEntity", "alternate1": "ProvEntity"}
    for record in document.get_records():
        if record.is_element() and record.identifier is not None:
            kinds.setdefault(record.identifier.uri, set()).add(type(record).__name__)
    assert all(len(found) == 1 for found in kinds.values())
    for record in document.get_records():
        for name, value in record.formal_attributes if record.is_relation() else ():
            if value is not None and name.localpart in ends:
                assert kinds[value.uri] == {ends[name.localpart]}


def test_a_document_of_provgraph_loads_into_the_nodes_it_tells_of(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(lineage_of([training()]).to_prov_json(), "utf-8")
    found = read(path)
    nodes = {node.name: node for node in found.nodes}
    model, data = nodes["inspector/7"], nodes["surface/3"]
    assert isinstance(data, Artifact)
    assert isinstance(model, Artifact)
    assert (model.type, model.family, model.version) == ("Model (old)", "inspector", "7")
    assert (data.type, data.uri, data.digest) == ("Dataset", "s3://plant-2/surface", "sha256:00")
    assert (data.get("rows"), data.get("config")) == (4000, Struct.of({"a": [1, None]}))
    assert {(e.type, e.possible, e.certainty) for e in found.events} == {
        (EventType.INPUT, False, Certainty.DECLARED),
        (EventType.INPUT, True, Certainty.INFERRED),
        (EventType.OUTPUT, False, Certainty.DECLARED),
    }
    assert equal(reread(lineage_of(found.batches)), parsed(path))


# -- names -------------------------------------------------------------------------------------------------------

_ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(text=_ANY)
def test_any_text_is_a_local_part_that_says_it(text: str) -> None:
    assert text_of(local_part(text)) == text


@given(key=_ANY, type_name=_ANY, names=st.lists(_ANY, max_size=3, unique=True))
@settings(max_examples=60)
def test_any_node_has_a_name_that_every_notation_can_write(key: str, type_name: str, names: list[str]) -> None:
    names = [name.replace("\0", "0") for name in names]
    node = Artifact(key=key, type=type_name, custom_properties=dict.fromkeys(names, 1.5))
    document = reread(lineage_of([Records(artifacts=[node])]))
    [entity] = document.get_records(ProvEntity)
    assert entity.identifier is not None
    assert text_of(entity.identifier.localpart) == key
    [told] = values(entity, PROV_TYPE.uri)
    assert isinstance(told, QualifiedName)
    assert text_of(told.localpart) == type_name
    assert equal(ProvDocument.deserialize(content=document.get_provn(), format="provn"), document)
