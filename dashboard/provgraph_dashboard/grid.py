"""Tables that scroll, of which one row is always chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, cast

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

_ROW = 32


def grid(
    rows: Sequence[Mapping[str, object]],
    columns: Mapping[str, ColumnConfig],
    *,
    most: int,
    key: str | None = None,
    row: int = 0,
    on_choose: Callable[[], None] | None = None,
) -> None:
    """Draw rows, of each the values that `columns` names.

    The table is as high as its rows, up to `most` pixels. With a key, exactly one row is chosen, first `row`;
    `chosen_row` says which, and `on_choose` runs before the script does. A table under a new key begins anew.
    """
    frame = pd.DataFrame([{name: values[name] for name in columns} for values in rows], columns=list(columns))
    height = min(most, (_ROW + 1) * (len(frame) + 1) + 3)
    draw = st.dataframe  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - it names optional packages
    if key is None:
        draw(frame, hide_index=True, column_config=columns, height=height, row_height=_ROW)
        return
    select: Callable[[], None] | Literal["rerun"] = on_choose or "rerun"
    draw(
        frame,
        hide_index=True,
        column_config=columns,
        height=height,
        row_height=_ROW,
        key=key,
        on_select=select,
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [row]}},
    )


def chosen_row(key: str, count: int) -> int | None:
    """The row that is chosen in the table with this key, of `count` rows; None before it is drawn."""
    state = cast("Mapping[str, Mapping[str, Sequence[int]]] | None", st.session_state.get(key))
    chosen = state["selection"]["rows"] if state else ()
    return chosen[0] if chosen and chosen[0] < count else None
