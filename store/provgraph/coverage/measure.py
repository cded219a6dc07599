"""Measuring: counts from the engine, by pipeline, and the nodes behind each gap."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeAlias

from provgraph.coverage.kinds import CoverageKind, CoveragePart
from provgraph.coverage.pipelines import Pipelines, pipelines_of
from provgraph.coverage.reach import reaching
from provgraph.coverage.remedies import remedy, tool_of
from provgraph.coverage.things import Thing, things_of
from provgraph.coverage.values import Coverage, CoverageGap, CoverageScore, PipelineCoverage
from provgraph.errors import InvalidValueError
from provgraph.model import Context, Node, NodeKind, NodeType
from provgraph.model.digests import OF_NOTHING
from provgraph.recording.lost import lost_executions
from provgraph.store.core import StoreCore
from provgraph.store.cypher import coverage as statements
from provgraph.store.cypher.check import SEQUENCE
from provgraph.store.cypher.trace import CONTEXTS_OF
from provgraph.store.possible import has_possible
from provgraph.tracing.roles import Roles

__all__ = ["coverage"]

_CHUNK: Final = 5_000
_WINDOW: Final = 20_000  # ids that are looked through at once for executions to name
# Executions that are no runs: what a job is declared to do.
_DEFINITIONS: Final = ("JobDefinition",)
_LISTED: Final[Mapping[CoverageKind, str]] = {
    CoverageKind.NO_CODE_VERSION: "uncoded",
    CoverageKind.DIRTY_COMMIT: "dirty",
    CoverageKind.POSSIBLE_LINK: "possible",
    CoverageKind.PENDING_OUTPUT: "pending",
}

_Group: TypeAlias = int | None
_Judged: TypeAlias = tuple[tuple[_Group, ...], str, int, bool]
"""What an expectation is of: groups, source, id, whether it is met."""
_Counts: TypeAlias = dict[CoveragePart, list[int]]


@dataclass(slots=True)
class _Tally:
    """What was counted. `wanted` restricts what is told to one pipeline; `groups` has all of them."""

    pipelines: Pipelines
    wanted: int | None
    groups: dict[_Group, _Counts] = field(default_factory=dict[_Group, _Counts])
    total: _Counts = field(default_factory=dict[CoveragePart, list[int]])
    executions: Counter[_Group] = field(default_factory=Counter[_Group])
    gaps: dict[CoverageKind, Counter[str]] = field(default_factory=dict[CoverageKind, Counter[str]])
    ids: dict[CoverageKind, list[int]] = field(default_factory=dict[CoverageKind, list[int]])

    def belongs(self, groups: Sequence[_Group]) -> bool:
        return self.wanted is None or self.wanted in groups

    def expect(self, part: CoveragePart, groups: Sequence[_Group], met: int, expected: int) -> None:
        if not expected:
            return
        for counts in (*(self.groups.setdefault(g, {}) for g in groups), *((self.total,) * self.belongs(groups))):
            known = counts.setdefault(part, [0, 0])
            known[0] += met
            known[1] += expected

    def judge(self, kind: CoverageKind, found: Iterable[_Judged]) -> None:
        """Count what meets an expectation, and note what does not."""
        met: Counter[tuple[_Group, ...]] = Counter()
        expected: Counter[tuple[_Group, ...]] = Counter()
        for groups, source, id_, is_met in found:
            expected[groups] += 1
            if is_met:
                met[groups] += 1
            else:
                self.miss(kind, groups, source, 1, id_)
        for groups, count in expected.items():
            if kind.part is not None:
                self.expect(kind.part, groups, met[groups], count)

    def miss(self, kind: CoverageKind, groups: Sequence[_Group], source: str, count: int, *ids: int) -> None:
        if count and self.belongs(groups):
            self.gaps.setdefault(kind, Counter())[tool_of(source)] += count
            self.ids.setdefault(kind, []).extend(ids)


def coverage(core: StoreCore, pipeline: Node | None, listed: int | None) -> Coverage:
    """Measure a store, or one pipeline of it.

    Args:
        listed: how many nodes each gap names at most; None for all.

    Raises:
        InvalidValueError: the node is no pipeline.
    """
    walked_at = int(time.time() * 1000)
    types = core.reader.types()
    roles = Roles.of(types)
    pipelines = pipelines_of(core, roles)
    chosen: Context | None = None
    if pipeline is not None:
        chosen = pipelines.contexts.get(pipeline.id) if isinstance(pipeline, Context) else None
        if chosen is None:
            kinds = ", ".join(sorted(set(pipelines.types)))
            raise InvalidValueError(f"{pipeline.ref} is no pipeline: name a context of one of the types {kinds}")
    tally = _Tally(pipelines, None if chosen is None else chosen.id)
    _count_executions(core, tally)
    raw = _count_artifacts(core, tally, roles, types)
    _count_lost(core, tally)
    return Coverage(
        score=_score(tally.total),
        pipelines=_ranked(tally, chosen),
        gaps=tuple(_gap(core, tally, kind, listed) for kind in CoverageKind if tally.gaps.get(kind)),
        raw_sources=raw,
        walked_at=walked_at,
        store=core.store.url,
        pipeline=chosen,
    )


# -- executions -------------------------------------------------------------------------------------------------------


def _parameters(tally: _Tally) -> dict[str, object]:
    return {"groups": list(tally.pipelines.types), "definitions": list(_DEFINITIONS)}


def _count_executions(core: StoreCore, tally: _Tally) -> None:
    asked = _parameters(tally)
    unsure = has_possible(core.store) or bool(core.store.read(statements.ANY_PENDING, {}))
    for ids, source, uncoded, dirty, possible, pending, count in core.store.read(statements.EXECUTIONS[unsure], asked):
        groups = tally.pipelines.chosen(ids)
        for group in groups:
            tally.executions[group] += count
        tally.expect(CoveragePart.CODE, groups, 0 if uncoded or dirty else count, count)
        tally.expect(CoveragePart.LINKS, groups, 0 if possible or pending else count, count)
        for kind, holds in (
            (CoverageKind.NO_CODE_VERSION, uncoded),
            (CoverageKind.DIRTY_COMMIT, dirty),
            (CoverageKind.POSSIBLE_LINK, possible),
            (CoverageKind.PENDING_OUTPUT, pending),
        ):
            tally.miss(kind, groups, source, count if holds else 0)
    _count_dangling(core, tally, asked)


def _count_dangling(core: StoreCore, tally: _Tally, asked: Mapping[str, object]) -> None:
    [[dangling]] = core.store.read(statements.DANGLING, {})
    ids = sorted(id_ for id_, _ in dangling)
    if not ids:
        return
    # an execution counts once, however many of its inputs dangle: so all of them go in one statement
    for found, flawed, count in core.store.read(statements.DANGLING_USERS, {**asked, "ids": ids}):
        groups = tally.pipelines.chosen(found)
        if not flawed:
            for counts in (*(tally.groups.get(g, {}) for g in groups), *((tally.total,) * tally.belongs(groups))):
                known = counts.get(CoveragePart.LINKS, [0, 0])  # absent where they were recorded a moment ago
                known[0] = max(0, known[0] - count)
    taken = _consumers(core, tally, ids)
    for id_, source in sorted(dangling):
        tally.miss(CoverageKind.DANGLING_INPUT, tally.pipelines.chosen(taken.get(id_, ())), source, 1, id_)


def _count_lost(core: StoreCore, tally: _Tally) -> None:
    lost = [entry.execution for entry in lost_executions(core)]
    if not lost:
        return
    [[rows]] = core.store.read(CONTEXTS_OF[NodeKind.EXECUTION], {"ids": [execution.id for execution in lost]})
    inside: dict[int, list[int]] = {}
    for id_, context in rows:
        inside.setdefault(id_, []).append(context)
    for execution in lost:
        groups = tally.pipelines.chosen(inside.get(execution.id, ()))
        tally.miss(CoverageKind.LOST_EXECUTION, groups, execution.source, 1, execution.id)


# -- artifacts --------------------------------------------------------------------------------------------------------


def _count_artifacts(core: StoreCore, tally: _Tally, roles: Roles, types: Sequence[NodeType]) -> int:
    """Count models, deployments and datasets; the number of datasets that are taken for raw data."""
    models = roles.type_names("model", types)
    datasets = roles.type_names("dataset", types)
    deployments = roles.type_names("deployment", types)
    made_of = {
        "model": things_of(_artifacts(core, tally, models, datasets)),
        "deployment": things_of(_artifacts(core, tally, deployments, models)),
        "dataset": things_of(_artifacts(core, tally, datasets)),
    }
    unplaced = [thing.id for found in made_of.values() for thing in found if not thing.groups]
    taken = _consumers(core, tally, sorted(unplaced))

    def groups(thing: Thing) -> tuple[_Group, ...]:
        return tally.pipelines.chosen(thing.groups or taken.get(thing.id, ()))

    found = made_of["model"]
    reached = reaching(core, ((NodeKind.ARTIFACT, thing.id) for thing in found if not thing.direct), datasets)
    tally.judge(
        CoverageKind.MODEL_WITHOUT_DATASET,
        ((groups(thing), thing.source, thing.id, thing.direct or thing.id in reached) for thing in found),
    )
    _judge_deployments(core, tally, [(groups(thing), thing) for thing in made_of["deployment"]], roles, types)
    placed = [(groups(thing), thing) for thing in made_of["dataset"]]
    families = {family for _, thing in placed if thing.made for family in thing.families}
    expected = [(places, thing) for places, thing in placed if thing.made or not families.isdisjoint(thing.families)]
    tally.judge(
        CoverageKind.DATASET_WITHOUT_PRODUCER,
        ((places, thing.source, thing.id, thing.made) for places, thing in expected),
    )
    tally.judge(
        CoverageKind.WEAK_DIGEST,
        (
            (places, thing.source, thing.id, thing.joined or not thing.weak)
            for places, thing in placed
            if thing.digested
        ),
    )
    return sum(tally.belongs(places) for places, _ in placed) - sum(tally.belongs(places) for places, _ in expected)


def _judge_deployments(
    core: StoreCore,
    tally: _Tally,
    placed: Sequence[tuple[tuple[_Group, ...], Thing]],
    roles: Roles,
    types: Sequence[NodeType],
) -> None:
    direct = {thing.id for _, thing in placed if thing.direct}
    asked = {"types": roles.type_names("deploy", types), "groups": list(tally.pipelines.types)}
    [[bare]] = core.store.read(statements.BARE_DEPLOYS, asked)
    starts = [(NodeKind.ARTIFACT, thing.id) for _, thing in placed if not thing.direct]
    starts += [(NodeKind.EXECUTION, id_) for id_, _, _ in bare]
    reached = direct | reaching(core, starts, roles.type_names("model", types))
    deployed = [(places, thing.source, thing.id) for places, thing in placed]
    deployed += [(tally.pipelines.chosen(ids), source, id_) for id_, source, ids in bare]
    tally.judge(
        CoverageKind.DEPLOYMENT_WITHOUT_MODEL,
        ((places, source, id_, id_ in reached) for places, source, id_ in deployed),
    )


def _artifacts(
    core: StoreCore, tally: _Tally, types: Sequence[str], wanted: Sequence[str] = ()
) -> Iterator[Sequence[Any]]:
    asked = {"types": list(types), "groups": list(tally.pipelines.types), "of_nothing": sorted(OF_NOTHING)}
    statement = statements.MADE_FROM if wanted else statements.ARTIFACTS
    for [rows] in core.store.stream(statement, {**asked, "wanted": list(wanted)}):
        yield from rows


def _consumers(core: StoreCore, tally: _Tally, ids: Sequence[int]) -> dict[int, list[int]]:
    """The contexts of those who took artifacts in, by the artifact's id."""
    found: dict[int, list[int]] = {}
    for at in range(0, len(ids), _CHUNK):
        asked = {"ids": list(ids[at : at + _CHUNK]), "groups": list(tally.pipelines.types)}
        [[rows]] = core.store.read(statements.CONSUMERS_GROUPS, asked)
        for id_, context in rows:
            found.setdefault(id_, []).append(context)
    return found


