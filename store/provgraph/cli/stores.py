"""The store that a verb works on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from provgraph.errors import NotFoundError

if TYPE_CHECKING:
    from provgraph.cli.options import Settings
    from provgraph.engines.address import Engine
    from provgraph.graph import Graph
    from provgraph.store.core import StoreCore

__all__ = ["FIRST_STEPS", "embedded_folder", "nothing_there", "open_core", "open_graph", "plain_engine"]

FIRST_STEPS: Final = (
    "record a step from Python (`with provgraph.connect() as graph:`), bring records in with "
    "`provgraph load LOADER SOURCE`, or look at an example with `provgraph demo`"
)


def plain_engine(settings: Settings) -> Engine:
    """The engine that the settings name; nothing is started.

    Raises:
        ConfigurationError: the URL cannot be used.
    """
    from provgraph.engines.url import open_engine

    return open_engine(settings.url)


def embedded_folder(engine: Engine) -> Path | None:
    """The data folder of an embedded engine; None for a server."""
    from provgraph.engines.embedded import EmbeddedEngine

    return engine.folder if isinstance(engine, EmbeddedEngine) else None


def nothing_there(settings: Settings) -> str | None:
    """One line for a data folder that holds no store yet; None where there is one to ask.

    Who only looks shall not make a store: a misspelt path would answer "nothing" for ever.
    """
    from provgraph.engines.embedded.folder import DATABASES, SERVER_LOCK

    folder = embedded_folder(plain_engine(settings))
    if folder is None or (folder / DATABASES).exists() or (folder / SERVER_LOCK).exists():
        return None
    spool = folder / "spool"  # steps that were recorded while the engine could not start
    if spool.is_dir() and any(spool.iterdir()):
        return None
    return f"there is no store in {folder} yet: {FIRST_STEPS}"


def open_graph(settings: Settings, *, create: bool = False) -> Graph:
    """Open the store that the settings name; with `create`, make its data folder if there is none.

    Raises:
        NotFoundError: there is no store yet, and none shall be made.
        ConfigurationError, StoreError: as `provgraph.connect`.
    """
    if not create and (message := nothing_there(settings)):
        raise NotFoundError(message)
    from provgraph.graph import connect

    return connect(settings.url, strict=True)


def open_core(settings: Settings, *, create: bool = False) -> StoreCore:
    """As `open_graph`, for verbs that look below the graph's nodes. Close it by `core.store.close()`.

    Raises:
        NotFoundError: there is no store yet, and none shall be made.
        ConfigurationError, StoreError: as `provgraph.connect`.
    """
    if not create and (message := nothing_there(settings)):
        raise NotFoundError(message)
    from provgraph import __version__
    from provgraph.store.bolt import BoltStore
    from provgraph.store.core import StoreCore

    store = BoltStore(plain_engine(settings))
    try:
        return StoreCore.open(store, __version__)
    except BaseException:
        store.close()
        raise
