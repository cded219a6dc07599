"""Subgraphs of py2neo hold all of a lineage: read back, it is the same. What a server makes of them: tests/contract."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from provgraph import Lineage
from provgraph.errors import InvalidValueError
from provgraph.interop.py2neo import from_py2neo, to_py2neo
from tests.unit.interop_lineages import exact, lineages, nested, sample

py2neo = pytest.importorskip("py2neo")


@settings(max_examples=30)
@given(lineages())
def test_a_lineage_comes_back_the_same(lineage: Lineage) -> None:
    assert exact(from_py2neo(to_py2neo(lineage))) == exact(lineage)


def test_the_whole_of_a_traced_lineage_is_equal() -> None:
    assert from_py2neo(to_py2neo(sample())) == sample()


def test_labels_and_properties_are_those_of_the_graph() -> None:
    subgraph = to_py2neo(sample())
    labels = sorted(label for node in subgraph.nodes for label in node.labels)
    assert labels == [
        *["Artifact"] * 3, "ArtifactType", "Context", "ContextType", "Execution", "ExecutionType", "Provgraph",
    ]  # fmt: skip
    [model] = [node for node in subgraph.nodes if node["name"] == "inspector/7"]
    assert (model["id"], model["key"], model["prop_accuracy"], model["kinds"]) == (
        4,
        "k/model",
        0.97,
        ["prop_any=PROTO"],
    )
    kinds = sorted(type(link).__name__ for link in subgraph.relationships)
    assert kinds == ["ASSOCIATION", "ATTRIBUTION", "INPUT", "OUTPUT", "POSSIBLE_INPUT"]


def test_what_holds_no_lineage_is_refused() -> None:
    subgraph = to_py2neo(sample())
    nodes = [node for node in subgraph.nodes if not node.has_label("Provgraph")]
    with pytest.raises(InvalidValueError, match="holds 0 nodes Provgraph with a lineage"):
        from_py2neo(py2neo.Subgraph(nodes))
    with pytest.raises(InvalidValueError, match="holds 2 nodes"):
        from_py2neo(py2neo.Subgraph([*subgraph.nodes, py2neo.Node("Provgraph", lineage="x", record="{}")]))
    with pytest.raises(InvalidValueError, match="the record of the lineage is damaged"):
        from_py2neo(py2neo.Subgraph([py2neo.Node("Provgraph", lineage="x", record="{}")]))


@pytest.mark.parametrize(("what", "words"), [(None, "None, which py2neo returns"), (5, "5"), ("a\nb", "'a")])
def test_what_is_no_subgraph_is_refused_in_one_line(what: Any, words: str) -> None:
    with pytest.raises(InvalidValueError, match=f"takes a Subgraph of py2neo, not {words}") as caught:
        from_py2neo(what)
    assert "\n" not in str(caught.value)


def test_contexts_of_contexts_are_links_in_the_graph_too() -> None:
    lineage = nested()
    subgraph = to_py2neo(lineage)
    links = [(link.start_node["id"], link.end_node["id"]) for link in subgraph.relationships if _kind(link) == "PARENT"]
    assert links == [(5, 6)]
    assert from_py2neo(subgraph) == lineage


def test_what_a_database_holds_of_another_lineage_is_left_aside() -> None:
    whole = to_py2neo(nested())
    alone = replace(sample(), contexts=(), memberships={})
    [record] = [node for node in to_py2neo(alone).nodes if node.has_label("Provgraph")]
    others = [node for node in whole.nodes if not node.has_label("Provgraph")]
    assert from_py2neo(py2neo.Subgraph([*others, record], whole.relationships)) == alone


def _kind(relationship: Any) -> str:
    return type(relationship).__name__
