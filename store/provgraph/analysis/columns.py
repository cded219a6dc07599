"""What stands upstream of the rows' sources as columns: which of them can be sliced by, and which say the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Literal, TypeAlias

import numpy as np

from provgraph.analysis.facts import Scalar, as_text, facts_by_column
from provgraph.analysis.nearest import Nearest, nearest_values
from provgraph.analysis.upstream import Ints, Progress, Upstream, fetch_upstream
from provgraph.store.possible import has_possible
from provgraph.store.protocol import GraphStore

__all__ = ["ColumnKind", "LineageColumn", "LineageColumns", "columns_of", "lineage_columns"]

ColumnKind: TypeAlias = Literal["text", "number", "boolean", "several"]

_OWN_SHARE: Final = 0.9  # of the sources: a text that so many have to themselves names the source, and no sort of it
_FEW_SOURCES: Final = 10  # with so few, each source is a sub-population of its own
_FEW_NUMBERS: Final = 20
_MOMENT: Final = 1e11  # whole numbers from here on count milliseconds, or name things
_NAMED: Final = 8  # columns that a note names


@dataclass(frozen=True, eq=False)
class LineageColumn:
    """A column of what stands upstream: the nearest value of each group of rows.

    Attributes:
        name: by where it stands, such as `Capture.firmware`; a context, or a named artifact, by its type alone.
        kind: `several` where a group may have several values: they stand at the same distance.
        codes: of each group, an index into `cells`; -1 where nothing upstream says anything.
        cells: distinct, each of one value, or of several.
        hops: the mean distance of the values: the larger, the more upstream.
        same: columns that part the groups in the very same way, and are searched under this one's name.
    """

    name: str
    kind: ColumnKind
    codes: Ints
    cells: Sequence[tuple[Scalar, ...]]
    hops: float
    same: tuple[LineageColumn, ...] = ()

    def same_values(self, value: Scalar | None) -> dict[str, Scalar | None]:
        """What the columns of `same` have where this one has `value`; None for nothing. Only of one-valued columns."""
        wanted = -1 if value is None else self._code_of(value)
        groups = np.flatnonzero(self.codes == wanted)
        if wanted is None or not groups.size:
            return {}
        first = int(groups[0])
        found: dict[str, Scalar | None] = {}
        for other in self.same:
            code = int(other.codes[first])
            found[other.name] = other.cells[code][0] if code >= 0 else None
        return found

    def _code_of(self, value: Scalar) -> int | None:
        for code, cell in enumerate(self.cells):
            if cell == (value,) and type(cell[0]) is type(value):
                return code
        return None


@dataclass(frozen=True, eq=False)
class LineageColumns:
    """The columns of a table that stand upstream of it, by groups of rows with the same sources.

    Attributes:
        columns: those that can be sliced by, the most upstream first, numbers last.
        groups: the ids of the source artifacts of each group.
        upstream: every node that the values come from.
        times: epoch milliseconds at which the nearest executions above each group began; -1 where none is known.
        left_out: names of columns that cannot be sliced by.
        notes: what was left out and why, one sentence each.
    """

    columns: tuple[LineageColumn, ...]
    groups: tuple[tuple[int, ...], ...]
    upstream: Upstream
    times: Ints
    left_out: tuple[str, ...]
    notes: tuple[str, ...]

    def __getitem__(self, name: str) -> LineageColumn:
        return next(column for column in self.all_columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def all_columns(self) -> tuple[LineageColumn, ...]:
        """The columns, and those that part the groups like one of them."""
        return tuple(each for column in self.columns for each in (column, *column.same))

    @cached_property
    def positions(self) -> tuple[tuple[int, ...], ...]:
        """The positions in `upstream` of the artifacts of each group."""
        at = self.upstream.positions
        return tuple(tuple(at[i] for i in group if i in at) for group in self.groups)


@dataclass(slots=True)
class _Left:
    """Names of columns that were left out, by reason."""

    constant: list[str] = field(default_factory=list[str])
    own: list[str] = field(default_factory=list[str])
    moments: list[str] = field(default_factory=list[str])
    numbers: list[str] = field(default_factory=list[str])

    def names(self) -> tuple[str, ...]:
        return tuple(sorted((*self.constant, *self.own, *self.moments, *self.numbers)))

    def notes(self) -> Iterable[str]:
        if self.constant:
            yield f"Upstream, the same for every row and left out: {_listed(self.constant)}."
        if self.own:
            names = _listed(self.own)
            yield f"Upstream, a name of nearly every source's own and left out (origins ranks nodes): {names}."
        if self.moments:
            yield f"Upstream, moments or numbers that name things, and left out: {_listed(self.moments)}."
        if self.numbers:
            yield f"Upstream, several numbers at the same distance, and left out: {_listed(self.numbers)}."


def lineage_columns(
    store: GraphStore, groups: Sequence[Sequence[int]], progress: Progress | None = None, *, certain_only: bool = False
) -> LineageColumns:
    """What stands upstream of groups of rows, as columns; one walk for all.

    The nearest value of a column wins; several at the same distance are all kept. Names of bytes, moments and long
    texts are no columns; those that cannot part the rows are left out, and named in the notes.

    Args:
        store: the graph.
        groups: ids of the artifacts that the rows of each group came from.
        progress: is told how many nodes were read.
        certain_only: leave out what only possible links reach.
    """
    ids = dict.fromkeys(i for group in groups for i in group)
    found = columns_of(fetch_upstream(store, ids, progress, certain_only=certain_only), groups)
    if certain_only and has_possible(store):
        left = "Links that are only possible were not walked: what they alone reach upstream is no column here."
        return replace(found, notes=(*found.notes, left))
    return found


def columns_of(upstream: Upstream, groups: Sequence[Sequence[int]]) -> LineageColumns:
    """The columns of groups whose upstream was fetched: see `lineage_columns`."""
    at = upstream.positions
    starts = [[at[i] for i in group if i in at] for group in groups]
    found = nearest_values(upstream, facts_by_column(upstream), starts)
    left = _Left()
    kept = [column for each in found if (column := _usable(each, left)) is not None]
    notes = list(left.notes())
    if upstream.possible:
        notes.append(
            f"{upstream.possible:,} links upstream are only possible: the values beyond them may be of another source."
        )
    return LineageColumns(
        columns=_merged(kept),
        groups=tuple(tuple(group) for group in groups),
        upstream=upstream,
        times=_times(upstream, starts),
        left_out=left.names(),
        notes=tuple(notes),
    )


def _times(upstream: Upstream, starts: Sequence[Sequence[int]]) -> Ints:
    began: dict[int, set[Scalar]] = {}
    for stored, place in zip(upstream.stored, upstream.places.tolist(), strict=True):
        moment = stored.get("started_at")
        if moment is not None:
            began.setdefault(place, set()).add(moment)
    if not began:
        return np.full(len(starts), -1, np.int64)
    [column] = nearest_values(upstream, {"": began}, starts)
    first = np.array([*(cell[0] for cell in column.cells), -1], np.int64)
    return first[column.codes]


def _usable(column: Nearest, left: _Left) -> LineageColumn | None:
    present = column.codes >= 0
    if not present.any() or (present.all() and len(column.cells) == 1):
        left.constant.append(column.name)
        return None
    values = [value for cell in column.cells for value in cell]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    several = any(len(cell) > 1 for cell in column.cells)
    if numbers and all(isinstance(value, int) and abs(value) >= _MOMENT for value in values):
        left.moments.append(column.name)
        return None
    if numbers and several and len(set(values)) > _FEW_NUMBERS:
        left.numbers.append(column.name)
        return None
    kind: ColumnKind = "several" if several else "number" if numbers else "text"
    if kind == "text" and all(isinstance(value, bool) for value in values):
        kind = "boolean"
    sources = int(np.count_nonzero(present))
    if kind in ("text", "several") and len(column.cells) >= max(_OWN_SHARE * sources, _FEW_SOURCES):
        left.own.append(column.name)
        return None
    cells: Sequence[tuple[Scalar, ...]] = column.cells
    if kind == "text":  # a column of mixed kinds is text
        cells = [cell if isinstance(cell[0], str) else (as_text(cell[0]),) for cell in cells]
    return LineageColumn(column.name, kind, column.codes, cells, column.hops)


def _merged(columns: Sequence[LineageColumn]) -> tuple[LineageColumn, ...]:
    """Those that part the groups alike as one, named by the most upstream; the most upstream first."""
    parted: dict[tuple[bool, bytes], list[LineageColumn]] = {}
    for column in sorted(columns, key=_leading):
        parted.setdefault((column.kind == "number", _parts(column)), []).append(column)
    return tuple(replace(lead, same=tuple(same)) for lead, *same in parted.values())


def _leading(column: LineageColumn) -> tuple[bool, float, bool, int, str]:
    """Which name leads: a name before a measured number, the most upstream, a thing before what is said of it.

    Where two stand equally far, the one of fewer values is the wider.
    """
    return (column.kind == "number", -column.hops, "." in column.name, len(column.cells), column.name)


def _parts(column: LineageColumn) -> bytes:
    """Equal for columns that part the groups alike; numbers, of which ranges are made, must be equal themselves."""
    if column.kind == "number":
        numbers = np.array([float(cell[0]) for cell in column.cells] + [np.nan])
        return numbers[column.codes].tobytes()
    if column.kind == "several":
        cells: list[tuple[Scalar, ...]] = [*column.cells, ()]
        return repr([cells[int(code)] for code in column.codes]).encode()
    _, first, code = np.unique(column.codes, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[code].tobytes()


def _listed(names: Sequence[str]) -> str:
    # what a struct holds goes by the struct's name: an execution has dozens of packages
    short = dict.fromkeys(".".join(name.split(".")[:2]) for name in names)
    text = ", ".join(list(short)[:_NAMED])
    return text + (f" and {len(short) - _NAMED:,} more" if len(short) > _NAMED else "")
