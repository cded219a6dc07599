"""Write anew what the commands on a page print: `python -m tests.docs.renew PAGE …`. Look at the difference after it.

Only answers that no longer fit are replaced, so those with `…` stay while they hold.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.docs.page import Block, Command, Outcome, Session, matches, name_of, walk
from tests.docs.prepared import prepare


def renewed(text: str, told: list[tuple[Block, Command, Outcome]]) -> str:
    """The page with the outputs that changed replaced."""
    for _, command, outcome in reversed(told):
        if command.expected is None or any(matches(command.expected, t) for t in (outcome.answer, outcome.all)):
            continue
        lines = (line.rstrip() for line in (outcome.answer or outcome.all).strip("\n").splitlines())
        text = text.replace(command.expected.strip("\n"), "\n".join(lines), 1)
    return text


def main() -> None:
    """Renew the pages that are named."""
    for name in sys.argv[1:]:
        page = Path(name).absolute()
        with tempfile.TemporaryDirectory() as base:
            folder = Path(base) / "reader"
            folder.mkdir()
            back = Path.cwd()
            os.chdir(folder)
            session = Session(folder)
            prepare(name_of(page), folder)
            try:
                told = [(b, c, o) for b, c, o in walk(page, session) if c is not None and o is not None]
            finally:
                os.chdir(folder)
                subprocess.run([sys.executable, "-m", "provgraph.cli", "stop"], check=True, capture_output=True)
                os.chdir(back)
        text = page.read_text("utf-8")
        page.write_text(renewed(text, told), encoding="utf-8")


if __name__ == "__main__":
    main()
