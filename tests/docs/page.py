"""A page of the documentation as something that runs: its blocks, its session, and how its output is compared.

A ```python block runs in the page's one namespace, a ```console block line by line: what follows `$ ` is a command, the
lines below it are what it prints. A comment directly above a block says what else it is:

    <!-- file: train.py -->      the block is the content of this file
    <!-- output -->              the block is what the Python above prints
    <!-- not run: REASON -->     the block is not run; what it names must exist
    <!-- on the demo -->         the block runs where the demo is, apart from the page
    <!-- goes wrong -->          the last command of the block exits with another status than 0

`…` stands for any text within a line, and alone on a line for any lines. What differs from one time to the next is not
compared: durations, moments, ids, and how wide the columns of a table are.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from provgraph.cli.app import commands

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*?) -->\n\n?)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_NOTES = ("file: ", "output", "not run: ", "on the demo", "goes wrong")
_VARYING = (
    (re.compile(r"\b\d[\d,]*(?:\.\d+)? (ms|s|min|MB)\b"), r"0 \1"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b"), "2026-11-24 00:00"),
    (re.compile(r"\b(artifact|execution|context):\d+\b"), r"\1:1"),
    (re.compile(r" {2,}"), "  "),
)
_SHELL = re.compile(r"[|&;<>$`*?(]")
_ANY_LINES, _ANY = "…", "…"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `note` is what the comment above it says, `start` and `end` where its text stands."""

    language: str
    text: str
    line: int
    note: str
    start: int
    end: int

    @property
    def runs(self) -> bool:
        """Whether its commands are carried out where the page is read."""
        return not self.on_the_demo and not self.note.startswith("not run: ")

    @property
    def on_the_demo(self) -> bool:
        """Whether it speaks of the demo."""
        return self.note == "on the demo"


@dataclass(frozen=True, slots=True)
class Command:
    """A line after `$ ` and what is said to come of it; None where nothing is said."""

    text: str
    expected: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: `answer` went to standard output, `all` is that and standard error as a terminal shows it."""

    status: int
    answer: str
    all: str


def pages() -> list[Path]:
    """Every page: the README and what lies in docs/."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def name_of(page: Path) -> str:
    """`docs/reference/cli.md`."""
    return page.relative_to(ROOT).as_posix()


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    found: list[Block] = []
    for match in _BLOCK.finditer(text):
        note = match["note"] or ""
        found.append(
            Block(
                match["language"],
                match["text"],
                text.count("\n", 0, match.start("text")),
                note if note.startswith(_NOTES) else "",
                match.start("text"),
                match.end("text"),
            )
        )
    return found


def commands_of(block: Block) -> list[Command]:
    """The commands of a ```console block."""
    found: list[Command] = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        count = 1
        while lines[count - 1].endswith("\\"):
            count += 1
        text = " ".join(line.removesuffix("\\").removeprefix("> ").strip() for line in lines[:count])
        output = "\n".join(lines[count:]).strip("\n")
        found.append(Command(text, output or None))
    return found


def matches(expected: str, actual: str) -> bool:
    """Whether the output is what the page says."""
    pattern = ""
    for line in _plain(expected).splitlines():
        if line == _ANY_LINES:
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += "[^\n]*".join(re.escape(part) for part in line.split(_ANY)) + r"\n"
    return re.fullmatch(pattern, _plain(actual) + "\n") is not None


def _plain(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    for pattern, same in _VARYING:
        lines = pattern.sub(same, lines)
    return lines


@dataclass
class Session:
    """A person who reads one page and does what it says, in `folder`; `set` sets an environment variable."""

    folder: Path
    set: Callable[[str, str], None]
    names: dict[str, object] = field(default_factory=lambda: {"__name__": "__main__"})
    printed: str = ""

    def __post_init__(self) -> None:
        tools = self.folder.parent / "bin"
        tools.mkdir(parents=True, exist_ok=True)
        for name, module in (("provgraph", "-m provgraph.cli"), ("python", "")):
            tool = tools / name
            tool.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {module} "$@"\n', encoding="utf-8")
            tool.chmod(0o755)
        paths = os.pathsep.join(str(ROOT / part) for part in ("store", "loaders", "dashboard"))
        self.set("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
        self.set("PYTHONPATH", paths)

    def python(self, block: Block, page: str) -> None:
        """Run a block of Python; errors point to its line on the page."""
        code = compile("\n" * block.line + block.text, page, "exec")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(code, self.names)
        self.printed = out.getvalue()

    def run(self, command: str) -> Outcome:
        """Run one command line."""
        words = shlex.split(command, comments=True)
        if words[:1] == ["cd"]:
            os.chdir(words[1])
            return Outcome(0, "", "")
        if words[:1] == ["export"]:
            for word in words[1:]:
                self.set(*word.split("=", 1))
            return Outcome(0, "", "")
        if words[:1] == ["provgraph"] and not _SHELL.search(command):
            return _here(words[1:])
        both = subprocess.run(
            ["bash", "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Outcome(both.returncode, both.stdout, both.stdout)


def _here(words: list[str]) -> Outcome:
    # In this process: a new one for each command would spend most of the tests' time on imports.
    answer, everything = io.StringIO(), io.StringIO()

    class Both(io.StringIO):
        def write(self, text: str) -> int:
            everything.write(text)
            return answer.write(text)

    with contextlib.redirect_stdout(Both()), contextlib.redirect_stderr(everything):
        status = int(commands.main(args=words, prog_name="provgraph", standalone_mode=False) or 0)
    return Outcome(status, answer.getvalue(), everything.getvalue())


def check(where: str, block: Block, command: Command, outcome: Outcome) -> None:
    """Hold what a command did against what the page says."""
    assert (outcome.status != 0) == (block.note == "goes wrong"), f"{where}: $ {command.text}\n{outcome.all}"
    if command.expected is not None:
        told = (outcome.answer, outcome.all)
        assert any(matches(command.expected, text) for text in told), (
            f"{where}: $ {command.text}\n--- the page says\n{command.expected}\n--- it printed\n{outcome.all}"
        )


def walk(page: Path, session: Session) -> Iterator[tuple[Block, Command | None, Outcome | None]]:
    """Do what a page says, block by block; each command is yielded with what came of it."""
    for block in blocks(page.read_text("utf-8")):
        if not block.runs:
            continue
        if block.note.startswith("file: "):
            place = Path(block.note.removeprefix("file: "))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.text, encoding="utf-8")
        elif block.note == "output":
            yield block, Command("", block.text), Outcome(0, session.printed, session.printed)
        elif block.language == "python":
            session.python(block, name_of(page))
            yield block, None, None
        elif block.language == "console":
            for command in commands_of(block):
                yield block, command, session.run(command.text)
