"""What a model said of each picture, beside what is known of how the picture came about."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from provgraph.demo.csvfile import read_rows
from provgraph.demo.learning import Evaluation

__all__ = ["prediction_frame"]

_TEXT: Final = ("factory", "line", "camera", "firmware", "shift", "week", "annotator", "job")
_NUMBERS: Final = ("exposure_ms", "gain_db")


def prediction_frame(root: Path, dataset: Path, evaluation: Evaluation) -> pd.DataFrame:
    """One row per picture: label, prediction, and what the dataset's table says of how the picture came about.

    For a model that tells fewer classes, the annotator's own is in the column `surface`.

    Args:
        root: the demo's folder; the column `picture` has whole paths below it.
        dataset: the table of the pictures that were evaluated.
        evaluation: what the model said. Pictures that it could not be asked about are left out.
    """
    known = {row["picture"]: row for row in read_rows(dataset)}
    rows = [known[picture] for picture in evaluation.pictures]
    columns: dict[str, object] = {
        "label": evaluation.labels,
        "prediction": evaluation.predictions,
        "picture": [str(root / picture) for picture in evaluation.pictures],
        "part": [row["part"] for row in rows],
        "shot": [int(row["shot"]) for row in rows],
        "time": pd.to_datetime([row["time"] for row in rows], utc=True),
    }
    columns |= {name: [row[name] for row in rows] for name in _TEXT}
    columns |= {name: [float(row[name]) for row in rows] for name in _NUMBERS}
    surface = [row["label"] for row in rows]
    if surface != list(evaluation.labels):
        columns["surface"] = surface
    # as `TYPE/NAME`: the two artifacts that a row was made from
    columns["batch"] = [f"CaptureBatch/{row['batch']}/1" for row in rows]
    columns["labels"] = [f"Labels/{row['batch']}/1" for row in rows]
    return pd.DataFrame(columns)
