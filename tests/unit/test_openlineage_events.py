"""What OpenLineage events become: runs, versions, flows, and what is said of them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provgraph.model import ArtifactState, EventType, ExecutionState, NodeKind, Struct
from tests.loaders.golden import plain
from tests.loaders.openlineage.example import dataset, event, example_events, facet, part_of, run_id, write_lines
from tests.loaders.openlineage.example import without_run as without
from tests.loaders.openlineage.golden import EVENTS, RECORDS, records_of
from tests.loaders.openlineage.reading import Read, read, short

Json = dict[str, Any]
ONE, TWO, THREE, FOUR = run_id(1), run_id(2), run_id(3), run_id(4)


def load(folder: Path, *events: Json) -> Read:
    return read(write_lines(folder / "events.jsonl", list(events)))


def made_by(name: str, run: str, namespace: str = "s3://plant-2") -> str:
    return f"{namespace}:{name}@run-{run}"


def flow(name: str, *sources: str) -> Json:
    inputs = [{"namespace": "s3://plant-2", "name": source, "type": "DATASET"} for source in sources]
    return {"namespace": "s3://plant-2", "name": name, "type": "DATASET", "inputs": inputs}


def columns(*sources: str) -> Json:
    fields = [{"namespace": "s3://plant-2", "name": source, "field": "x"} for source in sources]
    return facet(fields={"y": {"inputFields": fields}})


# -- the golden file --------------------------------------------------------------------------------------------


def test_the_example_becomes_the_records_that_are_kept_beside_it() -> None:
    assert records_of(EVENTS) == json.loads(RECORDS.read_text("utf-8"))


def test_the_kept_events_are_those_of_the_example() -> None:
    assert [json.loads(line) for line in EVENTS.read_text("utf-8").splitlines()] == example_events()


# -- runs -------------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.randoms(use_true_random=False))
def test_events_tell_the_same_in_any_order(tmp_path_factory: pytest.TempPathFactory, chance: random.Random) -> None:
    folder = tmp_path_factory.mktemp("order")
    events = example_events()
    told = records(load(folder, *events))
    chance.shuffle(events)
    events.insert(chance.randrange(len(events)), chance.choice(events))
    assert records(load(folder, *events)) == told


def reads(found: Read) -> set[str]:
    """The inputs that no traced link leads from."""
    return {short(relation.end) for relation in found.relations if relation.name == "read"}


def records(found: Read) -> list[Any]:
    return sorted((plain(item) for batch in found.batches for item in (*batch.nodes, *links(batch))), key=json.dumps)


def links(batch: Any) -> list[Any]:
    kinds = (batch.events, batch.attributions, batch.associations, batch.parents, batch.derivations)
    return [link for kind in (*kinds, batch.equalities, batch.relations) for link in kind]


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (["START"], ExecutionState.RUNNING),
        (["RUNNING"], ExecutionState.RUNNING),
        (["OTHER"], ExecutionState.UNKNOWN),
        (["OTHER", "START"], ExecutionState.RUNNING),
        (["START", "OTHER"], ExecutionState.RUNNING),
        (["START", "RUNNING", "COMPLETE"], ExecutionState.COMPLETE),
        (["START", "FAIL"], ExecutionState.FAILED),
        (["ABORT"], ExecutionState.CANCELED),
        (["START", "COMPLETE", "OTHER"], ExecutionState.COMPLETE),
    ],
)
def test_the_state_of_a_run_is_that_of_its_last_telling_event(
    tmp_path: Path, kinds: list[str], state: ExecutionState
) -> None:
    found = load(tmp_path, *(event(kind, 1, "job", minute) for minute, kind in enumerate(kinds)))
    assert found.executions[ONE].state is state


def test_a_run_has_its_inputs_outputs_and_facets_from_all_of_its_events(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        event("START", 1, "train", 0, inputs=[dataset("a")], run_facets={"processing_engine": facet(name="Spark")}),
        event("RUNNING", 1, "train", 1, inputs=[dataset("b")]),
        event("COMPLETE", 1, "train", 2, outputs=[dataset("m", schema=facet(fields=[{"name": "w"}]))]),
    )
    assert {artifact for _, artifact in found.flows(ONE)} == {
        "s3://plant-2:a",
        "s3://plant-2:b",
        made_by("m", ONE),
    }
    assert found.executions[ONE].custom_properties["engine"] == "Spark"
    assert found.artifacts[made_by("m", ONE)].custom_properties["schema"] == Struct.of([{"name": "w"}])
    assert found.executions[ONE].ended_at == (found.executions[ONE].started_at or 0) + 120_000


def test_a_facet_that_is_taken_back_is_gone(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        event("START", 1, "a", 0, outputs=[dataset("m", tags=facet(tags=[{"key": "pii", "value": "no"}]))]),
        event("COMPLETE", 1, "a", 1, outputs=[dataset("m", tags=facet(_deleted=True))]),
    )
    assert "tags" not in found.artifacts[made_by("m", ONE)].custom_properties


def test_runs_stand_in_the_run_they_are_part_of_and_that_in_its_job(tmp_path: Path) -> None:
    root = {"run": {"runId": ONE}, "job": {"namespace": "scheduler", "name": "pipeline"}}
    middle = {"run": {"runId": TWO}, "job": {"namespace": "scheduler", "name": "stage"}}
    found = load(
        tmp_path,
        event("COMPLETE", 2, "stage", 0, run_facets={"parent": facet(**root, root=root)}),
        event("COMPLETE", 3, "task", 1, run_facets={"parent": facet(**middle, root=root)}),
    )
    assert found.parents == {
        (f"run:{ONE}", "job:scheduler:pipeline"),
        (f"run:{TWO}", "job:scheduler:stage"),
        (f"run:{TWO}", f"run:{ONE}"),
    }
    assert {context for execution, context in found.groups if execution == THREE} == {
        "job:scheduler:task",
        f"run:{TWO}",
        f"run:{ONE}",
    }


def test_runs_that_would_be_parts_of_themselves_are_told_and_not_linked(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        event("START", 1, "a", 0, run_facets=part_of(2, "b")),
        event("START", 2, "b", 0, run_facets=part_of(3, "c")),
        event("START", 3, "c", 0, run_facets=part_of(1, "a")),
        event("START", 4, "d", 0, run_facets=part_of(4, "d")),
    )
    inner = {(child, parent) for child, parent in found.parents if parent.startswith("run:")}
    assert inner == {(f"run:{ONE}", f"run:{TWO}"), (f"run:{TWO}", f"run:{THREE}")}
    assert [note for note in found.notes() if "parts of themselves" in note]
    assert [note for note in found.notes() if "name the run itself" in note]


def test_the_older_name_of_the_parent_facet_is_read(tmp_path: Path) -> None:
    parent = facet(run={"runId": TWO}, job={"namespace": "scheduler", "name": "dag"})
    old = event("START", 1, "dag.task", 0, run_facets={"parentRun": parent})
    old["schemaURL"] = "https://openlineage.io/spec/0-0-1/OpenLineage.json#/definitions/RunEvent"
    assert (ONE, f"run:{TWO}") in load(tmp_path, old).groups


def test_parameters_code_and_errors_are_kept_without_secrets(tmp_path: Path) -> None:
    parameters = facet(parameters=[{"key": "depth", "value": 8}, {"key": "api_token", "value": "s3cr3t"}])
    code = facet(type="git", url="https://u:s3cr3t@host/x", version="9f86d08", branch="main")
    failure = facet(message="bad password=s3cr3t", programmingLanguage="PYTHON", stackTrace="Traceback …")
    found = load(
        tmp_path,
        event(
            "FAIL",
            1,
            "train",
            0,
            run_facets={"executionParameters": parameters, "errorMessage": failure},
            job_facets={"sourceCodeLocation": code, "sql": facet(query="SELECT 1")},
        ),
    )
    kept = found.executions[ONE].custom_properties
    assert kept["param_depth"] == 8
    assert kept["param_api_token"] == "***"
    assert kept["error_message"] == "bad password=***"
    assert kept["error_traceback"] == "Traceback …"
    assert (kept["git_commit"], kept["git_branch"], kept["sql"]) == ("9f86d08", "main", "SELECT 1")
    assert "s3cr3t" not in json.dumps(records(found))


def test_passwords_in_names_of_datasets_are_not_kept_and_containers_are(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        event(
            "COMPLETE",
            1,
            "copy",
            0,
            inputs=[dataset("public.orders", "postgres://etl:hunter2@db:5432")],
            outputs=[dataset("orders", "abfss://bronze@lake"), dataset("o?sig=hunter2&v=1", "https://lake")],
        ),
    )
    assert "hunter2" not in json.dumps(records(found))
    assert "postgres://etl@db:5432:public.orders" in found.artifacts
    assert made_by("orders", ONE, "abfss://bronze@lake") in found.artifacts


def test_what_is_not_read_is_named_with_its_place(tmp_path: Path) -> None:
    odd = event("COMPLETE", 1, "a", 0, run_facets={"house": facet(colour="blue")})
    odd["colour"] = "green"
    odd["run"]["shape"] = odd["job"]["shape"] = "round"
    odd["outputs"] = [{**dataset("m", schema=facet(fields=[], colour="red"), moon=facet()), "shape": "round"}]
    notes = load(tmp_path, odd).notes()
    place = f"({tmp_path / 'events.jsonl'}, line 1)"
    for words in (
        "1 run facets: house",
        "1 dataset facets: moon",
        "1 fields of dataset facets: schema.colour",
        "1 fields of events: colour",
        "1 fields of runs: shape",
        "1 fields of jobs: shape",
        "1 fields of datasets: shape",
    ):
        assert f"unknown: {words}: not read {place}" in notes


# -- versions ---------------------------------------------------------------------------------------------------


def test_an_input_without_a_version_is_the_one_that_was_valid_at_its_time(tmp_path: Path) -> None:
    writes = [event("COMPLETE", n, "write", 10 * n, outputs=[dataset("x")]) for n in (1, 2)]
    reads = [
        event("COMPLETE", 10 + n, "read", minute, inputs=[dataset("x")]) for n, minute in enumerate((5, 10, 15, 25))
    ]
    found = load(tmp_path, *reads, *writes)
    seen = [found.flows(run_id(10 + n)) for n in range(4)]
    first, second = made_by("x", ONE), made_by("x", TWO)
    assert seen == [{("INPUT", artifact)} for artifact in ("s3://plant-2:x", first, first, second)]


def test_a_run_that_changes_a_dataset_reads_the_version_before_its_own(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        event("COMPLETE", 1, "create", 1, outputs=[dataset("x")]),
        event("START", 2, "append", 2, inputs=[dataset("x")], outputs=[dataset("x")]),
        event("COMPLETE", 2, "append", 3, inputs=[dataset("x")], outputs=[dataset("x", columnLineage=columns("x"))]),
    )
    assert found.flows(TWO) == {("INPUT", made_by("x", ONE)), ("OUTPUT", made_by("x", TWO))}


def test_a_version_that_the_events_name_is_kept(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        event("START", 1, "write", 0, outputs=[dataset("x")]),
        event("COMPLETE", 1, "write", 1, outputs=[dataset("x", version=facet(datasetVersion="17"))]),
        event("COMPLETE", 2, "read", 2, inputs=[dataset("x")]),
        event("COMPLETE", 3, "read", 3, inputs=[dataset("x", version=facet(datasetVersion="16"))]),
    )
    assert found.flows(ONE) == {("OUTPUT", "s3://plant-2:x@17")}
    assert found.flows(TWO) == {("INPUT", "s3://plant-2:x@17")}
    assert found.flows(THREE) == {("INPUT", "s3://plant-2:x@16")}
    artifact = found.artifacts["s3://plant-2:x@17"]
    assert (artifact.family, artifact.version, artifact.uri) == ("s3://plant-2:x", "17", "s3://plant-2/x")


def test_a_run_that_streams_makes_its_version_when_it_starts(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        event("START", 1, "stream", 0, outputs=[dataset("x")]),
        event("RUNNING", 1, "stream", 60, outputs=[dataset("x")]),
        event("COMPLETE", 2, "read", 30, inputs=[dataset("x")]),
    )
    assert found.flows(TWO) == {("INPUT", made_by("x", ONE))}


def test_a_dropped_dataset_stays_as_deleted_with_its_time_and_is_not_what_is_read_later(tmp_path: Path) -> None:
    drop = dataset("x", lifecycleStateChange=facet(lifecycleStateChange="DROP"))
    found = load(
        tmp_path,
        event("COMPLETE", 1, "write", 1, outputs=[dataset("x")]),
        event("START", 2, "drop", 2, outputs=[dataset("x")]),
        event("COMPLETE", 2, "drop", 3, outputs=[drop]),
        event("COMPLETE", 3, "read", 4, inputs=[dataset("x")]),
    )
    gone = found.artifacts[made_by("x", ONE)]
    [relation] = found.relations
    assert gone.state is ArtifactState.DELETED
    assert gone.custom_properties["deleted_at"] == relation.time == found.executions[TWO].ended_at
    assert (relation.name, short(relation.start), short(relation.end)) == ("dropped", TWO, made_by("x", ONE))
    assert (relation.start_kind, relation.end_kind) == (NodeKind.EXECUTION, NodeKind.ARTIFACT)
    assert found.flows(TWO) == set()
    assert found.flows(THREE) == {("INPUT", f"s3://plant-2:x@after-{relation.time}")}


@pytest.mark.parametrize("changes", [("DROP", "CREATE"), ("CREATE", "DROP")])
def test_a_run_that_drops_and_makes_a_dataset_leaves_what_it_did_last(tmp_path: Path, changes: tuple[str, str]) -> None:
    first, last = (dataset("x", lifecycleStateChange=facet(lifecycleStateChange=change)) for change in changes)
    found = load(
        tmp_path,
        event("COMPLETE", 1, "write", 1, outputs=[dataset("x")]),
        event("START", 2, "renew", 2, outputs=[first]),
        event("COMPLETE", 2, "renew", 3, outputs=[last]),
        event("COMPLETE", 3, "read", 4, inputs=[dataset("x")]),
    )
    made = made_by("x", TWO)
    deleted = {name for name, artifact in found.artifacts.items() if artifact.state is ArtifactState.DELETED}
    [(_, read_last)] = found.flows(THREE)
    if changes[1] == "CREATE":
        assert (deleted, read_last) == ({made_by("x", ONE)}, made)
    else:
        assert deleted == {made_by("x", ONE), made}
        assert "@after-" in read_last


def renamed(old: str, new: str) -> Json:
    change = facet(lifecycleStateChange="RENAME", previousIdentifier={"namespace": "s3://plant-2", "name": old})
    return dataset(new, lifecycleStateChange=change)


def test_what_is_swapped_in_one_event_is_what_is_read_after_it(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        event("COMPLETE", 1, "write", 1, outputs=[dataset("x")]),
        event("COMPLETE", 2, "stage", 2, outputs=[dataset("tmp")]),
        event("COMPLETE", 3, "swap", 3, outputs=[renamed("x", "x_old"), renamed("tmp", "x")]),
        event("COMPLETE", 4, "read", 4, inputs=[dataset("x")]),
    )
    assert [artifact for _, artifact in found.flows(FOUR)] == [made_by("x", THREE)]


def test_a_drop_without_a_run_deletes_the_version_that_was_there(tmp_path: Path) -> None:
    drop = dataset("x", lifecycleStateChange=facet(lifecycleStateChange="DROP"))
    found = load(tmp_path, event("COMPLETE", 1, "write", 1, outputs=[dataset("x")]), without(5, dataset=drop))
    assert found.artifacts[made_by("x", ONE)].state is ArtifactState.DELETED


@pytest.mark.parametrize("by_a_run", [True, False])
def test_a_renamed_dataset_is_equal_to_what_it_was_since_its_time(tmp_path: Path, by_a_run: bool) -> None:
    old = {"namespace": "s3://plant-2", "name": "old"}
    new = dataset("new", lifecycleStateChange=facet(lifecycleStateChange="RENAME", previousIdentifier=old))
    found = load(
        tmp_path,
        event("COMPLETE", 1, "write", 1, outputs=[dataset("old")]),
        event("COMPLETE", 2, "rename", 2, outputs=[new]) if by_a_run else without(2, dataset=new),
        event("COMPLETE", 3, "read", 3, inputs=[dataset("new")]),
    )
    [equality] = found.equalities
    [(_, renamed)] = found.flows(THREE)
    assert {short(equality.first), short(equality.second)} == {made_by("old", ONE), renamed}
    assert renamed.startswith("s3://plant-2:new@")
    assert (equality.rule, equality.evidence) == ("renamed", "s3://plant-2:old was renamed to s3://plant-2:new")
    assert equality.time == (found.executions[ONE].ended_at or 0) + 60_000


def test_symlinks_make_versions_under_two_names_equal(tmp_path: Path) -> None:
    link = facet(identifiers=[{"namespace": "hive://meta", "name": "db.x", "type": "TABLE"}])
    found = load(
        tmp_path,
        event("COMPLETE", 1, "write", 1, outputs=[dataset("x", symlinks=link)]),
        event("COMPLETE", 2, "read", 2, inputs=[dataset("db.x", "hive://meta")]),
    )
    [equality] = found.equalities
    read_as = made_by("db.x", ONE, "hive://meta")
    assert found.flows(TWO) == {("INPUT", read_as)}
    assert {short(equality.first), short(equality.second)} == {read_as, made_by("x", ONE)}
    assert equality.rule == "symlink"


def test_a_symlink_that_no_event_uses_makes_no_node(tmp_path: Path) -> None:
    link = facet(identifiers=[{"namespace": "hive://meta", "name": "db.x", "type": "TABLE"}])
    found = load(tmp_path, event("COMPLETE", 1, "write", 1, outputs=[dataset("x", symlinks=link)]))
    assert (len(found.artifacts), found.equalities) == (1, [])


def test_a_model_is_a_model(tmp_path: Path) -> None:
    model = dataset("m", datasetType=facet(datasetType="MODEL"), ownership=facet(owners=[{"name": "team:vision"}]))
    artifact = load(tmp_path, event("COMPLETE", 1, "train", 0, outputs=[model])).artifacts[made_by("m", ONE)]
    assert artifact.type == "Model"
    assert artifact.custom_properties["owners"] == Struct.of([{"name": "team:vision"}])


# -- flows ------------------------------------------------------------------------------------------------------


def test_inputs_that_no_facet_tells_of_are_possible_ones(tmp_path: Path) -> None:
    found = load(tmp_path, event("COMPLETE", 1, "a", 0, inputs=[dataset("x"), dataset("y")], outputs=[dataset("z")]))
    assert found.flows(ONE) == {
        ("POSSIBLE_INPUT", "s3://plant-2:x"),
        ("POSSIBLE_INPUT", "s3://plant-2:y"),
        ("OUTPUT", made_by("z", ONE)),
    }
    assert {e.certainty.value for e in found.events if e.possible} == {"inferred"}
    assert found.derivations == set()


def test_inputs_of_a_run_that_puts_out_nothing_are_certain(tmp_path: Path) -> None:
    assert load(tmp_path, event("COMPLETE", 1, "a", 0, inputs=[dataset("x")])).flows(ONE) == {
        ("INPUT", "s3://plant-2:x")
    }


def test_column_lineage_says_which_inputs_are_certain(tmp_path: Path) -> None:
    made = dataset("z", columnLineage=columns("x"))
    found = load(tmp_path, event("COMPLETE", 1, "a", 0, inputs=[dataset("x"), dataset("y")], outputs=[made]))
    assert found.flows(ONE) == {
        ("INPUT", "s3://plant-2:x"),
        ("OUTPUT", made_by("z", ONE)),
    }
    assert reads(found) == {"s3://plant-2:y"}


@pytest.mark.parametrize("where", ["run", "dataset", "job"])
def test_the_lineage_facet_goes_before_column_lineage(tmp_path: Path, where: str) -> None:
    said = flow("z", "y")
    facets: Json = {"columnLineage": columns("x")}
    if where == "dataset":
        facets["lineage"] = facet(inputs=said["inputs"])
    found = load(
        tmp_path,
        event(
            "COMPLETE",
            1,
            "a",
            0,
            inputs=[dataset("x"), dataset("y")],
            outputs=[dataset("z", **facets)],
            run_facets={"lineage": facet(lineage=[said])} if where == "run" else None,
            job_facets={"lineage": facet(lineage=[said])} if where == "job" else None,
        ),
    )
    assert found.flows(ONE) == {
        ("INPUT", "s3://plant-2:y"),
        ("OUTPUT", made_by("z", ONE)),
    }
    assert reads(found) == {"s3://plant-2:x"}


def test_flows_that_differ_by_output_are_derivations(tmp_path: Path) -> None:
    said = facet(lineage=[flow("p", "x"), flow("q", "x", "y")])
    found = load(
        tmp_path,
        event("COMPLETE", 1, "a", 0, inputs=[dataset("x"), dataset("y")], run_facets={"lineage": said}),
    )
    assert found.flows(ONE) == {
        ("INPUT", "s3://plant-2:x"),
        ("OUTPUT", made_by("p", ONE)),
        ("OUTPUT", made_by("q", ONE)),
    }
    assert reads(found) == {"s3://plant-2:y"}
    assert found.derivations == {("s3://plant-2:y", made_by("q", ONE))}


def test_a_dataset_that_only_the_lineage_facet_names_is_an_input(tmp_path: Path) -> None:
    said = facet(lineage=[flow("z", "hidden")])
    found = load(tmp_path, event("COMPLETE", 1, "a", 0, outputs=[dataset("z")], run_facets={"lineage": said}))
    assert ("INPUT", "s3://plant-2:hidden") in found.flows(ONE)


def test_inputs_of_an_output_that_is_said_to_have_no_source_were_only_read(tmp_path: Path) -> None:
    said = facet(lineage=[flow("z")])
    found = load(
        tmp_path,
        event("COMPLETE", 1, "a", 0, inputs=[dataset("x")], outputs=[dataset("z")], run_facets={"lineage": said}),
    )
    assert found.flows(ONE) == {("OUTPUT", made_by("z", ONE))}
    assert reads(found) == {"s3://plant-2:x"}


@pytest.mark.parametrize("listed", [["a", "b"], ["b"]])
def test_an_input_that_column_lineage_does_not_name_was_only_read(tmp_path: Path, listed: list[str]) -> None:
    inputs, outputs = [dataset(name) for name in listed], [dataset("x", columnLineage=columns("a"))]
    found = load(tmp_path, event("COMPLETE", 1, "job", 0, inputs=inputs, outputs=outputs))
    assert found.flows(ONE) == {("INPUT", "s3://plant-2:a"), ("OUTPUT", made_by("x", ONE))}
    assert reads(found) == {"s3://plant-2:b"}
    assert not [note for note in found.notes() if "possible" in note]


def test_an_input_that_our_own_export_marks_as_possible_is_one(tmp_path: Path) -> None:
    marked = dataset("b", inputFacets={"provgraph_input": facet(possible=True)})
    outputs = [dataset("x", columnLineage=columns("a"))]
    found = load(tmp_path, event("COMPLETE", 1, "job", 0, inputs=[dataset("a"), marked], outputs=outputs))
    assert ("POSSIBLE_INPUT", "s3://plant-2:b") in found.flows(ONE)
    assert not [note for note in found.notes() if note.startswith("unknown")]


def test_outputs_that_are_each_said_to_come_from_another_input_keep_apart(tmp_path: Path) -> None:
    outputs = [dataset("x", columnLineage=columns("a")), dataset("y", columnLineage=columns("b"))]
    found = load(tmp_path, event("COMPLETE", 1, "job", 0, inputs=[dataset("a"), dataset("b")], outputs=outputs))
    assert found.flows(ONE) == {("OUTPUT", made_by("x", ONE)), ("OUTPUT", made_by("y", ONE))}
    assert found.derivations == {("s3://plant-2:a", made_by("x", ONE)), ("s3://plant-2:b", made_by("y", ONE))}
    assert reads(found) == {"s3://plant-2:a", "s3://plant-2:b"}


def test_inputs_stay_possible_where_no_facet_speaks_of_some_output(tmp_path: Path) -> None:
    outputs = [dataset("x", columnLineage=columns("a")), dataset("y")]
    found = load(tmp_path, event("COMPLETE", 1, "job", 0, inputs=[dataset("a"), dataset("b")], outputs=outputs))
    assert {pair for pair in found.flows(ONE) if pair[0] != "OUTPUT"} == {
        ("POSSIBLE_INPUT", "s3://plant-2:a"),
        ("POSSIBLE_INPUT", "s3://plant-2:b"),
    }
    assert found.derivations == {("s3://plant-2:a", made_by("x", ONE))}
    assert reads(found) == set()


@pytest.mark.parametrize("where", ["columns", "dataset", "run", "job"])
def test_a_facet_that_is_taken_back_says_no_more_what_flows(tmp_path: Path, where: str) -> None:
    def with_facet(kind: str, minute: int, one: Json) -> Json:
        own = {"columns": "columnLineage", "dataset": "lineage"}.get(where)
        return event(
            kind,
            1,
            "job",
            minute,
            inputs=[dataset("b")],
            outputs=[{**dataset("x"), "facets": {own: one} if own else {}}],
            run_facets={"lineage": one} if where == "run" else None,
            job_facets={"lineage": one} if where == "job" else None,
        )

    said = {
        "columns": columns("a"),
        "dataset": facet(inputs=flow("", "a")["inputs"]),
        "run": facet(lineage=[flow("x", "a")]),
        "job": facet(lineage=[flow("x", "a")]),
    }[where]
    first, last = with_facet("START", 0, said), with_facet("COMPLETE", 1, {**facet(), "_deleted": True})
    for events in ([first, last], [last, first]):
        found = load(tmp_path, *events)
        assert found.flows(ONE) == {("POSSIBLE_INPUT", "s3://plant-2:b"), ("OUTPUT", made_by("x", ONE))}
        assert not [note for note in found.notes() if "lineage" in note]
    again = load(tmp_path, first, last, with_facet("OTHER", 2, said))
    assert ("INPUT", "s3://plant-2:a") in again.flows(ONE)


def test_what_the_job_itself_consumes_is_its_input(tmp_path: Path) -> None:
    entry = {**flow("", "x"), "name": "a", "type": "JOB"}
    found = load(tmp_path, event("COMPLETE", 1, "a", 0, run_facets={"lineage": facet(lineage=[entry])}))
    assert found.flows(ONE) == {("INPUT", "s3://plant-2:x")}


def test_a_job_event_declares_what_the_job_reads_and_writes(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        without(
            0,
            job={"namespace": "scheduler", "name": "a", "facets": {"ownership": facet(owners=[{"name": "team:x"}])}},
            inputs=[dataset("x")],
            outputs=[dataset("z", columnLineage=columns("x"))],
        ),
    )
    key = "job:scheduler:a"
    assert found.flows(key) == {("DECLARED_INPUT", "s3://plant-2:x"), ("DECLARED_OUTPUT", "s3://plant-2:z")}
    assert found.executions[key].type == "JobDefinition"
    assert found.contexts[key].custom_properties["owners"] == Struct.of([{"name": "team:x"}])


def test_a_job_event_without_datasets_is_no_execution(tmp_path: Path) -> None:
    found = load(tmp_path, without(0, job={"namespace": "scheduler", "name": "a"}))
    assert (found.executions, list(found.contexts)) == ({}, ["job:scheduler:a"])


def test_lineage_of_a_dataset_without_a_run_is_a_derivation(tmp_path: Path) -> None:
    view = dataset("view", lineage=facet(inputs=flow("", "x")["inputs"]))
    found = load(tmp_path, event("COMPLETE", 1, "write", 1, outputs=[dataset("x")]), without(2, dataset=view))
    assert found.derivations == {(made_by("x", ONE), "s3://plant-2:view")}


def test_every_link_says_who_recorded_it(tmp_path: Path) -> None:
    found = load(tmp_path, *example_events())
    told = {link.recorded_by for batch in found.batches for link in links(batch)}
    assert told == {"openlineage/S"}
    assert all(batch.adds for batch in found.batches)


def test_events_are_of_the_kinds_that_ml_metadata_has(tmp_path: Path) -> None:
    found = load(tmp_path, *example_events())
    assert {e.type for e in found.events} == {
        EventType.INPUT,
        EventType.OUTPUT,
        EventType.DECLARED_INPUT,
        EventType.DECLARED_OUTPUT,
    }


# -- generated runs ---------------------------------------------------------------------------------------------

_names = st.sampled_from(["a", "b", "c:d", "c", "d@1", "50%"])
_sets = st.lists(_names, unique=True, max_size=3)


@settings(max_examples=60)
@given(st.lists(st.tuples(_sets, _sets), max_size=8), st.integers(1, 3))
def test_runs_of_any_shape_arrive_whole(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[list[str], list[str]]], batch_size: int
) -> None:
    events = [
        event("COMPLETE", n, f"job-{n}", n, inputs=[dataset(i) for i in ins], outputs=[dataset(o) for o in outs])
        for n, (ins, outs) in enumerate(runs)
    ]
    if not events:
        return
    folder = tmp_path_factory.mktemp("runs")
    found = read(write_lines(folder / "e.jsonl", events), batch_size)
    latest: dict[str, str] = {}
    for n, (ins, outs) in enumerate(runs):
        relation = "POSSIBLE_INPUT" if outs else "INPUT"
        expected = {(relation, latest.get(name, quoted(name))) for name in ins}
        latest |= {name: f"{quoted(name)}@run-{run_id(n)}" for name in outs}
        assert found.flows(run_id(n)) == expected | {("OUTPUT", latest[name]) for name in outs}
    names = [node.name for node in found.artifacts.values()]
    assert len(names) == len(set(names))


def quoted(name: str) -> str:
    return "s3://plant-2:" + name.replace("%", "%25").replace(":", "%3A").replace("@", "%40")
