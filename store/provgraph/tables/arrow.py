"""pyarrow as this package uses it.

The type information that there is for pyarrow speaks of arrays of one known type each, so a column of any type is
unknown to a strict checker: the shapes below say what is relied on.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

__all__ = ["Column", "Table", "pa", "pc", "pcsv", "pq"]

pa: Any = import_module("pyarrow")
pc: Any = import_module("pyarrow.compute")
pcsv: Any = import_module("pyarrow.csv")
pq: Any = import_module("pyarrow.parquet")


class Column(Protocol):
    """A column of any type, in chunks."""

    type: Any
    null_count: int

    def __len__(self) -> int: ...
    def cast(self, target_type: Any, safe: bool = True) -> Column:
        """The same values as another type."""
        ...

    def is_valid(self) -> Column:
        """Which values are there."""
        ...

    def drop_null(self) -> Column:
        """Only the values that are there."""
        ...

    def unique(self) -> Column:
        """The distinct values, a missing one among them."""
        ...

    def to_numpy(self) -> Any:
        """As an array; of a boolean or numeric type without missing values it has that type."""
        ...

    def to_pylist(self) -> list[Any]:
        """As Python's own values."""
        ...


class Table(Protocol):
    """Columns of one length, with names."""

    num_rows: int
    column_names: list[str]
    columns: list[Column]

    def column(self, i: str) -> Column:
        """One column."""
        ...

    def select(self, columns: Sequence[str]) -> Table:
        """Some of the columns."""
        ...

    def filter(self, mask: Any) -> Table:
        """The rows for which `mask` is true."""
        ...

    def set_column(self, i: int, field_: str, column: Any) -> Table:
        """Another column in the place of one."""
        ...

    def replace_schema_metadata(self, metadata: dict[bytes, bytes]) -> Table:
        """With other remarks on the whole."""
        ...
