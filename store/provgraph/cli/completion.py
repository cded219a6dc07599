"""`provgraph completion`."""

from __future__ import annotations

import click

from provgraph.cli.options import Settings, pass_settings
from provgraph.errors import ConfigurationError

__all__ = ["completion"]


@click.command(short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_settings
def completion(settings: Settings, shell: str) -> None:  # noqa: ARG001 - refuses --json and --csv
    """Print the completion script of a shell.

    For bash, put `eval "$(provgraph completion bash)"` into ~/.bashrc; for zsh, the same with zsh into ~/.zshrc; for
    fish, `provgraph completion fish | source` into ~/.config/fish/config.fish.
    """
    from click.shell_completion import get_completion_class

    from provgraph.cli.app import commands

    made = get_completion_class(shell)
    if made is None:
        raise ConfigurationError(f"this version of click cannot complete for {shell}: pip install --upgrade click")
    click.echo(made(commands, {}, "provgraph", "_PROVGRAPH_COMPLETE").source())
