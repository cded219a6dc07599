"""Numbers as ranges: between given edges, or with about as many rows in each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from provgraph.errors import InvalidValueError
from provgraph.slicing.table import Mask
from provgraph.slicing.values import Range

__all__ = ["Numbers", "checked_edges", "quantile_edges", "ranged"]

Numbers: TypeAlias = "npt.NDArray[np.integer] | npt.NDArray[np.floating]"
# Digits that an edge keeps beyond those in which its neighbours agree.
_DIGITS = 3


def checked_edges(column: str, edges: Sequence[float]) -> list[float]:
    """Edges as given: finite and ascending.

    Raises:
        InvalidValueError: they are not.
    """
    given = list(edges)
    if not given or not np.isfinite(given).all() or any(a >= b for a, b in pairwise(given)):
        raise InvalidValueError(f"edges of {column} must be one or more finite numbers that ascend, not {given}")
    return given


def quantile_edges(values: Numbers, bins: int) -> list[float]:
    """Edges that part finite values into about equal shares, rounded where that changes nothing that matters.

    Fewer where many rows have the same value. An edge is a value of the column, or lies between two of them.
    """
    finite = values if values.dtype.kind in "iu" else values[np.isfinite(values)]
    if not finite.size:
        return []
    places = sorted({finite.size * part // bins for part in range(1, bins)})
    smallest_value = finite.min()
    cuts = np.partition(finite, places)[places]
    exact: list[float] = sorted({cut.item() for cut in cuts if cut > smallest_value})
    if values.dtype.kind in "iu" or not exact:
        return exact
    spread = float(max(exact) - min(exact)) or abs(exact[0]) or 1.0
    if not np.isfinite(spread):
        return exact
    digits = _DIGITS - 1 - int(np.floor(np.log10(spread)))
    if abs(digits) > 300:
        return exact
    rounded = sorted({float(np.round(edge, digits)) for edge in exact})
    return rounded if len(rounded) == len(exact) and rounded[0] > smallest_value else exact


def ranged(values: Numbers, missing: Mask, edges: Sequence[float]) -> tuple[npt.NDArray[np.intp], list[Range]]:
    """The range of each row, -1 where the number is missing, and all ranges from the lowest to the highest."""
    # Integers are compared as integers: above 2^53 floats would take neighbours for one.
    kind = np.uint64 if values.dtype == np.uint64 else np.int64
    whole = values.dtype.kind in "iu" and all(
        isinstance(edge, int) and np.iinfo(kind).min <= edge <= np.iinfo(kind).max for edge in edges
    )
    codes = np.searchsorted(np.asarray(edges, kind if whole else np.float64), values, side="right")
    codes[missing] = -1
    bounds = [None, *edges, None]
    return codes, [Range(low, high) for low, high in pairwise(bounds)]
