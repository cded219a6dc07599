"""A simulated surface-inspection plant, recorded through the public API: something to look at before you have records.

`build_demo` renders pictures of steel surfaces, labels them, trains and evaluates real models on them, deploys these,
and records every step. It needs the extra ``provgraph[demo]``; importing this package does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provgraph.demo.extras import require_extras
from provgraph.demo.summary import DemoSummary, read_summary, write_summary
from provgraph.errors import ConfigurationError, NotFoundError

if TYPE_CHECKING:
    from provgraph.demo.progress import Progress
    from provgraph.graph import Graph

__all__ = ["DEFAULT_SEED", "DemoSummary", "build_demo", "read_summary"]

DEFAULT_SEED = 17


def build_demo(
    folder: str | Path, graph: Graph, *, seed: int = DEFAULT_SEED, progress: Progress | None = None
) -> DemoSummary:
    """Make the demo in `folder` and record it in `graph`; where it is already, only say what there is.

    A build that was interrupted is taken up again: files are written anew with the same bytes, and steps that were
    recorded stay as they are.

    Args:
        folder: where pictures, labels, features and models go; made if it is not there. About 30 MB.
        graph: an open graph.
        seed: pictures and models follow from it alone.
        progress: called after each event in the plant with how many are done, how many there are, and what was done.

    Raises:
        ConfigurationError: the extra is not installed, the folder holds something else, or a demo of another seed.
    """
    root = Path(folder).absolute()
    found = read_summary(root)
    if found is not None and found.seed != seed:
        raise ConfigurationError(f"{root} holds the demo of seed {found.seed}: name another folder for seed {seed}")
    if found is not None and _holds(graph, found.last_key):
        return found
    if found is None and root.exists() and any(root.iterdir()) and not (root / "README.txt").exists():
        raise ConfigurationError(f"{root} holds something else than a demo: name an empty folder")
    require_extras()
    graph.file_area()  # a server that does not say where predictions go is told of it before a picture is rendered
    from provgraph.demo.record import record_demo

    summary = record_demo(root, graph, seed, progress)
    write_summary(root, summary)
    return summary


def _holds(graph: Graph, key: str) -> bool:
    try:
        graph.get(key)
    except NotFoundError:
        return False
    return True
