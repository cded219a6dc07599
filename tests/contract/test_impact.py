"""What a change reaches: models, deployments and which of them are live, with hops, routes and honest marks."""

from __future__ import annotations

import io
import json

import pytest

import provgraph
from provgraph import Artifact, Context, Event, EventType, Execution, ExecutionState, Records
from provgraph.errors import InvalidValueError
from provgraph.model import Association, Attribution
from provgraph.tracing.deployments import Deployment
from provgraph.tracing.impact import Reached

DONE, FAILED = ExecutionState.COMPLETE, ExecutionState.FAILED


def step(
    graph: provgraph.Graph,
    key: str,
    kind: str,
    inputs: list[str],
    outputs: dict[str, str],
    *,
    state: ExecutionState = DONE,
    ended_at: int = 0,
    possible: bool = False,
    endpoint: str | None = None,
) -> None:
    """One execution with inputs by key and outputs by key and type; outputs are attributed to the endpoint."""
    contexts = [Context(type="Endpoint", name=endpoint, key=f"endpoint/{endpoint}")] if endpoint else []
    graph.put_lineage(
        Records(
            executions=[Execution(type=kind, key=key, state=state, started_at=ended_at - 1, ended_at=ended_at)],
            artifacts=[Artifact(type=t, key=k, name=k) for k, t in outputs.items()],
            contexts=contexts,
            events=[
                *(Event(artifact=k, execution=key, type=EventType.INPUT, possible=possible) for k in inputs),
                *(Event(artifact=k, execution=key, type=EventType.OUTPUT) for k in outputs),
            ],
            attributions=[Attribution(k, c.key) for k in outputs for c in contexts],
        )
    )


@pytest.fixture
def plant(graph: provgraph.Graph) -> provgraph.Graph:
    """One capture batch; a dataset; two models; three deployments of which the second replaced the first."""
    graph.put(Artifact(type="CaptureBatch", name="batch", key="batch"))
    step(graph, "assemble", "Assemble", ["batch"], {"data": "Dataset"}, ended_at=10)
    step(graph, "train1", "Train", ["data"], {"m/1": "Model"}, ended_at=20)
    step(graph, "train2", "Train", ["data"], {"m/2": "Model"}, ended_at=30)
    step(graph, "deploy1", "Deploy", ["m/1"], {"d/1": "Deployment"}, ended_at=40, endpoint="line-3")
    step(graph, "deploy2", "Deploy", ["m/2"], {"d/2": "Deployment"}, ended_at=50, endpoint="line-3")
    step(graph, "deploy3", "Deploy", ["m/2"], {"d/3": "Deployment"}, ended_at=60, endpoint="line-4")
    return graph


def deployments(graph: provgraph.Graph) -> list[tuple[Reached, Deployment]]:
    """The deployments that a change of the batch reaches."""
    return [(item, item.deployment) for item in graph.impact("batch").deployments if item.deployment]


