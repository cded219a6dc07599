"""Lineages as OpenLineage events, and what our own loader makes of these."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings

from provgraph import Lineage
from provgraph.interop.openlineage import lineage_events
from provgraph.model import Context, Event, ExecutionState, Node
from provgraph.tracing.certificate import Certificate
from provgraph.tracing.lineage import Edge
from tests.loaders.golden import plain
from tests.loaders.openlineage.example import write_example
from tests.loaders.openlineage.reading import Read, read
from tests.unit.interop_lineages import lineages, sample

Json = dict[str, Any]


def lineage_of(found: Read) -> Lineage:
    """What a loader yields as a lineage, as a store would give it."""
    by_key: dict[str, Node] = {}
    for id_, node in enumerate(found.nodes, start=1):
        by_key[node.key] = replace(node, id=id_)
    ref = {key: node.ref for key, node in by_key.items()}
    nodes = tuple(node for node in by_key.values() if not isinstance(node, Context))
    edges = [_edge(event, ref) for event in found.events]
    edges += [Edge("DERIVATION", ref[d.origin], ref[d.derived], time=d.time) for d in found.all_of("derivations")]
    for e in found.all_of("equalities"):
        edges += [Edge("SAME_AS", ref[a], ref[b], time=e.time) for a, b in ((e.first, e.second), (e.second, e.first))]
    within: dict[str, tuple[str, ...]] = {}
    for link in found.all_of("associations"):
        within[ref[link.execution]] = (*within.get(ref[link.execution], ()), ref[link.context])
    return Lineage(
        starts=(nodes[0].ref,),
        direction="both",
        nodes=nodes,
        edges=tuple(edges),
        hops=dict.fromkeys((node.ref for node in nodes), 0),
        certificate=Certificate(len(nodes), len(edges), 0, 1_800_000_000_000, "x"),
        contexts=tuple(node for node in by_key.values() if isinstance(node, Context)),
        memberships=within,
        types=tuple(found.all_of("types")),
    )


def _edge(event: Event, ref: dict[str, str]) -> Edge:
    source, target = ref[event.artifact], ref[event.execution]
    if not event.type.is_input:
        source, target = target, source
    kind = ("POSSIBLE_" if event.possible else "") + ("INPUT" if event.type.is_input else "OUTPUT")
    return Edge(kind, source, target, event.type.name, event.time)


def again(lineage: Lineage, place: Path) -> Read:
    place.write_text(lineage.to_openlineage(), "utf-8")
    return read(place)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Read:
    place = tmp_path_factory.mktemp("events") / "events.jsonl"
    write_example(place)
    return read(place)


class TestWhatCameFromOpenLineage:
    def test_nodes_and_flows_are_the_same_when_they_are_loaded_again(self, example: Read, tmp_path: Path) -> None:
        found = again(lineage_of(example), tmp_path / "again.jsonl")
        assert found.artifacts.keys() == example.artifacts.keys()
        assert found.executions.keys() == example.executions.keys()
        assert {run: found.flows(run) for run in found.executions} == {
            run: example.flows(run) for run in example.executions
        }
        assert found.derivations == example.derivations
        assert found.groups == example.groups
        assert plain(found.equalities) == plain(example.equalities)
        for run, execution in example.executions.items():
            assert plain(_but(found.executions[run])) == plain(_but(execution))
        # what was only read is in no lineage: it gets an event of its own, which tells when it was seen
        read_only = {Read.short(r.end) for r in example.relations if r.name == "read"}
        for name, artifact in example.artifacts.items():
            there = found.artifacts[name]
            if name in read_only and artifact.created_at is None:
                there = replace(there, created_at=None)
            assert plain(_but(there)) == plain(_but(artifact)), name

    def test_our_loader_knows_every_facet_and_field(self, example: Read, tmp_path: Path) -> None:
        notes = again(lineage_of(example), tmp_path / "again.jsonl").notes()
        assert [note for note in notes if note.startswith("unknown")] == []

    def test_real_events_come_back(self, test_data: Path, tmp_path: Path) -> None:
        for folder in ("airflow", "CLL"):
            first = read(test_data / "openlineage" / folder)
            found = again(lineage_of(first), tmp_path / f"{folder}.jsonl")
            for sort in ("artifacts", "executions", "derivations", "groups"):
                assert set(getattr(found, sort)) == set(getattr(first, sort))
            assert {run: found.flows(run) for run in found.executions} == {
                run: first.flows(run) for run in first.executions
            }


def _but(node: Any) -> Any:
    """A node without what differs after a round trip.

    A version that the loader made is named, which is news of the artifact; parameters are text.
    """
    custom = dict(node.custom_properties)
    if custom.get("dataset_version") == getattr(node, "version", None):
        custom.pop("dataset_version", None)
    custom |= {name: str(value) for name, value in custom.items() if name.startswith("param_")}
    return replace(node, custom_properties=custom, updated_at=None)


def flows_of(lineage: Lineage) -> Counter[tuple[int, int, int]]:
    """How many inputs, possible inputs and outputs each execution has, as far as OpenLineage can say it."""
    found: Counter[tuple[int, int, int]] = Counter()
    for execution in lineage.executions:
        ins = lineage.incoming.get(execution.ref, ())
        made = {edge.target for edge in lineage.outgoing.get(execution.ref, ()) if edge.kind == "OUTPUT"}
        certain = {edge.source for edge in ins if edge.kind == "INPUT"}
        maybe = {edge.source for edge in ins if edge.possible} - certain
        found[(len(certain), len(maybe), len(made)) if made else (len(certain | maybe), 0, 0)] += 1
    return found


class TestAnyLineage:
    @settings(max_examples=40)
    @given(lineages())
    def test_its_nodes_and_links_come_back(self, lineage: Lineage) -> None:
        events = lineage_events(lineage)
        assert [event["eventTime"] for event in events] == sorted(str(event["eventTime"]) for event in events)
        for event in events:
            datetime.fromisoformat(str(event["eventTime"]))
        with TemporaryDirectory() as folder:
            found = again(lineage, Path(folder) / "again.jsonl")
        assert len(found.artifacts) == len(lineage.artifacts)
        assert len(found.executions) == len(lineage.executions)
        flows = [Counter(how for how, _ in found.flows(run)) for run in found.executions]
        assert Counter((f["INPUT"], f["POSSIBLE_INPUT"], f["OUTPUT"]) for f in flows) == flows_of(lineage)
        assert len(found.derivations) == sum(edge.kind == "DERIVATION" for edge in lineage.edges)
        assert [note for note in found.notes() if note.startswith("unknown")] == []


def only(events: list[Json], **wanted: str) -> Json:
    [found] = [event for event in events if all(event.get(name) == value for name, value in wanted.items())]
    return found


class TestWhatWasRecorded:
    def test_a_step_is_a_start_and_an_end_with_datasets_named_by_the_convention(self) -> None:
        events = lineage_events(sample())
        assert [event.get("eventType") for event in events] == ["START", "COMPLETE"]
        end = only(events, eventType="COMPLETE")
        assert end["job"]["namespace"], end["job"]["name"] == ("provgraph", "Train")
        names = [(d["namespace"], d["name"], d["facets"]["version"]["datasetVersion"]) for d in end["inputs"]]
        assert names == [("s3://plant", "surface", "3"), ("provgraph", "Dataset/k/maybe", "k/maybe")]
        [model] = end["outputs"]
        assert model["facets"]["datasetType"]["datasetType"] == "MODEL"
        assert end["run"]["facets"]["executionParameters"]["parameters"] == [{"key": "depth", "value": "8"}]
        [entry] = end["job"]["facets"]["lineage"]["entries"]
        assert [source["name"] for source in entry["inputs"]] == ["surface"]
        [first, maybe, _] = end["run"]["facets"]["provgraph_execution"]["links"]
        assert (first["certainty"], first["path"]) == ("observed", ["examples", 0])
        assert (maybe["kind"], maybe["certainty"]) == ("POSSIBLE_INPUT", "inferred")

    def test_the_same_lineage_comes_back_with_what_openlineage_has_no_word_for_beside_it(self, tmp_path: Path) -> None:
        found = again(sample(), tmp_path / "again.jsonl")
        [run] = found.executions
        execution = found.executions[run]
        assert (execution.state, execution.started_at, execution.ended_at) == (ExecutionState.COMPLETE, 1_000, 2_000)
        assert {(how, name.rpartition(":")[2]) for how, name in found.flows(run)} == {
            ("INPUT", "surface@3"),
            ("POSSIBLE_INPUT", "Dataset/k/maybe@k/maybe"),
            ("OUTPUT", "Model/inspector/7@k/model"),
        }
        model = next(a for a in found.artifacts.values() if a.type == "Model")
        kept = json.loads(str(plain(model.custom_properties["provgraph"])["struct"]).replace("'", '"'))
        assert kept["key"] == "k/model"
        assert kept["properties"]["accuracy"] == 0.97
