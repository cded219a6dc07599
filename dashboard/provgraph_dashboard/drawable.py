"""Nodes of the store as people read and see them: what to call one that has no name, and what a picture reads of it."""

from __future__ import annotations

from dataclasses import dataclass

from provgraph.model import Artifact, Execution, Node
from provgraph.recording.lost import is_lost


@dataclass(frozen=True, slots=True)
class Drawable:
    """What `picture.picture` reads of a node."""

    ref: str
    kind: str
    type: str
    name: str | None
    state: str | None


def short_type(type: str) -> str:
    """The type without the modules before it: `Trainer` of `tfx.components.trainer.component.Trainer`."""
    return type.rpartition(".")[2] or type


def called(node: Node) -> str:
    """What to call a node: its name, else its external id, else type and reference, such as `Model artifact:12`."""
    return node.name or node.external_id or f"{short_type(node.type)} {node.ref}"


def state_of(node: Node) -> str | None:
    """The state as `states.state_word` reads it; `lost` for a run whose process is gone, None for a context."""
    if isinstance(node, Execution):
        return "lost" if is_lost(node) else node.state.name
    return node.state.name if isinstance(node, Artifact) else None


def drawable(node: Node, *, name: str | None = None) -> Drawable:
    """The node for a picture, under `name` if one is given, else under what it is called.

    A card shows the type above the name: an unnamed artifact is drawn as its reference alone. A pill has one line.
    """
    step = isinstance(node, Execution)
    own = node.name or node.external_id or (f"{short_type(node.type)} {node.id}" if step else node.ref)
    return Drawable(node.ref, node.kind.word, short_type(node.type) if step else node.type, name or own, state_of(node))
