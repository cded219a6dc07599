"""Make the pictures of the dashboard that the documentation shows: `python -m tests.docs.pictures`.

They are screenshots of the demo in a headless Chromium, 1440 x 900, in light and in dark, written to docs/images/. With
`--store URL --plant FOLDER` a demo that is there already is taken.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import provgraph
from provgraph.demo import DemoSummary, build_demo
from tests.conftest import CHROMIUM_FLAGS, CHROMIUM_NAMES
from tests.docs.page import DOCS, ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser


Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def main() -> None:
    """Record the demo, serve the dashboard on it, and write the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs.pictures")
    parser.add_argument("--store", help="a store that holds the demo already")
    parser.add_argument("--plant", type=Path, help="the folder of that demo's files")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="provgraph-demo-") as base:
        url = given.store or f"embedded:{Path(base) / 'store'}"
        with provgraph.connect(url, strict=True) as graph:
            summary = build_demo(given.plant or Path(base) / "plant", graph)
            places = views(graph, summary)
            with dashboard(url, Path(base)) as address:
                take(address, places)


def views(graph: provgraph.Graph, summary: DemoSummary) -> dict[str, str]:
    """The pages to show, by the names of their pictures."""
    batch = graph.get(summary.bad_batch_key)
    behind = graph.upstream(summary.live_model_key, types=["Dataset"]).artifacts
    dataset = next(artifact for artifact in behind if artifact.family == "surface")
    return {
        "explore": f"explore?focus={quote(dataset.ref)}&dir=downstream&hops=8",
        "impact": f"impact?node={quote(batch.ref)}",
        "errors": f"errors?model={quote(graph.get(summary.live_model_key).ref)}",
    }


@contextmanager
def dashboard(url: str, folder: Path) -> Generator[str]:
    """The address of the running dashboard."""
    paths = os.pathsep.join(str(ROOT / part) for part in ("store", "loaders", "dashboard"))
    process = subprocess.Popen(
        [sys.executable, "-m", "provgraph_dashboard", "--no-browser", "--url", url],
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.match(r"Dashboard: (http://127\.0\.0\.1:\d+/)", line):
                yield found[1]
                break
        else:
            sys.exit("the dashboard did not start")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def take(address: str, places: dict[str, str]) -> None:
    """Write one picture of each page, in light and in dark."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if chromium is None:
        sys.exit(f"none of {', '.join(CHROMIUM_NAMES)} is on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        for name, place in places.items():
            for scheme in SCHEMES:
                photograph(browser, f"{address}{place}", DOCS / "images" / f"{name}-{scheme}.png", scheme)
        browser.close()


def photograph(browser: Browser, address: str, file: Path, scheme: Scheme) -> None:
    """Write a picture of the page, once everything on it is drawn."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("svg.canvas, .pg-tiles, .st-key-errors_origins h2", timeout=60_000)
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached", timeout=60_000)
    page.wait_for_timeout(1_500)  # the component draws in its own time
    if "/explore" in address:
        page.get_by_label("Fit everything").click()
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
    page.screenshot(path=file)
    context.close()


if __name__ == "__main__":
    main()
