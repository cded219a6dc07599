"""The loader of MLflow's tracking stores: SQLite files, databases behind a SQLAlchemy URL, and `mlruns` folders."""

from __future__ import annotations

from provgraph_loaders.mlflow.loader import MlflowLoader

__all__ = ["MlflowLoader"]
