"""`provgraph find`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, TypedDict

import click

from provgraph.cli.conditions import WHERE
from provgraph.cli.nodes import CSV_COLUMNS, TABLE_COLUMNS, csv_row, node_as_json, table_row
from provgraph.cli.options import NODE, TEXT, TIME, Settings, output_options, pass_settings, url_option
from provgraph.cli.output import json_text, say, write_csv, write_table
from provgraph.cli.stores import FIRST_STEPS, nothing_there, open_graph
from provgraph.model import ArtifactState, ExecutionState, NodeKind

if TYPE_CHECKING:
    from provgraph.graph import Graph
    from provgraph.model import Node
    from provgraph.store.reader import Condition

__all__ = ["find"]

SHOWN: Final = 50  # rows of a table that is read by a person
_STATES: Final = sorted({state.name for state in (*ArtifactState, *ExecutionState)})


class _Wanted(TypedDict):
    """What `Graph.find` and `Graph.count` take."""

    text: str | None
    kind: str | None
    type: str | None
    name: str | None
    uri: str | None
    state: str | None
    context: str | None
    since: int | None
    until: int | None
    where: Sequence[Condition]


@click.command(short_help="Find artifacts, executions and contexts.")
@click.argument("text", type=TEXT, required=False)
@click.option(
    "--kind", type=click.Choice([kind.word for kind in NodeKind], case_sensitive=False), help="Only this kind of node."
)
@click.option("--type", type=TEXT, help="Of this type, such as Dataset or Train.")
@click.option("--name", type=TEXT, help="With exactly this name.")
@click.option("--uri", type=TEXT, help="Artifacts with exactly this URI.")
@click.option(
    "--state", type=click.Choice(_STATES, case_sensitive=False), metavar="STATE", help="In this state, such as FAILED."
)
@click.option("--in", "context", type=NODE, metavar="CONTEXT", help="In this context, or in one inside it.")
@click.option(
    "--where",
    type=WHERE,
    multiple=True,
    metavar="CONDITION",
    help="A property: key=value, or with != < <= > >= or ~ (contains). May be repeated; all must hold.",
)
@click.option("--since", type=TIME, metavar="TIME", help="Started or made since: 2026-11-24, or 7d (s, m, h, d, w).")
@click.option("--until", type=TIME, metavar="TIME", help="Started or made before that moment.")
@click.option("--newest", is_flag=True, help="The last recorded first.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"At most N nodes; 0 for all. Without it a table has {SHOWN}, JSON and CSV have all.",
)
@url_option
@output_options()
@pass_settings
def find(
    settings: Settings,
    text: str | None,
    kind: str | None,
    type: str | None,
    name: str | None,
    uri: str | None,
    state: str | None,
    context: str | None,
    where: Sequence[Condition],
    since: int | None,
    until: int | None,
    newest: bool,
    limit: int | None,
) -> None:
    """Find artifacts, executions and contexts.

    TEXT is looked for in names, types, external ids, URIs and keys, whatever the case. All that is given must hold.
    """
    if uri is not None and kind not in (None, "artifact"):
        raise click.UsageError(f"--uri is for artifacts: a {kind} has none.")
    wanted = _Wanted(
        text=text,
        kind="artifact" if uri is not None else kind,
        type=type,
        name=name,
        uri=uri,
        state=state,
        context=context,
        since=since,
        until=until,
        where=where,
    )
    if message := nothing_there(settings):
        _write(settings, iter(()), 0)
        say(message)
        return
    with open_graph(settings) as graph:
        most = SHOWN if limit is None and settings.format == "table" else limit or None
        nodes = graph.find(**wanted, newest_first=newest, limit=most)
        if most is None:
            shown = total = _write(settings, nodes, None)
        else:
            total = graph.count(**wanted)
            shown = _write(settings, islice(nodes, most), total)
        _what_now(graph, wanted, shown, total)


def _what_now(graph: Graph, wanted: _Wanted, shown: int, total: int) -> None:
    if shown:
        if shown < total:
            say(f"{shown:,} of {total:,}: --limit 0 shows all, more conditions show fewer")
        return
    if any(wanted.values()) and next(graph.find(limit=1), None) is not None:
        say(f"nothing fits{_nearest(graph, wanted)}: give fewer conditions, or `provgraph status` to see what there is")
    else:
        say(f"the store is empty: {FIRST_STEPS}")


def _nearest(graph: Graph, wanted: _Wanted) -> str:
    """The types there are, where the one asked for is not among them."""
    names = sorted({node_type.name for node_type in graph.types()})
    if wanted["type"] is None or wanted["type"] in names:
        return ""
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f" (no type {wanted['type']!r}; there are {listed})"


def _write(settings: Settings, nodes: Iterator[Node], total: int | None) -> int:
    """Write the nodes and return how many there were; `total` is None where these are all."""
    if settings.format == "json":
        return _write_json(nodes, total)
    counted = _Counted(nodes)
    if settings.format == "csv":
        write_csv(CSV_COLUMNS, (list(csv_row(node)) for node in counted))
    elif rows := [table_row(node) for node in counted]:
        write_table(TABLE_COLUMNS, rows)
    return counted.number


def _write_json(nodes: Iterator[Node], total: int | None) -> int:
    # One node a line, as they come: a store of a hundred thousand nodes does not gather in memory.
    number = 0
    sys.stdout.write('{"nodes": [')
    for node in nodes:
        sys.stdout.write((",\n" if number else "\n") + json_text(node_as_json(node), indent=None))
        number += 1
    sys.stdout.write(("\n" if number else "") + f'], "total": {number if total is None else total}}}\n')
    return number


class _Counted:
    """Counts what goes through."""

    def __init__(self, nodes: Iterator[Node]) -> None:
        self._nodes = nodes
        self.number = 0

    def __iter__(self) -> Iterator[Node]:
        for node in self._nodes:
            self.number += 1
            yield node