# -- what is told -----------------------------------------------------------------------------------------------------


def _score(counts: _Counts) -> CoverageScore:
    return CoverageScore({part: (counts[part][0], counts[part][1]) for part in CoveragePart if part in counts})


def _ranked(tally: _Tally, chosen: Context | None) -> tuple[PipelineCoverage, ...]:
    """The worst first, then the one with more to do; what has nothing to expect last."""
    contexts: dict[_Group, Context | None] = {None: None}
    contexts |= {id_: context for id_, context in tally.pipelines.contexts.items()}  # noqa: C416 - of another type
    # a job or an experiment without executions of its own only groups others: it is no pipeline that lacks them
    shown: Iterable[_Group] = (
        (chosen.id,)
        if chosen is not None
        else (id_ for id_ in contexts if id_ in tally.groups or (id_ is not None and tally.pipelines.ranks[id_] == 0))
    )
    found = [PipelineCoverage(contexts[id_], tally.executions[id_], _score(tally.groups.get(id_, {}))) for id_ in shown]

    def order(each: PipelineCoverage) -> tuple[bool, float, int, str, int]:
        ratio, score = each.score.ratio, each.score
        last = each.context.id if each.context else 0
        return (ratio is None, ratio or 0.0, score.met - score.expected, each.name, last)

    return tuple(sorted(found, key=order))


