"""Subgraphs of py2neo hold all of a lineage: read back, it is the same. What a server makes of them: tests/contract."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from provgraph import Lineage
from provgraph.errors import InvalidValueError
from provgraph.interop.py2neo import from_py2neo, to_py2neo
from tests.unit.interop_lineages import exact, lineages, sample

py2neo = pytest.importorskip("py2neo")


@settings(max_examples=30)
@given(lineages())
def test_a_lineage_comes_back_the_same(lineage: Lineage) -> None:
    found = from_py2neo(to_py2neo(lineage))
    used = {context for own in lineage.memberships.values() for context in own}
    assert exact(found.nodes) == exact(lineage.nodes)
    assert exact(found.edges) == exact(lineage.edges)
    assert exact(found.certificate) == exact(lineage.certificate)
    assert exact(found.contexts) == exact(tuple(c for c in lineage.contexts if c.ref in used))
    for name in ("starts", "direction", "hops", "memberships", "types", "pending", "only_possible"):
        assert exact(getattr(found, name)) == exact(getattr(lineage, name)), name


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
