"""Certain and possible on the pages: the switch, what it leaves out, how links are drawn, and who says them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import pytest
from streamlit.testing.v1 import AppTest

from provgraph import Artifact, Context, Event, EventType, Execution, ExecutionState, Graph, Records
from provgraph.model import Attribution, Certainty
from provgraph.tracing.lineage import Edge
from provgraph_dashboard.picture import View
from provgraph_dashboard.said import who_says_so
from provgraph_dashboard.scene import Ask, drawn, extend, look, told
from tests.dashboard.apps import run_with, words
from tests.dashboard.conftest import SCREENSHOTS
from tests.dashboard.serving import serving
from tests.dashboard.stores import page_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Name = Literal["explore", "impact", "model"]
ARTIFACTS = {
    "batch": "CaptureBatch",
    "surface/3": "Dataset",
    "extra/1": "Dataset",
    "inspector/7": "Model",
    "inspector/8": "Model",
    "line-1/7": "Deployment",
    "line-2/8": "Deployment",
    "draft/1": "Model",
}
EXECUTIONS = {
    "assemble": "Assemble",
    "train-7": "Train",
    "train-8": "Train",
    "train-9": "Train",
    "deploy-7": "Deploy",
    "deploy-8": "Deploy",
}
FLOWS = (
    "batch > assemble",
    "assemble > surface/3",
    "surface/3 > train-7",
    "train-7 > inspector/7",
    "surface/3 ? train-8",
    "extra/1 > train-8",
    "train-8 > inspector/8",
    "surface/3 > train-9",
    "train-9 : draft/1",
    "inspector/7 > deploy-7",
    "deploy-7 > line-1/7",
    "inspector/8 > deploy-8",
    "deploy-8 > line-2/8",
)


def fill(graph: Graph) -> None:
    """Two models, one of which took the data only possibly; a third is still being made; both models are live."""
    events: list[Event] = []
    for flow in FLOWS:
        source, sign, target = flow.split()
        made = source in EXECUTIONS
        events.append(
            Event(
                artifact=target if made else source,
                execution=source if made else target,
                type=EventType.PENDING_OUTPUT if sign == ":" else EventType.OUTPUT if made else EventType.INPUT,
                possible=sign == "?",
                certainty=Certainty.INFERRED if sign == "?" else Certainty.DECLARED,
                recorded_by="openlineage/plant",
            )
        )
    graph.put_lineage(
        Records(
            artifacts=[
                Artifact(type=type_, name=name, key=name, family=name.partition("/")[0] if type_ == "Model" else None)
                for name, type_ in ARTIFACTS.items()
            ],
            executions=[
                Execution(type=type_, name=name, key=name, state=ExecutionState.COMPLETE, ended_at=9)
                for name, type_ in EXECUTIONS.items()
            ],
            contexts=[Context(type="Endpoint", name=name, key=name) for name in ("line-1", "line-2")],
            events=events,
            attributions=[Attribution("line-1/7", "line-1"), Attribution("line-2/8", "line-2")],
            recorded_from="/events/november.jsonl",
        )
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Graph]]:
    with page_store(tmp_path_factory.mktemp("certain")) as (url, graph):
        fill(graph)
        yield url, graph


@pytest.fixture
def page(store: tuple[str, Graph], monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Run one page as the app does, with a query."""
    monkeypatch.setenv("PROVGRAPH_URL", store[0])

    def run(name: Name, **query: str) -> AppTest:
        def script(chosen: str) -> None:
            from provgraph_dashboard.navigation import pages
            from provgraph_dashboard.shell import frame

            frame()
            pages()
            from provgraph_dashboard import records
            from provgraph_dashboard.views import explore, impact, model

            with records.trouble_shown():
                {"explore": explore.page, "impact": impact.page, "model": model.page}[chosen](records.graph())

        return run_with(AppTest.from_function(script, kwargs={"chosen": name}, default_timeout=60), query)

    return run


# -- the pages --------------------------------------------------------------------------------------------------------


def test_the_switch_on_explore_leaves_out_what_is_only_possible_and_says_so(page: Callable[..., AppTest]) -> None:
    every = page("explore", focus="surface/3")
    assert "3 nodes are only possibly reached" in words(every)
    assert every.toggle(key="certain").value is False
    sure = every.toggle(key="certain").set_value(True).run()
    assert "1 possible link was not followed" in words(sure)
    assert "8 of 8 drawn" in words(sure)
    assert page("explore", focus="surface/3", certain="true").toggle(key="certain").value is True


def test_an_address_that_says_something_else_is_left_aside_and_told(page: Callable[..., AppTest]) -> None:
    found = page("explore", focus="surface/3", certain="<b>perhaps")
    assert "The address names certain=" in words(found)
    assert "<b>perhaps" not in words(found)
    assert found.toggle(key="certain").value is False


