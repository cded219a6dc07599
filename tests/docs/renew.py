"""Write anew what the commands on a page print: `python -m tests.docs.renew PAGE …`. Look at the difference after it.

Only answers that no longer fit are replaced, so those with `…` stay while they hold.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import provgraph
from provgraph.demo import build_demo
from tests.docs.page import Block, Command, Outcome, Session, blocks, commands_of, matches, name_of, walk
from tests.docs.prepared import prepare


def renewed(text: str, told: list[tuple[Block, Command, Outcome]]) -> str:
    """The page with the outputs that changed replaced."""
    for block, command, outcome in reversed(told):
        if command.expected is None or any(matches(command.expected, t) for t in (outcome.answer, outcome.all)):
            continue
        lines = (line.rstrip() for line in (outcome.answer or outcome.all).strip("\n").splitlines())
        before, rest = text[: block.start], text[block.start :]
        expected = command.expected.strip("\n")
        if not expected:
            raise SystemExit(f"line {block.line}: a block without a word has no place to be found by: write one first")
        text = before + rest.replace(expected, "\n".join(lines), 1)
    return text


def told_by(page: Path, demo: bool) -> list[tuple[Block, Command, Outcome]]:
    """What the commands of a page print: those on the demo, or the others."""
    back = Path.cwd()
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "reader"
        folder.mkdir()
        os.chdir(folder)
        session = Session(folder, os.environ.__setitem__)
        try:
            if not demo:
                prepare(name_of(page), folder)
                return [(b, c, o) for b, c, o in walk(page, session) if c is not None and o is not None]
            with provgraph.connect(strict=True) as graph:
                build_demo(folder / "plant", graph)
            mine = [block for block in blocks(page.read_text("utf-8")) if block.on_the_demo]
            return [(block, command, session.run(command.text)) for block in mine for command in commands_of(block)]
        finally:
            os.chdir(folder)
            subprocess.run([sys.executable, "-m", "provgraph.cli", "stop"], check=True, capture_output=True)
            os.chdir(back)


def main() -> None:
    """Renew the pages that are named."""
    os.environ["COLUMNS"] = "120"
    for name in sys.argv[1:]:
        page = Path(name).absolute()
        text = page.read_text("utf-8")
        told = told_by(page, demo=False)
        if "<!-- on the demo -->" in text:
            told = [*told, *told_by(page, demo=True)]
        page.write_text(renewed(text, sorted(told, key=lambda entry: entry[0].start)), encoding="utf-8")


if __name__ == "__main__":
    main()
