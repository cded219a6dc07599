"""Statements that look nodes up: by id, by what identifies them, or by conditions, a page at a time."""

from __future__ import annotations

from typing import Final, LiteralString

from provgraph.model import NodeKind

__all__ = [
    "BYTES_BY_DIGEST",
    "BYTES_BY_URI",
    "BY_DIGEST",
    "BY_IDENTITY",
    "BY_IDS",
    "BY_KEYS",
    "CONTEXTS_AROUND",
    "COUNT_FOUND",
    "EXECUTIONS_BY_KEYS",
    "FIND",
    "KEYS_BY_UNIQUE_NAME",
    "LINKS_OF",
    "RUNNING",
    "STATE_COUNTS",
    "TYPES",
    "TYPES_BY_KEYS",
]


def _by_ids(label: LiteralString) -> LiteralString:
    return "UNWIND $ids AS id MATCH (n:" + label + " {id: id}) RETURN collect(properties(n))"


BY_IDS: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _by_ids("Artifact"),
    NodeKind.EXECUTION: _by_ids("Execution"),
    NodeKind.CONTEXT: _by_ids("Context"),
}


def _by_keys(label: LiteralString) -> LiteralString:
    return "UNWIND $keys AS key MATCH (n:" + label + " {key: key}) RETURN collect([n.key, n.id, n.fingerprint])"


BY_KEYS: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _by_keys("Artifact"),
    NodeKind.EXECUTION: _by_keys("Execution"),
    NodeKind.CONTEXT: _by_keys("Context"),
}


# What a user may type to name a node, besides its reference: key, external id, name, or TYPE/NAME.
def _by_identity(label: LiteralString) -> LiteralString:
    return (
        "CALL () { MATCH (n:" + label + " {key: $text}) RETURN n "
        "UNION MATCH (n:" + label + " {external_id: $text}) RETURN n "
        "UNION MATCH (n:" + label + " {name: $text}) RETURN n "
        "UNION MATCH (n:" + label + " {name: $name}) WHERE n.type = $type RETURN n } "
        "WITH n LIMIT $limit RETURN collect(properties(n))"
    )


BY_IDENTITY: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _by_identity("Artifact"),
    NodeKind.EXECUTION: _by_identity("Execution"),
    NodeKind.CONTEXT: _by_identity("Context"),
}

# `$where` holds [field, declared key, custom key, operator, values]; the field is one of ours or "".
_CONDITIONS: Final[LiteralString] = (
    "($type IS NULL OR n.type = $type) AND ($name IS NULL OR n.name = $name) "
    "AND ($state IS NULL OR coalesce(n.state, 'UNKNOWN') = $state) "
    "AND ($since IS NULL OR coalesce(n.started_at, n.created_at, n.recorded_at) >= $since) "
    "AND ($until IS NULL OR coalesce(n.started_at, n.created_at, n.recorded_at) < $until) "
    "AND ($text IS NULL OR toLower(coalesce(n.name, '')) CONTAINS $text OR toLower(n.type) CONTAINS $text "
    "OR toLower(coalesce(n.external_id, '')) CONTAINS $text OR toLower(coalesce(n.uri, '')) CONTAINS $text "
    "OR toLower(n.key) CONTAINS $text) "
    "AND all(w IN $equal WHERE coalesce(n[w[0]], n[w[1]]) IN w[2]) "
    "AND all(w IN $differ WHERE coalesce(n[w[0]], n[w[1]]) IS NULL OR NOT coalesce(n[w[0]], n[w[1]]) IN w[2]) "
    "AND all(w IN $less WHERE coalesce(n[w[0]], n[w[1]]) < w[2]) "
    "AND all(w IN $at_most WHERE coalesce(n[w[0]], n[w[1]]) <= w[2]) "
    "AND all(w IN $more WHERE coalesce(n[w[0]], n[w[1]]) > w[2]) "
    "AND all(w IN $at_least WHERE coalesce(n[w[0]], n[w[1]]) >= w[2]) "
    "AND all(w IN $contain WHERE toLower(toString(coalesce(n[w[0]], n[w[1]]))) CONTAINS w[2]) "
)
_URI: Final[LiteralString] = "AND ($uri IS NULL OR n.uri = $uri) "
_PAGE: Final[LiteralString] = "AND n.id > $after WITH n ORDER BY n.id LIMIT $limit RETURN collect(properties(n))"
_PAGE_BACK: Final[LiteralString] = (
    "AND n.id < $after WITH n ORDER BY n.id DESC LIMIT $limit RETURN collect(properties(n))"
)
_COUNT: Final[LiteralString] = "RETURN count(n)"

