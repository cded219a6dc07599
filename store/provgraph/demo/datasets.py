"""Datasets: the pictures of many batches joined with their labels and metadata, and split by part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from provgraph.demo.capture import METADATA
from provgraph.demo.chance import share
from provgraph.demo.csvfile import Row, read_rows, write_rows

__all__ = ["VALIDATION_SHARE", "assemble", "split"]

VALIDATION_SHARE: Final = 0.4


def assemble(root: Path, sources: Sequence[tuple[Path, Path]], target: Path) -> int:
    """Join batches and labels into one table at `target`; returns how many rows it has.

    Args:
        root: the folder that the column `picture` is relative to.
        sources: for each batch the folder of its pictures and the file of its labels.
        target: the CSV to write; its columns are those of the metadata, and label, annotator, job, batch.
    """
    rows: list[Row] = []
    for folder, labels in sources:
        batch = folder.relative_to(root)
        labelled = {row["picture"]: row for row in read_rows(labels)}
        for row in read_rows(folder / METADATA):
            label = labelled[row["picture"]]
            rows.append(
                row
                | {"picture": (batch / row["picture"]).as_posix()}
                | {column: label[column] for column in ("label", "annotator", "job")}
                | {"batch": "/".join(batch.parts[1:])}
            )
    write_rows(target, rows)
    return len(rows)


def split(source: Path, train: Path, validation: Path) -> tuple[int, int]:
    """Split a table by part, so that two shots of one part never stand on both sides; returns the numbers of rows.

    A part stays on its side in every later version, so a model is never validated on what an older one has learned.
    """
    rows = read_rows(source)
    held_out = [row for row in rows if share("validation", row["part"]) < VALIDATION_SHARE]
    learned = [row for row in rows if share("validation", row["part"]) >= VALIDATION_SHARE]
    write_rows(train, learned)
    write_rows(validation, held_out)
    return len(learned), len(held_out)
