"""`provgraph dashboard`."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Final, cast

import click

from provgraph.cli.options import TEXT, Settings, pass_settings, url_option
from provgraph.errors import ConfigurationError

__all__ = ["dashboard", "require_dashboard", "serve_dashboard"]

_LOOPBACK: Final = "127.0.0.1"
_NEEDED: Final = ("altair", "pandas", "streamlit")


@click.command(short_help="Open the dashboard on a store.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="Serve on this port, or the next free one.")
@click.option(
    "--host",
    type=TEXT,
    default=_LOOPBACK,
    show_default=True,
    metavar="ADDRESS",
    help="Listen there. Who can reach another address than this machine's own sees the whole store: there is no login.",
)
@click.option("--no-browser", is_flag=True, help="Only serve: do not open a browser.")
@click.option(
    "--page", type=TEXT, default="/", metavar="PAGE", help="Open this page, such as /explore?focus=artifact:12."
)
@url_option
@pass_settings
def dashboard(settings: Settings, port: int | None, no_browser: bool, page: str, host: str) -> int:
    """Open the dashboard on a store, in the browser. Ctrl-C ends it.

    Without --host it is served on this machine only. Its address goes to standard error.
    """
    require_dashboard()
    return serve_dashboard(port, not no_browser, settings.url, page, host)


def require_dashboard() -> None:
    """Check that the dashboard can run here.

    Raises:
        ConfigurationError: something that it needs is not installed.
    """
    missing = [name for name in ("provgraph_dashboard", *_NEEDED) if find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"the dashboard needs {', '.join(missing)}: pip install 'provgraph[dashboard]'")


def serve_dashboard(port: int | None, open_browser: bool, url: str | None, page: str, host: str = _LOOPBACK) -> int:
    """Serve it until Ctrl-C. By name: the library must not know the dashboard."""
    server = import_module("provgraph_dashboard.server")
    sys.stdout.flush()
    return cast("int", server.serve(port, open_browser, url, page, host=host))
