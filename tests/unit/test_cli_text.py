"""What the command line writes for people and what it reads from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.cli.text import count_text, iso_time, local_time, parse_time, printable, size_text, width
from provgraph.errors import InvalidValueError

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@given(st.text(st.characters()))
def test_no_text_reaches_a_terminal_as_a_control_character(text: str) -> None:
    assert printable(text).isprintable()


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_visible_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("two\nlines\ttab", r"two\nlines\ttab"),
        ("csi \x9b2J", r"csi \x9b2J"),
        ("back \u202e to front", r"back \u202e to front"),
        ("lone \ud800", r"lone \ud800"),
        ("Prüfstand 検査", "Prüfstand 検査"),
    ],
)
def test_control_characters_are_written_as_escapes(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_wide_characters_take_two_columns_and_combining_marks_none() -> None:
    assert width("検査") == 4
    assert width("e\N{COMBINING ACUTE ACCENT}") == 1


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("7d", timedelta(days=7)),
        ("90m", timedelta(minutes=90)),
        ("2W", timedelta(weeks=2)),
        ("12 h", timedelta(hours=12)),
        ("30s", timedelta(seconds=30)),
    ],
)
def test_a_relative_time_counts_back_from_now(text: str, back: timedelta) -> None:
    assert parse_time(text, NOW) == round((NOW - back).timestamp() * 1000)


def test_an_iso_time_is_local_unless_it_names_its_zone() -> None:
    assert parse_time("2026-11-24T10:00:00Z") == 1_795_514_400_000
    assert parse_time("2026-11-24") == round(datetime(2026, 11, 24).astimezone().timestamp() * 1000)


@pytest.mark.parametrize("text", ["", "yesterday", "7", "7y", "2026-13-01", "999999999w", "٧d"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_time(text, NOW)


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_any_recorded_time_can_be_shown(milliseconds: int) -> None:
    assert local_time(milliseconds)
    assert iso_time(milliseconds)


def test_a_missing_time_is_shown_as_nothing() -> None:
    assert local_time(None) == iso_time(None) == ""


def test_sizes_and_counts_read_as_people_write_them() -> None:
    assert [size_text(n) for n in (0, 999, 1_900_000, 5 * 10**13)] == ["0 B", "999 B", "1.9 MB", "50.0 TB"]
    assert [count_text(n, "node") for n in (0, 1, 2_000)] == ["0 nodes", "1 node", "2,000 nodes"]
