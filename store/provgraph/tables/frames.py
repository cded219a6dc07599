"""A table of canonical columns as a pandas DataFrame."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd

from provgraph.tables.arrow import Table
from provgraph.tables.columns import kind_of

__all__ = ["frame_of"]


def frame_of(table: Table) -> pd.DataFrame:
    """The rows as a frame: dates become midnights, and a cell with several values a tuple."""
    found: dict[str, object] = {}
    for name in table.column_names:
        column = cast("Any", table.column(name))
        if kind_of(column.type).startswith("several "):
            cells = [None if cell is None else tuple(cell) for cell in column.to_pylist()]
            found[name] = pd.Series(cells, dtype=object)
        else:
            found[name] = column.to_pandas(date_as_object=False)
    return pd.DataFrame(found, columns=pd.Index(table.column_names), index=pd.RangeIndex(table.num_rows))
