"""Joining the records of a store, and taking it back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from provgraph.chunks import chunks
from provgraph.joining.judging import Conflict, Join
from provgraph.joining.marks import Mark
from provgraph.joining.parting import evidence_of
from provgraph.joining.reading import Told, read_all, read_components, read_some, several_sources, silent, windows
from provgraph.joining.report import SHOWN_PAIRS, JoinedPair, StitchReport
from provgraph.joining.rules import RECORDED_BY, Rule
from provgraph.joining.workspace import Workspace
from provgraph.model import Certainty, NodeKind
from provgraph.store.core import StoreCore
from provgraph.store.cypher import join as statements
from provgraph.store.cypher.write import LINK
from provgraph.store.protocol import Row, Statement, Transaction

__all__ = ["stitch", "unstitch"]

_BATCH: Final = 1_000  # joins of one transaction


def stitch(
    core: StoreCore,
    ids: Collection[int] | None = None,
    *,
    rules: Collection[Rule] = tuple(Rule),
    dry_run: bool = False,
    listed: int | None = SHOWN_PAIRS,
    told: Told = silent,
) -> StitchReport:
    """Join artifacts of different sources that are one thing. Repeating changes nothing.

    Joins made earlier, by whatever rule, that digests contradict by now or whose evidence is gone are taken back first.
    Joins are written in whole batches: what was broken off is completed by the next run.

    Args:
        ids: of the artifacts to look at; None for all.
        rules: by which to join.
        dry_run: write nothing.
        listed: how many pairs the report names at most; None for all.
        told: how far it is.
    """
    start = time.monotonic()
    report = StitchReport(dry_run=dry_run)
    if not several_sources(core):
        return report
    with Workspace() as workspace:
        if ids is None:
            report.looked_at = read_all(core, workspace, rules, told)
        else:
            report.looked_at = read_some(core, workspace, ids, rules, told)
        report.shared = workspace.meet()
        parted = _take_back(core, workspace, report)
        named: list[Join] = []
        waiting: list[Join] = []
        for at, verdicts in enumerate(workspace.verdicts(), 1):
            report.known += not verdicts
            for verdict in verdicts:
                if isinstance(verdict, Join):
                    report.joined[verdict.mark.rule] += 1
                    waiting.append(verdict)
                    if listed is None or len(named) < listed:
                        named.append(verdict)
                elif not (isinstance(verdict, Conflict) and verdict.mark in parted):  # else it is said already
                    report.take(verdict)
            if len(waiting) >= _BATCH:
                _write(core, waiting, dry_run)
                waiting = []
                told(at, report.shared, "shared by records")
        _write(core, waiting, dry_run)
    report.pairs.extend(_named(core, named))
    report.seconds = time.monotonic() - start
    return report


def _take_back(core: StoreCore, workspace: Workspace, report: StitchReport) -> set[Mark]:
    """Read what is joined, and take back what better knowledge contradicts; the marks that contradict it."""
    marks: set[Mark] = set()
    for parted in read_components(core, workspace):
        for conflict in parted.conflicts:
            if not conflict.outdated:
                marks.add(conflict.mark)
            report.taken_back[conflict.mark.rule] += conflict.taken_back
            report.take(conflict)
        for pairs in chunks(parted.pairs, _BATCH) if not report.dry_run else ():
            _part_pairs(core, pairs)
    return marks


def _part_pairs(core: StoreCore, pairs: Sequence[tuple[int, int]]) -> None:
    parameters: dict[str, object] = {"pairs": [list(pair) for pair in pairs], "by": RECORDED_BY}
    core.store.write(lambda transaction: transaction.run(statements.PART_PAIRS, parameters))


def _named(core: StoreCore, joins: Sequence[Join]) -> Iterator[JoinedPair]:
    for some in chunks(joins, _BATCH):
        ends = {end for join in some for end in (join.first, join.second)}
        labels = {node.id: node.label for node in core.reader.by_ids(NodeKind.ARTIFACT, sorted(ends))}
        for join in some:
            yield JoinedPair(
                rule=join.mark.rule,
                evidence=join.mark.text,
                first=f"artifact:{join.first}",
                second=f"artifact:{join.second}",
                first_name=labels.get(join.first, ""),
                second_name=labels.get(join.second, ""),
            )


def _write(core: StoreCore, joins: Sequence[Join], dry_run: bool) -> None:
    if dry_run or not joins:
        return
    rows = [
        [*ends, RECORDED_BY, j.mark.rule.value, evidence_of(j.mark).text, Certainty.INFERRED.value, None]
        for j in joins
        for ends in ((j.first, j.second), (j.second, j.first))
    ]
    parameters: dict[str, object] = {"rows": rows, "now": int(time.time() * 1000), "from": None}
    core.store.write(lambda transaction: transaction.run(LINK["SAME_AS"].merge, parameters))


def unstitch(
    core: StoreCore, ids: Sequence[int] | None = None, *, rules: Collection[Rule] | None = None
) -> Counter[Rule]:
    """Take joins back that `stitch` made, and nothing that a tool said; how many pairs, by rule.

    Args:
        ids: of the artifacts whose joins to take back; None for all.
        rules: of the joins to take back; None for all.
    """
    common = {"by": RECORDED_BY, "rules": None if rules is None else [rule.value for rule in rules]}
    found: Counter[Rule] = Counter()
    if ids is not None:
        found += _part(core, statements.PART_AT, {**common, "ids": list(ids)})
    else:
        for window in windows(core):
            found += _part(core, statements.PART, {**common, **window})
    return found


def _part(core: StoreCore, statement: Statement, parameters: dict[str, object]) -> Counter[Rule]:
    def work(transaction: Transaction) -> list[Row]:
        return transaction.run(statement, parameters)

    return Counter({Rule.of(rule): count // 2 for rule, count in core.store.write(work)})  # a link each way
