"""The lineage graph as a Streamlit component: our own SVG, no third-party script, nothing fetched."""

from __future__ import annotations

from provgraph_dashboard.component.graph import Action, GraphEvent, lineage_graph, requested_action

__all__ = ["Action", "GraphEvent", "lineage_graph", "requested_action"]
