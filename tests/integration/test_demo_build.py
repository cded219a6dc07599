from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

pytest.importorskip("numpy", reason="the extra provgraph[demo] is not installed")
pytest.importorskip("sklearn", reason="the extra provgraph[demo] is not installed")
pytest.importorskip("PIL", reason="the extra provgraph[demo] is not installed")
pytest.importorskip("pyarrow", reason="the extra provgraph[demo] is not installed")

import pandas as pd
from click.testing import CliRunner

import provgraph
from provgraph import Artifact, Execution, ExecutionState
from provgraph.analysis.result import ErrorAnalysis
from provgraph.cli.app import commands
from provgraph.demo import DemoSummary, build_demo
from provgraph.demo.csvfile import Row, read_rows
from provgraph.demo.features import load_features
from provgraph.demo.learning import evaluate, load_model
from provgraph.demo.plant import BATCHES, PLANTED
from provgraph.demo.schedule import RUNS
from provgraph.slicing import Outcome, find_slices, measure_slice, rows_of
from provgraph.tables.predictions import PredictionTable
from tests.dashboard.serving import serving
from tests.dashboard.visiting import READY, Visit, photograph, settle, visiting
from tests.docs.page import Session, blocks, check, commands_of, name_of, pages
from tests.servers.target import Bypass, Target

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The fixture renders, trains and records everything: much more than two minutes only where the machine is busy.
pytestmark = pytest.mark.timeout(300)

HARMFUL = {fault.name: fault.where for fault in PLANTED}


@dataclass
class Demo:
    folder: Path
    graph: provgraph.Graph
    summary: DemoSummary
    reports: list[tuple[int, int, str]]
    others: list[str] = field(default_factory=list)

    def executions(self) -> list[Execution]:
        return [node for node in self.graph.find(kind="execution") if isinstance(node, Execution)]


