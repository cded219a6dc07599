"""The loader: from a PROV-JSON file to batches of records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from provgraph.errors import ConflictError, InvalidValueError, LoadError
from provgraph.interop.prov_names import require_prov
from provgraph.loading import LoadOptions, LoadReport
from provgraph.model import Records
from provgraph_loaders.prov.reading import looks_like_prov, read_json

__all__ = ["ProvLoader"]

_ENDING: Final = re.compile(r"(\.prov)?\.(json|provjson)$|\.prov$", re.IGNORECASE)
_NO_NAME: Final = re.compile(r"[^\w.+-]+")


class ProvLoader:
    """Reads a W3C PROV document: a PROV-JSON file, with its bundles.

    Keys are `prov/STORE/KIND/IRI`. STORE is the name that the user gives, else that of the file without its ending: a
    document has no name of its own. What the newest document of a name says of a node replaces what older ones said.
    """

    name = "prov"
    title = "W3C PROV document (PROV-JSON file)"

    def recognises(self, source: str) -> bool:
        """Whether it holds the statements of a PROV-JSON document."""
        return looks_like_prov(source)

    def load(self, source: str, options: LoadOptions, report: LoadReport) -> Iterator[Records]:
        """See `provgraph.loading.Loader.load`."""
        require_prov()
        from provgraph_loaders.prov.document import quiet, read_document
        from provgraph_loaders.prov.records import RecordMaker
        from provgraph_loaders.prov.things import Things

        name = options.source_name or source_name(source)
        report.store = f"{self.name}/{name}"
        report.working_on("the document")
        yield Records()  # nothing to write yet: a sign of life, as reading may take a minute
        document = read_document(read_json(source, report), source, report)
        try:
            with quiet():
                things = Things(document, report)
                # all of it is made before any of it is written: what the model refuses leaves nothing half-written
                batches = list(RecordMaker(things, report.store, name, options.batch_size, report).all())
        except (ConflictError, InvalidValueError) as error:
            raise LoadError(f"{source}: {error}") from error
        report.working_on("statements")
        report.total = report.done
        yield from batches


def source_name(source: str) -> str:
    """What to call a document that nobody named: the name of its file."""
    stem = _ENDING.sub("", Path(source).name)
    return _NO_NAME.sub("_", stem)[:200] or "document"
