"""Pages of the dashboard in a browser that asks no other host for anything."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from tests.dashboard.conftest import SCREENSHOTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["READY", "Scheme", "Visit", "photograph", "settle", "visiting"]

Scheme: TypeAlias = Literal["light", "dark"]
READY = ".st-key-errors_origins h2"


class Visit(Protocol):
    def __call__(self, path: str, *, scheme: Scheme = "light", width: int = 1440, height: int = 900) -> Page: ...


@contextmanager
def visiting(chromium: Browser) -> Generator[Visit]:
    """Open pages; fails at the end if one asked another host for anything, or an error was raised in it."""
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
