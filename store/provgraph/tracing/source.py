"""All the records of one source: its nodes, contexts and links, and nothing beyond."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from provgraph.errors import NotFoundError
from provgraph.model import Artifact, Context, Execution, NodeKind
from provgraph.store.core import StoreCore
from provgraph.store.cypher.sources import IDS_FROM_SOURCE, WITH_LINKS
from provgraph.store.rows import node_from_properties
from provgraph.tracing.certificate import Certificate
from provgraph.tracing.lineage import Lineage, edges_of

__all__ = ["source_lineage"]

_CHUNK: Final = 1_000


def source_lineage(core: StoreCore, source: str) -> Lineage:
    """Everything that came from a source.

    Raises:
        NotFoundError: nothing did.
    """
    walked_at = int(time.time() * 1000)
    links: list[Sequence[Any]] = []
    within: dict[str, Sequence[int]] = {}
    nodes: list[Artifact | Execution] = []
    contexts: dict[int, Context] = {}
    for kind in NodeKind:
        for stored, own, around in _nodes_of(core, kind, source):
            node = node_from_properties(kind.value, stored)
            if isinstance(node, Context):
                contexts[node.id] = node
            else:
                nodes.append(node)
                links += own
            if around:
                within[node.ref] = around
    if not nodes and not contexts:
        raise NotFoundError(f"nothing in this store comes from {source!r}: a load says what it calls its source")
    others = sorted({id_ for around in within.values() for id_ in around} - contexts.keys())
    contexts |= {c.id: c for c in core.reader.by_ids(NodeKind.CONTEXT, others) if isinstance(c, Context)}
    refs = {node.id: node.ref for node in nodes}
    nodes.sort(key=lambda node: (node.kind.value, node.id))
    edges = edges_of(links, refs)
    types = core.types.stored(nodes)
    return Lineage(
        starts=tuple(node.ref for node in nodes),
        direction="both",
        nodes=tuple(nodes),
        edges=edges,
        hops={node.ref: 0 for node in nodes},
        contexts=tuple(contexts[id_] for id_ in sorted(contexts)),
        memberships={ref: tuple(f"context:{id_}" for id_ in sorted(set(around))) for ref, around in within.items()},
        types=tuple(types[key] for key in sorted(types)),
        certificate=Certificate.of(
            len(nodes),
            edges,
            walked_at=walked_at,
            store=core.store.url,
        ),
    )


def _nodes_of(
    core: StoreCore, kind: NodeKind, source: str
) -> Iterator[tuple[Mapping[str, Any], Sequence[Sequence[Any]], Sequence[int]]]:
    """Each node's properties, the links that leave it, and the ids of its contexts."""
    ids = [id_ for [chunk] in core.store.read(IDS_FROM_SOURCE[kind], {"source": source}) for id_ in chunk]
    for at in range(0, len(ids), _CHUNK):
        [[rows]] = core.store.read(WITH_LINKS[kind], {"ids": ids[at : at + _CHUNK]})
        yield from rows
