"""Reading other tools' records: the protocol of loaders, how they are found, the run and its report."""

from __future__ import annotations

from provgraph.loading.protocol import Loader, LoadOptions, Progress
from provgraph.loading.registry import available_loaders, loader_named, recognise
from provgraph.loading.report import LoadReport, Note, NoteKind
from provgraph.loading.run import run_loader

__all__ = [
    "LoadOptions",
    "LoadReport",
    "Loader",
    "Note",
    "NoteKind",
    "Progress",
    "available_loaders",
    "loader_named",
    "recognise",
    "run_loader",
]
