"""Other names of the same rows, and which of them leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from provgraph.slicing.covers import Combination
from provgraph.slicing.folding import Folded
from provgraph.slicing.table import Mask
from provgraph.slicing.tested import Tested

__all__ = ["ALIKE", "Conditions", "Name", "other_names"]

# The Jaccard index from which on two slices cannot be told from one another.
ALIKE = 0.8
# Terms that hold for most rows of a slice and are joined to other names of it.
_MOST_TERMS = 30

# Columns with their codes, ascending.
Conditions: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Name:
    """Conditions and how much their rows are those of the slice."""

    conditions: Conditions
    jaccard: float


def other_names(
    conditions: Conditions, mask: Mask, columns: Sequence[Folded], tested: Tested, copies: Mapping[int, int]
) -> list[Name]:
    """Slices of at most as many terms with a Jaccard index of 0.8 or more, the shortest ones only.

    A name that holds the terms of a shorter one says nothing new.

    Args:
        conditions: of the slice.
        mask: its rows.
        columns: what was searched, copies of columns among them.
        tested: the slices of which one can be a name.
        copies: columns that part the rows just as another does, by the one that stands for them.
    """
    held = np.flatnonzero(mask)
    own = set(conditions)
    common: list[tuple[int, int, int]] = []  # rows in both, column, code
    for number, column in enumerate(columns):
        inside = _inside(column, mask, held)
        codes = np.flatnonzero(inside >= ALIKE * held.size).tolist()
        common += [(int(inside[code]), number, code) for code in codes]
    found = [
        Name(((column, code),), jaccard)
        for both, column, code in common
        if (column, code) not in own or len(own) > 1
        if (jaccard := both / (held.size + int(columns[column].n[code]) - both)) >= ALIKE
    ]
    if len(conditions) > 1:
        common.sort(key=lambda each: (-each[0], each[1:]))
        single = {name.conditions[0] for name in found}
        terms = sorted((column, code) for _, column, code in common[:_MOST_TERMS] if (column, code) not in single)
        found += _joined(conditions, mask, columns, tested, terms)
        found += _substituted(conditions, mask, columns, copies, common)
    return found


def _substituted(
    conditions: Conditions,
    mask: Mask,
    columns: Sequence[Folded],
    copies: Mapping[int, int],
    common: list[tuple[int, int, int]],
) -> list[Name]:
    """The slice with a copy in the place of one of its columns: such names were not counted."""
    rows = int(np.count_nonzero(mask))
    found: list[Name] = []
    for column, code in conditions:
        twins = [(twin, other) for both, twin, other in common if copies.get(twin) == column and both == rows]
        for twin, other in twins:
            if np.array_equal(columns[twin].mask(other, mask.size), columns[column].mask(code, mask.size)):
                name = {*conditions, (twin, other)}.difference({(column, code)})
                found.append(Name(tuple(sorted(name)), 1.0))
    return found


def _inside(column: Folded, mask: Mask, held: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """The rows of the slice that have each value."""
    codes = column.codes[held] if column.entries is None else column.codes[mask[column.entries]]
    return np.bincount(codes, minlength=column.kept)[: column.kept].astype(np.int64)


def _joined(
    conditions: Conditions,
    mask: Mask,
    columns: Sequence[Folded],
    tested: Tested,
    terms: list[tuple[int, int]],
) -> list[Name]:
    """Names of two and more terms."""
    rows = int(np.count_nonzero(mask))
    places = {combination: place for place, combination in enumerate(tested.combinations)}
    found: list[Name] = []
    for length in range(2, len(conditions) + 1):
        for name in combinations(terms, length):
            if name == conditions or any(set(shorter.conditions) <= set(name) for shorter in found):
                continue
            number = _number(name, tested, places)
            if number is None or not ALIKE * rows <= tested.sums.n[number] <= rows / ALIKE:
                continue
            other = columns[name[0][0]].mask(name[0][1], mask.size)
            for column, code in name[1:]:
                other = other & columns[column].mask(code, mask.size)
            both = int(np.count_nonzero(other & mask))
            jaccard = both / (rows + int(tested.sums.n[number]) - both)
            if jaccard >= ALIKE:
                found.append(Name(name, jaccard))
    return found


def _number(name: Conditions, tested: Tested, places: dict[Combination, int]) -> int | None:
    place = places.get(tuple(column for column, _ in name))
    if place is None:
        return None
    key = sum(
        code * prod(tested.sizes[column] for column, _ in name[position + 1 :])
        for position, (_, code) in enumerate(name)
    )
    found = int(tested.at(np.array([place]), np.array([key], np.int64))[0])
    return None if found < 0 else found
