"""Which rows each upstream node stands behind: counted for all nodes at once, by sets of groups as bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from provgraph.analysis.upstream import Ints, Upstream

__all__ = ["Reach", "count_reach"]

_MEMORY: Final = 64 << 20  # bytes of the bits that are held at once
_GROUPS: Final = 4_096  # whose bits are held at once, at most, and at least
_LEAST: Final = 256
_ROWS: Final = 4_096


@dataclass(frozen=True, eq=False)
class Reach:
    """How many rows each place stands behind, by the weights that were given.

    Attributes:
        totals: one row per place, one column per weight.
        marks: equal for places that stand behind the very same groups.
    """

    totals: Ints
    marks: npt.NDArray[np.uint64]


def count_reach(upstream: Upstream, groups: Sequence[Sequence[int]], weights: Ints) -> Reach:
    """Add up the weights of the groups that each place stands behind.

    Args:
        upstream: the walk, whose groups these are.
        groups: positions of the artifacts of each group.
        weights: one row per group, one column per number that is added up.
    """
    graph = _Circleless.of(upstream)
    totals = np.zeros((graph.size, weights.shape[1]), np.int64)
    marks = np.zeros((graph.size, 1), np.uint64)
    hashes = _hashes(len(groups))[:, None]
    step = min(_GROUPS, max(_MEMORY * 8 // max(graph.size, 1), _LEAST))
    for first in range(0, len(groups), step):
        part = slice(first, min(first + step, len(groups)))
        reached, bits = _bits(graph, upstream, groups[part])
        for kept, given in ((totals, weights), (marks, hashes)):
            found = np.zeros((reached.size, given.shape[1]), given.dtype)
            _add(found, bits, given[part])
            kept[reached] += found
    return Reach(totals[graph.component], marks[graph.component, 0])


def _bits(
    graph: _Circleless, upstream: Upstream, groups: Sequence[Sequence[int]]
) -> tuple[Ints, npt.NDArray[np.uint8]]:
    """The components above some groups, and of each the groups that it stands behind, as bits."""
    starts = [graph.component[upstream.places[list(group)]] for group in groups]
    reached = graph.above_all(np.unique(np.concatenate(starts)) if starts else np.zeros(0, np.int64))
    row = np.full(graph.size, -1, np.int64)
    row[reached] = np.arange(reached.size)
    bits = np.zeros((reached.size, (len(groups) + 7) // 8), np.uint8)
    for at, own in enumerate(starts):
        bits[row[own], at >> 3] |= np.uint8(0x80 >> (at & 7))
    walked = row[graph.below] >= 0
    for low, high in zip(row[graph.below[walked]].tolist(), row[graph.above[walked]].tolist(), strict=True):
        bits[high] |= bits[low]
    return reached, bits


def _add(totals: npt.NDArray[Any], bits: npt.NDArray[np.uint8], weights: npt.NDArray[Any]) -> None:
    """Add the weights whose bits are set, row by row: a byte of bits is looked up in a table of its sums."""
    size, width = bits.shape
    padded = np.zeros((width * 8, weights.shape[1]), weights.dtype)
    padded[: len(weights)] = weights
    patterns = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(weights.dtype)
    at = np.arange(width, dtype=np.intp)
    for column in range(weights.shape[1]):
        table = padded[:, column].reshape(width, 8) @ patterns.T
        for start in range(0, size, _ROWS):
            here = slice(start, start + _ROWS)
            totals[here, column] += table[at, bits[here]].sum(axis=1)


@dataclass(frozen=True, eq=False)
class _Circleless:
    """The places with each circle as one component.

    Attributes:
        component: of each place.
        size: how many components there are.
        below, above: the links between them, ordered so that what enters a component comes before what leaves it.
    """

    component: Ints
    size: int
    below: Ints
    above: Ints

    @classmethod
    def of(cls, upstream: Upstream) -> _Circleless:
        """The components of what was fetched."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        size = upstream.place_count
        below, above = upstream.links
        links = coo_array((np.ones(below.size, np.int8), (below, above)), shape=(size, size))
        count, of = connected_components(links.tocsr(), directed=True, connection="strong")
        component: Ints = np.asarray(of, np.int64)
        keys = np.unique(component[below] * count + component[above])
        low, high = np.divmod(keys, max(count, 1))
        apart = low != high
        low, high = low[apart], high[apart]
        line = np.argsort(_levels(count, low, high)[low], kind="stable")
        return cls(component, int(count), low[line], high[line])

    def above_all(self, starts: Ints) -> Ints:
        """Some components and all above them."""
        seen = np.zeros(self.size, np.bool_)
        while starts.size:
            seen[starts] = True
            starts = np.unique(self._next(starts))
            starts = starts[~seen[starts]]
        return np.flatnonzero(seen)

    @cached_property
    def _by_low(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.below, kind="stable")
        return self.above[order], np.searchsorted(self.below[order], np.arange(self.size + 1))

    def _next(self, components: Ints) -> Ints:
        targets, starts = self._by_low
        spans = starts[components + 1] - starts[components]
        offsets = np.repeat(starts[components] - np.cumsum(spans) + spans, spans)
        return targets[offsets + np.arange(offsets.size)]


def _levels(count: int, low: Ints, high: Ints) -> Ints:
    """A number for each component that is larger than those of all components below it."""
    waiting = np.bincount(high, minlength=count)
    order = np.argsort(low, kind="stable")
    targets = high[order]
    starts = np.searchsorted(low[order], np.arange(count + 1))
    level = np.zeros(count, np.int64)
    ready = np.flatnonzero(waiting == 0)
    number = 0
    while ready.size:
        level[ready] = number
        number += 1
        spans = starts[ready + 1] - starts[ready]
        offsets = np.repeat(starts[ready] - np.cumsum(spans) + spans, spans)
        reached = targets[offsets + np.arange(offsets.size)]
        waiting -= np.bincount(reached, minlength=count)
        ready = np.unique(reached[waiting[reached] == 0])
    return level


def _hashes(count: int) -> npt.NDArray[np.uint64]:
    """Numbers whose sums tell sets apart: the same in every process (SplitMix64)."""
    with np.errstate(over="ignore"):
        mixed = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
