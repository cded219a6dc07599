"""Two runs side by side: steps answer to each other, equal values are told from changed ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provgraph import Lineage, Struct
from provgraph.model import Artifact, Context, Execution, ExecutionState
from provgraph.tracing.runs import Run
from provgraph_dashboard.picture import View
from provgraph_dashboard.recorded_values import (
    first_lines,
    measurements_of,
    parameters_of,
    short_value,
    size_of,
    took,
    versions_of,
)
from provgraph_dashboard.run_compare import Pair, compare, matched
from provgraph_dashboard.runs_table import run_name, run_picture, run_rows, shortened, state_words, step_name
from tests.dashboard.lineages import artifact, edge, lineage, step


def run(version: int, *, depth: int, data: str, accuracy: float, numpy: str = "2.1", libraries: bool = True) -> Lineage:
    base = version * 10
    packages = {"packages": Struct.of({"numpy": numpy})} if libraries else {}
    train = step(
        base,
        "Train",
        f"Train inspector/{version}",
        custom_properties={"param_depth": depth, "param_seed": 1, **packages},
    )
    evaluate = step(base + 1, "Evaluate", f"Evaluate inspector/{version}")
    nodes: list[Artifact | Execution] = [
        artifact(1, "Dataset", data, digest=f"sha256:{data}"),
        artifact(2, "Dataset", "golden"),
        train,
        artifact(base, "Model", f"inspector/{version}"),
        evaluate,
        artifact(base + 1, "Metrics", custom_properties={"accuracy": accuracy, "simulated": True}),
    ]
    nodes[0] = artifact(base + 2, "Dataset", data, digest=f"sha256:{data}")
    links = [(f"artifact:{base + 2}", train.ref), (train.ref, f"artifact:{base}"), (f"artifact:{base}", evaluate.ref)]
    links += [("artifact:2", evaluate.ref), (evaluate.ref, f"artifact:{base + 1}")]
    return lineage([train.ref], nodes, [edge(a, b) for a, b in links])


def test_parameters_inputs_metrics_and_versions_of_two_runs() -> None:
    one = run(1, depth=4, data="train/1", accuracy=0.9)
    other = run(2, depth=8, data="train/2", accuracy=0.95, numpy="2.2")
    parameters, inputs, metrics, versions = compare(one, other)
    assert parameters.pairs == (Pair("depth", "4", "8", False, "Train"), Pair("seed", "1", "1", True, "Train"))
    assert inputs.pairs == (Pair("Dataset", "train/1", "train/2", equal=False),)
    assert inputs.same == 1
    assert metrics.pairs == (Pair("accuracy", "0.9", "0.95", False, "Evaluate"),)
    assert versions.pairs == (Pair("numpy", "2.1", "2.2", equal=False),)
    assert [section.changed for section in (parameters, inputs, metrics, versions)] == [1, 1, 1, 1]


def test_a_run_is_equal_to_itself() -> None:
    same = run(1, depth=4, data="train/1", accuracy=0.9)
    assert [section.changed for section in compare(same, same)] == [0, 0, 0, 0]


def test_inputs_of_the_same_bytes_are_equal_under_other_names() -> None:
    node = artifact(5, "Dataset", "copy", digest="sha256:train/1")
    other = lineage(["execution:7"], [node, step(7)], [edge("artifact:5", "execution:7")])
    original = lineage(
        ["execution:8"],
        [artifact(6, "Dataset", "first", digest="sha256:train/1"), step(8)],
        [edge("artifact:6", "execution:8")],
    )
    assert compare(original, other)[1].pairs == (Pair("Dataset", "first", "copy", equal=True),)


def test_many_inputs_of_one_run_alone_are_counted() -> None:
    nodes: list[Artifact | Execution] = [step(1), *(artifact(i, "CaptureBatch", f"week/{i}") for i in range(2, 50))]
    many = lineage(["execution:1"], nodes, [edge(f"artifact:{i}", "execution:1") for i in range(2, 50)])
    none = lineage(["execution:9"], [step(9)], [])
    assert compare(many, none)[1].pairs == (Pair("CaptureBatch", "48 others", None, equal=False),)


@given(st.lists(st.sampled_from("ABC")), st.lists(st.sampled_from("ABC")))
def test_every_step_is_matched_once(ours: list[str], theirs: list[str]) -> None:
    one = [step(i, name=f"{name}/{i}") for i, name in enumerate(ours)]
    other = [step(100 + i, name=f"{name}/{i + 7}") for i, name in enumerate(theirs)]
    found = matched(one, other)
    assert [a for a, _ in found if a] == one
    assert sorted(b.ref for _, b in found if b) == sorted(node.ref for node in other)
    alone = sum(b is None for _, b in found), sum(a is None for a, _ in found)
    if alone != (0, 0) and alone[0] + alone[1] > 1:
        names = {"".join(c for c in str(n.name) if c.isalpha()) for n, m in found if n and m is None}
        assert not names & {"".join(c for c in str(m.name) if c.isalpha()) for n, m in found if m and n is None}


def test_parameters_are_those_marked_and_for_other_tools_what_is_nothing_else() -> None:
    ours = step(1, custom_properties={"param_depth": 3, "note": "x", "packages": Struct.of({"a": "1"})})
    assert parameters_of(ours) == {"depth": 3}
    assert parameters_of(step(2, custom_properties={"note": "x"})) == {}
    loaded = step(3, source="mlmd/x", custom_properties={"num_steps": 9, "tfx_version": "1.7", "empty": ""})
    assert parameters_of(loaded) == {"num_steps": 9}
    assert versions_of(loaded) == {"tfx version": "1.7"}


def test_measurements_are_numbers_also_inside_a_struct_and_no_flags() -> None:
    node = artifact(1, custom_properties={"accuracy": 0.5, "ok": True, "recall": Struct.of({"pit": 0.25, "name": "x"})})
    assert measurements_of(node) == {"accuracy": 0.5, "recall.pit": 0.25}
    assert measurements_of(step(1, custom_properties={"param_depth": 3, "loss": 0.5})) == {"loss": 0.5}
    assert measurements_of(step(1, source="mlmd/x", custom_properties={"loss": 0.5})) == {}


def test_small_words() -> None:
    assert size_of(artifact(1, custom_properties={"columns": 7, "rows": 4800, "simulated": True})) == "4,800 rows"
    assert size_of(artifact(1)) == ""
    assert short_value({"a": [1, None]}) == '{"a": [1, null]}'
    assert short_value("x" * 50, 10) == "xxxxxxxxx…"
    assert first_lines("a\nb\nc", lines=2) == "a\nb\n…"
    assert shortened("pipeline/2026-11-24", 9) == "…26-11-24"
    assert len(shortened("x" * 99)) == 22
    assert state_words("FAILED") == "✕ failed"
    assert took(step(1, started_at=5, ended_at=9)) == 4
    assert took(step(1, source="mlmd/x", created_at=5, updated_at=9)) == 4
    assert took(step(1, created_at=5, updated_at=9)) is None
    assert took(step(1, source="mlmd/x", created_at=5, updated_at=9, state=ExecutionState.RUNNING)) is None


def test_steps_of_one_run_can_be_told_apart_in_a_narrow_column() -> None:
    said = ["Train inspector/5", "Evaluate inspector/5", "Evaluate inspector/4", "Evaluate gate/2"]
    assert [step_name(f"{name} in 2026-10-19", "2026-10-19") for name in said] == said
    both = [step_name(f"ExtractFeatures surface-{part}/5-x1.1") for part in ("train", "validation")]
    assert both == ["ExtractF…ace-train/5-x1.1", "ExtractF…alidation/5-x1.1"]
    assert {len(name) for name in both} == {25}
    assert step_name("Trainer", "2026-10-19") == "Trainer"
    assert step_name("2026-10-19", "2026-10-19") == "2026-10-19"
    assert step_name("Within 7", "7") == "Within"


def test_a_run_is_listed_by_its_own_part_of_the_name() -> None:
    pipeline, context = Context(id=1, type="Pipeline", name="p"), Context(id=2, type="Run", name="p/2026")
    assert run_name(context, pipeline) == "2026"
    assert run_name(context, None) == "p/2026"
    assert run_name(pipeline, pipeline) == "p"
    [row] = run_rows([Run(context, (step(1, state=ExecutionState.FAILED),), ExecutionState.FAILED, 0, 4000)], pipeline)
    assert (row["run"], row["state"], row["took"], row["steps"], row["failed"]) == ("2026", "✕ failed", "4.0 s", 1, 1)


def test_the_picture_of_a_run_opens_on_the_step_that_failed_and_says_durations() -> None:
    bad = step(2, "Train", "b", state=ExecutionState.FAILED, started_at=10, ended_at=3010)
    found = lineage(["execution:1"], [step(1, "Split", "a", started_at=1, ended_at=2), bad], [])
    drawn = run_picture(found, View())
    assert drawn.focus == "execution:2"
    assert {node.name for node in drawn.nodes} == {"Split · 0.0 s", "Train · 3.0 s"}
    assert {node.note for node in drawn.nodes} == {"a", "b"}
