"""`provgraph load`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provgraph.cli.load_table import TableOptions, load_table
from provgraph.cli.options import NODE, TEXT, Settings, output_options, pass_settings, url_option
from provgraph.cli.output import say, write_json, write_lines
from provgraph.cli.progress import ProgressLine
from provgraph.cli.stores import open_core, open_graph, plain_engine
from provgraph.cli.text import count_text
from provgraph.errors import LoadError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from provgraph.loading import Loader
    from provgraph.recording.spool import SpoolReport

__all__ = ["load"]


def _complete_loader(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from importlib.metadata import entry_points

    from click.shell_completion import CompletionItem

    if ctx.params.get("what"):
        return [CompletionItem(incomplete, type="file")]
    names = sorted({entry.name for entry in entry_points(group="provgraph.loaders")} | {"spool", "table"})
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


@click.command(short_help="Load another tool's records into the store.")
@click.argument(
    "what",
    type=TEXT,
    nargs=-1,
    required=True,
    metavar="[LOADER] SOURCE | table FILE | spool",
    shell_complete=_complete_loader,
)
@click.option(
    "--source",
    "name",
    type=TEXT,
    metavar="NAME",
    help="What to call the source in the keys of its nodes; else the loader finds a name that stays.",
)
@click.option("--no-stitch", is_flag=True, help="Do not join it with other tools' records of the same things.")
@click.option("--model", type=NODE, metavar="NODE", help="For a table: which model predicted.")
@click.option("--data", type=NODE, metavar="NODE", help="For a table: what the model predicted on.")
@click.option("--label", type=TEXT, metavar="COLUMN", help="For a table: what is true; by default, label.")
@click.option("--prediction", type=TEXT, metavar="COLUMN", help="For a table: what was predicted; else prediction.")
@click.option(
    "--role",
    "roles",
    type=TEXT,
    multiple=True,
    metavar="COLUMN=ROLE",
    help="For a table: what a column is: score, loss, sample, source, unit or time. Repeatable.",
)
@click.option("--name", "called", type=TEXT, metavar="NAME", help="For a table: what to call the predictions.")
@url_option
@output_options(csv=False)
@pass_settings
def load(
    settings: Settings,
    what: Sequence[str],
    name: str | None,
    no_stitch: bool,
    model: str | None,
    data: str | None,
    label: str | None,
    prediction: str | None,
    roles: Sequence[str],
    called: str | None,
) -> int:
    """Load another tool's records into the store.

    SOURCE is a file, a folder or a URL; some loaders also read standard input, which is `-`. Without a LOADER, the one
    that recognises it is taken; `provgraph loaders` lists them. Loading a source again adds what is new there, and
    changes nothing else. What is loaded is joined with the records of other tools that are the same things, as by
    `provgraph stitch`.

    `provgraph load table FILE --model NODE` records predictions that lie in a CSV or Parquet file, one row each, as
    `Graph.record_predictions` does. All columns are kept. In CSV, dates are seen where they are written by ISO 8601.

    `provgraph load spool` brings in the steps that were recorded while the store could not be reached.
    """
    table = TableOptions(model=model, data=data, label=label, prediction=prediction, roles=roles)
    if no_stitch and (what[0] == "table" or list(what) == ["spool"]):
        raise click.UsageError("--no-stitch is for another tool's records: nothing else is joined by a load.")
    if what[0] == "table":
        if name is not None:
            raise click.UsageError("--source is for another tool's records: name a table's predictions with --name.")
        if len(what) != 2:
            raise click.UsageError("Name one file: provgraph load table FILE --model NODE")
        return load_table(settings, what[1], table, called)
    if table.given or called is not None:
        raise click.UsageError("--model, --data, --label, --prediction, --role and --name are for load table FILE.")
    if list(what) == ["spool"]:
        if name is not None:
            raise click.UsageError("--source is for a SOURCE: the spool has none.")
        return _load_spool(settings)
    loader, source = _chosen(what)
    with open_graph(settings, create=True) as graph, ProgressLine() as progress:
        report = graph.load(source, loader, name=name, stitch=not no_stitch, progress=progress)
    if settings.format == "json":
        write_json(report.to_json())
    else:
        write_lines(report.lines())
    if report.changed:
        say("what now? `provgraph find` lists it, `provgraph dashboard` shows it")
    return 0


def _chosen(what: Sequence[str]) -> tuple[Loader, str]:
    """The loader and the source; refused here, a wrong word costs nobody an engine or a data folder."""
    from provgraph.loading import loader_named, recognise
    from provgraph.loading.files import local_path, refuse_empty

    if len(what) > 2:
        raise click.UsageError("One source at a time: provgraph load [LOADER] SOURCE")
    source = what[-1]
    refuse_empty(source)
    path = local_path(source)
    there = path is None or Path(path).exists()
    if len(what) == 1:
        from importlib.metadata import entry_points

        if not there and source in {entry.name for entry in entry_points(group="provgraph.loaders")}:
            raise click.UsageError(f"Name the source too: provgraph load {source} SOURCE")
        return recognise(source), source
    loader = loader_named(what[0])
    if not there:
        raise LoadError(f"{source}: there is no such file or folder")
    return loader, source


def _load_spool(settings: Settings) -> int:
    from provgraph.recording.spool import SpoolReport, bring_in, spool_folders

    engine = plain_engine(settings)
    folders = spool_folders(engine.url)
    report = SpoolReport()
    if any(folder.is_dir() and any(folder.iterdir()) for folder in folders):
        core = open_core(settings, create=True)
        with closing(core.store):
            database = None if engine.embedded else engine.address().database
            report = bring_in(core, folders, engine.url, database)
    if settings.format == "json":
        failed = [{"file": str(path), "reason": why} for path, why in report.failed]
        counts = {"recorded": report.recorded, "known": report.known, "waiting": report.waiting}
        write_json({"folders": [str(folder) for folder in folders], **counts, "failed": failed})
    else:
        write_lines(_spool_lines(report, folders))
    return 1 if report.failed else 0


def _spool_lines(report: SpoolReport, folders: Sequence[Path]) -> Iterator[str]:
    places = " and ".join(map(str, folders))
    if report.recorded or report.known:
        known = f", {report.known:,} were there already" if report.known else ""
        yield f"{count_text(report.recorded, 'step')} recorded from {places}{known}"
    elif not report.failed:
        yield f"no step waits in {places} for this store"
    for url, number in sorted(report.waiting.items()):
        yield f"{count_text(number, 'step')} for {url}: provgraph --url {url} load spool"
    for path, why in report.failed:
        yield f"not recorded: {path}: {why}"
