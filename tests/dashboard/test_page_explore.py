"""Overview and Explore: what they say of a store, of an empty one, of one that is away, and of hostile addresses."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import provgraph
from provgraph import Context, Event, EventType, Execution, ExecutionState, Graph, Records
from provgraph.engines.embedded import stop
from provgraph.errors import EngineError
from provgraph.model import Artifact, Association
from provgraph_dashboard import links
from provgraph_dashboard.picture import View
from provgraph_dashboard.scene import Ask, drawn, extend, look, told
from tests.dashboard.conftest import ROOT, SCREENSHOTS
from tests.dashboard.watching import Scheme, watched_tabs
from tests.require import require

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

HOSTILE = '<img src=x onerror="document.title=1">**[x](javascript:1)**'
_CONSUMERS = 400


def fill(graph: Graph, folder: Path) -> None:
    """A pipeline of four steps, one that failed, a hostile name, and a dataset that 400 steps use."""
    data = folder / "data.csv"
    data.write_text("x\n1\n", encoding="utf-8")
    with graph.execution("Prepare", name="Prepare shop/1", pipeline="shop", run="1") as step:
        step.input(data, type="Dataset", name="raw")
        (folder / "ready.csv").write_text("x\n2\n", encoding="utf-8")
        ready = step.output(folder / "ready.csv", type="Dataset", name="ready", version="1", rows=12)
    with graph.execution("Train", pipeline="shop", run="1", parameters={"depth": 8}) as step:
        step.input(ready)
        (folder / "model.bin").write_text("m", encoding="utf-8")
        step.output(folder / "model.bin", type="Model", name="clerk", version="3", accuracy=0.97)
    with (
        pytest.raises(ValueError, match="no columns"),
        graph.execution("Train", name="broken", run="2", pipeline="shop"),
    ):
        raise ValueError("no columns <b>left</b>")
    graph.put_lineage(
        Records(
            artifacts=(
                Artifact(type="Dataset", name=HOSTILE, key="hostile"),
                Artifact(type="Dataset", name="hub", key="hub"),
            ),
            executions=tuple(
                Execution(type="Use", key=f"use {n}", name=f"use {n}", state=ExecutionState.COMPLETE)
                for n in range(_CONSUMERS)
            ),
            contexts=(
                Context(type="Project", name="all uses", key="uses"),
                Context(type="Project", name="bare", key="bare"),
            ),
            events=(
                *(Event(execution=f"use {n}", artifact="hub", type=EventType.INPUT) for n in range(_CONSUMERS)),
                Event(execution="use 0", artifact="hostile", type=EventType.INPUT),
            ),
            associations=tuple(Association(f"use {n}", "uses") for n in range(_CONSUMERS)),
        )
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Graph]]:
    folder = tmp_path_factory.mktemp("explored")
    url = f"embedded:{folder / 'store'}"
    try:
        with provgraph.connect(url, strict=True, start_message=lambda _: None) as graph:
            fill(graph, folder)
            yield url, graph
    except EngineError as error:
        require("engine", str(error))
    finally:
        st.cache_resource.clear()
        stop(folder / "store")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Run one page as the app does, on a store and with a query."""

    def run(name: str, url: str, **query: str) -> AppTest:
        monkeypatch.setenv("PROVGRAPH_URL", url)

        def script(chosen: str) -> None:
            from provgraph_dashboard.navigation import pages
            from provgraph_dashboard.shell import frame

            frame()
            pages()
            from provgraph_dashboard import records
            from provgraph_dashboard.views import explore, overview

            with records.trouble_shown():
                {"overview": overview.page, "explore": explore.page}[chosen](records.graph())

        app = AppTest.from_function(script, kwargs={"chosen": name}, default_timeout=60)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return run


def markup(app: AppTest) -> str:
    bodies = [element.proto.body for element in app.get("html")]
    return "\n".join(body for body in bodies if not body.startswith("<style>"))


