"""What a change reaches: counts by type, models, deployments and which of them are live."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from provgraph.errors import InvalidValueError
from provgraph.model import Artifact, Execution, ExecutionState, Node, NodeKind
from provgraph.store.core import StoreCore
from provgraph.store.cypher.trace import COUNT, IDS, Way
from provgraph.store.possible import has_possible
from provgraph.store.rows import node_from_properties
from provgraph.tracing.certificate import Certificate, Cut, CutReason
from provgraph.tracing.deployments import Deployment, deployments_of, is_deployment
from provgraph.tracing.equals import one_of_each
from provgraph.tracing.lineage import Lineage, node_to_json
from provgraph.tracing.roles import Roles
from provgraph.tracing.routes import routes
from provgraph.tracing.trace import TraceOptions, check_starts, start_ids, trace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Impact", "Reached", "impact", "reached_ids"]

DETAILS_UP_TO: Final = 20_000  # nodes; beyond, the summary alone is fetched unless details are asked for
_BROKEN: Final = frozenset((ExecutionState.FAILED, ExecutionState.CANCELED))
_COLUMNS: Final = (
    "id", "role", "type", "name", "state", "live", "endpoints", "hops", "executions_between", "only_through_failed",
    "only_possible", "uri",
)  # fmt: skip
_ROLE_ORDER: Final = {"deployment": 0, "model": 1, "dataset": 2, "metrics": 3}


@dataclass(frozen=True, slots=True)
class Reached:
    """Something that a change reaches.

    Attributes:
        node: the artifact (or, where the source records no artifact for a deployment, the execution).
        role: `deployment`, `model`, `dataset`, `metrics`; None for other types.
        hops: links from the nearest start; None if details were not fetched.
        executions_between: executions on the shortest route from the nearest start; None if details were not fetched.
        only_through_failed: every route to it passes an execution that failed or was canceled.
        only_possible: every route to it has a link that is only possible.
        deployment: for deployments: endpoints, and whether it is live.
    """

    node: Artifact | Execution
    role: str | None
    hops: int | None
    executions_between: int | None
    only_through_failed: bool
    only_possible: bool
    deployment: Deployment | None = None

    @property
    def live(self) -> bool | None:
        """For deployments: whether it is live; None where that is not recorded, and for everything else."""
        return self.deployment.live if self.deployment else None

    def to_json(self) -> dict[str, object]:
        """As plain values, for `json.dumps`."""
        return {
            **node_to_json(self.node),
            "role": self.role,
            "hops": self.hops,
            "executions_between": self.executions_between,
            "only_through_failed": self.only_through_failed,
            "only_possible": self.only_possible,
            "live": self.live,
            "endpoints": [c.name for c in self.deployment.endpoints] if self.deployment else [],
        }


@dataclass(frozen=True)
class Impact:
    """What a change of some nodes reaches. The starts themselves do not count as reached.

    Attributes:
        starts: the nodes that would change.
        counts: artifacts by type; executions: executions by type. Records that are one thing (`SAME_AS`) count once, in
            the type of the first of them in `reached`, and those that are one with a start not at all; where details
            were not fetched, each record counts.
        records: how many records of artifacts that is.
        reached: every artifact, ranked: live deployments first, then other deployments, models, datasets, metrics,
            the rest; within each by hops. Where details were not fetched, deployments alone.
        lineage: everything downstream; None if details were not fetched.
        certificate: how complete the answer is.
        model_count: how many models are reached, each once as in `counts`; `models` has every record of them.
        possible_counts, possible_executions, possible_model_count: how many of those only possible links reach; the
            others are certain.
    """

    starts: tuple[Node, ...]
    counts: Mapping[str, int]
    executions: Mapping[str, int]
    reached: tuple[Reached, ...]
    lineage: Lineage | None
    certificate: Certificate
    model_count: int = 0
    possible_counts: Mapping[str, int] = field(default_factory=dict[str, int])
    possible_executions: Mapping[str, int] = field(default_factory=dict[str, int])
    possible_model_count: int = 0
    records: int = 0

    @cached_property
    def models(self) -> tuple[Reached, ...]:
        """The models that are reached.

        Raises:
            InvalidValueError: details were not fetched.
        """
        self._need_details()
        return tuple(item for item in self.reached if item.role == "model")

    @cached_property
    def deployments(self) -> tuple[Reached, ...]:
        """The deployments that are reached, live ones first."""
        return tuple(item for item in self.reached if item.role == "deployment")

    @cached_property
    def live_deployments(self) -> tuple[Reached, ...]:
        """The deployments that are reached and live."""
        return tuple(item for item in self.deployments if item.live)

    def routes(self, node: Node | str, *, limit: int = 20) -> list[tuple[str, ...]]:
        """Routes from the changed nodes to `node`, as references, shortest first, at most `limit`.

        Raises:
            InvalidValueError: details were not fetched, or the node is not reached.
        """
        lineage = self._need_details()
        ref = node if isinstance(node, str) else node.ref
        if ref not in lineage:
            raise InvalidValueError(f"{ref} is not reached from {', '.join(n.ref for n in self.starts)}")
        return routes(lineage, ref, limit=limit)

    def _need_details(self) -> Lineage:
        if self.lineage is None:
            raise InvalidValueError(
                f"{sum(self.counts.values()):,} artifacts are reached, so only the summary was fetched: "
                "ask for all with details=True"
            )
        return self.lineage

    def rows(self) -> list[dict[str, object]]:
        """The ranked table, one row for each of `reached`."""
        rows: list[dict[str, object]] = []
        for item in self.reached:
            plain = item.to_json()
            row: dict[str, object] = {column: plain.get(column) for column in _COLUMNS}
            row["name"] = item.node.label
            row["endpoints"] = (
                "; ".join(c.name or c.ref for c in item.deployment.endpoints) if item.deployment else None
            )
            rows.append(row)
        return rows

    def to_frame(self) -> pd.DataFrame:
        """The ranked table as a frame. Needs pandas.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        from provgraph.interop.frames import require_pandas

        require_pandas()
        import pandas as pd

        return pd.DataFrame(self.rows(), columns=list(_COLUMNS))

    def to_csv(self) -> str:
        """The ranked table as CSV: the rows and columns of `to_frame`. No text of it is a formula to a spreadsheet."""
        from provgraph.interop.cells import table_csv

        return table_csv(_COLUMNS, (row.values() for row in self.rows()))

    def to_json(self) -> dict[str, object]:
        """As plain values, for `json.dumps`."""
        found = {} if self.lineage is None else self.lineage.to_json()
        return {
            "complete": self.certificate.complete,
            "starts": [node.ref for node in self.starts],
            "counts": dict(self.counts),
            "executions": dict(self.executions),
            "records": self.records,
            "models": self.model_count,
            "deployments": len(self.deployments),
            "live_deployments": len(self.live_deployments),
            "only_possible": {
                "counts": dict(self.possible_counts),
                "executions": dict(self.possible_executions),
                "models": self.possible_model_count,
                "deployments": sum(item.only_possible for item in self.deployments),
                "live_deployments": sum(item.only_possible for item in self.live_deployments),
            },
            "reached": [item.to_json() for item in self.reached],
            "nodes": found.get("nodes", []),
            "edges": found.get("edges", []),
            "certificate": self.certificate.to_json(),
        }


