"""The loader: from a file to batches of records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport, NoteKind
from provgraph.model import Records
from provgraph_loaders.mlmd.cleaning import clean
from provgraph_loaders.mlmd.identity import fingerprint
from provgraph_loaders.mlmd.rows import StoreReader
from provgraph_loaders.mlmd.schema import is_mlmd, lift
from provgraph_loaders.mlmd.types import read_types
from provgraph_loaders.sqlite import peek, snapshot

__all__ = ["MlmdLoader"]

_TOTAL: Final = """
SELECT (SELECT count(*) FROM Artifact) + (SELECT count(*) FROM Execution) + (SELECT count(*) FROM Context),
       (SELECT count(*) FROM Event) + (SELECT count(*) FROM Attribution) + (SELECT count(*) FROM Association)
       + (SELECT count(*) FROM ParentContext)
"""


class MlmdLoader:
    """Reads ML Metadata's SQLite stores of schema 0 to 10, without ml-metadata, and never changes the file.

    Keys are `mlmd/STORE/Artifact/12`, where STORE is the name that the user gives, else a fingerprint of the store's
    oldest rows, which stays the same when the store grows or moves. Two stores that began as copies of one need names.
    """

    name = "mlmd"
    title = "ML Metadata store (SQLite file)"

    def recognises(self, source: str) -> bool:
        """Whether it is a SQLite file with ML Metadata's tables."""
        return is_mlmd(peek(source))

    def load(self, source: str, options: LoadOptions, report: LoadReport) -> Iterator[Records]:
        """See `provgraph.loading.Loader.load`."""
        report.working_on("a private copy of the file")
        with snapshot(source, "ML Metadata store") as copy:
            try:
                yield from self._batches(copy, source, options, report)
            except (sqlite3.Error, UnicodeError) as error:
                words = " ".join(str(error).split())
                raise LoadError(f"{source}: SQLite cannot read the {report.stage}: {words}") from error

    def _batches(
        self, copy: sqlite3.Connection, source: str, options: LoadOptions, report: LoadReport
    ) -> Iterator[Records]:
        undecodable: list[str] = []

        def decode(data: bytes) -> str:
            try:
                return data.decode("utf-8")
            except UnicodeDecodeError:
                undecodable.append("")
                return data.decode("utf-8", "backslashreplace")

        copy.text_factory = decode
        report.working_on("tables")
        lift(copy, source, report)
        store = options.source_name or fingerprint(copy)
        report.working_on("rows that contradict each other")
        clean(copy, source, report)
        nodes, links = copy.execute(_TOTAL).fetchone()
        if store is None:
            if nodes:
                raise LoadError(
                    f"{source}: its rows bear no times (a schema before 5), so nothing tells it from other stores: "
                    "give it a name (--source NAME)"
                )
            report.note(NoteKind.LEFT_ALONE, "stores", "hold no artifact, execution or context yet", source)
            return
        report.store = f"{self.name}/{store}"
        types = read_types(copy, report.store, report)
        report.total = len(types.yielded) + nodes + links
        report.working_on("types")
        for node_type in types.yielded:
            report.read[f"{node_type.kind.value}Type"] += 1
        yield Records(types=types.yielded)
        reader = StoreReader(copy, report.store, types.by_id, options.batch_size, report)
        for stage, batches in (
            ("contexts", reader.contexts()),
            ("artifacts", reader.artifacts()),
            ("executions", reader.executions()),
        ):
            report.working_on(stage)
            yield from batches
        if undecodable:
            reason = "are not UTF-8: the bytes that are not are written as \\xNN"
            report.note(NoteKind.GUESSED, "texts", reason, count=len(undecodable))
