"""Statements about tables of predictions: what their rows came from, and which models they evaluated."""

from __future__ import annotations

from typing import Final, LiteralString

__all__ = ["ARTIFACTS_BY_NAMES", "PREDICTIONS_OF"]

# Artifacts by anything that may name them, each form through its own index: [form, value, id, type].
ARTIFACTS_BY_NAMES: Final[LiteralString] = """
CALL () {
  UNWIND $ids AS value MATCH (n:Artifact {id: value}) RETURN collect(['id', value, n.id, n.type]) AS hits
  UNION ALL UNWIND $texts AS value MATCH (n:Artifact {key: value}) RETURN collect(['key', value, n.id, n.type]) AS hits
  UNION ALL UNWIND $texts AS value
  MATCH (n:Artifact {external_id: value}) RETURN collect(['external_id', value, n.id, n.type]) AS hits
  UNION ALL UNWIND $names AS value
  MATCH (n:Artifact {name: value}) RETURN collect(['name', value, n.id, n.type]) AS hits
  UNION ALL UNWIND $uris AS value MATCH (n:Artifact {uri: value}) RETURN collect(['uri', value, n.id, n.type]) AS hits
}
RETURN hits
"""

# What the executions that took a model in put out as predictions.
PREDICTIONS_OF: Final[LiteralString] = """
MATCH (m:Artifact {id: $id})
CALL (m) { MATCH (m)-[:INPUT]->(e:Execution)-[:OUTPUT]->(p:Artifact) WHERE p.type = 'Predictions' RETURN DISTINCT p }
RETURN collect(properties(p))
"""
