"""Measure loaders against the bulk path: `python -m benchmarks.loading --edges 1000000`.

The same graph is loaded as records that are there already (the row `bulk load` of `benchmarks.run`), as OpenLineage
events in JSON lines, and as an MLflow database, each by a process of its own into a store of its own, whose server is
warm. Besides the clock it measures the time of the processors, of client and of server: on a machine that does other
things too, that is what the work takes. Joining what was loaded to what other tools recorded is not part of it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from benchmarks import shape, streams
from benchmarks import subjects as stores
from benchmarks.run import machine
from benchmarks.worker import ROOT

_STORES: Final[dict[str, Callable[[], stores.Subject]]] = {"embedded": stores.embedded, "neo4j": stores.neo4j}
_Question: TypeAlias = tuple[str, str, dict[str, Any]]  # what is loaded, what the worker is asked, and with what
_PER_STEP: Final = 3.3  # inputs and outputs of a step, on average
_WARM: Final = 3_000  # executions that a server has seen before anything counts
_BAR: Final = 0.5
_HEAD: Final = (
    "store",
    "loaded",
    "data links",
    "clock",
    "links/s",
    "x bulk",
    "client CPU",
    "server CPU",
    "peak memory",
)


def write(folder: Path, size: int, seed: int) -> dict[str, str]:
    """The streams, as files, by the loader's name."""
    folder.mkdir(parents=True, exist_ok=True)
    events, database = folder / f"{size}-{seed}.jsonl", folder / f"{size}-{seed}.db"
    if not events.exists():
        streams.write_openlineage(events, shape.steps(size, seed))
    if not database.exists():
        streams.write_mlflow(database, shape.steps(size, seed))
    return {"openlineage": str(events), "mlflow": str(database)}


def measure(
    store: Callable[[], stores.Subject], sources: dict[str, str], size: int, edges: int, seed: int
) -> Iterator[dict[str, Any]]:
    """One store: the bulk path, then each stream, each into a store of its own that holds nearly nothing.

    Raises:
        Skipped: the store cannot be had here.
    """
    bulk: _Question = ("bulk", "load_steps", {"size": size, "seed": seed, "prefix": "p"})
    streamed: list[_Question] = [
        (name, "load_source", {"source": file, "loader": name}) for name, file in sources.items()
    ]
    for loaded, question, arguments in (bulk, *streamed):
        subject = store()
        try:
            first = subject.worker()
            first.ask("types")
            first.ask("load_steps", size=_WARM, seed=seed, prefix="warm")
            first.close()
            worker = subject.worker()
            answer = worker.ask(question, **arguments)
            worker.close()
        finally:
            subject.stop()
        if answer["links"] != edges:
            raise AssertionError(f"{subject.name}, {loaded}: {answer['links']:,} links, not {edges:,}")
        yield {"store": subject.name, "loaded": loaded, **answer}


def _row(answer: dict[str, Any], bulk: dict[str, Any]) -> tuple[str, ...]:
    return (
        answer["store"],
        answer["loaded"],
        f"{answer['links']:,}",
        f"{answer['seconds']:.1f} s",
        f"{answer['links'] / answer['seconds']:,.0f}",
        f"{bulk['seconds'] / answer['seconds']:.2f}",
        f"{answer['client']:.1f} s",
        f"{answer['server']:.1f} s",
        f"{answer['memory'] / 1e6:,.0f} MB",
    )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description="Measure loaders.")
    parser.add_argument("--edges", type=int, default=1_000_000, help="about how many data links")
    parser.add_argument("--stores", nargs="+", choices=list(_STORES), default=list(_STORES))
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="of the generated graph")
    options = parser.parse_args()
    size = round(options.edges / _PER_STEP)
    print(f"seed {options.seed}; {machine()}", flush=True)
    sources = write(stores.BUILD / "streams", size, options.seed)
    edges = streams.edges_of(shape.steps(size, options.seed))
    found: list[dict[str, Any]] = []
    print("| " + " | ".join(_HEAD) + " |\n|" + "---|" * len(_HEAD), flush=True)
    for name in options.stores:
        bulk: dict[str, Any] | None = None
        try:
            for answer in measure(_STORES[name], sources, size, edges, options.seed):
                bulk = bulk or answer
                print("| " + " | ".join(_row(answer, bulk)) + " |", flush=True)
                found.append(answer)
        except stores.Skipped as reason:
            print(f"Skipped {name}: {reason}", file=sys.stderr)
    print(f"load average at the end: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")
    file = stores.BUILD / f"loading-{time.strftime('%Y-%m-%d-%H%M%S')}.json"
    file.write_text(json.dumps({"seed": options.seed, "machine": machine(), "found": found}), encoding="utf-8")
    print(f"every value: {file.relative_to(ROOT)}")
    rates = {answer["store"]: answer["seconds"] for answer in found if answer["loaded"] == "bulk"}
    slow = [a for a in found if rates[a["store"]] / a["seconds"] < _BAR]
    print(f"under {_BAR} x bulk: " + (", ".join(f"{a['loaded']} ({a['store']})" for a in slow) or "nothing"))


if __name__ == "__main__":
    main()
