"""One dataset in the records of four tools: DVC tracks the file, MLflow trained on it, a scheduler read it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.loaders.dvc.making import Making
from tests.loaders.mlflow.example import example
from tests.loaders.mlflow.schemas import create
from tests.loaders.openlineage.example import dataset, event, facet, write_lines

__all__ = ["EXACT", "RIDES", "write_project", "write_scene"]

RIDES = b"ride,distance\n1,12.5\n2,3.1\n"
EXACT = "s3://plant-2/rides.csv?versionId=3HL4kqtJvjVBH40N"


def write_project(folder: Path, content: bytes = RIDES) -> str:
    """A Git repository in which DVC tracks `rides.csv`; the commit."""
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    files = {
        ".dvc/config": "",
        "rides.csv.dvc": f"outs:\n- md5: {digest}\n  size: {len(content)}\n  hash: md5\n  path: rides.csv\n",
    }
    commit = Making(folder).commit(files)
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (folder / "rides.csv").write_bytes(content)
    return commit.decode()


def write_scene(folder: Path) -> None:
    """The project `churn`, the tracking store `mlflow.db` and the events `events.jsonl`."""
    write_project(folder / "churn")
    rows = example()
    for row in rows["datasets"]:
        row["dataset_source"] = json.dumps({"uri": EXACT})
    create(folder / "mlflow.db", rows=rows)
    version = facet("DatasetVersionDatasetFacet", datasetVersion=EXACT.rpartition("=")[2])
    read = [dataset("rides.csv", version=version)]
    write_lines(
        folder / "events.jsonl",
        [
            event("START", 1, "usage-report", 0, inputs=read),
            event("COMPLETE", 1, "usage-report", 5, inputs=read, outputs=[dataset("usage.parquet")]),
        ],
    )
