"""Which deployments are live: by end time, the last complete one of its endpoint that nothing has ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provgraph.model import Artifact, Context, Execution, ExecutionState, Node, NodeKind, NodeType
from provgraph.store.core import StoreCore
from provgraph.store.cypher.trace import CONTEXTS_OF, DEPLOYMENTS_AT, DEPLOYS_AT, MAKERS_CONTEXTS
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
    """The deployments among `nodes` (all of them are taken for such) with their endpoints and whether they are live.

    The endpoints of an artifact are its own and those of the execution that deployed it.
    """
    types = core.reader.types()
    endpoints = _endpoints(core, nodes, roles, set(roles.type_names("deploy", types)))
    wanted = sorted({context.id for found in endpoints.values() for context in found})
    candidates = _candidates(core, wanted, roles, types)
    live = {max(found)[1] for found in candidates.values() if found and not max(found)[2]}
    ends = {node: when for found in candidates.values() for when, node, _ in sorted(found)}
    result: list[Deployment] = []
    for node in nodes:
        at = endpoints.get(node.ref, ())
        since = ends.get(node.id, node.ended_at if isinstance(node, Execution) else None)
        result.append(Deployment(node, tuple(at), node.id in live if at else None, since))
    return result


def _endpoints(
    core: StoreCore, nodes: Iterable[Artifact | Execution], roles: Roles, deploys: set[str]
) -> dict[str, list[Context]]:
    pairs: set[tuple[str, int]] = set()
    for kind in (NodeKind.ARTIFACT, NodeKind.EXECUTION):
        refs = {node.id: node.ref for node in nodes if node.kind is kind}
        if refs:
            [[rows]] = core.store.read(CONTEXTS_OF[kind], {"ids": list(refs)})
            pairs |= {(refs[id_], context) for id_, context in rows}
        if refs and kind is NodeKind.ARTIFACT:
            [[rows]] = core.store.read(MAKERS_CONTEXTS, {"ids": list(refs)})
            pairs |= {(refs[id_], context) for id_, maker, context in rows if maker in deploys}
    contexts = {c.id: c for c in core.reader.by_ids(NodeKind.CONTEXT, sorted({c for _, c in pairs}))}
    found: dict[str, list[Context]] = {}
    for ref, context_id in sorted(pairs):
        context = contexts.get(context_id)
        if isinstance(context, Context) and roles.is_a(context, "endpoint"):
            found.setdefault(ref, []).append(context)
    return found


def _candidates(
    core: StoreCore, endpoints: Sequence[int], roles: Roles, types: Sequence[NodeType]
) -> dict[int, set[tuple[int, int, bool]]]:
    """What was deployed at each endpoint: (end of the deploying execution, node id, whether it was taken down)."""
    found: dict[int, set[tuple[int, int, bool]]] = {endpoint: set() for endpoint in endpoints}
    if not endpoints:
        return found
    undeploys = set(roles.type_names("undeploy", ()))
    deployments = roles.type_names("deployment", types)
    [[rows]] = core.store.read(DEPLOYMENTS_AT, {"ids": list(endpoints), "types": deployments})
    for endpoint, deployment, makers, users in rows:
        done = [when for state, when in makers if state in _ENDED_WELL]
        if done:
            found[endpoint].add((max(done), deployment, _ended(users, undeploys, max(done))))
    [[rows]] = core.store.read(DEPLOYS_AT, {"ids": list(endpoints), "types": roles.type_names("deploy", types)})
    for endpoint, execution, state, when, outputs in rows:
        if state not in _ENDED_WELL:
            continue
        made = [(deployment, users) for deployment, name, users in outputs if name in deployments]
        for deployment, users in made:
            found[endpoint].add((when, deployment, _ended(users, undeploys, when)))
        if not outputs:  # the execution is itself the deployment
            found[endpoint].add((when, execution, False))
    return found


def _ended(users: Iterable[Sequence[Any]], undeploys: set[str], deployed: int) -> bool:
    # what was deployed once more after it was taken down runs again
    return any(kind in undeploys and state in _ENDED_WELL and when >= deployed for kind, state, when in users)
