"""Joining the records of a store, and taking it back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from provgraph.joining.judging import Join
from provgraph.joining.reading import Told, read_all, read_components, read_some, several_sources, silent, windows
from provgraph.joining.report import StitchReport
from provgraph.joining.rules import RECORDED_BY, Rule
from provgraph.joining.workspace import Workspace
from provgraph.model import Certainty
from provgraph.store.core import StoreCore
from provgraph.store.cypher import join as statements
from provgraph.store.protocol import Row, Statement, Transaction

__all__ = ["stitch", "unstitch"]

_BATCH: Final = 1_000  # joins of one transaction
_LONGEST_EVIDENCE: Final = 4_000


def stitch(
    core: StoreCore,
    ids: Collection[int] | None = None,
    *,
    rules: Collection[Rule] = tuple(Rule),
    dry_run: bool = False,
    told: Told = silent,
) -> StitchReport:
    """Join artifacts of different sources that are one thing. Repeating changes nothing.

    Joins are written in whole batches: what was broken off is completed by the next run.

    Args:
        ids: of the artifacts to look at; None for all.
        rules: by which to join.
        dry_run: write nothing.
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
        read_components(core, workspace)
        waiting: list[Join] = []
        for at, verdicts in enumerate(workspace.verdicts(), 1):
            report.known += not verdicts
            for verdict in verdicts:
                if isinstance(verdict, Join):
                    report.joined[verdict.mark.rule] += 1
                    waiting.append(verdict)
                else:
                    report.take(verdict)
            if len(waiting) >= _BATCH:
                _write(core, waiting, dry_run)
                waiting = []
                told(at, report.shared, "shared by records")
        _write(core, waiting, dry_run)
    report.seconds = time.monotonic() - start
    return report


def _write(core: StoreCore, joins: Sequence[Join], dry_run: bool) -> None:
    if dry_run or not joins:
        return
    parameters = {
        "rows": [[j.first, j.second, j.mark.rule.value, j.mark.text[:_LONGEST_EVIDENCE]] for j in joins],
        "by": RECORDED_BY,
        "certainty": Certainty.INFERRED.value,
        "now": int(time.time() * 1000),
    }
    core.store.write(lambda transaction: transaction.run(statements.JOIN, parameters))


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
