"""Measure provgraph on both engines against ML Metadata, on one generated graph: `make bench`.

Prints one Markdown table and writes every measured value to build/bench/. `--sizes 1000` is a quick look.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from benchmarks import subjects as stores
from benchmarks.cases import Bench
from benchmarks.rows import Row, table
from benchmarks.worker import ROOT

_STORES: dict[str, Callable[[], stores.Subject]] = {
    "embedded": stores.embedded,
    "neo4j": stores.neo4j,
    "mlmd": stores.peer,
}


def measure(size: int, largest: bool, options: argparse.Namespace) -> tuple[list[Row], list[dict[str, object]]]:
    """All rows of one size; the special graphs come with the largest."""
    found: list[stores.Subject] = []
    for name in options.stores:
        try:
            found.append(_STORES[name]())
        except stores.Skipped as reason:
            print(f"Skipped {name}: {reason}", file=sys.stderr)
    bench = Bench(found, options.seed, options.repeat)
    try:
        bench.open()
        bench.bulk(size)
        bench.single(size)
        bench.writers(size)
        bench.upstream(size)
        bench.contexts(size)
        bench.explore(size)
        if largest:
            bench.ladder()
            bench.ancestry()
            if options.hub:
                bench.hub(options.hub)
    finally:
        bench.close()
    return bench.rows, bench.raw


def machine() -> str:
    """What the figures were measured on, in a sentence."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    rust = "with" if _installed("neo4j-rust-ext") else "without"
    return (
        f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}, "
        f"driver {metadata.version('neo4j')} {rust} neo4j-rust-ext, ArcadeDB {metadata.version('arcadedb-embedded')}; "
        f"load average {load}"
    )


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure provgraph against ML Metadata.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="executions")
    parser.add_argument("--hub", type=int, default=200_000, help="executions that use one artifact; 0: leave it out")
    parser.add_argument("--stores", nargs="+", choices=list(_STORES), default=list(_STORES))
    parser.add_argument("--repeat", type=int, default=9, help="rounds of each measurement")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="of the generated graph")
    options = parser.parse_args()
    stores.BUILD.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}; {machine()}", flush=True)
    rows: list[Row] = []
    raw: list[dict[str, object]] = []
    sizes = sorted(options.sizes)
    for size in sizes:
        print(f"{size:,} executions", file=sys.stderr)
        more_rows, more_raw = measure(size, size == sizes[-1], options)
        rows += more_rows
        raw += more_raw
    names = [name for name in ("embedded", "Neo4j", "MLMD") if any(name in row.values for row in rows)]
    print(table(rows, names))
    print(f"load average at the end: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")
    file = stores.BUILD / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json"
    kept = {"seed": options.seed, "machine": machine(), "rows": [_plain(row) for row in rows], "raw": raw}
    file.write_text(json.dumps(kept), encoding="utf-8")
    print(f"every value: {file.relative_to(ROOT)}")
    missed = [f"{row.name} ({name})" for row in rows for name in names if row.holds(name) is False]
    print("missed: " + ("; ".join(missed) if missed else "nothing"))


def _plain(row: Row) -> dict[str, object]:
    return {"name": row.name, "unit": row.unit, "values": row.values, "medians": {n: row.median(n) for n in row.values}}


if __name__ == "__main__":
    main()
