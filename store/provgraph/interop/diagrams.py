"""Lineages as Graphviz and Mermaid text. Names come from outside: they can never end the text they stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provgraph.model import Execution

if TYPE_CHECKING:
    from provgraph.tracing.lineage import Edge, Lineage

__all__ = ["lineage_dot", "lineage_mermaid"]


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _dot_text(text: str) -> str:
    return '"' + _printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mermaid_text(text: str) -> str:
    # Mermaid reads entities of the form #NUMBER; inside quotes; anything that could be markup is written as one.
    return '"' + "".join(c if c.isalnum() or c in " .,:/_-+@" else f"#{ord(c)};" for c in _printable(text)) + '"'


def _dashed(edge: Edge) -> bool:
    return edge.possible or edge.pending


def lineage_dot(lineage: Lineage) -> str:
    """A Graphviz digraph from left to right; possible links are dashed, pending ones dotted."""
    lines = ["digraph lineage {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    for node in lineage.nodes:
        shape = "box, style=rounded" if isinstance(node, Execution) else "box"
        label = _dot_text(f"{node.type}: {node.label}")
        lines.append(f"  {_dot_text(node.ref)} [label={label}, shape={shape}];")
    for edge in lineage.edges:
        style = " [style=dashed]" if edge.possible else " [style=dotted]" if edge.pending else ""
        lines.append(f"  {_dot_text(edge.source)} -> {_dot_text(edge.target)}{style};")
    return "\n".join([*lines, "}", ""])


def lineage_mermaid(lineage: Lineage) -> str:
    """A Mermaid flowchart from left to right; possible and pending links are dotted."""
    names = {node.ref: f"n{at}" for at, node in enumerate(lineage.nodes)}
    lines = ["flowchart LR"]
    for node in lineage.nodes:
        text = _mermaid_text(f"{node.type}: {node.label}")
        shape = f"([{text}])" if isinstance(node, Execution) else f"[{text}]"
        lines.append(f"  {names[node.ref]}{shape}")
    lines += [
        f"  {names[edge.source]} {'-.->' if _dashed(edge) else '-->'} {names[edge.target]}" for edge in lineage.edges
    ]
    return "\n".join([*lines, ""])
