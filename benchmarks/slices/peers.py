"""The peers as measured subjects: `python -m benchmarks.slices.peers NAME FILE DEPTH`, each in its own environment.

Each is used as its documentation says, asked for the ten slices it ranks highest, with the support that ours asks for.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.slices.tables import Planted, read
from benchmarks.worker import peak_memory

SHOWN = 10
# Seconds by the clock and of the processors; the slices as lists of (column, value).
Found: TypeAlias = tuple[tuple[float, float], list[list[list[str]]]]


def divexplorer(table: Planted, depth: int) -> Found:
    """Frequent patterns, redundant ones pruned, significant ones kept: the recipe of its README.

    Where there is a choice, it is made in its favour: ordered by t it finds more of what was planted than by
    divergence, as its README has it; and its search has a limit of terms, which its interface does not pass on.
    """
    import pandas as pd
    from divexplorer import DivergenceExplorer, DivergencePatternProcessor  # type: ignore[import-not-found] # pyright: ignore[reportMissingImports]
    from divexplorer import divexplorer as inner  # pyright: ignore[reportMissingImports]

    inner.fpgrowth_cm = partial(inner.fpgrowth_cm, max_len=depth)
    frame = pd.DataFrame({name: _texts(codes) for name, codes in table.codes.items()})
    frame["wrong"] = table.wrong.astype(int)
    started, began = time.perf_counter(), time.process_time()
    patterns = DivergenceExplorer(frame).get_pattern_divergence(
        min_support=_support(table) / table.rows,
        attributes=list(table.codes),
        boolean_outcomes=["wrong"],
    )
    pruned = pd.DataFrame(DivergencePatternProcessor(patterns, "wrong").redundancy_pruning(th_redundancy=0.02))
    pruned = pruned[pruned["wrong_t"] > 2]
    best = pruned.sort_values(by="wrong_t", ascending=False, ignore_index=True).head(SHOWN)
    taken = time.perf_counter() - started, time.process_time() - began
    return taken, [[item.split("=", 1) for item in sorted(items)] for items in best["itemset"]]


def sliceline(table: Planted, depth: int) -> Found:
    """Its score, with the weight that its examples use for errors."""
    from sliceline.slicefinder import Slicefinder  # type: ignore[import-not-found] # pyright: ignore[reportMissingImports]

    names = list(table.codes)
    values = np.stack([table.codes[name] for name in names], axis=1).astype(np.int64) + 1
    finder = Slicefinder(alpha=0.95, k=SHOWN, max_l=depth, min_sup=_support(table), verbose=False)
    started, began = time.perf_counter(), time.process_time()
    finder.fit(values, table.wrong.astype(float))
    taken = time.perf_counter() - started, time.process_time() - began
    slices = [
        [[name, f"v{int(value) - 1}"] for name, value in zip(names, row, strict=True) if value is not None]
        for row in finder.top_slices_[:SHOWN]
    ]
    return taken, slices


def _texts(codes: npt.NDArray[np.integer]) -> npt.NDArray[np.str_]:
    values = np.array([f"v{code}" for code in range(int(codes.max()) + 1)])
    return np.asarray(values[codes], np.str_)


def _support(table: Planted) -> int:
    return max(30, table.rows // 1000)


def main() -> None:
    """Answer with one JSON line."""
    name, file, depth = sys.argv[1:]
    (seconds, processor), slices = {"divexplorer": divexplorer, "sliceline": sliceline}[name](
        read(Path(file)), int(depth)
    )
    print(json.dumps({"seconds": [seconds], "processor": [processor], "memory": peak_memory(), "slices": slices}))


if __name__ == "__main__":
    main()
