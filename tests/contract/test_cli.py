"""The command line on each engine: what it answers, and that standard output holds the answer alone."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import provgraph
from provgraph.cli.app import commands
from provgraph.model import (
    Artifact,
    Context,
    Event,
    EventType,
    Execution,
    ExecutionState,
    ParentContext,
    Records,
    Struct,
)
from tests.servers.target import Bypass, Target

HOSTILE = "\x1b[31mred\u202e\x9b"

# What `find` finds in the plant: each store costs a moment, so one test takes them all.
CONDITIONS: list[tuple[list[str], list[str]]] = [
    (["INSPECT"], ["inspector/7"]),
    (["registry"], ["inspector/7"]),
    (["--type", "Dataset"], ["plant/v3"]),
    (["--uri", "data/v3.parquet"], ["plant/v3"]),
    (["--state", "failed"], ["broken"]),
    (["--in", "Run/surface/2"], ["broken"]),
    (["--in", "surface", "--kind", "artifact"], ["inspector/7"]),
    (["--where", "factory=plant-2"], ["plant/v3"]),
    (["--where", "rows=7"], ["plant/v3"]),
    (["--where", "rows=7.0"], ["plant/v3"]),
    (["--where", "size=7"], ["plant/v3"]),
    (["--where", "size='7'"], ["plant/v3"]),
    (["--where", "rows='7'"], []),
    (["--where", "ok=true"], ["plant/v3"]),
    (["--where", "accuracy>0.9"], ["inspector/7"]),
    (["--where", "accuracy>0.97"], []),
    (["--where", "accuracy>=0.97", "--where", "accuracy<1"], ["inspector/7"]),
    (["--where", "factory~LANT"], ["plant/v3"]),
    (["--where", "factory!=plant-2", "--type", "Dataset"], []),
    (["--where", "started_at>2023-11-14T22:14:00Z"], ["broken"]),
    (["--until", "2021-01-01", "--kind", "artifact"], ["plant/v3"]),
    (["--since", "1h", "--type", "Dataset"], []),
    (["--newest", "--kind", "execution", "--limit", "1"], ["broken"]),
]


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a call in this process."""
    result = CliRunner().invoke(commands, list(arguments), prog_name="provgraph")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def answer(*arguments: str) -> Any:
    """The JSON of a call that must succeed."""
    code, out, err = run(*arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def names(*arguments: str) -> list[str]:
    """The names that `find` finds."""
    return [node["name"] for node in answer("find", *arguments)["nodes"]]


@pytest.fixture(autouse=True)
def store(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target is the store of the environment."""
    monkeypatch.setenv("PROVGRAPH_URL", target.url)
    if target.user and target.password:
        monkeypatch.setenv("PROVGRAPH_USER", target.user)
        monkeypatch.setenv("PROVGRAPH_PASSWORD", target.password)


@pytest.fixture
def plant(graph: provgraph.Graph) -> dict[str, str]:
    """A dataset, a training, a model, a deployment and a failed run; references by short names."""
    pipeline = Context(type="Pipeline", name="surface", key="p")
    run_one, run_two = Context(type="Run", name="surface/1", key="r1"), Context(type="Run", name="surface/2", key="r2")
    data = Artifact(
        type="Dataset",
        name="plant/v3",
        key="d",
        uri="data/v3.parquet",
        created_at=1_600_000_000_000,
        custom_properties={"factory": "plant-2", "rows": 7, "size": "7", "ok": True},
    )
    model = Artifact(
        type="Model",
        name="inspector/7",
        key="m",
        external_id="registry-7",
        custom_properties={
            "accuracy": 0.97,
            "loss": float("nan"),
            "best": float("-inf"),
            "config": Struct.of({"rates": [float("nan"), 1]}),
            "note": HOSTILE,
        },
    )
    graph.put_lineage(
        Records(contexts=[pipeline, run_one, run_two], parents=[ParentContext("r1", "p"), ParentContext("r2", "p")])
    )
    graph.put_execution(
        Execution(
            type="Train",
            name="train " + HOSTILE,
            key="t",
            state=ExecutionState.COMPLETE,
            started_at=1_700_000_000_000,
            ended_at=1_700_000_060_000,
            custom_properties={"param_depth": 8},
        ),
        artifacts=[data, model],
        events=[
            Event(artifact="d", execution="t", type=EventType.INPUT, path=("examples", 0)),
            Event(artifact="m", execution="t", type=EventType.OUTPUT),
        ],
        contexts=[pipeline, run_one],
    )
    graph.put_execution(
        Execution(type="Deploy", key="dep", state=ExecutionState.COMPLETE, started_at=1, ended_at=2),
        artifacts=[Artifact(type="Deployment", name="line-3", key="live")],
        events=[
            Event(artifact="m", execution="dep", type=EventType.INPUT),
            Event(artifact="live", execution="dep", type=EventType.OUTPUT),
        ],
        contexts=[Context(type="Endpoint", name="line-3", key="end")],
    )
    failed = Execution(
        type="Train",
        name="broken",
        key="f",
        state=ExecutionState.FAILED,
        started_at=1_700_000_100_000,
        custom_properties={"error_type": "ValueError", "error_message": "NaN in X"},
    )
    graph.put_execution(failed, contexts=[pipeline, run_two])
    return {short: graph.get(short).ref for short in ("p", "r1", "r2", "d", "m", "t", "dep", "live", "end", "f")}


def test_an_empty_store_says_how_to_fill_it() -> None:
    code, out, err = run("find")
    assert (code, out) == (0, "")
    assert "the store is empty" in err
    assert "provgraph load" in err
    assert "provgraph demo" in err
    assert answer("find") == {"nodes": [], "total": 0}


def test_find_lists_what_is_there_as_a_plain_table(plant: dict[str, str]) -> None:
    code, out, err = run("find")
    assert code == 0
    assert err == ""
    lines = out.splitlines()
    assert lines[0].split() == ["ID", "TYPE", "NAME", "STATE", "TIME"]
    assert len(lines) == 1 + 10
    assert plant["t"] in out
    assert r"train \x1b[31mred\u202e\x9b" in out
    assert all(line.isprintable() for line in lines)


def test_find_json_holds_nodes_and_their_total(plant: dict[str, str]) -> None:
    found = answer("find", "--kind", "artifact", "--limit", "2")
    assert found["total"] == 3
    assert [node["id"] for node in found["nodes"]] == [plant["d"], plant["m"]]
    assert found["nodes"][0] | {"type": "Dataset", "name": "plant/v3", "kind": "artifact"} == found["nodes"][0]


def test_numbers_that_json_has_no_word_for_are_text(plant: dict[str, str]) -> None:
    [node] = answer("find", "--name", "inspector/7")["nodes"]
    own = node["custom_properties"]
    assert (own["loss"], own["best"]) == ("NaN", "-Infinity")
    assert own["config"] == {"rates": ["NaN", 1]}
    assert own["note"] == HOSTILE
    assert "\x1b" not in run("find", "--json")[1]


def test_find_takes_conditions(plant: dict[str, str]) -> None:
    assert [(arguments, names(*arguments)) for arguments, _ in CONDITIONS] == CONDITIONS


def test_find_csv_has_a_head_and_every_node_whole(plant: dict[str, str]) -> None:
    code, out, err = run("find", "--kind", "artifact", "--csv")
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["id"] for row in rows] == [plant["d"], plant["m"], plant["live"]]
    assert json.loads(rows[0]["custom_properties"])["rows"] == 7
    assert rows[0]["created_at"] == "2020-09-13T12:26:40.000+00:00"


def test_a_table_for_people_is_bounded_and_says_so(graph: provgraph.Graph) -> None:
    graph.put_lineage(Records(artifacts=[Artifact(type="Dataset", name=f"d{n}", key=f"d{n}") for n in range(60)]))
    code, out, err = run("find")
    assert code == 0
    assert len(out.splitlines()) == 51
    assert err == "50 of 60: --limit 0 shows all, more conditions show fewer\n"
    assert len(run("find", "--limit", "0")[1].splitlines()) == 61
    assert len(answer("find")["nodes"]) == 60


def test_nothing_found_says_which_types_there_are(plant: dict[str, str]) -> None:
    code, out, err = run("find", "--type", "dataset")
    assert (code, out) == (0, "")
    assert "no type 'dataset'; there are Dataset," in err


def test_a_node_is_named_by_reference_key_external_id_name_or_type_and_name(plant: dict[str, str]) -> None:
    for name in (plant["m"], "m", "registry-7", "inspector/7", "Model/inspector/7"):
        assert answer("show", name)["id"] == plant["m"], name


def test_a_reference_wins_over_a_key_of_the_same_text(plant: dict[str, str], graph: provgraph.Graph) -> None:
    graph.put(Artifact(type="Dataset", name="impostor", key=plant["m"]))
    assert answer("show", plant["m"])["name"] == "inspector/7"


def test_an_ambiguous_name_lists_the_candidates(plant: dict[str, str]) -> None:
    code, out, err = run("show", "line-3")
    assert (code, out) == (1, "")
    assert plant["live"] in err
    assert plant["end"] in err
    assert err.count("\n") == 1


def test_a_node_that_is_not_there_is_one_line_with_what_to_do() -> None:
    expected = "Error: nothing in this store is called 'nobody': try `provgraph find nobody`\n"
    for verb in ("show", "upstream", "downstream", "impact", "explain", "export"):
        assert run(verb, "nobody") == (1, "", expected), verb


def test_show_tells_what_is_beside_a_node(plant: dict[str, str]) -> None:
    code, out, _ = run("show", "m")
    assert code == 0
    assert all(line.isprintable() for line in out.splitlines())
    for expected in ("Made by (1)", "Used by (1)", "Contexts (2)", plant["t"], plant["dep"], plant["r1"]):
        assert expected in out
    links = answer("show", "t")["links"]
    assert {(link["kind"], link["source"], link["target"]) for link in links} == {
        ("INPUT", plant["d"], plant["t"]),
        ("OUTPUT", plant["t"], plant["m"]),
        ("ASSOCIATION", plant["t"], plant["p"]),
        ("ASSOCIATION", plant["t"], plant["r1"]),
    }
    assert [link["path"] for link in links if link["kind"] == "INPUT"] == [["examples", 0]]
    assert "Contexts inside it (2)" in run("show", "p")[1]


def test_upstream_lists_nodes_by_hops_and_ends_with_its_certificate(plant: dict[str, str]) -> None:
    code, out, err = run("upstream", "live")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[:2] for line in lines[1:6]] == [
        ["0", plant["live"]],
        ["1", plant["dep"]],
        ["2", plant["m"]],
        ["3", plant["t"]],
        ["4", plant["d"]],
    ]
    assert lines[-1].startswith("Complete: 5 nodes and 4 links")


def test_traces_as_json_hold_nodes_edges_and_certificate(plant: dict[str, str]) -> None:
    found = answer("downstream", "d")
    assert found["complete"] is True
    assert {node["id"]: node["hops"] for node in found["nodes"]}[plant["live"]] == 4
    assert {(edge["kind"], edge["source"], edge["target"]) for edge in found["edges"]} == {
        ("INPUT", plant["d"], plant["t"]),
        ("OUTPUT", plant["t"], plant["m"]),
        ("INPUT", plant["m"], plant["dep"]),
        ("OUTPUT", plant["dep"], plant["live"]),
    }
    assert all({"certainty", "recorded_by"} <= edge.keys() for edge in found["edges"])
    assert found["certificate"]["complete"] is True
    assert answer("impact", "d")["complete"] is True


def test_a_trace_that_was_cut_says_so(plant: dict[str, str]) -> None:
    found = answer("upstream", "live", "--max-hops", "2")
    assert found["complete"] is False
    assert len(found["nodes"]) == 3
    code, out, err = run("upstream", "live", "--stop-type", "Model", "--csv")
    assert code == 0
    assert [row["hops"] for row in csv.DictReader(io.StringIO(out))] == ["0", "1", "2"]
    assert err.startswith("Not complete:")
    assert answer("upstream", "live", "--type", "Dataset")["complete"] is False


def test_several_nodes_are_traced_together(plant: dict[str, str]) -> None:
    assert {node["id"] for node in answer("upstream", "m", "f")["nodes"]} == {plant[k] for k in ("m", "t", "d", "f")}


def test_nothing_downstream_is_said(plant: dict[str, str]) -> None:
    code, _, err = run("downstream", "live")
    assert code == 0
    assert "nothing downstream uses this" in err
    assert "reaches nothing" in run("impact", "live")[2]


def test_impact_ranks_live_deployments_first(plant: dict[str, str]) -> None:
    code, out, err = run("impact", "d")
    assert (code, err) == (0, "")
    assert "reaches 1 model and 1 deployment (1 live)" in out
    rows = list(csv.DictReader(io.StringIO(run("impact", "d", "--csv")[1])))
    assert [row["id"] for row in rows] == [plant["live"], plant["m"]]
    assert rows[0]["live"] == "True"
    assert answer("impact", "d")["live_deployments"] == 1


def test_impact_csv_is_the_frames(plant: dict[str, str], graph: provgraph.Graph) -> None:
    assert run("impact", "d", "--csv")[1] == graph.impact("d").to_csv()


def test_impact_shows_routes_on_demand(plant: dict[str, str]) -> None:
    route = [plant[key] for key in ("d", "t", "m", "dep", "live")]
    assert answer("impact", "d", "--routes", "live")["routes"] == [route]
    code, out, _ = run("impact", "d", "--routes", "live")
    assert code == 0
    assert [out.index(ref) for ref in route] == sorted(out.index(ref) for ref in route)
    assert run("impact", "live", "--routes", "d")[0] == 1


def test_explain_answers_six_questions(plant: dict[str, str]) -> None:
    code, out, err = run("explain", "m")
    assert (code, err) == (0, "")
    assert out.count("?\n") == 6
    assert "depth = 8" in out
    assert "NaN in X" in out
    found = answer("explain", "m")
    assert [a["known"] for a in found["answers"]] == [True, True, True, False, True, True]


def test_runs_are_listed_newest_first_with_their_steps(plant: dict[str, str]) -> None:
    found = answer("runs", "Pipeline/surface")["runs"]
    assert [(run_["id"], run_["state"]) for run_ in found] == [(plant["r2"], "FAILED"), (plant["r1"], "COMPLETE")]
    assert [step["id"] for step in found[1]["steps"]] == [plant["t"]]
    rows = list(csv.DictReader(io.StringIO(run("runs", "--steps", "--csv")[1])))
    assert [(row["id"], row["error"]) for row in rows] == [(plant["f"], "ValueError: NaN in X"), (plant["t"], "")]
    code, out, err = run("runs", "--limit", "1")
    assert code == 0
    assert plant["r1"] not in out
    assert "--limit 0 shows all" in err


def test_no_run_says_how_to_record_one() -> None:
    code, out, err = run("runs")
    assert (code, out) == (0, "")
    assert "pipeline=" in err


def test_export_writes_each_format_to_stdout_or_a_file(plant: dict[str, str], tmp_path: Path) -> None:
    for form, ending, begin in (
        ("json", "json", "{"),
        ("dot", "dot", "digraph"),
        ("mermaid", "mermaid", "flowchart"),
        ("openlineage", "jsonl", '{"eventTime": "'),
        ("csv", "csv", "kind,source,"),
    ):
        code, out, err = run("export", "m", "--format", form)
        assert code == 0
        assert out.startswith(begin)
        assert err.startswith("Complete:")
        target = tmp_path / f"lineage.{ending}"
        assert run("export", "m", "--output", str(target))[:2] == (0, "")
        written = target.read_text("utf-8")
        if form == "json":  # the moment of the walk differs
            assert json.loads(written)["edges"] == json.loads(out)["edges"]
        else:
            assert written == out


def test_export_writes_nodes_and_links_as_csv_into_a_folder(plant: dict[str, str], tmp_path: Path) -> None:
    assert run("export", "m", "--format", "csv", "--output", str(tmp_path / "out"))[:2] == (0, "")
    texts = [(tmp_path / "out" / name).read_text("utf-8") for name in ("nodes.csv", "edges.csv")]
    nodes, links = (list(csv.DictReader(io.StringIO(text))) for text in texts)
    ends = {row[end] for row in links for end in ("source", "target")}
    assert ends <= {row["id"] for row in nodes}
    assert plant["m"] in ends
    code, out, err = run("export", "m", "--format", "csv", "--max-hops", "0")
    assert (code, out.count("\n")) == (0, 1)
    assert "1 node without a link: only --output FOLDER writes all nodes" in err
    code, _, err = run("export", "m", "--format", "dot", "--output", str(tmp_path))
    assert code == 2
    assert "is a folder: name a file in it" in err


def test_status_counts_by_label_and_relationship(plant: dict[str, str], target: Target) -> None:
    found = answer("status")
    expected = {"Artifact": 3, "Execution": 3, "Context": 4, "INPUT": 2, "OUTPUT": 2, "PARENT": 2, "DERIVATION": 0}
    assert found["counts"] | expected == found["counts"]
    assert found["url"] == target.url
    assert found["engine"] == {"embedded": "ArcadeDB", "neo4j": "Neo4j"}[target.name]
    code, out, err = run("status")
    assert (code, err) == (0, "")
    assert "Artifact" in out
    assert found["version"] in out


def test_url_is_taken_before_and_after_the_verb(
    plant: dict[str, str], target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVGRAPH_URL", "bolt://127.0.0.1:1")
    assert run("find")[0] == 1
    for arguments in (
        ["--url", target.url, "find"],
        ["find", "--url", target.url],
        ["--json", "find", "--url", target.url],
    ):
        code, out, err = run(*arguments)
        assert (code, err) == (0, "")
        assert plant["m"] in out


def test_init_may_be_repeated(target: Target, bypass: Bypass) -> None:
    bypass.wipe()
    first = answer("init")
    assert first["created"] is True
    assert answer("init") == {**first, "created": False}
    assert "is a provgraph store already" in run("init")[1]


def test_load_names_what_is_wrong_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no store")
    for arguments in (["mlmd", "missing.db"], ["missing.db"], ["nobody", "x"], [str(tmp_path / "notes.txt")]):
        code, out, err = run("load", *arguments)
        assert (code, out) == (1, ""), arguments
        assert err.startswith("Error: ")
        assert err.count("\n") == 1
    assert run("load", "mlmd")[0] == 2
    assert sum(answer("status")["counts"].values()) == 0


def test_loaders_are_listed() -> None:
    assert "mlmd" in [loader["name"] for loader in answer("loaders")["loaders"]]


def test_an_empty_spool_is_said_and_costs_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVGRAPH_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setenv("PROVGRAPH_URL", f"embedded:{tmp_path / 'store'}")
    assert answer("load", "spool")["recorded"] == 0
    assert not (tmp_path / "store").exists()


def test_the_spool_is_brought_in_and_accounted_for(
    tmp_path: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVGRAPH_SPOOL", str(tmp_path / "spool"))
    with provgraph.connect("bolt://127.0.0.1:1") as graph, graph.execution("Train", name="elsewhere"):
        pass
    found = answer("load", "spool")
    assert found["recorded"] == 0
    assert found["waiting"] == {"bolt://127.0.0.1:1": 1}
    [waiting] = (tmp_path / "spool").glob("*.jsonl")
    waiting.write_text(waiting.read_text("ascii").replace("bolt://127.0.0.1:1", target.url), "ascii")
    assert answer("load", "spool")["recorded"] == 1
    assert names("--type", "Train") == ["elsewhere"]
    assert list((tmp_path / "spool").glob("*.jsonl")) == []
