"""How answers are written: tables that fit, JSON and CSV that every reader accepts."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.cli.output import Column, json_text, write_csv, write_table
from provgraph.cli.text import width
from provgraph.interop.cells import csv_cell

CELLS = st.text(st.characters(), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)
COLUMNS = (Column("ID"), Column("NAME", shrinks=True), Column("PATH", shrinks=True, keeps_end=True))


class Terminal(io.StringIO):
    """A stdout that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def written(monkeypatch: pytest.MonkeyPatch, rows: list[tuple[object, ...]], columns: int | None = None) -> list[str]:
    """The lines of a table, on a terminal of so many columns or in a file."""
    stdout = io.StringIO() if columns is None else Terminal()
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", stdout)
        patch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns or 80, 24)))
        write_table(COLUMNS, rows)
    return stdout.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5))
def test_a_table_has_one_line_a_row_whatever_the_cells_hold(rows: list[tuple[object, ...]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert len(written(monkeypatch, rows)) == len(rows) + 1


@given(st.lists(st.tuples(st.just("artifact:1"), CELLS, CELLS), max_size=5))
def test_a_table_fits_the_terminal(rows: list[tuple[object, ...]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert all(width(line) <= 50 for line in written(monkeypatch, rows, 50))


def test_a_shortened_cell_keeps_its_telling_end(monkeypatch: pytest.MonkeyPatch) -> None:
    line = written(monkeypatch, [("artifact:1", "begin" + "x" * 40, "y" * 40 + "end")], 50)[1]
    assert "begin" in line
    assert line.endswith("end")
    assert line.count("…") == 2


def test_a_file_gets_every_cell_whole_and_no_escape_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = written(monkeypatch, [("artifact:1", "x" * 200, None)])
    assert lines == ["ID          NAME" + " " * 198 + "PATH", "artifact:1  " + "x" * 200]


@given(VALUES)
def test_json_is_valid_for_every_value_and_says_the_same(value: Any) -> None:
    text = json_text(value)

    def refuse(word: str) -> object:
        raise AssertionError(f"{word} is no JSON")

    assert json.loads(text, parse_constant=refuse) == plain(value)
    assert all(char == "\n" or char.isprintable() for char in text)


def plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def test_json_stays_readable_where_stdout_is_no_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    assert json_text({"name": "検査"}, indent=None) == '{"name": "\\u691c\\u67fb"}'


@given(st.lists(st.tuples(*[st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))] * 3)))
def test_csv_in_a_file_holds_every_text_as_it_is_but_for_the_mark_of_formulas(rows: list[tuple[str, ...]]) -> None:
    stdout = io.StringIO()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("sys.stdout", stdout)
        write_csv(("a", "b", "c"), rows)
    read = list(csv.reader(io.StringIO(stdout.getvalue(), newline="")))
    assert read == [["a", "b", "c"], *([csv_cell(cell) for cell in row] for row in rows)]


def test_csv_on_a_terminal_has_its_control_characters_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = Terminal()
    monkeypatch.setattr("sys.stdout", stdout)
    write_csv(("a",), [("\x1b[2J",), (None,), (7,)])
    assert stdout.getvalue() == 'a\n\\x1b[2J\n""\n7\n'
