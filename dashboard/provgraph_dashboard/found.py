"""Looking for nodes by text, as the search box and the focus picker do."""

from __future__ import annotations

from provgraph import Graph
from provgraph.errors import AmbiguousError, NotFoundError
from provgraph.model import Node


def search(graph: Graph, words: str, limit: int) -> tuple[list[Node], bool]:
    """The nodes that fit, at most `limit`, and whether there are more.

    One that is named exactly (a reference, a key, an external id, a name, `TYPE/NAME`) comes first, then the newest of
    those that hold the words: artifacts, executions, contexts.
    """
    try:
        exact = [graph.get(words)]
    except AmbiguousError as error:
        exact = [graph.get(candidate) for candidate in error.candidates[:limit]]
    except NotFoundError:
        exact = []
    found = {node.ref: node for node in exact}
    for node in graph.find(words, newest_first=True, limit=limit + 1):
        found.setdefault(node.ref, node)
    nodes = list(found.values())
    return nodes[:limit], len(nodes) > limit
