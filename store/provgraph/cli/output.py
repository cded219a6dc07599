"""Writing answers: aligned tables, JSON and CSV, on standard output; messages on standard error."""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import click

from provgraph.cli.text import printable, width

__all__ = ["Column", "json_text", "say", "write_csv", "write_json", "write_lines", "write_table"]

_GAP: Final = "  "
_LEAST: Final = 8  # columns that a shortened cell keeps
_MARK: Final = "\N{HORIZONTAL ELLIPSIS}"
# What JSON allows unescaped inside a string, and a terminal may act upon: C1 controls, bidirectional overrides ...
_ASCII_VISIBLE: Final = re.compile(r"[\n\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        title: what stands above it.
        right: numbers stand right.
        shrinks: it may be shortened to fit a terminal.
        keeps_end: shortening takes the beginning away: the end of a path says most.
    """

    title: str
    right: bool = False
    shrinks: bool = False
    keeps_end: bool = False


def say(message: str) -> None:
    """A message beside the answer: to standard error."""
    click.echo(printable(message), err=True)


def write_lines(lines: Iterable[str]) -> None:
    """Lines of text; control characters in them are escaped."""
    for line in lines:
        sys.stdout.write(printable(line) + "\n")


def write_table(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> None:
    """An aligned table. On a terminal its head is bold and long cells are shortened to fit; elsewhere it is plain."""
    cells = [[printable("" if cell is None else str(cell)) for cell in row] for row in rows]
    titles = [column.title for column in columns]
    widths = [max(map(width, [title, *(row[at] for row in cells)])) for at, title in enumerate(titles)]
    terminal = sys.stdout.isatty()
    if terminal:
        widths = _fitted(columns, widths, shutil.get_terminal_size().columns)
    head = _line(columns, titles, widths)
    click.echo(click.style(head, bold=True) if terminal else head)
    for row in cells:
        sys.stdout.write(_line(columns, row, widths) + "\n")


def _fitted(columns: Sequence[Column], widths: Sequence[int], room: int) -> list[int]:
    fitted = list(widths)
    while sum(fitted) + len(_GAP) * (len(fitted) - 1) > room:
        candidates = [at for at, column in enumerate(columns) if column.shrinks and fitted[at] > _LEAST]
        if not candidates:
            break
        fitted[max(candidates, key=lambda at: fitted[at])] -= 1
    return fitted


def _line(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int]) -> str:
    found: list[str] = []
    for column, cell, room in zip(columns, cells, widths, strict=True):
        text = _shortened(cell, room, column.keeps_end) if width(cell) > room else cell
        space = " " * (room - width(text))
        found.append(space + text if column.right else text + space)
    return _GAP.join(found).rstrip()


def _shortened(text: str, room: int, keeps_end: bool) -> str:
    while width(text) > room - 1:
        text = text[1:] if keeps_end else text[:-1]
    return _MARK + text if keeps_end else text + _MARK


def _finite(value: object) -> object:
    """JSON has no word for NaN and infinities: they become text, as in the rest of provgraph."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in cast("Sequence[object]", value)]
    return value


def json_text(value: object, indent: int | None = 2) -> str:
    """The value as JSON that every reader accepts and no terminal acts upon."""
    utf8 = (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"
    text = json.dumps(_finite(value), indent=indent, ensure_ascii=not utf8, allow_nan=False)
    if _ASCII_VISIBLE.fullmatch(text):
        return text
    # Outside of strings there are only visible ASCII characters and line ends: what is escaped here stands in a string.
    return "".join(char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1] for char in text)


def write_json(value: object) -> None:
    """The value as JSON."""
    sys.stdout.write(json_text(value) + "\n")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as CSV with a head line, row by row as they come. Only a terminal gets control characters escaped.

    Text that a spreadsheet would take for a formula has an apostrophe in front.
    """
    from provgraph.interop.cells import write_rows

    write_rows(sys.stdout, columns, rows, printable if sys.stdout.isatty() else str)
