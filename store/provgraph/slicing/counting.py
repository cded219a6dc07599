"""Rows and errors of every cell: of each combination of values of up to three columns.

The work is one `numpy.bincount` per table of `covers`. Columns of many values make tables too large for the caches:
there a triple is counted as a pair, whose cells with enough rows are few, and a third column, since a slice is never
larger than its parents. What is still too large to be laid out is sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from provgraph.slicing.covers import Combination, covers
from provgraph.slicing.table import Codes, Mask

__all__ = ["Cells", "Counter", "Outcomes"]

# One per row: whether it is wrong, or its loss.
Outcomes: TypeAlias = npt.NDArray[np.bool_] | npt.NDArray[np.float64]
Counts: TypeAlias = npt.NDArray[np.signedinteger] | npt.NDArray[np.float64]

# Cells of the largest table that is counted for several combinations at once (with its errors a quarter of a megabyte,
# well within a core's own cache), and of the largest that is laid out at all.
_SHARED = 1 << 14
_LARGEST = 1 << 22
# Cells of the largest table of a triple that is not counted by way of a pair.
_DIRECT = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of one combination that have enough rows, by ascending key.

    Attributes:
        key: the place in a table of the kept values of the columns, the last column fastest.
        n: rows.
        total: errors, or the sum of losses.
        square: the sum of squares of losses; of errors, `total` again.
    """

    key: npt.NDArray[np.int64]
    n: npt.NDArray[np.int64]
    total: npt.NDArray[np.float64]
    square: npt.NDArray[np.float64]


