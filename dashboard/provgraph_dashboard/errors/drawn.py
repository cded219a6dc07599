"""The typed border between what the page shows and its drawings in the browser."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import streamlit as st
from streamlit.components.v2 import component

from provgraph_dashboard.errors.daily import Course
from provgraph_dashboard.errors.matrix import Matrix
from provgraph_dashboard.errors.measured import rate_text
from provgraph_dashboard.text import plain
from provgraph_dashboard.theme import css_variables

__all__ = ["Line", "days", "matrices", "picked_cell", "picked_line", "slice_list"]

_ROOM = 1.34  # of the scale, at its right, for the words of the highest rate
_HERE = Path(__file__).parent / "component"


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _component(name: str) -> Callable[..., object]:
    return component(
        f"provgraph_errors_{name}",
        html=_read("root.html"),
        css=css_variables(".pg") + _read("base.css") + _read(f"{name}.css"),
        js=_read("base.js") + _read(f"{name}.js"),
    )


_slices, _matrix, _days = _component("slices"), _component("matrix"), _component("days")


@dataclass(frozen=True, slots=True)
class Line:
    """A slice of the list.

    Attributes:
        terms: its columns and values.
        n: how many rows, in words.
        rate, low, high: its rate and the interval.
        rest: the rate that it is compared with; None for none.
        cells: the numbers at the right, as they are shown.
        label: all of it in a sentence.
        faint: whether it is not beyond chance.
        hand: whether a person chose it.
    """

    terms: tuple[tuple[str, str], ...]
    n: str
    rate: float
    rate_text: str
    low: float
    high: float
    rest: float | None
    cells: tuple[str, ...]
    label: str
    faint: bool = False
    hand: bool = False


def slice_list(
    lines: Sequence[Line],
    head: Sequence[str],
    *,
    key: str,
    height: int,
    selected: int | None,
    label: str,
    on_pick: Callable[[], None],
) -> None:
    """Draw the list; `picked_line` says in `on_pick` which slice was chosen."""
    ends = [value for line in lines for value in (line.low, line.high, line.rest) if value is not None]
    low, high = min([0.0, *ends]), max(ends, default=1.0)
    _slices(
        key=key,
        height="content",
        data={
            "rows": [
                {
                    "terms": [[plain(column), plain(words)] for column, words in line.terms],
                    "n": line.n,
                    "rate": line.rate,
                    "rateText": line.rate_text,
                    "low": line.low,
                    "high": line.high,
                    "rest": line.rest,
                    "cells": list(line.cells),
                    "label": plain(line.label),
                    "faint": line.faint,
                    "hand": line.hand,
                }
                for line in lines
            ],
            "head": list(head),
            "scale": {"low": low, "high": low + (high - low) * _ROOM},
            "selected": selected,
            "height": height,
            "label": label,
        },
        on_pick_change=on_pick,
    )


def picked_line(key: str) -> int | None:
    """The place of the slice that was chosen in the list with this key."""
    picked = _picked(key)
    return picked if isinstance(picked, int) and not isinstance(picked, bool) and picked >= 0 else None


def matrices(
    shown: Sequence[Matrix],
    *,
    key: str,
    height: int,
    selected: tuple[int, int] | None = None,
    on_pick: Callable[[], None] | None = None,
) -> None:
    """Draw matrices side by side; with `on_pick` their cells can be chosen, and `picked_cell` says which was."""
    _matrix(
        key=key,
        height="content",
        data={
            "matrices": [_plain_matrix(each) for each in shown],
            "note": plain(shown[0].note) if shown else "",
            "clickable": on_pick is not None,
            "selected": None if selected is None else list(selected),
            "height": height,
        },
        on_pick_change=on_pick or _nothing,
    )


def picked_cell(key: str) -> tuple[int, int] | None:
    """Row and column of the cell that was chosen in the matrix with this key; None if the choice was taken back."""
    picked = _picked(key)
    parts = picked.split(",") if isinstance(picked, str) else []
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        return None
    return int(parts[0]), int(parts[1])


def days(course: Course, *, key: str, height: int, label: str) -> None:
    """Draw rates over time."""
    binary = course.binary

    def point(start: dt.date, rate: float, low: float, high: float, n: int, who: str) -> dict[str, object]:
        words = f"{who}: {rate_text(rate, binary=binary)} of {n:,} rows"
        if low != rate or high != rate:
            words += f" ({rate_text(low, binary=binary)} to {rate_text(high, binary=binary)})"
        return {"time": _millis(start), "rate": rate, "low": low, "high": high, "words": plain(words)}

    def bounds(rate: float, low: float, high: float) -> tuple[float, float]:
        # the mean of a single row has no interval: it is drawn as a point
        return (low, high) if abs(low) != float("inf") and abs(high) != float("inf") else (rate, rate)

    points = [
        point(each.start, each.rate, *bounds(each.rate, each.interval.low, each.interval.high), each.n, "This slice")
        for each in course.slice
    ]
    before = [point(each.start, each.rate, each.rate, each.rate, each.n, course.place) for each in course.before]
    rest = [point(start, rate, rate, rate, n, "The rest") for start, rate, n in course.rest]
    tops = [each.rate for each in (*course.slice, *course.before)] + [rate for _, rate, _ in course.rest]
    _days(
        key=key,
        height="content",
        data={
            "points": points,
            "before": before,
            "rest": rest,
            "marks": [
                {
                    "time": _millis(mark.at.date()),
                    "words": plain(mark.words),
                    "about": plain(mark.about),
                    "sure": mark.sure,
                }
                for mark in course.marks
            ],
            "top": max(tops, default=0.0),
            "binary": binary,
            "every": course.every,
            "height": height,
            "label": plain(label),
        },
    )


def _plain_matrix(matrix: Matrix) -> dict[str, object]:
    found = asdict(matrix)
    found["across"], found["down"] = plain(matrix.across), plain(matrix.down)
    found["columns"], found["rows"] = [plain(each) for each in matrix.columns], [plain(each) for each in matrix.rows]
    found["cells"] = [[{**asdict(cell), "about": plain(cell.about)} for cell in line] for line in matrix.cells]
    return found


def _picked(key: str) -> object:
    state = cast("Mapping[str, object] | None", st.session_state.get(key))
    return None if state is None else state.get("pick")


def _millis(day: dt.date) -> int:
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp() * 1000)


def _nothing() -> None:
    """Nobody listens: Streamlit asks for a callback all the same."""
