from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.errors import InvalidValueError
from provgraph.slicing import EncodedColumn, Range, encode, plain


def one(cells: Any, **options: Any) -> EncodedColumn:
    (column,) = encode(pd.DataFrame({"cell": cells}), **options).columns
    return column


def read(column: EncodedColumn) -> list[object]:
    """The value of each row."""
    return [column.values[code] for code in column.codes.tolist()]


def sets(column: EncodedColumn, rows: int) -> list[set[object]]:
    """The values of each row of a column of several values."""
    found: list[set[object]] = [set() for _ in range(rows)]
    assert column.entries is not None
    for row, code in zip(column.entries.tolist(), column.codes.tolist(), strict=True):
        found[row].add(column.values[code])
    return found


def arrow(cells: list[object], kind: pa.DataType) -> pd.Series:
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(cells, kind)))


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series(["b", "a", None, "b"], dtype=object),
        pd.Series(["b", "a", None, "b"], dtype="str"),
        pd.Series(["b", "a", None, "b"], dtype="string[python]"),
        pd.Series(["b", "a", None, "b"], dtype="string[pyarrow]"),
        pd.Series(["b", "a", None, "b"], dtype="category"),
        pd.Series(pd.Categorical(["b", "a", None, "b"], categories=["unused", "a", "b"])),
        arrow(["b", "a", None, "b"], pa.string()),
        arrow(["b", "a", None, "b"], pa.large_string()),
        arrow(["b", "a", None, "b"], pa.dictionary(pa.int8(), pa.string())),
    ],
    ids=lambda cells: str(cells.dtype),
)
def test_texts_are_values_and_missing_is_one(cells: pd.Series) -> None:
    column = one(cells)

    assert column.values == ("a", "b", None)
    assert column.labels == ("a", "b", "missing")
    assert read(column) == ["b", "a", None, "b"]
    assert column.codes.dtype == np.uint8


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([True, False, None], dtype=object),
        pd.Series([True, False, None], dtype="boolean"),
        arrow([True, False, None], pa.bool_()),
    ],
    ids=lambda cells: str(cells.dtype),
)
def test_truth_values(cells: pd.Series) -> None:
    column = one(cells)

    assert read(column) == [True, False, None]
    assert column.labels == ("false", "true", "missing")


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([7, 3, None], dtype="Int64"),
        pd.Series([7, 3, None], dtype=object),
        pd.Series([7.0, 3.0, np.nan]),
        pd.Series([7, 3, np.nan], dtype="float32"),
        pd.Series([Decimal(7), Decimal(3), None], dtype=object),
        pd.Series(pd.arrays.SparseArray([7.0, 3.0, np.nan])),
        arrow([7, 3, None], pa.int16()),
        arrow([7, 3, None], pa.decimal128(12, 2)),
    ],
    ids=lambda cells: str(cells.dtype),
)
def test_few_numbers_are_values(cells: pd.Series) -> None:
    column = one(cells)

    assert read(column) == [7, 3, None]
    assert column.labels == ("3", "7", "missing")


def test_many_numbers_become_ranges_of_about_equal_shares() -> None:
    numbers = np.random.default_rng(0).normal(10, 2, 10_000)
    numbers[:100] = np.nan

    column = one(numbers)

    assert column.values[-1] is None
    assert column.labels[0].startswith("under 8.")
    assert column.labels[4].endswith(" and over")
    assert np.bincount(column.codes).tolist() == pytest.approx([1980] * 5 + [100], rel=0.05)
    for number, value in zip(numbers.tolist(), read(column), strict=True):
        if value is None:
            assert np.isnan(number)
        else:
            assert isinstance(value, Range)
            assert value.low is None or number >= value.low
            assert value.high is None or number < value.high


def test_given_edges_are_kept() -> None:
    column = one([1.0, 12.0, 14.99, 15.0, None], edges={"cell": [12, 15]})

    assert [str(value) for value in column.values] == ["under 12", "12 to 15", "15 and over", "None"]
    assert read(column) == [Range(None, 12), Range(12, 15), Range(12, 15), Range(15, None), None]