class Counter:
    """Counts combinations over one set of rows.

    Args:
        columns: the codes of each column that may be asked for, by its number.
        kept: how many codes of each are values; the one above, if any, is what is rare.
        sizes: how many codes each has.
        outcomes: one per row: truth values for errors, or losses (float64, around 0).
        least: the rows that a cell must have.
    """

    def __init__(
        self,
        columns: Mapping[int, Codes],
        kept: Sequence[int],
        sizes: Sequence[int],
        outcomes: Outcomes,
        least: int,
    ) -> None:
        self._columns = columns
        self._kept = kept
        self._sizes = sizes
        self._outcomes = outcomes
        self._least = least
        self._binary = outcomes.dtype == np.bool_
        self._rows = outcomes.size
        self._shared = min(max(self._rows // 4, 1 << 10), _SHARED)
        self._largest = min(max(4 * self._rows, 1 << 16), _LARGEST)
        self._direct = min(self._largest, _DIRECT)

    def count(
        self,
        wanted: Sequence[Combination],
        parents: Mapping[Combination, Cells],
        counted: Callable[[int], None],
    ) -> dict[Combination, Cells]:
        """The cells of combinations of one length.

        Args:
            wanted: the combinations.
            parents: the cells of their pairs, if they are triples.
            counted: told how many more combinations are done.
        """
        found: dict[Combination, Cells] = {}
        small: list[Combination] = []
        paired: dict[Combination, list[Combination]] = {}
        large: list[Combination] = []
        for combination in wanted:
            room = prod(self._sizes[column] for column in combination)
            if room <= (self._largest if len(combination) < 3 else self._direct):
                small.append(combination)
            elif len(combination) < 3:
                large.append(combination)
            else:
                pair = self._best_pair(combination, parents)
                (paired.setdefault(pair, []) if pair else large).append(combination)
        prefix: list[tuple[int, Codes]] = []
        for columns, combinations in covers(small, self._sizes, self._shared):
            shape = [self._sizes[column] for column in columns]
            tables = self._tables(self._key(columns, prefix), shape)
            for combination in combinations:
                rest = tuple(axis for axis, column in enumerate(columns) if column not in combination)
                found[combination] = self._frequent(
                    combination, [table.sum(axis=rest) if rest else table for table in tables]
                )
            counted(len(combinations))
        for pair, combinations in paired.items():
            found |= self._by_pair(pair, combinations, parents[pair].key)
            counted(len(combinations))
        for combination in large:
            found[combination] = self._sparse(combination, parents)
            counted(1)
        return found

    def _key(self, columns: Combination, prefix: list[tuple[int, Codes]]) -> Codes:
        """The place of each row in the table, errors slowest; `prefix` keeps what the last call worked out."""
        same = 0
        while same < min(len(columns), len(prefix)) and prefix[same][0] == columns[same]:
            same += 1
        del prefix[same:]
        width = (2 if self._binary else 1) * prod(self._sizes[column] for column in columns[:same])
        for column in columns[same:]:
            width *= self._sizes[column]
            kind = np.min_scalar_type(width)
            before = prefix[-1][1] if prefix else self._outcomes.view(np.uint8) if self._binary else None
            if before is None:
                key = self._columns[column].astype(kind)
            else:
                key = np.multiply(before, kind.type(self._sizes[column]), dtype=kind)
                key += self._columns[column]
            prefix.append((column, key))
        return prefix[-1][1]

    def _tables(self, key: Codes, shape: Sequence[int]) -> list[Counts]:
        """Rows and totals (and squares, for losses) of every cell."""
        if self._binary:
            table = np.bincount(key, minlength=2 * prod(shape)).reshape(2, *shape)
            return [table[0] + table[1], table[1]]
        weights = (None, self._outcomes, self._outcomes**2)
        return [np.bincount(key, each, minlength=prod(shape)).reshape(shape) for each in weights]

    def _frequent(self, combination: Combination, tables: Sequence[Counts]) -> Cells:
        """The cells of values that enough rows have."""
        values = tuple(slice(self._kept[column]) for column in combination)
        n, *totals = (table[values].ravel() for table in tables)
        key = np.flatnonzero(n >= self._least)
        sums = [np.asarray(total[key], np.float64) for total in totals]
        return Cells(key, np.asarray(n[key], np.int64), sums[0], sums[-1])

    def _best_pair(self, triple: Combination, parents: Mapping[Combination, Cells]) -> Combination | None:
        """The pair of a triple that makes the smallest table; None if all are too large."""
        pairs = (triple[:2], triple[::2], triple[1:])
        rooms = [
            (parents[pair].n.size + 1) * next(self._sizes[column] for column in triple if column not in pair)
            for pair in pairs
        ]
        room = min(rooms)
        return pairs[rooms.index(room)] if room <= self._largest else None

    def _by_pair(
        self, pair: Combination, triples: Sequence[Combination], frequent: npt.NDArray[np.int64]
    ) -> dict[Combination, Cells]:
        """The cells of triples, each as a cell of one pair that has enough rows and a value of the third column."""
        few = frequent.size
        kept = self._kept[pair[1]]
        codes = np.full([self._sizes[column] for column in pair], few, np.min_scalar_type(few))
        codes[frequent // kept, frequent % kept] = np.arange(few)
        both = codes[self._columns[pair[0]], self._columns[pair[1]]]
        values = np.divmod(frequent, kept)
        found: dict[Combination, Cells] = {}
        for triple in triples:
            third = next(column for column in triple if column not in pair)
            size = self._sizes[third]
            kind = np.min_scalar_type(2 * (few + 1) * size)
            key = both.astype(kind)
            if self._binary:
                key += np.multiply(self._outcomes, few + 1, dtype=kind)
            key *= kind.type(size)
            key += self._columns[third]
            tables = self._tables(key, [few + 1, size])
            n, *totals = (table[:few, : self._kept[third]] for table in tables)
            place, code = np.nonzero(n >= self._least)
            of = {pair[0]: values[0][place], pair[1]: values[1][place], third: code}
            whole = np.zeros(place.size, np.int64)
            for column in triple:
                whole = whole * self._kept[column] + of[column]
            order = np.argsort(whole)
            place, code = place[order], code[order]
            sums = [np.asarray(total[place, code], np.float64) for total in totals]
            found[triple] = Cells(whole[order], np.asarray(n[place, code], np.int64), sums[0], sums[-1])
        return found

    def _sparse(self, combination: Combination, parents: Mapping[Combination, Cells]) -> Cells:
        """The same for a table too large to be laid out."""
        if len(combination) < 3:
            rows, key = self._joined(combination)
        else:
            rows, key = self._under_a_pair(combination, parents)
        outcomes = np.asarray(self._outcomes if rows is None else self._outcomes[rows], np.float64)
        places, inverse, n = np.unique(key, return_inverse=True, return_counts=True)
        enough = n >= self._least
        total = np.asarray(np.bincount(inverse, outcomes, minlength=n.size)[enough], np.float64)
        square = total
        if not self._binary:
            square = np.asarray(np.bincount(inverse, outcomes**2, minlength=n.size)[enough], np.float64)
        return Cells(places[enough].astype(np.int64), n[enough].astype(np.int64), total, square)

    def _joined(self, combination: Combination) -> tuple[npt.NDArray[np.intp] | None, npt.NDArray[np.int64]]:
        """The rows whose values are all kept, and their keys."""
        held: Mask | None = None
        for column in combination:
            if self._sizes[column] > self._kept[column]:
                kept = self._columns[column] < self._kept[column]
                held = kept if held is None else held & kept
        rows = None if held is None else np.flatnonzero(held)
        key = np.zeros(self._rows if rows is None else rows.size, np.int64)
        for column in combination:
            codes = self._columns[column]
            key *= self._kept[column]
            key += codes if rows is None else codes[rows]
        return rows, key

    def _under_a_pair(
        self, combination: Combination, parents: Mapping[Combination, Cells]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
        """The rows of the pair of columns whose frequent cells hold fewest, and their keys."""
        pairs = [combination[:2], combination[::2], combination[1:]]
        pair = min(pairs, key=lambda each: int(parents[each].n.sum()))
        frequent = parents[pair].key
        rows, key = self._joined(pair)
        place = np.searchsorted(frequent, key)
        place[place == frequent.size] = 0
        held = np.flatnonzero(frequent[place] == key) if frequent.size else np.zeros(0, np.intp)
        rows = held if rows is None else rows[held]
        third = next(column for column in combination if column not in pair)
        rows = rows[self._columns[third][rows] < self._kept[third]]
        joined = np.zeros(rows.size, np.int64)
        for column in combination:
            joined *= self._kept[column]
            joined += self._columns[column][rows]
        return rows, joined
