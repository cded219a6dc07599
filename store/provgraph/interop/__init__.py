"""Lineages in the forms of other tools: plain JSON values, pandas, networkx, Graphviz, Mermaid."""
