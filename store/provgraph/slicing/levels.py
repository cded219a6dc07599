"""Every cell of up to three columns, level by level: singles, pairs, and the triples that can say something new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from provgraph.slicing import words
from provgraph.slicing.counting import Cells, Counter, Outcomes
from provgraph.slicing.covers import Combination
from provgraph.slicing.folding import Folded
from provgraph.slicing.table import Codes, Rows

__all__ = ["Levels", "count_levels", "most_combinations"]

# Combinations that are counted at most. Of 40 columns there are 10,700, of 80 there are 85,000.
_MOST_COMBINATIONS = 100_000
# Rows of a table that holds each pair of values of two columns of several values.
_MOST_ENTRIES = 50_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """What was counted.

    Attributes:
        cells: of each combination, singles first.
        copies: columns that part the rows just as another one does, by the column that stands for them.
        notes: what was not counted, and why.
    """

    cells: dict[Combination, Cells]
    copies: dict[int, int]
    notes: tuple[str, ...]


def most_combinations(columns: int, depth: int) -> tuple[int, int]:
    """The depth that can be searched, at most the one asked for, and how many combinations the latter has."""
    asked = sum(comb(columns, level) for level in range(1, depth + 1))
    while depth > 1 and sum(comb(columns, level) for level in range(1, depth + 1)) > _MOST_COMBINATIONS:
        depth -= 1
    return depth, asked


def count_levels(
    columns: Sequence[Folded],
    outcomes: Outcomes,
    rows: int,
    *,
    depth: int,
    least: int,
    rank: Sequence[int],
    progress: Callable[[int, int], None] | None,
) -> Levels:
    """Count.

    A pair of columns of which one determines the other has the rows of one of them: it is no slice of its own, and no
    triple holds it. Two that determine each other are one column with two names.

    Args:
        columns: what is searched.
        outcomes: one per row.
        rows: how many rows there are.
        depth: 1 to 3.
        least: the rows a slice must have.
        rank: of each column; the lowest stands for its copies.
        progress: told how many combinations are done, and of how many.
    """
    total = sum(comb(len(columns), level) for level in range(1, depth + 1))
    done = 0

    def counted(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, total)

    views = _Views(columns, outcomes, rows, least)
    everything = range(len(columns))
    cells = views.count([(column,) for column in everything], {}, counted)
    copies: dict[int, int] = {}
    if depth > 1:
        pairs = views.count(list(combinations(everything, 2)), cells, counted)
        determined, same = _related(columns, cells, pairs)
        for column in sorted(everything, key=lambda each: rank[each]):
            for twin in everything:
                if frozenset((column, twin)) in same and column not in copies and twin not in copies:
                    copies[twin] = column
        told = {
            pair: found
            for pair, found in pairs.items()
            if frozenset(pair) not in determined and not copies.keys() & set(pair)
        }
        if depth > 2:
            triples = [
                (a, b, c) for (a, b) in told for c in range(b + 1, len(columns)) if (a, c) in told and (b, c) in told
            ]
            # A triple has no more rows than its pairs.
            triples = [each for each in triples if all(told[pair].n.size for pair in combinations(each, 2))]
            counted(total - done - len(triples))
            told |= views.count(triples, told, counted)
        cells = {each: found for each, found in cells.items() if each[0] not in copies} | told
    if progress is not None and done < total:
        progress(total, total)
    return Levels(cells, copies, tuple(views.notes))


def _related(
    columns: Sequence[Folded], singles: dict[Combination, Cells], pairs: dict[Combination, Cells]
) -> tuple[set[frozenset[int]], set[frozenset[int]]]:
    """Pairs of columns of which one determines the other, and those whose values have the very same rows.

    a determines b if every value of a, among those kept, has all of its rows in one value of b, and b has one value
    per row: no two terms of theirs say more than one.
    """
    determined: set[frozenset[int]] = set()
    same: set[frozenset[int]] = set()
    for (a, b), cells in pairs.items():
        size = columns[b].kept
        n_a, n_b = singles[(a,)].n, singles[(b,)].n
        of_a, of_b = cells.key // size, cells.key % size
        whole_a, whole_b = cells.n == n_a[of_a], cells.n == n_b[of_b]
        for whole, codes, n, other in ((whole_a, of_a, n_a, columns[b]), (whole_b, of_b, n_b, columns[a])):
            if other.entries is None and np.unique(codes[whole]).size == n.size:
                determined.add(frozenset((a, b)))
        both = whole_a & whole_b
        if n_a.size == n_b.size == np.unique(of_a[both]).size == np.unique(of_b[both]).size:
            same.add(frozenset((a, b)))
    return determined, same


class _Views:
    """Counters over the rows, and over the entries of columns of several values.

    A combination that holds such a column is counted over a table with one row per entry; one with two of them over
    the pairs of entries of each row.
    """

    def __init__(self, columns: Sequence[Folded], outcomes: Outcomes, rows: int, least: int) -> None:
        self._columns = columns
        self._outcomes = outcomes
        self._rows = rows
        self._least = least
        self._kept = [column.kept for column in columns]
        self._sizes = [column.size for column in columns]
        self.notes: list[str] = []

    def count(
        self, wanted: Sequence[Combination], parents: dict[Combination, Cells], counted: Callable[[int], None]
    ) -> dict[Combination, Cells]:
        """The cells of combinations of one length."""
        groups: dict[Combination, list[Combination]] = {}
        for combination in wanted:
            several = tuple(column for column in combination if self._columns[column].entries is not None)
            groups.setdefault(several, []).append(combination)
        found: dict[Combination, Cells] = {}
        for several, combinations_of in sorted(groups.items()):
            counter = self._counter(several, combinations_of)
            if counter is None:
                counted(len(combinations_of))
            else:
                found |= counter.count(combinations_of, parents, counted)
        return {combination: found[combination] for combination in wanted if combination in found}

    def _counter(self, several: Combination, wanted: Sequence[Combination]) -> Counter | None:
        plain = sorted({column for combination in wanted for column in combination}.difference(several))
        codes: dict[int, Codes] = {}
        rows: Rows | None = None
        for column in several:
            joined = self._join(rows, codes, self._columns[column])
            if joined is None:
                names = words.joined([self._columns[each].column.name for each in several])
                self.notes.append(f"Combinations of {names} were left out: their rows have too many pairs of values.")
                return None
            rows, codes = joined
            codes[column] = codes.pop(-1)
        outcomes = self._outcomes if rows is None else self._outcomes[rows]
        for column in plain:
            whole = self._columns[column].codes
            codes[column] = whole if rows is None else whole[rows]
        return Counter(codes, self._kept, self._sizes, outcomes, self._least)

    def _join(self, rows: Rows | None, codes: dict[int, Codes], column: Folded) -> tuple[Rows, dict[int, Codes]] | None:
        """Each entry so far beside each entry of one more column (number -1); None if they are too many."""
        entries = np.arange(self._rows) if column.entries is None else column.entries
        if rows is None:
            return entries, {-1: column.codes}
        per_row = np.bincount(entries, minlength=self._rows)
        repeat = per_row[rows]
        total = int(repeat.sum())
        if total > _MOST_ENTRIES:
            return None
        first: npt.NDArray[np.intp] = np.concatenate(([0], np.cumsum(per_row)))[rows]
        before = np.repeat(np.cumsum(repeat) - repeat, repeat)
        place = np.repeat(first, repeat) + np.arange(total) - before
        old = np.repeat(np.arange(rows.size), repeat)
        joined = {number: each[old] for number, each in codes.items()}
        return rows[old], {**joined, -1: column.codes[place]}