class TestDeployments:
    def test_live_is_the_last_complete_one_of_its_endpoint(self, plant: provgraph.Graph) -> None:
        impact = plant.impact("batch")
        assert {d.node.name: d.live for d in impact.deployments} == {"d/1": False, "d/2": True, "d/3": True}
        assert [d.node.name for d in impact.live_deployments] == ["d/2", "d/3"]

    def test_an_undeploy_ends_it_and_brings_no_older_one_back(self, plant: provgraph.Graph) -> None:
        step(plant, "undeploy", "Undeploy", ["d/2"], {}, ended_at=70)
        assert [d.node.name for d in plant.impact("batch").live_deployments] == ["d/3"]

    def test_what_is_deployed_once_more_after_it_was_taken_down_is_live(self, plant: provgraph.Graph) -> None:
        step(plant, "undeploy", "Undeploy", ["d/2"], {}, ended_at=70)
        step(plant, "deploy4", "Deploy", ["m/2"], {"d/2": "Deployment"}, ended_at=80, endpoint="line-3")
        assert [d.node.name for d in plant.impact("batch").live_deployments] == ["d/2", "d/3"]

    def test_a_deployment_that_failed_replaces_nothing(self, plant: provgraph.Graph) -> None:
        step(plant, "deploy4", "Deploy", ["m/1"], {"d/4": "Deployment"}, ended_at=80, endpoint="line-3", state=FAILED)
        live = [d.node.name for d in plant.impact("batch").live_deployments]
        assert live == ["d/2", "d/3"]

    def test_one_that_the_change_does_not_reach_can_have_replaced_it(self, plant: provgraph.Graph) -> None:
        step(plant, "train-other", "Train", [], {"other": "Model"}, ended_at=65)
        step(plant, "deploy5", "Deploy", ["other"], {"d/5": "Deployment"}, ended_at=90, endpoint="line-4")
        impact = plant.impact("batch")
        assert {d.node.name: d.live for d in impact.deployments} == {"d/1": False, "d/2": True, "d/3": False}

    def test_a_deploy_without_output_is_itself_the_deployment(self, plant: provgraph.Graph) -> None:
        step(plant, "push", "Deploy", ["m/1"], {}, ended_at=95)
        found = {d.node.key: d.live for d in plant.impact("batch").deployments}
        assert found["push"] is None

    def test_the_endpoint_may_stand_at_the_deploying_execution(self, plant: provgraph.Graph) -> None:
        line = Context(type="Endpoint", name="line-9", key="endpoint/line-9")
        for number, outputs in ((1, {"d/9": "Deployment"}), (2, {})):
            step(plant, f"push{number}", "Deploy", ["m/1"], outputs, ended_at=100 * number)
            plant.put_lineage(Records(contexts=[line], associations=[Association(f"push{number}", line.key)]))
            found = {i.node.key: (i.live, [c.name for c in d.endpoints]) for i, d in deployments(plant)}
            assert found["d/9"] == (number == 1, ["line-9"])
            assert found.get("push2") == ((True, ["line-9"]) if number == 2 else None)

    def test_without_an_endpoint_nobody_can_tell(self, plant: provgraph.Graph) -> None:
        step(plant, "deploy6", "Deploy", ["m/1"], {"d/6": "Deployment"}, ended_at=99)
        assert {d.node.name: d.live for d in plant.impact("batch").deployments}["d/6"] is None


class TestAnswer:
    def test_counts_ranks_hops_and_routes(self, plant: provgraph.Graph) -> None:
        impact = plant.impact("batch")
        assert impact.counts == {"Deployment": 3, "Model": 2, "Dataset": 1}
        assert impact.executions == {"Deploy": 3, "Train": 2, "Assemble": 1}
        assert [r.node.name for r in impact.reached] == ["d/2", "d/3", "d/1", "m/1", "m/2", "data"]
        assert [(r.hops, r.executions_between) for r in impact.reached] == [(6, 3)] * 3 + [(4, 2)] * 2 + [(2, 1)]
        [route] = impact.routes(impact.reached[0].node)
        lineage = impact.lineage
        assert lineage is not None
        assert [lineage[ref].key for ref in route] == ["batch", "assemble", "data", "train2", "m/2", "deploy2", "d/2"]
        assert impact.certificate.complete

    def test_the_csv_equals_the_frame(self, plant: provgraph.Graph) -> None:
        pandas = pytest.importorskip("pandas")
        impact = plant.impact("batch")
        frame = impact.to_frame()
        again = pandas.read_csv(io.StringIO(impact.to_csv()))
        assert list(again.columns) == list(frame.columns)
        assert again["id"].tolist() == frame["id"].tolist() == [r.node.ref for r in impact.reached]
        assert again["live"].astype(object).where(again["live"].notna(), None).tolist() == frame["live"].tolist()

    def test_json_is_plain(self, plant: provgraph.Graph) -> None:
        found = json.loads(json.dumps(plant.impact("batch").to_json(), allow_nan=False))
        assert (found["complete"], found["models"], found["deployments"], found["live_deployments"]) == (True, 2, 3, 2)

    def test_a_summary_counts_the_same_and_says_what_it_lacks(self, plant: provgraph.Graph) -> None:
        full, summary = plant.impact("batch"), plant.impact("batch", details=False)
        assert (summary.counts, summary.executions) == (full.counts, full.executions)
        assert summary.model_count == full.model_count == 2
        assert {d.node.ref: d.live for d in summary.deployments} == {d.node.ref: d.live for d in full.deployments}
        assert "counted" in str(summary.certificate)
        with pytest.raises(InvalidValueError, match="details=True"):
            summary.models  # noqa: B018 - asking is the point
        with pytest.raises(InvalidValueError, match="details=True"):
            summary.routes("artifact:1")

    def test_a_route_to_what_is_not_reached_is_refused(self, plant: provgraph.Graph) -> None:
        with pytest.raises(InvalidValueError, match="not reached"):
            plant.impact("m/1").routes(plant.get("m/2"))

    def test_nothing_downstream_is_an_answer(self, plant: provgraph.Graph) -> None:
        impact = plant.impact("d/1")
        assert (impact.counts, impact.reached, impact.certificate.complete) == ({}, (), True)

    def test_several_starts_are_one_question(self, plant: provgraph.Graph) -> None:
        impact = plant.impact(["m/1", "m/2"])
        assert impact.counts == {"Deployment": 3}