_ARTIFACTS: Final[LiteralString] = "MATCH (n:Artifact) WHERE " + _CONDITIONS + _URI
_EXECUTIONS: Final[LiteralString] = "MATCH (n:Execution) WHERE " + _CONDITIONS
_CONTEXTS: Final[LiteralString] = "MATCH (n:Context) WHERE " + _CONDITIONS

# Inside a context: in it, or in a context that stands inside it.
_INSIDE: Final[LiteralString] = (
    "MATCH (s:Context {id: $context}) CALL (s) { MATCH (s)<-[:PARENT*0..]-(c) RETURN DISTINCT c } "
)
_ARTIFACTS_IN: Final[LiteralString] = (
    _INSIDE + "MATCH (c)<-[:ATTRIBUTION]-(n:Artifact) WITH DISTINCT n WHERE " + _CONDITIONS + _URI
)
_EXECUTIONS_IN: Final[LiteralString] = (
    _INSIDE + "MATCH (c)<-[:ASSOCIATION]-(n:Execution) WITH DISTINCT n WHERE " + _CONDITIONS
)
_CONTEXTS_IN: Final[LiteralString] = _INSIDE + "WITH DISTINCT c AS n, s WHERE n.id <> s.id AND " + _CONDITIONS

FIND: Final[dict[tuple[NodeKind, bool, bool], LiteralString]] = {
    # (kind, inside a context, newest first)
    (NodeKind.ARTIFACT, False, False): _ARTIFACTS + _PAGE,
    (NodeKind.EXECUTION, False, False): _EXECUTIONS + _PAGE,
    (NodeKind.CONTEXT, False, False): _CONTEXTS + _PAGE,
    (NodeKind.ARTIFACT, True, False): _ARTIFACTS_IN + _PAGE,
    (NodeKind.EXECUTION, True, False): _EXECUTIONS_IN + _PAGE,
    (NodeKind.CONTEXT, True, False): _CONTEXTS_IN + _PAGE,
    (NodeKind.ARTIFACT, False, True): _ARTIFACTS + _PAGE_BACK,
    (NodeKind.EXECUTION, False, True): _EXECUTIONS + _PAGE_BACK,
    (NodeKind.CONTEXT, False, True): _CONTEXTS + _PAGE_BACK,
    (NodeKind.ARTIFACT, True, True): _ARTIFACTS_IN + _PAGE_BACK,
    (NodeKind.EXECUTION, True, True): _EXECUTIONS_IN + _PAGE_BACK,
    (NodeKind.CONTEXT, True, True): _CONTEXTS_IN + _PAGE_BACK,
}
COUNT_FOUND: Final[dict[tuple[NodeKind, bool], LiteralString]] = {
    (NodeKind.ARTIFACT, False): _ARTIFACTS + _COUNT,
    (NodeKind.EXECUTION, False): _EXECUTIONS + _COUNT,
    (NodeKind.CONTEXT, False): _CONTEXTS + _COUNT,
    (NodeKind.ARTIFACT, True): _ARTIFACTS_IN + _COUNT,
    (NodeKind.EXECUTION, True): _EXECUTIONS_IN + _COUNT,
    (NodeKind.CONTEXT, True): _CONTEXTS_IN + _COUNT,
}

# Artifacts with these bytes, and who produced them: [properties, [[execution id, event time] ...]].
BY_DIGEST: Final[LiteralString] = (
    "MATCH (n:Artifact {digest: $digest}) "
    "RETURN collect([properties(n), [(n)<-[r:OUTPUT]-(e) | [e.id, coalesce(r.time, r.recorded_at)]]])"
)

# Whose bytes are these: the newest artifacts with a digest, or at a URI, and when they were put out:
# [digest or URI, properties, [time ...]]. `$limit` bounds what thousands of equal files would bring.
BYTES_BY_DIGEST: Final[LiteralString] = (
    "UNWIND $digests AS digest CALL (digest) { MATCH (n:Artifact {digest: digest}) "
    "RETURN n ORDER BY n.id DESC LIMIT $limit } "
    "RETURN collect([digest, properties(n), [(n)<-[r:OUTPUT]-(e) | coalesce(r.time, r.recorded_at)]])"
)
BYTES_BY_URI: Final[LiteralString] = (
    "UNWIND $uris AS uri CALL (uri) { MATCH (n:Artifact {uri: uri}) RETURN n ORDER BY n.id DESC LIMIT $limit } "
    "RETURN collect([uri, properties(n), [(n)<-[r:OUTPUT]-(e) | coalesce(r.time, r.recorded_at)]])"
)

