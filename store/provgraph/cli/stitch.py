"""`provgraph stitch`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click

from provgraph.cli.options import NODE, Settings, output_options, pass_settings, url_option
from provgraph.cli.output import say, write_json, write_lines
from provgraph.cli.progress import ProgressLine
from provgraph.cli.stores import open_graph
from provgraph.cli.text import count_text
from provgraph.joining.rules import Rule

__all__ = ["stitch"]


@click.command(short_help="Join the records of different tools that are one thing.")
@click.argument("nodes", type=NODE, nargs=-1, metavar="[NODE...]")
@click.option("--undo", is_flag=True, help="Take joins back: all, or those of the NODEs. What a tool said stays.")
@click.option("--dry-run", is_flag=True, help="Only say what would be joined.")
@click.option(
    "--rule",
    "rules",
    type=click.Choice([rule.word for rule in Rule]),
    multiple=True,
    help="By this rule only. Repeatable.",
)
@url_option
@output_options(csv=False)
@pass_settings
def stitch(settings: Settings, nodes: Sequence[str], undo: bool, dry_run: bool, rules: Sequence[str]) -> None:
    """Join the records of different tools that are one thing.

    The rules, the strongest first: content-hash, equal strong digests (never of nothing, and never a weak one);
    version-exact-uri, one place with one version; path-within-a-commit, of the same Git commit. The artifacts become
    equal (SAME_AS), with the rule and what was equal; traces cross that at no hop.

    Two records of one source are never made one, and what the rules would join against a stronger identity is said
    instead. Every load does this for what it brings, unless told not to; steps that were recorded since are joined by
    this verb. Running it again changes nothing. What was taken back by --undo is joined again by the next run, or by
    the next load of the same records.
    """
    if nodes and not undo:
        raise click.UsageError("A NODE says whose joins to take back: provgraph stitch --undo NODE")
    if undo and dry_run:
        raise click.UsageError("--dry-run is for joining: --undo takes back at once.")
    chosen = list(rules) or None
    with open_graph(settings) as graph, ProgressLine() as progress:
        if undo:
            undone = graph.unstitch(list(nodes) or None, rules=chosen)
            progress.clear()
            _write_undone(settings, undone)
            return
        report = graph.stitch(rules=chosen, dry_run=dry_run, progress=progress)
    if settings.format == "json":
        write_json(report.to_json())
        return
    write_lines([*report.lines(), f"looked at {count_text(report.looked_at, 'artifact')} in {report.seconds:.1f} s"])
    if report.changed:
        say("to take it back: provgraph stitch --undo")


def _write_undone(settings: Settings, undone: Counter[Rule]) -> None:
    if settings.format == "json":
        write_json({"undone": {rule.value: undone[rule] for rule in Rule if undone[rule]}})
    elif undone:
        by_rule = ", ".join(f"{undone[rule]:,} by {rule.value}" for rule in Rule if undone[rule])
        write_lines([f"took back {count_text(undone.total(), 'join')}: {by_rule}"])
    else:
        write_lines(["there was no join to take back"])
