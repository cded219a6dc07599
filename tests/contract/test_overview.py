"""What who looks around is told: counts, the newest of what matters, and how much lies around a node."""

from __future__ import annotations

import provgraph
from provgraph import Artifact, Context, Event, EventType, Execution, ExecutionState, Records
from provgraph.model import Association, Attribution, NodeKind

_CONSUMERS = 40


def test_census_counts_by_kind_type_and_state(graph: provgraph.Graph) -> None:
    graph.put_lineage(
        Records(
            artifacts=(Artifact(type="Dataset", key="a"), Artifact(type="Dataset", key="b")),
            executions=(
                Execution(type="Train", key="e", state=ExecutionState.FAILED),
                Execution(type="Train", key="f", state=ExecutionState.COMPLETE),
            ),
            contexts=(Context(type="Project", name="p", key="p"),),
        )
    )
    found = {(c.kind, c.type, c.state): c.count for c in graph.census()}
    assert found == {
        (NodeKind.ARTIFACT, "Dataset", "UNKNOWN"): 2,
        (NodeKind.EXECUTION, "Train", "COMPLETE"): 1,
        (NodeKind.EXECUTION, "Train", "FAILED"): 1,
        (NodeKind.CONTEXT, "Project", None): 1,
    }


def test_census_of_an_empty_store_is_empty(graph: provgraph.Graph) -> None:
    assert graph.census() == []
    assert graph.latest_models(5) == []
    assert graph.latest_deployments(5) == []
    assert graph.latest_failures(5) == []


def test_newest_models_and_failures_come_first_and_no_more_than_asked_for(graph: provgraph.Graph) -> None:
    for number in range(4):
        graph.put_lineage(
            Records(
                artifacts=(Artifact(type="Model", name=f"m/{number}", key=f"m{number}"),),
                executions=(Execution(type="Train", key=f"e{number}", state=ExecutionState.FAILED),),
            )
        )
    assert [model.name for model in graph.latest_models(2)] == ["m/3", "m/2"]
    assert [execution.key for execution in graph.latest_failures(3)] == ["e3", "e2", "e1"]


def test_live_deployment_stands_before_a_newer_one_that_was_superseded(graph: provgraph.Graph) -> None:
    def deployed(key: str, endpoint: str, ended_at: int) -> Records:
        return Records(
            artifacts=(Artifact(type="Deployment", name=key, key=key),),
            executions=(Execution(type="Deploy", key=f"to {key}", state=ExecutionState.COMPLETE, ended_at=ended_at),),
            contexts=(Context(type="Endpoint", name=endpoint, key=endpoint),),
            events=(Event(execution=f"to {key}", artifact=key, type=EventType.OUTPUT),),
            associations=(Association(f"to {key}", endpoint),),
            attributions=(Attribution(key, endpoint),),
        )

    graph.put_lineage(deployed("live", "line-1", 2_000))
    graph.put_lineage(deployed("superseded", "line-1", 1_000))
    assert [(d.node.name, d.live) for d in graph.latest_deployments(5)] == [("live", True), ("superseded", False)]


def _hub(graph: provgraph.Graph) -> Artifact:
    graph.put_lineage(
        Records(
            artifacts=(
                Artifact(type="Dataset", name="hub", key="hub"),
                *(Artifact(type="Model", key=f"m{number}") for number in range(_CONSUMERS)),
            ),
            executions=tuple(Execution(type="Train", key=f"e{number}") for number in range(_CONSUMERS)),
            events=tuple(
                event
                for number in range(_CONSUMERS)
                for event in (
                    Event(execution=f"e{number}", artifact="hub", type=EventType.INPUT),
                    Event(execution=f"e{number}", artifact=f"m{number}", type=EventType.OUTPUT),
                )
            ),
        )
    )
    hub = graph.get("hub")
    assert isinstance(hub, Artifact)
    return hub


def test_links_of_a_node_are_counted_exactly(graph: provgraph.Graph) -> None:
    hub, step = _hub(graph), graph.get("e0")
    assert isinstance(step, Execution)
    found = graph.neighbours([hub, step])
    assert (found[hub.ref].before, found[hub.ref].after) == (0, _CONSUMERS)
    assert (found[step.ref].before, found[step.ref].after) == (1, 1)


def test_reach_counts_up_to_its_bound(graph: provgraph.Graph) -> None:
    hub = _hub(graph)
    assert graph.reach(hub, "upstream", at_most=10) == 0
    assert graph.reach(hub, "downstream", at_most=10) == 10
    assert graph.reach(hub, "downstream", at_most=1_000) == 2 * _CONSUMERS


def test_neighbours_and_reach_leave_out_what_is_only_possible_where_certain_links_alone_are_asked_for(
    graph: provgraph.Graph,
) -> None:
    hub = _hub(graph)
    maybe = Event(execution="maybe", artifact="hub", type=EventType.INPUT, possible=True)
    graph.put_lineage(Records(executions=(Execution(type="Train", key="maybe"),), events=(maybe,)))
    assert [graph.neighbours([hub], certain_only=sure)[hub.ref].after - _CONSUMERS for sure in (False, True)] == [1, 0]
    for sure, more in ((False, 1), (True, 0)):
        assert graph.reach(hub, "downstream", at_most=1_000, certain_only=sure) == 2 * _CONSUMERS + more
    step = graph.get("maybe")
    assert isinstance(step, Execution)
    assert graph.reach(step, "upstream", at_most=9) == 1
    assert graph.reach(step, "upstream", at_most=9, certain_only=True) == 0
    assert graph.neighbours([step], certain_only=True)[step.ref].before == 0


def test_limited_walk_from_a_hub_holds_the_nearest_and_says_that_it_was_cut(graph: provgraph.Graph) -> None:
    found = graph.downstream(_hub(graph), max_nodes=20)
    assert len(found) == 20
    assert set(found.hops.values()) == {0, 1}
    assert not found.certificate.complete
