"""Reading nodes: by id, by what identifies them, by conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provgraph.errors import AmbiguousError, InvalidValueError, NotFoundError
from provgraph.model import Context, Node, NodeKind, NodeType, parse_ref
from provgraph.store.cypher import find as statements
from provgraph.store.cypher.tables import ARTIFACTS_BY_NAMES
from provgraph.store.protocol import GraphStore
from provgraph.store.rows import node_from_properties, type_from_properties
from provgraph.store.schema import CUSTOM, DECLARED

__all__ = ["Condition", "Query", "Reader"]

_CHUNK = 5_000
_CANDIDATES = 50  # nodes that one text may fit before the rest is not even fetched
_OWN_FIELDS = frozenset(
    {
        *("name", "type", "type_version", "source", "external_id", "uri", "digest", "family", "version", "state"),
        *("key", "created_at", "updated_at", "recorded_at", "started_at", "ended_at"),
    }
)
_OPERATORS = {
    "=": "equal",
    "!=": "differ",
    "<": "less",
    "<=": "at_most",
    ">": "more",
    ">=": "at_least",
    "~": "contain",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one property, such as `Condition("accuracy", ">", 0.9)`.

    `=` and `!=` compare with `value`, or with any of its values if it is a tuple; a node without the property fulfils
    neither `=` nor `<`, but `!=`. `~` looks for text inside the property, whatever the case. The name is one of the
    node's own fields (`uri`, `digest`, `version` …), else of a declared property, else of a custom one; `prop_NAME` and
    `custom_NAME` name a property for sure, as in the graph.
    """

    name: str
    operator: str
    value: int | float | str | bool | tuple[int | float | str | bool, ...]

    def __post_init__(self) -> None:
        if self.operator not in _OPERATORS:
            raise InvalidValueError(f"no condition {self.operator!r}: use one of {' '.join(_OPERATORS)}")
        if not self.name:
            raise InvalidValueError("a condition needs the name of a property")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to look for. Everything given must hold.

    Attributes:
        text: inside name, type, external id, URI or key, whatever the case.
        context: the id of a context that the nodes are in, or in a context inside it.
        since, until: epoch milliseconds; compared with the start of an execution, else with the creation of the node.
        where: conditions on properties.
    """

    text: str | None = None
    type: str | None = None
    name: str | None = None
    uri: str | None = None
    state: str | None = None
    context: int | None = None
    since: int | None = None
    until: int | None = None
    where: Sequence[Condition] = field(default_factory=tuple)

    def parameters(self) -> dict[str, object]:
        """As the statements take them."""
        lists: dict[str, list[list[object]]] = {name: [] for name in _OPERATORS.values()}
        for condition in self.where:
            keys = [DECLARED + condition.name, CUSTOM + condition.name]
            if condition.name in _OWN_FIELDS:
                keys = [condition.name, condition.name]
            elif condition.name.startswith((DECLARED, CUSTOM)):
                keys[0] = condition.name
            values: object = condition.value
            if condition.operator in ("=", "!="):
                values = list(condition.value) if isinstance(condition.value, tuple) else [condition.value]
            elif condition.operator == "~":
                values = str(condition.value).lower()
            lists[_OPERATORS[condition.operator]].append([*keys, values])
        return {
            "text": self.text.lower() if self.text else None,
            "type": self.type,
            "name": self.name,
            "uri": self.uri,
            "state": self.state.upper() if self.state else None,
            "context": self.context,
            "since": self.since,
            "until": self.until,
            **lists,
        }


class Reader:
    """Reads nodes and types from a store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def by_ids(self, kind: NodeKind, ids: Iterable[int]) -> list[Node]:
        """The nodes with these ids, in the order asked for; missing ones are left out."""
        wanted = list(dict.fromkeys(ids))
        found: dict[int, Node] = {}
        for at in range(0, len(wanted), _CHUNK):
            [[rows]] = self._store.read(statements.BY_IDS[kind], {"ids": wanted[at : at + _CHUNK]})
            for row in rows:
                found[row["id"]] = node_from_properties(kind.value, row)
        return [found[i] for i in wanted if i in found]

    def contexts(self, node: Node) -> list[Context]:
        """The contexts that a node stands in directly, in the order of their ids."""
        [[rows]] = self._store.read(statements.CONTEXTS_AROUND[node.kind], {"id": node.id})
        found = (node_from_properties(NodeKind.CONTEXT.value, row) for row in rows)
        return sorted((c for c in found if isinstance(c, Context)), key=lambda context: context.id)

    def resolve(self, text: str, kinds: Sequence[NodeKind] = tuple(NodeKind)) -> Node:
        """The node that a user's text names: `artifact:12`, else a key, an external id, a name, or `TYPE/NAME`.

        Raises:
            NotFoundError: nothing fits.
            AmbiguousError: several nodes fit.
        """
        ref = parse_ref(text)
        if ref is not None:
            nodes = self.by_ids(ref[0], [ref[1]])
            if not nodes:
                raise NotFoundError(f"there is no {text} in this store: `provgraph find` lists what there is")
            return nodes[0]
        candidates = self._candidates(text, kinds)
        exact = [node for node in candidates if node.key == text]
        if len(exact) == 1:
            return exact[0]
        if not candidates:
            raise NotFoundError(f"nothing in this store is called {text!r}: try `provgraph find {text}`")
        if len(candidates) > 1:
            refs = [node.ref for node in candidates]
            listed = ", ".join(f"{n.ref} ({n.type} {n.label})" for n in candidates[:6])
            more = ", …" if len(refs) > 6 else ""
            raise AmbiguousError(f"{text!r} fits {len(refs)} nodes: {listed}{more}: say which", refs)
        return candidates[0]

    def _candidates(self, text: str, kinds: Sequence[NodeKind]) -> list[Node]:
        found: dict[str, Node] = {}
        type_name, slash, name = text.partition("/")
        if not slash:
            name = ""  # no node has an empty name
        for kind in kinds:
            parameters = {"text": text, "type": type_name, "name": name, "limit": _CANDIDATES}
            [[rows]] = self._store.read(statements.BY_IDENTITY[kind], parameters)
            for row in rows:
                node = node_from_properties(kind.value, row)
                found[node.ref] = node
        return sorted(found.values(), key=lambda node: (node.kind.value, node.id))

    def artifacts_by_names(
        self, *, ids: Iterable[int], texts: Iterable[str], names: Iterable[str], uris: Iterable[str]
    ) -> list[tuple[str, int | str, int, str]]:
        """Artifacts by their ids, by keys or external ids (`texts`), by names, by URIs, all in one statement.

        Returns:
            (`id`, `key`, `external_id`, `name` or `uri`, the value that fits, the artifact's id, its type) of each.
        """
        parameters = {"ids": list(ids), "texts": list(texts), "names": list(names), "uris": list(uris)}
        return [tuple(hit) for [hits] in self._store.read(ARTIFACTS_BY_NAMES, parameters) for hit in hits]

    def find(self, kind: NodeKind, query: Query, *, newest_first: bool = False, page: int = 1_000) -> Iterator[Node]:
        """All nodes that fit, in the order of their ids, fetched a page at a time."""
        parameters = query.parameters()
        statement = statements.FIND[kind, query.context is not None, newest_first]
        after = 2**63 - 1 if newest_first else -(2**63)
        while True:
            [[rows]] = self._store.read(statement, {**parameters, "after": after, "limit": page})
            for row in rows:
                yield node_from_properties(kind.value, row)
            if len(rows) < page:
                return
            after = rows[-1]["id"]

    def count(self, kind: NodeKind, query: Query) -> int:
        """How many nodes fit."""
        [[number]] = self._store.read(statements.COUNT_FOUND[kind, query.context is not None], query.parameters())
        return int(number)

    def types(self) -> list[NodeType]:
        """All types, in the order of their kind and key."""
        found: list[NodeType] = []
        for label, statement in statements.TYPES:
            [[rows]] = self._store.read(statement, {})
            found += sorted((type_from_properties(label, row) for row in rows), key=lambda t: t.key)
        return found

    def links(self, node: Node) -> list[tuple[str, int, int, Mapping[str, Any], str]]:
        """All links of a node: (relationship, from id, to id, properties, label of the other end)."""
        rows = self._store.read(statements.LINKS_OF[node.kind], {"id": node.id})
        if not rows:
            return []
        return sorted((tuple(link) for link in rows[0][0]), key=lambda link: (link[0], link[1], link[2]))
