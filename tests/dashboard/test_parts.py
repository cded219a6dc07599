"""Pieces of HTML: what comes from the store stays text in every one of them."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from provgraph.model import Artifact, Context
from provgraph_dashboard import node_compare, node_panel, parts
from provgraph_dashboard.parts import Html, Tile

EVIL = "<script>alert('1')</script>\"&"


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


@pytest.mark.parametrize(
    "make",
    [
        lambda: parts.text(EVIL),
        lambda: parts.block(parts.text(EVIL), css_class=EVIL),
        lambda: parts.type_chip(EVIL),
        lambda: parts.type_chip(EVIL, kind="execution"),
        lambda: parts.title(EVIL, before=EVIL, after=EVIL, code=True),
        lambda: parts.subtitle(EVIL),
        lambda: parts.answer(EVIL, EVIL, EVIL),
        lambda: parts.muted(EVIL),
        lambda: parts.key_values({EVIL: EVIL}),
        lambda: parts.table([EVIL], [[EVIL]]),
        lambda: parts.table([EVIL], [list(parts.changed(EVIL, EVIL + "2"))]),
        lambda: parts.tiles([Tile(EVIL, EVIL, hot=True)]),
        lambda: parts.certificate(True, EVIL, EVIL),
        lambda: parts.route([EVIL, EVIL, EVIL]),
        lambda: parts.notice("bad", EVIL, EVIL, code=EVIL),
        lambda: parts.empty(EVIL, EVIL),
    ],
)
def test_markup_in_data_stays_words(make: Callable[[], Html]) -> None:
    found = read(make())
    assert "script" not in found.tags
    assert "alert('1')" in found.words
    assert not any(name.startswith("on") for name, _ in found.attributes)
    # Escaped once, not twice.
    assert "&lt;" not in found.words


def test_a_state_has_its_word_and_its_shape() -> None:
    chip = read(parts.state_chip("FAILED"))
    assert chip.words == "failed"
    assert ("class", "pg-shape pg-shape-cross pg-tone-bad") in chip.attributes


def test_a_state_that_is_not_known_cannot_name_a_class() -> None:
    assert read(parts.state_chip(EVIL)).words == "unknown"


@pytest.mark.parametrize(
    ("value", "words"),
    [(1234567, "1,234,567"), (0.1, "0.1"), (True, "true"), (None, "not recorded"), ("", ""), (float("nan"), "nan")],
)
def test_values_are_written_for_people(value: str | float | None, words: str) -> None:
    assert read(parts.text(value)).words == words


def test_markup_made_here_is_not_escaped_again() -> None:
    chip = parts.state_chip("live")
    assert parts.text(chip) is chip
    assert chip in parts.key_values({"state": chip})


def test_a_changed_value_is_bold_and_an_equal_one_is_not() -> None:
    assert parts.changed(512, 256) == ('<span class="pg-mute">512</span>', "<b>256</b>")
    assert parts.changed(7, 7)[1] == "7"


def test_an_incomplete_answer_has_another_seal_than_a_complete_one() -> None:
    assert "pg-tone-ok" in parts.certificate(True, "walked")
    assert "pg-tone-warn" in parts.certificate(False, "walked")


def test_the_lines_of_a_message_are_kept() -> None:
    assert "<pre>a\n  b</pre>" in parts.notice("bad", "Failed", code="a\n  b")


def test_the_head_of_a_panel_names_few_contexts_and_counts_the_rest() -> None:
    runs = [Context(id=n, type="run", name=f"r{n}") for n in range(1, 9)]
    assert "run r1, run r2, run r3 and 5 more contexts" in "".join(node_panel.head(Artifact(id=1, type="M"), runs))
    assert "more" not in "".join(node_panel.head(Artifact(id=1, type="M"), runs[:3]))


def test_a_property_that_is_called_like_a_field_does_not_hide_it_in_a_comparison() -> None:
    node = Artifact(id=1, type="M", uri="a", properties={"state": "old"}, custom_properties={"state": "published"})
    values = node_compare._values(node)  # pyright: ignore[reportPrivateUsage]
    assert values["state"] == "unknown"
    assert values["state (custom)"] == "published"
    assert values["state (declared)"] == "old"
