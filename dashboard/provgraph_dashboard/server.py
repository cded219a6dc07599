"""Start the dashboard: Streamlit in this process, on this machine's loopback address unless told otherwise."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

HOST = "127.0.0.1"
DEFAULT_PORT = 8501
APP = Path(__file__).parent / "app" / "main.py"

_PORTS_TRIED = 20
_POLL_SECONDS = 0.1

# What must hold wherever the dashboard is started. Flags win over every config file and environment variable; the look
# comes from the config.toml beside the script, which wins over those of the user and of the working directory.
_FLAGS: Mapping[str, str | bool] = {
    "server.headless": True,
    "server.enableStaticServing": True,
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": False,
    "browser.gatherUsageStats": False,
    "browser.serverAddress": HOST,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": True,
    "runner.magicEnabled": False,
}


def serve(
    port: int | None, open_browser: bool, url: str | None, page: str = "/", *, host: str = HOST, script: Path = APP
) -> int:
    """Serve the dashboard until Ctrl-C or SIGTERM; must be called in the main thread. Returns the exit code.

    `port` is the one to use, if it is free: else the next free one is taken. `url` is the store, as in
    `provgraph.connect`; without it that of the environment or the working directory. `page` is the path (and query)
    that is announced and, with `open_browser` and where there is a display, opened. `host` is the address to listen on:
    another than the default is for containers, since there is no login. Everything printed goes to stderr.
    """
    if url is not None:
        # In the environment, not among the arguments: a URL can carry a password.
        os.environ["PROVGRAPH_URL"] = url
    wanted = DEFAULT_PORT if port is None else port
    free = free_port(wanted, host)
    if port is not None and free != wanted:
        click.echo(f"Port {wanted} is taken: using {free}.", err=True)
    address = f"http://{HOST}:{free}/{page.removeprefix('/')}"
    stopped = threading.Event()
    threading.Thread(target=_announce, args=(free, address, open_browser, stopped), daemon=True).start()
    try:
        # Streamlit says on stdout that it stops; stdout belongs to answers.
        with contextlib.redirect_stdout(sys.stderr):
            return _run(script, flags(free, host))
    finally:
        stopped.set()


def flags(port: int, host: str = HOST) -> list[str]:
    """The options of `streamlit run` for this port and this address to listen on."""
    options = {**_FLAGS, "server.address": host, "server.port": port, "browser.serverPort": port}
    return [f"--{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in options.items()]


def free_port(wanted: int, host: str = HOST) -> int:
    """The wanted port if nobody listens on it, else one of the next ones, else any that the system gives."""
    for port in [*range(wanted, min(wanted + _PORTS_TRIED, 65536)), 0]:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            bound: int = probe.getsockname()[1]
            return bound
    raise OSError(f"no free port on {host}")


def _run(script: Path, options: Sequence[str]) -> int:
    from streamlit.web import cli

    arguments = ["run", str(script), *options]
    try:
        code = cli.main(arguments, prog_name="streamlit", standalone_mode=False)
    except KeyboardInterrupt:
        return 0
    return code if isinstance(code, int) else 0


def _announce(port: int, address: str, open_browser: bool, stopped: threading.Event) -> None:
    """Once the server answers, say where; and open the browser there."""
    while not stopped.wait(_POLL_SECONDS):
        if _answers(port):
            click.echo(f"Dashboard: {address}  (stop with Ctrl-C)", err=True)
            if open_browser and has_display(sys.platform, os.environ):
                webbrowser.open(address)
            return


def has_display(platform: str, environment: Mapping[str, str]) -> bool:
    """Whether a browser would open in a window; without one, a text browser would take over this terminal."""
    graphical = any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    return graphical or platform in ("darwin", "win32", "cygwin")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m provgraph_dashboard`: serve with the options given on the command line."""
    parser = argparse.ArgumentParser(prog="python -m provgraph_dashboard", description="Explore a provgraph store.")
    parser.add_argument("--port", type=int, help=f"port on {HOST} (default: {DEFAULT_PORT}, or the next free one)")
    parser.add_argument("--url", help="the store (default: PROVGRAPH_URL, else the data folder found from here)")
    parser.add_argument("--page", default="/", help="page to open, such as /explore?focus=artifact:12")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    given = parser.parse_args(arguments)
    return serve(given.port, not given.no_browser, given.url, given.page)