def reached_ids(core: StoreCore, starts: Sequence[Node], way: Way, certain_only: bool) -> Iterator[list[int]]:
    """The ids of all that is reached, in chunks."""
    check_starts(core, starts)
    for kind, ids in start_ids(core, starts).items():
        if ids:
            for [chunk] in core.store.stream(IDS[kind, way, certain_only], {"ids": ids}):
                yield list(chunk)


def impact(
    core: StoreCore, starts: Sequence[Node], *, certain_only: bool = False, details: bool | None = None
) -> Impact:
    """What a change of `starts` reaches."""
    types = core.reader.types()
    roles = Roles.of(types)
    if details:
        return _detailed(core, starts, certain_only, roles)
    deployments = roles.type_names("deployment", types)
    counted = _counted(core, starts, certain_only, deployments)
    if details is None and sum(row[3] for row in counted) <= DETAILS_UP_TO:
        return _detailed(core, starts, certain_only, roles)
    check_starts(core, starts)
    # links are not looked at one by one here, so both ways are counted, and the difference is told
    other = _counted(core, starts, not certain_only, deployments) if has_possible(core.store) else counted
    return _summary(core, starts, counted, other, certain_only, roles, set(roles.type_names("model", types)))


def _counted(core: StoreCore, starts: Sequence[Node], certain_only: bool, types: Sequence[str]) -> list[Sequence[Any]]:
    """What is reached: [label, type, state, count, properties of those of `types`]."""
    found: list[Sequence[Any]] = []
    for kind, ids in start_ids(core, starts).items():
        if ids:
            found += core.store.read(COUNT[kind, "downstream", certain_only], {"ids": ids, "types": types})
    return found


