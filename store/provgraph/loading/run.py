"""Running a loader: its batches into the store, each whole, with counts and progress."""

from __future__ import annotations

import time
from collections.abc import Sequence

from provgraph.errors import ConflictError, InvalidValueError, LoadError, NotFoundError, TypeConflictError
from provgraph.loading.protocol import Loader, LoadOptions, Progress
from provgraph.loading.report import LoadReport
from provgraph.model import NodeType, Records
from provgraph.store.core import StoreCore

__all__ = ["run_loader"]


def run_loader(
    core: StoreCore,
    loader: Loader,
    source: str,
    *,
    options: LoadOptions | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """Load a source into a store. Nodes are known by their keys: a second load changes nothing.

    Each batch of the loader is written in one transaction, and what the source says of a node replaces what an earlier
    load said. A load that is broken off leaves whole batches, and the next load completes them.

    Raises:
        LoadError: the source cannot be read, or contradicts itself or the store.
        StoreError: the store failed.
    """
    report = LoadReport(loader.name, source)
    start = time.monotonic()
    types = {t.key: t for t in core.reader.types()}
    try:
        for records in loader.load(source, options or LoadOptions(), report):
            if records.types:
                _put_types(core, records.types, types, report)
            if len(records) > len(records.types):
                _put(core, records, report)
            if progress is not None:
                progress(report.done, report.total, report.stage)
    except (ConflictError, InvalidValueError, NotFoundError, TypeConflictError) as error:
        kept = " (what was written before it stays, and loading again goes on)" if report.changed else ""
        raise LoadError(f"{source}: {error}{kept}") from error
    report.seconds = time.monotonic() - start
    return report


def _put_types(core: StoreCore, given: Sequence[NodeType], types: dict[str, NodeType], report: LoadReport) -> None:
    for after in core.types.put(given, can_add_fields=True, can_omit_fields=True):
        before = types.get(after.key)
        counts = report.created if before is None else report.unchanged if before == after else report.updated
        counts[f"{after.kind.value}Type"] += 1
        types[after.key] = after


def _put(core: StoreCore, records: Records, report: LoadReport) -> None:
    result = core.writer.put(records, replace=True)
    report.created += result.created
    report.updated += result.updated
    report.unchanged += result.unchanged
