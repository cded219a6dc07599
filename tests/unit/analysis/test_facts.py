"""What nodes say becomes columns by rules: names, parameters, structs, and what is no column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from provgraph.analysis.facts import Scalar, facts_by_column, node_saying
from provgraph.analysis.upstream import Upstream
from provgraph.model import Artifact, Context, Execution, Node, Proto, Struct
from provgraph.store.rows import to_properties


def upstream_of(nodes: Sequence[Node], links: Sequence[tuple[int, int]] = ()) -> Upstream:
    ends = np.array(links, np.int64).reshape(-1, 2)
    stored = [{**to_properties(node, 1), "id": at, "key": f"k{at}"} for at, node in enumerate(nodes)]
    return Upstream([node.kind.value for node in nodes], stored, ends[:, 0], ends[:, 1], (), 0)


def facts(*nodes: Node) -> dict[str, set[Scalar]]:
    found = facts_by_column(upstream_of(nodes))
    return {column: set().union(*said.values()) for column, said in found.items()}


def test_contexts_say_their_name_under_their_type_and_their_properties_below_it() -> None:
    camera = Context(type="Camera", name="p/3/B", properties={"lens": "f2"}, custom_properties={"height": 3})
    assert facts(camera) == {"Camera": {"p/3/B"}, "Camera.lens": {"f2"}, "Camera.height": {3}}


def test_a_versioned_artifact_says_family_and_version_and_another_one_its_name() -> None:
    config = Artifact(type="Config", name="cam/7", family="cam", version="7", uri="file:///x", digest="sha256:ab")
    assert facts(config) == {"Config.family": {"cam"}, "Config.version": {"7"}}
    assert facts(Artifact(type="Config", name="cam-seven")) == {"Config": {"cam-seven"}}


def test_executions_say_properties_and_parameters_but_not_their_names() -> None:
    step = Execution(type="Train", name="Train of Monday", custom_properties={"param_depth": 8, "python": "3.11.7"})
    assert facts(step) == {"Train.depth": {8}, "Train.python": {"3.11.7"}}


def test_a_parameter_keeps_its_prefix_where_a_property_of_the_type_has_its_name() -> None:
    one = Execution(type="Train", custom_properties={"param_depth": 8})
    other = Execution(type="Train", custom_properties={"depth": 5})
    assert facts(one, other) == {"Train.param_depth": {8}, "Train.depth": {5}}


def test_a_dotted_type_goes_by_its_last_part_unless_two_share_it() -> None:
    def step(type_: str) -> Execution:
        return Execution(type=type_, custom_properties={"x": 1})

    assert facts(step("tfx.trainer.Trainer"), step("Label")) == {"Trainer.x": {1}, "Label.x": {1}}
    assert facts(step("a.Trainer"), step("b.Trainer")).keys() == {"a.Trainer.x", "b.Trainer.x"}


def test_a_declared_property_hides_a_custom_one_of_its_name() -> None:
    step = Execution(type="Label", properties={"annotator": "bo"}, custom_properties={"annotator": "amira"})
    assert facts(step) == {"Label.annotator": {"bo"}}


def test_structs_say_what_they_hold_two_levels_deep_and_lists_several_values() -> None:
    step = Execution(
        type="Label",
        custom_properties={
            "packages": Struct.of({"numpy": "2.1", "tool": {"name": "bench", "deep": {"er": 1}}}),
            "annotators": Struct.of(["bo", "amira", {"not": "this"}]),
            "blob": Proto("type.googleapis.com/X", b"1"),
        },
    )
    assert facts(step) == {
        "Label.packages.numpy": {"2.1"},
        "Label.packages.tool.name": {"bench"},
        "Label.annotators": {"bo", "amira"},
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sha256", "ab"),
        ("weights_digest", "ab"),
        ("input_fingerprint", "split:train,num_files:1"),
        ("job_id", "J-1"),
        ("released_at", 1_760_000_000_000),
        ("released", "2026-11-24T10:00:00Z"),
        ("source_uri", "s3://b/k"),
        ("blob", "0123456789abcdef" * 4),
        ("run", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        ("notes", "x" * 201),
        ("process", Struct.of({"pid": 7})),
        ("command", "python train.py"),
        ("score", float("nan")),
        ("empty", ""),
    ],
)
def test_names_of_bytes_moments_and_long_texts_are_no_columns(name: str, value: Scalar | Struct) -> None:
    assert facts(Execution(type="Step", custom_properties={name: value})) == {}


def test_a_commit_says_which_code_ran_though_it_looks_like_a_digest() -> None:
    commit = "0123456789" * 4
    assert facts(Execution(type="Step", custom_properties={"git_commit": commit})) == {"Step.git_commit": {commit}}


def test_the_nearest_node_that_says_a_value_is_found() -> None:
    def step(tool: str) -> Execution:
        return Execution(type="Label", custom_properties={"tool": tool})

    nodes = (Artifact(type="Labels"), step("new"), Artifact(type="Labels"), step("old"))
    upstream = upstream_of(nodes, [(0, 1), (1, 2), (2, 3)])
    assert node_saying(upstream, [0], "Label.tool", "new") == 1
    assert node_saying(upstream, [0], "Label.tool", "old") == 3
    with pytest.raises(LookupError):
        node_saying(upstream, [2], "Label.tool", "new")


def test_true_and_1_stay_apart() -> None:
    found = facts_by_column(upstream_of([Execution(type="S", custom_properties={"x": v}) for v in (True, 1, 1.0)]))
    said: Mapping[int, set[Scalar]] = found["S.x"]
    assert [type(value) for values in said.values() for value in values] == [bool, int, float]
