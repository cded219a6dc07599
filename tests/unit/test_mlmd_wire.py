"""Structs and Any messages are read from their wire format as protobuf's own library writes them."""

from __future__ import annotations

import base64
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.model import JsonValue
from provgraph_loaders.mlmd.wire import WireError, decode_any, decode_struct
from tests.mlmd.strategies import JSON, TEXT, struct_bytes


def test_a_struct_that_ml_metadata_wrote() -> None:
    written = (
        "Cg4KAWESCREAAAAAAADwPwosCgFiEicyJQoJEQAAAAAAAPg/CgIIAAoCIAEKAxoBeAoLKgkKBwoBaxICMgAKDwoCw7wSCREAAAAAAAAAgAoG"
        "CgASAioA"
    )
    found = decode_struct(base64.b64decode(written))
    assert found == {"a": 1, "b": [1.5, None, True, "x", {"k": []}], "ü": -0.0, "": {}}
    assert isinstance(found, dict)
    assert isinstance(found["a"], int)
    assert math.copysign(1, float(str(found["ü"]))) == -1


def test_an_any_that_ml_metadata_wrote() -> None:
    written = "Ci50eXBlLmdvb2dsZWFwaXMuY29tL2dvb2dsZS5wcm90b2J1Zi5CeXRlc1ZhbHVlEggKBgD/IGFiYw=="
    assert decode_any(base64.b64decode(written)) == (
        "type.googleapis.com/google.protobuf.BytesValue",
        b"\n\x06\x00\xff abc",
    )


@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_every_struct_comes_back(data: dict[str, JsonValue]) -> None:
    assert decode_struct(struct_bytes(data)) == data


@given(st.sampled_from((math.nan, math.inf, -math.inf, 2.0**53 + 2, 1e300, 5e-324)))
def test_numbers_that_are_no_integers_stay_doubles(number: float) -> None:
    found = decode_struct(struct_bytes({"x": number}))
    assert isinstance(found, dict)
    assert repr(found["x"]) == repr(number)


def test_nothing_is_the_empty_struct_and_the_empty_any() -> None:
    assert decode_struct(b"") == {}
    assert decode_any(b"") == ("", b"")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x0a\x05ab", "it ends in the middle of a field"),
        (b"\x0a", "it ends in the middle of a number"),
        (b"\xff" * 11, "a number longer than 64 bits"),
        (b"\x12\x00", "field 2 in a Struct"),
        (b"\x08\x01", "a number where a message or text belongs"),
        (b"\x0a\x03\x0a\x01\xff", "text that is not UTF-8"),
        (b"\x0b", "wire type 3"),
        (b"\x0a\x04\x12\x02\x10\x00", "a number that is no double"),
        (b"\x0a\x04\x12\x02\x38\x00", "field 7 in a Value"),
    ],
)
def test_what_is_no_struct_says_why(data: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        decode_struct(data)


def test_a_struct_nested_without_end_is_refused() -> None:
    deep: JsonValue = {}
    for _ in range(120):
        deep = {"a": deep}
    assert isinstance(deep, dict)
    with pytest.raises(WireError, match="nested more than 100 deep"):
        decode_struct(struct_bytes(deep))
    listed: JsonValue = []
    for _ in range(120):
        listed = [listed]
    with pytest.raises(WireError, match="nested more than 100 deep"):
        decode_struct(struct_bytes({"a": listed}))


@given(st.binary(max_size=40))
def test_any_bytes_are_a_message_or_a_wire_error(data: bytes) -> None:
    for decode in (decode_struct, decode_any):
        try:
            decode(data)
        except WireError as error:
            told = str(error)
        else:
            told = "a message"
        assert told
