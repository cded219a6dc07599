"""Nodes as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from provgraph.cli.output import Column, json_text
from provgraph.cli.text import iso_time, local_time
from provgraph.model import Execution, ExecutionState

if TYPE_CHECKING:
    from provgraph.model import Node

__all__ = ["CSV_COLUMNS", "TABLE_COLUMNS", "csv_row", "moment", "node_as_json", "state_of", "table_row"]

TABLE_COLUMNS: Final = (
    Column("ID"),
    Column("TYPE", shrinks=True),
    Column("NAME", shrinks=True, keeps_end=True),
    Column("STATE"),
    Column("TIME"),
)
CSV_COLUMNS: Final = (
    *("id", "kind", "type", "name", "state", "uri", "digest", "version", "started_at", "ended_at", "created_at"),
    *("recorded_at", "key", "external_id", "properties", "custom_properties"),
)


def state_of(node: Node) -> str:
    """The state's word, `lost` for a running execution whose process is gone; "" where none is known."""
    state = getattr(node, "state", None)
    if state is None or not state.value:
        return ""
    return "lost" if _lost(node) else str(state.name)


def _lost(node: Node) -> bool:
    if getattr(node, "state", None) is not ExecutionState.RUNNING:
        return False
    from provgraph.recording.lost import is_lost

    return isinstance(node, Execution) and is_lost(node)


def node_as_json(node: Node) -> dict[str, object]:
    """The node for programs, with `lost` where it is an execution."""
    from provgraph.interop.plain import plain_node

    plain = plain_node(node)
    return {**plain, "lost": _lost(node)} if isinstance(node, Execution) else plain


def moment(node: Node) -> int | None:
    """When it started, was made, or was recorded: the first of them that is known."""
    started: int | None = getattr(node, "started_at", None)
    return next((time for time in (started, node.created_at, node.recorded_at) if time is not None), None)


def table_row(node: Node) -> Sequence[object]:
    """The cells of `TABLE_COLUMNS`."""
    return (node.ref, node.type, node.name or node.external_id or "", state_of(node), local_time(moment(node)))


def csv_row(node: Node) -> Iterator[object]:
    """The cells of `CSV_COLUMNS`: times by ISO 8601 in UTC, properties as JSON objects."""
    from provgraph.interop.plain import plain_node

    plain = plain_node(node)
    for column in CSV_COLUMNS:
        value = plain.get(column)
        if column.endswith("properties"):
            yield json_text(value, indent=None) if value else ""
        elif column.endswith("_at") and isinstance(value, int):
            yield iso_time(value)
        else:
            yield value
