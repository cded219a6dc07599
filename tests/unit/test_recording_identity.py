from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.errors import InvalidValueError, LoadError
from provgraph.graph import with_key
from provgraph.model import Artifact, Context, ExecutionState, Proto, Struct
from provgraph.recording.contexts import (
    ContextName,
    context_key,
    context_names,
    parent_links,
    to_contexts,
    workflow_names,
)
from provgraph.recording.declared import Declared, StepRecord, record_from_text, record_to_text
from provgraph.recording.identity import (
    Candidate,
    artifact_name,
    choose,
    conflict_name,
    full_digest,
    key_of,
    named_key,
    with_place,
)

DIGEST = "sha256:" + "0123456789abcdef" * 4
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
PATHS = st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=4).map("/".join)


def candidate(
    id: int, *, type: str = "Dataset", made: int | None = None, seen: dict[str, int] | None = None
) -> Candidate:
    places = [{"uri": uri, "seen_at": at} for uri, at in (seen or {}).items()]
    stored: dict[str, Any] = {"id": id, "key": f"k{id}", "type": type, "custom_places": json.dumps(places)}
    return Candidate({**stored, "digest": DIGEST}, [] if made is None else [made])


def needed(**fields: Any) -> Declared:
    return replace(Declared(role="input", position=0, time=100, uri="file:///p", digest=DIGEST), **fields)


# -- names ----------------------------------------------------------------------------------------------------------


def test_the_version_is_the_given_one_else_the_first_twelve_digits() -> None:
    assert artifact_name("inspector", "7", DIGEST) == ("inspector/7", "7")
    assert artifact_name("inspector", None, DIGEST) == ("inspector/0123456789ab", "0123456789ab")
    assert artifact_name("inspector", None, None) == ("inspector", None)
    assert artifact_name("inspector", "release/1", None) == ("inspector/release%2F1", "release/1")
    assert conflict_name("inspector/7", "7", DIGEST) == ("inspector/7+01234567", "7+01234567")


def test_digests_that_are_no_hexadecimal_number_give_versions_too() -> None:
    name, version = artifact_name("a", None, "etag:xyz-3")

    assert version is not None
    assert len(version) == 12
    assert set(version) <= set("0123456789abcdef")
    assert name == f"a/{version}"


def test_a_bare_sha256_gets_its_name() -> None:
    assert full_digest("AB" * 32) == "sha256:" + "ab" * 32
    assert full_digest("md5:00") == "md5:00"


@given(TEXT, TEXT)
def test_recorded_names_have_the_keys_that_put_gives_them(type_: str, name: str) -> None:
    assert named_key(type_, name) == with_key(Artifact(type=type_, name=name)).key
    assert context_key(ContextName(type_, name)) == with_key(Context(type=type_, name=name)).key


def test_what_has_no_name_is_known_by_its_bytes_else_by_its_place() -> None:
    assert key_of(needed(type="Dataset")) == f"provgraph/Bytes/Dataset/{DIGEST}"
    assert key_of(needed(type="Dataset", empty=True)) == "provgraph/Place/Dataset/file:///p"
    assert key_of(needed(digest=None, default_type="File")) == "provgraph/Place/File/file:///p"


# -- whose bytes ----------------------------------------------------------------------------------------------------


def test_the_artifact_last_seen_at_the_place_wins_over_the_one_produced_last() -> None:
    choice = choose(
        needed(),
        [candidate(1, made=10, seen={"file:///p": 20}), candidate(2, made=30), candidate(3, seen={"file:///p": 5})],
    )

    assert choice is not None
    assert choice.candidate.stored["id"] == 1
    assert (choice.inferred, choice.others) == (False, ())


def test_several_producers_make_the_last_one_possible_and_name_the_others() -> None:
    choice = choose(needed(), [candidate(1, made=10), candidate(2, made=30), candidate(3)])

    assert choice is not None
    assert choice.candidate.stored["id"] == 2
    assert (choice.inferred, choice.others) == (True, ("k1",))


def test_what_was_produced_after_the_input_was_declared_comes_last() -> None:
    choice = choose(needed(time=20), [candidate(1, made=10), candidate(2, made=30)])

    assert choice is not None
    assert choice.candidate.stored["id"] == 1


def test_a_single_producer_is_certain() -> None:
    choice = choose(needed(), [candidate(1, made=10), candidate(3)])

    assert choice is not None
    assert (choice.candidate.stored["id"], choice.inferred, choice.others) == (1, False, ())


