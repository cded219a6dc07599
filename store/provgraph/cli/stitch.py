"""`provgraph stitch`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from provgraph.cli.options import NODE, Settings, output_options, pass_settings, url_option
from provgraph.cli.output import Column, say, write_json, write_lines, write_table
from provgraph.cli.progress import ProgressLine
from provgraph.cli.stores import open_graph
from provgraph.cli.text import count_text
from provgraph.joining.rules import Rule

if TYPE_CHECKING:
    from provgraph.joining.report import StitchReport

__all__ = ["stitch"]

NAMED: Final = 20  # pairs in the text
LISTED: Final = 100_000  # pairs in JSON
_COLUMNS: Final = (
    *(Column("FIRST"), Column("NAME", shrinks=True, keeps_end=True)),
    *(Column("SECOND"), Column("NAME", shrinks=True, keeps_end=True)),
    *(Column("RULE"), Column("EVIDENCE", shrinks=True)),
)


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
    instead; a join made before that was known is taken back. The pairs are named, 20 in the text and up to 100,000 with
    --json. Every load does this for what it brings, unless told not to; steps that were recorded since are joined by
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
        listed = LISTED if settings.format == "json" else NAMED
        report = graph.stitch(rules=chosen, dry_run=dry_run, listed=listed, progress=progress)
    if settings.format == "json":
        write_json(report.to_json())
        return
    write_lines(report.lines())
    _write_pairs(report)
    write_lines([f"looked at {count_text(report.looked_at, 'artifact')} in {report.seconds:.1f} s"])
    if report.joined and report.changed:
        say("to take it back: provgraph stitch --undo")


def _write_pairs(report: StitchReport) -> None:
    if not report.pairs:
        return
    rows = [(p.first, p.first_name, p.second, p.second_name, p.rule.value, p.evidence) for p in report.pairs]
    write_table(_COLUMNS, rows)
    if (more := report.joined.total() - len(rows)) > 0:
        write_lines([f"… and {more:,} more: --json names up to {LISTED:,}"])


def _write_undone(settings: Settings, undone: Counter[Rule]) -> None:
    if settings.format == "json":
        write_json({"undone": {rule.value: undone[rule] for rule in Rule if undone[rule]}})
    elif undone:
        by_rule = ", ".join(f"{undone[rule]:,} by {rule.value}" for rule in Rule if undone[rule])
        write_lines([f"took back {count_text(undone.total(), 'join')}: {by_rule}"])
    else:
        write_lines(["there was no join to take back"])
