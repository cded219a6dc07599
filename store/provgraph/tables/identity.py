"""What makes two tables of predictions the same: the model, the data, the roles and the values.

Values count, not how they are spelled: integers of any width, whole numbers as integers or doubles, categories or text,
any kind of string, microseconds or nanoseconds. Neither the order of the rows counts nor that of the columns, nor the
order of several values in one cell: evaluations run in parallel, and databases answer in any order. A time zone counts,
since hours of the day are read by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from provgraph.tables.arrow import Column, pa, pc

__all__ = ["Coded", "code", "identity_of"]

Codes: TypeAlias = NDArray[np.int32]

_FORMAT: Final = "provgraph predictions 1"
_EXACT: Final = 2.0**53  # whole numbers below it are the same as doubles and as integers
_UTC: Final = frozenset(("UTC", "Etc/UTC", "Z", "GMT", "Etc/GMT", "+00:00", "-00:00", "+0000"))


class Coded:
    """A column as numbers of its distinct values.

    Attributes:
        kind: what sort of values; equal for spellings of the same.
        values: the distinct values in their order, as bytes.
        count: how many distinct values there are.
        codes: for each row the number of its value, -1 for a missing one; 32 bits each, since there are many.
    """

    __slots__ = ("codes", "count", "kind", "values")

    def __init__(self, kind: str, values: bytes, count: int, codes: Codes) -> None:
        self.kind, self.values, self.count, self.codes = kind, values, count, codes

    @property
    def missing(self) -> int:
        """How many rows have no value."""
        return int((self.codes < 0).sum())


def identity_of(
    table: Mapping[str, Coded], rows: int, model: str, data: str | None, roles: Mapping[str, Sequence[str]]
) -> str:
    """The identity of a table, 64 hexadecimal digits.

    Args:
        table: its columns, coded.
        rows: how many it has.
        model, data: keys of the artifacts.
        roles: columns by role.
    """
    sha256 = hashlib.sha256()
    head = [_FORMAT, model, data, {role: list(names) for role, names in roles.items() if names}, rows]
    sha256.update(json.dumps(head, sort_keys=True).encode())
    order = _row_order(table, rows)
    for name in sorted(table):
        column = table[name]
        part = [name, column.kind if column.count else "missing", column.count, len(column.values)]
        sha256.update(json.dumps(part).encode())
        sha256.update(column.values)
        sha256.update(column.codes[order].astype("<i4").tobytes())
    return sha256.hexdigest()


def _row_order(table: Mapping[str, Coded], rows: int) -> NDArray[np.intp]:
    """An order of the rows that follows from their values alone. Rows that no column tells apart are the same."""
    rank: NDArray[np.int64] = np.zeros(rows, dtype=np.int64)
    known = 1
    # Most telling first: where one column tells all rows apart, nothing more is to be sorted.
    for name in sorted(table, key=lambda name: (-table[name].count, name)):
        column = table[name]
        distinct, found = np.unique(rank * (column.count + 1) + column.codes + 1, return_inverse=True)
        rank, known = found.astype(np.int64), len(distinct)
        if known == rows:
            break
    return np.argsort(rank, kind="stable")


def code(column: Column) -> Coded:
    """A canonical column by its distinct values."""
    kind: Any = column.type
    if pa.types.is_large_list(kind):
        return _code_lists(column)
    if pa.types.is_large_string(kind):
        return _code_text(column)
    valid = cast("NDArray[np.bool_]", column.is_valid().to_numpy())
    if pa.types.is_floating(kind):
        return _code_doubles(cast("NDArray[np.float64]", pc.fill_null(column, 0.0).to_numpy()), valid)
    if pa.types.is_boolean(kind):
        numbers = pc.fill_null(column, False).to_numpy().astype(np.int64)
        return _code_numbers("boolean", numbers, valid)
    name = "number"
    plain = column
    if pa.types.is_timestamp(kind):
        name = f"time {'' if kind.tz is None else 'UTC' if kind.tz in _UTC else kind.tz}"
        if kind.unit == "ns":
            name += " ns"
    elif pa.types.is_date(kind):
        name, plain = "date", column.cast(pa.int32())
    return _code_numbers(name, pc.fill_null(plain.cast(pa.int64()), 0).to_numpy().astype(np.int64), valid)


def _code_numbers(kind: str, values: NDArray[np.int64], valid: NDArray[np.bool_]) -> Coded:
    distinct, codes = np.unique(values[valid], return_inverse=True)
    return Coded(kind, distinct.astype("<i8").tobytes(), len(distinct), _spread(codes, valid))


def _code_doubles(values: NDArray[np.float64], valid: NDArray[np.bool_]) -> Coded:
    kept = values[valid]
    if bool(np.all(np.abs(kept) < _EXACT)) and bool(np.all(kept == np.rint(kept))):
        return _code_numbers("number", values.astype(np.int64), valid)
    distinct, codes = np.unique(kept + 0.0, return_inverse=True)  # -0.0 is 0.0
    return Coded("double", distinct.astype("<f8").tobytes(), len(distinct), _spread(codes, valid))


def _code_text(column: Column) -> Coded:
    encoded = cast("Any", column).combine_chunks().dictionary_encode()
    words = encoded.dictionary
    order = cast("NDArray[np.int64]", pc.sort_indices(words).to_numpy().astype(np.int64))
    place = np.empty(len(order) + 1, dtype=np.int32)
    place[order] = np.arange(len(order))
    place[-1] = -1
    codes = pc.fill_null(encoded.indices.cast(pa.int64()), len(order)).to_numpy()
    return Coded("text", _length_prefixed(words.take(pa.array(order)).to_pylist()), len(order), place[codes])


def _code_lists(column: Column) -> Coded:
    """Cells as sets: their distinct values, sorted."""
    known: dict[str, int] = {}
    codes = np.full(len(column), -1, dtype=np.int32)
    for row, cell in enumerate(column.to_pylist()):
        if cell is not None:
            items = sorted({json.dumps(_plain(item), default=str) for item in cell if item is not None})
            codes[row] = known.setdefault(json.dumps(items), len(known))
    words = sorted(known)
    place = np.empty(len(words) + 1, dtype=np.int32)
    place[[known[word] for word in words]] = np.arange(len(words))
    place[-1] = -1
    return Coded("several", _length_prefixed(words), len(words), place[codes])


def _plain(item: object) -> object:
    return int(item) if isinstance(item, float) and item.is_integer() and abs(item) < _EXACT else item


def _spread(codes: NDArray[np.intp], valid: NDArray[np.bool_]) -> Codes:
    spread = np.full(len(valid), -1, dtype=np.int32)
    spread[valid] = codes
    return spread


def _length_prefixed(words: Sequence[str]) -> bytes:
    texts = [word.encode("utf-8") for word in words]
    return b"".join(len(text).to_bytes(8, "little") + text for text in texts)
