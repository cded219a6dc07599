"""Lineages as pandas frames."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from provgraph.errors import ConfigurationError
from provgraph.interop.plain import plain_node, plain_properties

if TYPE_CHECKING:
    import pandas as pd

    from provgraph.tracing.lineage import Lineage

__all__ = ["lineage_frames", "require_pandas"]

_NODE_COLUMNS = (
    "id", "kind", "type", "name", "state", "hops", "reached", "uri", "digest", "version", "started_at", "ended_at",
    "created_at", "key", "external_id",
)  # fmt: skip
_EDGE_COLUMNS = ("kind", "source", "target", "event_type", "time", "certainty", "recorded_by", "recorded_at")
_TIMES = ("started_at", "ended_at", "created_at", "time", "recorded_at")


def require_pandas() -> None:
    """Check that pandas is there.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        import_module("pandas")
    except ImportError as error:
        raise ConfigurationError("this needs pandas: pip install 'provgraph[pandas]'") from error


def lineage_frames(lineage: Lineage) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The nodes (one row each, with their properties as columns `prop_…` and `custom_…`) and the edges.

    Times are UTC timestamps.
    """
    require_pandas()
    import pandas as pd

    rows: list[dict[str, object]] = []
    for node in lineage.nodes:
        row = {**plain_node(node), "hops": lineage.hops[node.ref], "reached": lineage.reached(node)}
        row |= {f"prop_{name}": value for name, value in plain_properties(node.properties).items()}
        row |= {f"custom_{name}": value for name, value in plain_properties(node.custom_properties).items()}
        rows.append(row)
    extra = sorted({key for row in rows for key in row if key.startswith(("prop_", "custom_"))})
    nodes = pd.DataFrame(rows, columns=[*_NODE_COLUMNS, *extra])
    edges = pd.DataFrame(
        [[getattr(edge, column) for column in _EDGE_COLUMNS] for edge in lineage.edges], columns=list(_EDGE_COLUMNS)
    )
    for frame in (nodes, edges):
        for column in _TIMES:
            if column in frame:
                frame[column] = pd.to_datetime(frame[column].astype("Int64"), unit="ms", utc=True)
    return nodes, edges
