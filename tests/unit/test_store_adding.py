"""What a source adds to what the store holds of a node."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.store.adding import needs_what_is_held, what_it_adds


def test_what_is_newer_replaces_and_what_is_older_only_adds_what_is_absent() -> None:
    held = {"updated_at": 5, "name": "a", "custom_lr": 2}
    assert what_it_adds(held, {"updated_at": 6, "custom_lr": 3}) == ({"updated_at": 6, "custom_lr": 3}, False)
    assert what_it_adds(held, {"updated_at": 4, "custom_lr": 1, "custom_b": 1}) == ({"custom_b": 1}, True)


@pytest.mark.parametrize(("held", "given"), [({}, {"updated_at": 1}), ({"updated_at": 9}, {})])
def test_without_a_time_on_both_sides_what_is_given_replaces(held: dict[str, object], given: dict[str, object]) -> None:
    assert what_it_adds({**held, "state": "COMPLETE"}, {**given, "state": "RUNNING"})[0]["state"] == "RUNNING"


@pytest.mark.parametrize("time", [4, 5, 6])
def test_a_run_that_ended_is_not_running_again(time: int) -> None:
    held: dict[str, object] = {"updated_at": 5, "state": "FAILED", "ended_at": 5}
    assert "state" not in what_it_adds(held, {"updated_at": time, "state": "RUNNING", "started_at": 1})[0]


def test_an_end_at_the_time_of_the_start_is_newer() -> None:
    held: dict[str, object] = {"updated_at": 5, "state": "RUNNING"}
    assert what_it_adds(held, {"updated_at": 5, "state": "COMPLETE"}) == ({"updated_at": 5, "state": "COMPLETE"}, False)


def test_kinds_are_those_of_all_that_the_node_then_holds() -> None:
    held: dict[str, object] = {"custom_a": "[]", "custom_b": "[]", "kinds": ["custom_a=STRUCT", "custom_b=STRUCT"]}
    found, _ = what_it_adds(held, {"custom_b": "text", "custom_c=d": "{}", "kinds": ["custom_c=d=STRUCT"]})
    assert found == {"custom_b": "text", "custom_c=d": "{}", "kinds": ["custom_a=STRUCT", "custom_c=d=STRUCT"]}


def test_only_what_bears_a_time_or_structs_needs_a_look_at_the_store() -> None:
    assert not needs_what_is_held({"name": "a"})
    assert needs_what_is_held({"updated_at": 1})
    assert needs_what_is_held({"kinds": []})


_states = st.sampled_from(["RUNNING", "COMPLETE", "FAILED", "UNKNOWN"])
_pieces = st.fixed_dictionaries(
    {"updated_at": st.integers(0, 3), "state": _states}, optional={"custom_a": st.integers(0, 3)}
)


@given(_pieces, _pieces)
def test_a_piece_that_is_older_than_what_was_added_changes_nothing_again(
    first: dict[str, object], last: dict[str, object]
) -> None:
    held = {**first, **what_it_adds(first, last)[0]}
    for piece in (first, last):
        adds, older = what_it_adds(held, piece)
        if older:
            assert adds == {}
