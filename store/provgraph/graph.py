"""What users hold: `connect()` and the verbs of `Graph`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TypeVar, cast
from urllib.parse import quote
from uuid import uuid4

from provgraph import __version__
from provgraph.engines.url import open_engine
from provgraph.model import (
    Artifact,
    Context,
    Event,
    Execution,
    Node,
    NodeKind,
    NodeType,
    Records,
)
from provgraph.store.bolt import BoltStore
from provgraph.store.core import StoreCore
from provgraph.store.execution import ExecutionUnit, put_execution
from provgraph.store.protocol import StoreInfo
from provgraph.store.reader import Condition, Query
from provgraph.store.writer import WriteResult

__all__ = ["Graph", "connect"]

N = TypeVar("N", Artifact, Execution, Context)
NodeLike = str | Node


def connect(
    url: str | None = None,
    *,
    user: str | None = None,
    password: str | None = None,
    database: str | None = None,
    timeout: float = 60.0,
    start_message: Callable[[str], None] | None = None,
) -> Graph:
    """Open a store.

    Args:
        url: `neo4j://HOST`, `neo4j+s://HOST` or `bolt://HOST` for a server; `embedded:PATH` for the embedded engine
            with its data in PATH; None for `PROVGRAPH_URL`, or else the embedded engine with its data in `.provgraph`,
            searched for upward to the repository's root, and made in the current folder if there is none.
        user, password, database: for a server; else `PROVGRAPH_USER`, `PROVGRAPH_PASSWORD`, `PROVGRAPH_DATABASE`.
        timeout: seconds after which the server stops a statement.
        start_message: told one line when an embedded engine is started; by default the line goes to stderr.

    Raises:
        ConfigurationError: the URL cannot be used.
        EngineError, UnreachableError, AuthenticationError: the store cannot be reached.
        ForeignStoreError: the database holds other data and was never given to provgraph.
        NewerStoreError: the store was made by a newer provgraph.
    """
    engine = open_engine(url, user=user, password=password, database=database, start_message=start_message)
    store = BoltStore(engine, timeout=timeout)
    try:
        return Graph(StoreCore.open(store, __version__))
    except BaseException:
        store.close()
        raise


class Graph:
    """An open store. A context manager; safe to use from several threads."""

    def __init__(self, core: StoreCore) -> None:
        self._core = core

    def __enter__(self) -> Graph:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the store up. An embedded engine stops by itself a while after its last user left."""
        self._core.store.close()

    def info(self) -> StoreInfo:
        """Which server answers, and where it is."""
        return self._core.store.info()

    # -- records ----------------------------------------------------------------------------------------------

    def put_types(
        self, types: Sequence[NodeType], *, can_add_fields: bool = False, can_omit_fields: bool = False
    ) -> list[NodeType]:
        """Put types, all or none; returned as they then stand in the store, with their ids.

        Putting a type again changes nothing. New properties need `can_add_fields`, absent ones `can_omit_fields`;
        properties are never removed and never change their kind.

        Raises:
            TypeConflictError: the rules forbid it.
        """
        return self._core.types.put(types, can_add_fields=can_add_fields, can_omit_fields=can_omit_fields)

    def put(self, node: N) -> N:
        """Put one artifact, execution or context; returned with its id and key.

        A node with the key of a stored one (or, without a key, with its type and name) is added to it: fields and
        properties that are absent here stay as they are there.

        Raises:
            TypeConflictError: a declared property does not fit the type.
            ConflictError: the name or the external id belongs to another node.
        """
        keyed = with_key(node)
        records = Records(**{_FIELDS[node.kind]: (keyed,)})
        result = self._core.writer.put(records)
        return replace(keyed, id=result.ids[keyed.key])

    def put_artifact(self, artifact: Artifact) -> Artifact:
        """Put one artifact: see `put`."""
        return self.put(artifact)

    def put_context(self, context: Context) -> Context:
        """Put one context: see `put`."""
        return self.put(context)

    def put_execution(
        self,
        execution: Execution,
        *,
        artifacts: Sequence[Artifact] = (),
        events: Sequence[Event] = (),
        contexts: Sequence[Context] = (),
        recorded_by: str = "",
    ) -> tuple[Execution, list[Artifact], list[Context]]:
        """Put one execution with its artifacts, events and contexts, whole or not at all, in one statement.

        The execution is associated with all `contexts`, and its outputs among `events` are attributed to them. Events
        name nodes by key: those of `artifacts`, or of artifacts in the store.

        Raises:
            NotFoundError: an event names an artifact that is neither given nor in the store.
            TypeConflictError, ConflictError: as `put`.
        """
        execution = with_key(execution)
        kept_artifacts = [with_key(artifact) for artifact in artifacts]
        kept_contexts = [with_key(context) for context in contexts]
        outputs = {e.artifact for e in events if not e.type.is_input}
        unit = ExecutionUnit(
            execution=execution,
            artifacts=kept_artifacts,
            events=events,
            contexts=kept_contexts,
            associated=[c.key for c in kept_contexts],
            attributed=[(a, c.key) for a in sorted(outputs) for c in kept_contexts],
            recorded_by=recorded_by,
        )
        ids = put_execution(self._core.store, self._core.ids, self._core.types, unit)
        return (
            replace(execution, id=ids[execution.key]),
            [replace(a, id=ids[a.key]) for a in kept_artifacts],
            [replace(c, id=ids[c.key]) for c in kept_contexts],
        )

    def put_lineage(self, records: Records, *, replace: bool = False) -> WriteResult:
        """Put many nodes and links in one transaction. Every node needs a key; repeating changes nothing.

        Args:
            records: up to some ten thousand nodes and links: split more into several calls.
            replace: nodes that are there already are replaced by what is given, instead of added to.

        Raises:
            NotFoundError: a link names a node that is neither in `records` nor in the store.
            TypeConflictError, ConflictError: as `put`; contexts would be their own ancestors.
        """
        if records.types:
            self._core.types.put(records.types, can_add_fields=True, can_omit_fields=True)
        return self._core.writer.put(records, replace=replace)

    # -- looking up -------------------------------------------------------------------------------------------

    def get(self, node: NodeLike) -> Node:
        """The node that a text names: `artifact:12`, else a key, an external id, a name, or `TYPE/NAME`.

        Raises:
            NotFoundError: nothing fits.
            AmbiguousError: several nodes fit.
        """
        return self._core.reader.resolve(node.ref if not isinstance(node, str) else node)

    def types(self) -> list[NodeType]:
        """All types of the store."""
        return self._core.reader.types()

    def find(
        self,
        text: str | None = None,
        *,
        kind: NodeKind | str | None = None,
        type: str | None = None,
        name: str | None = None,
        uri: str | None = None,
        state: str | None = None,
        context: NodeLike | None = None,
        since: int | None = None,
        until: int | None = None,
        where: Sequence[Condition] = (),
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[Node]:
        """The nodes that fit, in the order of their ids, streamed. Everything given must hold.

        Args:
            text: inside name, type, external id, URI or key, whatever the case.
            kind: artifacts, executions or contexts only.
            context: in this context, or in one inside it.
            since, until: epoch milliseconds: of the start of executions, of the creation of other nodes.
            where: conditions on properties.
        """
        query = self._query(text, type, name, uri, state, context, since, until, where)
        left = limit
        for each in _kinds(kind, uri):
            page = 1_000 if left is None else max(1, min(1_000, left))
            for node in self._core.reader.find(each, query, newest_first=newest_first, page=page):
                if left is not None:
                    if left <= 0:
                        return
                    left -= 1
                yield node

    def count(
        self,
        text: str | None = None,
        *,
        kind: NodeKind | str | None = None,
        type: str | None = None,
        name: str | None = None,
        uri: str | None = None,
        state: str | None = None,
        context: NodeLike | None = None,
        since: int | None = None,
        until: int | None = None,
        where: Sequence[Condition] = (),
    ) -> int:
        """How many nodes `find` would yield."""
        query = self._query(text, type, name, uri, state, context, since, until, where)
        return sum(self._core.reader.count(each, query) for each in _kinds(kind, uri))

    def _query(
        self,
        text: str | None,
        type: str | None,
        name: str | None,
        uri: str | None,
        state: str | None,
        context: NodeLike | None,
        since: int | None,
        until: int | None,
        where: Sequence[Condition],
    ) -> Query:
        inside = None
        if context is not None:
            ref = context if isinstance(context, str) else context.ref
            inside = self._core.reader.resolve(ref, (NodeKind.CONTEXT,)).id
        return Query(
            text=text, type=type, name=name, uri=uri, state=state, context=inside, since=since, until=until, where=where
        )


_FIELDS = {NodeKind.ARTIFACT: "artifacts", NodeKind.EXECUTION: "executions", NodeKind.CONTEXT: "contexts"}


def _kinds(kind: NodeKind | str | None, uri: str | None) -> Sequence[NodeKind]:
    if uri is not None:
        return (NodeKind.ARTIFACT,)
    if kind is None:
        return tuple(NodeKind)
    return (NodeKind(kind.capitalize()) if isinstance(kind, str) else kind,)


def with_key(node: N) -> N:
    """The node with a key: its own, else one made of type and name, else a new one."""
    if node.key:
        return node
    base = f"{node.source or 'provgraph'}/{node.kind.value}/{quote(node.type, safe=' .+')}"
    version = f"@{quote(node.type_version, safe=' .+')}" if node.type_version else ""
    tail = node.name if node.name is not None else uuid4().hex
    return cast(N, replace(node, key=f"{base}{version}/{tail}"))
