"""`provgraph demo`."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from provgraph.cli.dashboard import require_dashboard, serve_dashboard
from provgraph.cli.options import Settings, output_options, pass_settings, url_option
from provgraph.cli.output import say, write_json, write_lines
from provgraph.cli.progress import ProgressLine
from provgraph.cli.text import count_text
from provgraph.errors import ConfigurationError

if TYPE_CHECKING:
    from provgraph.demo import DemoSummary

__all__ = ["demo"]

_PAGE: Final = "/"  # which begins with the welcome where it finds the demo
_PLANT, _STORE = "plant", ".provgraph"


@click.command(short_help="Record a simulated plant and open the dashboard on it.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("provgraph-demo"),
    show_default=True,
    help="Where its files and its store lie.",
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Another plant for another number.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="Serve on this port, or the next free one.")
@click.option("--no-browser", is_flag=True, help="Only serve: do not open a browser.")
@click.option("--no-dashboard", is_flag=True, help="Only record it: do not serve the dashboard.")
@url_option
@output_options(csv=False)
@pass_settings
def demo(
    settings: Settings, folder: Path, seed: int | None, port: int | None, no_browser: bool, no_dashboard: bool
) -> int:
    """Record a simulated inspection plant and open the dashboard on it.

    Pictures are rendered, models are trained, and every step is recorded, all in a folder of its own; a second call
    opens what is there. The data is simulated and never goes into the store that PROVGRAPH_URL names; --url names
    another one for it. To be rid of it, delete the folder.
    """
    if not no_dashboard:
        try:
            require_dashboard()
        except ConfigurationError as error:
            raise ConfigurationError(f"{error}, or leave it out with --no-dashboard") from error
    url = settings.url or f"embedded:{(folder / _STORE).absolute()}"
    summary = _build(folder, url, seed)
    if settings.format == "json":
        write_json({"folder": str(folder.absolute()), "url": url, **asdict(summary)})
    else:
        _write(folder, url, summary)
    if no_dashboard:
        return 0
    return serve_dashboard(port, not no_browser, url, _PAGE)


def _build(folder: Path, url: str, seed: int | None) -> DemoSummary:
    from provgraph.demo import DEFAULT_SEED, build_demo
    from provgraph.graph import connect

    others = {entry.name for entry in folder.iterdir()} - {_STORE, ".gitignore"} if folder.is_dir() else set[str]()
    if others and _PLANT not in others:
        raise ConfigurationError(f"{folder} holds something else than a demo: name another with --folder")
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("# made by provgraph demo\n*\n", encoding="utf-8")
    say("The demo is simulated: no factory, camera or person in it is real.")
    with connect(url) as graph, ProgressLine() as progress:
        return build_demo(folder / _PLANT, graph, seed=DEFAULT_SEED if seed is None else seed, progress=progress)


def _write(folder: Path, url: str, summary: DemoSummary) -> None:
    shown = f"--url {shlex.quote(url)}"
    size = f"{count_text(summary.executions, 'execution')} and {count_text(summary.pictures, 'picture')}"
    write_lines(
        [
            f"A simulated plant in {folder}: {size} in the pipeline {summary.pipeline!r}.",
            "A camera lost its focus after a change of firmware. What did its first bad batch reach?",
            f"  provgraph {shown} impact {shlex.quote(summary.bad_batch_key)}",
            f"  provgraph {shown} explain {shlex.quote(summary.live_model_key)}",
        ]
    )
