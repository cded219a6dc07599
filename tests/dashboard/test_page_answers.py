"""The pages Impact, Model and Runs: what they say of a store, of an empty one, and of addresses that lead nowhere."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

import provgraph
from tests.dashboard.answers import HOSTILE, fill
from tests.dashboard.apps import run_with, words
from tests.dashboard.conftest import SCREENSHOTS
from tests.dashboard.serving import serving
from tests.dashboard.stores import page_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Name = Literal["impact", "model", "runs"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("answers")
    with page_store(folder) as (url, graph):
        fill(graph, folder)
        yield url


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with page_store(tmp_path_factory.mktemp("nothing")) as (url, _):
        yield url


@pytest.fixture
def page(filled: str, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Open a page on the filled store."""
    monkeypatch.setenv("PROVGRAPH_URL", filled)
    return Opener()


@pytest.fixture
def empty_page(empty: str, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Open a page on the empty store."""
    monkeypatch.setenv("PROVGRAPH_URL", empty)
    return Opener()


class Opener:
    def __call__(self, view: Name, **query: str | Sequence[str]) -> AppTest:
        app = AppTest.from_function(_script, default_timeout=60)
        app.session_state["view"] = view
        return run_with(app, query)


def _script() -> None:  # runs alone, in Streamlit: with its own imports
    import streamlit as st

    from provgraph_dashboard import records
    from provgraph_dashboard.navigation import pages
    from provgraph_dashboard.views import impact, model, runs

    st.navigation(list(pages().values()), position="hidden")
    with records.trouble_shown():
        {"impact": impact, "model": model, "runs": runs}[st.session_state["view"]].page(records.graph())


# -- Impact -------------------------------------------------------------------------------------------------------


def test_impact_says_what_a_capture_batch_reaches_and_that_it_is_all(page: Opener, filled: str) -> None:
    app = page("impact", node="line-3/2026-W40/1")
    said = words(app)
    assert "If line-3/2026-W40/1 changed" in said
    assert "1 live deployment, 2 reached" in said
    assert "3 models" in said
    assert re.search(r"Complete: \d+ nodes and \d+ links walked, nothing left out\.", said)
    table = app.dataframe[0].value
    with provgraph.connect(filled) as graph:
        answer = graph.impact("line-3/2026-W40/1")
    rows = answer.rows()
    assert len(table) == len(rows)
    assert [f"/explore?focus={quote(str(row['id']))}" for row in rows] == list(table["open"])
    assert list(table["hops"]) == [row["hops"] for row in rows]
    assert list(table["live"])[:2] == ["live now", "no longer"]
    assert list(table["route"].iloc[0])[-2:] == ["inspector/3", "line-3/3"]
    lines = list(csv.DictReader(io.StringIO(answer.to_csv())))
    assert [line["id"] for line in lines] == [row["id"] for row in rows]
    assert len(app.get("download_button")) == 1


def test_impact_of_several_nodes_names_them(page: Opener) -> None:
    app = page("impact", node=["surface-train/1", "surface-train/3", "surface-train/1"])
    assert "If surface-train/1 and surface-train/3 changed" in words(app)


def test_impact_of_what_nobody_uses_says_so_and_offers_no_csv(page: Opener) -> None:
    app = page("impact", node="never-used/1")
    assert "Nothing is affected" in words(app)
    assert list(app.get("download_button")) == []
    assert list(app.dataframe) == []


def test_impact_too_large_to_draw_is_a_summary_with_the_way_to_all(
    page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provgraph.tracing.impact.DETAILS_UP_TO", 3)
    app = page("impact", node="line-3/2026-W40/1")
    assert "artifacts are reached: this is the summary" in words(app)
    assert "hops: not counted in a summary" in words(app)
    assert list(app.dataframe[0].value.columns) == ["what", "type", "state", "live", "open"]
    everything = page("impact", node="line-3/2026-W40/1", details="all")
    assert "hops to the farthest" in words(everything)


def test_impact_without_a_node_offers_the_newest_data_and_a_search(page: Opener) -> None:
    app = page("impact")
    assert "What would a change reach?" in words(app)
    assert any("2026" in link.proto.label for link in app.get("page_link"))
    app.text_input[0].set_value("no such thing").run()
    assert "Nothing fits" in words(app)


@pytest.mark.parametrize(
    "node", ["artifact:999999", "nothing/like/this", "<script>alert(1)</script>", "x" * 5000, "' OR 1=1 --"]
)
def test_impact_refuses_an_unknown_node_calmly_with_the_way_back(page: Opener, node: str) -> None:
    app = page("impact", node=node)
    assert "Nothing in this store is called" in words(app)
    assert len(app.get("page_link")) == 1


def test_impact_refuses_too_many_nodes(page: Opener) -> None:
    assert "are too many" in words(page("impact", node=[f"artifact:{i}" for i in range(60)]))


def test_a_choice_of_routes_is_offered_only_where_there_are_several(page: Opener) -> None:
    assert "routes" not in words(page("impact", node="surface-train/1"))
    assert "2 routes" in words(page("impact", node="surface-train/3"))


# -- Model --------------------------------------------------------------------------------------------------------


def test_the_model_card_answers_six_questions(page: Opener) -> None:
    said = words(page("model", model="inspector/3"))
    for expected in (
        "surface-train/3 made from 1 CaptureBatch",
        "503 rows",
        "depth 12 · seed 17",
        "1 of 2 values differ from inspector/1",
        "inspection run inspection/2026-11-03, 4 steps",
        "not recorded",
        "train 2",
        "MemoryError: batch of 512 does not fit",
        "inspector/3 to line-3",
        "this version is live",
    ):
        assert expected in said


def test_the_newest_model_comes_first_and_all_can_be_chosen(page: Opener) -> None:
    app = page("model")
    assert len(app.selectbox[0].options) == 3
    assert app.selectbox[0].index == 0


def test_what_is_not_recorded_says_what_to_record(page: Opener) -> None:
    said = words(page("model", model="inspector/1"))
    assert "To know it next time: record with graph.execution(...)" in said


def test_a_model_page_of_something_else_is_refused(page: Opener) -> None:
    with_context = page("model", model="Pipeline/inspection")
    assert "cannot be shown here" in words(with_context)
    assert "Nothing in this store is called" in words(page("model", model="artifact:424242"))


# -- Runs ---------------------------------------------------------------------------------------------------------


def test_runs_are_listed_newest_first_with_states_and_durations(page: Opener) -> None:
    app = page("runs")
    assert "3 runs, 1 failed" in words(app)
    table = app.dataframe[0].value
    assert list(table["run"]) == ["2026-11-03", "2026-11-02", "2026-11-01"]
    assert list(table["state"]) == ["● complete", "✕ failed", "● complete"]
    assert list(table["steps"]) == [4, 2, 4]
    assert table["took"][0] == "5 min"


def test_a_failed_run_shows_its_error_and_the_inputs_of_the_step_that_failed(page: Opener) -> None:
    app = page("runs", run="inspection/2026-11-02")
    said = words(app)
    assert "train 2 failed MemoryError: batch of 512 does not fit" in said
    assert "1 input, 1 really used" in said
    assert "surface-train/2 Dataset used" in said
    assert list(app.dataframe[1].value["step"])[1] == "train 2"


def test_two_runs_stand_side_by_side_and_equal_values_can_be_hidden(page: Opener) -> None:
    app = page("runs", run="inspection/2026-11-03", against="inspection/2026-11-01")
    said = words(app)
    assert "Parameters 1 changed, 1 equal" in said
    assert "depth 4 12" in said
    assert "seed" not in said
    assert "accuracy 0.91 0.93" in said
    app.toggle[0].set_value(False).run()
    assert "seed 17 17" in words(app)


def test_a_run_that_is_none_is_refused(page: Opener) -> None:
    assert "is no run" in words(page("runs", run="Endpoint/line-3"))
    assert "Nothing in this store is called" in words(page("runs", run="<b>x</b>"))
    assert "Nothing in this store is called" in words(page("runs", pipeline="context:99999"))


@pytest.mark.parametrize("view", ["impact", "model", "runs"])
def test_an_empty_store_says_what_to_do(empty_page: Opener, view: Name) -> None:
    app = empty_page(view)
    assert "Nothing is recorded in this store yet." in words(app)
    assert any("provgraph load" in block.value for block in app.code)


# -- In the browser -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(filled: str) -> Iterator[str]:
    with serving(filled, 8631) as found:
        yield found


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "path", "shown"),
    [
        ("impact", "/impact?node=line-3/2026-W40/1", "svg.canvas"),
        ("model", "/model?model=inspector/3", ".pg-card .pg-table"),
        ("runs", "/runs?run=inspection/2026-11-02", "svg.canvas"),
        ("runs-compared", "/runs?run=inspection/2026-11-03&against=inspection/2026-11-01", ".pg-compare"),
    ],
)
def test_pages_fit_the_window_and_ask_nobody_else(
    chromium: Browser, address: str, name: str, path: str, shown: str, scheme: Literal["light", "dark"]
) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    opened = context.new_page()
    asked: list[str] = []
    errors: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(address + path)
    opened.wait_for_selector(shown)
    opened.wait_for_selector('[data-testid="stSpinner"]', state="detached")
    opened.wait_for_function("() => document.fonts.status === 'loaded'")
    opened.wait_for_timeout(300)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    opened.screenshot(path=SCREENSHOTS / f"page-{name}-{scheme}.png")
    tall, wide = opened.evaluate(
        "() => { const m = document.querySelector('.stMain');"
        " return [m.scrollHeight - m.clientHeight, m.scrollWidth - m.clientWidth]; }"
    )
    context.close()
    assert (tall, wide) == (0, 0)
    assert {urlsplit(url).hostname for url in asked if urlsplit(url).scheme not in ("data", "blob")} == {"127.0.0.1"}
    assert errors == []


def _lit(opened: Page) -> set[str]:
    found: list[str] = opened.evaluate(
        "() => { const roots = [...document.querySelectorAll('*')].map(e => e.shadowRoot);"
        " const root = roots.find(r => r?.querySelector('svg.canvas'));"
        " return [...root.querySelectorAll('.node:not(.dim)')].map(n => n.getAttribute('aria-label')); }"
    )
    return {label.split(",")[0] for label in found}


@pytest.mark.browser
def test_the_first_row_lights_its_route_and_a_click_on_another_node_lights_its_own(
    chromium: Browser, address: str
) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.goto(f"{address}/impact?node=line-3/2026-W40/1")
    opened.wait_for_selector("svg.canvas")
    opened.wait_for_timeout(500)
    assert "Deployment line-3/3" in _lit(opened)
    assert "Deployment line-3/1" not in _lit(opened)
    opened.locator('[aria-label^="Deployment line-3/1"]').click()
    opened.wait_for_timeout(1500)
    assert "Deployment line-3/1" in _lit(opened)
    assert "Deployment line-3/3" not in _lit(opened)
    context.close()


@pytest.mark.browser
def test_a_hostile_name_is_only_text(chromium: Browser, address: str) -> None:
    context = chromium.new_context()
    opened = context.new_page()
    for path in (f"/model?model={quote(HOSTILE + '/1')}", "/impact?node=inspector/3", f"/impact?node={quote(HOSTILE)}"):
        opened.goto(address + path)
        opened.wait_for_selector(".pg-block")
        opened.wait_for_timeout(1500)
        assert opened.evaluate("() => window.hacked") is None
        assert opened.locator(".pg-block img").count() == 0
    context.close()
