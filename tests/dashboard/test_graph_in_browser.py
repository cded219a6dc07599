"""The lineage graph in a real browser: mouse, keyboard, colours, words, and what it must never do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import pytest

from tests.dashboard.conftest import SCREENSHOTS, Open
from tests.dashboard.gallery.scenes import HOSTILE, SCENES

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

PLANT = SCENES["plant"]
REF = {node.name: node.ref for node in PLANT.nodes}


def node(page: Page, id_: str) -> Locator:
    return page.locator(f'.node[data-id="{id_}"]')


def classes(page: Page, id_: str) -> set[str]:
    return set((node(page, id_).get_attribute("class") or "").split())


def says(page: Page, words: str) -> None:
    page.get_by_text(words, exact=True).wait_for(timeout=10_000)


def view_box(page: Page) -> list[float]:
    return [float(part) for part in (page.locator("svg.canvas").get_attribute("viewBox") or "").split()]


def on_screen(page: Page, id_: str) -> tuple[float, float]:
    box = node(page, id_).locator(".box").bounding_box()
    assert box is not None
    return box["x"], box["y"]


def empty_spot(page: Page) -> tuple[float, float]:
    frame = page.locator("svg.canvas").bounding_box()
    assert frame is not None
    return frame["x"] + frame["width"] / 2, frame["y"] + 20


def test_a_click_selects_and_lights_the_lineage_at_once_in_the_browser(open_page: Open) -> None:
    page = open_page("plant")
    week = REF["curated/plant-1/w40"]
    node(page, week).click()
    # No waiting here: this is the browser's own doing.
    assert "selected" in classes(page, week)
    assert "dim" not in classes(page, REF["inspector/v14"])
    assert "dim" in classes(page, REF["curated/plant-2/w41"])
    assert page.locator(".edge.lit").count() > 0
    says(page, f"selected: {week}")


def test_a_click_on_the_empty_canvas_selects_nothing(open_page: Open) -> None:
    page = open_page("plant")
    page.mouse.click(*empty_spot(page))
    assert page.locator(".node.dim, .node.selected, .edge.lit").count() == 0
    says(page, "selected: None")


def test_a_double_click_on_an_artifact_moves_the_focus_there(open_page: Open) -> None:
    page = open_page("plant")
    node(page, REF["inspector/v14"]).dblclick()
    says(page, f"focus: {REF['inspector/v14']}")
    page.locator(f'.node.focus[data-id="{REF["inspector/v14"]}"]').wait_for()


def test_a_double_click_unfolds_a_group_in_its_place_and_e_folds_it_again(open_page: Open) -> None:
    page = open_page("plant")
    group = page.locator('.node[aria-label^="12 Deployment"]')
    id_ = group.get_attribute("data-id") or ""
    member = id_.removeprefix("group:")
    before = on_screen(page, id_)
    group.dblclick()
    node(page, member).wait_for()
    assert on_screen(page, member) == pytest.approx(before, abs=2)
    assert page.locator('.node[aria-label^="Deployment "]').count() == 12
    node(page, member).focus()
    page.keyboard.press("e")
    node(page, id_).wait_for()
    assert page.locator('.node[aria-label^="Deployment "]').count() == 0


def test_the_handle_brings_hidden_neighbours(open_page: Open) -> None:
    page = open_page("chain")
    assert page.locator(".node").count() == 3
    handle = node(page, "artifact:4").locator(".more[data-side=right]")
    assert handle.locator("text").text_content() == "+1"
    handle.click()
    node(page, "artifact:5").wait_for()
    assert page.locator(".node").count() == 3
    says(page, "focus: artifact:3")


def test_the_keyboard_follows_the_flow_selects_and_clears(open_page: Open) -> None:
    page = open_page("plant")
    node(page, PLANT.focus).focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    current = page.evaluate(DEEP_FOCUS)
    assert current in {REF[f"curated/plant-{site}/w{week}"] for site in (1, 2) for week in (40, 41)}
    page.keyboard.press("ArrowDown")
    assert page.evaluate(DEEP_FOCUS) != current
    page.keyboard.press("ArrowUp")
    assert page.evaluate(DEEP_FOCUS) == current
    page.keyboard.press("Enter")
    says(page, f"selected: {current}")
    page.keyboard.press("Escape")
    says(page, "selected: None")
    page.keyboard.press("f")
    says(page, f"focus: {current}")


DEEP_FOCUS = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element?.dataset.id ?? null;
}"""


