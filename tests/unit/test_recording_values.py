from __future__ import annotations

import datetime as dt
import json
import math
import subprocess
import sys
import warnings
from enum import Enum, IntEnum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.model import Struct, kind_of
from provgraph.recording.values import to_properties, to_value
from provgraph.recording.warn import RecordingWarning


class Color(Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(exclude_categories=()))
    | st.binary()
    | st.complex_numbers()
    | st.decimals(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner),
    max_leaves=12,
)


@given(ANYTHING)
def test_whatever_is_logged_becomes_a_value_that_a_store_can_keep(value: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecordingWarning)
        kept = to_value(value, "x")

    assert (kept is None) == (value is None)
    if kept is not None:
        kind_of(kept)


@given(st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text()))
def test_what_a_store_can_keep_is_kept_as_it_is(value: float | str) -> None:
    kept = to_value(value, "x")

    assert kept == value
    assert type(kept) is type(value)


@pytest.mark.parametrize(
    ("boxed", "plain"),
    [
        (np.float64(0.25), 0.25),
        (np.float32(0.5), 0.5),
        (np.int8(-3), -3),
        (np.uint64(2**63 - 1), 2**63 - 1),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array(7), 7),
        (Path("a/b"), str(Path("a/b"))),
        (dt.datetime(2026, 11, 24, tzinfo=dt.UTC), "2026-11-24T00:00:00+00:00"),
        (dt.date(2026, 11, 24), "2026-11-24"),
        (Color.RED, "red"),
        (Level.LOW, 1),
    ],
)
def test_scalars_are_unboxed_without_a_warning(boxed: object, plain: object) -> None:
    kept = to_value(boxed, "x")

    assert kept == plain
    assert type(kept) is type(plain)


@pytest.mark.parametrize(
    ("given_value", "data"),
    [
        ({"depth": 8, "rates": (0.1, np.float32(0.5))}, {"depth": 8, "rates": [0.1, 0.5]}),
        ([1, None, {"a": [True]}], [1, None, {"a": [True]}]),
        (np.arange(3), [0, 1, 2]),
        ({1: "one"}, {"1": "one"}),
        ({"big": 2**70}, {"big": str(2**70)}),
    ],
)
def test_mappings_and_lists_become_structs(given_value: object, data: object) -> None:
    kept = to_value(given_value, "x")

    assert isinstance(kept, Struct)
    assert kept.data == data


def test_nan_and_infinities_are_kept() -> None:
    kept = to_value(np.float64("nan"), "x")

    assert isinstance(kept, float)
    assert math.isnan(kept)
    assert to_value(float("-inf"), "x") == -math.inf


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "kept", "warning"),
    [
        (2**64, str(2**64), "beyond 64 bits"),
        (10**5000, hex(10**5000), "beyond 64 bits"),
        ("a\ud800b", "a\\ud800b", "lone surrogate"),
        (frozenset({1}), "frozenset({1})", "a frozenset was recorded as its repr"),
        (b"ab", "b'ab'", "a bytes was recorded as its repr"),
        (Broken(), "<Broken whose repr raised RuntimeError>", "a Broken was recorded as its repr"),
        (np.zeros(2000), repr(np.zeros(2000)), "a ndarray was recorded as its repr"),
    ],
    ids=["int", "huge", "surrogate", "set", "bytes", "broken", "array"],
)
def test_what_no_store_can_keep_is_recorded_as_text_with_a_warning(value: object, kept: str, warning: str) -> None:
    with pytest.warns(RecordingWarning, match=warning):
        assert to_value(value, "x") == kept


def test_a_structure_that_holds_itself_ends() -> None:
    loop: dict[str, object] = {}
    loop["again"] = loop

    with pytest.warns(RecordingWarning, match="a dict was recorded as its repr"):
        kept = to_value(loop, "x")

    assert isinstance(kept, Struct)
    assert len(json.loads(kept.text)) == 1


def test_properties_without_a_value_or_a_name_are_absent() -> None:
    with pytest.warns(RecordingWarning, match="without a name"):
        assert to_properties({"a": 1, "b": None, "": 3}) == {"a": 1}
    assert to_properties({"depth": 8}, "param_") == {"param_depth": 8}


def test_recording_imports_no_array_library() -> None:
    code = (
        "import sys\n"
        "from provgraph.recording import execution, lost, spool\n"
        "from provgraph.recording.values import to_value\n"
        "to_value({'a': [1.0]}, 'x')\n"
        "print([m for m in ('numpy', 'pandas', 'neo4j', 'streamlit') if m in sys.modules])\n"
    )
    folder = str(Path(__file__).resolve().parents[2] / "store")

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": folder})

    assert (done.stdout.strip(), done.stderr) == ("[]", "")
