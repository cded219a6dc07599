"""From tags of the registry to contexts: versions, and stages with who had them when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from provgraph.loading import LoadReport, NoteKind
from provgraph.model import JsonValue, Struct, Value
from provgraph_loaders.dvc.mapping import Mapper
from provgraph_loaders.dvc.registry import Registered
from provgraph_loaders.dvc.snapshot import Snapshot
from provgraph_loaders.git.collector import Collector

__all__ = ["register"]

_NO_ARTIFACT: Final = (
    "name what dvc.yaml does not declare, or DVC does not track, at their commit: they have no artifact"
)
_At: TypeAlias = Callable[[str], Snapshot]


def register(tags: Sequence[Registered], at: _At, mapper: Mapper, collector: Collector, report: LoadReport) -> None:
    """Make the contexts that tags speak of.

    Args:
        tags: the earlier first.
        at: the snapshot of a commit.
    """
    versions: dict[tuple[str, str], str] = {}
    ends: dict[tuple[str, str], Registered] = {}
    for one in tags:
        if one.version is not None and not one.takes_back:
            versions.setdefault((one.name, one.tag.commit), one.version)
            ends.pop((one.name, one.version), None)
        elif one.version is not None:
            ends[one.name, one.version] = one
        elif one.stage is None:
            reason = "say that an artifact is no longer used: its versions are kept"
            report.note(NoteKind.LEFT_ALONE, "registry tags", reason, one.tag.name)
    for one in tags:
        if one.version is not None and not one.takes_back:
            _version(one, ends.get((one.name, one.version)), at, mapper, collector, report)
    stages: dict[tuple[str, str], list[Registered]] = {}
    for one in tags:
        if one.stage is not None:
            stages.setdefault((one.name, one.stage), []).append(one)
    for (name, stage), assigned in stages.items():
        _stage(name, stage, assigned, versions, at, mapper, collector, report)
    registered = {(one.name, one.version) for one in tags if one.version is not None and not one.takes_back}
    for one in tags:
        if one.version is not None and one.takes_back and (one.name, one.version) not in registered:
            reason = "take back a version that no tag registers"
            report.note(NoteKind.LEFT_ALONE, "registry tags", reason, one.tag.name)
    collector.step()


def _version(
    one: Registered, end: Registered | None, at: _At, mapper: Mapper, collector: Collector, report: LoadReport
) -> None:
    custom: dict[str, Value] = {"version": one.version or "", "tag": one.tag.name, "git_commit": one.tag.commit}
    if one.tag.tagger:
        custom["author"] = one.tag.tagger
    if one.tag.message:
        custom["message"] = one.tag.message
    if end is not None:
        custom["unregistered_by"] = end.tag.name
    context = mapper.contexts.context(
        "RegisteredVersion", f"{one.name}@{one.version}", mapper.registered(one.name), custom, one.tag.time
    )
    key = _standing(one, at, mapper)
    if key is None:
        report.note(NoteKind.LEFT_ALONE, "registry tags", _NO_ARTIFACT, one.tag.name)
    else:
        collector.attribute(key, context)


def _stage(
    name: str,
    stage: str,
    assigned: Sequence[Registered],
    versions: dict[tuple[str, str], str],
    at: _At,
    mapper: Mapper,
    collector: Collector,
    report: LoadReport,
) -> None:
    current: list[str] = []
    history: list[JsonValue] = []
    for one in assigned:
        version = versions.get((name, one.tag.commit), one.tag.commit)
        if version in current:
            current.remove(version)
        if not one.takes_back:
            current.append(version)
        history.append(
            {
                "tag": one.tag.name,
                "version": version,
                "git_commit": one.tag.commit,
                "time": one.tag.time,
                "takes_back": one.takes_back,
            }
        )
    custom: dict[str, Value] = {"stage": stage, "assignments": Struct.of(history)}
    if current:
        custom["current"] = current[-1]
    context = mapper.contexts.context("RegisteredStage", f"{name}#{stage}", mapper.registered(name), custom)
    for one in assigned:
        if one.takes_back:
            continue
        key = _standing(one, at, mapper)
        if key is None:
            report.note(NoteKind.LEFT_ALONE, "registry tags", _NO_ARTIFACT, one.tag.name)
        else:
            collector.attribute(key, context)


def _standing(one: Registered, at: _At, mapper: Mapper) -> str | None:
    snapshot = at(one.tag.commit)
    for pipeline in snapshot.pipelines.values():
        for declared in pipeline.artifacts:
            if declared.name == one.name:
                return mapper.standing(snapshot, declared.path)
    return None
