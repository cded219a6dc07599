"""`provgraph loaders`."""

from __future__ import annotations

import click

from provgraph.cli.options import Settings, output_options, pass_settings
from provgraph.cli.output import Column, say, write_csv, write_json, write_table

__all__ = ["loaders"]


@click.command(short_help="List the loaders that are installed.")
@output_options()
@pass_settings
def loaders(settings: Settings) -> None:
    """List the loaders that are installed.

    Loaders are entry points of the group provgraph.loaders: packages can bring more.
    """
    from provgraph.loading import available_loaders

    found = [(name, loader.title) for name, loader in available_loaders().items()]
    if settings.format == "json":
        write_json({"loaders": [{"name": name, "title": title} for name, title in found]})
    elif settings.format == "csv":
        write_csv(("name", "title"), found)
    elif found:
        write_table((Column("LOADER"), Column("READS", shrinks=True)), found)
    if not found:
        say("no loader is installed: reinstall provgraph, which brings some")
