"""Addresses inside the dashboard: every view is a link, and every link is made here.

A link is followed within the session, without loading the page anew; `href` is the same as a path, for where only a
path will do (it opens a session of its own).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias, cast
from urllib.parse import quote, urlencode

import streamlit as st

from provgraph.model import Node

PageName: TypeAlias = str
"""`overview`, `explore`, `impact`, `model`, `errors`, `runs` or `coverage`."""

START: PageName = "overview"
YES = "true"
"""How an address says that something is wanted: `certain=true`, without links that are only possible."""
_PAGES = "_provgraph_pages"


@dataclass(frozen=True, slots=True)
class Link:
    """A page and the query that says what it shows. A list gives a parameter several times."""

    page: PageName
    query: Mapping[str, str | Sequence[str]] = field(default_factory=dict[str, "str | Sequence[str]"])

    @property
    def href(self) -> str:
        """The path of this link on the server."""
        path = "/" if self.page == START else f"/{self.page}"
        return f"{path}?{urlencode(self.query, doseq=True, quote_via=quote)}" if self.query else path


def overview() -> Link:
    """The start page."""
    return Link(START)


def explore(
    focus: Node | str,
    *,
    direction: str | None = None,
    hops: int | None = None,
    types: Sequence[str] = (),
    certain: bool = False,
) -> Link:
    """The graph around a node."""
    query: dict[str, str | Sequence[str]] = {"focus": _ref(focus)}
    if direction is not None:
        query["dir"] = direction
    if hops is not None:
        query["hops"] = str(hops)
    if types:
        query["types"] = tuple(types)
    return Link("explore", {**query, **_certain(certain)})


def impact(node: Node | str | Sequence[Node], *, certain: bool = False) -> Link:
    """What a change of a node, or of several, reaches."""
    nodes = _ref(node) if isinstance(node, Node | str) else tuple(_ref(each) for each in node)
    return Link("impact", {"node": nodes, **_certain(certain)})


def model(model: Node | str, *, certain: bool = False) -> Link:
    """The six answers about a model."""
    return Link("model", {"model": _ref(model), **_certain(certain)})


def errors(model: Node | str | None = None, *, predictions: Node | str | None = None) -> Link:
    """Where a model fails: of its newest predictions, or of these; without either, of the newest of all."""
    given = {"model": model, "predictions": predictions}
    return Link("errors", {name: _ref(value) for name, value in given.items() if value is not None})


def runs(
    pipeline: Node | str | None = None, *, run: Node | str | None = None, against: Node | str | None = None
) -> Link:
    """The runs of a pipeline, one of them, or two of them side by side."""
    given = {"pipeline": pipeline, "run": run, "against": against}
    return Link("runs", {name: _ref(value) for name, value in given.items() if value is not None})


def coverage(pipeline: Node | str | None = None) -> Link:
    """What the records lack: those of a pipeline, or all."""
    return Link("coverage", {} if pipeline is None else {"pipeline": _ref(pipeline)})


def register(pages: Mapping[PageName, st.Page]) -> None:
    """Tell this session which Streamlit page stands behind each name; must happen before a link is drawn."""
    st.session_state[_PAGES] = dict(pages)


def page_link(link: Link, label: str, *, icon: str | None = None, help: str | None = None) -> None:
    """Draw a link. `label` is text, whatever it holds."""
    st.page_link(_page(link), label=literal(label), icon=icon, help=help, query_params=dict(link.query))


def go(link: Link) -> NoReturn:
    """Leave for that page now."""
    st.switch_page(_page(link), query_params=dict(link.query))


def literal(words: str) -> str:
    """Words from the store for a label that Streamlit reads as Markdown: they show as they are."""
    shown = "".join(f"\\{c}" if c in _MARKDOWN else c for c in " ".join(words.split()))
    return shown.replace("://", ":\N{ZERO WIDTH SPACE}//").replace("www.", "www\N{ZERO WIDTH SPACE}.")


_MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~$:^=&\"'@")


def _page(link: Link) -> st.Page:
    pages = cast("Mapping[PageName, st.Page]", st.session_state[_PAGES])
    return pages[link.page]


def _certain(certain: bool) -> dict[str, str]:
    return {"certain": YES} if certain else {}


def _ref(node: Node | str) -> str:
    return node if isinstance(node, str) else node.ref
