"""The loader of Git LFS: the pointers that a Git repository holds, in all of its history."""

from __future__ import annotations

from provgraph_loaders.lfs.loader import LfsLoader

__all__ = ["LfsLoader"]
