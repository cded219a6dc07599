"""`provgraph export`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from provgraph.cli.options import NODE, TEXT, Settings, pass_settings, url_option
from provgraph.cli.output import json_text, say, write_lines
from provgraph.cli.stores import open_graph
from provgraph.cli.text import count_text
from provgraph.cli.tracing import trace_limits, trace_options

if TYPE_CHECKING:
    from provgraph.tracing.lineage import Lineage

__all__ = ["export"]

_SUFFIXES: Final = {
    ".json": "json",
    ".provjson": "prov-json",
    ".jsonl": "openlineage",
    ".ndjson": "openlineage",
    ".csv": "csv",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
}


@click.command(short_help="Write the lineage of a node for other tools: PROV, OpenLineage, CSV, Graphviz …")
@click.argument("nodes", type=NODE, nargs=-1, metavar="NODE...")
@click.option(
    "--source",
    type=TEXT,
    metavar="SOURCE",
    help="Instead of NODE: all that was loaded from this source, such as prov/audit.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "prov-json", "openlineage", "csv", "dot", "mermaid"]),
    help="What to write; without it what the ending of --output says, else JSON.",
)
@click.option(
    "--direction",
    type=click.Choice(["upstream", "downstream", "both"]),
    default="both",
    show_default=True,
    help="What nodes were made from, what was made from them, or both.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Write into this file; nodes and links as CSV into this folder.",
)
@trace_options
@url_option
@pass_settings
def export(
    settings: Settings,
    nodes: Sequence[str],
    source: str | None,
    form: str | None,
    direction: str,
    output: Path | None,
    max_hops: int | None,
    max_nodes: int | None,
    types: Sequence[str],
    stop_types: Sequence[str],
    certain_only: bool,
) -> None:
    """Write the lineage of a node as JSON, or for other tools.

    prov-json is a W3C PROV document (needs the extra prov); with --source it is the document that was loaded.
    openlineage is events, one a line, by time. csv is the links, with type and name of both ends; with a folder as
    --output it is nodes.csv and edges.csv. dot is for Graphviz, mermaid a flowchart.

    Standard error says whether it is complete; the JSON holds that too, as the certificate.
    """
    if (source is None) == (not nodes):
        raise click.UsageError("Name either a NODE or a --source.")
    limits = trace_limits(max_hops, max_nodes, types, stop_types, certain_only)
    target = None if output is None or str(output) == "-" else output
    chosen = form or _SUFFIXES.get(target.suffix.lower() if target else ".json")
    if chosen is None:
        raise click.UsageError(f"The ending of {target} says no format: give --format.")
    if target is not None and target.is_dir() and chosen != "csv":
        raise click.UsageError(f"{target} is a folder: name a file in it.")
    if source is not None and (direction != "both" or any(limits.values())):
        raise click.UsageError("A --source is exported whole: --direction and limits are for a NODE.")
    with open_graph(settings) as graph:
        if source is not None:
            lineage = graph.source(source)
        else:
            walk = {"upstream": graph.upstream, "downstream": graph.downstream, "both": graph.lineage}[direction]
            lineage = walk(nodes, **limits)
    if chosen == "csv":
        _write_tables(lineage, target)
    elif target is None:
        sys.stdout.write(_written(lineage, chosen))
    else:
        target.write_text(_written(lineage, chosen), encoding="utf-8")
    say(str(lineage.certificate))


def _written(lineage: Lineage, form: str) -> str:
    if form == "dot":
        return lineage.to_dot()
    if form == "mermaid":
        return lineage.to_mermaid()
    if form == "prov-json":
        return lineage.to_prov_json()
    if form == "openlineage":
        return lineage.to_openlineage()
    return json_text(lineage.to_json()) + "\n"


def _write_tables(lineage: Lineage, target: Path | None) -> None:
    nodes, links = lineage.to_csv()
    if target is not None and target.suffix.lower() != ".csv":
        target.mkdir(parents=True, exist_ok=True)
        (target / "nodes.csv").write_text(nodes, encoding="utf-8")
        (target / "edges.csv").write_text(links, encoding="utf-8")
        return
    if target is not None:
        target.write_text(links, encoding="utf-8")
    elif sys.stdout.isatty():
        write_lines(links.split("\n")[:-1])
    else:
        sys.stdout.write(links)
    linked = {ref for edge in lineage.edges for ref in (edge.source, edge.target)}
    alone = sum(node.ref not in linked for node in lineage)
    if alone:
        say(f"{count_text(alone, 'node')} without a link: only --output FOLDER writes all nodes")