def test_the_tab_key_makes_one_stop_in_the_graph_with_a_visible_ring(open_page: Open) -> None:
    page = open_page("plant")
    stops: list[str | None] = []
    for _ in range(30):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(DEEP_FOCUS))
        if stops[-1]:
            break
    assert stops[-1] == PLANT.focus
    style = "e => [getComputedStyle(e).strokeDasharray, getComputedStyle(e).strokeWidth]"
    dashes, width = node(page, PLANT.focus).locator(".box").evaluate(style)
    assert dashes == "5px, 3px"
    assert float(width.removesuffix("px")) > 2
    page.keyboard.press("Tab")
    assert page.evaluate(DEEP_FOCUS) is None


def test_every_other_action_has_a_key(open_page: Open) -> None:
    page = open_page("chain")
    node(page, "artifact:4").focus()
    start = view_box(page)
    page.keyboard.press("+")
    assert view_box(page)[2] == pytest.approx(start[2] / 1.25, rel=0.01)
    page.keyboard.press("-")
    assert view_box(page)[2] == pytest.approx(start[2], rel=0.01)
    page.keyboard.press("]")
    node(page, "artifact:5").wait_for()
    page.keyboard.press("0")
    page.keyboard.press("t")
    assert "visually-hidden" not in (page.locator(".sheet").get_attribute("class") or "")
    assert page.locator("svg.canvas").is_hidden()
    page.keyboard.press("t")
    assert page.locator("svg.canvas").is_visible()
    assert page.evaluate(DEEP_FOCUS) == "artifact:4"


def test_dragging_pans_without_selecting(open_page: Open) -> None:
    page = open_page("plant")
    before, at = view_box(page), on_screen(page, PLANT.focus)
    page.mouse.move(at[0] + 20, at[1] + 20)
    page.mouse.down()
    page.mouse.move(at[0] + 120, at[1] + 70, steps=5)
    page.mouse.up()
    after = on_screen(page, PLANT.focus)
    assert (after[0] - at[0], after[1] - at[1]) == pytest.approx((100, 50), abs=3)
    assert view_box(page)[2:] == before[2:]
    assert "selected" in classes(page, PLANT.focus)


def test_the_wheel_zooms_with_control_at_the_pointer_and_else_scrolls_the_page(open_page: Open) -> None:
    page = open_page("plant")
    at = on_screen(page, PLANT.focus)
    page.mouse.move(*at)
    before = view_box(page)
    page.mouse.wheel(0, 120)
    assert view_box(page) == before
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    page.wait_for_timeout(100)
    assert view_box(page)[2] < before[2] * 0.8
    assert on_screen(page, PLANT.focus) == pytest.approx(at, abs=3)


def test_the_view_stays_when_python_runs_again_with_the_same_picture(open_page: Open) -> None:
    page = open_page("plant")
    page.locator("button[data-do=in]").click()
    zoomed = view_box(page)
    node(page, PLANT.focus).click()
    says(page, f"selected: {PLANT.focus}")
    page.wait_for_timeout(300)
    assert view_box(page) == zoomed
    page.locator("button[data-do=home]").click()
    assert view_box(page) != zoomed


def test_a_graph_too_large_to_read_opens_on_its_focus(open_page: Open) -> None:
    page = open_page("big-150")
    frame, box = page.locator("svg.canvas").bounding_box(), on_screen(page, SCENES["big-150"].focus)
    assert frame is not None
    assert frame["x"] < box[0] < frame["x"] + frame["width"]
    assert frame["width"] / view_box(page)[2] == pytest.approx(0.7, abs=0.01)
    page.locator("button[data-do=fit]").click()
    assert frame["width"] / view_box(page)[2] < 0.69


def test_colours_follow_a_switch_of_the_scheme_without_a_reload(open_page: Open) -> None:
    page = open_page("plant")
    fill = "e => getComputedStyle(e).backgroundColor"
    light = page.locator(".pg").evaluate(fill)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "before => getComputedStyle(document.querySelector('.stApp')).backgroundColor !== before", arg=light
    )
    assert light == "rgb(255, 255, 255)"
    assert page.locator(".pg").evaluate(fill) == "rgb(16, 21, 29)"


