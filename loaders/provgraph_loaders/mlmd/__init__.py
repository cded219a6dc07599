"""The loader of ML Metadata's SQLite stores, of every schema from 0 to 10."""

from __future__ import annotations

from provgraph_loaders.mlmd.loader import MlmdLoader

__all__ = ["MlmdLoader"]