def test_impact_counts_certain_and_possible_apart(page: Callable[..., AppTest]) -> None:
    every = words(page("impact", node="batch"))
    assert "live of 2 deployments, 1 possibly" in every
    assert "models, 1 only possibly" in every
    assert "1 possible link makes the difference" in every
    sure = words(page("impact", node="batch", certain="true"))
    assert "live deployment, 1 reached" in sure
    assert "only possibly" not in sure
    assert "Not complete" in sure


def test_a_model_says_which_of_its_answers_are_only_possible(page: Callable[..., AppTest]) -> None:
    every = words(page("model", model="inspector/8"))
    assert "surface/3 (only possibly), extra/1" in every
    assert "made from 1 CaptureBatch, 1 of them only possibly" in every
    assert "surface/3 possible Dataset" in every
    sure = words(page("model", model="inspector/8", certain="true"))
    assert "surface/3" not in sure
    assert "extra/1" in sure


# -- what Explore fetches ---------------------------------------------------------------------------------------------


def test_a_certain_scene_offers_no_neighbours_that_it_would_not_fetch(store: tuple[str, Graph]) -> None:
    _, graph = store
    data = graph.get("surface/3")
    scene = look(graph, data, Ask(direction="downstream", hops=2, certain=True))
    node = drawn(scene, View()).node(data.ref)
    assert node is not None
    assert node.hidden_right == 0
    assert extend(graph, scene, [data.ref], "right").nodes.keys() == scene.nodes.keys()
    whole, sentence = told(scene, drawn(scene, View()))
    assert not whole
    assert "possible link" in sentence


# -- who says so ------------------------------------------------------------------------------------------------------


def test_links_alike_are_counted_by_who_said_them_and_how_sure(store: tuple[str, Graph]) -> None:
    _, graph = store
    data = graph.get("surface/3")
    said = str(who_says_so(data, graph.lineage(data).edges))
    place = "openlineage/plant (/events/november.jsonl), known since "
    assert f"<dt>used by</dt><dd>2 declared by {place}" in said
    assert f"<dt>possibly used by</dt><dd>1 inferred by {place}" in said
    assert f"<dt>made by</dt><dd>1 declared by {place}" in said


def test_a_link_that_nobody_signed_and_a_hostile_name_are_shown_as_text() -> None:
    node = Artifact(type="T", id=1)
    edges = [
        Edge("INPUT", "artifact:1", "execution:2"),
        Edge("SAME_AS", "artifact:1", "artifact:3", certainty="inferred", recorded_by="<script>"),
        Edge("SAME_AS", "artifact:3", "artifact:1", certainty="inferred", recorded_by="<script>"),
    ]
    said = str(who_says_so(node, edges))
    assert "1 recorded by somebody who left no name" in said
    assert "<dt>same as</dt><dd>1 inferred by &lt;script&gt;" in said
    assert who_says_so(node, []) is None


# -- in the browser ---------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_possible_links_are_dashed_pending_ones_dotted_with_a_legend_and_words_in_the_table(
    chromium: Browser, store: tuple[str, Graph]
) -> None:
    with serving(store[0], 8768) as address:
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        opened = context.new_page()
        for name, path in (("explore", "/explore?focus=surface/3&hops=8"), ("impact", "/impact?node=batch")):
            opened.goto(address + path)
            opened.wait_for_selector("svg.canvas")
            opened.wait_for_timeout(700)
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            opened.screenshot(path=SCREENSHOTS / f"certain-{name}.png")
            dashes = {
                style: opened.locator(f"svg.canvas .style-{style} .line").first.evaluate(
                    "line => getComputedStyle(line).strokeDasharray"
                )
                for style in ("flow", "possible", "pending")
            }
            assert dashes["flow"] == "none"
            assert len(set(dashes.values())) == 3
            legend = opened.locator(".legend").inner_text()
            assert "possible" in legend
            assert "pending output" in legend
            assert opened.locator("svg.canvas .style-possible").count() == 1
            tall = opened.evaluate(
                "() => { const m = document.querySelector('.stMain'); return m.scrollHeight - m.clientHeight; }"
            )
            assert tall == 0
            opened.locator('[data-do="table"]').click()
            table = opened.locator(".sheet").inner_text()
            assert "(possible)" in table
            assert "(pending output)" in table
        opened.goto(f"{address}/explore?focus=surface/3")
        opened.wait_for_selector("svg.canvas")
        opened.get_by_text("Certain only", exact=True).click()
        opened.wait_for_function("() => location.search.includes('certain=true')")
        opened.wait_for_function(
            "() => ![...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('.style-possible'))"
        )
        context.close()
