"""How nodes of MLflow are told apart: the tails of their keys, and names that no two nodes of a type share.

A key is `mlflow/STORE/KIND/TAIL`. Tails are made of MLflow's own ids, so they stay when a store grows, moves, or is
lifted to a newer schema.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final
from urllib.parse import quote

__all__ = ["dataset_tail", "fitting", "registered_tail", "run_model_tail", "segment", "version_tail"]

_LONGEST_SEGMENT: Final = 600  # characters; a key has two of them at most
_LONGEST_NAME: Final = 500


def _hash(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def segment(text: object) -> str:
    """A part of a key: the text, its unusual signs escaped; the hash of one that is too long."""
    quoted = quote(str(text), safe=" .+-_@=")
    return quoted if 0 < len(quoted) <= _LONGEST_SEGMENT else f"~{_hash(str(text), 16)}"


def fitting(text: object) -> str:
    """A part of a name: the text itself, or, if no name can hold it, what can be held of it and its hash."""
    given = str(text)
    name = given.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if name == given and len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 40]}… {_hash(given, 6)}"


def dataset_tail(name: object, digest: object, source_type: object, source: object) -> str:
    """Of a dataset: MLflow keeps one row an experiment, so what has name, digest and source in common is one."""
    parts = [None if part is None else str(part) for part in (name, digest, source_type, source)]
    return f"dataset/{_hash(json.dumps(parts, ensure_ascii=False), 12)}"


def run_model_tail(run: object, path: object) -> str:
    """Of a model that a run logged at a path (MLflow 1 and 2)."""
    return f"run_model/{segment(run)}/{segment(path)}"


def version_tail(workspace: object, name: object, version: object) -> str:
    """Of a version of a registered model; `workspace` is None where a store has none."""
    return f"version/{_in_workspace(workspace, name)}/{segment(version)}"


def registered_tail(workspace: object, name: object) -> str:
    """Of a registered model."""
    return f"registered_model/{_in_workspace(workspace, name)}"


def _in_workspace(workspace: object, name: object) -> str:
    where = "" if workspace in (None, "", "default") else f"{segment(workspace)}:"
    return f"{where}{segment(name)}"
