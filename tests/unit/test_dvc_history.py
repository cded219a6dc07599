"""What a project's history becomes: runs, versions of data, imports, registered models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provgraph.model import Certainty
from tests.loaders.dvc.example import write_example
from tests.loaders.dvc.golden import GOLDEN, as_json
from tests.loaders.dvc.making import Making
from tests.loaders.dvc.reading import Read, outcome, read


def links(found: Read) -> set[tuple[str, str, str]]:
    said = {(event.type.name, event.artifact, event.execution) for event in found.events}
    for batch in found.batches:
        said |= {("DERIVATION", link.origin, link.derived) for link in batch.derivations}
        said |= {("SAME", link.first, link.second) for link in batch.equalities}
        said |= {("ATTRIBUTION", link.artifact, link.context) for link in batch.attributions}
        said |= {("ASSOCIATION", link.execution, link.context) for link in batch.associations}
        said |= {("PARENT", link.child, link.parent) for link in batch.parents}
    return said


def entry(name: str, deps: dict[str, str], outs: dict[str, str], cmd: str = "run", more: str = "") -> str:
    def items(given: dict[str, str]) -> str:
        return "".join(f"    - {{path: {path}, hash: md5, md5: '{digest}'}}\n" for path, digest in given.items())

    text = f"  {name}:\n    cmd: {cmd}\n"
    text += f"    deps:\n{items(deps)}" if deps else ""
    return text + (f"    outs:\n{items(outs)}" if outs else "") + more


def lock(*entries: str) -> str:
    return "schema: '2.0'\nstages:\n" + "".join(entries)


A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)


def test_the_example_becomes_what_was_agreed(tmp_path: Path) -> None:
    write_example(tmp_path / "inspection")
    found = json.loads(json.dumps(as_json(read(tmp_path / "inspection", None))))
    assert found == json.loads(GOLDEN.read_text("utf-8"))


def test_a_history_that_grew_says_the_same_and_more(tmp_path: Path) -> None:
    write_example(tmp_path / "before", grown=False)
    write_example(tmp_path / "after")
    before, after = read(tmp_path / "before"), read(tmp_path / "after")
    assert links(before) < links(after)
    later = {node.key: node for node in after.nodes if node.type not in ("Repository", "RegisteredStage")}
    assert all(later[node.key] == node for node in before.nodes if node.type not in ("Repository", "RegisteredStage"))
    assert {node.key for node in before.nodes} < {node.key for node in after.nodes}


def test_a_run_that_comes_back_is_the_same_run(tmp_path: Path) -> None:
    made = Making(tmp_path)
    first, other = lock(entry("train", {"x": A}, {"m": B})), lock(entry("train", {"x": C}, {"m": D}))
    made.commit({"dvc.lock": first})
    made.commit({"dvc.lock": other})
    made.commit({"dvc.lock": first})
    runs = read(tmp_path).executions
    assert len(runs) == 2
    assert runs[0].created_at is not None
    assert runs[1].created_at == runs[0].created_at + 3_600_000


def test_sizes_and_layouts_do_not_make_a_run_another_one(tmp_path: Path) -> None:
    made = Making(tmp_path)
    old = f"train:\n  cmd: run\n  deps:\n  - {{path: x, md5: {A}}}\n  outs:\n  - {{path: m, md5: {B}}}\n"
    deps, outs = f"deps:\n    - {{path: x, md5: {A}, size: 5}}\n", f"outs:\n    - {{md5: {B}, path: m}}\n"
    new = f"train:\n    cmd: run\n    {deps}    {outs}"
    made.commit({"dvc.lock": old})
    made.commit({"dvc.lock": f"schema: '2.0'\nstages:\n  {new}"})
    assert len(read(tmp_path).executions) == 1


def test_the_two_kinds_of_md5_are_two_identities(tmp_path: Path) -> None:
    made = Making(tmp_path)
    made.commit({"x.dvc": f"outs:\n- {{path: x, md5: {A}}}\n"})
    made.commit({"x.dvc": f"outs:\n- {{path: x, md5: {A}, hash: md5}}\n"})
    found = read(tmp_path)
    assert [node.digest for node in found.artifacts] == [f"md5-dos2unix:{A}", f"md5:{A}"]
    assert not [link for batch in found.batches for link in batch.equalities]


def test_branches_and_merges_are_read_once(tmp_path: Path) -> None:
    made = Making(tmp_path)
    base = made.commit({"dvc.lock": lock(entry("a", {}, {"m": A}))})
    left = made.commit({"dvc.lock": lock(entry("a", {"x": B}, {"m": B}))}, parents=[base])
    right = made.commit({"dvc.lock": lock(entry("a", {"x": C}, {"m": C}))}, branch="refs/heads/side", parents=[base])
    made.commit({"dvc.lock": lock(entry("a", {"x": C}, {"m": C}))}, parents=[left, right])
    runs = read(tmp_path).executions
    assert [run.custom_properties["git_commit"] for run in runs] == [name.decode() for name in (base, left, right)]


def test_experiments_are_runs_of_an_experiment(tmp_path: Path) -> None:
    made = Making(tmp_path)
    base = made.commit({"dvc.lock": lock(entry("a", {}, {"m": A}))})
    ref = f"refs/exps/{base.decode()[:2]}/{base.decode()[2:]}/mild-tide"
    made.commit({"dvc.lock": lock(entry("a", {}, {"m": B}))}, branch=ref, parents=[base])
    found = read(tmp_path)
    assert len(found.executions) == 2
    assert [node.name for node in found.contexts if node.type == "Experiment"] == [f"{base.decode()[:7]}/mild-tide"]


def test_moved_content_is_tied_by_its_hash_but_empty_files_are_not(tmp_path: Path) -> None:
    made = Making(tmp_path)
    empty = "d41d8cd98f00b204e9800998ecf8427e"
    made.commit(
        {"dvc.lock": lock(entry("a", {}, {"m": A, "e": empty}), entry("b", {"copy": A, "nil": empty}, {"n": B}))}
    )
    [equal] = [link for batch in read(tmp_path).batches for link in batch.equalities]
    assert (equal.first.rpartition("/")[2], equal.second.rpartition("/")[2]) == (f"m@md5:{A}", f"copy@md5:{A}")
    assert (equal.rule, equal.certainty) == ("content hash", Certainty.INFERRED)


def equal_ends(found: Read) -> set[tuple[str, ...]]:
    ends = (link.first for batch in found.batches for link in batch.equalities)
    others = (link.second for batch in found.batches for link in batch.equalities)
    return {tuple(key.rpartition("/")[2].partition("@")[0] for key in pair) for pair in zip(ends, others, strict=True)}


def test_equal_digits_of_dvc_2_tie_no_two_paths(tmp_path: Path) -> None:
    made = Making(tmp_path)
    locked = lock(entry("s1", {}, {"o1": A}), entry("s2", {"copy": A}, {"n": B})).replace("hash: md5, ", "")
    made.commit({"dvc.lock": locked})
    found = read(tmp_path)
    assert {node.digest for node in found.artifacts} == {f"md5-dos2unix:{A}", f"md5-dos2unix:{B}"}
    assert not equal_ends(found)


def test_a_step_that_changes_nothing_does_not_feed_itself(tmp_path: Path) -> None:
    made = Making(tmp_path)
    made.commit({"dvc.lock": lock(entry("clean", {"raw.csv": A}, {"clean.csv": A}))})
    found = read(tmp_path)
    assert not equal_ends(found)
    assert [note for note in found.notes() if "is made from them" in note and "raw.csv" in note]


def test_content_that_comes_back_downstream_is_not_tied(tmp_path: Path) -> None:
    made = Making(tmp_path)
    there = entry("pack", {"raw.csv": A}, {"raw.zip": B})
    back = entry("unpack", {"raw.zip": B}, {"again.csv": A})
    made.commit({"dvc.lock": lock(there, back)})
    assert not equal_ends(read(tmp_path))


def test_a_circle_that_a_later_commit_would_close_is_seen(tmp_path: Path) -> None:
    made = Making(tmp_path)
    first = entry("a", {}, {"m": A}), entry("b", {"copy": A}, {"n": B})
    made.commit({"dvc.lock": lock(*first)})
    assert equal_ends(read(tmp_path)) == {("m", "copy")}
    made.commit({"dvc.lock": lock(entry("a", {"n": B}, {"m": A}), first[1])})
    assert not equal_ends(read(tmp_path))


def test_two_ties_that_close_a_circle_together_are_one_tie(tmp_path: Path) -> None:
    made = Making(tmp_path)
    made.commit({"dvc.lock": lock(entry("a", {"x": A}, {"y": B}), entry("b", {"v": B}, {"w": A}))})
    assert len(equal_ends(read(tmp_path))) == 1


def test_what_another_path_made_is_tied_where_the_step_makes_it_again(tmp_path: Path) -> None:
    made = Making(tmp_path)
    made.commit(
        {"dvc.lock": lock(entry("fetch", {}, {"got.csv": A}), entry("clean", {"raw.csv": A}, {"clean.csv": A}))}
    )
    assert equal_ends(read(tmp_path)) == {("got.csv", "raw.csv")}


def test_what_stands_in_a_folder_comes_from_it_though_its_content_is_known_elsewhere(tmp_path: Path) -> None:
    made = Making(tmp_path)
    folder = f"outs:\n- {{path: data, hash: md5, md5: {C}.dir}}\n"
    made.commit({"data.dvc": folder, "dvc.lock": lock(entry("clean", {"data/raw.csv": A}, {"clean.csv": A}))})
    found = read(tmp_path)
    [link] = [link for batch in found.batches for link in batch.derivations]
    assert (link.origin.rpartition("/")[2], link.derived.rpartition("/data/")[2]) == (
        f"data@md5:{C}.dir",
        f"raw.csv@md5:{A}",
    )
    assert not equal_ends(found)


def test_a_folder_does_not_come_from_what_it_gives(tmp_path: Path) -> None:
    made = Making(tmp_path)
    made.commit({"dvc.lock": lock(entry("fill", {"data/one": A}, {"data": f"{C}.dir"}))})
    found = read(tmp_path)
    assert not [link for batch in found.batches for link in batch.derivations]
    assert [note for note in found.notes() if "data/one" in note and "is made from them" in note]


def test_a_folder_that_is_used_comes_from_what_stands_in_it(tmp_path: Path) -> None:
    made = Making(tmp_path)
    locked = lock(entry("a", {}, {"data/one": A}), entry("b", {"data": f"{C}.dir"}, {"n": D}))
    made.commit({"data/two.dvc": f"outs:\n- {{path: two, hash: md5, md5: {B}}}\n", "dvc.lock": locked})
    found = [link for batch in read(tmp_path).batches for link in batch.derivations]
    assert {link.origin.rpartition("/data/")[2] for link in found} == {f"one@md5:{A}", f"two@md5:{B}"}
    assert all(link.derived.endswith(f"data@md5:{C}.dir") and link.certainty is Certainty.INFERRED for link in found)


def test_matrix_stages_stand_in_their_group_and_their_folder(tmp_path: Path) -> None:
    made = Making(tmp_path)
    text = """\
