"""The words of the graph: labels, relationships, property names, and the version of all of them."""

from __future__ import annotations

from typing import Final

from provgraph.model import EventType, NodeKind

__all__ = [
    "CUSTOM",
    "DECLARED",
    "EVENT_RELATIONSHIPS",
    "LABELS",
    "NOT_WALKED",
    "RELATIONSHIPS",
    "SCHEMA_VERSION",
    "STORE_LABEL",
    "TYPE_LABELS",
    "WALKED",
    "WALKED_CERTAIN",
]

SCHEMA_VERSION: Final = 1

LABELS: Final = tuple(kind.value for kind in NodeKind)
TYPE_LABELS: Final = tuple(f"{label}Type" for label in LABELS)
STORE_LABEL: Final = "Provgraph"

# Prefixes of users' property names: none can collide with ours, or with the other name space.
DECLARED: Final = "prop_"
CUSTOM: Final = "custom_"

WALKED_CERTAIN: Final = ("INPUT", "OUTPUT", "SAME_AS", "DERIVATION")
WALKED: Final = (*WALKED_CERTAIN, "POSSIBLE_INPUT", "POSSIBLE_OUTPUT")
NOT_WALKED: Final = ("PENDING_OUTPUT", "RELATION")
RELATIONSHIPS: Final = (*WALKED, *NOT_WALKED, "ATTRIBUTION", "ASSOCIATION", "PARENT")

EVENT_RELATIONSHIPS: Final = {
    EventType.INPUT: "INPUT",
    EventType.DECLARED_INPUT: "INPUT",
    EventType.INTERNAL_INPUT: "INPUT",
    EventType.OUTPUT: "OUTPUT",
    EventType.DECLARED_OUTPUT: "OUTPUT",
    EventType.INTERNAL_OUTPUT: "OUTPUT",
    EventType.PENDING_OUTPUT: "PENDING_OUTPUT",
}
