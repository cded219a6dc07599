"""Six answers about a model, runs of pipelines, and what a step really used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import provgraph
from provgraph import Artifact, Capture, Context, Event, EventType, Execution, ExecutionState, Records
from provgraph.errors import InvalidValueError
from provgraph.model import Association
from provgraph.recording.execution import StepRecorder


@pytest.fixture
def recorded(graph: provgraph.Graph, tmp_path: Path) -> provgraph.Graph:
    """A recorded pipeline: capture, training in two runs, the second of which first failed, and a deployment."""
    files = {name: tmp_path / name for name in ("raw.png", "data.csv", "one.model", "two.model")}
    for name, path in files.items():
        path.write_text(name)
    quiet = Capture(git=False)

    def execution(kind: str, run: str, **more: object) -> StepRecorder:
        return graph.execution(kind, pipeline="inspection", run=run, capture=quiet, **more)  # type: ignore[arg-type]

    with execution("Capture", "1") as capture:
        capture.output(files["raw.png"], type="CaptureBatch", name="batch", version="1")
    with execution("Assemble", "1") as assemble:
        assemble.input(files["raw.png"])
        assemble.output(files["data.csv"], type="Dataset", name="data", version="1")
    with execution("Train", "1", parameters={"depth": 8, "rate": 0.1}) as train:
        train.input(files["data.csv"])
        train.output(files["one.model"], type="Model", name="inspector", version="1")
    failing = execution("Train", "2")
    failing.__enter__().input(files["data.csv"])
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        failing.__exit__(type(error), error, error.__traceback__)
    with execution("Train", "2", parameters={"depth": 9}) as train:
        train.input(files["data.csv"])
        train.output(files["two.model"], type="Model", name="inspector", version="2")
    with execution("Deploy", "2") as deploy:
        deploy.input(files["two.model"])
        deploy.output(type="Deployment", name="line-3", version="2", contexts={"Endpoint": "plant-2/line-3"})
    return graph


class TestPossible:
    def test_what_an_answer_owes_to_possible_links_is_marked_and_can_be_left_out(self, graph: provgraph.Graph) -> None:
        def link(artifact: str, execution: str, kind: EventType, *, possible: bool = False) -> Event:
            return Event(artifact=artifact, execution=execution, type=kind, possible=possible)

        done, types = ExecutionState.COMPLETE, {"raw": "Dataset", "near": "Dataset", "maybe": "Dataset"}
        graph.put_lineage(
            Records(
                artifacts=[
                    *(Artifact(type=kind, name=name, key=name) for name, kind in types.items()),
                    Artifact(type="Model", name="m/1", key="m/1", family="m"),
                    Artifact(type="Model", name="m/2", key="m/2", family="m"),
                    Artifact(type="Deployment", name="d", key="d"),
                ],
                executions=[
                    Execution(type=kind, key=key, state=done, ended_at=9)
                    for key, kind in {"split": "Split", "train": "Train", "deploy": "Deploy"}.items()
                ],
                events=[
                    link("raw", "split", EventType.INPUT),
                    link("near", "split", EventType.OUTPUT),
                    link("near", "train", EventType.INPUT),
                    link(
                        "raw", "train", EventType.INPUT, possible=True
                    ),  # for certain farther up, nearer only possibly
                    link("maybe", "train", EventType.INPUT, possible=True),
                    link("m/2", "train", EventType.OUTPUT),
                    link("m/1", "deploy", EventType.INPUT, possible=True),
                    link("m/2", "deploy", EventType.INPUT),
                    link("d", "deploy", EventType.OUTPUT),
                ],
            )
        )
        found = graph.explain("m/2")
        assert found.data.text == "raw (only possibly), near, maybe (only possibly)"
        assert {node.label for node in found.data.possible} == {"raw", "maybe"}
        assert found.deployment.text.startswith("m/2 to ")
        assert found.deployment.possible == ()
        assert found.hyperparameters.possible == ()
        assert len(found.certificate.frontier) == 1
        plain = found.data.to_json()["possible"]
        assert plain == [node.ref for node in found.data.possible]
        sure = graph.explain("m/2", certain_only=True)
        assert (sure.data.text, sure.data.possible) == ("near, made from 1 Dataset", ())
        assert sure.deployment.text == found.deployment.text
        graph.put_lineage(Records(events=[link("m/1", "deploy", EventType.INPUT)]))
        graph.put(Artifact(type="Model", name="other/1", key="other/1", family="other"))
        graph.put_lineage(Records(events=[link("other/1", "deploy", EventType.INPUT, possible=True)]))
        only = graph.explain("other/1").deployment
        assert only.text.endswith("(only possibly)")
        assert [node.label for node in only.possible] == ["d"]
        sure = graph.explain("other/1", certain_only=True)
        assert not sure.deployment.known
        assert not sure.certificate.complete  # it was left out, and the certificate says so
        [link_to_it] = sure.certificate.frontier
        assert graph.explain("other/1").certificate.frontier == (link_to_it,)

    def test_who_possibly_made_a_model_answers_with_a_mark(self, graph: provgraph.Graph) -> None:
        made = Event(artifact="m", execution="train", type=EventType.OUTPUT, possible=True)
        graph.put_lineage(
            Records(
                artifacts=[Artifact(type="Model", name="m", key="m")],
                executions=[
                    Execution(
                        type="Train", name="t", key="train", custom_properties={"param_depth": 8, "python": "3.12"}
                    )
                ],
                contexts=[Context(type="Pipeline", name="p", key="p")],
                associations=[Association("train", "p")],
                events=[made],
            )
        )
        found = graph.explain("m")
        assert found.producer is not None
        assert found.producer_possible
        assert found.hyperparameters.text == "depth = 8 (only possibly)"
        assert found.versions.text == "Python 3.12 (only possibly)"
        assert found.pipeline.text == "p (only possibly)"
        assert [node.key for node in found.pipeline.possible] == ["p"]
        sure = graph.explain("m", certain_only=True)
        assert (sure.producer, sure.hyperparameters.known, sure.pipeline.known) == (None, False, False)
        graph.put_lineage(Records(events=[replace(made, possible=False)]))
        sure = graph.explain("m")
        assert not sure.producer_possible
        assert sure.hyperparameters.text == "depth = 8"


class TestExplain:
    def test_all_six_are_answered(self, recorded: provgraph.Graph) -> None:
        found = recorded.explain("inspector/1")
        assert all(answer.known for answer in found.answers)
        assert found.data.text == "data/1, made from 1 CaptureBatch"
        assert found.hyperparameters.details == {"depth": 8, "rate": 0.1}
        assert found.pipeline.text == "inspection, run inspection/1"
        assert "Python" in found.versions.text
        assert found.failure.details["error"] == "ZeroDivisionError: division by zero"
        assert found.deployment.text == "inspector/2 to plant-2/line-3"
        assert found.deployment.details["live"] == ["inspector/2 at plant-2/line-3"]
        assert found.deployment.details["this_version_live"] is False
        assert recorded.explain("inspector/2").deployment.details["this_version_live"] is True
        assert found.producer is not None
        assert found.producer.type == "Train"
        json.dumps(found.to_json(), allow_nan=False)

    def test_what_is_not_recorded_is_said_with_what_to_record(self, graph: provgraph.Graph) -> None:
        graph.put(Artifact(type="Model", name="orphan"))
        found = graph.explain("orphan")
        assert [answer.text for answer in found.answers] == ["not recorded"] * 6
        assert all(answer.advice and not answer.known for answer in found.answers)

    def test_what_recording_takes_by_itself_is_no_hyperparameter(self, graph: provgraph.Graph) -> None:
        with graph.execution("Train", note="x", capture=Capture(git=False)) as train:
            train.output(type="Model", name="plain")
        [model] = graph.find(type="Model")
        assert not graph.explain(model).hyperparameters.known

    def test_of_several_producers_the_one_that_was_not_cached_made_it(self, graph: provgraph.Graph) -> None:
        made = Event(artifact="m", execution="first", type=EventType.OUTPUT)
        graph.put_execution(
            Execution(type="Train", key="first", state=ExecutionState.COMPLETE, started_at=9),
            artifacts=[Artifact(type="Model", key="m", name="m")],
            events=[made],
        )
        again = Event(artifact="m", execution="again", type=EventType.OUTPUT)
        graph.put_execution(
            Execution(type="Train", key="again", state=ExecutionState.CACHED, started_at=1), events=[again]
        )
        producer = graph.explain("m").producer
        assert producer is not None
        assert producer.key == "first"

    def test_only_artifacts_are_explained(self, recorded: provgraph.Graph) -> None:
        with pytest.raises(InvalidValueError, match="is no artifact"):
            recorded.explain("Pipeline/inspection")


class TestRuns:
    def test_runs_come_newest_first_with_state_and_steps(self, recorded: provgraph.Graph) -> None:
        second, first = recorded.runs("inspection")
        assert (first.context.name, second.context.name) == ("inspection/1", "inspection/2")
        assert first.state is second.state is ExecutionState.COMPLETE
        assert [e.type for e in first.executions] == ["Capture", "Assemble", "Train"]
        assert [e.type for e in second.failed] == ["Train"]
        assert second.counts == {"FAILED": 1, "COMPLETE": 2}
        assert first.duration is not None
        assert first.duration >= 0
        assert [run.context.ref for run in recorded.runs()] == [second.context.ref, first.context.ref]
        assert len(recorded.runs(limit=1)) == 1

    def test_a_run_whose_last_try_failed_has_failed(self, recorded: provgraph.Graph) -> None:
        with (
            pytest.raises(RuntimeError),
            recorded.execution("Evaluate", pipeline="inspection", run="3", capture=Capture(git=False)),
        ):
            raise RuntimeError("no data")
        assert recorded.runs("inspection")[0].state is ExecutionState.FAILED

    def test_the_steps_of_one_run_and_nothing_beyond(self, recorded: provgraph.Graph) -> None:
        lineage = recorded.run("inspection/2")
        assert sorted(node.type for node in lineage.executions) == ["Deploy", "Train", "Train"]
        assert {node.name for node in lineage.artifacts} == {"data/1", "inspector/2", "line-3/2"}

    def test_artifacts_of_a_run_say_how_sure_it_is_that_they_belong_to_it(self, graph: provgraph.Graph) -> None:
        run = Context(type="Run", name="r", key="r")
        graph.put_execution(
            Execution(type="Train", key="e"),
            artifacts=[Artifact(type="T", key=key) for key in ("sure", "maybe", "both", "later")],
            events=[
                Event(artifact="sure", execution="e", type=EventType.INPUT),
                Event(artifact="both", execution="e", type=EventType.INPUT),
                Event(artifact="both", execution="e", type=EventType.OUTPUT, possible=True),
                Event(artifact="maybe", execution="e", type=EventType.INPUT, possible=True),
                Event(artifact="later", execution="e", type=EventType.PENDING_OUTPUT),
            ],
            contexts=[run],
        )
        lineage = graph.run("r")
        assert {node.key: lineage.reached(node) for node in lineage} == {
            "e": "certain",
            "sure": "certain",
            "both": "certain",
            "maybe": "possible",
            "later": "pending",
        }
        told = lineage.certificate
        assert (told.certain_nodes, told.possible_nodes, told.pending_nodes) == (3, 1, 1)
        assert [lineage[edge.source].key for edge in told.frontier] == ["maybe"]

    def test_what_was_declared_is_told_from_what_was_used(self, graph: provgraph.Graph) -> None:
        execution, _, _ = graph.put_execution(
            Execution(type="Train", key="e"),
            artifacts=[Artifact(type="Dataset", key=k) for k in "abc"],
            events=[
                Event(artifact="a", execution="e", type=EventType.INPUT),
                Event(artifact="b", execution="e", type=EventType.DECLARED_INPUT),
                Event(artifact="c", execution="e", type=EventType.INPUT, possible=True),
            ],
        )
        assert {use.artifact.key: use.used for use in graph.inputs(execution)} == {"a": True, "b": False, "c": False}
