"""CSV that is safe to open: no text of it is a formula to a spreadsheet.

A cell that begins with `=`, `+`, `-` or `@` is a formula to spreadsheet programs, and names of datasets come from
anywhere. Such text gets an apostrophe in front, which those programs take for the mark of text. Numbers stay as they
are. Whoever needs the exact text takes JSON.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TextIO

from provgraph.interop.flat import EDGE_FIELDS, NODE_FIELDS, TIMES, flat_edge, flat_nodes
from provgraph.interop.moments import iso_time

if TYPE_CHECKING:
    import pandas as pd

    from provgraph.tracing.lineage import Lineage

__all__ = ["csv_cell", "frame_csv", "lineage_csv", "table_csv", "write_rows"]

# Also full-width signs, which some spreadsheets read as the plain ones, and white space, which some skip.
_FORMULA: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_SPECIAL: Final = re.compile(r'[",\r\n]')
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|-?inf", re.ASCII)


def csv_cell(value: object) -> str:
    """A value as the text of a cell; "" for None."""
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, str) and _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def write_rows(
    out: TextIO,
    columns: Sequence[str],
    rows: Iterable[Iterable[object]],
    shown: Callable[[str], str] = str,
) -> None:
    """Write a head line and rows, as they come; `shown` has the last word on each cell."""
    for row in chain([columns], rows):
        cells = [_quoted(shown(csv_cell(cell))) for cell in row]
        out.write((",".join(cells) if len(cells) != 1 else cells[0] or '""') + "\n")


def _quoted(text: str) -> str:
    # the module csv leaves a carriage return unquoted, after which readers begin a new row
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text


def table_csv(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """A table as the text of a CSV file."""
    out = io.StringIO()
    write_rows(out, columns, rows)
    return out.getvalue()


def frame_csv(frame: pd.DataFrame) -> str:
    """A frame as the text of a CSV file, without its index; what is missing is empty."""
    known: Any = frame.notna()
    cells: Any = frame.astype(object)
    rows: Iterable[tuple[object, ...]] = cells.where(known, None).itertuples(index=False, name=None)
    return table_csv([str(column) for column in frame.columns], rows)


def lineage_csv(lineage: Lineage) -> tuple[str, str]:
    """The nodes and the links of a lineage as two CSV files: see `Lineage.to_csv`."""
    nodes = list(flat_nodes(lineage))
    extra = sorted({name for row in nodes for name in row} - set(NODE_FIELDS))
    columns = [*NODE_FIELDS, *extra]
    by_ref = lineage.by_ref
    links: list[list[object]] = []
    for edge in lineage.edges:
        row = flat_edge(edge)
        ends = ([ref, by_ref[ref].type, by_ref[ref].label] for ref in (edge.source, edge.target))
        links.append([edge.kind, *chain.from_iterable(ends), *(_cell(row, column) for column in EDGE_FIELDS[3:])])
    titles = ["kind", *(f"{end}{part}" for end in ("source", "target") for part in ("", "_type", "_name"))]
    return (
        table_csv(columns, ([_cell(row, column) for column in columns] for row in nodes)),
        table_csv([*titles, *EDGE_FIELDS[3:]], links),
    )


def _cell(row: dict[str, object], column: str) -> object:
    value = row.get(column)
    return iso_time(value) if column in TIMES and isinstance(value, int) else value
