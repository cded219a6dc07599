"""Tabs of a browser that may ask no other host for anything."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["NewTab", "Scheme", "asked_hosts", "watched_tabs"]

Scheme: TypeAlias = Literal["light", "dark"]


class NewTab(Protocol):
    """Opens a tab of its own context."""

    def __call__(self, *, scheme: Scheme = "light", width: int = 1440, height: int = 900) -> Page: ...


@contextmanager
def watched_tabs(chromium: Browser) -> Generator[tuple[NewTab, list[str], list[str]]]:
    """Open tabs, and tell what they ask for and which errors are raised in them.

    Fails at the end if another host was asked for anything, or an error was raised.
    """
    asked: list[str] = []
    errors: list[str] = []
    close: list[Callable[[], None]] = []

    def new_tab(*, scheme: Scheme = "light", width: int = 1440, height: int = 900) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        close.append(context.close)
        tab = context.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("websocket", lambda socket: asked.append(socket.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        return tab

    yield new_tab, asked, errors
    for closer in close:
        closer()
    assert asked_hosts(asked) <= {"127.0.0.1"}
    assert errors == []


def asked_hosts(asked: list[str]) -> set[str | None]:
    """The hosts of URLs, without what needs none."""
    return {urlsplit(url).hostname for url in asked if urlsplit(url).scheme not in ("data", "blob")}
