"""The loader: from a file, a database or a folder to batches of records."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport, NoteKind
from provgraph.loading.files import local_path
from provgraph.model import Records
from provgraph.recording.redaction import redact_uri
from provgraph_loaders.mlflow.cleaning import clean
from provgraph_loaders.mlflow.database import database_copy, is_database_url
from provgraph_loaders.mlflow.filestore import folder_copy, is_file_store
from provgraph_loaders.mlflow.identity import fingerprint
from provgraph_loaders.mlflow.nodes import types_of
from provgraph_loaders.mlflow.preparing import prepare
from provgraph_loaders.mlflow.rows import TOTAL, StoreReader
from provgraph_loaders.mlflow.schema import is_mlflow, lift
from provgraph_loaders.sqlite import peek, snapshot

__all__ = ["MlflowLoader"]

_HOLDS: Final = "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM registered_models)"
# Models come out of runs whose data nobody named, in most stores: what is missing is said, not hidden.
_WITHOUT_DATA: Final = """
SELECT count(*) FROM (
    SELECT run FROM provgraph_event GROUP BY run HAVING max(type = 4) AND NOT max(type = 3 AND tail LIKE 'dataset/%')
)
"""


class MlflowLoader:
    """Reads MLflow's tracking stores of 1.x to 3.x, without MLflow, and never changes them.

    A store is a SQLite file, a database behind a SQLAlchemy URL (with the extra `provgraph[mlflow]`), or an `mlruns`
    folder. All three are read into one private SQLite database first, so what is said of one holds for all. Keys are
    `mlflow/STORE/Execution/RUN`, where STORE is the name that the user gives, else a fingerprint of the experiment, or
    run, that was made first.
    """

    name = "mlflow"
    title = "MLflow tracking store (SQLite file, database URL, mlruns folder)"

    def recognises(self, source: str) -> bool:
        """Whether it is a SQLite file with MLflow's tables, a database URL, or a folder laid out as `mlruns` is."""
        return is_database_url(source) or is_file_store(source) or is_mlflow(peek(source))

    def load(self, source: str, options: LoadOptions, report: LoadReport) -> Iterator[Records]:
        """See `provgraph.loading.Loader.load`."""
        shown = redact_uri(source)
        report.source = shown  # a URL may hold a password
        if source.startswith(("http:", "https:", "databricks:")):
            raise LoadError(f"{shown}: is a tracking server: name the database or the folder that it serves instead")
        report.working_on("a private copy")
        with _copy_of(source, shown, report) as copy:
            try:
                yield from self._batches(copy, shown, options, report)
            except (sqlite3.Error, UnicodeError) as error:
                words = " ".join(str(error).split())
                raise LoadError(f"{shown}: SQLite cannot read the {report.stage}: {words}") from error

    def _batches(
        self, copy: sqlite3.Connection, source: str, options: LoadOptions, report: LoadReport
    ) -> Iterator[Records]:
        undecodable = 0

        def decode(data: bytes) -> str:
            nonlocal undecodable
            try:
                return data.decode("utf-8")
            except UnicodeDecodeError:
                undecodable += 1
                return data.decode("utf-8", "backslashreplace")

        copy.text_factory = decode
        report.working_on("tables")
        lift(copy, source, report)
        report.working_on("rows that contradict each other")
        clean(copy, report)
        store = options.source_name or fingerprint(copy)
        if store is None:
            if any(copy.execute(_HOLDS).fetchone()):
                raise LoadError(
                    f"{source}: its rows bear no times, so nothing tells it from other stores: give it a name "
                    "(--source NAME)"
                )
            report.note(NoteKind.LEFT_ALONE, "stores", "hold no run and no model yet", source)
            return
        report.store = f"{self.name}/{store}"
        report.working_on("metrics and links")
        prepare(copy, report)
        [report.total] = copy.execute(TOTAL).fetchone()
        [without] = copy.execute(_WITHOUT_DATA).fetchone()
        if without:
            reason = "MLflow was not told (mlflow.log_input), so what stands before these runs is not known"
            report.note(NoteKind.UNKNOWN, "datasets of runs that made models", reason, count=without)
        yield Records(types=types_of(report.store))
        reader = StoreReader(copy, report.store, options.batch_size, report)
        for stage, batches in (
            ("contexts", reader.contexts()),
            ("artifacts", reader.artifacts()),
            ("runs", reader.executions()),
            ("versions", reader.equal_versions()),
            ("links", reader.links()),
        ):
            report.working_on(stage)
            yield from batches
        if undecodable:
            reason = "are not UTF-8: the bytes that are not are written as \\xNN"
            report.note(NoteKind.GUESSED, "texts", reason, count=undecodable)


@contextmanager
def _copy_of(source: str, shown: str, report: LoadReport) -> Generator[sqlite3.Connection]:
    """A private copy of the source with MLflow's tables, whatever it is."""
    file = local_path(source) or source
    if is_database_url(source):
        with database_copy(source, shown, report) as copy:
            yield copy
    elif Path(file).is_dir():
        with folder_copy(Path(file), report) as copy:
            yield copy
    else:
        with snapshot(file, "tracking store of MLflow") as copy:
            yield copy
