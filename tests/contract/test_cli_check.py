"""`provgraph check` finds what is wrong in a store, on each engine, and nothing where nothing is."""

from __future__ import annotations

import json
import os
from typing import LiteralString

import pytest
from click.testing import CliRunner

import provgraph
from provgraph.cli.app import commands
from provgraph.model import (
    Artifact,
    ArtifactType,
    Context,
    Derivation,
    Event,
    EventType,
    Execution,
    ExecutionState,
    ParentContext,
    PropertyKind,
    Records,
)
from provgraph.store.check import ADVICE
from tests.servers.target import Bypass, Target

# What is done past the library to a sound store, and what the check must find in it: the sort, and keys of the nodes.
WRONG: list[tuple[LiteralString, str, set[str]]] = [
    ("MATCH (a:Artifact {key: 'd'}), (e:Execution {key: 't'}) CREATE (a)-[:INPUT {event_type: 'INPUT'}]->(e)",
     "duplicate-event", {"d", "t"}),
    ("MATCH (e:Execution {key: 't'}), (c:Context {key: 'r'}) CREATE (e)-[:ASSOCIATION]->(c)",
     "duplicate-link", {"t", "r"}),
    ("MATCH (a:Artifact {key: 'd'}), (e:Execution {key: 't'}) CREATE (e)-[:OUTPUT {event_type: 'OUTPUT'}]->(a)",
     "input-is-output", {"d", "t"}),
    ("MATCH (a:Artifact {key: 'x'}), (e:Execution {key: 't'}) CREATE (a)-[:INPUT {event_type: 'INPUT'}]->(e)",
     "data-cycle", {"m", "x", "t", "e"}),
    ("MATCH (p:Context {key: 'p'}), (r:Context {key: 'r'}) CREATE (p)-[:PARENT]->(r)", "context-cycle", {"p", "r"}),
    ("MATCH (p:Context {key: 'p'}), (e:Execution {key: 't'}) CREATE (e)-[:INPUT]->(p)", "misplaced-link", {"p", "t"}),
    ("MATCH (a:Artifact {key: 'd'}) CREATE (a)-[:INPUT]->(:Elsewhere {name: 'x'})", "misplaced-link", {"d"}),
    ("MATCH (e:Execution {key: 't'}) SET e.ended_at = e.started_at - 1", "ended-before-started", {"t"}),
    ("MATCH (e:Execution {key: 't'}) SET e.state = 'RUNNING'", "ended-but-running", {"t"}),
    ("MATCH (e:Execution {key: 't'}), (a:Artifact {key: 'd'}) CREATE (e)-[:PENDING_OUTPUT {event_type: ''}]->(a)",
     "pending-output", {"t", "d"}),
    ("MATCH (a:Artifact {key: 'd'}) SET a.state = 'BEST'", "unreadable", {"d"}),
    ("MATCH (a:Artifact {key: 'm'}) SET a.prop_rank = 'first'", "property-kind", {"m"}),
    ("MATCH (a:Artifact {key: 'm'}) SET a.prop_other = 1", "property-kind", {"m"}),
    ("MATCH (a:Artifact {key: 'm'}) SET a.type_id = 0", "wrong-type-id", {"m"}),
    ("MATCH (t:ArtifactType {name: 'Model'}) DELETE t", "unknown-type", {"m", "x"}),
    ("MATCH (a:Artifact {key: 'd'}) SET a.name = 'renamed'", "identity-mismatch", {"d"}),
    ("MATCH (a:Artifact {key: 'x'}) SET a.name = 'one'", "duplicate-name", {"m", "x"}),
    ("MATCH (a:Artifact {key: 'x'}) SET a.external_id = 'registry-1'", "duplicate-external-id", {"m", "x"}),
    ("MATCH (a:Artifact {key: 'd'}) SET a.id = 4000000000", "foreign-id", {"d"}),
    ("MATCH (a:Artifact {key: 'd'}) REMOVE a.type", "no-identity", {"d"}),
    ("CREATE (:Artifact {name: 'by hand'})", "no-identity", set()),
]  # fmt: skip


def check(*arguments: str) -> tuple[int, dict[str, set[str]]]:
    """The exit code, and the references of the findings by their sort."""
    result = CliRunner().invoke(commands, ["check", "--json", *arguments])
    answer = json.loads(result.stdout)
    found: dict[str, set[str]] = {}
    for finding in answer["findings"]:
        assert finding["advice"] == ADVICE[finding["check"]]
        found.setdefault(finding["check"], set()).update(finding["refs"])
    assert answer["ok"] is not bool(found)
    return result.exit_code, found


