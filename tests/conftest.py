"""Fixtures that every kind of test shares: engines, their stores, the browser, the folder of real records."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from filelock import FileLock
from hypothesis import configuration, settings
from hypothesis.database import DirectoryBasedExampleDatabase

import provgraph
from provgraph.engines.embedded import stop
from provgraph.engines.url import open_engine
from provgraph.errors import EngineError
from provgraph.store.bolt import BoltStore
from tests.notifications import fail_on_notifications
from tests.require import require
from tests.servers.target import Bypass, Target

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BUILD = Path(__file__).resolve().parents[1] / "build"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_configure(config: pytest.Config) -> None:
    """Make a run independent of who starts it: no settings from outside, the same examples each time in CI."""
    for name in [name for name in os.environ if name.startswith("PROVGRAPH_")]:
        if not name.startswith("PROVGRAPH_TEST_"):
            del os.environ[name]
    fail_on_notifications()
    # An engine that a killed test leaves behind ends by itself at once, not after half a minute.
    os.environ["PROVGRAPH_LINGER"] = "1"
    # Most servers of the tests live for seconds: code compiled a second time, to be faster later, is never used.
    os.environ["PROVGRAPH_JVM"] = "-XX:TieredStopAtLevel=1"
    configuration.set_hypothesis_home_dir(BUILD / "cache" / "hypothesis")
    examples = DirectoryBasedExampleDatabase(BUILD / "cache" / "hypothesis" / "examples")
    settings.register_profile("local", deadline=None, database=examples)
    settings.register_profile("ci", deadline=None, database=None, derandomize=True, print_blob=True)
    # For a second look, on another Python: pytest --hypothesis-profile quick
    settings.register_profile("quick", settings.get_profile("ci"), max_examples=15)
    settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session")
def embedded_target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The embedded engine on a folder of this session."""
    folder = tmp_path_factory.mktemp("embedded") / "store"
    engine = open_engine(f"embedded:{folder}", start_message=lambda _: None)
    try:
        engine.address()
    except EngineError as error:
        require("engine", str(error))
    yield Target("embedded", engine, engine.url)
    engine.close()
    stop(folder)


@pytest.fixture(scope="session")
def neo4j_lock(tmp_path_factory: pytest.TempPathFactory) -> FileLock:
    """What the workers of one run take turns by: there is one Neo4j, and each test wants it empty and for itself."""
    folder = tmp_path_factory.getbasetemp()
    return FileLock((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "neo4j.lock")


@pytest.fixture(scope="session")
def neo4j_target(neo4j_lock: FileLock) -> Iterator[Target]:
    """The Neo4j server that `PROVGRAPH_TEST_NEO4J_URL`, `_USER` and `_PASSWORD` name: an empty one on this machine."""
    url = os.environ.get("PROVGRAPH_TEST_NEO4J_URL")
    if not url:
        require("neo4j", "PROVGRAPH_TEST_NEO4J_URL names no server (see tests/servers/neo4j.py)")
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        pytest.fail(
            "PROVGRAPH_TEST_NEO4J_URL is not on this machine, and the tests delete what is there", pytrace=False
        )
    user = os.environ.get("PROVGRAPH_TEST_NEO4J_USER", "neo4j")
    password = os.environ.get("PROVGRAPH_TEST_NEO4J_PASSWORD")
    target = Target("neo4j", open_engine(url, user=user, password=password), url, user, password)
    bypass = Bypass(target)
    seen_empty = Path(neo4j_lock.lock_file).with_suffix(".empty")
    with neo4j_lock:
        if not seen_empty.exists() and bypass.run("MATCH (n) RETURN n LIMIT 1"):
            pytest.fail(
                "the server at PROVGRAPH_TEST_NEO4J_URL is not empty, and the tests delete what is there", pytrace=False
            )
        seen_empty.touch()
        # The first look into a virgin database asks for words that it cannot know; from then on it knows all of them.
        BoltStore.quiet = True
        with provgraph.connect(url, user=user, password=password, strict=True) as first:
            first.info()
        BoltStore.quiet = False
    yield target
    with neo4j_lock:
        bypass.wipe()
    bypass.close()


@pytest.fixture
def empty_neo4j(neo4j_target: Target, neo4j_lock: FileLock) -> Iterator[Target]:
    """The Neo4j server, empty, and left alone by other workers until the test is over."""
    with neo4j_lock:
        yield _emptied(neo4j_target)


@pytest.fixture
def empty_embedded(embedded_target: Target) -> Target:
    """The embedded engine of this session, empty."""
    return _emptied(embedded_target)


@pytest.fixture(params=["embedded", "neo4j"])
def target(request: pytest.FixtureRequest) -> Target:
    """Each engine in turn, with an empty store."""
    found: Target = request.getfixturevalue(f"empty_{request.param}")
    return found


@pytest.fixture
def graph(target: Target) -> Iterator[provgraph.Graph]:
    """An open graph on an empty store, on each engine in turn: what the contract suite runs on."""
    with provgraph.connect(target.url, user=target.user, password=target.password) as opened:
        yield opened


@pytest.fixture
def bypass(target: Target) -> Iterator[Bypass]:
    """The way into the target that does not go through the library."""
    way = Bypass(target)
    yield way
    way.close()


@pytest.fixture
def embedded_url(empty_embedded: Target) -> str:
    """The URL of an empty store on the embedded engine, for programs under test."""
    return empty_embedded.url


@pytest.fixture
def neo4j_url(empty_neo4j: Target, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty store on Neo4j; user and password stand in the environment, where programs find them."""
    monkeypatch.setenv("PROVGRAPH_USER", empty_neo4j.user or "")
    monkeypatch.setenv("PROVGRAPH_PASSWORD", empty_neo4j.password or "")
    return empty_neo4j.url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium of this machine, driven by Playwright."""
    executable = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if executable is None:
        require("chromium", f"none of {', '.join(CHROMIUM_NAMES)} is on PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real records of other tools, which is not part of this repository."""
    folder = os.environ.get("PROVGRAPH_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        require("data", "PROVGRAPH_TEST_DATA names no folder")
    return Path(folder)


def _emptied(target: Target) -> Target:
    way = Bypass(target)
    way.empty()
    way.close()
    return target
