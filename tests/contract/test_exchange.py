"""What a store gives of a source goes into other forms and comes back equal, whatever there is in it."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from provgraph import Graph, Lineage
from provgraph.interop.py2neo import from_py2neo, to_py2neo
from provgraph.model import Artifact, ArtifactType, Attribution, Context, ContextType, ParentContext, Records, Value

nx = pytest.importorskip("networkx")
pd = pytest.importorskip("pandas")

SOURCE = "lab/1"


def parquet(lineage: Lineage) -> Lineage:
    return Lineage.from_frames(*(pd.read_parquet(BytesIO(frame.to_parquet())) for frame in lineage.to_frames()))


def graphml(lineage: Lineage) -> Lineage:
    file = BytesIO()
    nx.write_graphml(lineage.to_networkx(), file)
    return Lineage.from_networkx(nx.read_graphml(BytesIO(file.getvalue()), force_multigraph=True))


def py2neo(lineage: Lineage) -> Lineage:
    pytest.importorskip("py2neo")
    return from_py2neo(to_py2neo(lineage))


@pytest.mark.parametrize("way", [parquet, graphml, py2neo])
def test_a_source_comes_back_equal(graph: Graph, way: Callable[[Lineage], Lineage]) -> None:
    common: dict[str, Any] = {"source": SOURCE}
    values: list[Value] = [1, "a\r\0", float("nan"), True]
    graph.put_lineage(
        Records(
            types=(
                ArtifactType(name="Dataset", **common),
                *(ContextType(name=name, **common) for name in ("Run", "Pipeline", "Folder")),
            ),
            artifacts=tuple(
                Artifact(type="Dataset", key=f"d{at}", custom_properties={"x": value}, **common)
                for at, value in enumerate(values)
            ),
            contexts=tuple(Context(type=name, name=name, key=name, **common) for name in ("Run", "Pipeline", "Folder")),
            attributions=(Attribution("d0", "Run"),),
            parents=(ParentContext("Run", "Pipeline"),),
        )
    )
    lineage = graph.source(SOURCE)
    assert len(lineage.contexts) == 3  # one of them without anything in it
    assert len(lineage.memberships) == 2
    assert lineage.nodes == graph.source(SOURCE).nodes
    assert way(lineage) == lineage
