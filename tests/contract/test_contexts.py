"""The contexts of a node, on every engine."""

from __future__ import annotations

import provgraph
from provgraph import Artifact, Association, Attribution, Context, Execution, ParentContext, Records


def test_the_contexts_of_a_node_are_those_it_stands_in_directly(graph: provgraph.Graph) -> None:
    graph.put_lineage(
        Records(
            artifacts=[Artifact(key="a", type="Data", name="a"), Artifact(key="alone", type="Data", name="alone")],
            executions=[Execution(key="e", type="Step", name="e")],
            contexts=[Context(key=key, type="Run", name=key) for key in ("outer", "inner", "other")],
            attributions=[Attribution("a", "other"), Attribution("a", "inner")],
            associations=[Association("e", "inner")],
            parents=[ParentContext("inner", "outer")],
        )
    )
    names = {key: [context.name for context in graph.contexts(key)] for key in ("a", "alone", "e", "inner", "outer")}
    assert names == {"a": ["inner", "other"], "alone": [], "e": ["inner"], "inner": ["outer"], "outer": []}
    assert [type(context) for context in graph.contexts("e")] == [Context]
