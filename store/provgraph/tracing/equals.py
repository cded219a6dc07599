"""Records that are one thing: what a lineage says of equality."""

from __future__ import annotations

from collections.abc import Iterable

from provgraph.tracing.lineage import Lineage

__all__ = ["equal_to", "one_of_each"]


def one_of_each(lineage: Lineage, refs: Iterable[str], known: Iterable[str] = ()) -> set[str]:
    """The first reference of each thing, where several records are one; nothing of what `known` ones are."""
    seen: set[str] = set()
    for ref in known:
        if ref not in seen:
            seen |= equal_to(lineage, ref)
    found: set[str] = set()
    for ref in refs:
        if ref not in seen:
            found.add(ref)
            seen |= equal_to(lineage, ref)
    return found


def equal_to(lineage: Lineage, ref: str) -> set[str]:
    """References of all that is one thing with a node, itself among them."""
    found = {ref}
    stack = [ref]
    while stack:
        for edge in lineage.outgoing.get(stack.pop(), ()):
            if edge.kind == "SAME_AS" and edge.target not in found:
                found.add(edge.target)
                stack.append(edge.target)
    return found
