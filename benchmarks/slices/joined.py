"""Measure an error analysis that is joined to the graph: `python -m benchmarks.slices.joined`.

A plant of capture batches, each with settings, capture, labels and contexts upstream, and predictions on pictures.
Prints a Markdown table and writes every measured value to build/bench/. `--rows 20000 --sources 500` is a quick look.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import provgraph
from benchmarks.run import machine
from benchmarks.slices import plant
from benchmarks.slices.running import BUILD
from benchmarks.worker import ROOT
from provgraph import Artifact
from provgraph.analysis.columns import lineage_columns
from provgraph.analysis.result import ErrorAnalysis
from provgraph.analysis.rows import group_rows
from provgraph.tables.sources import resolve_sources


@dataclass
class Timed:
    """Seconds by the clock and of this process's processor, call by call; the server's are in the former alone."""

    clock: dict[str, list[float]] = field(default_factory=dict)
    processor: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def of(self, what: str) -> Generator[None]:
        began, used = time.perf_counter(), time.process_time()
        yield
        self.clock.setdefault(what, []).append(time.perf_counter() - began)
        self.processor.setdefault(what, []).append(time.process_time() - used)


@contextmanager
def embedded() -> Generator[provgraph.Graph]:
    """The embedded engine in an empty folder."""
    from provgraph.engines.embedded import stop

    folder = BUILD / "joined"
    stop(folder)
    shutil.rmtree(folder, ignore_errors=True)
    with provgraph.connect(f"embedded:{folder}", strict=True, start_message=lambda _: None) as graph:
        yield graph
    stop(folder)


@contextmanager
def neo4j() -> Generator[provgraph.Graph]:
    """The server that `PROVGRAPH_TEST_NEO4J_URL` names, emptied before and after."""
    from provgraph.engines.url import open_engine
    from tests.servers.target import Bypass, Target

    url, user, password = (os.environ.get(f"PROVGRAPH_TEST_NEO4J_{name}", "") for name in ("URL", "USER", "PASSWORD"))
    way = Bypass(Target("neo4j", open_engine(url, user=user, password=password), url, user, password))
    way.wipe()
    os.environ["PROVGRAPH_FILES"] = (BUILD / "joined-files").as_uri()
    with provgraph.connect(url, user=user, password=password, strict=True) as graph:
        yield graph
    way.wipe()
    way.close()
    shutil.rmtree(BUILD / "joined-files", ignore_errors=True)


def measure(graph: provgraph.Graph, rows: int, sources: int, repeat: int, seed: int) -> tuple[Timed, ErrorAnalysis]:
    """Record the plant, then analyse it again and again, in parts and as a whole."""
    found = plant.batches(sources, seed)
    for records in plant.records(found):
        graph.put_lineage(records)
    model = graph.put(Artifact(type="Model", name="bench/1"))
    timed = Timed()
    frame = plant.predictions(found, rows, seed)
    with timed.of("record the table"):
        table = graph.record_predictions(model=model, frame=frame, source="source", time="time", name="bench")
    core = graph._core  # noqa: SLF001 - to time parts of what a verb does
    analysis = graph.slices(model)
    for _ in range(repeat):
        with timed.of("read the table"):
            read = graph.predictions(table).frame()
        with timed.of("resolve the sources"):
            groups = group_rows(read, ["source"], lambda texts: resolve_sources(core.reader, texts)).groups
        with timed.of("walk upstream, columns"):
            lineage_columns(core.store, groups)
        with timed.of("all: graph.slices"):
            analysis = graph.slices(model)
        with timed.of("origins of the first slice"):
            analysis.origins(analysis.slices[0])
        with timed.of("events of the first slice"):
            analysis.events(analysis.slices[0])
    return timed, analysis


def check(analysis: ErrorAnalysis) -> str:
    """Whether what was planted was found."""
    told = [str(found) for found in analysis.slices]
    camera, firmware = plant.BLURRED
    lost = any(camera in text and firmware in text for text in told)
    careless = any(plant.CARELESS in text for text in told)
    return f"{lost + careless} of 2 planted, {len(told) - lost - careless} others; {analysis.report.tested:,} tested"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slices.joined", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--sources", type=int, default=5_000)
    parser.add_argument("--stores", nargs="+", choices=["embedded", "neo4j"], default=["embedded", "neo4j"])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}; {machine()}", flush=True)
    stores: dict[str, Callable[[], AbstractContextManager[provgraph.Graph]]] = {"embedded": embedded, "neo4j": neo4j}
    raw: dict[str, object] = {}
    for name in options.stores:
        if name == "neo4j" and not os.environ.get("PROVGRAPH_TEST_NEO4J_URL"):
            print("Skipped neo4j: PROVGRAPH_TEST_NEO4J_URL names no server", file=sys.stderr)
            continue
        with stores[name]() as graph:
            timed, analysis = measure(graph, options.rows, options.sources, options.repeat, options.seed)
        raw[name] = {"clock": timed.clock, "processor": timed.processor}
        print(
            f"\n{name}: {options.rows:,} rows, {options.sources:,} sources, {len(analysis.lineage_columns.upstream):,} "
            f"nodes upstream, {len(analysis.report.columns)} columns; {check(analysis)}\n"
        )
        print("| step | seconds, least | median | processor |\n|---|---|---|---|")
        for what, seconds in timed.clock.items():
            used = statistics.median(timed.processor[what])
            print(f"| {what} | {min(seconds):.2f} | {statistics.median(seconds):.2f} | {used:.2f} |", flush=True)
    print(f"\nmost memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    print(f"load average at the end: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")
    file = BUILD / f"joined-{time.strftime('%Y-%m-%d-%H%M%S')}.json"
    file.write_text(json.dumps({"machine": machine(), "options": vars(options), "raw": raw}), encoding="utf-8")
    print(f"every value: {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
