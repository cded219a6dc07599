from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import provgraph.slicing
from provgraph.errors import ConfigurationError
from provgraph.slicing import Adjusted, Alias, Interval, Range, Slice, SliceReport, Term, extras

TERM = Term("camera", "B")
FOUND = Slice(
    (Term("line", "L3"), TERM),
    n=1_480,
    errors=212,
    rate=212 / 1_480,
    interval=Interval(0.126, 0.162),
    rest_rate=0.051,
    difference=0.092,
    difference_interval=Interval(0.074, 0.111),
    lift=2.81,
    excess=136.5,
    p=1e-9,
    q=3e-7,
    aliases=(Alias((Term("rig", "R7"),), 1.0), Alias((Term("lot", 4),), 0.85)),
    adjusted=(Adjusted("label", 2.8, 1.09, Interval(0.9, 1.3), 1.0), Adjusted("plant", 2.8, None, None, 0.0)),
)
REPORT = SliceReport((FOUND,), 3_012, 20_000, 1_154, 0.0577, "wrong", ("line", "camera"), ("A note.",), {"depth": 3})


def test_a_sentence_says_what_an_engineer_needs() -> None:
    assert FOUND.sentence() == (
        "line is L3 and camera is B: 212 of 1,480 rows wrong (14.3 %, interval 12.6 % to 16.2 %), elsewhere 5.1 %; "
        "136 errors more than at the rate of the rest, 2.8 times its rate; within label 1.1 times (0.9 to 1.3); "
        "cannot be told apart from plant (q = 3e-07)."
    )


def test_a_chance_too_small_for_a_float_is_not_said_to_be_none() -> None:
    assert "(q below 1e-300, by sampling units 0.002)" in replace(FOUND, q=0.0, unit_q=0.002).sentence()
    assert "(chosen by hand, p below 1e-300)" in replace(FOUND, p=0.0, q=None, by_hand=True).sentence()


def test_no_sentence_speaks_of_causes() -> None:
    assert "cause" not in FOUND.sentence()
    assert "because" not in FOUND.sentence()


def test_a_report_is_json_without_numbers_that_json_does_not_know() -> None:
    told = json.loads(REPORT.to_json())

    assert told["tested"] == 3_012
    assert told["notes"] == ["A note."]
    first = told["slices"][0]
    assert first["predicate"][0] == {"column": "line", "value": "L3", "label": "L3"}
    assert first["interval"] == {"low": 0.126, "high": 0.162}
    assert first["aliases"][0]["same_rows"]
    assert not first["aliases"][1]["same_rows"]
    assert first["adjusted"][1]["ratio"] is None
    assert Term("exposure", Range(12, None)).to_dict()["value"] == {"low": 12, "high": None}
    assert Term("x", math.inf).to_dict()["value"] is None


def test_a_report_is_a_frame_of_fixed_columns() -> None:
    frame = REPORT.to_frame()

    assert frame["slice"].tolist() == ["line is L3 and camera is B"]
    assert frame["aliases"].tolist() == ["rig is R7; lot is 4"]
    assert frame["errors"].tolist() == [212]
    empty = SliceReport((), 5, 10, 1, 0.1, "wrong", (), (), {})
    pd.testing.assert_series_equal(empty.to_frame().dtypes, frame.dtypes)
    assert empty.sentences() == ("Nothing beyond chance among 5 slices.",)


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (None, "missing"),
        (True, "true"),
        (3.0, "3"),
        (0.123456789, "0.123457"),
        (2**70, str(2**70)),
        ("", '""'),
        ("a\tb", "a\\tb"),
        (Range(None, 12), "under 12"),
        (Range(12, 15.5), "12 to 15.5"),
        (Range(15.5, None), "15.5 and over"),
        (Range(None, None), "any"),
    ],
)
def test_values_have_labels(value: object, label: str) -> None:
    assert Term("x", value).label == label  # type: ignore[arg-type]


def test_values_can_be_had_without_numpy_and_pandas() -> None:
    code = (
        "import sys, provgraph, provgraph.slicing as s; s.SliceReport, s.Term; "
        "print(sorted({'numpy', 'pandas', 'scipy', 'pyarrow'} & set(sys.modules)))"
    )

    where = {**os.environ, "PYTHONPATH": str(Path(provgraph.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=where)

    assert done.stdout.strip() == "[]"


def test_a_missing_package_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(module: str) -> object:
        raise ModuleNotFoundError("No module named 'scipy.special'", name="scipy.special")

    monkeypatch.setattr(extras, "import_module", absent)

    with pytest.raises(ConfigurationError, match=r"finding slices needs scipy: pip install 'provgraph\[slices\]'"):
        extras.load("provgraph.slicing.find")


def test_every_public_name_is_there() -> None:
    assert set(provgraph.slicing.__all__) <= set(dir(provgraph.slicing))
    assert all(getattr(provgraph.slicing, name) for name in provgraph.slicing.__all__)
    with pytest.raises(AttributeError):
        provgraph.slicing.nothing  # noqa: B018
