"""When two tables of predictions are the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("pyarrow", reason="the extra provgraph[slices] is not installed")

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from provgraph.tables.columns import to_table
from provgraph.tables.identity import code, identity_of

ROLES = {"label": ("label",), "prediction": ("prediction",)}


def identity(frame: object, model: str = "m", data: str | None = "d", **roles: tuple[str, ...]) -> str:
    table = to_table(frame, lambda note: pytest.fail(note))
    coded = {name: code(table.column(name)) for name in table.column_names}
    return identity_of(coded, table.num_rows, model, data, {**ROLES, **roles})


def frame(**columns: object) -> pd.DataFrame:
    rows = {"label": ["a", "b", "b", "a"], "prediction": ["a", "a", "b", "a"], **columns}
    return pd.DataFrame(rows)


def test_the_identity_is_the_same_for_ever() -> None:
    """A hash that changes with a release would record every evaluation twice."""
    columns = {
        "n": [1, 2, 3, 4],
        "x": [0.5, None, -0.0, 2.0],
        "flag": [True, False, None, True],
        "time": pd.to_datetime(["2026-01-01 08:00", "NaT", "2026-01-02 09:30", "2026-01-01 08:00"]).tz_localize("UTC"),
        "who": [["bo"], ["amira", "bo"], [], None],
    }

    assert identity(frame(**columns)) == "158bdea11135606cdbf8a208c2b6786a0d57a624ee1b2ee18ea9ab83927f6eec"


@pytest.mark.parametrize(
    "respelled",
    [
        lambda f: f.astype({"n": "int32"}),
        lambda f: f.astype({"n": "uint8"}),
        lambda f: f.astype({"n": "float64"}),
        lambda f: f.astype({"n": "Int64"}),
        lambda f: f.astype({"label": "category"}),
        lambda f: f.astype({"label": object}),
        lambda f: f.astype({"label": "string[python]"}),
        lambda f: f.astype({"label": "string[pyarrow]"}),
        lambda f: f.astype({"x": pd.ArrowDtype(pa.float64())}),
        lambda f: f.assign(time=f["time"].dt.as_unit("ns")),
        lambda f: f.assign(time=f["time"].dt.as_unit("s")),
        lambda f: f.assign(time=[value.to_pydatetime() for value in f["time"]]),
        lambda f: f.assign(flag=f["flag"].astype("boolean")),
        lambda f: f.assign(who=[tuple(reversed(cell)) for cell in f["who"]]),
        lambda f: f.assign(who=[set(cell) for cell in f["who"]]),
        lambda f: f.assign(who=[np.array(cell) for cell in f["who"]]),
        lambda f: f[sorted(f.columns)],
        lambda f: f.iloc[::-1],
        lambda f: f.set_index("n"),
        pa.Table.from_pandas,
        lambda f: pa.Table.from_batches(pa.Table.from_pandas(f).to_batches(max_chunksize=1)),
        lambda f: pa.Table.from_pandas(f).set_column(
            0, "label", pa.chunked_array([["a"], ["b", "b", "a"]], pa.string_view())
        ),
        lambda f: pa.Table.from_pandas(f).set_column(
            0, "label", pa.chunked_array([pa.array(["a", "b", "b", "a"]).dictionary_encode()])
        ),
    ],
)
def test_spelling_layout_and_order_do_not_count(respelled: Callable[[pd.DataFrame], object]) -> None:
    plain = frame(
        n=[1, 2, 3, 4],
        x=[0.5, None, 1.5, 2.0],
        flag=[True, False, True, True],
        time=pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]).tz_localize("UTC"),
        who=[["bo"], ["amira", "bo"], ["bo", "chen"], []],
    )

    assert identity(respelled(plain)) == identity(plain)


@pytest.mark.parametrize(
    "other",
    [
        frame(n=[1, 2, 3, 5]),
        frame(n=["1", "2", "3", "4"]),
        frame(n=[1, 2, 3, None]),
        frame(m=[1, 2, 3, 4]),
        frame(),
        frame(n=[1, 2, 4, 3]),
        pd.concat([frame(n=[1, 2, 3, 4])] * 2),
        frame(n=[1.5, 2, 3, 4]),
    ],
)
def test_other_values_are_another_table(other: pd.DataFrame) -> None:
    assert identity(other) != identity(frame(n=[1, 2, 3, 4]))


def test_model_data_and_roles_count() -> None:
    rows = frame(n=[1, 2, 3, 4])
    found = {
        identity(rows),
        identity(rows, model="other"),
        identity(rows, data="other"),
        identity(rows, data=None),
        identity(rows, sample=("n",)),
        identity(rows, unit=("n",)),
    }

    assert len(found) == 6


def test_a_time_zone_counts_but_not_how_utc_is_spelled() -> None:
    moments = [dt.datetime(2026, 1, day, 8, tzinfo=dt.UTC) for day in range(1, 5)]
    spelled = [dt.UTC, ZoneInfo("UTC"), ZoneInfo("Etc/UTC"), dt.timezone(dt.timedelta(0))]
    found = {identity(frame(time=[moment.replace(tzinfo=zone) for moment in moments])) for zone in spelled}

    assert len(found) == 1
    berlin = frame(time=[moment.astimezone(ZoneInfo("Europe/Berlin")) for moment in moments])
    naive = frame(time=[moment.replace(tzinfo=None) for moment in moments])
    assert len(found | {identity(berlin), identity(naive)}) == 3


values = st.one_of(st.none(), st.sampled_from(["a", "b", "ä\0", ""]))
numbers = st.one_of(st.none(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, width=32))


@given(st.lists(st.tuples(values, numbers, st.booleans()), min_size=1, max_size=12), st.randoms())
def test_any_order_of_rows_and_chunks_is_the_same_table(rows: list[tuple[Any, Any, bool]], random: Any) -> None:
    def table(of: list[tuple[Any, Any, bool]], chunk: int) -> pa.Table:
        names, amounts, flags = zip(*of, strict=True)
        arrays = {
            "label": pa.array(names, pa.string()),
            "prediction": pa.array(amounts, pa.float64()),
            "flag": pa.array(flags),
        }
        return pa.Table.from_batches(pa.table(arrays).to_batches(max_chunksize=chunk))

    shuffled = list(rows)
    random.shuffle(shuffled)

    assert identity(table(shuffled, 2)) == identity(table(rows, 5))


@given(st.lists(st.tuples(values, values), min_size=1, max_size=8), st.lists(st.tuples(values, values), min_size=1))
def test_tables_of_other_rows_differ(one: list[tuple[Any, Any]], other: list[tuple[Any, Any]]) -> None:
    def table(of: list[tuple[Any, Any]]) -> pa.Table:
        labels, predictions = zip(*of, strict=True)
        return pa.table({"label": pa.array(labels, pa.string()), "prediction": pa.array(predictions, pa.string())})

    same = sorted(map(repr, one)) == sorted(map(repr, other))

    assert (identity(table(one)) == identity(table(other))) is same
