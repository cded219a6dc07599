"""What a reader of a page is expected to have already: the files that its examples name."""

from __future__ import annotations

import os
from pathlib import Path

from tests.loaders.dvc.example import write_example as write_project
from tests.loaders.dvc.example import write_pointers
from tests.loaders.joined import write_scene
from tests.loaders.mlflow.example import write_example as write_tracking
from tests.loaders.mlflow.example import write_example_folder
from tests.loaders.openlineage.example import write_example as write_events
from tests.loaders.prov.example import write_example as write_document
from tests.mlmd.example import write_example
from tests.require import require

__all__ = ["prepare"]


def prepare(page: str, folder: Path) -> None:
    """Put the files that the page takes for granted into the folder."""
    if page in ("README.md", "docs/how-to/load-mlmd.md"):
        write_example(folder / "metadata.sqlite")
    if page == "docs/how-to/load-dvc.md":
        write_project(folder / "inspection")
        write_pointers(folder / "pictures")
    if page == "docs/how-to/load-mlflow.md":
        write_tracking(folder / "mlflow.db")
        write_example_folder(folder / "mlruns")
    if page == "docs/how-to/load-openlineage.md":
        write_events(folder / "events.jsonl")
    if page == "docs/how-to/join-records.md":
        write_scene(folder)
    if page == "docs/how-to/load-prov.md":
        write_document(folder / "training.json")
    if page in ("README.md", "docs/how-to/record-a-training.md", "docs/how-to/when-the-store-is-away.md"):
        (folder / "data").mkdir()
        (folder / "data" / "v3.parquet").write_bytes(b"PAR1 rows of version 3 PAR1")
        (folder / "model.joblib").write_bytes(b"weights of the model")
    if page == "docs/how-to/slice-real-tables.md":
        tables = Path(os.environ.get("PROVGRAPH_TEST_DATA") or "nowhere") / "tables"
        for name in ("sdss-10k.csv", "steel-plates.csv"):
            if not (tables / name).is_file():
                require("data", f"PROVGRAPH_TEST_DATA names no folder with tables/{name}")
            (folder / name).symlink_to(tables / name)
