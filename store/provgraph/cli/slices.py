"""`provgraph slices`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from provgraph.cli.options import NODE, TEXT, Settings, output_options, pass_settings, url_option
from provgraph.cli.progress import ProgressLine
from provgraph.cli.stores import open_graph
from provgraph.errors import InvalidValueError

if TYPE_CHECKING:
    from pandas import DataFrame

    from provgraph.slicing import ComparisonReport, Outcome

__all__ = ["slices"]

_FILES: Final = (".csv", ".tsv", ".parquet", ".csv.gz", ".csv.bz2", ".csv.xz")
_LABELS: Final = ("label", "prediction")  # what the columns of a FILE are called where nobody says it


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked of a file."""

    columns: list[str] | None
    unit: str | None
    outcome: str | None
    depth: int
    limit: int
    correction: Literal["bh", "by"]
    against: str | None
    label: str | None
    prediction: str | None
    loss: str | None
    sample: str | None


@click.command(short_help="Find where a model fails.")
@click.argument("what", type=NODE, metavar="MODEL|PREDICTIONS|FILE")
@click.option("--depth", type=click.IntRange(1, 3), default=3, show_default=True, help="Terms of a slice at most.")
@click.option(
    "--columns", type=TEXT, multiple=True, metavar="COLUMN,...", help="Search these columns only. May be repeated."
)
@click.option("--unit", type=TEXT, metavar="COLUMN", help="What was sampled: lot, burst, patient, machine.")
@click.option(
    "--outcome",
    type=TEXT,
    metavar="WHAT",
    help="What counts as an error: errors, misses:CLASS, false-alarms:CLASS, regression, loss:COLUMN or a column.",
)
@click.option(
    "--against",
    type=NODE,
    metavar="MODEL",
    help="Compare with another model (for a FILE: another file) on the same samples.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Slices at most.")
@click.option("--strict", is_flag=True, help="Correct by Benjamini and Yekutieli, for any dependence of the tests.")
@click.option("--certain-only", is_flag=True, help="Upstream of rows, do not walk links that are only possible.")
@click.option("--record", is_flag=True, help="Record the analysis and its report in the store.")
@click.option("--label", type=TEXT, metavar="COLUMN", help="Of a FILE: what is true; by default, label.")
@click.option("--prediction", type=TEXT, metavar="COLUMN", help="Of a FILE: what was predicted; else prediction.")
@click.option("--loss", type=TEXT, metavar="COLUMN", help="Of a FILE: numbers, the larger the worse.")
@click.option("--sample", type=TEXT, metavar="COLUMN", help="Of a FILE with --against: what each row is of.")
@url_option
@output_options()
@pass_settings
def slices(
    settings: Settings,
    what: str,
    depth: int,
    columns: Sequence[str],
    unit: str | None,
    outcome: str | None,
    against: str | None,
    limit: int,
    strict: bool,
    certain_only: bool,
    record: bool,
    label: str | None,
    prediction: str | None,
    loss: str | None,
    sample: str | None,
) -> None:
    """Find where a model fails: the parts of its predictions with more errors than chance lets expect.

    Of a MODEL, its newest PREDICTIONS are read. What stands upstream of each row (the settings of its camera, who
    labelled it) counts as a column of it. The origin of a slice is the node upstream that its errors point to most:
    `provgraph impact` says what else that node reaches.

    A CSV or Parquet FILE is read as it is: no store is touched. All its columns are searched but those that the outcome
    reads.

    Every slice is tested against all other rows, and q is corrected for all slices tested. A q of 0.05 is the line: at
    most 5 % of what is reported is expected to be chance.
    """
    wanted = [name.strip() for part in columns for name in part.split(",") if name.strip()] or None
    correction: Literal["bh", "by"] = "by" if strict else "bh"
    if _is_file(what):
        if certain_only:
            raise click.UsageError(
                "--certain-only is for what is in a store: nothing stands upstream of a FILE's rows."
            )
        if record:
            raise click.UsageError("--record is for what is in a store: `provgraph load table FILE` brings it in.")
        asked = _Asked(
            wanted, unit, outcome, depth, limit, correction, against, label, prediction, loss, sample
        )  # fmt: skip
        _slices_of_file(settings, what, asked)
        return
    for option, given in (("--label", label), ("--prediction", prediction), ("--loss", loss), ("--sample", sample)):
        if given is not None:
            raise click.UsageError(f"{option} is for a FILE: the store knows what the columns of its predictions mean.")
    from provgraph.cli.slice_tables import write_analysis

    with open_graph(settings) as graph:
        with ProgressLine() as progress:
            found = graph.slices(
                what,
                outcome=outcome,
                columns=wanted,
                unit=unit,
                depth=depth,
                limit=limit,
                correction=correction,
                certain_only=certain_only,
                against=against,
                record=record,
                progress=progress,
            )
        write_analysis(settings, found)


