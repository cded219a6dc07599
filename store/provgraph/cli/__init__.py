"""The command line: `provgraph`, one module a verb.

Standard output holds the answer and nothing else; progress and messages go to standard error. The exit code is 0 when
it was done, 1 when provgraph says in one line why it was not, 2 when the command was not understood, and 130 after
Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run `provgraph` with these arguments, or those of the process, and end the process."""
    from provgraph.cli.app import commands

    code = commands.main(args=arguments, prog_name="provgraph", standalone_mode=False)
    raise SystemExit(code)