# -- what Explore fetches and draws -----------------------------------------------------------------------------------


def test_neighbours_beyond_the_hops_are_counted_and_fetched_on_demand(store: tuple[str, Graph]) -> None:
    _, graph = store
    scene = look(graph, graph.get("Model/clerk/3"), Ask(direction="upstream", hops=2))
    ready = graph.get("Dataset/ready/1")
    assert scene.nodes.keys() == {
        graph.get("Model/clerk/3").ref,
        ready.ref,
        *_steps(scene.nodes, "Train"),
    }
    before = drawn(scene, View()).node(ready.ref)
    assert before is not None
    assert before.hidden_left == 1
    wider = extend(graph, scene, [ready.ref], "left")
    after = drawn(wider, View()).node(ready.ref)
    assert after is not None
    assert after.hidden_left == 0
    assert _steps(wider.nodes, "Prepare")


def _steps(nodes: object, type: str) -> set[str]:
    assert isinstance(nodes, dict)
    return {ref for ref, node in nodes.items() if node.type == type}


def test_a_walk_that_was_cut_says_so(store: tuple[str, Graph]) -> None:
    _, graph = store
    scene = look(graph, graph.get("Dataset/hub"), Ask())
    assert len(scene.nodes) == 300
    whole, sentence = told(scene, drawn(scene, View()))
    assert not whole
    assert "only the nearest 300 nodes" in sentence


def test_asking_a_hub_for_more_brings_new_ones_each_time(store: tuple[str, Graph]) -> None:
    _, graph = store
    hub = graph.get("Dataset/hub")
    scene = look(graph, hub, Ask(direction="downstream", hops=2))
    once = extend(graph, scene, [hub.ref], "right")
    twice = extend(graph, once, [hub.ref], "right")
    assert len(scene.nodes) < len(once.nodes) < len(twice.nodes)


def test_a_complete_walk_says_that_all_is_there(store: tuple[str, Graph]) -> None:
    _, graph = store
    scene = look(graph, graph.get("Model/clerk/3"), Ask(hops=8))
    assert told(scene, drawn(scene, View())) == (
        True,
        "All that is recorded within 8 hops upstream and downstream is here.",
    )


def test_a_context_is_seen_from_its_newest_executions_and_says_of_how_many(store: tuple[str, Graph]) -> None:
    _, graph = store
    scene = look(graph, graph.get("Project/all uses"), Ask(direction="upstream", hops=2))
    whole, sentence = told(scene, drawn(scene, View()))
    assert not whole
    assert f"the newest 20 of {_CONSUMERS} in this context" in sentence
    assert len(_steps(scene.nodes, "Use")) == 20


def test_what_flows_through_types_left_out_is_a_line_past_them(store: tuple[str, Graph]) -> None:
    _, graph = store
    model, raw = graph.get("Model/clerk/3"), graph.get("Dataset/ready/1")
    scene = look(graph, model, Ask(direction="upstream", hops=8, types=("Dataset",)))
    shown = drawn(scene, View())
    assert {node.kind for node in shown.nodes} == {"artifact"}
    assert (raw.ref, model.ref) in {(edge.source, edge.target) for edge in shown.edges}
    assert "of other types are left out" in told(scene, shown)[1]


# -- the panel --------------------------------------------------------------------------------------------------------


def test_a_node_is_compared_with_another_of_its_type(
    store: tuple[str, Graph], page: Callable[..., AppTest], tmp_path: Path
) -> None:
    url, graph = store
    (tmp_path / "new.bin").write_text("n", encoding="utf-8")
    with graph.execution("Train", name="again", run="3") as step:
        step.output(tmp_path / "new.bin", type="Model", name="clerk", version="4", accuracy=0.5)
    app = page("explore", url, focus="Model/clerk/3")
    app.button(key="explore_compare").click().run()
    assert not app.exception
    choice = next(box for box in app.selectbox if box.label == "With which of the newest Model nodes?")
    assert choice.options == [f"clerk/4  ({graph.get('Model/clerk/4').ref})"]
    assert "<b>0.97</b>" in markup(app)
    assert '<span class="pg-mute">0.5</span>' in markup(app)


