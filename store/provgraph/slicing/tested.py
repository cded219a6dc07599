"""All cells in one list: every slice that is tested, and its parents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

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
        offset: of each combination, where its keys begin among those of all.
        position: the place of each slice among the keys of all combinations, ascending.
        combination: of each slice, as a place in `combinations`.
        key: within its combination.
        depth: terms.
        sums: of each slice.
    """

    combinations: list[Combination]
    sizes: Sequence[int]
    offset: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]
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
        of = self.combination[numbers]
        used: list[int] = np.unique(of).tolist()
        places = {combination: place for place, combination in enumerate(self.combinations)}
        # Columns, sizes and parents of each combination that occurs, then of each slice.
        size = np.ones((len(used), 3), np.int64)
        parent = np.full((len(used), 3), _NONE, np.intp)
        for row, place in enumerate(used):
            columns = self.combinations[place]
            size[row, : len(columns)] = [self.sizes[column] for column in columns]
            for drop in range(len(columns) if len(columns) > 1 else 0):
                parent[row, drop] = places[columns[:drop] + columns[drop + 1 :]]
        rows = np.searchsorted(used, of)
        size, parent = size[rows], parent[rows]
        key = self.key[numbers]
        codes = np.empty((numbers.size, 3), np.int64)
        for axis in (2, 1, 0):
            key, codes[:, axis] = np.divmod(key, size[:, axis])
        for drop in range(3):
            a, b = (axis for axis in range(3) if axis != drop)
            has = np.flatnonzero(parent[:, drop] >= 0)
            found[has, drop] = self.at(parent[has, drop], (codes[:, a] * size[:, b] + codes[:, b])[has])
        return found

    def at(self, place: npt.NDArray[np.intp], key: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
        """The slices of these combinations and keys; -1 where one has too few rows."""
        wanted = self.offset[place] + key
        found = np.searchsorted(self.position, wanted)
        inside = np.minimum(found, self.position.size - 1)
        return np.where(self.position[inside] == wanted, found, _NONE)


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
    sizes = [each.kept for each in columns]
    room = [prod(sizes[column] for column in combination) for combination in combinations]
    offset = np.concatenate(([0], np.cumsum(np.array(room, np.int64))))
    depth = length[place] if place.size else np.zeros(0, np.intp)
    sums = Sums(n.astype(np.float64), total, square)
    return Tested(combinations, sizes, offset, offset[place] + key, place, key, depth, sums)
