"""Lineages as networkx graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provgraph.errors import ConfigurationError
from provgraph.interop.plain import plain_node

if TYPE_CHECKING:
    import networkx as nx

    from provgraph.tracing.lineage import Lineage

__all__ = ["lineage_network"]


def lineage_network(lineage: Lineage) -> nx.MultiDiGraph[str]:
    """A directed multigraph: references as nodes with the nodes' fields and `hops`, edges keyed by kind and event.

    Raises:
        ConfigurationError: networkx is not installed.
    """
    try:
        import networkx as nx
    except ImportError as error:
        raise ConfigurationError("this needs networkx: pip install 'provgraph[networkx]'") from error

    network: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for node in lineage.nodes:
        network.add_node(node.ref, **plain_node(node), hops=lineage.hops[node.ref])
    for edge in lineage.edges:
        network.add_edge(
            edge.source,
            edge.target,
            key=f"{edge.kind}:{edge.event_type or ''}",
            kind=edge.kind,
            event_type=edge.event_type,
            time=edge.time,
            certainty=edge.certainty,
            recorded_by=edge.recorded_by,
        )
    return network
