"""What stands upstream of a table's rows, read by one walk, on every engine."""

from __future__ import annotations

import csv
import io
import itertools
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import provgraph
from provgraph import Artifact, Association, Attribution, Context, Event, EventType, Execution, Records
from provgraph.analysis.columns import lineage_columns
from provgraph.analysis.result import ErrorAnalysis
from provgraph.analysis.upstream import Upstream, fetch_upstream
from provgraph.cli.app import commands
from provgraph.errors import InvalidValueError, NotFoundError
from provgraph.model import ParentContext
from provgraph.slicing import Term
from tests.contract import cameras
from tests.contract.test_tracing import Link, graphs, ladder, records
from tests.servers.target import Target

_serial = itertools.count()


def fetched(graph: provgraph.Graph, ids: list[int], *, certain_only: bool = False) -> Upstream:
    return fetch_upstream(graph._core.store, ids, certain_only=certain_only)


def met(upstream: Upstream) -> set[str]:
    return {f"{label.lower()}:{stored['id']}" for label, stored in zip(upstream.labels, upstream.stored, strict=True)}


def links_of(upstream: Upstream) -> set[tuple[int, int]]:
    ids = [stored["id"] for stored in upstream.stored]
    ends = zip(upstream.below.tolist(), upstream.above.tolist(), strict=True)
    return {(ids[above], ids[below]) for below, above in ends}


class TestTheWalk:
    def test_a_ladder_of_40_diamonds_is_walked_by_every_statement(self, graph: provgraph.Graph) -> None:
        rungs, nodes = ladder("ladder/", 40)
        # twenty leaves below the last rung: so many open nodes go step by step, one open execution to the end at once
        fan = [Link("a40", "e-fan"), *(Link("e-fan", f"a-leaf{n}") for n in range(20))]
        below = records("ladder/", fan)
        ids = graph.put_lineage(rungs).ids | graph.put_lineage(below).ids
        top = ids["ladder/a40"]
        one = fetched(graph, [top])
        assert len(one) == nodes
        assert len(one.below) == 160
        leaves = [ids[f"ladder/a-leaf{n}"] for n in range(20)]
        assert len(fetched(graph, leaves)) == nodes + 21
        artifacts = [i for key, i in ids.items() if key.startswith("ladder/a")]
        everything = fetched(graph, artifacts)
        assert met(everything) == {node.ref for node in graph.upstream([f"artifact:{leaf}" for leaf in leaves])}
        assert len(everything.below) == 160 + 21

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(links=graphs(), starts=st.sets(st.integers(0, 7), min_size=1))
    def test_it_meets_what_a_trace_from_each_start_meets(
        self, graph: provgraph.Graph, links: list[Link], starts: set[int]
    ) -> None:
        prefix = f"w{next(_serial)}/"
        ids = graph.put_lineage(records(prefix, links, {f"a{n}": "Thing" for n in starts})).ids
        for sure in (False, True):
            upstream = fetched(graph, [ids[f"{prefix}a{n}"] for n in starts], certain_only=sure)
            lineage = graph.upstream([f"artifact:{ids[f'{prefix}a{n}']}" for n in starts], certain_only=sure)
            assert met(upstream) == set(lineage.by_ref)
            number = {node.ref: node.id for node in lineage}
            assert links_of(upstream) == {(number[edge.source], number[edge.target]) for edge in lineage.edges}
            assert upstream.possible == sum(edge.possible for edge in lineage.edges)
            assert not (sure and upstream.possible)

    def test_a_thousand_sources_below_a_thousand_shared_steps_read_each_node_once(self, graph: provgraph.Graph) -> None:
        chain = [x for n in range(500) for x in (Link(f"a{n}", f"e{n}"), Link(f"e{n}", f"a{n + 1}"))]
        wide = [x for n in range(1_000) for x in (Link("a500", f"e-w{n}"), Link(f"e-w{n}", f"a-w{n}"))]
        ids = graph.put_lineage(records("shared/", [*chain, *wide])).ids
        upstream = fetched(graph, [ids[f"shared/a-w{n}"] for n in range(1_000)])
        assert len(upstream) == 1_001 + 2_000
        assert len(upstream.below) == 1_000 + 2_000

    def test_ids_of_nothing_are_left_out(self, graph: provgraph.Graph) -> None:
        assert len(fetched(graph, [10**12])) == 0
        assert len(fetched(graph, [])) == 0

    def test_contexts_come_with_all_that_they_stand_in(self, graph: provgraph.Graph) -> None:
        base = records("ctx/", [Link("e0", "a0")])
        names = ("plant-2", "plant-2/line-3", "plant-2/line-3/B")
        ids = graph.put_lineage(
            Records(
                artifacts=base.artifacts,
                executions=base.executions,
                events=base.events,
                contexts=[Context(type="Place", name=name, key=name) for name in (*names, "lot 9")],
                parents=[ParentContext(names[1], names[0]), ParentContext(names[2], names[1])],
                associations=[Association("ctx/e0", names[2])],
                attributions=[Attribution("ctx/a0", "lot 9")],
            )
        ).ids
        upstream = fetched(graph, [ids["ctx/a0"]])
        assert len(upstream) == 6
        assert (ids[names[2]], ids["ctx/e0"]) in links_of(upstream)
        assert (ids[names[0]], ids[names[1]]) in links_of(upstream)
        assert (ids["lot 9"], ids["ctx/a0"]) in links_of(upstream)


