"""Find the slices where a model fails, or measure one that a person has chosen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from provgraph.errors import InvalidValueError
from provgraph.slicing import words
from provgraph.slicing.corrections import Correction
from provgraph.slicing.counting import Outcomes
from provgraph.slicing.encoding import encode
from provgraph.slicing.folding import Folded
from provgraph.slicing.judging import Judged
from provgraph.slicing.levels import most_combinations
from provgraph.slicing.measuring import as_outcome
from provgraph.slicing.outcome import Outcome
from provgraph.slicing.report import measured, slices_of
from provgraph.slicing.rows import Predicate, as_terms, rows_of, table_of
from provgraph.slicing.search import Searched, Settings, foldings, search
from provgraph.slicing.strata import adjusted, strata_of
from provgraph.slicing.table import EncodedColumn, EncodedTable, Mask
from provgraph.slicing.units import Units
from provgraph.slicing.values import Json, Slice, SliceReport

__all__ = ["check_options", "find_slices", "measure_slice", "searchable_of", "table_for"]

_LEAST_SUPPORT = 30


def find_slices(
    data: pd.DataFrame | EncodedTable,
    *,
    outcome: Outcome | str,
    columns: Iterable[str] | None = None,
    unit: str | None = None,
    depth: int = 3,
    strata: str | Sequence[str] | None = None,
    correction: Correction = "bh",
    alpha: float = 0.05,
    min_support: int | None = None,
    min_difference: float = 0.01,
    min_lift: float = 1.1,
    limit: int = 10,
    permutations: int = 499,
    seed: int = 0,
    edges: Mapping[str, Sequence[float]] | None = None,
    upstream_first: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> SliceReport:
    """Find the slices (conjunctions of up to `depth` terms ``column = value``) that are worse than the rest.

    Every slice of enough rows is tested against all other rows, all tests are corrected together, and of what is left
    the few slices are picked that explain the others.

    Args:
        data: one row per prediction, or the same encoded (`encode`): then a search with other columns, or another
            outcome, does not encode again.
        outcome: what counts as an error; the name of a column stands for `Outcome.column`, or for `Outcome.loss` where
            it holds other numbers than 0 and 1.
        columns: what to slice by; all but those that `outcome` and `unit` name, if not given.
        unit: the column that names what was sampled (lot, burst, patient, machine), whose rows resemble each other.
        depth: terms of a slice, 1 to 3.
        strata: columns within which the ratio of each slice is adjusted (Mantel-Haenszel); the true class, if the
            outcome knows one and nothing is given.
        correction: ``bh`` (Benjamini-Hochberg) or ``by`` (Benjamini-Yekutieli, for any dependence).
        alpha: the largest q that is reported.
        min_support: rows of a slice; 30 or one in a thousand if not given, whichever is more.
        min_difference: by how much the rate must lie above that of the rest (for losses: in its standard deviations).
        min_lift: how many times as high as that of the rest it must be.
        limit: slices reported at most.
        permutations: of sampling units.
        seed: of the permutations; the same one gives the same report.
        edges: the edges of numeric columns, by name.
        upstream_first: columns whose names lead where several name the same rows, the most upstream first.
        progress: called with how many combinations of columns are counted, and of how many.

    Raises:
        InvalidValueError: a column is missing or twice, or an option makes no sense.
    """
    check_options(depth, alpha, min_support, min_difference, min_lift, limit, correction, permutations)
    frame = table_of(data).frame
    roles = [] if unit is None else [unit]
    what = as_outcome(frame, outcome)
    table = table_for(data, what.columns, columns, roles, edges)
    values = what.measure(frame)
    layers = strata_of(frame, what, strata, values.kept)
    notes = [*table.notes, *values.notes]
    if columns is None:
        table = table.without([*what.columns, *roles])
    rows = values.values.size
    least = max(_LEAST_SUPPORT, -(-rows // 1000)) if min_support is None else min_support
    kept = table.columns if values.kept is None else tuple(column.take(values.kept) for column in table.columns)
    searchable, left_out = searchable_of(kept, least, rows)
    notes += left_out
    if not table.columns:
        notes.append("There is no column to slice by.")
    deep, asked = most_combinations(len(searchable), depth)
    if deep < depth:
        notes.append(
            f"Slices have at most {deep} {'term' if deep == 1 else 'terms'}: {len(searchable)} columns have "
            f"{words.count(asked)} combinations of up to {depth}. Name fewer columns to look deeper."
        )
    judged = Judged(values)
    notes += judged.notes
    settings = Settings(
        deep,
        correction,
        alpha,
        least,
        min_difference * judged.scale,
        min_lift if judged.ratios else None,
        limit,
    )
    units = None if unit is None else Units(frame, unit, values.kept, judged.outcomes)
    if units is not None and rows:
        notes += units.notes
    searched = search(
        searchable,
        judged.centred,
        judged.comparison,
        settings,
        upstream_first=upstream_first,
        shift=judged.shift,
        unit_p=None if units is None else units.p,
        progress=progress,
    )
    found = slices_of(searched, judged.outcomes, judged.comparison)
    if units is not None:
        found = _by_units(found, units, alpha, permutations, seed)
    notes += _said(searched, [each for each, _ in found], judged.outcomes, limit)
    options: dict[str, Json] = {
        "depth": depth,
        "unit": unit,
        "correction": correction,
        "alpha": alpha,
        "min_support": least,
        "min_difference": min_difference,
        "min_lift": min_lift,
        "limit": limit,
        "strata": list(layers),
        "permutations": permutations,
        "seed": seed,
        "edges": {str(name): [float(edge) for edge in given] for name, given in (edges or {}).items()},
        "upstream_first": list(upstream_first),
    }
    return SliceReport(
        tuple(replace(each, adjusted=adjusted(each, mask, judged.outcomes, layers)) for each, mask in found),
        searched.tested.key.size,
        rows,
        int(np.count_nonzero(judged.outcomes)) if judged.binary else None,
        float(np.mean(judged.outcomes)) if rows else None,
        str(what),
        tuple(column.name for column in table.columns),
        tuple(notes),
        options,
    )


def measure_slice(
    data: pd.DataFrame | EncodedTable,
    predicate: Predicate,
    *,
    outcome: Outcome | str,
    unit: str | None = None,
    strata: str | Sequence[str] | None = None,
) -> Slice:
    """The numbers of a slice that a person has chosen: the same statistics, without a claim about many tests (no q).

    Args:
        data: one row per prediction, or the same encoded.
        predicate: terms, or values by column; a numeric column may take any `Range`.
        outcome: what counts as an error, as for `find_slices`.
        unit: the column that names what was sampled.
        strata: columns within which the ratio is adjusted.

    Raises:
        InvalidValueError: no row, or every row, fulfils the predicate, or a column is missing.
    """
    table = table_of(data)
    terms = as_terms(predicate)
    what = as_outcome(table.frame, outcome)
    values = what.measure(table.frame)
    mask = rows_of(table, terms)
    if values.kept is not None:
        mask = mask[values.kept]
    if not mask.any() or mask.all():
        said = words.joined([str(term) for term in terms])
        raise InvalidValueError(f"{'every' if mask.any() else 'no'} row with an outcome is one where {said}")
    judged = Judged(values)
    by_unit = None if unit is None else Units(table.frame, unit, values.kept, judged.outcomes).p(mask, None)
    found = measured(terms, mask, judged.outcomes, judged.comparison, unit_q=by_unit, by_hand=True)
    layers = strata_of(table.frame, what, strata, values.kept)
    return replace(found, adjusted=adjusted(found, mask, judged.outcomes, layers))


def _by_units(
    found: list[tuple[Slice, Mask]], units: Units, alpha: float, permutations: int, seed: int
) -> list[tuple[Slice, Mask]]:
    """Only the slices that hold when whole units are permuted."""
    permuted = units.permuted([mask for _, mask in found], permutations, seed)
    kept: list[tuple[Slice, Mask]] = []
    for (each, mask), q in zip(found, permuted, strict=True):
        if q <= alpha:
            kept.append((replace(each, unit_q=max(each.unit_q or 0.0, q)), mask))
    return kept


def check_options(
    depth: int,
    alpha: float,
    min_support: int | None,
    min_difference: float,
    min_lift: float,
    limit: int,
    correction: str,
    permutations: int,
) -> None:
    """Refuse options that make no sense."""
    if depth not in (1, 2, 3):
        raise InvalidValueError(f"depth must be 1, 2 or 3, not {depth}")
    if not 0.0 < alpha < 1.0:
        raise InvalidValueError(f"alpha must lie between 0 and 1, not be {alpha}")
    if min_support is not None and min_support < 1:
        raise InvalidValueError(f"min_support must be at least 1, not {min_support}")
    if not min_difference >= 0.0 or not min_lift >= 0.0:
        raise InvalidValueError("min_difference and min_lift must not be negative")
    if not 1 <= limit <= 1_000:
        raise InvalidValueError(f"limit must be 1 to 1000, not {limit}")
    if correction not in ("bh", "by"):
        raise InvalidValueError(f"correction must be 'bh' or 'by', not {correction!r}")
    if not 1.0 / alpha <= permutations + 1 <= 1_000_000:
        raise InvalidValueError(
            f"permutations must be {math.ceil(1.0 / alpha) - 1} or more for an alpha of {alpha}, not {permutations}"
        )


def table_for(
    data: pd.DataFrame | EncodedTable,
    read: Sequence[str],
    columns: Iterable[str] | None,
    roles: Sequence[str],
    edges: Mapping[str, Sequence[float]] | None,
) -> EncodedTable:
    """What is searched: the columns that are named, or all but those that are read otherwise."""
    if isinstance(data, EncodedTable):
        if edges is not None:
            raise InvalidValueError("the table is encoded already: give the edges to encode()")
        return data if columns is None else data.select([columns] if isinstance(columns, str) else columns)
    if columns is not None:
        return encode(data, columns, edges=edges)
    gone = {*read, *roles}
    return encode(data, [str(name) for name in data.columns if str(name) not in gone], edges=edges)


def searchable_of(columns: Sequence[EncodedColumn], least: int, rows: int) -> tuple[list[Folded], list[str]]:
    """The columns that can be searched, and notes on the others."""
    kept, thin, constant = foldings(columns, least)
    notes: list[str] = []
    if thin and rows:
        notes.append(f"No value has {words.count(least)} rows: {_listed(thin)} left out.")
    rare = {each.column.name: len(each.column.values) - each.kept for each in kept}
    folded = [f"{words.count(count)} of {words.label(name)}" for name, count in rare.items() if count]
    if folded:
        shown = [*folded[:20], f"others of {len(folded) - 20} columns"] if len(folded) > 20 else folded
        notes.append(f"Values of fewer than {words.count(least)} rows are not searched: {words.joined(shown)}.")
    if constant:
        notes.append(f"All rows have one value: {_listed(constant)} left out.")
    return kept, notes


def _listed(names: Sequence[str]) -> str:
    shown = [words.label(name) for name in names[:20]]
    more = len(names) - len(shown)
    return words.joined([*shown, f"{words.count(more)} more"] if more else shown)


def _said(searched: Searched, found: Sequence[Slice], outcomes: Outcomes, limit: int) -> list[str]:
    """What to keep in mind."""
    notes = list(searched.levels.notes)
    copies: dict[int, list[int]] = {}
    for twin, lead in searched.levels.copies.items():
        copies.setdefault(lead, []).append(twin)
    for lead, twins in sorted(copies.items()):
        names = words.joined(sorted(searched.columns[twin].column.name for twin in twins))
        part = "parts" if len(twins) == 1 else "part"
        notes.append(
            f"{names} {part} the rows just as {searched.columns[lead].column.name} does: one column, named twice."
        )
    if not outcomes.size:
        notes.append("No row has an outcome.")
    elif outcomes.dtype == np.bool_ and not outcomes.any():
        notes.append("No row is wrong.")
    elif outcomes.dtype == np.bool_ and outcomes.all():
        notes.append("Every row is wrong.")
    notes += [
        f"{words.label(each.predicate[0].column)} tells right from wrong by itself: if it was made from the outcome, "
        "leave it out of the columns."
        for each in found
        if each.errors is not None and len(each.predicate) == 1 and each.rate == 1.0 and each.rest_rate == 0.0
    ]
    if len(searched.found) == limit:
        notes.append(f"The limit of {limit} slices is reached: there may be more.")
    return notes
