"""The command `provgraph` itself: its verbs, imported when they are called, and how every call of it ends."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import click

from provgraph.cli.options import Settings, output_options, url_option
from provgraph.cli.text import printable
from provgraph.errors import ProvgraphError

__all__ = ["SECTIONS", "Commands", "commands"]

INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it

# The verbs as `provgraph --help` lists them. Their modules are not imported for that: a test holds these lines against
# the help of the commands themselves.
SECTIONS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "Start": {
        "demo": ("demo", "Record a simulated plant and open the dashboard on it."),
        "dashboard": ("dashboard", "Open the dashboard on a store."),
    },
    "Bring records in": {
        "load": ("load", "Load another tool's records into the store."),
        "loaders": ("loaders", "List the loaders that are installed."),
        "stitch": ("stitch", "Join the records of different tools that are one thing."),
    },
    "Look": {
        "find": ("find", "Find artifacts, executions and contexts."),
        "show": ("show", "Show one node with all that is recorded of it."),
        "runs": ("runs", "List the runs of a pipeline, newest first."),
    },
    "Trace": {
        "upstream": ("trace", "List what nodes were made from."),
        "downstream": ("trace", "List what was made from nodes."),
        "impact": ("impact", "Say what a change of nodes reaches."),
        "explain": ("explain", "Answer six questions about a model."),
        "slices": ("slices", "Find where a model fails."),
        "export": ("export", "Write the lineage of a node for other tools: PROV, OpenLineage, CSV, Graphviz …"),
    },
    "Care for the store": {
        "status": ("status", "Show where the store is and what it holds."),
        "coverage": ("coverage", "Show what the records lack, and how to close the gaps."),
        "init": ("init", "Make a database a store of provgraph's."),
        "check": ("check", "Look for records that are wrong."),
        "stop": ("stop", "Stop the embedded engine of a data folder."),
    },
    "Other": {
        "completion": ("completion", "Print the completion script of a shell."),
    },
}
_VERBS: Final = {name: place for verbs in SECTIONS.values() for name, place in verbs.items()}


class _ReaderGoneError(Exception):
    """A closed pipe, under a name for which click does not end the process with 1."""


class Commands(click.Group):
    """A group whose commands are imported when they are needed, and whose calls all end the same way."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of all verbs, in the order of the help page."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb's command, from its module."""
        if cmd_name not in _VERBS:
            return None
        found: click.Command = getattr(import_module(f"provgraph.cli.{_VERBS[cmd_name][0]}"), cmd_name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a verb that was misspelt."""
        if args and args[0] not in _VERBS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], _VERBS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {printable(args[0])!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The verbs by what they are for."""
        width = max(map(len, _VERBS))
        for title, verbs in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, (_, text) in verbs.items()])

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """As click does; a closed pipe is no failure."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError as error:
            raise _ReaderGoneError from error

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; a closed pipe is no failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderGoneError from error

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run it. Returns the exit code, or ends the process with it if `standalone_mode`."""
        code = self._run(args, prog_name, complete_var, extra)
        if standalone_mode:
            sys.exit(code)
        return code

    def _run(
        self, args: Sequence[str] | None, prog_name: str | None, complete_var: str | None, extra: dict[str, Any]
    ) -> int:
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None and sys.stdout.errors == "strict":
            reconfigure(errors="backslashreplace")  # a terminal may not know all letters
        try:
            result = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.Abort:
            return _say("stopped", INTERRUPTED)
        except KeyboardInterrupt:
            return _say("stopped", INTERRUPTED)
        except click.UsageError as error:
            error.show()
            return error.exit_code
        except click.ClickException as error:
            return _say(error.format_message(), error.exit_code)
        except ProvgraphError as error:
            return _say(str(error), 1)
        except (_ReaderGoneError, BrokenPipeError):
            # Whoever reads us, as `head` does, has read enough: nothing went wrong, and nothing more can be said there.
            _give_up_stdout()
            return 0
        except OSError as error:
            named = f" {error.filename}" if error.filename else ""
            _give_up_stdout()
            return _say(f"cannot read or write{named}: {error.strerror or error}", 1)
        return result if isinstance(result, int) else 0


def _say(message: str, code: int) -> int:
    click.echo(f"Error: {printable(message)}" if code != INTERRUPTED else f"\n{message}", err=True)
    return code


def _give_up_stdout() -> None:
    """Make the interpreter's last flush of stdout go nowhere, instead of failing with a traceback."""
    try:
        target = sys.stdout.fileno()
    except (OSError, ValueError):  # not a file, as in a test
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, target)
    os.close(nowhere)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "--version", package_name="provgraph", message="provgraph %(version)s")
@url_option
@output_options()
@click.pass_context
def commands(ctx: click.Context) -> None:
    """Provenance of machine learning: record it, load it, trace it.

    The store is the one that --url or PROVGRAPH_URL names, else the data folder .provgraph of this directory or the
    nearest one above it. A NODE is written artifact:12, execution:5 or context:3, or as a key, an external id, a name,
    or TYPE/NAME.
    """
    ctx.ensure_object(Settings)