def test_with_a_type_only_artifacts_of_that_type_are_candidates() -> None:
    assert choose(needed(type="Model"), [candidate(1, made=10)]) is None
    found = choose(needed(type="Dataset"), [candidate(1, made=10), candidate(2, type="Model", made=20)])
    assert found is not None
    assert found.candidate.stored["id"] == 1


def test_a_place_without_bytes_to_compare_is_an_inference() -> None:
    choice = choose(needed(digest=None), [candidate(1, made=10, seen={"file:///p": 20})])

    assert choice is not None
    assert choice.inferred


# -- places ---------------------------------------------------------------------------------------------------------


def test_each_place_is_kept_once_and_an_output_notes_it_again() -> None:
    stored = {"custom_places": '[{"uri": "file:///p", "seen_at": 1}, {"uri": "file:///q", "seen_at": 2}]'}

    assert with_place(stored, needed(), again=False) is None
    assert with_place(stored, needed(), again=True) == [
        {"uri": "file:///q", "seen_at": 2},
        {"uri": "file:///p", "seen_at": 100},
    ]
    assert with_place({}, needed(host="h"), again=False) == [{"uri": "file:///p", "seen_at": 100, "host": "h"}]


def test_the_newest_hundred_places_are_kept() -> None:
    stored = {"custom_places": json.dumps([{"uri": f"file:///{n}", "seen_at": n} for n in range(100)])}

    found = with_place(stored, needed(), again=False)

    assert found is not None
    assert len(found) == 100
    assert found[-1] == {"uri": "file:///p", "seen_at": 100}


@pytest.mark.parametrize("value", ["no json", "{}", "[1, 2]"])
def test_a_users_own_property_called_places_does_no_harm(value: str) -> None:
    assert with_place({"custom_places": value}, needed(), again=False) == [{"uri": "file:///p", "seen_at": 100}]


# -- contexts -------------------------------------------------------------------------------------------------------


def test_pipeline_and_run_are_named_by_their_whole_path() -> None:
    assert workflow_names("p", "r") == [("Pipeline", "p"), ("Run", "p/r")]
    assert workflow_names("p", "p/r") == [("Pipeline", "p"), ("Run", "p/r")]
    assert workflow_names(None, "r") == [("Run", "r")]


def test_a_type_may_name_several_paths() -> None:
    assert context_names({"Camera": ["a/1", "a/2"], "Line": "a"}) == [
        ("Camera", "a/1"),
        ("Camera", "a/2"),
        ("Line", "a"),
    ]


@pytest.mark.parametrize("contexts", [{"": "a"}, {"Line": ""}, {"Line": "/"}])
def test_contexts_without_a_name_are_refused(contexts: dict[str, str]) -> None:
    with pytest.raises(InvalidValueError):
        context_names(contexts)


@given(st.lists(st.builds(ContextName, st.sampled_from("XYZ"), PATHS), max_size=8))
def test_the_longest_path_that_begins_a_context_is_its_parent(names: list[ContextName]) -> None:
    links = set(parent_links(names))

    for child in names:
        above = [name for name in names if child.path.startswith(name.path + "/")]
        longest = max((len(name.path) for name in above), default=0)
        assert {p for c, p in links if c == child} == {name for name in above if len(name.path) == longest}
    positions = {name.key: at for at, name in enumerate(to_contexts(names))}
    assert all(positions[context_key(parent)] < positions[context_key(child)] for child, parent in links)


# -- what a file of the spool holds -----------------------------------------------------------------------------------

VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    TEXT,
    st.builds(Struct.of, st.dictionaries(TEXT, st.integers() | TEXT)),
    st.builds(Proto, TEXT, st.binary(max_size=8)),
)


@given(
    st.dictionaries(TEXT, VALUES, max_size=4),
    st.sampled_from(ExecutionState),
    st.lists(TEXT | st.integers(), max_size=2),
)
def test_a_step_comes_back_from_its_text(
    properties: dict[str, Any], state: ExecutionState, path: list[str | int]
) -> None:
    thing = needed(path=tuple(path), contexts=[ContextName("Line", "a")], properties=properties)
    record = StepRecord(
        uuid="u",
        type="Train",
        key="k",
        keyed=True,
        name=None,
        started_at=5,
        state=state,
        properties=properties,
        workflow=[ContextName("Pipeline", "p")],
        contexts=[ContextName("Pipeline", "p"), ContextName("Line", "a")],
        things=[thing],
    )

    text = record_to_text(record)

    assert "\n" not in text
    assert record_from_text(text) == record


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"uuid": 1}'])
def test_other_text_is_refused_as_no_step(text: str) -> None:
    with pytest.raises(LoadError, match="not the record of a step"):
        record_from_text(text)