def _detailed(core: StoreCore, starts: Sequence[Node], certain_only: bool, roles: Roles) -> Impact:
    lineage = trace(core, starts, "downstream", TraceOptions(certain_only=certain_only))
    begin = {node.ref for node in starts}
    makes_something = {ref: any(not e.pending for e in edges) for ref, edges in lineage.outgoing.items()}
    reached_nodes = [
        node
        for node in lineage.nodes
        if node.ref not in begin and node.ref not in lineage.pending
        and (isinstance(node, Artifact) or is_deployment(node, roles, makes_something))
    ]  # fmt: skip
    deployed = [node for node in reached_nodes if is_deployment(node, roles, makes_something)]
    deployments = {d.node.ref: d for d in deployments_of(core, deployed, roles)}
    sound = _reached_soundly(lineage, begin)
    between = _executions_between(lineage)
    reached = [
        Reached(
            node=node,
            role="deployment" if node.ref in deployments else roles.of_node(node),
            hops=lineage.hops[node.ref],
            executions_between=between.get(node.ref, 0),
            only_through_failed=node.ref not in sound,
            only_possible=node.ref in lineage.only_possible,
            deployment=deployments.get(node.ref),
        )
        for node in reached_nodes
    ]
    reached.sort(key=_rank)
    first = one_of_each(lineage, (item.node.ref for item in reached), begin)
    artifacts = [item for item in reached if isinstance(item.node, Artifact) and item.node.ref in first]
    models = [item for item in artifacts if item.role == "model"]
    executions = [node for node in lineage.executions if node.ref not in begin | lineage.pending]
    return Impact(
        starts=tuple(starts),
        counts=_by_number(Counter(item.node.type for item in artifacts)),
        executions=_by_number(Counter(node.type for node in executions)),
        reached=tuple(reached),
        lineage=lineage,
        certificate=lineage.certificate,
        model_count=len(models),
        possible_counts=_by_number(Counter(item.node.type for item in artifacts if item.only_possible)),
        possible_executions=_by_number(Counter(n.type for n in executions if n.ref in lineage.only_possible)),
        possible_model_count=sum(item.only_possible for item in models),
        records=sum(isinstance(item.node, Artifact) for item in reached),
    )


def _rank(item: Reached) -> tuple[int, int, int, int]:
    role = _ROLE_ORDER.get(item.role or "", len(_ROLE_ORDER))
    return (role, 0 if item.live else 1, item.hops or 0, item.node.id)


