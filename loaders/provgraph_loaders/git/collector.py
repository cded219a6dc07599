"""Records on their way: each node and each link once, in batches that wait in a temporary file.

They wait so that a repository is read to its end before the first of them is written: what is damaged is refused whole.
"""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from provgraph.loading import LoadReport
from provgraph.model import (
    Artifact,
    Association,
    Attribution,
    Context,
    Derivation,
    Equality,
    Event,
    Execution,
    NodeType,
    ParentContext,
    Records,
)
from provgraph_loaders.batch import Batch

__all__ = ["Collector"]

_HASH: Final = 12  # bytes by which a key is remembered


class Collector:
    """Takes nodes and links, and gives them back as batches. Use it as a context manager.

    Args:
        store: the source of all nodes; their keys start with it.
        batch_size: nodes of a batch, and links that are of no node of it.
    """

    def __init__(self, store: str, batch_size: int) -> None:
        self.store = store
        self._size = batch_size
        self._file = tempfile.TemporaryFile(prefix="provgraph-")  # noqa: SIM115 - closed by __exit__
        self._batches = 0
        self._count = 0
        self._types: dict[str, NodeType] = {}
        self._seen: set[bytes] = set()
        self._taken = Batch()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def is_new(self, *words: str) -> bool:
        """Whether these words were not given before; then they are from now on."""
        mark = hashlib.blake2b("\0".join(words).encode("utf-8"), digest_size=_HASH).digest()
        if mark in self._seen:
            return False
        self._seen.add(mark)
        return True

    def type(self, given: NodeType) -> None:
        """Take a type."""
        self._types.setdefault(given.key, given)

    def name(self, type_name: str, short: str, full: str) -> str:
        """A name that no other node of the type has: `short`, unless another one has it."""
        return short if self.is_new("name", type_name, short) else full

    def artifact(self, node: Artifact) -> None:
        """Take an artifact, which `is_new`."""
        self._taken.artifacts.append(node)

    def context(self, node: Context) -> None:
        """Take a context, which `is_new`."""
        self._taken.contexts.append(node)

    def execution(self, node: Execution) -> None:
        """Take an execution, which `is_new`; its events follow before the next `step`."""
        self._taken.executions.append(node)

    def event(self, event: Event) -> None:
        """Take an event."""
        if self.is_new("event", event.artifact, event.execution, event.type.name):
            self._taken.events.append(event)

    def attribute(self, artifact: str, context: str) -> None:
        """An artifact belongs to a context."""
        if self.is_new("attribution", artifact, context):
            self._taken.attributions.append(Attribution(artifact, context, self.store))

    def associate(self, execution: str, context: str) -> None:
        """An execution belongs to a context."""
        if self.is_new("association", execution, context):
            self._taken.associations.append(Association(execution, context, self.store))

    def parent(self, child: str, parent: str) -> None:
        """A context stands in another one."""
        if self.is_new("parent", child, parent):
            self._taken.parents.append(ParentContext(child, parent, self.store))

    def derive(self, link: Derivation) -> None:
        """Take a derivation."""
        if self.is_new("derivation", link.origin, link.derived):
            self._taken.derivations.append(link)

    def equal(self, link: Equality) -> None:
        """Take an equality."""
        if self.is_new("equality", *sorted((link.first, link.second))):
            self._taken.equalities.append(link)

    def step(self) -> None:
        """What was taken so far can be written without what follows."""
        nodes = len(self._taken.artifacts) + len(self._taken.executions) + len(self._taken.contexts)
        if nodes + len(self._taken.derivations) + len(self._taken.equalities) >= self._size:
            self._put_by()

    def batches(self, report: LoadReport) -> Iterator[Records]:
        """Everything that was taken, types first."""
        self._put_by()
        kinds = ("Artifact", "Execution", "Context")
        if self._types:
            for node_type in self._types.values():
                report.read[f"{node_type.kind.value}Type"] += 1
            yield Records(types=tuple(self._types.values()))
        self._file.seek(0)
        for _ in range(self._batches):
            records = pickle.load(self._file)  # noqa: S301 - this process wrote it, into a file without a name
            if not isinstance(records, Records):
                raise TypeError("the temporary file holds something else")
            for kind, nodes in zip(kinds, (records.artifacts, records.executions, records.contexts), strict=True):
                report.read[kind] += len(nodes)
            for kind, links in (
                ("Event", records.events),
                ("Attribution", records.attributions),
                ("Association", records.associations),
                ("ParentContext", records.parents),
                ("Derivation", records.derivations),
                ("Equality", records.equalities),
            ):
                report.read[kind] += len(links)
            yield records

    @property
    def taken(self) -> int:
        """How many records there are."""
        return self._count + len(self._types) + len(self._taken.records())

    def _put_by(self) -> None:
        records = self._taken.records()
        if len(records):
            pickle.dump(records, self._file, protocol=pickle.HIGHEST_PROTOCOL)
            self._batches += 1
            self._count += len(records)
        self._taken = Batch()
