"""Rows of a slice to look at: some that are wrong, and right ones of the same class beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from provgraph import Graph
from provgraph.analysis.result import ErrorAnalysis
from provgraph.errors import NotFoundError
from provgraph.model import Artifact
from provgraph.slicing import words
from provgraph_dashboard.errors.measured import Mask, Rows
from provgraph_dashboard.errors.pictures import local_path, picture, places_of

__all__ = ["Example", "Examples", "examples"]

COUNT: Final = 6


@dataclass(frozen=True, slots=True)
class Example:
    """One row.

    Attributes:
        sample: what its sample is called.
        truth, said: its label and prediction, if there are any; else its loss.
        picture: a data URL; None where there is no picture of it that can be shown.
    """

    sample: str
    truth: str
    said: str
    picture: str | None


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows to look at.

    Attributes:
        wrong: of the slice; for a loss, those with the largest.
        right: of the same classes, one beside each where there is one; for a loss, those with the smallest.
        from_rest: whether the right ones are rows of the rest.
        of: how many wrong rows there are.
    """

    wrong: tuple[Example, ...]
    right: tuple[Example | None, ...]
    from_rest: bool
    of: int

    @property
    def pictures(self) -> bool:
        """Whether there is a picture among them."""
        return any(each is not None and each.picture for each in (*self.wrong, *self.right))


def examples(
    graph: Graph, analysis: ErrorAnalysis, data: Artifact | None, inside: Mask, rows: Rows, page: int
) -> Examples:
    """Rows of a slice to look at.

    Args:
        graph: an open graph, which knows what may be read.
        analysis: the rows.
        data: what the model predicted on.
        inside: the rows of the slice.
        rows: the outcome of the rows.
        page: which of them: 0 for the first few, and so on.
    """
    finder = _Finder(graph, analysis, data)
    if rows.binary:
        bad = np.flatnonzero(inside & rows.known & (rows.values > 0))
        # a fixed order that goes through the whole slice, not along its time
        bad = np.random.default_rng(0).permutation(bad)
        good_rest = np.flatnonzero(~inside & rows.known & (rows.values == 0))
        good_here = np.flatnonzero(inside & rows.known & (rows.values == 0))
    else:
        known = np.flatnonzero(inside & rows.known)
        bad = known[np.argsort(-rows.values[known], kind="stable")]
        good_rest = np.flatnonzero(~inside & rows.known)
        good_rest = good_rest[np.argsort(rows.values[good_rest], kind="stable")]
        good_here = known[::-1]
    from_rest = good_rest.size > 0
    start = (page * COUNT) % max(bad.size, 1)
    chosen = bad[start : start + COUNT].tolist()
    beside = _beside(analysis, chosen, good_rest if from_rest else good_here, page)
    shown = finder.example
    right = tuple(None if row is None else shown(row, rows) for row in beside)
    return Examples(tuple(shown(row, rows) for row in chosen), right, from_rest, int(bad.size))


def _beside(analysis: ErrorAnalysis, chosen: Sequence[int], good: npt.NDArray[np.intp], page: int) -> list[int | None]:
    """For each row a right one with the same label, each once."""
    label = analysis.outcome.label
    if label is None or analysis.outcome.kind == "regression":
        return [*good[: len(chosen)].tolist(), *[None] * max(0, len(chosen) - good.size)]
    labels = analysis.frame[label].to_numpy()
    found: list[int | None] = []
    order = np.random.default_rng(1 + page).permutation(good)
    used: set[int] = set()
    for row in chosen:
        same = order[labels[order] == labels[row]]
        pick = next((int(each) for each in same[: len(chosen) + 1] if int(each) not in used), None)
        if pick is not None:
            used.add(pick)
        found.append(pick)
    return found


class _Finder:
    """Looks rows up, and for each what of the store it may be read from."""

    def __init__(self, graph: Graph, analysis: ErrorAnalysis, data: Artifact | None) -> None:
        self._graph = graph
        self._analysis = analysis
        self._data = data
        self._sample = analysis.table.role("sample")
        self._places: dict[int, list[Path]] = {}

    def example(self, row: int, rows: Rows) -> Example:
        """One row."""
        frame, outcome = self._analysis.frame, self._analysis.outcome
        cell: object = frame[self._sample].iloc[row] if self._sample is not None else None
        sample = f"row {row + 1:,}" if cell is None or cell != cell else str(cell)

        def shown(name: str | None) -> str:
            return "" if name is None else words.label(_plain(frame[name].iloc[row]))

        if outcome.label is not None:
            truth, said = shown(outcome.label), shown(outcome.prediction)
        else:
            truth, said = "", words.number(float(f"{rows.values[row]:.3g}"))
        found = None
        if self._sample is not None:
            found = picture(sample, self._places_of(row)) or picture(sample, self._itself(sample))
        return Example(sample, truth, said, found)

    def _places_of(self, row: int) -> list[Path]:
        code = int(self._analysis.rows.codes[row])
        if code not in self._places:
            group = self._analysis.rows.groups[code] if code >= 0 else ()
            uris = [self._uri(f"artifact:{each}") for each in group]
            self._places[code] = places_of([*uris, self._data.uri if self._data is not None else None])
        return self._places[code]

    def _uri(self, ref: str) -> str | None:
        try:
            node = self._graph.get(ref)
        except NotFoundError:  # deleted since
            return None
        return node.uri if isinstance(node, Artifact) else None

    def _itself(self, sample: str) -> list[Path]:
        """The file of the sample, if it was recorded as an artifact."""
        path = local_path(sample)
        if path is None or not path.is_absolute():
            return []
        recorded = self._graph.find(kind="artifact", uri=path.as_uri(), limit=1)
        return places_of([path.as_uri()]) if any(True for _ in recorded) else []


def _plain(value: object) -> object:
    item: Callable[[], object] | None = getattr(value, "item", None)
    return item() if item is not None else value
