"""The page Error analysis in a browser: how it looks and what can be clicked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

import provgraph
from provgraph.engines.embedded import stop
from provgraph.errors import EngineError
from tests.dashboard.error_tables import Filled, fill
from tests.dashboard.serving import serving
from tests.dashboard.visiting import READY, Scheme, Visit, photograph, settle, visiting
from tests.require import require

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Filled]]:
    """The address of a dashboard on tables of every kind."""
    folder = tmp_path_factory.mktemp("tables")
    url = f"embedded:{folder / 'store'}"
    try:
        with provgraph.connect(url, strict=True, start_message=lambda _: None) as graph:
            filled = fill(graph, folder)
            with serving(url, 8651) as address:
                yield address, filled
    except EngineError as error:
        require("engine", str(error))
    finally:
        stop(folder / "store")


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Open a page; fails at the end if it asked another host for anything, or an error was raised in it."""
    with visiting(chromium) as opened:
        yield opened


def asked_for(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def overflow(page: Page) -> tuple[int, int]:
    tall, wide = page.evaluate(
        "() => { const m = document.querySelector('.stMain');"
        " return [m.scrollHeight - m.clientHeight, m.scrollWidth - m.clientWidth]; }"
    )
    return tall, wide


# -- How it looks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["map", "confusion", "strata"])
def test_the_page_fits_the_window(visit: Visit, plain: tuple[str, Filled], view: str, scheme: Scheme) -> None:
    address, tables = plain
    page = visit(f"{address}/errors?predictions={tables.sound}&view={view}", scheme=scheme)
    photograph(page, f"{view}-{scheme}")
    assert overflow(page) == (0, 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_stacks_the_cards(visit: Visit, plain: tuple[str, Filled], scheme: Scheme) -> None:
    address, tables = plain
    page = visit(f"{address}/errors?predictions={tables.sound}", scheme=scheme, width=1000, height=800)
    photograph(page, f"narrow-{scheme}")
    assert overflow(page)[1] == 0
    left = page.locator(".st-key-errors_chart").bounding_box()
    right = page.locator(".st-key-errors_view_card").bounding_box()
    assert left is not None
    assert right is not None
    assert right["y"] > left["y"] + left["height"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["noise", "losses", "missing", "changed"])
def test_other_tables_are_shown_calmly(visit: Visit, plain: tuple[str, Filled], kind: str, scheme: Scheme) -> None:
    address, tables = plain
    page = visit(f"{address}/errors?predictions={getattr(tables, kind)}", scheme=scheme)
    photograph(page, f"{kind}-{scheme}")
    assert overflow(page) == (0, 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_models_side_by_side(visit: Visit, plain: tuple[str, Filled], scheme: Scheme) -> None:
    address, tables = plain
    page = visit(f"{address}/errors?predictions={tables.sound}&against=reader/1&listed=worse", scheme=scheme)
    photograph(page, f"compared-{scheme}")
    assert overflow(page) == (0, 0)
    assert page.get_by_role("option").first.inner_text().startswith("Camera C2")


# -- What can be done ---------------------------------------------------------------------------------------------


def test_arrow_keys_choose_a_slice_and_the_address_follows(visit: Visit, plain: tuple[str, Filled]) -> None:
    address, tables = plain
    page = visit(f"{address}/errors?predictions={tables.sound}&slice=camera~is~C1")
    options = page.get_by_role("option")
    assert options.nth(1).get_attribute("aria-selected") == "true"
    page.get_by_role("listbox").focus()
    page.keyboard.press("ArrowUp")
    assert options.nth(0).get_attribute("aria-selected") == "true"
    settle(page)
    assert asked_for(page)["slice"] == ["Camera~is~C2", "Capture.firmware~is~2.1"]
    assert "of 210 rows wrong" in page.locator(".st-key-errors_detail").inner_text()


def test_a_click_on_a_cell_filters_the_chart_and_clear_takes_it_back(visit: Visit, plain: tuple[str, Filled]) -> None:
    address, tables = plain
    page = visit(f"{address}/errors?predictions={tables.sound}")
    page.locator("button.cell").nth(0).click()
    settle(page)
    assert asked_for(page)["cell"] == ["Camera~is~C0", "Capture.firmware~is~2.0"]
    assert "cell of the map" in page.locator(".st-key-errors_chart").inner_text()
    assert page.locator("button.cell[aria-pressed=true]").count() == 1
    photograph(page, "cell-light")
    page.get_by_role("button", name="Clear").click()
    settle(page)
    assert "cell" not in asked_for(page)
    assert page.locator("button.cell[aria-pressed=true]").count() == 0


def test_a_slice_is_made_by_hand_in_the_form(visit: Visit, plain: tuple[str, Filled]) -> None:
    address, tables = plain
    page = visit(
        f"{address}/errors?predictions={tables.sound}&slice=camera~is~C2&slice=exposure~over~12", scheme="dark"
    )
    page.get_by_role("button", name="By hand").click()
    field = page.get_by_label("Number")
    field.wait_for()
    field.fill("11")
    field.press("Enter")
    settle(page)
    photograph(page, "by-hand-dark")
    page.get_by_role("button", name="Measure").click()
    settle(page)
    assert asked_for(page)["slice"] == ["camera~is~C2", "exposure~over~11"]
    assert "by hand" in page.get_by_role("option").last.inner_text()


def test_a_slice_can_be_shared_as_a_link(visit: Visit, plain: tuple[str, Filled]) -> None:
    address, tables = plain
    query = "&slice=camera~is~C1~C2&view=strata&strata=exposure&every=week"
    page = visit(f"{address}/errors?predictions={tables.sound}{query}")
    assert "C1 or C2" in page.get_by_role("option").last.inner_text()
    assert "With the same exposure" in page.locator(".st-key-errors_view_card").inner_text()
    assert "Errors per week" in page.locator(".st-key-errors_chart").inner_text()


def test_names_from_the_store_never_become_markup(visit: Visit, plain: tuple[str, Filled]) -> None:
    address, tables = plain
    page = visit(f"{address}/errors?predictions={tables.losses}")
    for view in ("map", "strata"):
        page.goto(f"{address}/errors?predictions={tables.losses}&view={view}")
        page.wait_for_selector(READY)
        settle(page)
        assert page.evaluate("() => window.hacked") is None
        assert page.locator("img[src=x]").count() == 0
        assert "onerror" in page.get_by_role("option").first.inner_text()
