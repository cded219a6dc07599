"""Which columns to count together.

Counting four or five columns in one pass over the rows and summing the small table is several times cheaper than
passing over the rows for each combination of three: 57 tables of four columns hold all 220 triples of twelve.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import prod
from typing import TypeAlias

__all__ = ["Combination", "Cover", "covers"]

Combination: TypeAlias = tuple[int, ...]
# The columns counted together, ascending, and the combinations that are read from their table.
Cover: TypeAlias = tuple[Combination, list[Combination]]


def covers(wanted: Sequence[Combination], sizes: Sequence[int], cells: int) -> list[Cover]:
    """Cover all combinations (of one length) by tables of at most so many cells, where one alone is not larger.

    Greedy: each table begins with the first combination that is left and takes the column that brings most others.
    Tables come in the order of their columns, so that neighbours begin alike.

    Args:
        wanted: combinations of columns, each ascending.
        sizes: the codes of each column.
        cells: the largest table.
    """
    if not wanted:
        return []
    left = dict.fromkeys(sorted(wanted))
    others = len(wanted[0]) - 1
    partners: dict[int, dict[int, None]] = {}
    for combination in left:
        for column in combination:
            partners.setdefault(column, {}).update(dict.fromkeys(combination))
    found: list[Cover] = []
    for first in sorted(wanted):
        if first not in left:
            continue
        table, size = list(first), prod(sizes[column] for column in first)
        taken = [first]
        del left[first]
        while True:
            best: list[Combination] = []
            best_column = -1
            for column in partners[first[0]]:
                if column in table or size * sizes[column] > cells:
                    continue
                brought = [
                    combination
                    for rest in combinations(table, others)
                    if (combination := tuple(sorted((*rest, column)))) in left
                ]
                if (len(brought), -sizes[column]) > (len(best), -sizes[best_column] if best else 0):
                    best, best_column = brought, column
            if not best:
                break
            table.append(best_column)
            size *= sizes[best_column]
            taken += best
            for combination in best:
                del left[combination]
        found.append((tuple(sorted(table)), taken))
    return sorted(found)
