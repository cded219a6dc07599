"""The demo: whether this store holds it, and the sentences that tell where to begin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import streamlit as st

from provgraph import Graph
from provgraph.demo import DemoSummary, read_summary
from provgraph.demo.plant import PIPELINE
from provgraph.engines.embedded import EmbeddedEngine
from provgraph.engines.url import open_engine
from provgraph.errors import ConfigurationError, NotFoundError
from provgraph.model import Artifact, Node
from provgraph_dashboard import links
from provgraph_dashboard.links import Link
from provgraph_dashboard.parts import muted, paragraph, title
from provgraph_dashboard.shell import show

_PLANT = "plant"


def demo_of(graph: Graph) -> DemoSummary | None:
    """The facts of the demo in this store; None if it holds something else, or the demo's folder is not there."""
    try:
        pipeline = graph.get(f"Pipeline/{PIPELINE}")
    except (NotFoundError, LookupError):
        return None
    if pipeline.get("simulated") is not True:
        return None
    for folder in _folders(graph):
        try:
            found = read_summary(folder)
        except ConfigurationError:
            continue
        if found is not None and _get(graph, found.last_key) is not None:
            return found
    return None


def welcome(graph: Graph, demo: DemoSummary) -> None:
    """A few sentences with what to click. A sentence whose node is not there any more is left out."""
    batch, model = _get(graph, demo.bad_batch_key), _get(graph, demo.live_model_key)
    run, pipeline = _get(graph, f"Run/{demo.failed_run}"), _get(graph, f"Pipeline/{demo.pipeline}")
    steps: list[tuple[str, str, Link, str]] = []
    if batch:
        words = "A camera lost its focus after a change of firmware: see which models its first bad batch reached."
        steps.append((words, "Impact of the bad batch", links.impact(batch), ":material/track_changes:"))
    if model:
        words = f"{model.label} is live on that camera's line: see which data, parameters and code it was made from."
        steps.append((words, f"Answers about {model.label}", links.model(model), ":material/deployed_code:"))
    if model and graph.prediction_tables(model):
        words = f"{model.label} is wrong on some pictures more often than chance allows: see which, and since when."
        steps.append((words, "Its error analysis", links.errors(model), ":material/query_stats:"))
    if run and pipeline:
        words = f"The retraining of {demo.failed_run.rpartition('/')[2]} failed: see which step, and what it says."
        steps.append((words, "The failed run", links.runs(pipeline, run=run), ":material/play_circle:"))
    if not steps:
        return
    with st.container(border=True, key="welcome"):
        show(
            title("A simulated plant"),
            muted(
                f"No factory, camera or person in it is real; the {demo.pictures:,} pictures were rendered, "
                "the models on them are real. Places to begin:"
            ),
        )
        for column, (words, label, link, icon) in zip(st.columns(len(steps), gap="medium"), steps, strict=True):
            with column:
                show(paragraph(words))
                links.page_link(link, label, icon=icon)


def _get(graph: Graph, name: str) -> Node | None:
    try:
        return graph.get(name)
    except LookupError:
        return None


def _folders(graph: Graph) -> Iterator[Path]:
    """Where the demo's files may lie: beside the embedded store, else where its records say."""
    engine = open_engine(graph.info().url)
    if isinstance(engine, EmbeddedEngine):
        yield engine.folder.parent / _PLANT
    for node in graph.find(kind="artifact", type="CaptureBatch", limit=1):
        address = urlsplit(node.uri or "") if isinstance(node, Artifact) else None
        if address is not None and address.scheme in ("", "file"):
            yield from Path(unquote(address.path)).parents
