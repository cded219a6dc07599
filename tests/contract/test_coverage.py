"""Coverage counts what records have and lack, by pipeline, the same on every engine."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterable

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import provgraph
from provgraph import Artifact, Context, Event, EventType, Execution, ExecutionState, Records
from provgraph.cli.app import commands
from provgraph.coverage.kinds import CoverageKind, CoveragePart
from provgraph.coverage.reach import reaching
from provgraph.coverage.values import Coverage
from provgraph.errors import InvalidValueError
from provgraph.model import Association, BaseType, Equality, NodeKind
from provgraph.model.digests import OF_NOTHING, strong_digest
from tests.servers.target import Target

_DONE = ExecutionState.COMPLETE
_CLEAN: dict[str, str | bool] = {"git_commit": "c" * 40, "git_dirty": False}
_serial = itertools.count()


def step(key: str, **custom: str | bool) -> Execution:
    return Execution(type=key.partition("-")[0], key=key, name=key, state=_DONE, custom_properties=custom)


def uses(artifact: str, execution: str, *, possible: bool = False) -> Event:
    return Event(artifact=artifact, execution=execution, type=EventType.INPUT, possible=possible)


def makes(execution: str, artifact: str, kind: EventType = EventType.OUTPUT) -> Event:
    return Event(artifact=artifact, execution=execution, type=kind)


def whole() -> Records:
    """A pipeline in which nothing is missing: raw data, a dataset, a model, its deployment."""
    steps = ("Prepare", "Train", "Deploy")
    return Records(
        contexts=[Context(type="Pipeline", name="whole", key="whole")],
        executions=[step(key, **_CLEAN) for key in steps],
        artifacts=[
            Artifact(type="Dataset", name="raw", key="raw", digest="sha256:" + "1" * 64),
            Artifact(type="Dataset", name="train/1", family="train", key="train/1", digest="sha256:" + "2" * 64),
            Artifact(type="Model", name="m/1", key="m/1"),
            Artifact(type="Deployment", name="live", key="live"),
        ],
        events=[
            *(uses("raw", "Prepare"), makes("Prepare", "train/1")),
            *(uses("train/1", "Train"), makes("Train", "m/1")),
            *(uses("m/1", "Deploy"), makes("Deploy", "live")),
        ],
        associations=[Association(key, "whole") for key in steps],
    )


def broken() -> Records:
    """A pipeline that has every gap once, and one step outside of all pipelines."""
    steps = ("Train-uncoded", "Train-dirty", "Deploy-blind", "Train-maybe", "Train-pending")
    source = "mlflow/laptop"
    return Records(
        contexts=[
            Context(type="Pipeline", name="broken", key="broken"),
            Context(type="Pipeline", name="idle", key="idle"),
            Context(type="Camera", name="B", key="B"),
        ],
        executions=[
            step("Train-uncoded"),
            step("Train-dirty", **{**_CLEAN, "git_dirty": True}),
            *(step(key, **_CLEAN) for key in ("Deploy-blind", "Train-maybe", "Train-pending", "Label-alone")),
        ],
        artifacts=[
            Artifact(type="Model", name="m/2", key="m/2"),
            Artifact(type="ModelVersion", name="m/2", key="m/2 registered", source=source),
            Artifact(type="Notes", name="mystery", key="mystery"),
            Artifact(type="Dataset", name="train/2", family="train", key="train/2", uri="train-2.csv"),
            Artifact(type="Dataset", name="rows", key="rows", source=source, digest="weak:9cfe992a", uri="rows.csv"),
            Artifact(type="Deployment", name="blind", key="blind"),
            Artifact(type="Features", name="later", key="later"),
        ],
        events=[
            *(uses("mystery", "Train-uncoded"), makes("Train-uncoded", "m/2")),
            *(uses("train/2", "Train-dirty"), uses("rows", "Train-dirty")),
            makes("Deploy-blind", "blind"),
            uses("train/2", "Train-maybe", possible=True),
            makes("Train-pending", "later", EventType.PENDING_OUTPUT),
        ],
        associations=[Association(key, "broken") for key in steps],
        equalities=[Equality(first="m/2", second="m/2 registered", rule="registered", recorded_by=source)],
    )


@pytest.fixture
def both(graph: provgraph.Graph) -> provgraph.Graph:
    """A store with a pipeline that lacks nothing and one that lacks everything."""
    types = [provgraph.ArtifactType(name=name) for name in ("Notes", "Features")]
    types.append(provgraph.ArtifactType(name="ModelVersion", source="mlflow/laptop", base_type=BaseType.MODEL))
    types.append(provgraph.ArtifactType(name="Dataset", source="mlflow/laptop"))
    graph.put_types(types)
    graph.put_lineage(whole())
    graph.put_lineage(broken())
    return graph


def parts(found: Coverage, name: str) -> dict[str, tuple[int, int]]:
    [row] = [each for each in found.pipelines if each.name == name]
    return {part.word: counts for part, counts in row.score.parts.items()}


def test_every_gap_is_counted_once_named_and_ascribed_to_who_recorded_it(both: provgraph.Graph) -> None:
    found = both.coverage()
    told = {gap.kind.word: [node.key for node in gap.nodes] for gap in found.gaps}
    assert told == {
        "model-without-dataset": ["m/2"],  # its registered version is the same thing
        "deployment-without-model": ["blind"],
        "dataset-without-producer": ["train/2"],  # version 1 was made by a step; "raw" and "rows" have no such version
        "dangling-input": ["mystery"],
        "no-code-version": ["Train-uncoded"],
        "dirty-commit": ["Train-dirty"],
        "weak-digest": ["rows"],
        "possible-link": ["Train-maybe"],
        "pending-output": ["Train-pending"],
    }
    assert all(gap.count == len(gap.nodes) and gap.complete for gap in found.gaps)
    tools = {gap.kind.word: [each.tool for each in gap.remedies] for gap in found.gaps}
    assert tools["weak-digest"] == ["mlflow"]
    assert {*map(tuple, tools.values())} == {("mlflow",), ("provgraph",)}
    assert found.raw_sources == 2


def test_pipelines_have_their_own_parts_and_the_worst_comes_first(both: provgraph.Graph) -> None:
    found = both.coverage()
    assert [each.name for each in found.pipelines] == ["broken", "no pipeline", "whole", "idle"]
    assert parts(found, "whole") == {
        "models": (1, 1),
        "deployments": (1, 1),
        "datasets": (1, 1),
        "digests": (2, 2),
        "code": (3, 3),
        "links": (3, 3),
    }
    assert parts(found, "broken") == {
        "models": (0, 1),
        "deployments": (0, 1),
        "datasets": (0, 1),
        "digests": (0, 1),
        "code": (3, 5),
        "links": (2, 5),
    }
    assert parts(found, "no pipeline") == {"code": (1, 1), "links": (1, 1)}
    [idle] = [each for each in found.pipelines if each.name == "idle"]
    assert (idle.executions, idle.score.ratio, str(idle.score)) == (0, None, "nothing to expect")
    assert (found.score.met, found.score.expected) == (11 + 5 + 2, 11 + 14 + 2)


def test_one_pipeline_alone_has_the_score_and_gaps_that_it_has_among_all(both: provgraph.Graph) -> None:
    among = both.coverage()
    for name in ("whole", "broken"):
        found = both.coverage(f"Pipeline/{name}")
        [row] = [each for each in among.pipelines if each.name == name]
        assert found.pipelines == (row,)
        assert found.score == row.score
        assert found.gaps == (() if name == "whole" else among.gaps)
    with pytest.raises(InvalidValueError, match="is no pipeline"):
        both.coverage("Camera/B")
    with pytest.raises(InvalidValueError, match="is no pipeline"):
        both.coverage("Model/m/1")


def test_lists_are_cut_and_counts_are_not(graph: provgraph.Graph) -> None:
    graph.put_lineage(Records(executions=[Execution(type="Step", key=f"e{n}") for n in range(30)]))
    for listed, named in ((7, 7), (0, 0), (30, 30), (None, 30)):
        [gap] = graph.coverage(listed=listed).gaps
        assert (gap.count, len(gap.nodes), gap.complete) == (30, named, named == 30)
        assert [node.id for node in gap.nodes] == sorted(node.id for node in gap.nodes)
    with pytest.raises(InvalidValueError):
        graph.coverage(listed=-1)


def test_an_empty_store_expects_nothing(graph: provgraph.Graph) -> None:
    found = graph.coverage()
    assert (found.score.ratio, found.pipelines, found.gaps, found.raw_sources) == (None, (), (), 0)


def test_an_experiment_takes_the_place_of_a_pipeline_only_where_there_is_none(graph: provgraph.Graph) -> None:
    graph.put_lineage(
        Records(
            contexts=[Context(type=kind, name=kind, key=kind) for kind in ("Pipeline", "Experiment", "Job")],
            executions=[Execution(type="Run", key=key) for key in ("in both", "in one", "in a job")],
            associations=[
                *(Association("in both", "Pipeline"), Association("in both", "Experiment")),
                *(Association("in one", "Experiment"), Association("in a job", "Job")),
            ],
        )
    )
    assert {each.name: each.executions for each in graph.coverage().pipelines} == dict.fromkeys(
        ("Pipeline", "Experiment", "Job"), 1
    )
    [gap] = graph.coverage("Experiment/Experiment").gaps
    assert [node.key for node in gap.nodes] == ["in one"]


def ladder(rungs: int) -> Records:
    """A Dataset, `rungs` diamonds, and a Model at the end: 2^rungs ways between them."""
    end = f"a{rungs}"
    kinds = {"a0": "Dataset", end: "Model"}
    sides = [(at, 2 * at + side) for at in range(rungs) for side in (0, 1)]
    return Records(
        artifacts=[Artifact(type=kinds.get(f"a{n}", "Thing"), key=f"a{n}") for n in range(rungs + 1)],
        executions=[Execution(type="Step", key=f"e{number}", state=_DONE) for _, number in sides],
        events=[e for at, n in sides for e in (uses(f"a{at}", f"e{n}"), makes(f"e{n}", f"a{at + 1}"))],
    )


def test_a_ladder_of_2_to_the_40_ways_is_walked(graph: provgraph.Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = graph.put_lineage(ladder(40)).ids
    core = graph._core
    start = [(NodeKind.ARTIFACT, ids["a40"])]
    assert reaching(core, start, ["Dataset"]) == {ids["a40"]}
    assert reaching(core, start, ["Nothing"]) == set()
    assert reaching(core, [(NodeKind.EXECUTION, ids["e79"])], ["Dataset"]) == {ids["e79"]}
    assert graph.coverage().score.parts[CoveragePart.MODELS] == (1, 1)
    monkeypatch.setattr("provgraph.coverage.reach._FEW", 0)  # one link at a time, to the end
    assert reaching(core, start, ["Dataset"]) == {ids["a40"]}


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[int, int, bool]], set[int]]:
    links = draw(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()), max_size=18))
    return sorted(links), draw(st.sets(st.integers(0, 6), max_size=2))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=graphs())
def test_what_is_reached_is_what_a_trace_holds(
    graph: provgraph.Graph, drawn: tuple[list[tuple[int, int, bool]], set[int]]
) -> None:
    links, wanted = drawn
    prefix = f"r{next(_serial)}/"
    events = [
        makes(f"{prefix}e{e}", f"{prefix}a{a}") if out else uses(f"{prefix}a{a}", f"{prefix}e{e}")
        for a, e, out in links
    ]
    ids = graph.put_lineage(
        Records(
            artifacts=[Artifact(type="Wanted" if n in wanted else "Thing", key=f"{prefix}a{n}") for n in range(7)],
            executions=[Execution(type="Step", key=f"{prefix}e{n}", state=_DONE) for n in range(7)],
            events=events,
        )
    ).ids
    starts = {ids[f"{prefix}a{n}"] for n in range(0, 7, 2)}
    found = reaching(graph._core, ((NodeKind.ARTIFACT, id_) for id_ in starts), ["Wanted"])
    assert found == {id_ for id_ in starts if _meets(graph, id_)}


def _meets(graph: provgraph.Graph, id_: int) -> bool:
    # a start does not reach itself, unless by a way that leads back to it
    lineage = graph.upstream(f"artifact:{id_}", with_contexts=False)
    before: Iterable[str] = {edge.source for edge in lineage.edges}
    return any(lineage.by_ref[ref].type == "Wanted" for ref in before)


# -- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(both: provgraph.Graph, target: Target, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("PROVGRAPH_URL", target.url)
    monkeypatch.setenv("PROVGRAPH_USER", target.user or "")
    monkeypatch.setenv("PROVGRAPH_PASSWORD", target.password or "")
    return CliRunner()


def test_the_command_says_what_is_missing_and_fails_under_a_percentage(command: CliRunner) -> None:
    def run(*words: str) -> tuple[int, str, str]:
        result = command.invoke(commands, ["coverage", *words])
        return result.exit_code, result.stdout, result.stderr

    code, out, _ = run()
    assert code == 0
    assert out.startswith("Coverage: 66 % (18 of 27)\n")
    assert "1 model without a dataset. " in out
    assert 'step.input("data/train.parquet", type="Dataset")' in out
    plain = json.loads(run("--json")[1])
    assert plain["score"]["met"] == 18
    assert [gap["gap"] for gap in plain["gaps"]][:1] == [CoverageKind.MODEL_WITHOUT_DATASET.word]
    rows = list(csv.DictReader(io.StringIO(run("--csv")[1])))
    assert [(row["name"], row["met"], row["expected"]) for row in rows][:2] == [
        ("broken", "5", "14"),
        ("no pipeline", "2", "2"),
    ]
    assert run("--fail-under", "66")[0] == 0
    code, _, err = run("--fail-under", "67")
    assert (code, err) == (1, "18 of 27 (66.67 %) is less than 67 %\n")
    assert run("--pipeline", "Pipeline/whole", "--fail-under", "100")[0] == 0
    assert run("--pipeline", "Pipeline/idle", "--fail-under", "1")[0] == 1
    assert run("--pipeline", "Camera/B")[0] == 1


@pytest.mark.parametrize(
    ("says", "value", "counts"),
    [
        *(("git_commit", text, False) for text in ("", " ", "unknown", "main", "4f2a91", "4f2a91c-dirty", "a" * 65)),
        *(("git_commit", text, True) for text in ("4f2a91c", "4F2A91C" + "0" * 33, "a" * 64)),
        *(("git_sha", text, text == "4f2a91c") for text in ("HEAD", "4f2a91c")),
        *(("code_version", text, text in ("v2.1", "17")) for text in ("", " \t", "Unknown", "none", "v2.1", "17")),
        *(("source_code_version", text, text == "r4711") for text in ("null", "r4711")),
        ("code_version", 3, True),
        ("git_commit", True, False),
    ],
)
def test_a_commit_is_what_names_one(graph: provgraph.Graph, says: str, value: str | int, counts: bool) -> None:
    graph.put(Execution(type="Step", key="e", state=_DONE, custom_properties={says: value}))
    found = graph.coverage()
    assert found.score.parts[CoveragePart.CODE] == (int(counts), 1)
    assert (found.gap("no-code-version") is None) == counts
    if not counts:
        assert [node.key for node in found.gaps[0].nodes] == ["e"]


_HEXES = ("a1" * 16, "a1" * 20, "a1" * 28, "a1" * 32, "a1" * 48, "a1" * 64, "A1" * 32, "g1" * 32, "a1" * 31, "xyz", "")
_NAMES = (*("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake3", "sha256-tree", "SHA256"),)
DIGESTS = (
    *(f"{name}:{digits}" for name in (*_NAMES, "weak", "md5-dos2unix", "etag") for digits in _HEXES),
    *(f"md5:{'a1' * 16}{end}" for end in (".dir", "xdir", ".dir.dir", "\n", " ")),
    *(f"sha256:{'a1' * 32}{end}" for end in (".dir", " b", "|x")),
    *("unknown", "a1" * 32, "x sha256:" + "a1" * 32, *sorted(OF_NOTHING)),
)


def test_a_digest_is_strong_where_joining_takes_it_for_one(graph: provgraph.Graph) -> None:
    graph.put_lineage(
        Records(artifacts=[Artifact(type="Dataset", key=f"{n}", digest=d) for n, d in enumerate(DIGESTS)])
    )
    found = graph.coverage(listed=None)
    gap = found.gap("weak-digest")
    assert gap is not None
    assert {node.digest for node in gap.nodes if isinstance(node, Artifact)} == {
        artifact.digest
        for artifact in graph.find(kind="artifact")
        if isinstance(artifact, Artifact) and artifact.digest and strong_digest(artifact.digest) is None
    }
    assert 12 < gap.count < len(DIGESTS) - 12
