"""Running a loader: its batches into the store, each whole, with counts and progress."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from provgraph.errors import ConflictError, InvalidValueError, LoadError, NotFoundError, TypeConflictError
from provgraph.joining.reading import silent
from provgraph.joining.stitch import stitch as stitch_artifacts
from provgraph.loading.ahead import made_ahead
from provgraph.loading.protocol import Loader, LoadOptions, Progress
from provgraph.loading.report import LoadReport
from provgraph.model import NodeKind
from provgraph.recording.redaction import redact_uri
from provgraph.store.core import StoreCore
from provgraph.store.writer import PreparedRecords, WriteResult

__all__ = ["run_loader"]


def run_loader(
    core: StoreCore,
    loader: Loader,
    source: str,
    *,
    options: LoadOptions | None = None,
    stitch: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load a source into a store. Nodes are known by their keys: a second load changes nothing.

    Each batch of the loader is written in one transaction, while the next one is read and prepared. What the source
    says of a node replaces what an earlier load said, unless its records are to add to it. A load that is broken off
    leaves whole batches, and the next load completes them.

    Args:
        stitch: afterwards join the artifacts that were loaded with those of other sources that are the same things.

    Raises:
        LoadError: the source cannot be read, or contradicts itself or the store.
        StoreError: the store failed.
    """
    report = LoadReport(loader.name, source)
    start = time.monotonic()
    loaded = array("q")  # ids of artifacts
    place: str | None = None
    try:
        with made_ahead(_batches(core, loader, source, options or LoadOptions(), report)) as batches:
            for batch in batches:
                _add(report, batch.types)
                if batch.prepared is not None:
                    if place is None:  # by now the loader has said what the source is called
                        place = _place(report.source)
                    replace = not batch.prepared.records.adds
                    written = core.writer.write(batch.prepared, replace=replace, recorded_from=place)
                    _add(report, written)
                    if stitch:
                        loaded.extend(written.ids[artifact.key] for artifact in batch.prepared.records.artifacts)
                if progress is not None:
                    progress(batch.done, batch.total, batch.stage)
    except (ConflictError, InvalidValueError, NotFoundError, TypeConflictError) as error:
        raise LoadError(f"{report.source}: {error}{_kept(report)}") from error
    if loaded:
        report.stitch = stitch_artifacts(core, loaded, told=progress or silent)
    report.seconds = time.monotonic() - start
    return report


@dataclass(slots=True)
class _Batch:
    """What the loader yields at once, ready to be written, what became of its types, and how far it then is."""

    prepared: PreparedRecords | None
    done: int
    total: int | None
    stage: str
    types: WriteResult = field(default_factory=WriteResult)


def _place(source: str) -> str:
    """What links say of where they were read: a file or folder wherever one stands, an address without its secrets."""
    if source == "-":
        return "standard input"
    try:
        return str(Path(source).resolve(strict=True))
    except (OSError, ValueError):
        return redact_uri(source)


def _kept(report: LoadReport) -> str:
    """What a load that is refused midway leaves in the store, in words."""
    written = {name for name, count in (report.created + report.updated).items() if count}
    if written <= {f"{kind.value}Type" for kind in NodeKind}:
        return " (no node and no link was written)" if written else ""
    return " (what was written before it stays, and loading again goes on)"


def _add(report: LoadReport, result: WriteResult) -> None:
    report.created += result.created
    report.updated += result.updated
    report.unchanged += result.unchanged


def _batches(
    core: StoreCore, loader: Loader, source: str, options: LoadOptions, report: LoadReport
) -> Iterator[_Batch]:
    """Read and prepare: what can be done for one batch while the one before it is written."""
    types = {t.key: t for t in core.reader.types()}
    for records in loader.load(source, options, report):
        batch = _Batch(None, report.done, report.total, report.stage)
        for after in core.types.put(records.types, can_add_fields=True, can_omit_fields=True) if records.types else ():
            before, result = types.get(after.key), batch.types
            counts = result.created if before is None else result.unchanged if before == after else result.updated
            counts[f"{after.kind.value}Type"] += 1
            types[after.key] = after
        if len(records) > len(records.types):
            batch.prepared = core.writer.prepare(records)
        yield batch
