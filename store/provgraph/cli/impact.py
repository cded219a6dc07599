"""`provgraph impact`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import click

from provgraph.cli.options import NODE, Settings, output_options, pass_settings, url_option
from provgraph.cli.output import Column, say, write_csv, write_json, write_lines, write_table
from provgraph.cli.stores import open_graph
from provgraph.cli.text import count_text
from provgraph.cli.tracing import certain_option

if TYPE_CHECKING:
    from provgraph.tracing.impact import Impact, Reached

__all__ = ["impact"]

SHOWN: Final = 50  # rows of the table
ROUTES: Final = 20
_COLUMNS: Final = (
    Column("ID"),
    Column("TYPE", shrinks=True),
    Column("NAME", shrinks=True, keeps_end=True),
    Column("LIVE"),
    Column("HOPS", right=True),
    Column("STEPS", right=True),
    Column("ENDPOINT", shrinks=True, keeps_end=True),
    Column("REACHED"),
)


@click.command(short_help="Say what a change of nodes reaches.")
@click.argument("nodes", type=NODE, nargs=-1, required=True, metavar="NODE...")
@certain_option
@click.option("--all", "details", is_flag=True, help="Fetch every node, also where more than 20,000 are reached.")
@click.option(
    "--routes",
    "target",
    type=NODE,
    metavar="NODE",
    help=f"Show the routes to this node instead, shortest first, at most {ROUTES}.",
)
@url_option
@output_options()
@pass_settings
def impact(settings: Settings, nodes: Sequence[str], certain_only: bool, details: bool, target: str | None) -> None:
    """Say what a change of nodes reaches: deployments, and which of them are live, models, and everything else.

    Live deployments come first, then other deployments, models, datasets, metrics and the rest, nearest first. The last
    line says whether the answer is complete. With --csv it goes to standard error.
    """
    with open_graph(settings) as graph:
        found = graph.impact(nodes, certain_only=certain_only, details=True if details or target is not None else None)
        if target is not None:
            _write_routes(settings, found, graph.get(target).ref)
            return
    if settings.format == "json":
        write_json(found.to_json())
    elif settings.format == "csv":
        header = found.to_csv().partition("\n")[0].split(",")
        write_csv(header, (list(row.values()) for row in found.rows()))
        say(str(found.certificate))
    else:
        _write(found)
    if not found.counts and not found.executions:
        say("nothing downstream uses this: a change of it reaches nothing that is recorded")
    elif found.lineage is None:
        say("so much is reached that only deployments are listed, and each record counts: --all fetches everything")


def _write(found: Impact) -> None:
    write_lines(_summary(found))
    rows = [_row(item) for item in found.reached[:SHOWN]]
    if rows:
        used = [at for at, column in enumerate(_COLUMNS) if column.title in ("ID", "NAME") or any(r[at] for r in rows)]
        write_lines([""])
        write_table([_COLUMNS[at] for at in used], [[row[at] for at in used] for row in rows])
    write_lines(["", str(found.certificate)])
    if len(found.reached) > SHOWN:
        say(f"{SHOWN} of {len(found.reached):,}: --csv and --json have all")


def _summary(found: Impact) -> Iterator[str]:
    starts = ", ".join(f"{node.ref} ({node.type} {node.label})" for node in found.starts)
    models = count_text(found.model_count, "model") + _marked(possible=found.possible_model_count)
    deployments = count_text(len(found.deployments), "deployment")
    if found.deployments:
        unsure = sum(item.only_possible for item in found.deployments)
        deployments += _marked(f"{len(found.live_deployments):,} live", possible=unsure)
    yield f"A change of {starts} reaches {models} and {deployments}."
    for word, counts, possible in (
        ("artifacts", found.counts, found.possible_counts),
        ("executions", found.executions, found.possible_executions),
    ):
        if counts:
            yield f"{word:<10} {_counts(counts, possible)}"
    if found.records > sum(found.counts.values()):
        yield f"records    {found.records:,}, of which those of one thing count once"


def _counts(counts: Mapping[str, int], possible: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}{_marked(possible=possible.get(name, 0))}" for name, number in counts.items())


def _marked(*words: str, possible: int) -> str:
    said = [*words, *([f"{possible:,} only possibly"] if possible else [])]
    return f" ({', '.join(said)})" if said else ""


def _row(item: Reached) -> Sequence[object]:
    live = {True: "live", False: "no", None: ""}[item.live]
    if item.role == "deployment" and item.live is None:
        live = "unknown"
    endpoints = ", ".join(c.label for c in item.deployment.endpoints) if item.deployment else ""
    remarks = [
        word
        for word, holds in (("failed only", item.only_through_failed), ("possible only", item.only_possible))
        if holds
    ]
    node = item.node
    steps = item.executions_between
    return (node.ref, node.type, node.label, live, item.hops, steps, endpoints, ", ".join(remarks))


def _write_routes(settings: Settings, found: Impact, target: str) -> None:
    routes = found.routes(target, limit=ROUTES)
    if settings.format == "json":
        write_json({"target": target, "routes": [list(route) for route in routes], "limit": ROUTES})
    elif settings.format == "csv":
        write_csv(("route", "hop", "id"), ((n, hop, ref) for n, r in enumerate(routes, 1) for hop, ref in enumerate(r)))
    else:
        lineage = found.lineage
        for route in routes:
            names = (f"{ref} ({lineage[ref].label})" if lineage else ref for ref in route)
            write_lines([" -> ".join(names)])
    if len(routes) == ROUTES:
        say(f"the {ROUTES} shortest routes; there may be more")
