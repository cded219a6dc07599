"""Which deployments are live: by end time, the last complete one of its endpoint that nothing has ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provgraph.model import Artifact, Context, Execution, ExecutionState, Node, NodeKind
from provgraph.store.core import StoreCore
from provgraph.store.cypher.trace import CONTEXTS_OF, DEPLOYMENTS_AT
from provgraph.tracing.roles import Roles

__all__ = ["Deployment", "deployments_of", "is_deployment"]

_ENDED_WELL = frozenset((ExecutionState.COMPLETE.name, ExecutionState.CACHED.name))


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment and whether it is live.

    Attributes:
        node: the artifact, or the execution where the source records no artifact for it.
        endpoints: where it was deployed to.
        live: whether some endpoint still runs it; None where no endpoint is recorded, so that nobody can tell.
        since: epoch milliseconds when its deployment ended; None where not recorded.
    """

    node: Artifact | Execution
    endpoints: tuple[Context, ...]
    live: bool | None
    since: int | None


def is_deployment(node: Node, roles: Roles, has_output: Mapping[str, bool] | None = None) -> bool:
    """Whether a node is a deployment: an artifact of such a type, or a deploying execution without output."""
    if isinstance(node, Artifact):
        return roles.is_a(node, "deployment")
    if isinstance(node, Execution):
        return roles.is_a(node, "deploy") and not (has_output or {}).get(node.ref, False)
    return False


def deployments_of(core: StoreCore, nodes: Sequence[Artifact | Execution], roles: Roles) -> list[Deployment]:
    """The deployments among `nodes` (all of them are taken for such) with their endpoints and whether they are live."""
    endpoints = _endpoints(core, nodes, roles)
    wanted = sorted({context.id for found in endpoints.values() for context in found})
    live, ends = _live(core, wanted, roles)
    result: list[Deployment] = []
    for node in nodes:
        at = endpoints.get(node.ref, ())
        if isinstance(node, Execution):
            state: bool | None = None
            since = node.ended_at
        else:
            state = any(live.get(context.id) == node.id for context in at) if at else None
            since = ends.get(node.id)
        result.append(Deployment(node, tuple(at), state, since))
    return result


def _endpoints(core: StoreCore, nodes: Iterable[Artifact | Execution], roles: Roles) -> dict[str, list[Context]]:
    pairs: list[tuple[str, int]] = []
    for kind in (NodeKind.ARTIFACT, NodeKind.EXECUTION):
        refs = {node.id: node.ref for node in nodes if node.kind is kind}
        if refs:
            [[rows]] = core.store.read(CONTEXTS_OF[kind], {"ids": list(refs)})
            pairs += [(refs[id_], context) for id_, context in rows]
    contexts = {c.id: c for c in core.reader.by_ids(NodeKind.CONTEXT, sorted({c for _, c in pairs}))}
    found: dict[str, list[Context]] = {}
    for ref, context_id in sorted(pairs):
        context = contexts.get(context_id)
        if isinstance(context, Context) and roles.is_a(context, "endpoint"):
            found.setdefault(ref, []).append(context)
    return found


def _live(core: StoreCore, endpoints: Sequence[int], roles: Roles) -> tuple[dict[int, int], dict[int, int]]:
    """The id of the live deployment of each endpoint, and when each deployment's execution ended."""
    if not endpoints:
        return {}, {}
    types = roles.type_names("deployment", core.reader.types())
    [[rows]] = core.store.read(DEPLOYMENTS_AT, {"ids": list(endpoints), "types": types})
    undeploys = set(roles.type_names("undeploy", ()))
    latest: dict[int, tuple[int, int, bool]] = {}
    ends: dict[int, int] = {}
    for endpoint, deployment, makers, users in rows:
        done = [when for _, _, state, when in makers if state in _ENDED_WELL]
        if not done:
            continue
        ends[deployment] = max(done)
        ended = _ended(users, undeploys, max(done))
        candidate = (max(done), deployment, ended)
        if endpoint not in latest or candidate > latest[endpoint]:
            latest[endpoint] = candidate
    return {endpoint: d for endpoint, (_, d, ended) in latest.items() if not ended}, ends


def _ended(users: Iterable[Sequence[Any]], undeploys: set[str], deployed: int) -> bool:
    # what was deployed once more after it was taken down runs again
    return any(kind in undeploys and state in _ENDED_WELL and when >= deployed for _, kind, state, when in users)