def _by_number(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _reached_soundly(lineage: Lineage, begin: set[str]) -> set[str]:
    """What some route reaches that passes no failed or canceled execution, nor starts at one."""
    found: set[str] = set()
    stack = [ref for ref, hops in lineage.hops.items() if hops == 0] or sorted(begin)
    while stack:
        ref = stack.pop()
        if ref in found:
            continue
        found.add(ref)
        node = lineage.by_ref[ref]
        if isinstance(node, Execution) and node.state in _BROKEN:
            found.discard(ref)
            continue
        stack += [
            edge.target for edge in lineage.outgoing.get(ref, ()) if not edge.pending and edge.target not in found
        ]
    return found


def _executions_between(lineage: Lineage) -> dict[str, int]:
    """The number of executions on a shortest route from a start, the start itself not counted."""
    found = {ref: 0 for ref, hops in lineage.hops.items() if hops == 0}
    level = sorted(found)
    while level:
        following: list[str] = []
        for ref in level:
            for edge in lineage.outgoing.get(ref, ()):
                if edge.pending or edge.target in found:
                    continue
                found[edge.target] = found[ref] + isinstance(lineage.by_ref[edge.target], Execution)
                following.append(edge.target)
        level = following
    return found


@dataclass(slots=True)
class _Sum:
    """The rows of a count, added up; the starts are not in it."""

    artifacts: Counter[str]
    executions: Counter[str]
    kept: dict[str, Artifact]

    @classmethod
    def of(cls, starts: Sequence[Node], counted: Sequence[Sequence[Any]]) -> _Sum:
        found = cls(Counter(), Counter(), {})
        for label, type_name, _, count, kept in counted:
            found._of(label)[type_name] += count
            for node in (node_from_properties(label, stored) for stored in kept):
                if isinstance(node, Artifact) and all(node.ref != start.ref for start in starts):
                    found.kept[node.ref] = node
        for node in starts:
            if node.kind is not NodeKind.CONTEXT:
                found._of(node.kind.value)[node.type] -= 1
        return found

    def _of(self, label: str) -> Counter[str]:
        return self.artifacts if label == NodeKind.ARTIFACT.value else self.executions

    def total(self) -> int:
        return self.artifacts.total() + self.executions.total()


def _summary(
    core: StoreCore,
    starts: Sequence[Node],
    counted: Sequence[Sequence[Any]],
    counted_otherwise: Sequence[Sequence[Any]],
    certain_only: bool,
    roles: Roles,
    models: set[str],
) -> Impact:
    walked_at = int(time.time() * 1000)
    every, other = _Sum.of(starts, counted), _Sum.of(starts, counted_otherwise)
    # what is written between the two counts may be in one of them alone: never less than none
    artifacts, executions = every.artifacts - other.artifacts, every.executions - other.executions
    left_out = max(0, other.total() - every.total()) if certain_only else 0
    reached = [
        Reached(
            node=d.node,
            role="deployment",
            hops=None,
            executions_between=None,
            only_through_failed=False,
            only_possible=d.node.ref not in other.kept,
            deployment=d,
        )
        for d in deployments_of(core, list(every.kept.values()), roles)
    ]
    reached.sort(key=_rank)
    return Impact(
        starts=tuple(starts),
        counts=_by_number(+every.artifacts),
        executions=_by_number(+every.executions),
        reached=tuple(reached),
        lineage=None,
        certificate=Certificate(
            nodes=sum(row[3] for row in counted),
            edges=0,
            possible_edges=0,
            walked_at=walked_at,
            store=core.store.url,
            links_counted=False,
            cut=(Cut(CutReason.POSSIBLE, left_out),) if left_out else (),
            possible_nodes=artifacts.total() + executions.total(),
        ),
        model_count=sum(count for name, count in every.artifacts.items() if name in models),
        possible_counts=_by_number(artifacts),
        possible_executions=_by_number(executions),
        possible_model_count=sum(count for name, count in artifacts.items() if name in models),
        records=(+every.artifacts).total(),
    )
