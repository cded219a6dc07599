"""Pages of the dashboard in a browser that asks no other host for anything."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from tests.dashboard.conftest import SCREENSHOTS
from tests.dashboard.watching import Scheme, asked_hosts, watched_tabs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["READY", "Scheme", "Visit", "photograph", "settle", "visiting"]

READY = ".st-key-errors_origins h2"


class Visit(Protocol):
    def __call__(self, path: str, *, scheme: Scheme = "light", width: int = 1440, height: int = 900) -> Page: ...


@contextmanager
def visiting(chromium: Browser) -> Generator[Visit]:
    """Open pages; fails at the end if one asked another host for anything, or an error was raised in it."""
    with watched_tabs(chromium) as (new_tab, asked, _):

        def opened(path: str, *, scheme: Scheme = "light", width: int = 1440, height: int = 900) -> Page:
            page = new_tab(scheme=scheme, width=width, height=height)
            page.goto(path)
            page.wait_for_selector(f"{READY}, .pg-notice, .pg-empty, .pg-tiles", timeout=60_000)
            settle(page)
            page.wait_for_function("() => document.fonts.status === 'loaded'")
            return page

        yield opened
    assert asked_hosts(asked) == {"127.0.0.1"}


def settle(page: Page) -> None:
    """Wait until nothing runs any more."""
    page.wait_for_timeout(400)
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached", timeout=60_000)
    page.wait_for_timeout(600)


def photograph(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"errors-{name}.png")