class TestColumns:
    def test_the_nearest_value_wins_and_equally_near_ones_are_all_kept(self, graph: provgraph.Graph) -> None:
        links = [
            *(Link("a-old", "e-relabel"), Link("e-relabel", "a-one")),
            *(Link("e-first", "a-old"), Link("e-other", "a-two")),
            *(Link("e-p", "a-p"), Link("e-q", "a-q"), Link("a-p", "e-join"), Link("a-q", "e-join")),
            Link("e-join", "a-three"),
        ]
        who = {"e-relabel": "bo", "e-first": "amira", "e-other": "amira", "e-p": "chen", "e-q": "bo"}
        base = records("near/", links, dict.fromkeys(who, "Label"))
        executions = [
            Execution(type=e.type, key=e.key, custom_properties={"annotator": who[e.key.removeprefix("near/")]})
            if e.type == "Label"
            else e
            for e in base.executions
        ]
        ids = graph.put_lineage(Records(artifacts=base.artifacts, executions=executions, events=base.events)).ids
        groups = [(ids[f"near/a-{n}"],) for n in ("one", "two", "three")]
        found = lineage_columns(graph._core.store, [*groups, (groups[0][0], groups[1][0])])
        column = found["Label.annotator"]
        assert column.kind == "several"
        assert [column.cells[code] for code in column.codes] == [("bo",), ("amira",), ("bo", "chen"), ("amira", "bo")]

    def test_values_are_named_by_where_they_stand_and_noise_is_left_out(self, graph: provgraph.Graph) -> None:
        sources = []
        for number in range(12):
            firmware = "2.1" if number % 3 else "2.0"
            line = number % 4 // 2
            with graph.execution(
                "Capture",
                contexts={"Factory": "p", "Line": f"p/{line}", "Camera": f"p/{line}/{number % 4}"},
                parameters={"exposure_ms": 8 + number / 10, "gain": {"db": number % 2}},
                firmware=firmware,
                job=f"J-{number}",
                released_at=1_760_000_000_000 + number,
                checksum=f"{number:064x}",
                simulated=True,
            ) as step:
                step.input(type="CameraConfig", name="steelcam", version=firmware)
                sources.append(step.output(type="Batch", name=f"batch {number}", version="1"))
        groups = [(graph.get(source.ref).id,) for source in sources]
        found = lineage_columns(graph._core.store, groups)
        kinds = {column.name: column.kind for column in found.columns}
        assert kinds["Line"] == kinds["Camera"] == "text"
        assert kinds["Capture.exposure_ms"] == "number"
        assert "Capture.gain.db" in kinds
        lead = found["CameraConfig.version"]
        assert [same.name for same in lead.same] == ["Capture.firmware"]
        assert lead.same_values("2.0") == {"Capture.firmware": "2.0"}
        assert found.names.index("Line") < found.names.index("Camera")
        assert not {"Capture.released_at", "Capture.checksum", "Capture.recording", "Capture.process"} & set(kinds)
        assert not any(name.endswith((".digest", ".uri", ".command")) for name in kinds)
        assert "left out (origins ranks nodes): Batch.family, Capture.job" in " ".join(found.notes)
        assert {"Factory", "Capture.simulated", "Capture.python"} <= set(found.left_out)
        assert found.times.tolist() == [graph.upstream(source.ref).executions[0].started_at for source in sources]

    def test_a_source_without_anything_upstream_has_no_columns(self, graph: provgraph.Graph) -> None:
        stored = graph.put(Artifact(type="Batch", name="alone"))
        found = lineage_columns(graph._core.store, [(stored.id,)])
        assert found.columns == ()


