"""A store of the embedded engine for pages that run in this process."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import provgraph
from provgraph import Graph
from provgraph.engines.embedded import stop
from provgraph.errors import EngineError
from provgraph_dashboard import records
from tests.require import require

__all__ = ["page_store"]


@contextmanager
def page_store(folder: Path) -> Generator[tuple[str, Graph]]:
    """The URL of an empty store below `folder`, and the store; skips where there is no engine."""
    url = f"embedded:{folder / 'store'}"
    try:
        graph = provgraph.connect(url, strict=True, start_message=lambda _: None)
        graph.info()
    except EngineError as error:
        require("engine", str(error))
    try:
        with graph:
            yield url, graph
    finally:
        records._opened(url).close()  # what the pages share, as nobody else ends it
        records._opened.clear(url)
        stop(folder / "store")
