"""The page Error analysis in a browser: how it looks, what can be clicked, and what it finds in the demo."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import parse_qs, quote, urlsplit

import pytest

import provgraph
from provgraph.demo import build_demo
from provgraph.demo.plant import PLANTED
from provgraph.engines.embedded import stop
from provgraph.errors import EngineError
from tests.dashboard.conftest import SCREENSHOTS
from tests.dashboard.error_tables import Filled, fill
from tests.dashboard.serving import serving
from tests.require import require

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

Scheme = Literal["light", "dark"]
READY = ".st-key-errors_origins h2"


class Visit(Protocol):
    def __call__(self, path: str, *, scheme: Scheme = "light", width: int = 1440, height: int = 900) -> Page: ...


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


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard on the demo."""
    folder = tmp_path_factory.mktemp("demo")
    url = f"embedded:{folder / 'store'}"
    try:
        with provgraph.connect(url, strict=True, start_message=lambda _: None) as graph:
            build_demo(folder / "plant", graph)
            with serving(url, 8652) as address:
                yield address
    except EngineError as error:
        require("engine", str(error))
    finally:
        stop(folder / "store")


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Open a page; fails at the end if it asked another host for anything, or an error was raised in it."""
    asked: list[str] = []
    errors: list[str] = []
    close: list[Callable[[], None]] = []

    def opened(path: str, *, scheme: Scheme = "light", width: int = 1440, height: int = 900) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        close.append(context.close)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        page.wait_for_selector(f"{READY}, .pg-notice, .pg-empty, .pg-tiles", timeout=60_000)
        settle(page)
        page.wait_for_function("() => document.fonts.status === 'loaded'")
        return page

    yield opened
    for closer in close:
        closer()
    hosts = {urlsplit(url).hostname for url in asked if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {"127.0.0.1"}
    assert errors == []


def settle(page: Page) -> None:
    """Wait until nothing runs any more."""
    page.wait_for_timeout(400)
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached", timeout=60_000)
    page.wait_for_timeout(600)


def photograph(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"errors-{name}.png")


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


# -- The demo -----------------------------------------------------------------------------------------------------


def test_the_page_finds_what_was_planted_in_the_demo_and_clears_what_is_harmless(visit: Visit, demo: str) -> None:
    blurred, confused, _, harmless = PLANTED
    page = visit(f"{demo}/errors?model=inspector/5")
    photograph(page, "demo-light")
    found = page.get_by_role("option").all_inner_texts()
    assert len(found) == 2
    assert all(value in found[0] for value in blurred.where.values())
    assert all(value in found[1] for value in confused.where.values())
    assert not any(value in line for line in found for value in harmless.where.values())
    assert "Firmware.version 2.1" in (page.locator(".st-key-errors_chart svg").text_content() or "")
    camera = harmless.where["camera"]
    page = visit(f"{demo}/errors?model=inspector/5&slice={quote(f'camera~is~{camera}')}&view=strata", scheme="dark")
    photograph(page, "demo-harmless-dark")
    verdict = page.locator(".st-key-errors_view_card").inner_text()
    assert "With the same label no difference is left" in verdict
    crude = re.search(r"Without regard to it: ([\d.]+) times", verdict)
    assert crude is not None
    assert float(crude[1]) > 1.3


def test_from_the_first_slice_to_the_other_models_and_the_live_deployment(visit: Visit, demo: str) -> None:
    page = visit(f"{demo}/errors?model=inspector/5")
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


def test_the_welcome_and_the_page_of_a_model_lead_here(visit: Visit, demo: str) -> None:
    page = visit(f"{demo}/")
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
