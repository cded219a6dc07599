"""What is joined: by strong digests, exact places and commits, in any order, and never against better knowledge."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provgraph.joining.judging import Ambiguity, Conflict, Join, Verdict
from provgraph.joining.marks import Record, record_of
from provgraph.joining.places import exact_place, in_commit, spellings
from provgraph.joining.rules import Rule
from provgraph.joining.workspace import Workspace
from provgraph.model.digests import strong_digest

SHA = "sha256:" + "a1" * 32
OTHER = "sha256:" + "b2" * 32
MD5 = "md5:" + "c3" * 16
COMMIT = "d" * 40


def record(id_: int, source: str, **properties: object) -> Record:
    return record_of(id_, f"{source}/Artifact/{id_}", {"source": source, "type": "Dataset", **properties})


def judged(records: Iterable[Record], equal: Sequence[Sequence[int]] = ()) -> list[Verdict]:
    known = {r.id: r for r in records}
    with Workspace() as workspace:
        workspace.add([(r, any(r.id in group for group in equal)) for r in known.values()], asked=True)
        workspace.meet()
        for group in equal:
            workspace.component([known[id_] for id_ in group])
        return [verdict for found in workspace.verdicts() for verdict in found]


def joins(verdicts: Iterable[Verdict]) -> set[tuple[int, int]]:
    return {(v.first, v.second) for v in verdicts if isinstance(v, Join)}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "weak:6f2a",
        "md5-dos2unix:" + "c3" * 16,
        "etag:abc",
        "md5:" + "c3" * 15,
        "sha256:" + "g1" * 32,
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        "md5:d751713988987e9331980363e24189ce.dir",
        "c3" * 16,
    ],
)
def test_what_does_not_prove_equal_bytes_is_no_digest(text: str | None) -> None:
    assert strong_digest(text) is None


def test_a_folder_is_compared_only_with_a_manifest_of_the_same_form() -> None:
    folder = strong_digest(MD5 + ".dir")
    file = strong_digest(MD5.upper())
    assert folder is not None
    assert file is not None
    assert folder.form != file.form
    assert folder.text != file.text
    assert file.text == MD5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("s3://Plant/train%20a.csv?versionId=3HL4", None), ("s3a://plant/train a.csv", "3HL4")),
        (("https://HOST:443/x?versionid=7&sig=secret", None), ("https://host/x?versionId=7", None)),
        (("gs://b/o#12", None), ("gs://b/o?generation=12", None)),
        (("models:/inspector/3", None), ("models://inspector/3", None)),
    ],
)
def test_one_place_and_version_is_one_whatever_its_spelling(
    one: tuple[str, str | None], other: tuple[str, str | None]
) -> None:
    first, second = exact_place(*one), exact_place(*other)
    assert first is not None
    assert second is not None
    assert first.text == second.text


@pytest.mark.parametrize(
    "uri",
    [
        "s3://plant/train.csv",
        "s3://plant/train.csv?versionId=null",
        "s3://plant/train.csv?version=latest",
        "s3://plant/train.csv?versionId=1&version=2",
        "file:///data/train.csv?version=3",
        "models:/inspector@champion",
        "models:/inspector/Production",
        "git+https://host/r@main#data/train.csv",
        "data/train.csv",
        "http://[broken?version=3",
    ],
)
def test_what_may_change_is_no_exact_place(uri: str) -> None:
    assert exact_place(uri) is None


@given(
    place=st.sampled_from(["s3://b/a b/x.csv", "s3a://b/x", "gs://b/x", "https://h/x?k=1", "abfss://c@h/x"]),
    version=st.text("abcXYZ019._", min_size=6, max_size=9),
)
def test_a_place_is_found_by_what_it_may_be_spelled_as(place: str, version: str) -> None:
    exact = exact_place(place, version)
    assert exact is not None
    assert all(exact_place(spelled, version) == exact for spelled in spellings(exact))


@pytest.mark.parametrize(
    ("commit", "path"),
    [("d" * 12, "x"), ("main", "x"), (COMMIT, "../x"), (COMMIT, "/x"), (COMMIT, "."), (None, "x"), (COMMIT, None)],
)
def test_parts_of_hashes_and_paths_that_lead_out_are_in_no_commit(commit: object, path: object) -> None:
    assert in_commit(commit, path) is None


def test_three_tools_are_a_star_around_the_oldest_record() -> None:
    records = [record(id_, f"tool{id_}", digest=SHA) for id_ in (7, 3, 5)]
    assert joins(judged(records)) == {(3, 5), (3, 7)}


def test_equal_bytes_of_one_tool_stay_apart_and_their_twin_elsewhere_is_not_guessed() -> None:
    assert judged([record(1, "a", digest=SHA), record(2, "a", digest=SHA)]) == []
    [verdict] = judged([record(1, "a", digest=SHA), record(2, "a", digest=SHA), record(3, "b", digest=SHA)])
    assert isinstance(verdict, Ambiguity)
    assert verdict.ids == (1, 2)


def test_which_of_several_equal_files_is_meant_is_told_by_where_they_are() -> None:
    records = [
        record(1, "dvc/x", digest=SHA, custom_path="backup/train.csv"),
        record(2, "dvc/x", digest=SHA, custom_path="data/train.csv"),
        record(3, "", digest=SHA, uri="file:///data/me/project/data/train.csv"),
    ]
    assert joins(judged(records)) == {(2, 3)}


def test_a_place_that_held_two_contents_joins_nothing_and_both_are_named() -> None:
    uri = "s3://plant/train.csv?versionId=3HL4"
    records = [record(1, "a", uri=uri, digest=SHA), record(2, "b", uri=uri), record(3, "c", uri=uri, digest=OTHER)]
    [verdict] = judged(records)
    assert isinstance(verdict, Conflict)
    assert (verdict.first, verdict.second) == (1, 3)
    assert SHA in verdict.reason
    assert OTHER in verdict.reason


def test_different_algorithms_do_not_contradict_each_other() -> None:
    records = [
        record(1, "dvc/x", digest=MD5, custom_path="net.onnx", custom_git_commit=COMMIT),
        record(2, "lfs/x", digest=SHA, custom_path="net.onnx", custom_git_commit=COMMIT),
    ]
    [verdict] = judged(records)
    assert isinstance(verdict, Join)
    assert verdict.mark.rule is Rule.COMMIT


def test_what_is_not_of_one_size_is_not_of_one_commit() -> None:
    at = {"custom_path": "net.onnx", "custom_git_commit": COMMIT}
    stale = record(1, "dvc/x", digest=MD5, custom_size=9, **at)  # a lock that was not renewed
    [verdict] = judged([stale, record(2, "lfs/x", digest=SHA, custom_size=10, **at)])
    assert isinstance(verdict, Conflict)
    assert joins(judged([stale, record(2, "lfs/x", digest=SHA, custom_size=9, **at)])) == {(1, 2)}
    assert joins(judged([stale, record(2, "", digest=MD5, custom_size=10)])) == {(1, 2)}  # of rows, perhaps


def test_who_meets_others_before_it_is_asked_about_is_asked_about_all_the_same() -> None:
    uri = "s3://plant/train.csv?versionId=3HL4"
    one, two, three = record(1, "a", digest=SHA), record(2, "b", digest=SHA, uri=uri), record(3, "c", uri=uri)
    with Workspace() as workspace:
        workspace.add([(one, False)], asked=True)
        workspace.add([(two, False)], asked=False)
        workspace.add([(two, False)], asked=True)
        workspace.add([(three, False)], asked=False)
        assert workspace.meet() == 2


def test_a_version_may_be_a_number() -> None:
    exact = record(1, "a", uri="s3://lake/rides", custom_dataset_version=12).exact
    assert [place.text for place in exact] == ["s3://lake/rides version 12"]


def test_what_is_joined_already_speaks_for_all_of_its_records() -> None:
    uri = "s3://plant/train.csv?versionId=3HL4"
    records = [record(1, "a", digest=SHA), record(2, "b", uri=uri), record(3, "c", uri=uri, digest=OTHER)]
    [verdict] = judged(records, equal=[(1, 2)])
    assert isinstance(verdict, Conflict)
    assert (verdict.first, verdict.second) == (1, 3)


def test_no_chain_of_joins_makes_two_records_of_one_tool_one() -> None:
    uri = "s3://plant/train.csv?versionId=3HL4"
    records = [
        record(1, "a", digest=SHA, family="train", version="1"),
        record(2, "b", digest=SHA, uri=uri),
        record(3, "a", uri=uri, family="train", version="2"),
    ]
    verdicts = judged(records)
    assert joins(verdicts) == {(1, 2)}
    [conflict] = [v for v in verdicts if isinstance(v, Conflict)]
    assert (conflict.mark.rule, conflict.first, conflict.second) == (Rule.URI, 1, 3)


def test_a_version_of_a_registered_model_is_whose_registry_is_known() -> None:
    registered = {"type": "ModelVersion", "family": "inspector", "version": "3"}
    used = record(3, "", uri="models:/inspector/3")
    assert joins(judged([record(1, "mlflow/a", **registered), used])) == {(1, 3)}
    [verdict] = judged([record(1, "mlflow/a", **registered), record(2, "mlflow/b", **registered), used])
    assert isinstance(verdict, Conflict)
    assert judged([used, record(4, "openlineage/x", uri="models:/inspector/3")]) == []


def test_a_weak_digest_never_joins() -> None:
    assert judged([record(1, "a", digest=SHA, custom_digest_strength="weak"), record(2, "b", digest=SHA)]) == []


def test_a_model_is_known_by_the_id_that_its_store_gave_it() -> None:
    tail = "m-" + "0f" * 16
    logged = record_of(1, f"mlflow/x/Artifact/model/{tail}", {"source": "mlflow/x", "type": "Model"})
    assert joins(judged([logged, record(2, "", uri=f"models:/{tail}")])) == {(1, 2)}


# -- any records ------------------------------------------------------------------------------------------------------

DIGESTS = st.sampled_from([None, SHA, OTHER, MD5, "weak:1"])
URIS = st.sampled_from([None, "s3://p/a?versionId=v1x", "s3://p/b?versionId=v1x", "s3://p/a", "models:/m/1"])
RECORDS = st.lists(
    st.builds(
        lambda source, digest, md5, uri, path: {
            "source": source,
            "digest": digest,
            "custom_digest_md5": md5,
            "uri": uri,
            "custom_path": path,
            "custom_git_commit": COMMIT,
        },
        st.sampled_from(["a", "b", "c", "d"]),
        DIGESTS,
        st.sampled_from([None, MD5, "md5:" + "e4" * 16]),
        URIS,
        st.sampled_from([None, "data/x", "y"]),
    ),
    max_size=9,
)


def components(ids: Iterable[int], pairs: Iterable[tuple[int, int]]) -> dict[int, frozenset[int]]:
    found = {id_: frozenset({id_}) for id_ in ids}
    for one, other in pairs:
        both = found[one] | found[other]
        found |= dict.fromkeys(both, both)
    return found


def by_the_rules(records: Mapping[int, Record]) -> dict[int, frozenset[int]]:
    """The components that the rules call for, found slowly: the strongest marks first."""
    found = components(records, ())
    marks = sorted({m for r in records.values() for m in r.marks}, key=lambda m: (list(Rule).index(m.rule), m.text))
    for mark in marks:
        bearing = [r for r in records.values() if mark in r.marks]
        parts = {found[r.id] for r in bearing}
        if len({r.source for r in bearing}) < 2 or "models:/" in mark.text:  # no registry is among the records
            continue
        meant: dict[str, frozenset[int] | None] = {}
        for source in {records[i].source for part in parts for i in part}:
            rivals = [part for part in parts if any(records[i].source == source for i in part)]
            if len(rivals) == 1:
                meant[source] = rivals[0]
                continue
            lengths = [alike(part, bearing, source) for part in rivals]
            longest = max(lengths)
            clear = min(lengths) >= 0 and longest > 0 and lengths.count(longest) == 1
            meant[source] = rivals[lengths.index(longest)] if clear else None
        kept = [part for part in parts if all(meant[records[i].source] == part for i in part)]
        everything = frozenset(i for part in kept for i in part)
        digests = {digest for i in everything for digest in records[i].digests}
        if len(digests) == len({form for form, _ in digests}):
            found |= dict.fromkeys(everything, everything)
    return found


def alike(part: frozenset[int], bearing: Sequence[Record], source: str) -> int:
    """How much of their paths the records of a source in a part share with other sources; -1: none bears the mark."""

    def path(record: Record) -> list[str]:
        return re.sub(r"^\w+://", "", record.place).partition("?")[0].split("/")[::-1]

    own = [path(r) for r in bearing if r.id in part and r.source == source]
    others = [path(r) for r in bearing if r.source != source]
    if not own:
        return -1
    return max(
        len(list(itertools.takewhile(lambda pair: pair[0] == pair[1] and pair[0], zip(a, b, strict=False))))
        for a in own
        for b in others
    )


@settings(max_examples=200)
@given(RECORDS, st.randoms(use_true_random=False))
def test_joins_are_what_the_rules_call_for_in_whatever_order_records_come(
    rows: list[dict[str, object]], chance: Random
) -> None:
    records = {at: record_of(at, f"k{at}", row) for at, row in enumerate(rows, 1)}
    shuffled = list(records.values())
    chance.shuffle(shuffled)
    pairs = joins(judged(shuffled))
    found = components(records, pairs)
    assert found == by_the_rules(records)
    for part in set(found.values()):
        assert len({records[i].source for i in part}) == len(part)
        forms = [form for form, _ in {d for i in part for d in records[i].digests}]
        assert len(forms) == len(set(forms))
    assert len(pairs) == len(records) - len(set(found.values()))  # as few links as can be
