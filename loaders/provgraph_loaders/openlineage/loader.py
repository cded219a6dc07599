"""The loader: from events to batches of records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport, NoteKind
from provgraph.model import JsonValue, Records
from provgraph_loaders.openlineage.event import EventReader, is_event
from provgraph_loaders.openlineage.reading import read_values
from provgraph_loaders.openlineage.records import RecordMaker
from provgraph_loaders.openlineage.sources import (
    STANDARD_INPUT,
    files_of,
    looks_like_events,
    opened,
    source_looks_like_events,
)
from provgraph_loaders.openlineage.walk import put_together
from provgraph_loaders.openlineage.workspace import Workspace, workspace

__all__ = ["OpenLineageLoader"]

_EVERY: Final = 10_000  # events between two signs of life
_WORDS: Final = {"run": "RunEvent", "job": "JobEvent", "dataset": "DatasetEvent"}


class OpenLineageLoader:
    """Reads OpenLineage events of spec 2-0-2 and older: a JSON file, JSON lines, a folder of them, standard input.

    Keys are `openlineage/STORE/KIND/ID`. STORE is the name that the user gives, else `default`: OpenLineage's own names
    are meant to be unique everywhere, so all its events are one source unless the user says otherwise. What a load says
    of a node is added to what earlier ones said.
    """

    name = "openlineage"
    title = "OpenLineage events (JSON, JSON lines, folder, -)"

    def recognises(self, source: str) -> bool:
        """Whether it starts as OpenLineage events do."""
        return source_looks_like_events(source)

    def load(self, source: str, options: LoadOptions, report: LoadReport) -> Iterator[Records]:
        """See `provgraph.loading.Loader.load`."""
        report.store = f"{self.name}/{options.source_name or 'default'}"
        try:
            with workspace() as work:
                report.working_on("events")
                for _ in self._read(source, work, report):
                    yield Records(adds=True)  # nothing to write yet: a sign of life
                read = report.done
                report.working_on("versions")
                work.index()
                put_together(work, report)
                maker = RecordMaker(work, report.store, options.batch_size, report)
                report.total = read + maker.count()
                yield from maker.all()
        except sqlite3.Error as error:
            words = " ".join(str(error).split())
            raise LoadError(f"{source}: no room for a temporary table of it (TMPDIR): {words}") from error

    def _read(self, source: str, work: Workspace, report: LoadReport) -> Iterator[None]:
        reader = EventReader(report)
        events = 0
        for place, value in _values(source, report):
            if not isinstance(value, dict) or not is_event(value):
                raise LoadError(
                    f"{place}: is no OpenLineage event: it needs an eventTime, and a run, a job or a dataset"
                )
            events += 1
            seen = reader.read(value, place)
            if seen is not None:
                work.add_event(seen)
                report.read[_WORDS[seen.kind]] += 1
            if events % _EVERY == 0:
                yield
        if not events:
            raise LoadError(f"{_shown(source)}: holds no OpenLineage event")


def _values(source: str, report: LoadReport) -> Iterator[tuple[str, JsonValue]]:
    """Each value of the source with its place."""
    if source == STANDARD_INPUT or not _is_folder(source):
        yield from _values_of(source, _shown(source))
        return
    found = False
    for path in files_of(source):
        if not looks_like_events(str(path)):
            report.note(NoteKind.LEFT_ALONE, "files", "do not start as OpenLineage events do", str(path))
            continue
        found = True
        yield from _values_of(str(path), str(path))
    if not found:
        raise LoadError(f"{source}: no file in it (.json, .jsonl, .ndjson, also with .gz) holds OpenLineage events")


def _values_of(path: str, shown: str) -> Iterator[tuple[str, JsonValue]]:
    with opened(path) as file:
        for line, value in read_values(file, shown):
            place = f"{shown}, line {line}"
            events = value.get("events") if isinstance(value, dict) and "eventTime" not in value else None
            if isinstance(events, list):  # as servers hand them out
                for event in events:
                    yield place, event
            else:
                yield place, value


def _is_folder(source: str) -> bool:
    try:
        return Path(source).is_dir()
    except (OSError, ValueError):
        return False


def _shown(source: str) -> str:
    return "standard input" if source == STANDARD_INPUT else source
