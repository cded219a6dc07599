"""What a reader of a page is expected to have already: the files that its examples name."""

from __future__ import annotations

from pathlib import Path

from tests.mlmd.example import write_example

__all__ = ["prepare"]


def prepare(page: str, folder: Path) -> None:
    """Put the files that the page takes for granted into the folder."""
    if page in ("README.md", "docs/how-to/load-mlmd.md"):
        write_example(folder / "metadata.sqlite")
    if page in ("README.md", "docs/how-to/record-a-training.md", "docs/how-to/when-the-store-is-away.md"):
        (folder / "data").mkdir()
        (folder / "data" / "v3.parquet").write_bytes(b"PAR1 rows of version 3 PAR1")
        (folder / "model.joblib").write_bytes(b"weights of the model")
