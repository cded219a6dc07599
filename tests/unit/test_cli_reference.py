"""The reference page of the command line says what the commands themselves say.

The blocks with help texts are made by `python -m tests.unit.test_cli_reference`, which writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from provgraph.cli.app import SECTIONS, commands

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"
VERBS = [name for verbs in SECTIONS.values() for name in verbs]
BLOCK = re.compile(r"```text\n\$ provgraph ([a-z ]*)--help\n(.*?)```\n", re.DOTALL)


def command(verb: str) -> click.Command:
    found = commands.get_command(click.Context(commands), verb) if verb else commands
    assert found is not None
    return found


def help_text(verb: str) -> str:
    """The help page of a verb as it stands in a terminal of 100 columns."""
    context = click.Context(commands, info_name="provgraph", terminal_width=100, **commands.context_settings)
    if verb:
        context = click.Context(command(verb), info_name=verb, parent=context)
    return command(verb).get_help(context)


def renewed(page: str) -> str:
    """The page with its help blocks as they must be."""

    def block(match: re.Match[str]) -> str:
        verb = match[1].strip()
        return f"```text\n$ {f'provgraph {verb}'.strip()} --help\n{help_text(verb)}\n```\n"

    return BLOCK.sub(block, page)


def section(verb: str) -> str:
    """The part of the page below the verb's heading."""
    found = re.search(rf"^## {verb}\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None, f"{PAGE.name} has no heading {verb}"
    return found[1]


def test_every_help_block_is_what_the_command_says() -> None:
    page = PAGE.read_text("utf-8")
    assert page == renewed(page), "run python -m tests.unit.test_cli_reference"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_section_with_its_help_and_an_example(verb: str) -> None:
    text = section(verb)
    assert [match[1].strip() for match in BLOCK.finditer(text)] == [verb]
    examples = BLOCK.sub("", text)
    assert f"provgraph {verb}" in examples or f"{verb} " in examples
    options = {name for p in command(verb).params if isinstance(p, click.Option) for name in p.opts}
    assert {name for name in options if name not in text} == set()


def test_the_page_names_no_verb_that_is_not_there() -> None:
    page = PAGE.read_text("utf-8")
    used = set(re.findall(r"^(?:\$ )?provgraph (?:--\S+ )*([a-z]+)\b", page, re.MULTILINE))
    assert used <= set(VERBS)


def test_examples_use_options_that_the_verbs_have() -> None:
    page = BLOCK.sub("", PAGE.read_text("utf-8"))
    lines = re.findall(r"^provgraph (.*)$", page, re.MULTILINE)
    assert len(lines) >= len(VERBS)
    for line in lines:
        verb = next(word for word in line.split() if word in VERBS)
        known = {name for p in command(verb).params if isinstance(p, click.Option) for name in p.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", line)) <= known, line


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), encoding="utf-8")
