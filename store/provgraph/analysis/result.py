"""What an error analysis of a recorded table answers: slices, and for each its origins and what changed upstream."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from provgraph.analysis.columns import LineageColumns
from provgraph.analysis.events import UpstreamEvent, find_events
from provgraph.analysis.joined import Joined
from provgraph.analysis.origins import Mask, Origins, rank_origins
from provgraph.analysis.rows import RowGroups
from provgraph.slicing import EncodedTable, Outcome, Slice, SliceReport, measure_slice, rows_of
from provgraph.slicing.corrections import Correction
from provgraph.slicing.rows import Predicate
from provgraph.slicing.units import Units
from provgraph.slicing.values import Json
from provgraph.tables.predictions import PredictionTable

if TYPE_CHECKING:
    from pandas import DataFrame

    from provgraph.model import Artifact
    from provgraph.slicing import ComparisonReport

__all__ = ["ErrorAnalysis"]


@dataclass(frozen=True, eq=False)
class ErrorAnalysis:
    """Slices of a recorded table of predictions, joined to what stands upstream of its rows. Holds no connection.

    Attributes:
        report: the slices.
        table: the predictions.
        outcome: what counts as an error.
        unit: the column of sampling units; None for none.
        lineage_columns: the columns that stand upstream, and the nodes that they come from.
        joined: the rows with all columns.
        rows: the rows by their sources.
        comparison: against another model on the same samples; None where none was asked for.
        recorded: the `SliceReport` artifact; None where the analysis was not recorded.
    """

    report: SliceReport
    table: PredictionTable
    outcome: Outcome
    unit: str | None
    lineage_columns: LineageColumns
    joined: Joined
    rows: RowGroups
    comparison: ComparisonReport | None = None
    recorded: Artifact | None = None

    @property
    def slices(self) -> tuple[Slice, ...]:
        """The slices found, best first."""
        return self.report.slices

    @property
    def encoded(self) -> EncodedTable:
        """The rows as they were searched: give it to `find_slices` for other columns or another outcome."""
        return self.joined.encoded

    @property
    def frame(self) -> DataFrame:
        """The rows: the columns of the table, then those of the lineage."""
        return self.joined.encoded.frame

    @property
    def time(self) -> str | None:
        """The column of times: the table's own, else when the nearest execution above a row began; None for neither."""
        return self.joined.time

    def measure(self, predicate: Predicate) -> Slice:
        """A slice made by hand, with the same statistics.

        Raises:
            InvalidValueError: no row fulfils it, all do, or there is no such column.
        """
        return measure_slice(self.encoded, predicate, outcome=self.outcome, unit=self.unit)

    def origins(
        self, found: Slice | Predicate, *, alpha: float = 0.05, correction: Correction = "bh", limit: int = 10
    ) -> Origins:
        """The upstream nodes behind more of a slice's errors than chance lets expect, the most over-represented first.

        Each artifact, execution and context upstream of the rows is tested: are errors of this slice more frequent
        among the rows that came from it than among all others? And, unless it stands behind nearly all rows of the
        slice or has few others, also among the slice's own rows: what only has more of these rows explains nothing.
        Nodes behind the very same rows are one test. Rows without a known source do not count. For a loss, the
        slice's rows with a loss above the mean of all other rows count as its errors. Where a sampling unit is named,
        a node must be beyond chance by whole units too.

        Args:
            found: a slice, or the terms of one.
            alpha: the largest q that is reported.
            correction: as for the slices.
            limit: origins reported at most.
        """
        counted, inside, wrong = self._errors(found.predicate if isinstance(found, Slice) else found)
        known = counted & (self.rows.codes >= 0)
        units = None
        if self.unit is not None and known.any():
            units = Units(self.frame, self.unit, known, wrong[known])
        return rank_origins(
            self.lineage_columns,
            self.rows.codes,
            counted,
            inside,
            wrong,
            units=units,
            alpha=alpha,
            correction=correction,
            limit=limit,
        )

    def events(self, found: Slice | Predicate | None = None, *, limit: int = 10) -> tuple[UpstreamEvent, ...]:
        """What changed upstream of a slice's rows (or of all), when, and how its errors differ before and after.

        A change is the first row, in time, with a value of a lineage column that was not there before: a new firmware,
        another setting, a labelling run, the version of a tool. At least a fifth of the rows, from three sources or
        more, lie before; of those from then on, at least a third have it, from two sources or more, and at most 60 % a
        value from before. A slice of the new firmware has no rows before it:
        so it is looked at without one of its terms at a time, and at the rows that share with it what all of its own
        rows have in common upstream. Empty where neither table nor graph says when rows came about.

        Args:
            found: a slice, the terms of one, or None for all rows.
            limit: events reported at most: those beyond chance first, the largest difference first.
        """
        predicate = found.predicate if isinstance(found, Slice) else found
        return find_events(self.joined, self.lineage_columns, self.rows.codes, self.outcome, predicate, limit=limit)

    def _errors(self, predicate: Predicate) -> tuple[Mask, Mask, Mask]:
        """The rows that have an outcome, those of them in the slice, and those of these that are errors."""
        measured = self.outcome.measure(self.frame)
        inside = rows_of(self.encoded, predicate)
        counted = np.ones(inside.size, np.bool_) if measured.kept is None else measured.kept
        wrong = np.zeros(inside.size, np.bool_)
        values = measured.values
        if not measured.binary:
            outside = values[~inside[counted]]
            values = values > (float(outside.mean()) if outside.size else np.inf)
        wrong[counted] = values
        return counted, counted & inside, wrong & inside

    def to_dict(self, *, upstream: bool = False) -> dict[str, Json]:
        """As JSON: the report and whose predictions it is about.

        Args:
            upstream: give each slice its `origins`, and its `events` where rows have times.
        """
        found = self.report.to_dict()
        table = self.table.artifact
        found["predictions"] = {"id": table.ref, "key": table.key, "name": table.name}
        if upstream:
            found["slices"] = [
                {
                    **each.to_dict(),
                    "origins": [origin.to_dict() for origin in self.origins(each)],
                    "events": [event.to_dict() for event in self.events(each)],
                }
                for each in self.slices
            ]
        if self.comparison is not None:
            found["comparison"] = self.comparison.to_dict()
        if self.recorded is not None:
            found["recorded"] = self.recorded.ref
        return found

    def to_json(self, *, upstream: bool = False, indent: int | None = None) -> str:
        """The same as JSON text (RFC 8259: no NaN, no Infinity)."""
        return json.dumps(self.to_dict(upstream=upstream), indent=indent, allow_nan=False, ensure_ascii=False)
