"""Slices on standard output: a table for people, JSON, CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from provgraph.cli.output import Column, say, write_csv, write_json, write_lines, write_table

if TYPE_CHECKING:
    from provgraph.analysis.origins import Origins
    from provgraph.analysis.result import ErrorAnalysis
    from provgraph.cli.options import Settings
    from provgraph.slicing import ComparisonReport, Slice, SliceReport

__all__ = ["write_analysis", "write_report"]

_COLUMNS: Final = (
    Column("SLICE", shrinks=True),
    Column("ROWS", right=True),
    Column("ERRORS", right=True),
    Column("RATE", right=True),
    Column("INTERVAL", right=True),
    Column("REST", right=True),
    Column("EXCESS", right=True),
    Column("Q", right=True),
    Column("ADJUSTED", right=True),
    Column("ORIGIN", shrinks=True),
)


def write_analysis(settings: Settings, found: ErrorAnalysis) -> None:
    """Write the analysis of recorded predictions."""
    if settings.format == "json":
        write_json(found.to_dict(upstream=True))
        return
    origins = [found.origins(each, limit=1) for each in found.slices]
    _write(settings, found.report, origins, found.comparison)
    if settings.format == "table":
        table = found.table.artifact
        write_lines([f"predictions: {table.ref} ({table.label})"])
    if found.recorded is not None:
        say(f"recorded as {found.recorded.ref}")
    elif any(origins) and settings.format == "table":
        say(f"what else does it reach? `provgraph impact {next(o for o in origins if o)[0].node.ref}`")


def write_report(settings: Settings, report: SliceReport, comparison: ComparisonReport | None) -> None:
    """Write the slices of a file."""
    if settings.format == "json":
        found = report.to_dict()
        if comparison is not None:
            found["comparison"] = comparison.to_dict()
        write_json(found)
        return
    _write(settings, report, None, comparison)


def _write(
    settings: Settings,
    report: SliceReport,
    origins: Sequence[Origins] | None,
    comparison: ComparisonReport | None,
) -> None:
    if settings.format == "csv":
        frame = report.to_frame()
        known = frame.astype(object).where(frame.notna(), "")  # what is not known is empty, not "nan"
        rows: Iterator[Sequence[object]] = known.itertuples(index=False, name=None)
        extra = [] if origins is None else [_origin(each) for each in origins]
        header = [*frame.columns.map(str), *(() if origins is None else ("origin",))]
        write_csv(header, _with(rows, extra))
        for note in report.notes:
            say(note)
        return
    write_lines(_head(report))
    if report.slices:
        names = [""] * len(report.slices) if origins is None else [_origin(each) for each in origins]
        lines = [_row(each, name) for each, name in zip(report.slices, names, strict=True)]
        used = [at for at, column in enumerate(_COLUMNS) if column.title in ("SLICE", "Q") or any(r[at] for r in lines)]
        write_lines([""])
        write_table([_COLUMNS[at] for at in used], [[line[at] for at in used] for line in lines])
        write_lines(_aliases(report.slices))
    if report.notes:
        write_lines(["", *(f"note: {note}" for note in report.notes)])
    if comparison is not None:
        write_lines(["", *comparison.sentences()])


def _with(rows: Iterable[Sequence[object]], extra: Sequence[str]) -> Iterator[Sequence[object]]:
    for at, row in enumerate(rows):
        yield [*row, extra[at]] if extra else row


def _head(report: SliceReport) -> Iterator[str]:
    what = "losses" if report.errors is None else "errors"
    total = f"mean {report.rate:.4g}" if report.errors is None else f"{report.errors:,} of {report.rows:,} rows"
    share = "" if report.errors is None or report.rate is None else f" ({report.rate:.1%})"
    yield f"{what}: {report.outcome}; {total}{share}; {report.tested:,} slices tested"
    if not report.slices:
        yield report.sentences()[0]


def _row(found: Slice, origin: str) -> Sequence[object]:
    plain = found.errors is None
    adjusted = next((each for each in found.adjusted if each.ratio is not None), None)
    return (
        str(found),
        f"{found.n:,}",
        "" if plain else f"{found.errors:,}",
        _rate(found.rate, plain),
        f"{_rate(found.interval.low, plain)} to {_rate(found.interval.high, plain)}",
        _rate(found.rest_rate, plain),
        f"{found.excess:+,.0f}" if not plain else f"{found.excess:+.4g}",
        _chance(found),
        "" if adjusted is None else f"{adjusted.ratio:.2f} by {adjusted.by}",
        origin,
    )


def _rate(value: float, plain: bool) -> str:
    return f"{value:.4g}" if plain else f"{100 * value:.1f} %"


def _chance(found: Slice) -> str:
    q = found.q if found.unit_q is None else found.unit_q
    if q is None or q >= 0.001:
        return "" if q is None else f"{q:.3f}"
    return f"{q:.1e}" if q > 0.0 else "< 1e-300"


def _origin(origins: Origins) -> str:
    if not origins:
        return ""
    first = origins[0]
    name = first.node.label if first.node.label.startswith(first.node.type) else f"{first.node.type} {first.node.label}"
    return f"{first.node.ref} {name} ({first.errors:,} of {first.of:,})"


def _aliases(slices: Iterable[Slice]) -> Iterator[str]:
    """Other names of the same rows: of a single term, where the others stay, else of the whole slice."""
    lines: dict[str, None] = {}
    for found in slices:
        of_terms: dict[str, list[str]] = {}
        for alias in found.aliases:
            gone = [term for term in found.predicate if term not in alias.predicate]
            come = [term for term in alias.predicate if term not in found.predicate]
            names = " and ".join(map(str, come))
            if alias.same_rows and len(gone) == len(come) == 1:
                of_terms.setdefault(str(gone[0]), []).append(names)
            else:
                how = "the same rows as" if alias.same_rows else "nearly the same rows as"
                lines[f"{found}: {how} {' and '.join(map(str, alias.predicate))}"] = None
        for term, others in of_terms.items():
            lines[f"{found}: the same rows with {' or '.join(others)} for {term}"] = None
    return iter(lines)
