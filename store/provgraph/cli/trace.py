"""`provgraph upstream` and `provgraph downstream`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from provgraph.cli.options import NODE, Settings, output_options, pass_settings, url_option
from provgraph.cli.stores import open_graph
from provgraph.cli.tracing import trace_limits, trace_options, write_lineage

__all__ = ["downstream", "upstream"]


@click.command(short_help="List what nodes were made from.")
@click.argument("nodes", type=NODE, nargs=-1, required=True, metavar="NODE...")
@trace_options
@url_option
@output_options()
@pass_settings
def upstream(
    settings: Settings,
    nodes: Sequence[str],
    max_hops: int | None,
    max_nodes: int | None,
    types: Sequence[str],
    stop_types: Sequence[str],
    certain_only: bool,
) -> None:
    """List what nodes were made from: every artifact and execution behind them, nearest first.

    The last line says whether the answer is complete, and what the records themselves lack. With --csv it goes to
    standard error. A context stands for its executions and what they put out.
    """
    limits = trace_limits(max_hops, max_nodes, types, stop_types, certain_only)
    with open_graph(settings) as graph:
        lineage = graph.upstream(nodes, **limits)
    write_lineage(settings, lineage, "nothing is recorded behind this: no execution put it out or took anything in")


@click.command(short_help="List what was made from nodes.")
@click.argument("nodes", type=NODE, nargs=-1, required=True, metavar="NODE...")
@trace_options
@url_option
@output_options()
@pass_settings
def downstream(
    settings: Settings,
    nodes: Sequence[str],
    max_hops: int | None,
    max_nodes: int | None,
    types: Sequence[str],
    stop_types: Sequence[str],
    certain_only: bool,
) -> None:
    """List what was made from nodes: every execution and artifact that they reached, nearest first.

    The last line says whether the answer is complete. With --csv it goes to standard error. A context stands for its
    executions and what they put out.
    """
    limits = trace_limits(max_hops, max_nodes, types, stop_types, certain_only)
    with open_graph(settings) as graph:
        lineage = graph.downstream(nodes, **limits)
    write_lineage(settings, lineage, "nothing downstream uses this: no execution took it in")
