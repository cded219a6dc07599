"""`provgraph coverage`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click

from provgraph.cli.options import NODE, Settings, output_options, pass_settings, url_option
from provgraph.cli.output import Column, say, write_csv, write_json, write_lines, write_table
from provgraph.cli.stores import nothing_there, open_graph
from provgraph.coverage.kinds import CoveragePart

if TYPE_CHECKING:
    from provgraph.coverage.values import Coverage, CoverageGap, CoverageScore, PipelineCoverage

__all__ = ["coverage"]

PIPELINES: Final = 20  # rows of the table
NAMED: Final = 5  # nodes of a gap in the text
LISTED: Final = 100  # nodes of a gap in JSON
_COLUMNS: Final = (
    Column("PIPELINE", shrinks=True, keeps_end=True),
    Column("COVERED", right=True),
    Column("MET", right=True),
    Column("STEPS", right=True),
    *(Column(part.name, right=True) for part in CoveragePart),
)


class _Percent(click.FloatRange):
    """A number from 0 to 100; a range alone lets NaN through, which nothing is less than."""

    name = "percentage"

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail("NaN is no percentage: name a number from 0 to 100.", param, ctx)
        return number


@click.command(short_help="Show what the records lack, and how to close the gaps.")
@click.option("--pipeline", type=NODE, metavar="NODE", help="Of this pipeline alone.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"Name at most N nodes of each gap; 0 for all. Without it the text names {NAMED}, JSON {LISTED}.",
)
@click.option(
    "--fail-under",
    type=_Percent(min=0, max=100),
    metavar="PERCENT",
    help="Exit with 1 if less is covered than this.",
)
@url_option
@output_options()
@pass_settings
def coverage(settings: Settings, pipeline: str | None, limit: int | None, fail_under: float | None) -> int:
    """Show what the records lack, and how to close the gaps.

    Each pipeline gets a plain ratio: how many of the things that its records should have are there. Models should reach
    a dataset; deployments a model; datasets a producer, where another version of them has one, and a digest of all
    their bytes, where they have any; executions a commit that is what ran, and links that are certain and lead to
    something that can be found again. Each gap comes with why it matters, the first nodes, and the line of code or
    configuration that would close it, for the tool that recorded it.

    What stands in no pipeline is the row "no pipeline". With --csv the pipelines are written. Where nothing is
    expected, as in an empty store, --fail-under is not met.
    """
    listed = (NAMED if settings.format == "table" else LISTED) if limit is None else limit or None
    if message := nothing_there(settings):
        if settings.format == "csv":
            from provgraph.coverage.values import Coverage

            write_csv(Coverage.columns(), ())
        say(message)
        return _verdict(None, fail_under)
    with open_graph(settings) as graph:
        found = graph.coverage(pipeline, listed=0 if settings.format == "csv" else listed)
    if settings.format == "json":
        write_json(found.to_json())
    elif settings.format == "csv":
        write_csv(found.columns(), (list(row.values()) for row in found.rows()))
    else:
        _write(found)
    return _verdict(found.score, fail_under)


def _verdict(score: CoverageScore | None, fail_under: float | None) -> int:
    if fail_under is None:
        return 0
    if score is None or score.ratio is None:
        say(f"nothing is recorded that anything is expected of: that does not meet {fail_under:g} %")
        return 1
    if 100 * score.met < fail_under * score.expected:
        say(f"{score.met:,} of {score.expected:,} ({100 * score.ratio:.2f} %) is less than {fail_under:.15g} %")
        return 1
    return 0


def _write(found: Coverage) -> None:
    of = f" of {found.pipeline.type} {found.pipeline.label}" if found.pipeline else ""
    if not found.score.expected and not found.gaps:
        write_lines([f"Nothing is recorded{of} that anything is expected of."])
        return
    write_lines([f"Coverage{of}: {found.score}", ""])
    shown = found.pipelines[:PIPELINES]
    rows = [_row(each) for each in shown]
    used = [at for at in range(len(_COLUMNS)) if at < 4 or any(row[at] for row in rows)]
    write_table([_COLUMNS[at] for at in used], [[row[at] for at in used] for row in rows])
    if len(found.pipelines) > PIPELINES:
        say(f"{PIPELINES} of {len(found.pipelines):,} pipelines, the worst: --csv and --json have all")
    for gap in found.gaps:
        write_lines(["", *_gap(gap)])
    if not found.gaps:
        write_lines(["", "Nothing that is recorded lacks anything."])
    write_lines(["", *found.unknown])


def _row(each: PipelineCoverage) -> Sequence[object]:
    score = each.score
    percent = "" if score.percent is None else f"{score.percent} %"
    met = f"{score.met:,}/{score.expected:,}" if score.expected else ""
    parts = (score.parts.get(part) for part in CoveragePart)
    return (each.name, percent, met, f"{each.executions:,}", *(f"{p[0]:,}/{p[1]:,}" if p else "" for p in parts))


def _gap(gap: CoverageGap) -> Iterator[str]:
    yield f"{gap}. {gap.kind.why}"
    for node in gap.nodes:
        name = f" {node.label}" if node.name or node.external_id else ""
        yield f"  {node.ref}  {node.type}{name}"
    if not gap.complete:
        yield f"  … and {gap.count - len(gap.nodes):,} more: --limit 0 names all"
    for each in gap.remedies:
        count = f", {each.count:,} of them" if len(gap.remedies) > 1 else ""
        yield f"  recorded by {each.tool}{count}: {each.where}" if each.where else f"  recorded by {each.tool}{count}:"
        yield f"    {each.code}"