def said(analysis: ErrorAnalysis) -> list[set[str]]:
    """Each slice as its terms, with those of the names that have the very same rows."""
    return [
        {
            str(term)
            for predicate in (each.predicate, *(a.predicate for a in each.aliases if a.same_rows))
            for term in predicate
        }
        for each in analysis.slices
    ]


@pytest.fixture
def files(tmp_path: Path, target: Target, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a server's store keeps its files."""
    if target.name == "neo4j":
        monkeypatch.setenv("PROVGRAPH_FILES", (tmp_path / "files").as_uri())
    return tmp_path


@pytest.mark.usefixtures("files")
class TestSlices:
    def test_a_fault_upstream_is_found_with_its_origin_its_time_and_what_else_it_reaches(
        self, graph: provgraph.Graph
    ) -> None:
        plant = cameras.build(graph)
        analysis = graph.slices(plant.model)
        assert analysis.table.artifact.ref == plant.predictions.ref
        [found] = analysis.slices
        # the camera and its firmware, by whatever names
        assert {"CameraConfig.family is p2/l3/B", "Camera is p2/l3/B"} & said(analysis)[0]
        assert {"Firmware.version is 2.1", "Capture.firmware is 2.1"} <= said(analysis)[0]
        assert found.n == 3 * cameras.ROWS
        assert found.errors is not None
        # who made it
        origins = analysis.origins(found)
        first = origins[0]
        assert first.node.key == "c/configure/p2/l3/B/2.1"
        assert [node.key for node in first.same_rows] == ["c/config/p2/l3/B/2.1"]
        assert (first.errors, first.of, first.n) == (found.errors, found.errors, found.n)
        assert [node.type for node in first.route] == [
            *("Configure", "CameraConfig", "Capture", "CaptureBatch", "Label", "Labels"),
        ]
        batches = {f"c/capture/p2/l3/B/w{week}" for week in (3, 4, 5)}
        assert batches <= {origin.node.key for origin in origins}
        # what else it reaches
        reached = graph.impact(first.node)
        assert {item.node.family for item in reached.models if isinstance(item.node, Artifact)} == {
            "older",
            "inspector",
        }
        assert len(reached.live_deployments) == 2
        # since when
        event = analysis.events(found)[0]
        assert "Firmware.version: 2.0 to 2.1" in str(event)
        assert event.predicate in (
            (Term("Camera", "p2/l3/B"),),
            (Term("CameraConfig.family", "p2/l3/B"),),
        )
        assert event.effect.effect is not None
        assert event.effect.effect > 0.3
        assert event.effect.q is not None
        assert event.effect.q < 1e-6
        assert event.changes[0].node.key == "c/fw/2.1"

    def test_without_a_fault_nothing_is_found(self, graph: provgraph.Graph) -> None:
        plant = cameras.build(graph)
        analysis = graph.slices(plant.older_model)
        assert analysis.slices == ()
        assert analysis.report.tested > 100
        assert analysis.report.sentences()[0].startswith("Nothing beyond chance among")

    def test_the_sampling_unit_of_the_table_is_used_and_without_one_dependence_is_told(
        self, graph: provgraph.Graph
    ) -> None:
        plant = cameras.build(graph, unit="part")
        assert graph.slices(plant.model).slices[0].unit_q is not None
        named = graph.slices(plant.model, unit="labels")
        assert named.unit == "labels"
        assert not any("resemble each other" in note for note in named.report.notes)

    def test_rows_of_a_source_that_is_not_known_are_told_and_count_without_lineage(
        self, graph: provgraph.Graph
    ) -> None:
        plant = cameras.build(graph, sources=False)
        analysis = graph.slices(plant.model)
        assert analysis.lineage_columns.columns == ()
        assert any("have no known source" in note for note in analysis.report.notes)
        assert analysis.origins({"shift": "early"}).tested == 0
        assert analysis.events() == ()

    def test_columns_can_be_chosen_by_any_of_their_names(self, graph: provgraph.Graph) -> None:
        plant = cameras.build(graph)
        analysis = graph.slices(plant.model, columns=["Capture.firmware", "Camera", "shift", "taken.hour"], depth=2)
        assert set(analysis.report.columns) == {"Capture.firmware", "Camera", "shift", "taken.hour"}
        assert [str(each) for each in analysis.slices] == ["Camera is p2/l3/B and Capture.firmware is 2.1"]
        with pytest.raises(InvalidValueError, match="no column"):
            graph.slices(plant.model, columns=["nothing"])

    def test_columns_behind_possible_links_are_told_and_can_be_left_out(self, graph: provgraph.Graph) -> None:
        plant = cameras.build(graph)
        captured = [node for node in graph.find(type="Capture") if node.key.startswith("c/")]
        lamps = [Artifact(type="Lamp", key=f"lamp/{n}", custom_properties={"watts": str(40 + n)}) for n in (0, 1)]
        maybe = [
            Event(artifact=f"lamp/{n % 2}", execution=node.key, type=EventType.INPUT, possible=True)
            for n, node in enumerate(captured)
        ]
        graph.put_lineage(Records(artifacts=lamps, events=maybe))
        every = graph.slices(plant.model, depth=1)
        assert "Lamp.watts" in every.lineage_columns.names
        assert any(f"{len(captured)} links upstream are only possible" in note for note in every.report.notes)
        sure = graph.slices(plant.model, depth=1, certain_only=True)
        assert set(every.lineage_columns.names) - set(sure.lineage_columns.names) == {"Lamp.watts"}
        assert not any("links upstream are only possible" in note for note in sure.report.notes)
        assert any("only possible were not walked" in note for note in sure.report.notes)

    def test_two_models_are_compared_sample_by_sample(self, graph: provgraph.Graph) -> None:
        plant = cameras.build(graph)
        found = graph.slices(plant.model, against=plant.older_model).comparison
        assert found is not None
        assert found.rows == len(plant.frame)
        assert [term.column for term in found.worse[0].predicate] != []
        assert found.worse[0].n == 3 * cameras.ROWS
        assert found.better == ()
        untested = graph.put(Artifact(type="Model", name="untested"))
        with pytest.raises(NotFoundError, match="no predictions"):
            graph.slices(plant.model, against=untested)

    def test_a_recorded_analysis_can_be_walked_to_and_read(self, graph: provgraph.Graph) -> None:
        plant = cameras.build(graph)
        analysis = graph.slices(plant.model, record=True, depth=2)
        report = analysis.recorded
        assert report is not None
        assert report.type == "SliceReport"
        assert report.custom_properties["slices"] == len(analysis.slices)
        lineage = graph.upstream(report)
        [step] = [each for each in lineage.executions if each.type == "ErrorAnalysis"]
        assert step.custom_properties["param_depth"] == 2
        assert plant.predictions.ref in lineage
        assert plant.model.ref in lineage
        kept = json.loads(_read(analysis, report))
        assert kept["slices"][0]["origins"][0]["node"]["key"] == "c/configure/p2/l3/B/2.1"
        assert kept["predictions"]["id"] == plant.predictions.ref
        # findings lead on: who relabels says what made him do so
        with graph.execution("Relabel") as relabel:
            relabel.input(report)
            better = relabel.output(type="Labels", name="again", version="1", digest="sha256:" + "e" * 64)
        assert report.ref in graph.upstream(better.ref)

    def test_a_refused_analysis_is_recorded_as_failed(self, graph: provgraph.Graph) -> None:
        plant = cameras.build(graph)
        with pytest.raises(InvalidValueError):
            graph.slices(plant.model, record=True, columns=["nothing"])
        [step] = graph.find(kind="execution", type="ErrorAnalysis")
        assert step.state.name == "FAILED"  # type: ignore[union-attr]

    def test_a_model_without_predictions_says_how_to_record_them(self, graph: provgraph.Graph) -> None:
        model = graph.put(Artifact(type="Model", name="untested"))
        with pytest.raises(NotFoundError, match="record_predictions"):
            graph.slices(model)


def _read(analysis: ErrorAnalysis, report: Artifact) -> bytes:
    from provgraph.tables.area import FileRef

    size = report.custom_properties["size"]
    assert isinstance(size, int)
    with analysis.table.area.open(FileRef((report.digest or "").removeprefix("sha256:"), size)) as file:
        return file.read()


@pytest.mark.usefixtures("files")
class TestCommand:
    @pytest.fixture(autouse=True)
    def store(self, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PROVGRAPH_URL", target.url)
        if target.user is not None:
            monkeypatch.setenv("PROVGRAPH_USER", target.user)
            monkeypatch.setenv("PROVGRAPH_PASSWORD", target.password or "")

    def test_slices_of_a_model_as_table_json_and_csv(self, graph: provgraph.Graph) -> None:
        cameras.build(graph)
        code, out, err = run("slices", "inspector/1")
        assert code == 0
        assert "artifact:" in out
        assert "Configure" in out
        assert "provgraph impact execution:" in err
        code, out, _ = run("slices", "inspector/1", "--json", "--record")
        found: dict[str, Any] = json.loads(out)
        assert code == 0
        assert found["tested"] > 100
        [first] = found["slices"]
        assert {"column", "value"} <= first["predicate"][0].keys()
        assert {"n", "errors", "rate", "q", "excess"} <= first.keys()
        assert first["origins"][0]["node"]["type"] == "Configure"
        assert first["events"][0]["changes"]
        assert found["recorded"].startswith("artifact:")
        code, out, err = run("slices", found["predictions"]["id"], "--csv", "--columns", "Camera,Capture.firmware")
        [row] = csv.DictReader(io.StringIO(out))
        assert row["slice"] == "Camera is p2/l3/B and Capture.firmware is 2.1"
        assert row["origin"].startswith("execution:")
        assert pd.notna(row["q"])

    def test_against_another_model_and_misses_of_a_class(self, graph: provgraph.Graph) -> None:
        cameras.build(graph)
        _, out, _ = run("slices", "inspector/1", "--against", "older/1", "--outcome", "errors")
        assert "Worse: " in out
        code, out, _ = run("slices", "inspector/1", "--outcome", "misses:pit", "--depth", "2", "--json")
        assert code == 0
        assert json.loads(out)["outcome"].startswith("pit is missed")
        code, _, err = run("slices", "inspector/1", "--outcome", "nonsense:pit")
        assert code == 1
        assert "misses:CLASS" in err


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a call in this process."""
    result = CliRunner().invoke(commands, list(arguments), prog_name="provgraph")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr
