"""Lineages as networkx graphs, and back."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from provgraph.errors import ConfigurationError
from provgraph.interop.flat import flat_edge, flat_nodes, head_of, lineage_of
from provgraph.interop.frames import HEAD

if TYPE_CHECKING:
    import networkx as nx

    from provgraph.tracing.lineage import Lineage

__all__ = ["lineage_network", "network_lineage"]


def lineage_network(lineage: Lineage) -> nx.MultiDiGraph[str]:
    """A directed multigraph: references as nodes, links keyed by kind and event, all attributes numbers and text.

    So it can be written as GraphML too. What belongs to no node is JSON text in the graph's attribute `provgraph`.

    Raises:
        ConfigurationError: networkx is not installed.
    """
    _require_networkx()
    import networkx as nx

    network: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    network.graph[HEAD] = head_of(lineage)
    for row in flat_nodes(lineage):
        network.add_node(str(row.pop("id")), **row)
    for edge in lineage.edges:
        row = {name: value for name, value in flat_edge(edge).items() if name not in ("source", "target")}
        network.add_edge(edge.source, edge.target, key=f"{edge.kind}:{edge.event_type or ''}", **row)
    return network


def network_lineage(network: nx.MultiDiGraph[str]) -> Lineage:
    """The lineage of a graph that `lineage_network` made: see `Lineage.from_networkx`."""
    _require_networkx()
    nodes = [{**attributes, "id": ref} for ref, attributes in network.nodes(data=True)]
    edges = [
        {**attributes, "source": source, "target": target} for source, target, attributes in network.edges(data=True)
    ]
    return lineage_of(nodes, edges, network.graph.get(HEAD))


def _require_networkx() -> None:
    try:
        import_module("networkx")
    except ImportError as error:
        raise ConfigurationError("this needs networkx: pip install 'provgraph[networkx]'") from error
