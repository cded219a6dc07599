"""Cells as values of a report: what JSON knows, one value for what is one thing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from provgraph.slicing import words
from provgraph.slicing.table import Codes, smallest
from provgraph.slicing.values import Range, Value

__all__ = ["MOST_VALUES", "by_value", "plain"]

# Values of one column that are kept apart; a column of more has hardly one that enough rows share.
MOST_VALUES = 10_000


def plain(cell: object) -> Value:
    """The cell as text, number or truth value."""
    value: object = cast("np.generic[object]", cell).item() if isinstance(cell, np.generic) else cell
    if value is None or isinstance(value, bool | int | Range):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "backslashreplace").decode()
    return text


def by_value(
    codes: npt.NDArray[np.integer], cells: Sequence[object], *, ordered: bool = False
) -> tuple[Codes, tuple[Value, ...], tuple[str, ...], int]:
    """Codes whose order depends on the values alone, not on which came first, with unused values gone.

    Args:
        codes: indices into `cells`, -1 where the value is missing.
        cells: distinct cells.
        ordered: whether `cells` are in the order to keep; else numbers ascend, then texts.

    Returns:
        Codes, values, labels, and how many values were too rare to be kept (their code is the number of values).
    """
    present = codes[codes >= 0] if codes.size and codes.min() < 0 else codes
    missing = present.size < codes.size
    count = np.bincount(present, minlength=len(cells))
    used = np.flatnonzero(count)
    folded = 0
    if used.size > MOST_VALUES:
        # Where many share the last place, none of them has it: what is kept must not depend on the order of rows.
        line = np.partition(count[used], -MOST_VALUES - 1)[-MOST_VALUES - 1]
        kept = used[count[used] > line]
        folded = used.size - kept.size
        used = kept
    values = [plain(cells[place]) for place in used.tolist()]
    distinct: dict[tuple[bool, Value], list[int]] = {}
    for place, value in zip(used.tolist(), values, strict=True):
        distinct.setdefault((isinstance(value, bool), value), []).append(place)
    found = list(distinct.items())
    if not ordered:
        found.sort(key=lambda item: _order(item[0][1]))
    rare = len(found) + missing
    place_of = np.full(len(cells) + 1, rare, np.intp)
    for code, (_, places) in enumerate(found):
        place_of[places] = code
    # The last place is that of -1, which is missing.
    place_of[-1] = rare - 1 if missing else rare
    names = tuple(value for (_, value), _ in found) + ((None,) if missing else ())
    table = smallest(place_of, rare)
    return table[codes], names, tuple(words.label(value) for value in names), folded


def _order(value: Value) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        try:
            return 0, float(value), str(value)
        except OverflowError:
            return 1, 0.0, str(value)
    return 2, 0.0, str(value)
