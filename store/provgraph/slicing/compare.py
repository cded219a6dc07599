"""Two models on the same rows: which slices got worse, and which better."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from provgraph.errors import InvalidValueError
from provgraph.slicing import words
from provgraph.slicing.changes import ComparisonReport
from provgraph.slicing.changing import Search, count
from provgraph.slicing.corrections import Correction
from provgraph.slicing.find import check_options, searchable_of, table_for
from provgraph.slicing.levels import most_combinations
from provgraph.slicing.matching import Matched, matched, same_cells
from provgraph.slicing.measuring import as_outcome
from provgraph.slicing.pairing import change_of, paired
from provgraph.slicing.rows import table_of
from provgraph.slicing.units import Units
from provgraph.slicing.values import Json

if TYPE_CHECKING:
    from provgraph.slicing.outcome import Outcome
    from provgraph.slicing.table import EncodedTable

__all__ = ["compare_models"]

_LEAST_SUPPORT = 30


def compare_models(
    first: pd.DataFrame | EncodedTable,
    second: pd.DataFrame,
    *,
    outcome: Outcome | str,
    sample: str,
    columns: Iterable[str] | None = None,
    unit: str | None = None,
    depth: int = 3,
    correction: Correction = "bh",
    alpha: float = 0.05,
    min_support: int | None = None,
    min_difference: float = 0.01,
    limit: int = 10,
    permutations: int = 499,
    seed: int = 0,
    edges: Mapping[str, Sequence[float]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ComparisonReport:
    """Find the slices that are worse with the second model than with the first, and those that are better.

    Only rows that both models saw are compared, pair by pair: rows that both have right, or both wrong, say nothing.
    Every slice of enough rows is tested either way, all tests are corrected together, and a slice is reported if its
    rows changed beyond chance and more than the other rows did. What all rows have in common is `overall`.

    Args:
        first: one row per prediction of the first model, or the same encoded; slices are made of its columns.
        second: one row per prediction of the second model.
        outcome: what counts as an error, read from each table; as for `find_slices`.
        sample: the column of both that names what a row is a prediction for, once each.
        columns: what to slice by; if not given, the columns of the first table but those that `outcome`, `sample` and
            `unit` name, and those that the second table has with other cells.
        unit: the column of the first table that names what was sampled, whose rows resemble each other.
        depth: terms of a slice, 1 to 3.
        correction: ``bh`` (Benjamini-Hochberg) or ``by`` (Benjamini-Yekutieli, for any dependence).
        alpha: the largest q that is reported.
        min_support: rows of a slice; 30 or one in a thousand if not given, whichever is more.
        min_difference: by how much a rate must have changed, and more than that of the rest (for losses: in standard
            deviations of the change).
        limit: slices reported at most, either way.
        permutations: of sampling units.
        seed: of the permutations; the same one gives the same report.
        edges: the edges of numeric columns, by name.
        progress: called with how many combinations of columns are counted, and of how many.

    Raises:
        InvalidValueError: a column is missing, a sample is named twice, or an option makes no sense.
    """
    check_options(depth, alpha, min_support, min_difference, 0.0, limit, correction, permutations)
    if not isinstance(second, pd.DataFrame):
        raise InvalidValueError(f"a pandas DataFrame is needed for the second model, not {type(second).__name__}")
    whole = table_of(first)
    what = as_outcome(whole.frame, outcome)
    pairs = matched(whole.frame, second, sample)
    compared, notes = paired(whole.frame, second, what, pairs, sample)
    roles = [sample] if unit is None else [sample, unit]
    table = table_for(first, what.columns, columns, roles, edges)
    if columns is None:
        table = table.without([*what.columns, *roles])
        sources = sorted({column.source for column in table.columns})
        own = [name for name in sources if _differs(whole.frame, second, pairs, name)]
        table = table.without(own)
        if own:
            named = words.joined([words.label(name) for name in own])
            notes.append(f"Left out, as the second table has other cells there: {named}.")
    rows = int(np.count_nonzero(compared.kept))
    least = max(_LEAST_SUPPORT, -(-rows // 1000)) if min_support is None else min_support
    searchable, left_out = searchable_of([column.take(compared.kept) for column in table.columns], least, rows)
    deep, _ = most_combinations(len(searchable), depth)
    if deep < depth:
        notes.append(f"Slices have at most {deep} {'term' if deep == 1 else 'terms'}: there are too many columns.")
    tested, counted = count(searchable, compared, deep, least, progress)
    search = Search(searchable, compared, tested, correction, alpha, min_difference * compared.scale, limit)
    units = None if unit is None else Units(whole.frame, unit, compared.kept, compared.change)
    turned = None if unit is None else Units(whole.frame, unit, compared.kept, -compared.change)
    worse, better = search.found(units, turned, permutations, seed)
    options: dict[str, Json] = {
        "depth": depth, "unit": unit, "correction": correction, "alpha": alpha, "min_support": least,
        "min_difference": min_difference, "limit": limit,
    }  # fmt: skip
    return ComparisonReport(
        worse,
        better,
        change_of((), compared, np.ones(rows, np.bool_)) if rows else None,
        int(tested.key.size),
        rows,
        pairs.only_first,
        pairs.only_second,
        str(what),
        tuple(column.name for column in table.columns),
        (*table.notes, *notes, *left_out, *counted),
        options,
    )


def _differs(first: pd.DataFrame, second: pd.DataFrame, pairs: Matched, name: str) -> bool:
    same = same_cells(first, second, pairs, name)
    return same is not None and not same.all()