stages:
  train:
    matrix: {site: [north, south], net: "${nets}"}
    wdir: sites/${item.site}
    cmd: run
    metrics: ["scores-${item.net.name}.json"]
"""
    made.commit(
        {
            "dvc.yaml": text,
            "params.yaml": "nets: [{name: small}, {name: big}]\n",
            "dvc.lock": lock(entry("train@south-net1", {}, {"scores-big.json": A})),
        }
    )
    found = read(tmp_path)
    [metrics] = found.artifacts
    assert (metrics.type, metrics.family) == ("Metrics", "sites/south/scores-big.json")
    stages = {node.name for node in found.contexts if node.type == "Stage"}
    assert stages == {"dvc.yaml:train", "dvc.yaml:train@south-net1"}
    assert not found.notes()


def test_metrics_of_other_bytes_than_the_lock_names_are_not_read(tmp_path: Path) -> None:
    made = Making(tmp_path)
    yaml = "stages: {e: {cmd: run, metrics: [s.json: {cache: false}]}}\n"
    made.commit({"dvc.yaml": yaml, "s.json": '{"f1": 1}', "dvc.lock": lock(entry("e", {}, {"s.json": A}))})
    [metrics] = read(tmp_path).artifacts
    assert not [name for name in metrics.custom_properties if name.startswith("metric_")]


def test_a_path_that_is_declared_a_model_later_is_one_and_the_same(tmp_path: Path) -> None:
    made = Making(tmp_path)
    made.commit({"dvc.lock": lock(entry("t", {}, {"out.bin": A}))})
    made.commit({"dvc.yaml": "artifacts: {net: {path: out.bin, type: model}}\n"})
    found = read(tmp_path)
    assert [node.type for node in found.artifacts] == ["Dataset", "Model"]
    [equal] = [link for batch in found.batches for link in batch.equalities]
    assert (equal.rule, equal.certainty) == ("path and content hash", Certainty.DECLARED)


def test_secrets_are_not_kept(tmp_path: Path) -> None:
    made = Making(tmp_path)
    params = "    params: {params.yaml: {db.password: hunter22, lr: 0.1, net: {api_key: abcdefgh}}}\n"
    url = "https://me:hunter22@host/data.csv"
    locked = lock(entry("t", {f"'{url}'": A}, {}, cmd="run --token=hunter22", more=params))
    origin = "{path: a, repo: {url: 'https://u:hunter22@h/r.git', rev_lock: 1a}}"
    imported = f"deps:\n- {origin}\nouts:\n- {{path: a, md5: {A}}}\n"
    made.commit({"dvc.lock": locked, "a.dvc": imported})
    config = tmp_path / ".git" / "config"
    config.write_text(config.read_text("utf-8") + '[remote "origin"]\n\turl = https://u:hunter22@h/me.git\n', "utf-8")
    found = read(tmp_path)
    text = repr(found.batches) + str(found.report)
    assert "hunter22" not in text
    assert "abcdefgh" not in text
    assert dict(found.executions[0].custom_properties)["param_lr"] == 0.1


def test_every_field_that_is_not_read_is_named(tmp_path: Path) -> None:
    made = Making(tmp_path)
    made.commit(
        {
            "dvc.lock": "schema: '2.0'\nstages: {a: {cmd: x, color: 1, outs: [{path: m, taste: 2}]}}\nsmell: 3\n",
            "dvc.yaml": "stages: {a: {cmd: x, sound: 4}}\nlight: 5\nartifacts: {m: {path: m, weight: 6}}\n",
            "x.dvc": "outs: [{path: x, md5: '1'}]\nheat: 7\n",
        }
    )
    notes = "\n".join(read(tmp_path).notes())
    for name in ("color", "taste", "smell", "sound", "light", "weight", "heat"):
        assert f"unknown: 1 fields: the field '{name}' of" in notes


def test_what_cannot_be_read_is_named_and_the_rest_is(tmp_path: Path) -> None:
    made = Making(tmp_path)
    made.commit({"bad/dvc.lock": "a: [", "worse/dvc.lock": "schema: '9'", "dvc.lock": lock(entry("a", {}, {"m": A}))})
    found = read(tmp_path)
    assert [run.get("stage") for run in found.executions] == ["a"]
    notes = "\n".join(found.notes())
    assert "bad/dvc.lock" in notes
    assert "has the schema '9', and 1.x and 2.0 are read" in notes


CONFLICT = "schema: '2.0'\nstages:\n<<<<<<< HEAD\n  a: {cmd: x}\n=======\n  a: {cmd: y}\n>>>>>>> side\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [(CONFLICT, "is no YAML in line 4"), ("schema: '3.0'\nstages: {}\n", "has the schema '3.0'")],
    ids=["conflict", "schema"],
)
@pytest.mark.parametrize("others", [{}, {"dvc.yaml": "stages: {a: {cmd: x}}\n"}], ids=["alone", "with dvc.yaml"])
def test_a_repository_of_which_nothing_can_be_read_is_refused(
    tmp_path: Path, text: str, words: str, others: dict[str, str]
) -> None:
    made = Making(tmp_path)
    head = made.commit({"dvc.lock": text, **others}).decode()
    refusal = outcome(tmp_path)
    assert isinstance(refusal, str)
    assert refusal.startswith(f"{tmp_path}: dvc.lock at HEAD ({head[:10]}) cannot be read: it {words}")


def test_nothing_that_can_be_read_at_head_is_refused_whatever_was_before(tmp_path: Path) -> None:
    made = Making(tmp_path)
    made.commit({"dvc.lock": lock(entry("a", {}, {"m": A}))})
    made.commit({"dvc.lock": CONFLICT})
    assert "dvc.lock at HEAD" in str(outcome(tmp_path))
    made.commit({"x.dvc": f"outs: [{{path: x, md5: {B}}}]\n"})
    assert [run.get("stage") for run in read(tmp_path).executions] == ["a"]


def test_files_of_dvc_that_are_gone_or_say_nothing_are_not_called_missing(tmp_path: Path) -> None:
    none, gone, empty = Making(tmp_path / "none"), Making(tmp_path / "gone"), Making(tmp_path / "empty")
    none.commit({"README.md": "x"})
    gone.commit({"dvc.lock": CONFLICT})
    gone.commit({"dvc.lock": None})
    empty.commit({"dvc.yaml": "stages: {a: {cmd: x}}\n"})
    said = {made.folder.name: "\n".join(read(made.folder).notes()) for made in (none, gone, empty)}
    assert "hold no files of DVC" in said["none"]
    assert "hold files of DVC, and nothing in them that ran or is tracked" in said["empty"]
    assert "hold no files of DVC" not in said["gone"]
    assert "hold files of DVC, and nothing in them that can be read" in said["gone"]


def test_tags_that_read_like_those_of_the_registry_are_named_with_the_reason(tmp_path: Path) -> None:
    made = Making(tmp_path)
    yaml = "artifacts: {good: {path: m, type: model}}\n"
    head = made.commit({"dvc.yaml": yaml, "dvc.lock": lock(entry("a", {}, {"m": A}))})
    for name in (
        "good@v1.0.0",
        "good@v2.0",
        "x@v9",
        "Good@v1.0.0",
        "good#Prod",
        "other#prod#1",
        "good@v7.0.0!",
        "v1.0",
    ):
        made.tag(name, head)
    made.tag("good@created", head)
    made.tag("/".join(["n" * 100] * 6) + "@v1.0.0", head)
    notes = read(tmp_path).notes()

    def reason(tag: str) -> str:
        [found] = [note for note in notes if f"({tag}" in note or f", {tag}" in note]
        return found

    assert "their version is not of the form v1.2.3" in reason("good@v2.0")
    assert "their version is not of the form v1.2.3" in reason("x@v9")
    assert "their name" in reason("Good@v1.0.0")
    assert "their stage" in reason("good#Prod")
    assert "does not declare" in reason("other#prod#1")
    assert "take back a version that no tag registers" in reason("good@v7.0.0!")
    assert "created" in reason("good@created")
    assert [note for note in notes if "longer than 500" in note]
    assert not [note for note in notes if "v1.0)" in note or "good@v1.0.0 " in note]


def test_stages_of_the_registry_are_given_and_taken_back(tmp_path: Path) -> None:
    made = Making(tmp_path)
    yaml = "artifacts: {net: {path: m, type: model}}\n"
    first = made.commit({"sub/dvc.yaml": yaml, "sub/dvc.lock": lock(entry("a", {}, {"m": A}))})
    made.tag("sub=net@v1.0.0", first)
    made.tag("sub=net#prod#1", first)
    second = made.commit({"sub/dvc.lock": lock(entry("a", {}, {"m": B}))})
    made.tag("sub=net@v2.0.0", second)
    made.tag("sub=net#prod#2", second)
    made.tag("sub=net#prod!#3", second)
    made.tag("other@v1.0.0", second)
    made.tag("v3.1", second)
    found = read(tmp_path)
    stage = found.node("Context/RegisteredStage/sub:net#prod")
    assert stage.get("current") == "v1.0.0"
    held = {
        (link.artifact.rpartition("@")[2], link.context.rpartition("Context/")[2])
        for batch in found.batches
        for link in batch.attributions
        if "RegisteredVersion" in link.context
    }
    assert held == {(f"md5:{A}", "RegisteredVersion/sub:net@v1.0.0"), (f"md5:{B}", "RegisteredVersion/sub:net@v2.0.0")}
    assert [note for note in found.notes() if "other@v1.0.0" in note and "have no artifact" in note]


def test_paths_that_no_key_can_hold_are_named(tmp_path: Path) -> None:
    made = Making(tmp_path)
    long, odd = "é" * 3_000, "n\\0ul"
    yaml = f'stages: {{a: {{cmd: x, wdir: {long}}}, b: {{cmd: x, wdir: "{odd}"}}}}\n'
    origin = f"{{path: {'語' * 1_200}, repo: {{url: {'語' * 1_200}, rev_lock: 1a}}}}"
    locked = lock(entry("a", {}, {"m": A}), entry("b", {}, {"m": B}))
    made.commit({"dvc.yaml": yaml, "dvc.lock": locked, "i.dvc": f"deps: [{origin}]\nouts: [{{path: i, md5: '1'}}]\n"})
    found = read(tmp_path)
    assert len(found.executions) == 3
    assert [node.family for node in found.artifacts] == ["i"]
    assert len([note for note in found.notes() if "too long for a key" in note]) == 2


digests = st.sampled_from([A, B, C, D, f"{A}.dir", "", "d41d8cd98f00b204e9800998ecf8427e"])
paths = st.sampled_from(["x", "data", "data/a", "data/b/c", "model.pkl", "../up", "/abs", "s3://b/k", "é ü", "m\0"])
item = st.fixed_dictionaries(
    {"path": paths},
    optional={
        "md5": digests,
        "hash": st.sampled_from(["md5", "etag"]),
        "etag": digests,
        "size": st.integers() | st.text(max_size=3),
        "files": st.lists(st.just({"relpath": "a"}), max_size=2),
        "odd": st.none(),
    },
)
stage = st.fixed_dictionaries(
    {},
    optional={
        "cmd": st.text(max_size=10) | st.lists(st.text(max_size=5), max_size=2),
        "deps": st.lists(item, max_size=4) | st.none() | st.integers(),
        "outs": st.lists(item, max_size=4),
        "params": st.dictionaries(
            st.sampled_from(["params.yaml", "p.json"]),
            st.dictionaries(
                st.text(max_size=4),
                st.integers() | st.floats() | st.text(max_size=4) | st.none() | st.lists(st.integers(), max_size=2),
                max_size=3,
            ),
            max_size=2,
        ),
    },
)
locks = st.dictionaries(st.sampled_from(["a", "b", "a@1", "t" * 600]), stage | st.none(), max_size=3)


@given(st.lists(locks, min_size=1, max_size=4), st.integers(1, 5))
@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
def test_any_lock_becomes_records_that_hold_together(
    tmp_path_factory: pytest.TempPathFactory, given_locks: list[dict[str, object]], size: int
) -> None:
    made = Making(tmp_path_factory.mktemp("lock"))
    for content in given_locks:
        text = json.dumps({"schema": "2.0", "stages": content})  # which YAML does not always read
        made.commit({"dvc.lock": text, "good.dvc": f"outs: [{{path: good, md5: {A}}}]\n"})
    found = read(made.folder, batch_size=size)
    known: set[str] = set()
    names: set[tuple[str, str]] = set()
    for batch in found.batches:
        fresh = [node.key for node in batch.nodes]
        assert not known & set(fresh)
        assert len(fresh) == len(set(fresh))
        known |= set(fresh)
        for node in batch.nodes:
            assert (node.type, node.name or "") not in names
            names.add((node.type, node.name or ""))
        executions = {run.key for run in batch.executions}
        assert all(event.execution in executions and event.artifact in known for event in batch.events)
        assert all(link.artifact in known and link.context in known for link in batch.attributions)
        assert all(link.execution in known and link.context in known for link in batch.associations)
        assert all(link.child in known and link.parent in known for link in batch.parents)
        assert all(link.origin in known and link.derived in known for link in batch.derivations)
        assert all(link.first in known and link.second in known for link in batch.equalities)


@given(
    st.binary(max_size=300)
    | st.sampled_from(["yaml", "lock", "dvc"]).flatmap(lambda _: st.text(max_size=300).map(str.encode))
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_file_makes_a_load_fail(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    made = Making(tmp_path_factory.mktemp("any"))
    made.commit({"dvc.yaml": data, "dvc.lock": data, "x.dvc": data, "params.yaml": data})
    found = outcome(made.folder)
    assert isinstance(found, Read) or "cannot be read" in found
    made.commit({"good.dvc": f"outs: [{{path: good, md5: {A}}}]\n"})
    assert isinstance(outcome(made.folder), Read)
