"""`provgraph stop`."""

from __future__ import annotations

import click

from provgraph.cli.options import Settings, output_options, pass_settings, url_option
from provgraph.cli.output import write_json, write_lines
from provgraph.cli.stores import embedded_folder, plain_engine
from provgraph.errors import ConfigurationError

__all__ = ["stop"]


@click.command(short_help="Stop the embedded engine of a data folder.")
@url_option
@output_options(csv=False)
@pass_settings
def stop(settings: Settings) -> None:
    """Stop the embedded engine of a data folder.

    It stops by itself a while after its last user left, so this is for those who cannot wait. Its data stays, and the
    next use starts it again; programs that use it at this moment start it again too.
    """
    from provgraph.engines.embedded import stop as stop_engine

    engine = plain_engine(settings)
    folder = embedded_folder(engine)
    if folder is None:
        raise ConfigurationError(f"{engine.url} is a server that provgraph did not start: stop it where it was started")
    stopped = stop_engine(folder)
    if settings.format == "json":
        write_json({"folder": str(folder), "stopped": stopped})
    else:
        write_lines([f"stopped the engine of {folder}" if stopped else f"no engine runs for {folder}"])