def _gap(core: StoreCore, tally: _Tally, kind: CoverageKind, listed: int | None) -> CoverageGap:
    tools = tally.gaps[kind]
    ids = _pages(core, tally, kind) if kind in _LISTED else iter(sorted(tally.ids[kind]))
    # no further than its count: the last windows need not be looked through
    wanted = list(islice(ids, tools.total() if listed is None else min(listed, tools.total())))
    is_step = kind in _LISTED or kind is CoverageKind.LOST_EXECUTION
    nodes = core.reader.by_ids(NodeKind.EXECUTION if is_step else NodeKind.ARTIFACT, wanted)
    if kind is CoverageKind.DEPLOYMENT_WITHOUT_MODEL:  # some of them may be executions
        nodes = sorted([*nodes, *core.reader.by_ids(NodeKind.EXECUTION, wanted)], key=lambda node: node.id)
    ranked = sorted(tools.items(), key=lambda item: (-item[1], item[0]))
    return CoverageGap(kind, tools.total(), tuple(nodes), tuple(remedy(kind, tool, n) for tool, n in ranked))


def _pages(core: StoreCore, tally: _Tally, kind: CoverageKind) -> Iterator[int]:
    """The ids of the executions behind a gap, in their order."""
    place = {"inside": tally.wanted, "before": tally.pipelines.before(tally.wanted)}
    [[end]] = core.store.read(SEQUENCE, {})
    for first in range(0, end, _WINDOW):
        asked = {**_parameters(tally), **place, "first": first, "end": first + _WINDOW}
        [[ids]] = core.store.read(statements.LISTED[_LISTED[kind]], asked)
        yield from sorted(ids)
