"""What queries return, as pandas frames: nodes, runs, uses, deployments, counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from provgraph.errors import InvalidValueError
from provgraph.interop.flat import NODE_FIELDS, flat_edge, flat_node
from provgraph.interop.frames import require_pandas, rows_frame
from provgraph.model import Artifact, Context, Execution, Node
from provgraph.tracing.deployments import Deployment
from provgraph.tracing.overview import TypeCount
from provgraph.tracing.runs import Run, Use

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Result", "to_frame"]

Result: TypeAlias = Node | Run | Use | Deployment | TypeCount

_NODE: Final = tuple(name for name in NODE_FIELDS if name not in ("hops", "reached", "contexts"))


def to_frame(results: Iterable[Result]) -> pd.DataFrame:
    """What a query returned, as a frame: one row each, in its order. Needs pandas.

    Nodes of `find` and the like have the columns of `Lineage.to_frames`, without hops; so have uses, with how each was
    used, and deployments, with where and since when. Nothing found is a frame of nodes without rows.

    Raises:
        InvalidValueError: the results are not all of one sort.
        ConfigurationError: pandas is not installed.
    """
    require_pandas()
    kept = list(results)
    for sort, row, columns in _SORTS:
        if all(isinstance(result, sort) for result in kept):
            return rows_frame((row(result) for result in kept), columns)
    raise InvalidValueError(
        "to_frame takes nodes, runs, uses, deployments or counts, all of one sort: a Lineage has to_frames, and other "
        "answers a to_frame of their own"
    )


def _run_row(run: Run) -> Mapping[str, object]:
    return {
        "id": run.context.ref,
        "name": run.context.name,
        "state": run.state.name,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "seconds": None if run.duration is None else run.duration / 1000,
        "steps": len(run.executions),
        "failed_steps": len(run.failed),
    }


def _use_row(use: Use) -> Mapping[str, object]:
    edge = flat_edge(use.edge)
    return {
        **flat_node(use.artifact),
        "used": use.used,
        "possible": use.edge.possible,
        **{name: edge.get(name) for name in ("event_type", "time", "path", "certainty")},
    }


def _deployment_row(found: Deployment) -> Mapping[str, object]:
    endpoints = "; ".join(context.name or context.ref for context in found.endpoints)
    return {**flat_node(found.node), "live": found.live, "since": found.since, "endpoints": endpoints or None}


def _count_row(found: TypeCount) -> Mapping[str, object]:
    return {"kind": found.kind.word, "type": found.type, "state": found.state, "count": found.count}


_SORTS: Final[Sequence[tuple[Any, Callable[[Any], Mapping[str, object]], Sequence[str]]]] = (
    ((Artifact, Execution, Context), flat_node, _NODE),
    (Run, _run_row, ("id", "name", "state", "started_at", "ended_at", "seconds", "steps", "failed_steps")),
    (Use, _use_row, (*_NODE, "used", "possible", "event_type", "time", "path", "certainty")),
    (Deployment, _deployment_row, (*_NODE, "live", "since", "endpoints")),
    (TypeCount, _count_row, ("kind", "type", "state", "count")),
)
