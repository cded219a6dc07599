"""What py2neo writes of a lineage into a real Neo4j, and where it must not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

import provgraph
from provgraph.errors import ForeignStoreError
from provgraph.interop.py2neo import from_py2neo, to_py2neo
from tests.servers.target import Bypass, Target
from tests.unit.interop_lineages import exact, nested, sample

py2neo = pytest.importorskip("py2neo")

ALL = "MATCH (n) OPTIONAL MATCH (n)-[r]->(m) RETURN n, r, m"


@pytest.fixture
def bypass(empty_neo4j: Target) -> Iterator[Bypass]:
    way = Bypass(empty_neo4j)
    yield way
    way.close()


@pytest.fixture
def server(empty_neo4j: Target) -> Iterator[Any]:
    """A store of provgraph's, as py2neo sees it."""
    address = urlsplit(empty_neo4j.url)
    found = py2neo.Graph(f"bolt://{address.hostname}:{address.port}", auth=(empty_neo4j.user, empty_neo4j.password))
    yield found
    found.service.connector.close()


@pytest.fixture
def plain(server: Any, bypass: Bypass) -> Iterator[Any]:
    """The same server as a database that is no store."""
    bypass.wipe()
    yield server
    bypass.wipe()


@pytest.mark.parametrize("verb", ["create", "merge"])
def test_py2neo_writes_a_lineage_and_reads_it_back_the_same(plain: Any, bypass: Bypass, verb: str) -> None:
    getattr(plain, verb)(to_py2neo(nested()))
    if verb == "merge":
        plain.merge(to_py2neo(nested()))  # again: nothing is added
    assert bypass.run("MATCH (n) RETURN count(n) AS n") == [{"n": 10}]
    assert bypass.run("MATCH ()-[r]->() RETURN count(r) AS n") == [{"n": 6}]
    assert exact(from_py2neo(plain.run(ALL).to_subgraph())) == exact(nested())
    # the page on the graph: query 1, 4, and the subquery that is right everywhere
    [model] = bypass.run(
        "MATCH (d:Artifact {type: 'Dataset'})-[:INPUT|OUTPUT*]->(m:Artifact {type: 'Model'}) "
        "RETURN DISTINCT m.name AS name"
    )
    assert model == {"name": "inspector/7"}
    depths = bypass.run(
        "MATCH (e:Execution {type: 'Train'})-[:OUTPUT]->(m:Artifact {type: 'Model'}) "
        "RETURN m.name AS model, e.custom_param_depth AS depth"
    )
    assert depths == [{"model": "inspector/7", "depth": 8}]


def test_a_database_with_an_exported_lineage_is_no_store(plain: Any, empty_neo4j: Target) -> None:
    plain.create(to_py2neo(sample()))
    with pytest.raises(ForeignStoreError, match="lineages that py2neo wrote"):
        provgraph.connect(empty_neo4j.url, user=empty_neo4j.user, password=empty_neo4j.password, strict=True)


@pytest.mark.parametrize("verb", ["create", "merge"])
def test_a_store_refuses_the_whole_of_it(server: Any, bypass: Bypass, empty_neo4j: Target, verb: str) -> None:
    with provgraph.connect(empty_neo4j.url, user=empty_neo4j.user, password=empty_neo4j.password, strict=True) as graph:
        kept = graph.put_artifact(provgraph.Artifact(type="Thing", key="mine"))
        before = bypass.run("MATCH (n) RETURN elementId(n) AS id, properties(n) AS p ORDER BY id")
        with pytest.raises(py2neo.errors.ClientError, match="already exists"):
            getattr(server, verb)(to_py2neo(sample()))
        assert bypass.run("MATCH (n) RETURN elementId(n) AS id, properties(n) AS p ORDER BY id") == before
        assert graph.get("mine") == graph.get(kept.ref)
