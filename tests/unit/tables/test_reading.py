"""Tables in files: what is seen in them, and what is said of damaged, huge and hostile ones."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra provgraph[slices] is not installed")

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from provgraph.errors import LoadError
from provgraph.tables.columns import kind_of
from provgraph.tables.reading import read_file


def csv(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "rows.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def column(tmp_path: Path, *cells: str) -> tuple[str, list[Any], list[str]]:
    notes: list[str] = []
    table = read_file(csv(tmp_path, "\n".join(["x,y", *(f"{cell},1" for cell in cells)])), notes.append)
    return kind_of(table.column("x").type), table.column("x").to_pylist(), notes


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2", ""], "integer", [1, -2, None]),
        (["1", "NA", "nan"], "integer", [1, None, None]),
        (["1.5", "2", "1e3", ".5", "null"], "number", [1.5, 2.0, 1000.0, 0.5, None]),
        (["007", "010"], "text", ["007", "010"]),
        (["0.5", "00.5"], "text", ["0.5", "00.5"]),
        (["2.1", "2.10", "3"], "text", ["2.1", "2.10", "3"]),
        (["2.10", "2.20", "2.0", "2.00", "2"], "number", [2.1, 2.2, 2.0, 2.0, 2.0]),
        (["1234567890123456789", "0.5"], "text", ["1234567890123456789", "0.5"]),
        (["12345678901234567890", "1"], "text", ["12345678901234567890", "1"]),
        (["true", "False", ""], "boolean", [True, False, None]),
        (["yes", "no"], "text", ["yes", "no"]),
        (["NA", "DE", ""], "text", ["NA", "DE", None]),
        (["", "NA", "null"], "text", [None, "NA", "null"]),
        (["1", "x"], "text", ["1", "x"]),
        ([" 1", "2"], "text", [" 1", "2"]),
        (["1,5", "2"], "text", None),
        (["2026-01-31", ""], "date", [date(2026, 1, 31), None]),
        (["2026-02-31", "2026-01-01"], "text", ["2026-02-31", "2026-01-01"]),
        (["31.01.2026", "01/02/2026"], "text", ["31.01.2026", "01/02/2026"]),
        (["20260131", "20260201"], "integer", [20260131, 20260201]),
        (["2026-01-31T08:15:00Z"], "time", [datetime(2026, 1, 31, 8, 15, tzinfo=UTC)]),
        (["2026-01-31 08:15", "2026-01-31 08:15:30.5"], "time", [
            datetime(2026, 1, 31, 8, 15),  # noqa: DTZ001 - no zone was written
            datetime(2026, 1, 31, 8, 15, 30, 500_000),  # noqa: DTZ001
        ]),
        (["2026-01-31 08:15", "2026-01-31T08:15Z"], "text", ["2026-01-31 08:15", "2026-01-31T08:15Z"]),
    ],
)  # fmt: skip
def test_cells_become_what_all_of_them_say(tmp_path: Path, cells: list[str], kind: str, values: Any) -> None:
    if values is None:  # a comma inside a cell
        cells, values = [f'"{cell}"' for cell in cells], cells

    assert column(tmp_path, *cells) == (kind, values, [])


def test_an_offset_becomes_utc_and_that_is_told(tmp_path: Path) -> None:
    kind, values, notes = column(tmp_path, "2026-01-31T08:15:00+02:00")

    assert (kind, values) == ("time", [datetime(2026, 1, 31, 6, 15, tzinfo=UTC)])
    assert notes == ["column 'x': times were converted to UTC: hours of the day are those of UTC"]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_head_tells_what_parts_the_columns(tmp_path: Path, sign: str, end: str) -> None:
    rows = [sign.join(row) for row in (("a", "b c", "d"), ("1", "x", ""), ("2", '"y\n z"', "w"))]

    table = read_file(csv(tmp_path, "\ufeff" + end.join(rows) + end), pytest.fail)

    assert table.column_names == ["a", "b c", "d"]
    assert table.column("b c").to_pylist() == ["x", "y\n z"]


@pytest.mark.parametrize("packed", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_is_read_and_a_truncated_one_named(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    data = packed(b"a,b\n" + os.urandom(50_000).hex().encode() + b",2\n")

    assert read_file(csv(tmp_path, data), pytest.fail).num_rows == 1
    with pytest.raises(LoadError, match=r"rows\.csv: "):
        read_file(csv(tmp_path, data[: len(data) // 2]), pytest.fail)


def test_the_index_that_pandas_writes_is_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=[5, 7])
    frame.to_csv(tmp_path / "rows.csv")
    frame.to_parquet(tmp_path / "rows.parquet")

    assert read_file(tmp_path / "rows.csv", pytest.fail).column_names == ["a"]
    assert read_file(tmp_path / "rows.parquet", pytest.fail).column_names == ["a"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "it is empty"),
        (b"\n \n", "it is empty"),
        (b"a,b\n", "no rows"),
        (b"a,b", "no rows"),
        (b"a,b\n1,2\n3\n", "Row #3: Expected 2 columns, got 1"),
        (b"a,b\n1,2\n3,4,5\n", "Row #3: Expected 2 columns, got 3"),
        (b"a,b\n1,\xff\n", "Row #2: .*invalid UTF8"),
        (b"a\xff,b\n1,2\n", "line 1: the head line is no UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "neither Parquet nor CSV in UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "neither Parquet nor CSV in UTF-8"),
        (b"a,a\n1,2\n", "'a' is there 2 times"),
        (b"a,,b\n1,2,3\n", "column 2 has no name"),
        (b'a,b\n1,"2\n3,4\n5,6\n', "a quote is opened and never closed"),
        (b"a,b\n1," + b"x" * (25 << 20) + b"\n", "many megabytes"),
        (b",".join(b"c%d" % n for n in range(10_000)) + b"\n1\n", "10,000 columns"),
        (b"PAR1", "rows.csv: "),
        (b"PAR1" + b"\0" * 500 + b"PAR1", "rows.csv: "),
        (b"PAR1" + b"\xff" * 500 + b"\xff\xff\xff\x7fPAR1", "rows.csv: "),
    ],
)
def test_what_cannot_be_read_is_one_line_with_file_and_place(tmp_path: Path, text: bytes, reason: str) -> None:
    path = csv(tmp_path, text)

    with pytest.raises(LoadError, match=reason) as caught:
        read_file(path, lambda _: None)

    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="is a folder"):
        read_file(tmp_path, pytest.fail)
    with pytest.raises(LoadError, match="no such file"):
        read_file(tmp_path / "none.csv", pytest.fail)


def parquet(tmp_path: Path, rows: int = 4_000) -> Path:
    path = tmp_path / "rows.parquet"
    table = pa.table({"label": ["a", "b"] * (rows // 2), "n": list(range(rows))})
    pq.write_table(table, path, row_group_size=rows // 4, use_dictionary=False)
    return path


def test_a_damaged_row_group_is_named_with_its_number(tmp_path: Path) -> None:
    path = parquet(tmp_path)
    start = pq.ParquetFile(path).metadata.row_group(2).column(1).data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + 60] = b"\xff" * 60
    path.write_bytes(data)

    with pytest.raises(LoadError, match=r"rows\.parquet: row group 3 of 4, after row 2,000: "):
        read_file(path, pytest.fail)


def test_any_truncation_of_a_parquet_file_is_an_error_of_ours(tmp_path: Path) -> None:
    data = parquet(tmp_path, 400).read_bytes()
    for length in range(4, len(data), 97):
        (tmp_path / "cut.parquet").write_bytes(data[:length])
        with pytest.raises(LoadError, match=r"cut\.parquet"):
            read_file(tmp_path / "cut.parquet", pytest.fail)


def test_progress_is_told_up_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int | None, str]] = []

    read_file(parquet(tmp_path), pytest.fail, lambda *how_far: told.append(how_far))
    big = csv(tmp_path, "a,b\n" + "some text,more text\n" * 1_000_000)
    read_file(big, pytest.fail, lambda *how_far: told.append(how_far))

    assert told[3] == (4_000, 4_000, "rows of rows.parquet")
    assert told[-1] == (19, 19, "MB of rows.csv")
    assert len(told) > 6


def test_csv_and_parquet_of_one_table_hold_the_same(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "label": ["a", "b", None],
            "n": [1, 2, 3],
            "x": [0.5, None, 1e-9],
            "flag": [True, False, True],
            "time": pd.to_datetime(["2026-01-01T08:15:00Z", "2026-01-02T00:00:00Z", "NaT"]),
        }
    )
    frame.to_parquet(tmp_path / "rows.parquet")
    frame.assign(time=frame["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_csv(tmp_path / "rows.csv", index=False)

    one, other = (read_file(tmp_path / name, pytest.fail) for name in ("rows.csv", "rows.parquet"))

    assert [column.to_pylist() for column in one.columns] == [column.to_pylist() for column in other.columns]
    assert [str(column.type) for column in one.columns] == [str(column.type) for column in other.columns]
