"""From what the page is asked to slices: the table once, then searches among its codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, cast

from provgraph import Graph
from provgraph.analysis.analyse import outcome_of, source_notes
from provgraph.analysis.naming import with_other_names
from provgraph.analysis.result import ErrorAnalysis
from provgraph.slicing import find_slices
from provgraph_dashboard.errors.address import Asked
from provgraph_dashboard.errors.choices import Choice
from provgraph_dashboard.errors.memory import Opened, tables

_MOST_CLASSES = 40


class Told(Protocol):
    """Is told how far it is: how many are done, of how many, of what."""

    def __call__(self, done: int, total: int | None, words: str, /) -> None:
        """Take note."""
        ...


def opened(graph: Graph, choice: Choice, asked: Asked, told: Told | None = None) -> Opened:
    """The table, read and joined to what stands upstream of its rows.

    Raises:
        NotFoundError: its file is missing.
        LoadError: the file was changed or truncated.
        InvalidValueError: it does not say what counts as an error, and neither does the address.
    """
    outcome = _needed(choice, asked)
    return tables().get(
        _key(graph, choice, asked),
        lambda: Opened(graph.slices(choice.table.artifact, outcome=outcome, certain_only=asked.certain, progress=told)),
    )


def is_open(graph: Graph, choice: Choice, asked: Asked) -> bool:
    """Whether the table was read already."""
    return tables().holds(_key(graph, choice, asked))


def forget(graph: Graph, choice: Choice, asked: Asked) -> None:
    """Have the table, and what stands upstream of its rows, read anew the next time."""
    tables().forget(_key(graph, choice, asked))


def answer(held: Opened, asked: Asked, told: Told | None = None) -> ErrorAnalysis:
    """The analysis as it is asked for; the table is not read again.

    Raises:
        InvalidValueError: a column or an outcome is not there.
    """
    base = held.analysis
    if (asked.outcome, asked.columns, asked.depth, asked.unit) == (None, (), 3, None):
        return base
    key = ("answer", asked.outcome, asked.columns, asked.depth, asked.unit)
    return cast("ErrorAnalysis", held.answers.get(key, lambda: _searched(base, asked, told)))


def _searched(base: ErrorAnalysis, asked: Asked, told: Told | None) -> ErrorAnalysis:
    outcome = base.outcome if asked.outcome is None else outcome_of(base.table, base.frame, asked.outcome)
    unit = base.unit if asked.unit is None else asked.unit

    def counted(done: int, total: int) -> None:
        if told is not None:
            told(done, total, "combinations of columns")

    report = find_slices(
        base.encoded,
        outcome=outcome,
        columns=asked.columns or None,
        unit=unit,
        depth=asked.depth,
        upstream_first=base.joined.upstream_first,
        progress=counted,
    )
    report = with_other_names(report, base.lineage_columns, base.joined)
    beside = source_notes(base.table, outcome, unit, base.joined, base.rows)
    notes = (*report.notes, *beside, *base.rows.notes, *base.lineage_columns.notes)
    return replace(base, report=replace(report, notes=notes), outcome=outcome, unit=unit)


def compared(
    graph: Graph, held: Opened, choice: Choice, other: Choice, asked: Asked, told: Told | None
) -> ErrorAnalysis:
    """The analysis beside another model's predictions on the same samples.

    Raises:
        NotFoundError, LoadError: as `opened`, of the other table.
        InvalidValueError: the rows of the two cannot be matched.
    """

    def made() -> ErrorAnalysis:
        return graph.slices(
            choice.table.artifact,
            against=other.table.artifact,
            outcome=asked.outcome,
            columns=asked.columns or None,
            depth=asked.depth,
            unit=asked.unit,
            certain_only=asked.certain,
            progress=told,
        )

    return held.comparisons.get(_beside(other, asked), made)


def is_compared(held: Opened, other: Choice, asked: Asked) -> bool:
    """Whether that was answered already."""
    return held.comparisons.holds(_beside(other, asked))


def _beside(other: Choice, asked: Asked) -> tuple[object, ...]:
    return ("against", other.ref, asked.outcome, asked.columns, asked.depth, asked.unit)


def outcomes(analysis: ErrorAnalysis) -> dict[str, str]:
    """The outcomes that the table can be asked for, with their words; the usual one first, under the empty text."""
    table = analysis.table
    label, loss = table.role("label"), table.role("loss")
    task = table.artifact.custom_properties.get("task")
    found: dict[str, str] = {}
    if label is not None and task == "regression":
        found[""] = "Distance from truth"
    elif label is not None and task != "loss":
        found[""] = "Any error"
        for name in _classes(analysis, label):
            found[f"misses:{name}"] = f"Missed: {name}"
        for name in _classes(analysis, label):
            found[f"false-alarms:{name}"] = f"False alarm: {name}"
    if loss is not None:
        found["" if not found else f"loss:{loss}"] = f"Loss: {loss}"
    return found


def _classes(analysis: ErrorAnalysis, label: str) -> Sequence[str]:
    counts = analysis.frame[label].dropna().value_counts()
    return [str(name) for name in counts.index[:_MOST_CLASSES]]


def _needed(choice: Choice, asked: Asked) -> str | None:
    """The outcome without which the table cannot be read: where it does not say itself what an error is."""
    roles = choice.table.roles
    return None if {"label", "prediction"} <= roles.keys() or "loss" in roles else asked.outcome


def _key(graph: Graph, choice: Choice, asked: Asked) -> tuple[object, ...]:
    return (graph.info().url, choice.ref, choice.table.artifact.digest, _needed(choice, asked), asked.certain)
