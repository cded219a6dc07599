"""The loader of DVC projects: what `dvc.lock`, `dvc.yaml` and `.dvc` files say in all of a Git repository's history."""

from __future__ import annotations

from provgraph_loaders.dvc.loader import DvcLoader

__all__ = ["DvcLoader"]
