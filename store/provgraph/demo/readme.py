"""The note that lies in the demo's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["write_readme"]

_TEXT: Final = """\
SIMULATED DATA
==============

Everything in this folder was made by `provgraph demo`: no factory, camera or person in it is real. The pictures are
rendered, the models are real ones, trained with scikit-learn on these pictures. The times are invented.

  cameras/    settings of the cameras, one JSON file per change
  captures/   pictures (32 x 32, PNG), one folder per camera and week, with metadata.csv: how each picture was taken
  labels/     what the annotators said, one CSV per capture batch
  datasets/   pictures, labels and metadata joined, and split into training and validation
  features/   numbers computed from the pictures (NPZ)
  models/     trained models (joblib: load only what you made yourself)
  demo.json   what `provgraph demo` reads to find its way; written last

To make the demo anew, delete this folder.
"""


def write_readme(folder: Path) -> None:
    """Write README.txt, which says that everything here is simulated."""
    (folder / "README.txt").write_text(_TEXT, encoding="utf-8")