def _is_file(what: str) -> bool:
    """A file that is there, or a name that only a file has."""
    return what.lower().endswith(_FILES) or Path(what).is_file()


def _slices_of_file(settings: Settings, file: str, asked: _Asked) -> None:
    from dataclasses import replace

    from provgraph.slicing.extras import load

    load("provgraph.tables.reading")
    from provgraph.analysis.wanted import outcome_named
    from provgraph.cli.slice_tables import write_report
    from provgraph.slicing import find_slices

    notes: list[str] = []
    with ProgressLine() as progress:
        frame = _read(file, notes, progress)
        label, prediction = (
            _column(frame, given, usual) for given, usual in zip((asked.label, asked.prediction), _LABELS, strict=True)
        )
        outcome = outcome_named(_said(asked, label, prediction), frame, label=label, prediction=prediction)
        gone = {*outcome.columns, asked.unit, label, prediction, asked.loss, asked.sample}
        report = find_slices(
            frame,
            outcome=outcome,
            columns=asked.columns or [str(name) for name in frame.columns if str(name) not in gone],
            unit=asked.unit,
            depth=asked.depth,
            limit=asked.limit,
            correction=asked.correction,
            progress=lambda done, total: progress(done, total, "combinations of columns"),
        )
        comparison = None
        if asked.against is not None:
            if asked.sample is None:
                raise click.UsageError("--sample says which column names the sample of each row, to match two files.")
            other = _read(asked.against, notes, progress)
            comparison = _compared(other, frame, outcome, asked)
    write_report(settings, replace(report, notes=(*notes, *report.notes)), comparison)


def _read(file: str, notes: list[str], progress: ProgressLine) -> DataFrame:
    from provgraph.tables.frames import frame_of
    from provgraph.tables.reading import read_file

    return frame_of(read_file(Path(file), notes.append, progress))


def _column(frame: DataFrame, given: str | None, usual: str) -> str | None:
    if given is None:
        return usual if usual in frame.columns else None
    if given not in frame.columns:
        known = ", ".join(str(name) for name in frame.columns[:20])
        raise InvalidValueError(f"the file has no column {given!r} (--{usual}): it has {known}")
    return given


def _said(asked: _Asked, label: str | None, prediction: str | None) -> str:
    """The outcome in a word: what is asked for, else what the columns let measure."""
    if asked.outcome is not None:
        return asked.outcome
    if asked.loss is not None:
        return f"loss:{asked.loss}"
    if label is None or prediction is None:
        raise click.UsageError(
            "Say what counts as an error: --label and --prediction, --loss, or --outcome with a column of 0 and 1."
        )
    return "errors"


def _compared(other: DataFrame, frame: DataFrame, outcome: Outcome, asked: _Asked) -> ComparisonReport:
    from provgraph.slicing import compare_models

    return compare_models(
        other, frame, outcome=outcome, sample=asked.sample or "", columns=asked.columns, depth=asked.depth
    )
