"""Which of many nodes have something of certain types upstream: each node is read once, however many share it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from provgraph.model import NodeKind
from provgraph.store.core import StoreCore
from provgraph.store.cypher.coverage import REST, STEP

__all__ = ["reaching"]

_CHUNK: Final = 5_000
_FEW: Final = 64  # nodes of which one statement walks all the rest, however long that way is
_KINDS: Final = (NodeKind.ARTIFACT, NodeKind.EXECUTION)


def reaching(core: StoreCore, starts: Iterable[tuple[NodeKind, int]], types: Collection[str]) -> set[int]:
    """The ids of the starts that have an artifact of these types upstream, by links that may be only possible.

    Equal records are one thing: a start that is one with an artifact of the types reaches it.
    """
    wanted = sorted(types)
    after: dict[int, list[int]] = defaultdict(list)  # from what was found before a node to the nodes behind it
    hits: set[int] = set()
    open_: dict[NodeKind, set[int]] = {kind: set() for kind in _KINDS}
    for kind, id_ in starts:
        open_[kind].add(id_)
    asked = {id_ for found in open_.values() for id_ in found}
    first = frozenset(asked)

    def take(rows: Iterable[Sequence[Any]], following: dict[NodeKind, set[int]]) -> None:
        for id_, is_hit, *before in rows:
            if is_hit:
                hits.add(id_)  # what stands further up does not matter any more
                continue
            for kind, others in zip(_KINDS, before, strict=True):
                for other in others:
                    if other in asked:
                        after[other].append(id_)
                    else:
                        asked.add(other)
                        following[kind].add(other)
                        after[other] = [id_]

    while any(open_.values()):
        following: dict[NodeKind, set[int]] = {kind: set() for kind in _KINDS}
        few = sum(map(len, open_.values())) <= _FEW
        statements = REST if few else STEP
        for kind, found in open_.items():
            ids = sorted(found)
            for at in range(0, len(ids), _CHUNK):
                for [rows] in core.store.read(statements[kind], {"ids": ids[at : at + _CHUNK], "types": wanted}):
                    take(rows, following)
        if few:
            break
        open_ = following
    return _behind(hits, after) & first


def _behind(hits: set[int], after: dict[int, list[int]]) -> set[int]:
    found, stack = set(hits), list(hits)
    while stack:
        for id_ in after.get(stack.pop(), ()):
            if id_ not in found:
                found.add(id_)
                stack.append(id_)
    return found
