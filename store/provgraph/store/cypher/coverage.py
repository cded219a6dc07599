"""Statements that ask what records lack: counted in the engine, by the pipelines that executions stand in.

`$groups` are the types of contexts that count as pipelines, `$definitions` those of executions that are no runs,
`$code` the properties that tell the version of the code.
"""

from __future__ import annotations

from typing import Final, LiteralString

from provgraph.model import NodeKind
from provgraph.store.cypher.trace import IN_CHUNKS, WALKED, closure

__all__ = [
    "ARTIFACTS",
    "BARE_DEPLOYS",
    "CONSUMERS_GROUPS",
    "DANGLING",
    "DANGLING_USERS",
    "EXECUTIONS",
    "LISTED",
    "REST",
    "STEP",
]

_GROUPS: Final[LiteralString] = "[(e)-[:ASSOCIATION]->(c) WHERE c.type IN $groups | c.id]"
_UNCODED: Final[LiteralString] = "none(name IN $code WHERE e[name] IS NOT NULL)"
_DIRTY: Final[LiteralString] = "coalesce(e.custom_git_dirty, false) = true"
_POSSIBLE: Final[LiteralString] = "COUNT { (e)<-[:POSSIBLE_INPUT]-() } + COUNT { (e)-[:POSSIBLE_OUTPUT]->() } > 0"
_PENDING: Final[LiteralString] = "COUNT { (e)-[:PENDING_OUTPUT]->() } > 0"
_UNMADE: Final[LiteralString] = (
    "COUNT { (n)<-[:OUTPUT|POSSIBLE_OUTPUT|PENDING_OUTPUT|DERIVATION]-() } = 0"
)  # fmt: skip

# Executions, counted by what they stand in, their source and what they lack:
# [groups, source, no code version, dirty, possible links, pending outputs, how many].
EXECUTIONS: Final[LiteralString] = (
    "MATCH (e:Execution) WHERE NOT e.type IN $definitions "
    "WITH " + _GROUPS + " AS groups, coalesce(e.source, '') AS source, " + _UNCODED + " AS uncoded, "
    + _DIRTY + " AS dirty, " + _POSSIBLE + " AS possible, " + _PENDING + " AS pending "
    "RETURN groups, source, uncoded, dirty, possible, pending, count(*)"
)  # fmt: skip

# Artifacts of some types: [id, type, source, family, whether nothing made it, whether it has a digest, whether that is
# weak, groups of those who made it, ids of what it is one thing with]. A source with a version names data exactly,
# whatever its digest.
ARTIFACTS: Final[LiteralString] = (
    "MATCH (n:Artifact) WHERE n.type IN $types WITH collect(n) AS xs " + IN_CHUNKS +
    "RETURN [n IN chunk | [n.id, n.type, coalesce(n.source, ''), n.family, " + _UNMADE + ", n.digest IS NOT NULL, "
    "n.digest IS NOT NULL AND (coalesce(n.custom_digest_strength, '') = 'weak' "
    "OR NOT toLower(split(n.digest, ':')[0]) IN $strong) AND n.custom_dataset_version IS NULL "
    "AND NOT coalesce(n.custom_dataset_source, '') CONTAINS 'delta_table_version', "
    "[(n)<-[:OUTPUT|POSSIBLE_OUTPUT]-(e)-[:ASSOCIATION]->(c) WHERE c.type IN $groups | c.id], "
    "[(n)-[:SAME_AS]->(o) | o.id]]]"
)  # fmt: skip

# In what stand those who took artifacts in: [artifact id, context id].
CONSUMERS_GROUPS: Final[LiteralString] = """
UNWIND $ids AS id MATCH (n:Artifact {id: id})
CALL (n) { MATCH (n)-[:INPUT|POSSIBLE_INPUT]->(e)-[:ASSOCIATION]->(c) WHERE c.type IN $groups RETURN DISTINCT c }
RETURN collect([id, c.id])
"""

# Executions that deployed and put nothing out, which are themselves the deployment: [id, source, groups].
BARE_DEPLOYS: Final[LiteralString] = (
    "MATCH (e:Execution) WHERE e.type IN $types AND e.state IN ['COMPLETE', 'CACHED'] "
    "AND COUNT { (e)-[:OUTPUT|POSSIBLE_OUTPUT|PENDING_OUTPUT]->() } = 0 "
    "RETURN collect([e.id, coalesce(e.source, ''), " + _GROUPS + "])"
)

# Artifacts that executions took in, that nothing made, and that have neither digest nor URI: [id, source].
DANGLING: Final[LiteralString] = (
    "MATCH (n:Artifact) WHERE n.digest IS NULL AND n.uri IS NULL "
    "AND COUNT { (n)-[:INPUT|POSSIBLE_INPUT]->() } > 0 AND " + _UNMADE + " AND COUNT { (n)-[:SAME_AS]->() } = 0 "
    "RETURN collect([n.id, coalesce(n.source, '')])"
)

# Those who took them in, counted: [groups, possible links or pending outputs, how many].
DANGLING_USERS: Final[LiteralString] = (
    "UNWIND $ids AS id MATCH (n:Artifact {id: id})-[:INPUT|POSSIBLE_INPUT]->(e:Execution) "
    "WHERE NOT e.type IN $definitions WITH DISTINCT e "
    "WITH " + _GROUPS + " AS groups, " + _POSSIBLE + " OR " + _PENDING + " AS flawed "
    "RETURN groups, flawed, count(*)"
)


def _listed(condition: LiteralString) -> LiteralString:
    return (
        "MATCH (e:Execution) WHERE e.id > $after AND NOT e.type IN $definitions AND " + condition + " "
        "AND ($inside IS NULL OR (size([(e)-[:ASSOCIATION]->(c) WHERE c.id = $inside | 1]) > 0 "
        "AND size([(e)-[:ASSOCIATION]->(c) WHERE c.type IN $before | 1]) = 0)) "
        "WITH e ORDER BY e.id LIMIT $limit RETURN collect(e.id)"
    )


# The ids of executions that lack something, a page at a time; `$inside` is the id of a context, or null, and `$before`
# has the types of contexts that count as pipelines in its stead.
LISTED: Final[dict[str, LiteralString]] = {
    "uncoded": _listed(_UNCODED),
    "dirty": _listed(_DIRTY),
    "possible": _listed(_POSSIBLE),
    "pending": _listed(_PENDING),
}

_BEFORE: Final[LiteralString] = (
    "[(x)<-[:" + WALKED + "]-(y) | [y.id, labels(y)[0] = 'Artifact', labels(y)[0] = 'Artifact' AND y.type IN $types]]"
)


def _step(label: LiteralString) -> LiteralString:
    return "UNWIND $ids AS id MATCH (x:" + label + " {id: id}) RETURN collect([id, " + _BEFORE + "])"


# What enters some nodes: [id, [[id, whether it is an artifact, whether it is one of `$types`]]].
STEP: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _step("Artifact"),
    NodeKind.EXECUTION: _step("Execution"),
}


def _rest(label: LiteralString) -> LiteralString:
    return (
        closure(label, WALKED, "upstream", "")
        + "WITH DISTINCT x WITH collect(x) AS xs "
        + IN_CHUNKS
        + "RETURN [x IN chunk | [x.id, "
        + _BEFORE
        + "]]"
    )


# The same of everything upstream of a few nodes, in chunks.
REST: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _rest("Artifact"),
    NodeKind.EXECUTION: _rest("Execution"),
}
