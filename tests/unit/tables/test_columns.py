"""Columns as users have them: what is kept, what is told, what is refused."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra provgraph[slices] is not installed")

import numpy as np
import pandas as pd
import pyarrow as pa

from provgraph.errors import RecordingError
from provgraph.tables.columns import kind_of, to_table

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def kept(frame: object) -> tuple[str, list[Any], list[str]]:
    """(kind, values, notes) of the frame's one column."""
    notes: list[str] = []
    table = to_table(frame, notes.append)
    [name] = table.column_names
    return kind_of(table.column(name).type), table.column(name).to_pylist(), notes


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["a", None, "b"], "text", ["a", None, "b"]),
        (pd.Categorical(["a", None, "b"]), "text", ["a", None, "b"]),
        (np.array([1, 2, 3], np.int8), "integer", [1, 2, 3]),
        (pd.array([1, None, 3], "Int32"), "integer", [1, None, 3]),
        (np.array([1.5, np.nan, np.inf]), "number", [1.5, None, np.inf]),
        ([True, False, None], "boolean", [True, False, None]),
        ([None, None, None], "text", [None, None, None]),
        ([decimal.Decimal("1.50"), None], "number", [1.5, None]),
        ([dt.date(2026, 1, 31), None], "date", [dt.date(2026, 1, 31), None]),
        ([dt.time(8, 15), None], "text", ["08:15:00.000000", None]),
        ([["a", "b"], None, []], "several text", [["a", "b"], None, []]),
        ([{"b", "a"}, "c", float("nan")], "several text", [["a", "b"], ["c"], None]),
        ([(1, 2), np.array([3]), None], "several integer", [[1, 2], [3], None]),
        ([1, 2.5, None], "number", [1, 2.5, None]),
        (pd.arrays.SparseArray([0, 1]), "integer", [0, 1]),
        ([uuid.UUID(int=1)], "text", ["00000000-0000-0000-0000-000000000001"]),
        ([Path("a/b.png")], "text", [str(Path("a/b.png"))]),
    ],
)
def test_a_column_is_kept_as_what_it_is(values: Any, kind: str, expected: list[Any]) -> None:
    assert kept(pd.DataFrame({"x": values})) == (kind, expected, [])


def test_moments_keep_their_zone_and_nanoseconds_where_there_are_any() -> None:
    moments = pd.to_datetime(["2026-01-01 08:15:00.000000001", "NaT"]).tz_localize("Asia/Tokyo")

    table = to_table(pd.DataFrame({"fine": moments, "plain": moments.floor("s")}), lambda note: pytest.fail(note))

    assert table.column("fine").type == pa.timestamp("ns", "Asia/Tokyo")
    assert table.column("plain").type == pa.timestamp("us", "Asia/Tokyo")


class Odd:
    def __str__(self) -> str:
        return "odd one"


@pytest.mark.parametrize(
    ("values", "expected", "note"),
    [
        ([1, "a", None], ["1", "a", None], "mixes int and str"),
        ([True, "yes"], ["True", "yes"], "mixes bool and str"),
        ([2**70, 1], [str(2**70), "1"], "type int were kept as text"),
        (np.array([2**64 - 1, 1], np.uint64), [str(2**64 - 1), "1"], "beyond 64 bits"),
        ([Odd(), None], ["odd one", None], "type Odd"),
        (pd.Categorical([1, "a", None]), ["1", "a", None], "mixes int and str"),
        (pd.period_range("2026-01", periods=2, freq="M"), ["2026-01", "2026-02"], "type Period"),
        (pd.cut(pd.Series([1, 4]), [0, 2, 5]), ["(0, 2]", "(2, 5]"], "type Interval"),
        ([1 + 2j, None], ["(1+2j)", None], "type complex"),
        (["\ud800"], ["\\ud800"], "kept as text"),
        ([{"a": 1}, None], ['{"a": 1}', None], "JSON text"),
        ([dt.timedelta(seconds=90), None], [90.0, None], "seconds"),
        ([[["a"]], None], [['["a"]'], None], "JSON text"),
        ([[1, "a"], 2], [["1", "a"], ["2"]], "several types"),
    ],
)
def test_what_is_not_kept_as_it_was_is_told(values: Any, expected: list[Any], note: str) -> None:
    _, found, notes = kept(pd.DataFrame({"x": pd.Series(values, dtype=getattr(values, "dtype", object))}))

    assert found == expected
    assert len(notes) == 1
    assert "'x'" in notes[0]
    assert note in notes[0]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (pd.DataFrame(np.zeros((1, 2)), columns=["a", "a"]), "'a' is there 2 times"),
        (pd.DataFrame(np.zeros((1, 2)), columns=[1, "1"]), "'1' is there 2 times"),
        (pd.DataFrame(np.zeros((1, 10_000))), "10,000 columns, and at most 2,000"),
        (pd.DataFrame({"a": [1], " ": [2]}), "column 2 has no name"),
        (pd.DataFrame({"a" * 501: [1]}), "impossible name"),
        (pd.DataFrame({"a\0": [1]}), "impossible name"),
        (pd.DataFrame(), "no columns"),
        (pd.DataFrame({("a", "b"): [1]}), "several levels"),
        (pd.DataFrame({"x": [b"\x89PNG"]}), "'x' holds binary"),
        (
            pd.DataFrame({"x": pd.Series([NOW, NOW.replace(tzinfo=None)], dtype=object)}),
            "with and without a time zone",
        ),
        (pa.table({"x": pa.array([0], pa.timestamp("us", "Mars/Phobos"))}), "time zone 'Mars/Phobos'"),
        ({"a": [1]}, "not a dict"),
        (pd.Series([1]), "no columns|not a Series|cannot be read"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_name(frame: object, reason: str) -> None:
    with pytest.raises(RecordingError, match=reason):
        to_table(frame, lambda _: None)


def test_a_named_index_is_a_column_and_a_nameless_one_is_not() -> None:
    named = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="sample"))

    assert to_table(named, pytest.fail).column_names == ["sample", "a"]
    assert to_table(named.rename_axis(None), pytest.fail).column_names == ["a"]
