"""The store behind the pages: one connection for the process, what it says when it cannot answer, and query values."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

import streamlit as st

from provgraph import Graph, connect
from provgraph.engines.embedded import EmbeddedEngine
from provgraph.engines.embedded.folder import DATABASES, SERVER_LOCK
from provgraph.engines.url import open_engine
from provgraph.errors import (
    AmbiguousError,
    AuthenticationError,
    ConfigurationError,
    EngineError,
    ForeignStoreError,
    InvalidValueError,
    NewerStoreError,
    NotFoundError,
    ProvgraphError,
    QueryTimeoutError,
    StoreError,
    UnreachableError,
)
from provgraph.model import Node, NodeKind
from provgraph_dashboard import links
from provgraph_dashboard.parts import empty, muted, notice
from provgraph_dashboard.shell import show

# Longer than any reference, key or name that somebody would put into an address.
_LONGEST_VALUE = 2_000

_HEADINGS: tuple[tuple[type[ProvgraphError], str], ...] = (
    (UnreachableError, "The store does not answer"),
    (AuthenticationError, "The store refused the user or the password"),
    (ForeignStoreError, "This database holds something else"),
    (NewerStoreError, "This store was made by a newer provgraph"),
    (EngineError, "The embedded engine could not be started"),
    (QueryTimeoutError, "The store stopped a question that took too long"),
    (ConfigurationError, "The store cannot be opened as asked"),
    (StoreError, "The store could not answer"),
)

FIRST_STEPS = """\
# record a step from Python
import provgraph

with provgraph.connect() as graph:
    with graph.execution("Train", pipeline="my-pipeline") as step:
        step.input("data.parquet", type="Dataset")
        step.output("model.joblib", type="Model", name="my-model", version="1")
"""

OTHER_STEPS = """\
# bring in what another tool recorded
provgraph load mlmd metadata.sqlite

# or look at a simulated plant
provgraph demo
"""


class NoStoreError(ProvgraphError):
    """There is no store in the data folder yet; one that only looks does not make it."""


def graph() -> Graph:
    """The graph of this process: opened once, shared by all sessions.

    Raises:
        NoStoreError: there is no store yet.
        ConfigurationError, StoreError: as `provgraph.connect`.
    """
    url = os.environ.get("PROVGRAPH_URL") or None
    return _opened(url)


@st.cache_resource(show_spinner="Opening the store …", on_release=Graph.close)
def _opened(url: str | None) -> Graph:
    engine = open_engine(url)
    if isinstance(engine, EmbeddedEngine):
        folder = engine.folder
        if not any((folder / name).exists() for name in (DATABASES, SERVER_LOCK, "spool")):
            raise NoStoreError(f"There is no store in {folder} yet.")
    return connect(url, strict=True)


@contextmanager
def trouble_shown() -> Generator[None]:
    """Whatever provgraph raises inside becomes a screen that says what to do; pages and fragments stand in this."""
    try:
        yield
    except NoStoreError as error:
        empty_store(str(error))
    except ProvgraphError as error:
        heading = next((words for kind, words in _HEADINGS if isinstance(error, kind)), "That did not work")
        show(notice("bad", heading, str(error)))
        # A new run asks again: nothing of a failed answer is kept.
        st.button("Try again", key="provgraph_try_again", icon=":material/refresh:")


def empty_store(words: str = "Nothing is recorded in this store yet.") -> None:
    """The screen of a store without records: how to record, to load, or to try the demo."""
    show(empty(words, "Record a step, bring in the records of another tool, or look at the demo first."))
    _, middle, _ = st.columns([1, 3, 1])
    with middle:
        st.code(FIRST_STEPS, language="python")
        st.code(OTHER_STEPS, language="shell")
        st.button("Look again", key="provgraph_look_again", icon=":material/refresh:")


def resolve(graph: Graph, value: str, *kinds: NodeKind) -> Node | None:
    """The node that a query value names, as `Graph.get` reads it; None if there is none, after saying so on the page.

    `kinds` are those that the page can show; none given: all. The page goes on with None by returning.

    Raises:
        StoreError: the store could not answer.
    """
    shown = value if len(value) <= 80 else f"{value[:80]}…"
    try:
        if len(value) > _LONGEST_VALUE:
            raise InvalidValueError("that is too long to be a reference or a name")
        node = graph.get(value)
    except AmbiguousError as error:
        refusal(f"{shown} fits {len(error.candidates)} nodes", "Say which one:", back=False)
        for candidate in error.candidates[:12]:
            found = graph.get(candidate)
            links.page_link(links.explore(found), f"{found.type} · {found.label}  ({found.ref})")
        return None
    except (NotFoundError, InvalidValueError):
        refusal(f"Nothing in this store is called {shown}", "It may have been misspelt, or belong to another store.")
        return None
    if kinds and node.kind not in kinds:
        wanted = " or ".join(f"{kind.value.lower()}s" for kind in kinds)
        refusal(f"{node.type} {node.label} cannot be shown here", f"This page is about {wanted}.", back=False)
        links.page_link(links.explore(node), "Show it in Explore", icon=":material/hub:")
        return None
    return node


def refusal(heading: str, words: str, *, back: bool = True) -> None:
    """A calm message in place of a view that the address does not name, with the way back."""
    show(notice("warn", heading, words))
    if back:
        links.page_link(links.overview(), "Search the store", icon=":material/search:")


def note(words: str) -> None:
    """A line of secondary text."""
    show(muted(words))
