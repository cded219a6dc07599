from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from provgraph.errors import InvalidValueError
from provgraph.slicing import Range, Term, encode, rows_of

FRAME = pd.DataFrame(
    {
        "camera": ["A", "B", None, "B"],
        "line": [1, 2, 2, 1],
        "exposure": [9.5, 12.0, np.nan, 20.0],
        "by": [["ann"], ["ann", "bob"], [], ["bob"]],
        "taken": pd.to_datetime(["2026-11-01 05:00", "2026-11-01 07:00", "", "2026-11-02 07:30"]),
        "ok": [True, False, True, False],
    }
)


@pytest.mark.parametrize(
    ("predicate", "rows"),
    [
        ({"camera": "B"}, [1, 3]),
        ({"camera": None}, [2]),
        ({"camera": "missing"}, [2]),
        ({"camera": "Z"}, []),
        ({"line": 1}, [0, 3]),
        ({"line": "1"}, [0, 3]),
        ({"line": Range(2, None)}, [1, 2]),
        ({"exposure": Range(12, None)}, [1, 3]),
        ({"exposure": Range(None, 12)}, [0]),
        ({"exposure": 12}, [1]),
        ({"by": "ann"}, [0, 1]),
        ({"by": None}, [2]),
        ({"taken.hour": 7}, [1, 3]),
        ({"taken.shift": "22 to 6"}, [0]),
        ({"taken.day": "2026-11-02"}, [3]),
        ({"ok": True}, [0, 2]),
        ({"ok": "false"}, [1, 3]),
        ({"camera": "B", "line": 1}, [3]),
        ([Term("camera", "B"), Term("taken.hour", 7)], [1, 3]),
    ],
)
def test_rows_of_a_predicate(predicate: object, rows: list[int]) -> None:
    for data in (FRAME, encode(FRAME), encode(FRAME, ["camera"])):
        assert np.flatnonzero(rows_of(data, predicate)).tolist() == rows  # type: ignore[arg-type]


def test_a_number_of_a_column_of_ranges_is_looked_up_in_the_frame() -> None:
    frame = pd.DataFrame({"exposure": np.arange(100) / 4})

    assert rows_of(encode(frame), {"exposure": 12.25}).sum() == 1
    assert rows_of(encode(frame), {"exposure": "12.25"}).sum() == 1
    assert rows_of(frame, {"exposure": "long"}).sum() == 0


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        ({"lens": 1}, "no column lens"),
        ({"taken.minute": 1}, "no column taken.minute"),
        ({"camera": Range(1, 2)}, "camera does not hold numbers"),
        ([], "one or more terms"),
        (["camera"], "one or more terms"),
    ],
)
def test_predicates_that_make_no_sense_are_refused(predicate: object, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        rows_of(FRAME, predicate)  # type: ignore[arg-type]
