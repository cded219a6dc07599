"""The pages name what there is, and what there is stands on the pages."""

from __future__ import annotations

import inspect
import re
import shlex
import tomllib
from pathlib import Path
from typing import cast

import click
import pytest

import provgraph
from provgraph.cli.app import SECTIONS, commands
from provgraph.store import schema
from tests.docs.page import DOCS, ROOT, blocks, commands_of, name_of, pages

SOURCES = [ROOT / "store", ROOT / "loaders", ROOT / "dashboard"]
VERBS = {verb for verbs in SECTIONS.values() for verb in verbs}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EACH_PAGE = pytest.mark.parametrize("page", [pytest.param(page, id=name_of(page)) for page in pages()])
# What a reader has without us.
SYSTEM = {"cat", "cd", "docker", "export", "ls", "python", "tar"}


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    lines = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines]
    return set(plain)


def links(page: Path) -> list[str]:
    """Where a page links to, pictures included."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    return [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'(?:src|srcset)="([^"]+)"', text)]


@EACH_PAGE
def test_links_lead_to_pages_pictures_and_headings_that_exist(page: Path) -> None:
    for link in links(page):
        target, _, anchor = link.partition("#")
        if target.startswith(("https://", "http://")):
            continue
        place = (page.parent / target).resolve() if target else page
        assert place.exists(), link
        assert not anchor or anchor in headings(place), link


def test_every_page_is_reached_from_the_index() -> None:
    index = DOCS / "index.md"
    reached = {(DOCS / link.partition("#")[0]).resolve() for link in links(index)}
    assert {page.resolve() for page in DOCS.rglob("*.md")} - {index.resolve()} - reached == set()


@EACH_PAGE
def test_verbs_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    shown = [block.text for block in blocks(text) if block.language != "python"]
    code = [*re.findall(r"`([^`\n]+)`", text), *(line for part in shown for line in part.splitlines())]
    used = {verb for line in code for verb in re.findall(r"(?:^|\s|\$ )provgraph (?:--url \S+ )?([a-z]+)", line)}
    assert used - VERBS - {"import", "made", "version"} == set()


@EACH_PAGE
def test_commands_that_are_not_run_name_what_exists(page: Path) -> None:
    for block in blocks(page.read_text("utf-8")):
        if block.language == "console" and not block.runs:
            for command in commands_of(block):
                known_command(command.text)


def known_command(line: str) -> None:
    """Check that a command and what it names are there, without running it."""
    words = shlex.split(line, comments=True)
    if words[0] == "provgraph":
        verb = next(word for word in words[1:] if word in VERBS)
        found = commands.get_command(click.Context(commands), verb)
        assert found is not None
        known = {name for p in found.params if isinstance(p, click.Option) for name in p.opts}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known, line
    elif words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE), line
    elif words[0] == "pip":
        extras = re.findall(r"\[([\w,-]+)\]", line)
        known = set(cast("dict[str, object]", PROJECT["optional-dependencies"]))
        assert {extra for group in extras for extra in group.split(",")} <= known, line
    elif words[:2] == ["docker", "compose"]:
        assert (ROOT / "docker-compose.yml").exists()
    else:
        assert words[0] in SYSTEM, line


# -- reference pages against the code -----------------------------------------------------------------------------


def test_every_environment_variable_is_documented_and_every_documented_one_is_read() -> None:
    word = re.compile(r"\bPROVGRAPH_[A-Z_]+\b")
    read = {
        name
        for folder in SOURCES
        for file in folder.rglob("*.py")
        for name in re.findall(r"[\"'](PROVGRAPH_[A-Z_]+)[\"']", file.read_text("utf-8"))
    }
    page = (DOCS / "reference" / "configuration.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(PROVGRAPH_[A-Z_]+)` \|", page, re.MULTILINE)) == read
    everywhere = {name for file in pages() for name in word.findall(file.read_text("utf-8"))}
    assert everywhere <= read


def test_every_public_name_is_on_the_page_of_the_library() -> None:
    page = (DOCS / "reference" / "api.md").read_text("utf-8")
    missing = [name for name in provgraph.__all__ if not re.search(rf"\b{re.escape(name)}\b", page)]
    assert missing == []


def test_every_verb_of_graph_is_on_the_page_of_the_library() -> None:
    page = (DOCS / "reference" / "api.md").read_text("utf-8")
    verbs = [name for name, _ in inspect.getmembers(provgraph.Graph, inspect.isfunction) if not name.startswith("_")]
    assert [name for name in verbs if not re.search(rf"`(?:graph\.)?{name}\(", page)] == []


def test_every_word_of_the_graph_is_on_its_page() -> None:
    page = (DOCS / "reference" / "graph.md").read_text("utf-8")
    words = {*schema.LABELS, *schema.TYPE_LABELS, schema.STORE_LABEL, *schema.RELATIONSHIPS}
    assert {word for word in words if f"`{word}`" not in page} == set()