@pytest.fixture
def sound(graph: provgraph.Graph, target: Target, monkeypatch: pytest.MonkeyPatch) -> provgraph.Graph:
    """A store with nothing wrong: a chain, equal artifacts, a fulfilled announcement, a failed run, nested contexts."""
    monkeypatch.setenv("PROVGRAPH_URL", target.url)
    if target.user and target.password:
        monkeypatch.setenv("PROVGRAPH_USER", target.user)
        monkeypatch.setenv("PROVGRAPH_PASSWORD", target.password)
    graph.put_types([ArtifactType(name="Model", properties={"rank": PropertyKind.INT})])
    models = [
        Artifact(type="Model", name="one", key="m", properties={"rank": 1}, external_id="registry-1"),
        Artifact(type="Model", name="two", key="x", properties={"rank": 2}),
    ]
    same = Artifact(type="Dataset", name="elsewhere", key="q")
    done = ExecutionState.COMPLETE
    graph.put_lineage(
        Records(
            artifacts=[
                Artifact(type="Dataset", name="data", key="d"),
                Artifact(type="Dataset", key="u"),
                same,
                *models,
            ],
            executions=[
                Execution(type="Train", key="t", state=done, started_at=1_000, ended_at=2_000),
                Execution(type="Tune", key="e", state=done, started_at=3_000, ended_at=3_000),
                Execution(type="Train", key="f", state=ExecutionState.FAILED, started_at=3_000),
            ],
            contexts=[Context(type="Pipeline", name="p", key="p"), Context(type="Run", name="p/1", key="r")],
            events=[
                Event(artifact="d", execution="t", type=EventType.INPUT),
                Event(artifact="d", execution="t", type=EventType.DECLARED_INPUT),
                Event(artifact="m", execution="t", type=EventType.PENDING_OUTPUT),
                Event(artifact="m", execution="t", type=EventType.OUTPUT),
                Event(artifact="m", execution="e", type=EventType.INPUT),
                Event(artifact="x", execution="e", type=EventType.OUTPUT),
                Event(artifact="u", execution="f", type=EventType.PENDING_OUTPUT),
            ],
            parents=[ParentContext("r", "p")],
            derivations=[Derivation(origin="u", derived="d")],
        )
    )
    graph.put_execution(Execution(type="Train", key="t"), contexts=[Context(type="Run", name="p/1", key="r")])
    return graph


def test_a_sound_store_passes(sound: provgraph.Graph, bypass: Bypass) -> None:
    # Equality stands one each way: that is no cycle. Other people's data beside ours is none of our business.
    bypass.run("MATCH (a:Artifact {key: 'm'}), (b:Artifact {key: 'q'}) CREATE (a)-[:SAME_AS]->(b), (b)-[:SAME_AS]->(a)")
    bypass.run("CREATE (:Person {name: 'a'})-[:INPUT]->(:Person {name: 'b'})")
    assert check() == (0, {})
    result = CliRunner().invoke(commands, ["check"])
    assert (result.exit_code, result.stdout) == (0, "nothing is wrong\n")


@pytest.mark.parametrize(("done", "sort", "keys"), WRONG, ids=[f"{at}-{sort}" for at, (_, sort, _) in enumerate(WRONG)])
def test_what_is_wrong_is_found(
    sound: provgraph.Graph, bypass: Bypass, done: LiteralString, sort: str, keys: set[str]
) -> None:
    refs = {key: node.ref for key in keys for node in [sound.get(key)]}
    if sort == "foreign-id":
        refs = {"d": "artifact:4000000000"}
    bypass.run(done)
    code, found = check()
    assert code == 1
    assert found[sort] == set(refs.values())


def test_a_lost_execution_is_found_and_fixed(sound: provgraph.Graph) -> None:
    child = os.fork()
    if child == 0:  # a process that records and ends without a word
        os._exit(0)
    os.waitpid(child, 0)
    with sound.execution("Train", name="gone") as step:
        lost = sound.get(step.key)
        from provgraph.model import Struct
        from provgraph.recording.process import this_process

        gone = Struct.of({**this_process(), "pid": child})
        sound.put(
            Execution(type="Train", key=step.key, state=ExecutionState.RUNNING, custom_properties={"process": gone})
        )
        assert check() == (1, {"lost": {lost.ref}})
        assert "lost" in CliRunner().invoke(commands, ["find", "--type", "Train"]).stdout
        assert check("--fix") == (0, {})
        assert [node.ref for node in sound.find(state="CANCELED")] == [lost.ref]


def test_each_finding_is_a_line_and_each_sort_says_what_to_do(sound: provgraph.Graph, bypass: Bypass) -> None:
    bypass.run("MATCH (e:Execution) SET e.started_at = 10, e.ended_at = 1, e.name = '\x1b[2J' + e.key")
    result = CliRunner().invoke(commands, ["check"])
    assert result.exit_code == 1
    assert f"ended-before-started (3): {ADVICE['ended-before-started']}\n" in result.stdout
    assert "\x1b" not in result.stdout
    assert result.stdout.splitlines()[-1].endswith("findings")
