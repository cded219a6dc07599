"""Other names of a slice: columns of the lineage that part the rows alike were searched once, under one name."""

from __future__ import annotations

from dataclasses import replace

from provgraph.analysis.columns import LineageColumn, LineageColumns
from provgraph.analysis.joined import Joined
from provgraph.slicing import Alias, Slice, SliceReport, Term
from provgraph.slicing.values import Range

__all__ = ["with_other_names"]


def with_other_names(report: SliceReport, lineage: LineageColumns, joined: Joined) -> SliceReport:
    """The report whose slices name, as aliases, the other lineage columns behind each of their terms."""
    columns = {joined.names[column.name]: column for column in lineage.columns if column.same}
    return replace(report, slices=tuple(_named(found, columns, joined) for found in report.slices))


def _named(found: Slice, columns: dict[str, LineageColumn], joined: Joined) -> Slice:
    aliases: list[Alias] = []
    for at, term in enumerate(found.predicate):
        column = columns.get(term.column)
        if column is None or isinstance(term.value, Range):
            continue
        for name, value in column.same_values(term.value).items():
            other = Term(joined.names[name], value)
            aliases.append(Alias((*found.predicate[:at], other, *found.predicate[at + 1 :]), 1.0))
    known = {alias.predicate for alias in found.aliases}
    new = [alias for alias in aliases if alias.predicate not in known]
    return replace(found, aliases=(*new, *found.aliases)) if new else found
