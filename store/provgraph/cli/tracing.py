"""What the verbs that trace have in common: their options, and a lineage as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypedDict, TypeVar

import click

from provgraph.cli.nodes import CSV_COLUMNS, TABLE_COLUMNS, csv_row, table_row
from provgraph.cli.options import TEXT
from provgraph.cli.output import Column, say, write_csv, write_json, write_lines, write_table

if TYPE_CHECKING:
    from provgraph.cli.options import Settings
    from provgraph.tracing.lineage import Lineage

__all__ = ["TraceLimits", "certain_option", "trace_limits", "trace_options", "write_lineage"]

F = TypeVar("F", bound=Callable[..., Any])

_COLUMNS: Final = (Column("HOPS", right=True), *TABLE_COLUMNS, Column("LINK"))


class TraceLimits(TypedDict):
    """What `Graph.upstream` and its like take."""

    max_hops: int | None
    max_nodes: int | None
    types: Sequence[str] | None
    stop_types: Sequence[str]
    certain_only: bool


def trace_limits(
    max_hops: int | None, max_nodes: int | None, types: Sequence[str], stop_types: Sequence[str], certain_only: bool
) -> TraceLimits:
    """The limits that the options say."""
    return TraceLimits(
        max_hops=max_hops,
        max_nodes=max_nodes,
        types=types or None,
        stop_types=stop_types,
        certain_only=certain_only,
    )


certain_option: Final = click.option("--certain-only", is_flag=True, help="Do not walk links that are only possible.")


def trace_options(function: F) -> F:
    """Options that bound a trace. Whatever they leave out, the certificate of the answer says so."""
    options = (
        click.option("--max-hops", type=click.IntRange(min=0), metavar="N", help="Walk at most N links."),
        click.option("--max-nodes", type=click.IntRange(min=1), metavar="N", help="The N nearest nodes only."),
        click.option("--type", "types", type=TEXT, multiple=True, help="Show this type only. May be repeated."),
        click.option("--stop-type", "stop_types", type=TEXT, multiple=True, help="Do not walk beyond this type."),
        certain_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


def write_lineage(settings: Settings, lineage: Lineage, nothing: str) -> None:
    """Write a lineage; `nothing` is said if it holds the starts alone."""
    if settings.format == "json":
        write_json(lineage.to_json())
    elif settings.format == "csv":
        write_csv(("hops", *CSV_COLUMNS, "contexts", "reached"), _csv_rows(lineage))
        say(str(lineage.certificate))
    else:
        rows = [(lineage.hops[node.ref], *table_row(node), _remark(lineage, node.ref)) for node in lineage]
        used = len(_COLUMNS) if any(row[-1] for row in rows) else len(_COLUMNS) - 1
        write_table(_COLUMNS[:used], [row[:used] for row in rows])
        write_lines(["", str(lineage.certificate)])
    if all(hops == 0 for hops in lineage.hops.values()) and lineage.certificate.complete:
        say(nothing)


def _csv_rows(lineage: Lineage) -> Iterator[Sequence[object]]:
    for node in lineage:
        contexts = " ".join(lineage.memberships.get(node.ref, ()))
        yield (lineage.hops[node.ref], *csv_row(node), contexts, lineage.reached(node))


def _remark(lineage: Lineage, ref: str) -> str:
    if ref in lineage.pending:
        return "pending"
    return "only possible" if ref in lineage.only_possible else ""
