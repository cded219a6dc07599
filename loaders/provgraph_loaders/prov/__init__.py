"""The loader of W3C PROV documents: PROV-JSON."""

from __future__ import annotations

from provgraph_loaders.prov.loader import ProvLoader

__all__ = ["ProvLoader"]
