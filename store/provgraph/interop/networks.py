"""Lineages as networkx graphs, and back.

XML cannot hold each text: neither U+0000 and its like, nor a carriage return, which readers make a line feed. So that
GraphML files hold a lineage too, such text is a JSON string after the word `json:`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from provgraph.errors import ConfigurationError, InvalidValueError
from provgraph.interop.flat import flat_edge, flat_nodes, head_of, lineage_of
from provgraph.interop.frames import HEAD

if TYPE_CHECKING:
    import networkx as nx

    from provgraph.tracing.lineage import Lineage

__all__ = ["lineage_network", "network_lineage"]

_MARK: Final = 'json:"'
# What XML 1.0 has no character for, and the carriage return; also what looks as if it were written so already.
_ESCAPED: Final = re.compile(r'\Ajson:"|[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


def lineage_network(lineage: Lineage) -> nx.MultiDiGraph[str]:
    """A directed multigraph: references as nodes, links keyed by kind and event, all attributes numbers and text.

    So it can be written as GraphML too. What belongs to no node is JSON text in the graph's attribute `provgraph`.
    Names and texts that XML cannot hold are JSON strings after `json:`.

    Raises:
        ConfigurationError: networkx is not installed.
    """
    _require_networkx()
    import networkx as nx

    network: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    network.graph[HEAD] = _held(head_of(lineage))
    for row in flat_nodes(lineage):
        network.add_node(str(row.pop("id")), **_written(row))
    for edge in lineage.edges:
        row = {name: value for name, value in flat_edge(edge).items() if name not in ("source", "target")}
        network.add_edge(edge.source, edge.target, key=f"{edge.kind}:{edge.event_type or ''}", **_written(row))
    return network


def network_lineage(network: nx.MultiDiGraph[str]) -> Lineage:
    """The lineage of a graph that `lineage_network` made: see `Lineage.from_networkx`."""
    _require_networkx()
    import networkx as nx

    if not isinstance(network, nx.Graph):
        raise InvalidValueError(f"not a graph of networkx: a {type(network).__name__}")
    nodes = [{**_read(attributes), "id": ref} for ref, attributes in network.nodes(data=True)]
    edges = [
        {**_read(attributes), "source": source, "target": target}
        for source, target, attributes in network.edges(data=True)
    ]
    return lineage_of(nodes, edges, _said(network.graph.get(HEAD)))


def _written(row: Mapping[str, object]) -> dict[str, object]:
    return {_held(name): _held(value) if isinstance(value, str) else value for name, value in row.items()}


def _read(attributes: Mapping[str, object]) -> dict[str, object]:
    return {str(_said(name)): _said(value) for name, value in attributes.items()}


def _held(text: str) -> str:
    # ASCII, with all that XML lacks as \u0000
    return f"json:{json.dumps(text)}" if _ESCAPED.search(text) else text


def _said(value: object) -> object:
    if not isinstance(value, str) or not value.startswith(_MARK):
        return value
    try:
        return json.loads(value.removeprefix("json:"))
    except ValueError as error:
        raise InvalidValueError(f"{value!r:.100} is no JSON after json: {error}") from error


def _require_networkx() -> None:
    try:
        import_module("networkx")
    except ImportError as error:
        raise ConfigurationError("this needs networkx: pip install 'provgraph[networkx]'") from error
