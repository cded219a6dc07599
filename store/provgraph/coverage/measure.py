"""Measuring: counts from the engine, by pipeline, and the nodes behind each gap."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from provgraph.coverage.kinds import CoverageKind, CoveragePart
from provgraph.coverage.pipelines import Pipelines, pipelines_of
from provgraph.coverage.reach import reaching
from provgraph.coverage.remedies import remedy, tool_of
from provgraph.coverage.things import Thing, things_of
from provgraph.coverage.values import Coverage, CoverageGap, CoverageScore, PipelineCoverage
from provgraph.errors import InvalidValueError
from provgraph.joining.digests import STRONG
from provgraph.model import Context, Node, NodeKind, NodeType
from provgraph.recording.lost import lost_executions
from provgraph.store.core import StoreCore
from provgraph.store.cypher import coverage as statements
from provgraph.store.cypher.trace import CONTEXTS_OF
from provgraph.tracing.roles import Roles

__all__ = ["coverage"]

_CHUNK: Final = 5_000
# What an execution is by which it says which code ran.
_CODE: Final = tuple(
    prefix + name
    for prefix in ("custom_", "prop_")
    for name in ("git_commit", "code_version", "git_sha", "source_code_version")
)
# Executions that are no runs: what a job is declared to do.
_DEFINITIONS: Final = ("JobDefinition",)
_LISTED: Final[Mapping[CoverageKind, str]] = {
    CoverageKind.NO_CODE_VERSION: "uncoded",
    CoverageKind.DIRTY_COMMIT: "dirty",
    CoverageKind.POSSIBLE_LINK: "possible",
    CoverageKind.PENDING_OUTPUT: "pending",
}

_Group = int | None
_Counts = dict[CoveragePart, list[int]]


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
    return {"groups": list(tally.pipelines.types), "definitions": list(_DEFINITIONS), "code": list(_CODE)}


def _count_executions(core: StoreCore, tally: _Tally) -> None:
    asked = _parameters(tally)
    for ids, source, uncoded, dirty, possible, pending, count in core.store.read(statements.EXECUTIONS, asked):
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
        "model": things_of(_artifacts(core, tally, models)),
        "deployment": things_of(_artifacts(core, tally, deployments)),
        "dataset": things_of(_artifacts(core, tally, datasets)),
    }
    unplaced = [thing.id for found in made_of.values() for thing in found if not thing.groups]
    taken = _consumers(core, tally, sorted(unplaced))

    def groups(thing: Thing) -> tuple[_Group, ...]:
        return tally.pipelines.chosen(thing.groups or taken.get(thing.id, ()))

    found = made_of["model"]
    reached = reaching(core, ((NodeKind.ARTIFACT, thing.id) for thing in found), datasets)
    for thing in found:
        _judge(tally, CoverageKind.MODEL_WITHOUT_DATASET, groups(thing), thing.source, thing.id, thing.id in reached)

    deployed = [(NodeKind.ARTIFACT, thing.id, thing.source, groups(thing)) for thing in made_of["deployment"]]
    deploys = {"types": roles.type_names("deploy", types), "groups": list(tally.pipelines.types)}
    [[bare]] = core.store.read(statements.BARE_DEPLOYS, deploys)
    deployed += [(NodeKind.EXECUTION, id_, source, tally.pipelines.chosen(ids)) for id_, source, ids in sorted(bare)]
    reached = reaching(core, ((kind, id_) for kind, id_, _, _ in deployed), models)
    for _, id_, source, places in deployed:
        _judge(tally, CoverageKind.DEPLOYMENT_WITHOUT_MODEL, places, source, id_, id_ in reached)

    found = made_of["dataset"]
    families = {family for thing in found if thing.made for family in thing.families}
    raw = 0
    for thing in found:
        places = groups(thing)
        if thing.made or thing.families & families:
            _judge(tally, CoverageKind.DATASET_WITHOUT_PRODUCER, places, thing.source, thing.id, thing.made)
        elif tally.belongs(places):
            raw += 1
        if thing.digested:
            known = thing.joined or not thing.weak
            _judge(tally, CoverageKind.WEAK_DIGEST, places, thing.source, thing.id, known)
    return raw


def _judge(tally: _Tally, kind: CoverageKind, groups: Sequence[_Group], source: str, id_: int, is_met: bool) -> None:
    if kind.part is not None:
        tally.expect(kind.part, groups, int(is_met), 1)
    if not is_met:
        tally.miss(kind, groups, source, 1, id_)


def _artifacts(core: StoreCore, tally: _Tally, types: Sequence[str]) -> Iterator[Sequence[Any]]:
    asked = {"types": list(types), "groups": list(tally.pipelines.types), "strong": sorted(STRONG)}
    for [rows] in core.store.stream(statements.ARTIFACTS, asked):
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
    ids: Iterable[int] = sorted(tally.ids[kind]) if tally.ids.get(kind) else _pages(core, tally, kind, listed)
    wanted = list(islice(ids, listed))
    is_step = kind in _LISTED or kind is CoverageKind.LOST_EXECUTION
    nodes = core.reader.by_ids(NodeKind.EXECUTION if is_step else NodeKind.ARTIFACT, wanted)
    if kind is CoverageKind.DEPLOYMENT_WITHOUT_MODEL:  # some of them may be executions
        nodes = sorted([*nodes, *core.reader.by_ids(NodeKind.EXECUTION, wanted)], key=lambda node: node.id)
    ranked = sorted(tools.items(), key=lambda item: (-item[1], item[0]))
    return CoverageGap(kind, tools.total(), tuple(nodes), tuple(remedy(kind, tool, n) for tool, n in ranked))


def _pages(core: StoreCore, tally: _Tally, kind: CoverageKind, listed: int | None) -> Iterator[int]:
    if kind not in _LISTED:
        return
    after = -(2**63)
    size = _CHUNK if listed is None else max(1, min(_CHUNK, listed))
    place = {"inside": tally.wanted, "before": tally.pipelines.before(tally.wanted)}
    while True:
        asked = {**_parameters(tally), **place, "after": after, "limit": size}
        [[rows]] = core.store.read(statements.LISTED[_LISTED[kind]], asked)
        yield from rows
        if len(rows) < size:
            return
        after = rows[-1]
