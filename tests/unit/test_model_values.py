"""Values are frozen, typed and checked when they are made."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.errors import InvalidValueError
from provgraph.model import PropertyKind, Proto, Struct, Value, frozen_properties, kind_of, values_equal
from provgraph.model.values import JsonValue

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, PropertyKind.INT),
        (-(2**63), PropertyKind.INT),
        (2**63 - 1, PropertyKind.INT),
        (1.5, PropertyKind.DOUBLE),
        (math.nan, PropertyKind.DOUBLE),
        ("", PropertyKind.STRING),
        (True, PropertyKind.BOOLEAN),
        (Struct.of({}), PropertyKind.STRUCT),
        (Proto("type", b"\0"), PropertyKind.PROTO),
    ],
)
def test_the_six_kinds_of_value_are_told_apart(value: Value, kind: PropertyKind) -> None:
    assert kind_of(value) is kind


@pytest.mark.parametrize("value", [None, b"", [], {}, 2**63, -(2**63) - 1, "\ud800", 1j, object()])
def test_anything_else_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidValueError):
        kind_of(value)


@given(JSON)
def test_a_struct_gives_back_what_it_was_made_of(data: JsonValue) -> None:
    struct = Struct.of(data)
    assert struct.data == data
    assert Struct(struct.text) == struct
    assert hash(Struct(struct.text)) == hash(struct)


def test_a_struct_does_not_depend_on_the_order_of_keys() -> None:
    assert Struct.of({"a": 1, "b": 2}) == Struct.of({"b": 2, "a": 1})


def test_changing_the_data_of_a_struct_changes_nothing_in_it() -> None:
    struct = Struct.of([1])
    data = struct.data
    assert isinstance(data, list)
    data.append(2)
    assert struct.data == [1]


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nope", '"\\ud800"'])
def test_a_struct_of_broken_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        Struct(text)


@pytest.mark.parametrize("data", [{1: 2}, {"a": object()}, [b""], {"a": {"b": {3: 4}}}])
def test_a_struct_of_what_json_cannot_hold_is_refused(data: object) -> None:
    with pytest.raises(InvalidValueError):
        Struct.of(data)  # type: ignore[arg-type]


def test_properties_are_a_read_only_copy() -> None:
    given_properties: dict[str, Value] = {"a": 1}
    frozen = frozen_properties(given_properties, "thing")
    given_properties["a"] = 2
    assert frozen["a"] == 1
    with pytest.raises(TypeError):
        frozen["a"] = 3  # type: ignore[index]


@pytest.mark.parametrize("name", ["", "\udcff", "a\0b"])
def test_a_property_without_a_storable_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueError, match="thing"):
        frozen_properties({name: 1}, "thing")


def test_equality_of_values_is_by_kind_and_content() -> None:
    assert values_equal(math.nan, math.nan)
    assert not values_equal(0.0, -0.0)
    assert not values_equal(1, 1.0)
    assert not values_equal(1, True)
    assert values_equal(None, None)
    assert not values_equal(None, 0)