# -- the pages ------------------------------------------------------------------------------------------------------


def test_overview_shows_counts_runs_failures_and_models(store: tuple[str, Graph], page: Callable[..., AppTest]) -> None:
    app = page("overview", store[0])
    assert not app.exception
    text = markup(app)
    for words in ("artifacts", "Latest runs", "Latest failures", "Latest models", "no columns", "Dataset"):
        assert words in text
    assert "simulated" not in text


def test_search_finds_by_text_and_says_when_nothing_fits(
    store: tuple[str, Graph], page: Callable[..., AppTest]
) -> None:
    app = page("overview", store[0], q="clerk")
    assert "Model" in markup(app)
    app = page("overview", store[0], q="nowhere at all")
    assert "Nothing holds" in markup(app)


def test_empty_store_says_how_to_begin(tmp_path: Path, page: Callable[..., AppTest]) -> None:
    app = page("overview", f"embedded:{tmp_path / 'none'}")
    assert not app.exception
    assert "There is no store in" in markup(app)
    assert "provgraph demo" in "".join(block.value for block in app.code)
    assert not (tmp_path / "none").exists()


def test_store_that_is_away_is_a_screen_with_a_way_on(page: Callable[..., AppTest]) -> None:
    app = page("explore", "bolt://127.0.0.1:1")
    assert not app.exception
    assert "The store does not answer" in markup(app)
    assert [button.label for button in app.button] == ["Try again"]


@pytest.mark.parametrize("focus", ["artifact:999999", "<img src=x onerror=alert(1)>", "x" * 5_000, "artifact:-1"])
def test_unknown_focus_is_refused_calmly(store: tuple[str, Graph], page: Callable[..., AppTest], focus: str) -> None:
    app = page("explore", store[0], focus=focus)
    assert not app.exception
    assert "Nothing in this store is called" in markup(app)
    assert "<img" not in markup(app)


def test_values_of_the_address_that_cannot_be_had_are_left_aside_and_told(
    store: tuple[str, Graph], page: Callable[..., AppTest]
) -> None:
    app = page("explore", store[0], focus="Model/clerk/3", hops="99", dir="sideways", types="Nope")
    assert not app.exception
    assert "left aside" in markup(app)


@pytest.mark.parametrize("focus", ["Model/clerk/3", "broken", "Project/all uses", "Project/bare", "hostile"])
def test_every_kind_of_node_can_be_the_focus(
    store: tuple[str, Graph], page: Callable[..., AppTest], focus: str
) -> None:
    app = page("explore", store[0], focus=focus)
    assert not app.exception
    assert "<img" not in markup(app)


def test_failed_execution_shows_its_message_and_no_traceback(
    store: tuple[str, Graph], page: Callable[..., AppTest]
) -> None:
    text = markup(page("explore", store[0], focus="broken"))
    assert "no columns &lt;b&gt;left" in text
    assert "Traceback" not in text
    assert "raise ValueError" not in text


def test_links_are_paths_that_carry_the_whole_view() -> None:
    link = links.explore("artifact:1", direction="upstream", hops=4, types=["Model", "a b"])
    assert link.href == "/explore?focus=artifact%3A1&dir=upstream&hops=4&types=Model&types=a%20b"
    assert links.overview().href == "/"


# -- in the browser ---------------------------------------------------------------------------------------------------


class Open(Protocol):
    def __call__(self, path: str, *, scheme: Scheme = "light", width: int = 1440) -> Page: ...


