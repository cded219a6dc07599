"""The error analysis of a recorded table of predictions, from its file and the graph to slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from provgraph.analysis.against import check_samples, compare_with, frame_like
from provgraph.analysis.columns import LineageColumns, lineage_columns
from provgraph.analysis.joined import Joined, join
from provgraph.analysis.naming import with_other_names
from provgraph.analysis.options import SliceOptions
from provgraph.analysis.result import ErrorAnalysis
from provgraph.analysis.rows import RowGroups, group_rows
from provgraph.analysis.upstream import Progress
from provgraph.analysis.wanted import outcome_named
from provgraph.errors import InvalidValueError, NotFoundError
from provgraph.model import Artifact, Node
from provgraph.slicing import Outcome, find_slices
from provgraph.slicing.clusters import clusters
from provgraph.store.core import StoreCore
from provgraph.tables.predictions import PREDICTIONS, PredictionTable, prediction_tables, predictions
from provgraph.tables.sources import resolve_sources
from provgraph.tracing.trace import TraceOptions, trace

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["analyse", "outcome_of", "source_notes", "table_of"]

_MANY: Final = 1.5  # by how much rows of one source may widen a variance before the report speaks of it


def table_of(core: StoreCore, node: Node, beside: PredictionTable | None = None) -> PredictionTable:
    """The table that a node names: a `Predictions` artifact, or the newest one that evaluated a model.

    Args:
        core: an open store.
        node: predictions or a model.
        beside: a table to compare with: of a model, the newest predictions on the same data then, if there are any.

    Raises:
        NotFoundError: no table of predictions evaluated the model.
        InvalidValueError: the node is no artifact, or predictions without a table.
    """
    if node.type == PREDICTIONS:
        return predictions(core, node)
    tables = prediction_tables(core, node)
    if not tables:
        raise NotFoundError(
            f"no predictions of {node.ref} ({node.type} {node.label}) are recorded: record them with "
            "graph.record_predictions, or `provgraph load table`"
        )
    if beside is not None and len(tables) > 1:
        data = _data_of(core, beside.artifact)
        tables = [table for table in tables if data & _data_of(core, table)] or tables
    return predictions(core, tables[0])


def _data_of(core: StoreCore, table: Artifact) -> set[str]:
    """What the model predicted on."""
    lineage = trace(core, [table], "upstream", TraceOptions(max_hops=2, with_contexts=False))
    return {edge.source for edge in lineage.edges if edge.path == ("data",)}


def analyse(
    core: StoreCore,
    table: PredictionTable,
    options: SliceOptions,
    *,
    against: PredictionTable | None,
    progress: Progress | None,
) -> ErrorAnalysis:
    """Find the slices of a table.

    Args:
        core: an open store.
        table: of predictions.
        options: what is searched.
        against: the predictions of another model, to compare with on the same samples.
        progress: is told how far it is.

    Raises:
        InvalidValueError: a column is missing, or an option makes no sense.
        NotFoundError: the file of a table is missing.
        LoadError: a file was changed or truncated.
    """
    if against is not None:
        check_samples(table, against)
    frame = table.frame()
    outcome = outcome_of(table, frame, options.outcome)
    unit = table.role("unit") if options.unit is None else options.unit
    rows = _grouped(core, table, frame)
    before: DataFrame | None = None
    before_rows = RowGroups(np.zeros(0, np.int64), (), ())
    if against is not None:
        before = frame_like(against, table)
        before_rows = _grouped(core, table, before)
    groups = tuple(dict.fromkeys((*rows.groups, *before_rows.groups)))  # one walk for the sources of both
    lineage = lineage_columns(core.store, groups, progress, certain_only=options.certain_only)
    own = _own_columns(table, outcome, unit)
    joined = _joined(frame, own, rows.among(groups), lineage, table, options)
    report = find_slices(
        joined.encoded,
        outcome=outcome,
        columns=None if options.columns is None else joined.encoded.names,
        unit=unit,
        depth=options.depth,
        strata=options.strata,
        correction=options.correction,
        alpha=options.alpha,
        min_support=options.min_support,
        min_difference=options.min_difference,
        min_lift=options.min_lift,
        limit=options.limit,
        permutations=options.permutations,
        seed=options.seed,
        upstream_first=joined.upstream_first,
        progress=_counted(progress),
    )
    report = with_other_names(report, lineage, joined)
    notes = (*report.notes, *source_notes(table, outcome, unit, joined, rows), *rows.notes, *lineage.notes)
    comparison = None
    if before is not None:
        shared = [name for name in own if name in before.columns]
        first = _joined(before, shared, before_rows.among(groups), lineage, table, options)
        sample = table.roles["sample"][0]
        comparison = compare_with(first, frame, outcome, sample=sample, unit=unit, options=options)
    return ErrorAnalysis(
        report=replace(report, notes=notes),
        table=table,
        outcome=outcome,
        unit=unit,
        lineage_columns=lineage,
        joined=joined,
        rows=rows.among(groups),
        comparison=comparison,
    )


def _grouped(core: StoreCore, table: PredictionTable, frame: DataFrame) -> RowGroups:
    sources = [name for name in table.roles.get("source", ()) if name in frame.columns]
    return group_rows(frame, sources, lambda texts: resolve_sources(core.reader, texts))


def _joined(
    frame: DataFrame,
    own: Iterable[str],
    rows: RowGroups,
    lineage: LineageColumns,
    table: PredictionTable,
    options: SliceOptions,
) -> Joined:
    time = table.role("time")
    time = time if time in frame.columns else None
    return join(frame, own, rows, lineage, wanted=options.columns, time=time, edges=options.edges)


def outcome_of(table: PredictionTable, frame: DataFrame, wanted: Outcome | str | None) -> Outcome:
    """The outcome that is wanted, else the one that the table's roles say: errors, a regression's, or a loss.

    Raises:
        InvalidValueError: the wanted one reads a column that is not there.
    """
    label, prediction, loss = table.role("label"), table.role("prediction"), table.role("loss")
    if wanted is not None:
        return (
            wanted if isinstance(wanted, Outcome) else outcome_named(wanted, frame, label=label, prediction=prediction)
        )
    task = table.artifact.custom_properties.get("task")
    if label is not None and prediction is not None and task != "loss":
        return Outcome.regression(label, prediction) if task == "regression" else Outcome.errors(label, prediction)
    if loss is None:
        raise InvalidValueError(f"{table.artifact.label} names neither label and prediction nor a loss: give outcome=")
    return Outcome.loss(loss)


def _own_columns(table: PredictionTable, outcome: Outcome, unit: str | None) -> list[str]:
    """The columns that say how a row came about: all but what was true, predicted and sampled."""
    gone = {name for role, names in table.roles.items() if role != "time" for name in names}
    gone |= {*outcome.columns, unit or ""}
    return [name for name in table.columns if name not in gone]


def source_notes(
    table: PredictionTable, outcome: Outcome, unit: str | None, joined: Joined, rows: RowGroups
) -> Iterator[str]:
    """What it does to q that rows come from the same sources, where no sampling unit says so.

    Args:
        table: of predictions.
        outcome: what counts as an error.
        unit: the column of sampling units; with one, there is nothing to say.
        joined: the rows.
        rows: the rows by their sources.
    """
    if unit is not None or not rows.groups:
        return
    measured = outcome.measure(joined.encoded.frame)
    codes = rows.codes if measured.kept is None else rows.codes[measured.kept]
    known = codes >= 0
    count = int(np.unique(codes[known]).size)
    if not count:
        return
    of = np.unique(codes[known], return_inverse=True)[1].astype(np.intp)
    effect = clusters(of, np.asarray(measured.values[known], np.float64)).design_effect
    if effect >= _MANY:
        name = " and ".join(table.roles.get("source", ()))
        yield (
            f"{int(known.sum()):,} rows come from {count:,} sources and resemble each other within them: a slice of "
            f"whole sources varies {effect:.1f} times as much as one of independent rows, and its q may be too "
            f"small. Name what was sampled as the unit{f' ({name}, if nothing else)' if name else ''}."
        )


def _counted(progress: Progress | None) -> Callable[[int, int], None] | None:
    if progress is None:
        return None

    def told(done: int, total: int) -> None:
        progress(done, total, "combinations of columns")

    return told
