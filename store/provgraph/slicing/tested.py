"""All cells in one list: every slice that is tested, and its parents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from provgraph.slicing.comparing import Sums
from provgraph.slicing.counting import Cells
from provgraph.slicing.covers import Combination
from provgraph.slicing.folding import Folded

__all__ = ["Tested", "gather"]

_NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """Slices by number, in the order of their combinations and keys.

    Attributes:
        combinations: all that were counted.
        sizes: the values kept of each column.
        start: the number of the first slice of each combination, and one more: how many there are.
        combination: of each slice, as a place in `combinations`.
        key: within its combination.
        depth: terms.
        sums: of each slice.
    """

    combinations: list[Combination]
    sizes: Sequence[int]
    start: npt.NDArray[np.intp]
    combination: npt.NDArray[np.intp]
    key: npt.NDArray[np.int64]
    depth: npt.NDArray[np.intp]
    sums: Sums

    def codes(self, number: int) -> Combination:
        """The code of each column of one slice."""
        columns = self.combinations[int(self.combination[number])]
        key = int(self.key[number])
        found: list[int] = []
        for column in reversed(columns):
            key, code = divmod(key, self.sizes[column])
            found.append(code)
        return tuple(reversed(found))

    def columns(self, number: int) -> Combination:
        """The columns of one slice."""
        return self.combinations[int(self.combination[number])]

    def parents(self, numbers: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """The slices with one term less of each slice, three per row; -1 where there are fewer."""
        found = np.full((numbers.size, 3), _NONE, np.intp)
        places = {combination: place for place, combination in enumerate(self.combinations)}
        of = self.combination[numbers]
        found_in: list[int] = np.unique(of).tolist()
        for place in found_in:
            columns = self.combinations[place]
            if len(columns) < 2:
                continue
            rows = np.flatnonzero(of == place)
            codes = np.unravel_index(self.key[numbers[rows]], [self.sizes[column] for column in columns])
            for drop in range(len(columns)):
                rest = columns[:drop] + columns[drop + 1 :]
                key = np.zeros(rows.size, np.int64)
                for column, code in zip(columns, codes, strict=True):
                    if column in rest:
                        key = key * self.sizes[column] + code
                found[rows, drop] = self.at(places[rest], key)
        return found

    def at(self, place: int, key: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
        """The slices of these keys in one combination; -1 where a key has too few rows."""
        begin, end = int(self.start[place]), int(self.start[place + 1])
        keys = self.key[begin:end]
        found = np.searchsorted(keys, key)
        inside = np.minimum(found, keys.size - 1)
        there = keys[inside] == key if keys.size else np.zeros(key.size, np.bool_)
        return np.where(there, begin + found, _NONE)


def gather(cells: dict[Combination, Cells], columns: Sequence[Folded], rows: int) -> Tested:
    """All cells that can be slices: those that leave a rest."""
    combinations = list(cells)
    count = np.array([each.n.size for each in cells.values()], np.intp)
    place = np.repeat(np.arange(len(combinations)), count)
    length = np.array([len(each) for each in combinations], np.intp)

    parts = list(cells.values())
    nothing = Cells(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    parts.append(nothing)
    key = np.concatenate([each.key for each in parts])
    n = np.concatenate([each.n for each in parts])
    total = np.concatenate([each.total for each in parts])
    square = np.concatenate([each.square for each in parts])
    proper = n < rows
    if not proper.all():
        place, key, n, total, square = place[proper], key[proper], n[proper], total[proper], square[proper]
    start = np.concatenate(([0], np.cumsum(np.bincount(place, minlength=len(combinations)))))
    depth = length[place] if place.size else np.zeros(0, np.intp)
    sums = Sums(n.astype(np.float64), total, square)
    return Tested(combinations, [each.kept for each in columns], start, place, key, depth, sums)