@pytest.fixture(scope="module")
def served(store: tuple[str, Graph], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    paths = os.pathsep.join(str(ROOT / part) for part in ("store", "loaders", "dashboard"))
    process = subprocess.Popen(
        [sys.executable, "-m", "provgraph_dashboard", "--no-browser", "--port", "8651", "--url", store[0]],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
        cwd=tmp_path_factory.mktemp("served"),
    )
    assert process.stderr is not None
    found = next(
        (m for line in process.stderr if (m := re.match(r"Dashboard: (http://127\.0\.0\.1:\d+)/", line))), None
    )
    assert found, "the dashboard did not start"
    yield found[1]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)


@pytest.fixture
def visit(chromium: Browser, served: str) -> Iterator[Open]:
    """Open a page of the dashboard; fails at the end if it asked another host for anything or a script failed."""
    with watched_tabs(chromium) as (new_tab, _, _):

        def opened(path: str, *, scheme: Scheme = "light", width: int = 1440) -> Page:
            tab = new_tab(scheme=scheme, width=width)
            tab.goto(served + path)
            return tab

        yield opened


def _shoot(tab: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    tab.wait_for_timeout(800)
    tab.screenshot(path=str(SCREENSHOTS / f"{name}.png"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_explore_fits_the_screen_and_asks_nobody_else(visit: Open, scheme: Scheme) -> None:
    tab = visit("/explore?focus=" + quote("Model/clerk/3"), scheme=scheme)
    tab.wait_for_selector("svg.canvas .node")
    tab.wait_for_selector("text=All that is recorded")
    _shoot(tab, f"explore-{scheme}")
    assert tab.evaluate("(m => m.scrollHeight <= m.clientHeight)(document.querySelector('.stMain'))")


def test_click_shows_the_node_and_double_click_moves_the_focus_with_the_address(visit: Open) -> None:
    tab = visit("/explore?focus=" + quote("Model/clerk/3"))
    tab.wait_for_selector("svg.canvas .node")
    data = tab.locator(".node", has_text="ready")
    data.click()
    tab.wait_for_selector(".st-key-explore_panel h1:has-text('ready/1')")
    data.dblclick()
    tab.wait_for_url(re.compile(r"focus=artifact(%3A|:)\d+"))
    tab.go_back()
    tab.wait_for_url(re.compile("clerk"))


def test_hidden_neighbours_appear_when_asked_for(visit: Open) -> None:
    tab = visit("/explore?hops=2&dir=upstream&focus=" + quote("Model/clerk/3"))
    tab.wait_for_selector("svg.canvas .node")
    assert tab.locator(".node", has_text="Prepare").count() == 0
    tab.locator(".node", has_text="ready").locator(".more").first.click()
    tab.wait_for_selector(".node:has-text('Prepare')")


def test_panel_stands_under_the_graph_where_there_is_no_room_beside_it(visit: Open) -> None:
    tab = visit("/explore?focus=" + quote("Model/clerk/3"), width=1000)
    tab.wait_for_selector("svg.canvas .node")
    tab.wait_for_selector(".st-key-explore_panel h1")
    _shoot(tab, "explore-narrow")
    canvas, panel = tab.locator("svg.canvas").bounding_box(), tab.locator(".st-key-explore_panel").bounding_box()
    assert canvas is not None
    assert panel is not None
    assert panel["y"] > canvas["y"] + canvas["height"]
    assert canvas["width"] > 900


def test_overview_fits_the_screen_and_its_search_is_a_link(visit: Open) -> None:
    tab = visit("/")
    tab.wait_for_selector(".st-key-overview_right")
    tab.wait_for_selector("text=ArcadeDB")
    _shoot(tab, "overview-light")
    assert tab.evaluate("(m => m.scrollHeight <= m.clientHeight)(document.querySelector('.stMain'))")
    tab.fill("input", "onerror")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".st-key-results >> text=onerror=")
    tab.wait_for_url(re.compile("q=onerror"))
    assert tab.title() == "Overview · provgraph"
