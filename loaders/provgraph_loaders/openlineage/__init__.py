"""The loader of OpenLineage events: run, job and dataset events of spec 2-0-2 and older."""

from __future__ import annotations

from provgraph_loaders.openlineage.loader import OpenLineageLoader

__all__ = ["OpenLineageLoader"]
