"""The page Coverage: what it says of a store, of an empty one, of one pipeline, and of addresses that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from provgraph import Execution
from provgraph.coverage.kinds import CoveragePart
from provgraph_dashboard.coverage.pipelines import column_widths
from tests.dashboard.answers import HOSTILE, fill
from tests.dashboard.apps import run_with, words
from tests.dashboard.serving import serving
from tests.dashboard.stores import page_store
from tests.dashboard.visiting import Scheme, settle, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a store with runs, models and deployments, none of which says which code ran."""
    folder = tmp_path_factory.mktemp("coverage")
    with page_store(folder) as (url, graph):
        fill(graph, folder)
        yield url


def _script() -> None:  # runs alone, in Streamlit: with its own imports
    import streamlit as st

    from provgraph_dashboard import records
    from provgraph_dashboard.navigation import pages
    from provgraph_dashboard.views import coverage

    st.navigation(list(pages().values()), position="hidden")
    with records.trouble_shown():
        coverage.page(records.graph())


def opened(url: str, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    monkeypatch.setenv("PROVGRAPH_URL", url)
    return run_with(AppTest.from_function(_script, default_timeout=60), query)


def test_page_has_the_score_the_pipelines_and_each_gap_with_its_line(
    filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(filled, monkeypatch)
    text = words(app)
    assert "covered:" in text
    assert "0 / 12 executions of committed code" in text
    [table] = app.dataframe
    assert sorted(table.value["pipeline"]) == ["inspection", "no pipeline"]
    assert [box.label for box in app.expander] == ["12 executions without a code version"]
    assert 'git init && git add --all && git commit --message "First version"' in [code.value for code in app.code]
    assert "10 of 12" in text
    assert "Only what is recorded is counted" in text


def test_every_node_of_a_gap_is_a_link_on_demand(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nodes(app: AppTest) -> int:
        return sum("focus=execution" in link.proto.page + link.proto.query_string for link in app.get("page_link"))

    app = opened(filled, monkeypatch)
    [more] = [button for button in app.button if button.label.startswith("Show ")]
    assert (more.label, nodes(app)) == ("Show 2 more", 10)
    more.click().run()
    assert nodes(app) == 12
    assert not [button for button in app.button if button.label.startswith("Show ")]
    assert "10 of 12" not in words(app)


@pytest.mark.parametrize("counts", [8, 120, 9_999])
def test_all_parts_of_a_table_fit_a_window_of_1000_pixels_up_to_hundreds(counts: int) -> None:
    of = f"{counts:,} / {counts:,}"
    parts = [part.word for part in CoveragePart]
    row: dict[str, object] = {
        "pipeline": "p" * 60,
        "covered": 50,
        "met": of,
        "steps": counts,
        **dict.fromkeys(parts, of),
    }
    widths = column_widths([row], parts)
    assert list(widths) == ["pipeline", *parts, "covered", "met", "steps"]
    assert (sum(widths.values()) <= 936) == (counts < 1_000)
    assert 150 <= widths["pipeline"] <= 230


def test_one_pipeline_alone_has_its_own_numbers_and_the_way_back(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled, monkeypatch, pipeline="Pipeline/inspection")
    assert "Coverage of inspection" in words(app)
    assert "0 / 10 executions of committed code" in words(app)
    assert len(app.dataframe) == 0
    assert "All pipelines" in [link.proto.label for link in app.get("page_link")]


def test_choosing_a_pipeline_leads_to_its_address(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled, monkeypatch)
    [choice] = app.selectbox
    assert choice.options == ["inspection"]


@pytest.mark.parametrize(
    "value", ["nothing of that name", HOSTILE, "x" * 3_000, "artifact:1", "Run/inspection/2026-11-01"]
)
def test_addresses_that_name_no_pipeline_are_refused_calmly(
    filled: str, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    app = opened(filled, monkeypatch, pipeline=value)
    assert "covered" not in words(app)
    assert len(app.get("page_link")) >= 1


def test_an_empty_store_says_how_to_begin_and_one_without_gaps_that_it_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with page_store(tmp_path) as (url, graph):
        assert "Nothing is recorded in this store yet" in words(opened(url, monkeypatch))
        graph.put(Execution(type="Step", key="e", custom_properties={"git_commit": "c" * 40}))
        app = opened(url, monkeypatch)
        assert "No gaps" in words(app)
        assert len(app.expander) == 0


def test_a_store_that_is_away_is_a_screen_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("bolt://127.0.0.1:1", monkeypatch)
    assert "The store does not answer" in words(app)


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_page_stays_in_its_width_and_links_to_the_nodes(filled: str, chromium: Browser) -> None:
    looks: tuple[tuple[Scheme, int], ...] = (("light", 1440), ("dark", 1000))
    with serving(filled, 8663) as address, visiting(chromium) as visit:
        for scheme, width in looks:
            page = visit(f"{address}/coverage", scheme=scheme, width=width, height=900)
            wide = page.evaluate(
                "() => { const m = document.querySelector('.stMain'); return m.scrollWidth - m.clientWidth; }"
            )
            assert wide == 0
            page.wait_for_selector("[data-testid=stDataFrame]")
            page.locator("[class*=st-key-coverage_nodes] a").first.click()
            page.wait_for_url("**/explore?focus=execution*")
            settle(page)
