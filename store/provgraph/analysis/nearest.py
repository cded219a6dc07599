"""The nearest values of every column above some places: breadth first, all columns and all places at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from provgraph.analysis.facts import Facts, Scalar
from provgraph.analysis.upstream import Ints, Upstream

__all__ = ["Cell", "Nearest", "nearest_values"]

Cell: TypeAlias = tuple[Scalar, ...]  # distinct values, numbers first, each kind in order
_Said: TypeAlias = tuple[Cell, ...]  # what one place says, one cell for each column of a family

_NOTHING: Final = -1


@dataclass(frozen=True, eq=False)
class Nearest:
    """A column as the groups of rows have it.

    Attributes:
        name: such as `Capture.firmware`.
        codes: of each group, an index into `cells`; -1 where nothing upstream says anything.
        cells: distinct, each of one value, or of several that stand at the same distance.
        hops: the mean distance at which the values stand.
    """

    name: str
    codes: Ints
    cells: Sequence[Cell]
    hops: float


@dataclass(slots=True)
class _Family:
    """Columns that the very same places speak of: one walk finds the nearest values of all of them."""

    names: list[str]
    places: Ints
    said: list[_Said]


@dataclass(slots=True)
class _Sets:
    """Sets of what places said, each kept once."""

    members: list[tuple[int, ...]] = field(default_factory=list[tuple[int, ...]])
    known: dict[tuple[int, ...], int] = field(default_factory=dict[tuple[int, ...], int])

    def intern(self, members: tuple[int, ...]) -> int:
        found = self.known.get(members)
        if found is None:
            found = self.known[members] = len(self.members)
            self.members.append(members)
        return found

    def union(self, sets: Iterable[int]) -> int:
        return self.intern(tuple(sorted({member for each in sets for member in self.members[each]})))


def nearest_values(upstream: Upstream, facts: Facts, groups: Sequence[Sequence[int]]) -> list[Nearest]:
    """For each column, the values that stand nearest above each group.

    Args:
        upstream: what was fetched.
        facts: values by column and place.
        groups: positions of the artifacts that the rows of each group came from.
    """
    families = _families(facts)
    said: list[_Said] = []
    sets = _Sets()
    distances, chosen = _spread(upstream, families, said, sets)
    # Each group as pairs (group, place): a group is as near as the nearest of its artifacts.
    sizes = np.array([len(group) for group in groups], np.int64)
    places = upstream.places[np.array([at for group in groups for at in group], np.int64)]
    owners = np.repeat(np.arange(len(groups)), sizes)
    found: list[Nearest] = []
    for at, family in enumerate(families):
        near, codes = _of_groups(distances[places, at], chosen[places, at], owners, len(groups), sets)
        hops = float(near[near >= 0].mean()) if (near >= 0).any() else 0.0
        distinct, code = np.unique(codes, return_inverse=True)
        for column, name in enumerate(family.names):
            found.append(_column(name, column, distinct.tolist(), code.astype(np.int64), sets, said, hops))
    return found


def _families(facts: Facts) -> list[_Family]:
    by_places: dict[bytes, _Family] = {}
    for name in sorted(facts):
        values = facts[name]
        places = np.array(sorted(values), np.int64)
        family = by_places.setdefault(places.tobytes(), _Family([], places, []))
        family.names.append(name)
    for family in by_places.values():
        family.said = [tuple(_cell(facts[name][place]) for name in family.names) for place in family.places.tolist()]
    return list(by_places.values())


def _cell(values: Iterable[Scalar]) -> Cell:
    return tuple(sorted(values, key=_order))


def _order(value: Scalar) -> tuple[str, float, str]:
    if isinstance(value, bool):
        return "bool", float(value), ""
    return ("number", float(value), "") if isinstance(value, int | float) else ("text", 0.0, value)


def _key(cell: Cell) -> tuple[tuple[type, Scalar], ...]:
    return tuple((type(value), value) for value in cell)  # True, 1 and 1.0 are equal, and are not the same


def _spread(upstream: Upstream, families: Sequence[_Family], said: list[_Said], sets: _Sets) -> tuple[Ints, Ints]:
    """Distance and set of what is said nearest, by place and family; both -1 where nothing is said."""
    below, above = upstream.links
    order = np.argsort(above, kind="stable")
    children = below[order]
    starts = np.searchsorted(above[order], np.arange(upstream.place_count + 1))
    width = len(families)
    distances = np.full((upstream.place_count, width), _NOTHING, np.int64)
    chosen = np.full((upstream.place_count, width), _NOTHING, np.int64)
    places, of, held = _first(families, said, sets)
    hops = 0
    while places.size:
        distances[places, of], chosen[places, of] = hops, held
        hops += 1
        counts = starts[places + 1] - starts[places]
        # the children of each place, one after the other
        offsets = np.repeat(starts[places] - np.cumsum(counts) + counts, counts)
        places = children[offsets + np.arange(offsets.size)]
        of, held = np.repeat(of, counts), np.repeat(held, counts)
        new = distances[places, of] == _NOTHING
        keys, held = _united(places[new] * width + of[new], held[new], sets)
        places, of = np.divmod(keys, max(width, 1))
    return distances, chosen


def _first(families: Sequence[_Family], said: list[_Said], sets: _Sets) -> tuple[Ints, Ints, Ints]:
    """Where the walk begins: what each place says itself. Equal sayings of a family are one, with one number."""
    places: list[int] = []
    of: list[int] = []
    held: list[int] = []
    keys: dict[tuple[int, tuple[object, ...]], int] = {}
    for at, family in enumerate(families):
        for place, cells in zip(family.places.tolist(), family.said, strict=True):
            key = (at, tuple(_key(cell) for cell in cells))
            if key not in keys:
                keys[key] = len(said)
                said.append(cells)
            places.append(place)
            of.append(at)
            held.append(sets.intern((keys[key],)))
    return np.array(places, np.int64), np.array(of, np.int64), np.array(held, np.int64)


def _united(keys: Ints, held: Ints, sets: _Sets) -> tuple[Ints, Ints]:
    """Each key once, with the union of the sets that it was given."""
    size = len(sets.members) + 1
    pairs = np.unique(keys * size + held)
    keys, held = np.divmod(pairs, size)
    keys, first, count = np.unique(keys, return_index=True, return_counts=True)
    united = held[first]
    for at in np.flatnonzero(count > 1).tolist():
        united[at] = sets.union(held[first[at] : first[at] + count[at]].tolist())
    return keys, united


def _of_groups(distances: Ints, held: Ints, owners: Ints, groups: int, sets: _Sets) -> tuple[Ints, Ints]:
    far = np.iinfo(np.int64).max
    near = np.full(groups, far)
    said = distances >= 0
    np.minimum.at(near, owners[said], distances[said])
    best = said & (distances == near[owners])
    keys, united = _united(owners[best], held[best], sets)
    codes = np.full(groups, _NOTHING, np.int64)
    codes[keys] = united
    near[near == far] = _NOTHING
    return near, codes


def _column(
    name: str, column: int, distinct: Sequence[int], code: Ints, sets: _Sets, said: Sequence[_Said], hops: float
) -> Nearest:
    cells: list[Cell] = []
    known: dict[tuple[tuple[type, Scalar], ...], int] = {}
    of: list[int] = []
    for each in distinct:
        if each == _NOTHING:
            of.append(_NOTHING)
            continue
        values: dict[tuple[type, Scalar], Scalar] = {
            (type(value), value): value for row in sets.members[each] for value in said[row][column]
        }
        cell = _cell(values.values())
        key = _key(cell)
        if key not in known:
            known[key] = len(cells)
            cells.append(cell)
        of.append(known[key])
    return Nearest(name, np.array(of, np.int64)[code], cells, hops)