def test_names_from_the_store_stay_text(open_page: Open) -> None:
    page = open_page("hostile")
    node(page, "artifact:1").hover()
    assert page.locator(".tip-name").text_content() == HOSTILE[0]
    page.keyboard.press("Tab")
    assert page.evaluate("() => window.hacked") is None
    assert page.locator(".pg script, .pg img, .pg [onload], .pg [onerror]").count() == 0
    cells = page.locator(".sheet tbody th").all_text_contents()
    assert HOSTILE[0] in cells
    assert not any("\u202e" in cell or "\x00" in cell for cell in cells)


@pytest.mark.parametrize("scene", ["plant", "routes", "states", "hostile", "big-60"])
def test_words_stay_inside_their_cards_and_cards_apart(open_page: Open, scene: str) -> None:
    page = open_page(scene)
    outside = page.locator(".pg").evaluate(
        """root => [...root.querySelectorAll('.node')].flatMap(node => {
          const box = node.querySelector('.box').getBoundingClientRect();
          return [...node.querySelectorAll(':scope > text')]
            .map(text => [text.textContent, text.getBoundingClientRect()])
            .filter(([, rect]) => rect.left < box.left || rect.right > box.right - 2)
            .map(([words]) => words);
        })"""
    )
    assert outside == []


def test_every_node_has_a_spoken_name_and_the_table_says_the_same(open_page: Open) -> None:
    page = open_page("plant")
    spoken = node(page, PLANT.focus).get_attribute("aria-label")
    assert spoken == "Dataset surface-train/v14, exists, 1 input, 3 outputs"
    assert page.locator(".sheet tbody tr").count() == page.locator(".node").count()
    row = page.locator(".sheet tbody tr", has=page.locator("th", has_text=re.compile("^surface-train/v14$")))
    assert row.locator("td").nth(1).text_content() == "exists"
    assert row.locator("td").nth(2).text_content() == "split #255"
    page.locator("button[data-do=table]").click()
    assert row.is_visible()


def test_what_is_known_of_an_edge_can_be_seen(open_page: Open) -> None:
    page = open_page("plant")
    style = "e => [getComputedStyle(e).strokeDasharray, getComputedStyle(e).strokeWidth, e.getAttribute('marker-end')]"
    looks = {
        name: tuple(page.locator(f"svg.canvas .style-{name} .line").first.evaluate(style))
        for name in ("flow", "possible", "pending", "same", "derivation")
    }
    assert len(set(looks.values())) == 5
    assert page.locator(".legend").get_by_text("possible", exact=True).is_visible()


def test_every_state_has_a_mark_of_its_own(open_page: Open) -> None:
    page = open_page("states")
    marks = page.locator(".pg").evaluate(
        "root => [...root.querySelectorAll('.legend .state')].map(mark => mark.outerHTML)"
    )
    assert len(marks) == 14
    # Live artifacts and complete steps are both the good end, and both a dot.
    assert len(set(marks)) == 13


def test_nothing_moves_for_who_wants_no_motion(open_page: Open) -> None:
    page = open_page("plant")
    pulse = page.locator("svg.canvas .pulse").first
    assert pulse.evaluate("e => getComputedStyle(e).animationName") == "pulse"
    page.emulate_media(reduced_motion="reduce")
    assert pulse.evaluate("e => getComputedStyle(e).animationName") == "none"


def test_an_empty_graph_says_what_to_do(open_page: Open) -> None:
    assert open_page("empty").get_by_text("Nothing to draw: widen the direction").is_visible()


def test_the_font_comes_from_this_server(open_page: Open) -> None:
    page = open_page("plant")
    faces = page.evaluate("() => [...document.fonts].filter(f => f.status === 'loaded').map(f => f.family + f.weight)")
    assert any("Inter" in face for face in faces)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scene", ["plant", "routes", "states", "big-60", "cycle", "hostile", "parts"])
def test_pictures_for_people(open_page: Open, scene: str, scheme: Literal["light", "dark"]) -> None:
    page = open_page(scene, scheme=scheme)
    page.wait_for_timeout(400)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    file = SCREENSHOTS / f"gallery-{scene}-{scheme}.png"
    page.screenshot(path=file)
    assert file.stat().st_size > 10_000
