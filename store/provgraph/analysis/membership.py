"""Which rows each upstream node stands behind: counted for all nodes at once, by sets of groups as bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from provgraph.analysis.upstream import Ints, Upstream

__all__ = ["Reach", "count_reach"]

Number = TypeVar("Number", np.int64, np.uint64)

_MEMORY: Final = 64 << 20  # bytes of the bits that are held at once
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
    component, size, below, above = _ordered(upstream)
    totals = np.zeros((size, weights.shape[1]), np.int64)
    marks = np.zeros((size, 1), np.uint64)
    hashes = _hashes(len(groups))[:, None]
    step = max(8, min(len(groups), _MEMORY // max(size, 1) * 8))
    for first in range(0, len(groups), step):
        part = range(first, min(first + step, len(groups)))
        bits = np.zeros((size, (len(part) + 7) // 8), np.uint8)
        for at, group in enumerate(part):
            bits[component[upstream.places[list(groups[group])]], at >> 3] |= np.uint8(0x80 >> (at & 7))
        for low, high in zip(below, above, strict=True):
            bits[high] |= bits[low]
        _add(totals, bits, weights[part.start : part.stop])
        _add(marks, bits, hashes[part.start : part.stop])
    return Reach(totals[component], marks[component, 0])


def _add(totals: npt.NDArray[Number], bits: npt.NDArray[np.uint8], weights: npt.NDArray[Number]) -> None:
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


def _ordered(upstream: Upstream) -> tuple[Ints, int, list[int], list[int]]:
    """Circles as one: the component of each place, how many there are, and their links from below to above."""
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
    level = _levels(count, low, high)
    line = np.argsort(level[low], kind="stable")
    return component, int(count), low[line].tolist(), high[line].tolist()


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
