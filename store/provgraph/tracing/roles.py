"""Which types play which part: by their base type, else by the names that recorders of this field use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from provgraph.model import BaseType, Node, NodeKind, NodeType

__all__ = ["Roles"]

_NAMES: dict[NodeKind, dict[str, frozenset[str]]] = {
    NodeKind.ARTIFACT: {
        "dataset": frozenset(("Dataset", "Examples", "CaptureBatch", "Labels")),
        "model": frozenset(("Model",)),
        "metrics": frozenset(("Metrics", "ModelEvaluation", "Statistics", "ExampleStatistics")),
        "deployment": frozenset(("Deployment", "PushedModel")),
    },
    NodeKind.EXECUTION: {
        "train": frozenset(("Train", "Trainer")),
        "deploy": frozenset(("Deploy", "Pusher")),
        "undeploy": frozenset(("Undeploy",)),
    },
    NodeKind.CONTEXT: {
        "pipeline": frozenset(("Pipeline", "pipeline")),
        "run": frozenset(("Run", "run", "pipeline_run")),
        "endpoint": frozenset(("Endpoint", "endpoint")),
    },
}
_BASES = {
    BaseType.DATASET: "dataset",
    BaseType.MODEL: "model",
    BaseType.METRICS: "metrics",
    BaseType.STATISTICS: "metrics",
    BaseType.TRAIN: "train",
    BaseType.DEPLOY: "deploy",
}


@dataclass(frozen=True, slots=True)
class Roles:
    """The part that each type plays: `dataset`, `model`, `metrics`, `deployment`, `train`, `deploy`, `undeploy`,
    `pipeline`, `run` or `endpoint`.
    """

    by_base: dict[str, str]

    @classmethod
    def of(cls, types: Iterable[NodeType]) -> Roles:
        """The roles of a store's types."""
        return cls({t.key: _BASES[t.base_type] for t in types if t.base_type in _BASES})

    def of_node(self, node: Node) -> str | None:
        """The part that a node plays; None if its type is none of those known."""
        # A name says more than a base: TFX derives PushedModel, which is a deployment, from Model.
        return _role_of_name(node.kind, node.type) or self.by_base.get(node.type_key)

    def is_a(self, node: Node, role: str) -> bool:
        """Whether a node plays a part."""
        return self.of_node(node) == role

    def type_names(self, role: str, types: Iterable[NodeType]) -> list[str]:
        """The plain names of the types that play a part."""
        found = {t.name for t in types if self.by_base.get(t.key) == role and _role_of_name(t.kind, t.name) is None}
        for names in _NAMES.values():
            found |= names.get(role, frozenset())
        return sorted(found)


def _role_of_name(kind: NodeKind, type_name: str) -> str | None:
    return next((role for role, names in _NAMES[kind].items() if type_name in names), None)