class TestMarks:
    def test_what_only_a_failed_execution_leads_to_is_marked(self, plant: provgraph.Graph) -> None:
        step(plant, "train3", "Train", ["data"], {"m/3": "Model"}, ended_at=35, state=FAILED)
        step(plant, "deploy7", "Deploy", ["m/3", "m/2"], {"d/7": "Deployment"}, ended_at=98, endpoint="line-5")
        marks = {r.node.name: r.only_through_failed for r in plant.impact("batch").reached}
        assert marks["m/3"]
        assert not marks["d/7"]
        assert not marks["m/2"]
        # where the question starts at it, too
        assert {r.node.name: r.only_through_failed for r in plant.impact("train3").reached} == {
            "m/3": True,
            "d/7": True,
        }

    def test_what_only_a_possible_link_leads_to_is_marked_and_can_be_left_out(self, plant: provgraph.Graph) -> None:
        step(plant, "train4", "Train", ["data"], {"m/4": "Model"}, ended_at=36, possible=True)
        impact = plant.impact("batch")
        assert {r.node.name for r in impact.reached if r.only_possible} == {"m/4"}
        assert impact.certificate.possible_edges == 1
        assert impact.counts == {"Model": 3, "Deployment": 3, "Dataset": 1}
        assert (impact.possible_counts, impact.possible_executions) == ({"Model": 1}, {"Train": 1})
        assert (impact.model_count, impact.possible_model_count) == (3, 1)
        [link] = impact.certificate.frontier
        assert (link.source, link.target) == (plant.get("data").ref, plant.get("train4").ref)
        assert f"This possible link makes the difference: {link.source} -> {link.target}." in str(impact.certificate)
        sure = plant.impact("batch", certain_only=True)
        assert "m/4" not in {r.node.name for r in sure.reached}
        assert not sure.certificate.complete
        assert (sure.possible_counts, sure.certificate.frontier) == ({}, (link,))

    def test_a_summary_counts_certain_and_possible_apart_as_details_do(self, plant: provgraph.Graph) -> None:
        step(plant, "train4", "Train", ["data"], {"m/4": "Model"}, ended_at=36, possible=True)
        step(plant, "deploy4", "Deploy", ["m/4"], {"d/4": "Deployment"}, ended_at=70, endpoint="line-9")
        full, summary = plant.impact("batch"), plant.impact("batch", details=False)
        for name in ("counts", "executions", "possible_counts", "possible_executions", "possible_model_count"):
            assert getattr(summary, name) == getattr(full, name), name
        assert summary.certificate.possible_nodes == full.certificate.possible_nodes == 4
        assert {d.node.name: d.only_possible for d in summary.deployments} == {
            d.node.name: d.only_possible for d in full.deployments
        }
        plain = full.to_json()["only_possible"]
        assert isinstance(plain, dict)
        assert (plain["models"], plain["deployments"], plain["live_deployments"]) == (1, 1, 1)
        sure = plant.impact("batch", details=False, certain_only=True)
        assert sure.counts == plant.impact("batch", certain_only=True).counts
        assert not sure.certificate.complete
