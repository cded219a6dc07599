"""Two columns as a map of rates, and what was predicted for what: both are a matrix of cells with a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from provgraph.analysis.result import ErrorAnalysis
from provgraph.slicing import EncodedColumn, words
from provgraph_dashboard.errors.measured import Counts, Mask, Rows, count_by, rate_text
from provgraph_dashboard.theme import RATE_DOMAIN

__all__ = ["Cell", "Matrix", "confusion", "heat_map"]

_MOST: Final = 10  # rows and columns of a matrix
_STRETCH: Final = 2.5  # times the rate of all rows: what lies around it must not look alarming
_FEW: Final = 10  # rows below which a rate says little: it is shown in grey


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a matrix.

    Attributes:
        words: as it is shown.
        level: its place on the ramp of rates, 0 to 4; None where there is nothing to colour.
        about: the cell in a sentence.
        faint: whether it says little.
    """

    words: str
    level: float | None
    about: str
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    """Cells by two columns.

    Attributes:
        across, down: what the columns and the rows are.
        columns, rows: their labels.
        cells: line by line.
        title: over the matrix, where there are two.
        note: what is not shown.
    """

    across: str
    down: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    title: str = ""
    note: str = ""


def heat_map(x: EncodedColumn, y: EncodedColumn, rows: Rows) -> Matrix:
    """The rate in each combination of the values of two columns, the most frequent values of each."""
    across, down = _frequent(x, rows), _frequent(y, rows)
    found: list[list[Counts]] = []
    for code in down:
        counts = count_by(x, rows, y.mask(code, rows.known.size))
        found.append([counts[at] for at in across])
    every = [count.rate for line in found for count in line if count.rate is not None and count.n >= _FEW]
    most = max(every, default=0.0)
    low = 0.0 if rows.binary else min(every, default=0.0)
    if rows.binary:
        most = max(most, RATE_DOMAIN[-1], _STRETCH * _overall(rows))
    cells = tuple(
        tuple(
            _cell(count, f"{x.name} {x.labels[across[i]]}, {y.name} {y.labels[down[j]]}", rows.binary, low, most)
            for i, count in enumerate(line)
        )
        for j, line in enumerate(found)
    )
    hidden = [
        f"{len(column.values) - len(shown):,} rarer values of {column.name}"
        for column, shown in ((x, across), (y, down))
        if len(shown) < len(column.values)
    ]
    return Matrix(
        x.name,
        y.name,
        tuple(x.labels[code] for code in across),
        tuple(y.labels[code] for code in down),
        cells,
        note=f"{words.joined(hidden)} not shown" if hidden else "",
    )


def confusion(analysis: ErrorAnalysis, known: Mask, inside: Mask | None) -> tuple[Matrix, ...]:
    """What was predicted for each class, as shares of the class: among the rows inside, and among the rest."""
    outcome = analysis.outcome
    label, prediction = outcome.label, outcome.prediction
    if label is None or prediction is None or outcome.kind == "regression":
        return ()
    both = analysis.frame[[label, prediction]].astype(object)
    kept = both.notna().all(axis=1).to_numpy(np.bool_)
    if outcome.kind == "errors":
        kept = kept & known
    counts = pd.concat([both.loc[kept, label], both.loc[kept, prediction]]).value_counts()
    shown = sorted(counts.index[:_MOST].tolist(), key=str)
    parts = [("all rows", kept)] if inside is None else [("this slice", kept & inside), ("the rest", kept & ~inside)]
    note = f"{len(counts) - len(shown):,} rarer classes not shown" if len(shown) < len(counts) else ""
    return tuple(_confusion(both[part], label, prediction, shown, title, note) for title, part in parts)


def _confusion(rows: pd.DataFrame, label: str, prediction: str, shown: list[object], title: str, note: str) -> Matrix:
    counted = rows.value_counts()
    totals = rows[label].value_counts()
    names = tuple(words.label(each) for each in shown)
    lines: list[tuple[Cell, ...]] = []
    for truth, name in zip(shown, names, strict=True):
        total = int(totals.get(truth, 0))
        line: list[Cell] = []
        for said, other in zip(shown, names, strict=True):
            count = int(counted.get((truth, said), 0))
            share = count / total if total else 0.0
            about = f"{title}: {count:,} of {total:,} rows that are {name} were called {other}"
            text = ("–" if not total else f"{100 * share:.0f}") if count or truth == said else "·"
            right = truth == said
            line.append(Cell(text, None if right or not count else _level(share, 0.0, 0.6), about, not count))
        lines.append(tuple(line))
    return Matrix(prediction, label, names, names, tuple(lines), f"{title}, {len(rows):,} rows", note)


def _overall(rows: Rows) -> float:
    return float(rows.values.sum()) / max(int(np.count_nonzero(rows.known)), 1)


def _frequent(column: EncodedColumn, rows: Rows) -> list[int]:
    counts = count_by(column, rows)
    order = sorted((code for code, count in enumerate(counts) if count.n), key=lambda code: (-counts[code].n, code))
    return sorted(order[:_MOST])


def _cell(count: Counts, where: str, binary: bool, low: float, most: float) -> Cell:
    rate = count.rate
    if rate is None:
        return Cell("", None, f"{where}: no rows", True)
    shown = rate_text(rate, binary=binary)
    about = f"{where}: {shown} of {count.n:,} rows" if binary else f"{where}: mean {shown} of {count.n:,} rows"
    few = count.n < _FEW
    return Cell(shown, None if few else _level(rate, low, most), about, few)


def _level(rate: float, low: float, most: float) -> float:
    """The place on the ramp, whose colours stand at `RATE_DOMAIN` stretched to end at `most`."""
    if most <= low:
        return 0.0
    scaled = (rate - low) / (most - low) * RATE_DOMAIN[-1]
    return float(np.interp(scaled, RATE_DOMAIN, range(len(RATE_DOMAIN))))
