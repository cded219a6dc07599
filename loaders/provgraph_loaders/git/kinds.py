"""Types of artifacts: what the repository declares, else what a file is used as, else what its name says."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from provgraph.model import ArtifactType, BaseType

__all__ = ["DATASET", "FILE", "METRICS", "MODEL", "PLOTS", "artifact_type", "declared_kind", "is_named_as_model"]

MODEL, DATASET, METRICS, PLOTS, FILE = "Model", "Dataset", "Metrics", "Plots", "File"

_DECLARED: Final = {
    "model": MODEL,
    "models": MODEL,
    "dataset": DATASET,
    "datasets": DATASET,
    "data": DATASET,
    "metrics": METRICS,
    "plots": PLOTS,
}
# Files that hold models and nothing else, and those that often do.
_MODELS: Final = frozenset(
    (".caffemodel", ".cbm", ".ckpt", ".gguf", ".keras", ".mlmodel", ".mlpackage", ".onnx", ".pth", ".safetensors")
) | {".tflite"}
_PERHAPS: Final = frozenset(
    ("", ".bin", ".h5", ".hdf5", ".joblib", ".model", ".pb", ".pickle", ".pkl", ".pt", ".tar", ".gz", ".zip", ".ubj")
)
_MODEL_WORD: Final = re.compile(r"(?i)(?<![a-z])(?:models?|weights|checkpoints?|classifier|regressor)(?![a-z])")


def declared_kind(text: str | None) -> str | None:
    """The type that DVC's free text `type` names; None if it is none of those known here."""
    return _DECLARED.get(text.strip().lower()) if text else None


def is_named_as_model(path: str) -> bool:
    """Whether a path reads like that of a model: `models/net.onnx`, `model.pkl`, but not `features/train.pkl`."""
    stem, ending = posixpath.splitext(posixpath.basename(path.rstrip("/")))
    ending = ending.lower()
    if ending in _MODELS:
        return True
    if ending not in _PERHAPS:
        return False
    folder = posixpath.basename(posixpath.dirname(path))
    return _MODEL_WORD.search(stem) is not None or (ending != "" and _MODEL_WORD.fullmatch(folder) is not None)


_BASES: Final = {MODEL: BaseType.MODEL, DATASET: BaseType.DATASET, METRICS: BaseType.METRICS}


def artifact_type(name: str, source: str) -> ArtifactType:
    """The type of this name, as the source's own."""
    return ArtifactType(name=name, source=source, base_type=_BASES.get(name))
