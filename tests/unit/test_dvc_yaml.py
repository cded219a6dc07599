"""YAML as DVC writes it, and YAML that means harm."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph_loaders.dvc.yamlish import DamagedError, parse

words = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | words
values = st.recursive(scalars, lambda below: st.lists(below, max_size=4) | st.dictionaries(words, below, max_size=4))


@given(values)
def test_json_is_read_as_what_it_is(value: object) -> None:
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_make_it_fail_otherwise(data: bytes) -> None:
    try:
        parse(data)
    except DamagedError as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-05", 1e-05),
        ("0.001", 0.001),
        ("on", "on"),
        ("no", "no"),
        ("2025-06-01", "2025-06-01"),
        ("~", None),
        ("0o17", 15),
        ("007", "007"),
        ("1" * 32, "1" * 32),
        ("'5'", "5"),
        (".inf", float("inf")),
        ("!!str 5", "5"),
        ("12:30", "12:30"),
        ("", None),
    ],
)
def test_words_mean_what_they_mean_in_yaml_1_2(text: str, value: object) -> None:
    assert parse(text.encode()) == value


def test_aliases_and_merged_mappings_are_read() -> None:
    text = b"base: &b {lr: 0.1, n: 1}\nbig: {<<: *b, n: 2}\nsame: *b\n"
    assert parse(text) == {"base": {"lr": 0.1, "n": 1}, "big": {"lr": 0.1, "n": 2}, "same": {"lr": 0.1, "n": 1}}


def bomb(merge: bool) -> bytes:
    lines = ["a0: &a0 {x: 1, y: 2}" if merge else "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for at in range(1, 12):
        parts = ", ".join([f"*a{at - 1}"] * 10)
        lines.append(f"a{at}: &a{at} {{<<: [{parts}], k{at}: 1}}" if merge else f"a{at}: &a{at} [{parts}]")
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bomb(merge=False), "repeats itself so often"),
        (bomb(merge=True), "repeats itself so often"),
        (b"[" * 100_000, "nest"),
        (b"{a: " * 100_000, "nest"),
        (b"[" * 200 + b"]" * 200, "nested more than 100 deep"),
        (b"&a [*a]", "repeats what is not there, or itself"),
        (b"!!python/object/apply:os.system ['true']", "has a tag"),
        (b"!!binary aGk=", "has a tag"),
        (b"a: 1\na: 2\n", "has the key 'a' twice, in line 2"),
        (b"a: 1\n---\nb: 2\n", "several documents"),
        (b"? [a]\n: 1\n", "key that is no word"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"a: [1", "is no YAML"),
    ],
)
def test_yaml_that_means_harm_is_refused_at_once(data: bytes, words: str) -> None:
    start = time.monotonic()
    with pytest.raises(DamagedError, match=words):
        parse(data)
    assert time.monotonic() - start < 5