def test_whole_numbers_beyond_what_floats_hold_stay_apart() -> None:
    numbers = [2**60 + step for step in range(1_000)]

    column = one(numbers)

    assert np.bincount(column.codes).tolist() == [200] * 5
    assert column.values[1] == Range(2**60 + 200, 2**60 + 400)
    assert one([2**60 + 1, 2**60 + 2]).values == (2**60 + 1, 2**60 + 2)
    assert one(np.array([2**64 - 1, 3], np.uint64)).values == (3, 2**64 - 1)
    assert set(one([2**70, 3, 2**70]).labels) == {"3", str(2**70)}


def test_infinite_numbers_belong_to_the_outermost_ranges() -> None:
    numbers = np.concatenate([np.linspace(0, 1, 100), [np.inf, -np.inf]])

    column = one(numbers)

    assert column.codes[-2:].tolist() == [4, 0]
    assert one([np.inf, -np.inf, 1.5]).labels == ("1.5", "-inf", "inf")


def test_a_number_that_most_rows_have_makes_fewer_ranges() -> None:
    column = one(np.concatenate([np.zeros(900), np.arange(1, 101)]))

    assert np.bincount(column.codes).sum() == 1_000
    assert column.labels == ("under 1", "1 and over") or len(column.labels) == 1


def test_times_become_what_they_have_in_common() -> None:
    moments = pd.Series(["2026-11-01 05:59", "2026-11-02 06:00", "2026-11-08 21:59", None])

    for cells in (
        pd.to_datetime(moments),
        pd.to_datetime(moments).dt.as_unit("ms"),
        pd.to_datetime(moments).dt.tz_localize("America/New_York"),
        pd.to_datetime(moments).astype("timestamp[us][pyarrow]"),
        pd.to_datetime(moments).astype(object),
    ):
        table = encode(pd.DataFrame({"taken": cells}))
        assert table.names == ("taken.day", "taken.week", "taken.hour", "taken.shift")
        labels = {column.name: [column.labels[code] for code in column.codes.tolist()] for column in table.columns}
        assert labels == {
            "taken.day": ["2026-11-01", "2026-11-02", "2026-11-08", "missing"],
            "taken.week": ["2026-W44", "2026-W45", "2026-W45", "missing"],
            "taken.hour": ["5", "6", "21", "missing"],
            "taken.shift": ["22 to 6", "6 to 14", "14 to 22", "missing"],
        }


def test_days_before_and_far_after_the_epoch() -> None:
    days = pd.Series([dt.date(1066, 10, 14), dt.date(1969, 12, 31), dt.date(9999, 12, 31)], dtype=object)

    by_name = {column.name: column for column in encode(pd.DataFrame({"on": days})).columns}

    assert by_name["on.day"].values == ("1066-10-14", "1969-12-31", "9999-12-31")
    assert by_name["on.week"].values == ("1066-W41", "1970-W01", "9999-W52")


def test_shifts_of_ones_own() -> None:
    moments = pd.to_datetime(pd.Series(["2026-11-01 23:00", "2026-11-01 03:00", "2026-11-01 12:00"]))

    table = encode(pd.DataFrame({"taken": moments}), shifts={"night": (22, 6), "day": (6, 12)})

    assert read(table.column("taken.shift")) == ["night", "night", "none"]
    with pytest.raises(InvalidValueError, match="shifts a and b overlap at hour 5"):
        encode(pd.DataFrame({"taken": moments}), shifts={"a": (0, 6), "b": (5, 7)})
    with pytest.raises(InvalidValueError, match="shift a must be two hours of 0 to 24"):
        encode(pd.DataFrame({"taken": moments}), shifts={"a": (0, 25)})


def test_a_column_named_like_a_part_of_a_time_stays_itself() -> None:
    frame = pd.DataFrame({"taken.hour": ["x", "y"], "taken": pd.to_datetime(["2026-11-01", "2026-11-02"])})

    table = encode(frame)

    assert read(table.column("taken.hour")) == ["x", "y"]
    assert table.notes == ("taken.hour is a column of the frame: the part of taken of that name is left out.",)


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([["a", "b", "a"], ("b",), {"c"}, frozenset(), None, np.array(["a"])], dtype=object),
        arrow([["a", "b", "a"], ["b"], ["c"], [], None, ["a"]], pa.list_(pa.string())),
    ],
    ids=["object", "arrow"],
)
def test_lists_are_several_values(cells: pd.Series) -> None:
    column = one(cells)

    assert column.several
    assert column.values == ("a", "b", "c", None)
    assert sets(column, 6) == [{"a", "b"}, {"b"}, {"c"}, {None}, {None}, {"a"}]
    assert column.mask(0, 6).tolist() == [True, False, False, False, False, True]
    kept = column.take(np.array([True, False, True, True, False, True]))
    assert sets(kept, 4) == [{"a", "b"}, {"c"}, {None}, {"a"}]