@pytest.fixture(scope="module")
def demo(embedded_target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    way = Bypass(embedded_target)
    way.wipe()
    way.close()
    folder = tmp_path_factory.mktemp("demo") / "demo"
    reports: list[tuple[int, int, str]] = []

    def interrupt(done: int, total: int, text: str) -> None:
        if done == 55:
            raise KeyboardInterrupt

    with provgraph.connect(embedded_target.url) as graph:
        # All that follows must hold for a build that was interrupted and taken up again.
        with pytest.raises(KeyboardInterrupt):
            build_demo(folder, graph, progress=interrupt)
        summary = build_demo(folder, graph, progress=lambda *report: reports.append(report))
        yield Demo(folder, graph, summary, reports)


def test_the_demo_is_big_enough_to_explore_and_small_enough_to_draw(demo: Demo) -> None:
    assert 150 <= demo.graph.count() <= 400
    assert demo.graph.count(kind="execution") == demo.summary.executions
    assert len(list(demo.folder.glob("captures/**/*.png"))) == demo.summary.pictures == 5760


def test_everything_in_the_graph_and_on_disk_says_that_it_is_simulated(demo: Demo) -> None:
    assert [node.ref for node in demo.graph.find() if node.custom_properties.get("simulated") is not True] == []
    assert (demo.folder / "README.txt").read_text(encoding="utf-8").startswith("SIMULATED DATA")


def test_progress_counts_every_event_to_the_end(demo: Demo) -> None:
    total = len(demo.reports)

    assert [(done, of) for done, of, _ in demo.reports] == [(number, total) for number in range(1, total + 1)]


def test_one_training_failed_by_an_error_of_its_own_and_all_else_went_well(demo: Demo) -> None:
    states = Counter(execution.state for execution in demo.executions())
    failed = demo.graph.get(demo.summary.failed_run_key)

    assert states == {ExecutionState.COMPLETE: demo.summary.executions - 1, ExecutionState.FAILED: 1}
    assert isinstance(failed, Execution)
    assert failed.state is ExecutionState.FAILED
    assert failed.type == "Train"
    assert "Input X contains NaN" in str(dict(failed.custom_properties))


def test_the_summary_names_nodes_that_are_there(demo: Demo) -> None:
    keys = {
        "CaptureBatch": demo.summary.bad_batch_key,
        "Firmware": demo.summary.bad_firmware_key,
        "Labels": demo.summary.bad_labels_key,
        "Model": demo.summary.live_model_key,
    }

    assert {demo.graph.get(key).type for key in keys.values()} == set(keys)
    assert demo.graph.get(demo.summary.live_model_key).name == "inspector/5"
    assert demo.graph.get(demo.summary.clean_model_key).name == "inspector/2"
    assert demo.graph.count(kind="context", type="Run", name=demo.summary.failed_run) == 1


def test_transcripts_of_the_documentation_are_what_the_demo_answers(
    demo: Demo, embedded_target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVGRAPH_URL", embedded_target.url)
    monkeypatch.setenv("COLUMNS", "120")
    session = Session(tmp_path / "reader", monkeypatch.setenv)
    transcripts = [(page, block) for page in pages() for block in blocks(page.read_text("utf-8")) if block.on_the_demo]
    assert transcripts
    for page, block in transcripts:
        for command in commands_of(block):
            check(f"{name_of(page)}, line {block.line}", block, command, session.run(command.text))


def test_every_file_that_was_recorded_is_there(demo: Demo) -> None:
    artifacts = [node for node in demo.graph.find(kind="artifact") if isinstance(node, Artifact)]
    uris = [node.uri for node in artifacts if node.uri and node.type != "Predictions"]

    local = [Path(uri.removeprefix("file://")) for uri in uris if not uri.startswith("https://")]
    assert len(local) > 100
    assert [path for path in local if not path.exists()] == []
    assert [path for path in local if not path.is_relative_to(demo.folder)] == []


def test_the_times_are_those_of_the_story(demo: Demo) -> None:
    first = min(batch.starts for batch in BATCHES).timestamp() * 1000
    last = datetime(2026, 10, 20, tzinfo=UTC).timestamp() * 1000
    captures = [execution for execution in demo.executions() if execution.type == "Capture"]

    assert min(execution.started_at or 0 for execution in captures) == first
    assert all((execution.ended_at or 0) < last for execution in demo.executions())


def test_the_planted_faults_show_in_the_evaluation_of_the_newest_model(demo: Demo) -> None:
    run = RUNS[-1]
    plan = run.models[0]
    table = load_features(demo.folder / "features" / f"surface-validation-{run.dataset}-x{run.extractor}.npz")
    model = load_model(demo.folder / "models" / f"{plan.name}-{plan.version}.joblib")
    result = evaluate(plan, model, table)
    rows = {row["picture"]: row for row in read_rows(demo.folder / "datasets" / "surface-5" / "validation.csv")}
    right = [
        (rows[picture], label == prediction)
        for picture, label, prediction in zip(result.pictures, result.labels, result.predictions, strict=True)
    ]

    def accuracy(**where: str) -> float:
        chosen = [hit for row, hit in right if row.items() >= where.items()]
        return sum(chosen) / len(chosen)

    def sound(row: Row) -> bool:
        return not any(row.items() >= where.items() for where in HARMFUL.values())

    rest = [hit for row, hit in right if sound(row)]
    base = sum(rest) / len(rest)
    assert base > 0.85
    camera = HARMFUL["lost focus"]["camera"]
    assert accuracy(**HARMFUL["lost focus"]) < base - 0.2
    assert accuracy(camera=camera, firmware="2.0") > base - 0.08
    assert accuracy(camera="plant-2/line-3/A", firmware="2.1") > base - 0.12
    assert accuracy(**HARMFUL["confused annotator"]) < base - 0.06


def predictions(demo: Demo, model: str) -> PredictionTable:
    return demo.graph.predictions(demo.graph.prediction_tables(f"Model/{model}")[0])


def test_every_evaluation_has_its_predictions_with_pictures_and_sources(demo: Demo) -> None:
    evaluated = {execution.key for execution in demo.executions() if execution.type == "Evaluate"}
    models = [node for node in demo.graph.find(type="Model") if isinstance(node, Artifact)]
    tables = [table for model in models for table in demo.graph.prediction_tables(model)]

    assert len(tables) == len(evaluated) == sum(len(run.models) + bool(run.champion) for run in RUNS if not run.fails)
    assert all(demo.graph.prediction_tables(model) for model in models)
    table = predictions(demo, "inspector/5")
    assert table.roles == {
        "label": ("label",),
        "prediction": ("prediction",),
        "sample": ("picture",),
        "time": ("time",),
        "source": ("batch", "labels"),
        "unit": ("part",),
    }
    assert table.artifact.custom_properties["sources_unknown"] == 0
    frame = table.frame()
    assert frame["picture"].is_unique
    assert all(Path(picture).is_file() for picture in frame["picture"])
    assert demo.graph.get(f"Metrics/{table.artifact.name}").custom_properties["accuracy"] == pytest.approx(
        (frame["label"] == frame["prediction"]).mean(), rel=1e-5
    )


def columns_of(demo: Demo, model: str) -> tuple[pd.DataFrame, list[str]]:
    table = predictions(demo, model)
    spoken_for = {name for names in table.roles.values() for name in names} - {"time"}
    return table.frame(), [name for name in table.columns if name not in spoken_for]


@pytest.mark.parametrize("unit", [None, "part"])
def test_two_planted_faults_are_what_slicing_finds_and_the_harmless_one_is_cleared(
    demo: Demo, unit: str | None
) -> None:
    frame, columns = columns_of(demo, "inspector/5")

    report = find_slices(frame, outcome=Outcome.errors(), columns=columns, unit=unit)

    found = [{term.column: term.value for term in slice_.predicate} for slice_ in report.slices]
    assert found == [dict(HARMFUL["lost focus"]), dict(HARMFUL["confused annotator"])]
    by_hand = measure_slice(frame, dict(HARMFUL["more scratches"]), outcome=Outcome.errors(), strata="label")
    [adjusted] = by_hand.adjusted
    assert by_hand.p < 0.01
    assert adjusted.crude is not None
    assert adjusted.crude > 1.4
    assert adjusted.interval is not None
    assert adjusted.interval.low < 1 < adjusted.interval.high


def rows_where(analysis: ErrorAnalysis, **where: str) -> list[bool]:
    frame = analysis.frame
    return list(frame[list(where)].eq(pd.Series(where)).all(axis=1))


@pytest.fixture(scope="module")
def analysis(demo: Demo) -> ErrorAnalysis:
    return demo.graph.slices("Model/inspector/5")


def test_joined_to_the_graph_the_two_faults_are_found_and_the_harmless_imbalance_is_cleared(
    analysis: ErrorAnalysis,
) -> None:
    assert analysis.unit == "part"
    found = [rows_of(analysis.encoded, each.predicate).tolist() for each in analysis.slices]
    assert found == [rows_where(analysis, **HARMFUL[name]) for name in ("lost focus", "confused annotator")]
    [adjusted] = analysis.measure(dict(HARMFUL["more scratches"])).adjusted
    assert adjusted.crude is not None
    assert adjusted.crude > 1.4
    assert adjusted.interval is not None
    assert adjusted.interval.low < 1 < adjusted.interval.high


def test_the_first_findings_origin_is_the_setting_and_reaches_other_models_and_live_deployments(
    demo: Demo, analysis: ErrorAnalysis
) -> None:
    first, second = analysis.slices
    origin = analysis.origins(first)[0]
    behind = {(node.type, node.name) for node in (origin.node, *origin.same_rows)}
    assert ("CameraConfig", "plant-2/line-3/B/2") in behind
    assert origin.errors == origin.of == first.errors
    assert [node.type for node in origin.route] == ["Configure", "CameraConfig", "Capture", "CaptureBatch"]
    assert demo.summary.bad_batch_key in {node.key for each in analysis.origins(first) for node in each.same_rows}
    impact = demo.graph.impact(origin.node)
    assert {item.node.name for item in impact.models} == {
        *("inspector/3", "inspector/4", "inspector/5"),
        *("gate/1", "gate/2"),
    }
    assert "plant-2/line-3/5" in {item.node.name for item in impact.live_deployments}
    assert "plant-2/line-4/2" not in {item.node.name for item in impact.deployments}
    annotator = analysis.origins(second)[0]
    assert (annotator.node.type, annotator.node.name) == ("Annotator", "dario")


def test_the_first_finding_has_its_moment(demo: Demo, analysis: ErrorAnalysis) -> None:
    event = analysis.events(analysis.slices[0])[0]

    assert event.at.date().isoformat() == "2026-09-28"
    assert [str(term) for term in event.predicate] == ["Camera is plant-2/line-3/B"]
    assert "Firmware.version: 2.0 to 2.1" in str(event)
    assert event.changes[0].node.key == demo.summary.bad_firmware_key
    assert event.effect.q is not None
    assert event.effect.q < 0.001


def test_the_command_finds_what_the_library_finds(
    analysis: ErrorAnalysis, embedded_target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVGRAPH_URL", embedded_target.url)
    result = CliRunner().invoke(commands, ["slices", "Model/inspector/5", "--json"], prog_name="provgraph")
    found = json.loads(result.stdout)

    assert result.exit_code == 0
    assert [[(term["column"], term["value"]) for term in each["predicate"]] for each in found["slices"]] == [
        [(term.column, term.value) for term in each.predicate] for each in analysis.slices
    ]
    assert found["slices"][0]["origins"][0]["route"]
    assert found["tested"] == analysis.report.tested


def test_the_gate_fails_on_scratches_and_on_the_camera_without_focus(demo: Demo) -> None:
    frame, columns = columns_of(demo, "gate/2")

    report = find_slices(frame, outcome=Outcome.errors(), columns=columns, unit="part")

    found = [{term.column: term.value for term in slice_.predicate} for slice_ in report.slices]
    assert found == [{"surface": "scratch"}, dict(HARMFUL["lost focus"])]


def test_a_second_call_opens_what_is_there(demo: Demo) -> None:
    counted = demo.graph.count()
    began = perf_counter()

    assert build_demo(demo.folder, demo.graph, progress=lambda *_: pytest.fail("made again")) == demo.summary

    assert perf_counter() - began < 1
    assert demo.graph.count() == counted


def test_only_what_this_process_did_is_recorded_with_its_packages(demo: Demo) -> None:
    with_packages = {e.type for e in demo.executions() if "packages" in e.custom_properties}

    assert with_packages == {"Assemble", "Split", "ExtractFeatures", "Train", "Evaluate"}
    assert not any({"host", "user"} & set(e.custom_properties) for e in demo.executions())


def test_the_bad_batch_reaches_models_and_some_of_the_live_deployments(demo: Demo) -> None:
    reached = {(node.type, node.name) for node in demo.graph.downstream(demo.summary.bad_batch_key).nodes}

    assert {name for type_, name in reached if type_ == "Model"} == {
        "inspector/3",
        "inspector/4",
        "inspector/5",
        "gate/1",
        "gate/2",
    }
    assert ("Deployment", "plant-2/line-3/5") in reached
    assert ("Deployment", "plant-2/line-4/2") not in reached


# -- The page Error analysis on it: here, since building a demo takes longer than any other test -----------------------


@pytest.fixture(scope="module")
def dashboard(demo: Demo, embedded_target: Target) -> Iterator[str]:
    """The address of a dashboard on the demo."""
    del demo  # it only has to be there
    with serving(embedded_target.url, 8652) as address:
        yield address


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    with visiting(chromium) as opened:
        yield opened


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_the_page_finds_what_was_planted_in_the_demo_and_clears_what_is_harmless(visit: Visit, dashboard: str) -> None:
    blurred, confused, _, harmless = PLANTED
    page = visit(f"{dashboard}/errors?model=inspector/5")
    photograph(page, "demo-light")
    found = page.get_by_role("option").all_inner_texts()
    assert len(found) == 2
    assert all(value in found[0] for value in blurred.where.values())
    assert all(value in found[1] for value in confused.where.values())
    assert not any(value in line for line in found for value in harmless.where.values())
    assert "Firmware.version 2.1" in (page.locator(".st-key-errors_chart svg").text_content() or "")
    camera = harmless.where["camera"]
    page = visit(
        f"{dashboard}/errors?model=inspector/5&slice={quote(f'camera~is~{camera}')}&view=strata", scheme="dark"
    )
    photograph(page, "demo-harmless-dark")
    verdict = page.locator(".st-key-errors_view_card").inner_text()
    assert "With the same label no difference is left" in verdict
    crude = re.search(r"Without regard to it: ([\d.]+) times", verdict)
    assert crude is not None
    assert float(crude[1]) > 1.3


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_from_the_first_slice_to_the_other_models_and_the_live_deployment(visit: Visit, dashboard: str) -> None:
    page = visit(f"{dashboard}/errors?model=inspector/5")
    first = page.locator(".st-key-errors_origins .stPageLink a").first
    assert "plant-2/line-3/B" in first.inner_text()
    first.click()
    page.wait_for_selector("svg.canvas")
    settle(page)
    assert urlsplit(page.url).path == "/impact"
    tiles = page.locator(".pg-tiles").inner_text()
    assert re.search(r"\d+\s+live deployments?, \d+ reached", tiles)
    reached = page.evaluate(
        "() => [...document.querySelectorAll('*')].map(e => e.shadowRoot).filter(r => r?.querySelector('svg.canvas'))"
        ".flatMap(r => [...r.querySelectorAll('.node')].map(n => n.getAttribute('aria-label')))"
    )
    models = {name.split(",")[0] for name in reached if name.startswith("Model ")}
    assert "Model inspector/5" in models
    assert len(models) > 1
    assert any(name.startswith("Deployment plant-2/line-3/5") for name in reached)


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_the_welcome_and_the_page_of_a_model_lead_here(visit: Visit, dashboard: str) -> None:
    page = visit(f"{dashboard}/")
    page.get_by_role("link", name="Its error analysis").click()
    page.wait_for_selector(READY)
    settle(page)
    assert urlsplit(page.url).path == "/errors"
    page.get_by_role("link", name="Model", exact=True).last.click()
    page.wait_for_selector(".pg-card")
    settle(page)
    page.get_by_role("link", name="Error analysis").last.click()
    page.wait_for_selector(READY)
    settle(page)
    assert urlsplit(page.url).path == "/errors"
