"""What `Graph` calls to record a frame: light to import, so that `import provgraph` stays so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from provgraph.recording.environment import Capture
from provgraph.tables.extras import require_extras

if TYPE_CHECKING:
    from pandas import DataFrame

    from provgraph.model import Artifact, Node
    from provgraph.recording.contexts import ContextsLike
    from provgraph.recording.execution import TimeLike
    from provgraph.store.core import StoreCore
    from provgraph.tables.roles import Task

__all__ = ["ArrowTable", "record_frame"]


class ArrowTable(Protocol):
    """Anything that hands its rows over as a stream of Arrow: a table of pyarrow or polars, a relation of DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream."""
        ...


def record_frame(
    core: StoreCore,
    frame: DataFrame | ArrowTable,
    *,
    model: Node,
    data: Node | None,
    roles: Mapping[str, str | Sequence[str] | None],
    name: str | None,
    task: Task | None,
    pipeline: str | None,
    run: str | None,
    contexts: ContextsLike | None,
    parameters: Mapping[str, object] | None,
    started_at: TimeLike | None,
    ended_at: TimeLike | None,
    capture: Capture | None,
    properties: Mapping[str, object],
) -> Artifact:
    """Record the rows of a frame: see `Graph.record_predictions`.

    Raises:
        ConfigurationError: the extra `slices` is not installed.
    """
    require_extras()
    from provgraph.tables.columns import to_table
    from provgraph.tables.record import Evaluation, record_table

    what = Evaluation(
        model=model,
        data=data,
        roles=roles,
        name=name,
        task=task,
        pipeline=pipeline,
        run=run,
        contexts=contexts,
        parameters=parameters or {},
        started_at=started_at,
        ended_at=ended_at,
        capture=capture or Capture(),
        properties=properties,
    )
    return record_table(core, lambda note: to_table(frame, note), what).artifact
