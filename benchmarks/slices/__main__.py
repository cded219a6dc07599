"""Measure the search for slices against divexplorer and sliceline: `python -m benchmarks.slices`.

Prints Markdown tables and writes every measured value to build/bench/. `--sizes 10000 --tables 100` is a quick look.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.run import machine
from benchmarks.slices import alarms, shapes
from benchmarks.slices.running import BUILD, PEERS, Answer, Missing, peer_python, run
from benchmarks.slices.tables import Planted, write
from benchmarks.worker import ROOT

# What ours must do, by rows: seconds, and how many times faster than divexplorer.
_BARS = {10_000: (0.05, 50), 100_000: (0.2, 80), 1_000_000: (1.5, 100)}
_GIGABYTE = 10**9


def score(answer: Answer, table: Planted) -> str:
    """Recall and precision."""
    if answer.failed:
        return answer.failed
    hit = len(answer.slices & set(table.slices))
    return f"{hit / len(table.slices):.2f} / {hit / max(len(answer.slices), 1):.2f}"


def ours(file: Path, depth: int, repeat: int) -> Answer:
    """provgraph, in a process of its own."""
    return run(
        sys.executable,
        "benchmarks.slices.ours",
        [str(file), str(depth), str(repeat)],
        memory=8 * _GIGABYTE,
        seconds=600,
    )


def compare(options: argparse.Namespace, folder: Path, raw: list[dict[str, object]]) -> list[list[str]]:
    """One row per table: ours and the peers."""
    pythons: dict[str, Path] = {}
    for name in options.peers:
        try:
            pythons[name] = peer_python(name)
        except Missing as reason:
            print(f"Skipped {name}: {reason}", file=sys.stderr)
    lines = [["table", "provgraph", "processor", "first call", "memory", "recall / precision", "must"]]
    for name in pythons:
        lines[0] += [name, "x (by processor)", "memory", "recall / precision"]
    for rows in options.sizes:
        for kind in options.kinds:
            for seed in range(options.seed, options.seed + (1 if rows >= 1_000_000 else options.seeds)):
                lines.append(_line(rows, kind, seed, options, pythons, folder, raw))
                print(" | ".join(lines[-1]), file=sys.stderr, flush=True)
    return lines


def _line(
    rows: int,
    kind: shapes.Kind,
    seed: int,
    options: argparse.Namespace,
    pythons: dict[str, Path],
    folder: Path,
    raw: list[dict[str, object]],
) -> list[str]:
    table = shapes.planted(rows, seed=seed, kind=kind)
    file = folder / "table.npz"
    write(table, file)
    own = ours(file, 3, options.repeat)
    raw.append({"rows": rows, "kind": kind, "seed": seed, "subject": "provgraph", **_plain(own)})
    most, times = _BARS.get(rows, (None, None))
    bar = "" if most is None else f"≤ {most} s, ≥ {times} x, ≤ 1 GB"
    name = f"{rows:,} rows, {kind}, seed {seed}"
    line = [
        name,
        _middle(own.seconds),
        _middle(own.processor),
        _seconds(own.first),
        _memory(own),
        score(own, table),
        bar,
    ]
    for peer, python in pythons.items():
        answer = run(
            python,
            "benchmarks.slices.peers",
            [peer, str(file), "3"],
            memory=options.memory * _GIGABYTE,
            seconds=options.timeout,
        )
        raw.append({"rows": rows, "kind": kind, "seed": seed, "subject": peer, **_plain(answer)})
        ratios = [
            f"{statistics.median(theirs) / statistics.median(mine):.0f}"
            for theirs, mine in ((answer.seconds, own.seconds), (answer.processor, own.processor))
            if theirs and mine
        ]
        line += [_middle(answer.seconds), " / ".join(ratios), _memory(answer), score(answer, table)]
    return line


def large(options: argparse.Namespace, folder: Path, raw: list[dict[str, object]]) -> list[list[str]]:
    """Wide tables and columns of many values: ours alone."""
    lines = [["table", "provgraph", "processor", "memory", "recall / precision"]]
    rows = max(options.sizes)
    for name, table, depth in (
        (f"{rows:,} rows x 40 columns, 2 terms", shapes.wide(rows, seed=options.seed), 2),
        (f"{rows:,} rows x 12 columns of 50 to 5,000 values", shapes.high(rows, seed=options.seed), 3),
    ):
        file = folder / "table.npz"
        write(table, file)
        answer = ours(file, depth, max(options.repeat // 2, 1))
        raw.append({"case": name, **_plain(answer)})
        figures = [_middle(answer.seconds), _middle(answer.processor), _memory(answer), score(answer, table)]
        lines.append([name, *figures])
    return lines


def noise(options: argparse.Namespace, raw: list[dict[str, object]]) -> list[list[str]]:
    """How often nothing is reported as something."""
    first, tables = options.seed, options.tables
    lines = [["tables without any slice", "something reported", "must"]]
    cases: list[tuple[str, str, Callable[[], float]]] = [
        ("independent columns, 10,000 rows", "≤ 6.5 %", lambda: alarms.by_row(tables, 10_000, first, "independent")),
        ("nested columns, 10,000 rows", "≤ 6.5 %", lambda: alarms.by_row(tables, 10_000, first, "nested")),
        (
            "units of 20 rows, correlation 0.2, named",
            "≤ 8 %",
            lambda: alarms.by_unit(tables, 10_000, first, "unit"),
        ),
        ("the same, not named", "", lambda: alarms.by_unit(max(tables // 10, 1), 10_000, first, None)),
    ]
    for name, bar, measured in cases:
        share = measured()
        raw.append({"case": name, "seed": first, "tables": tables, "share": share})
        lines.append([name, f"{100 * share:.1f} %", bar])
    return lines


def _middle(values: Sequence[float]) -> str:
    return _seconds(statistics.median(values) if values else None)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} s" if value >= 100.0 else f"{value:.3g} s"


def _memory(answer: Answer) -> str:
    return "-" if answer.memory is None else f"{answer.memory / _GIGABYTE:.2f} GB"


def _plain(answer: Answer) -> dict[str, object]:
    return {
        "seconds": answer.seconds,
        "processor": answer.processor,
        "first": answer.first,
        "memory": answer.memory,
        "failed": answer.failed,
        "slices": sorted(sorted(each) for each in answer.slices),
    }


def _table(lines: list[list[str]]) -> str:
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    text.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(text)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slices", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="rows")
    kinds = ["independent", "nested"]
    parser.add_argument("--kinds", nargs="+", choices=kinds, default=kinds, help="of columns")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--repeat", type=int, default=5, help="calls of ours")
    parser.add_argument("--seeds", type=int, default=3, help="tables of each kind below a million rows")
    parser.add_argument("--tables", type=int, default=1_000, help="tables without any slice; 0: leave them out")
    parser.add_argument("--memory", type=int, default=8, help="gigabytes that a peer is given")
    parser.add_argument("--timeout", type=float, default=3_600, help="seconds that a peer is given")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="of the first table")
    options = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}; {machine()}", flush=True)
    raw: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="slices-", dir=BUILD) as folder:
        print(_table(compare(options, Path(folder), raw)), flush=True)
        print()
        print(_table(large(options, Path(folder), raw)), flush=True)
    if options.tables:
        print()
        print(_table(noise(options, raw)))
    print(f"load average at the end: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")
    file = BUILD / f"slices-{time.strftime('%Y-%m-%d-%H%M%S')}.json"
    file.write_text(json.dumps({"seed": options.seed, "machine": machine(), "raw": raw}), encoding="utf-8")
    print(f"every value: {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