def test_mixed_and_unhashable_cells_are_compared_by_their_text() -> None:
    table = encode(pd.DataFrame({"cell": pd.Series([1, "1", 1.0, {"a": 1}, b"x", None], dtype=object)}))

    assert read(table.columns[0]) == ["1", "1", "1", "{'a': 1}", "b'x'", None]
    assert table.notes == ("cell holds values of mixed or unknown types: they are compared by their text.",)


@pytest.mark.parametrize("text", ["", " ", "a\nb", "\x00", "ä" * 200, "\ud800", "missing", "'; DROP", "<b>"])
def test_texts_of_any_content_have_a_label_of_one_printable_line(text: str) -> None:
    column = one(pd.Series([text, None, text], dtype=object))

    assert len(column.values) == 2
    assert column.labels[0].isprintable()
    assert 0 < len(column.labels[0]) <= 80
    column.labels[0].encode()
    assert isinstance(column.values[0], str)
    column.values[0].encode()


def test_a_column_of_very_many_values_keeps_the_frequent_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MOST_VALUES", 3)
    cells = ["a"] * 5 + ["b"] * 4 + ["c"] * 2 + ["d"] * 2 + ["e", "f"]

    table = encode(pd.DataFrame({"cell": cells}))

    # c and d share the third place, so neither has it: what is kept does not depend on the order of rows.
    assert table.columns[0].values == ("a", "b")
    assert set(table.columns[0].codes.tolist()) == {0, 1, 2}
    assert len(table.notes) == 1


def test_columns_twice_or_unknown_are_refused() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])

    with pytest.raises(InvalidValueError, match="two columns are named a"):
        encode(frame)
    with pytest.raises(InvalidValueError, match="two columns are named 1"):
        encode(pd.DataFrame([[1, 2]], columns=[1, "1"]))
    with pytest.raises(InvalidValueError, match="no column b in the frame; there are: a"):
        encode(pd.DataFrame({"a": [1]}), ["b"])
    with pytest.raises(InvalidValueError, match="no column b in the frame"):
        encode(pd.DataFrame({"a": [1]}), edges={"b": [1]})
    with pytest.raises(InvalidValueError, match="a pandas DataFrame is needed, not list"):
        encode([1])  # type: ignore[arg-type]


@pytest.mark.parametrize("edges", [[], [2, 1], [1, 1], [float("nan")]])
def test_edges_must_ascend(edges: list[float]) -> None:
    with pytest.raises(InvalidValueError, match="edges of cell must be one or more finite numbers that ascend"):
        one([1.0, 2.0], edges={"cell": edges})


def test_edges_of_texts_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="edges are given for cell, whose cells are not numbers"):
        one(["a"], edges={"cell": [1]})


def test_columns_are_selected_by_name_or_by_the_time_they_come_from() -> None:
    frame = pd.DataFrame({"a": ["x"], "taken": pd.to_datetime(["2026-11-01"]), "b": [1]})
    table = encode(frame)

    assert table.select(["taken", "b"]).names == ("taken.day", "taken.week", "taken.hour", "taken.shift", "b")
    assert table.without(["taken"]).names == ("a", "b")
    with pytest.raises(InvalidValueError, match=r"no column c to slice by; there are: a, taken\.day"):
        table.select(["c"])


@given(cells=st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=30))
def test_codes_read_back_as_the_cells_in_any_order(cells: list[str | None]) -> None:
    column = one(pd.Series(cells, dtype=object))

    assert read(column) == [None if cell is None else plain.plain(cell) for cell in cells]
    backwards = one(pd.Series(cells[::-1], dtype=object))
    assert backwards.values == column.values
    assert backwards.codes.tolist() == column.codes.tolist()[::-1]
