"""provgraph as a measured subject: `python -m benchmarks.slices.ours FILE DEPTH REPEAT` answers with one JSON line."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.slices.shapes import frame_of
from benchmarks.slices.tables import read
from benchmarks.worker import peak_memory


def main() -> None:
    """Measure the first call, which imports what it needs, and the next ones."""
    frame = frame_of(read(Path(sys.argv[1])))
    depth, repeat = int(sys.argv[2]), int(sys.argv[3])
    before = peak_memory()
    taken: list[float] = []
    worked: list[float] = []
    report = None
    for _ in range(repeat + 1):
        started, began = time.perf_counter(), time.process_time()
        from provgraph.slicing import find_slices

        report = find_slices(frame, outcome="wrong", depth=depth)
        taken.append(time.perf_counter() - started)
        worked.append(time.process_time() - began)
    assert report is not None
    slices = [[[term.column, term.value] for term in found.predicate] for found in report.slices]
    answer = {
        "first": taken[0],
        "seconds": taken[1:],
        "processor": worked[1:],
        "memory": peak_memory(),
        "memory_before": before,
        "slices": slices,
        "tested": report.tested,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
