"""Conditions of `provgraph find --where`, as they are typed."""

from __future__ import annotations

import pytest

from provgraph.cli.conditions import parse_condition
from provgraph.errors import InvalidValueError
from provgraph.store.reader import Condition


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("factory=plant-2", Condition("factory", "=", ("plant-2",))),
        ("rows=7", Condition("rows", "=", (7, "7"))),
        ("rows!=7", Condition("rows", "!=", (7, "7"))),
        ("ok=true", Condition("ok", "=", (True, "true"))),
        ("accuracy>0.9", Condition("accuracy", ">", 0.9)),
        ("accuracy >= .9e0", Condition("accuracy", ">=", 0.9)),
        ("depth<-1", Condition("depth", "<", -1)),
        ("depth<=8", Condition("depth", "<=", 8)),
        ("loss=inf", Condition("loss", "=", (float("inf"), "inf"))),
        ("note~a=b", Condition("note", "~", "a=b")),
        ("note=", Condition("note", "=", ("",))),
        ("size='7'", Condition("size", "=", "7")),
        ('size>"7"', Condition("size", ">", "7")),
        ("version=7", Condition("version", "=", "7")),
        ("state=failed", Condition("state", "=", "FAILED")),
        ("started_at>1700000000000", Condition("started_at", ">", 1_700_000_000_000)),
        ("started_at>2026-11-24T10:00:00Z", Condition("started_at", ">", 1_795_514_400_000)),
        ("big=9223372036854775808", Condition("big", "=", (9223372036854775808.0, "9223372036854775808"))),
    ],
)
def test_a_condition_is_read_as_it_is_meant(text: str, condition: Condition) -> None:
    assert parse_condition(text) == condition


@pytest.mark.parametrize("text", ["", "accuracy", "=7", ">0.9", "ended_at>never"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_condition(text)