# Executions by key, whole: what stands under a key that is to be recorded.
EXECUTIONS_BY_KEYS: Final[LiteralString] = (
    "UNWIND $keys AS key MATCH (n:Execution {key: key}) RETURN collect([key, properties(n)])"
)

# Under which keys names stand, by the derived property that makes them unique: [unique name, key].
KEYS_BY_UNIQUE_NAME: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: (
        "UNWIND $names AS name MATCH (n:Artifact {unique_name: name}) RETURN collect([n.unique_name, n.key])"
    ),
    NodeKind.EXECUTION: (
        "UNWIND $names AS name MATCH (n:Execution {unique_name: name}) RETURN collect([n.unique_name, n.key])"
    ),
    NodeKind.CONTEXT: (
        "UNWIND $names AS name MATCH (n:Context {unique_name: name}) RETURN collect([n.unique_name, n.key])"
    ),
}

# Executions that say they are running, a page at a time.
RUNNING: Final[LiteralString] = (
    "MATCH (n:Execution {state: 'RUNNING'}) WHERE n.id > $after WITH n ORDER BY n.id LIMIT $limit "
    "RETURN collect(properties(n))"
)

# The contexts that a node stands in directly.
CONTEXTS_AROUND: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: "MATCH (n:Artifact {id: $id})-[:ATTRIBUTION]->(c:Context) RETURN collect(properties(c))",
    NodeKind.EXECUTION: "MATCH (n:Execution {id: $id})-[:ASSOCIATION]->(c:Context) RETURN collect(properties(c))",
    NodeKind.CONTEXT: "MATCH (n:Context {id: $id})-[:PARENT]->(c:Context) RETURN collect(properties(c))",
}

# Every link of one node: [relationship, from id, to id, properties].
LINKS_OF: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: (
        "MATCH (n:Artifact {id: $id}) RETURN [(n)-[r]->(y) | [type(r), n.id, y.id, properties(r), labels(y)[0]]] + "
        "[(n)<-[r]-(y) | [type(r), y.id, n.id, properties(r), labels(y)[0]]]"
    ),
    NodeKind.EXECUTION: (
        "MATCH (n:Execution {id: $id}) RETURN [(n)-[r]->(y) | [type(r), n.id, y.id, properties(r), labels(y)[0]]] + "
        "[(n)<-[r]-(y) | [type(r), y.id, n.id, properties(r), labels(y)[0]]]"
    ),
    NodeKind.CONTEXT: (
        "MATCH (n:Context {id: $id}) RETURN "
        "[(n)-[r:PARENT]->(y) | [type(r), n.id, y.id, properties(r), labels(y)[0]]] + "
        "[(n)<-[r:PARENT]-(y) | [type(r), y.id, n.id, properties(r), labels(y)[0]]]"
    ),
}

TYPES: Final[tuple[tuple[str, LiteralString], ...]] = (
    ("ArtifactType", "MATCH (t:ArtifactType) RETURN collect(properties(t))"),
    ("ExecutionType", "MATCH (t:ExecutionType) RETURN collect(properties(t))"),
    ("ContextType", "MATCH (t:ContextType) RETURN collect(properties(t))"),
)
TYPES_BY_KEYS: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: "UNWIND $keys AS key MATCH (t:ArtifactType {key: key}) RETURN collect([key, properties(t)])",
    NodeKind.EXECUTION: "UNWIND $keys AS key MATCH (t:ExecutionType {key: key}) RETURN collect([key, properties(t)])",
    NodeKind.CONTEXT: "UNWIND $keys AS key MATCH (t:ContextType {key: key}) RETURN collect([key, properties(t)])",
}

# How many nodes of each type and state there are.
STATE_COUNTS: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: "MATCH (n:Artifact) RETURN n.type, n.state, count(*)",
    NodeKind.EXECUTION: "MATCH (n:Execution) RETURN n.type, n.state, count(*)",
    NodeKind.CONTEXT: "MATCH (n:Context) RETURN n.type, n.state, count(*)",
}
