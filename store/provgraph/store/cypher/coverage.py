"""Statements that ask what records lack: counted in the engine, by the pipelines that executions stand in.

`$groups` are the types of contexts that count as pipelines, `$definitions` those of executions that are no runs.
"""

from __future__ import annotations

from typing import Final, LiteralString

from provgraph.model import NodeKind
from provgraph.model.digests import STRONG
from provgraph.store.cypher.trace import IN_CHUNKS, WALKED, closure

__all__ = [
    "ANY_PENDING",
    "ARTIFACTS",
    "BARE_DEPLOYS",
    "CONSUMERS_GROUPS",
    "DANGLING",
    "DANGLING_USERS",
    "EXECUTIONS",
    "LISTED",
    "MADE_FROM",
    "REST",
    "STEP",
]

_GROUPS: Final[LiteralString] = "[(e)-[:ASSOCIATION]->(c) WHERE c.type IN $groups | c.id]"


def _commit(key: LiteralString) -> LiteralString:
    return "trim(toString(coalesce(" + key + ", ''))) =~ '[0-9a-fA-F]{7,64}'"


def _version(key: LiteralString) -> LiteralString:
    # what tools and scripts write where they know none is no version
    return (
        "NOT toLower(trim(toString(coalesce(" + key + ", '')))) IN "
        "['', '-', '?', 'unknown', 'none', 'null', 'nan', 'n/a', 'undefined', 'true', 'false']"
    )  # fmt: skip


_UNCODED: Final[LiteralString] = (
    "NOT (" + _commit("e.custom_git_commit") + " OR " + _commit("e.prop_git_commit") + " OR "
    + _commit("e.custom_git_sha") + " OR " + _commit("e.prop_git_sha") + " OR "
    + _version("e.custom_code_version") + " OR " + _version("e.prop_code_version") + " OR "
    + _version("e.custom_source_code_version") + ")"
)  # fmt: skip
_DIRTY: Final[LiteralString] = (  # a number or a text, where the source knows no other values
    "toLower(trim(toString(coalesce(e.custom_git_dirty, e.prop_git_dirty, false)))) IN ['true', 'yes', '1', '1.0']"
)
_POSSIBLE: Final[LiteralString] = "COUNT { (e)<-[:POSSIBLE_INPUT]-() } + COUNT { (e)-[:POSSIBLE_OUTPUT]->() } > 0"
_PENDING: Final[LiteralString] = "COUNT { (e)-[:PENDING_OUTPUT]->() } > 0"
_UNMADE: Final[LiteralString] = (
    "COUNT { (n)<-[:OUTPUT|POSSIBLE_OUTPUT|DERIVATION]-() } = 0"
)  # fmt: skip


def _executions(possible: LiteralString, pending: LiteralString) -> LiteralString:
    return (
        "MATCH (e:Execution) WHERE NOT e.type IN $definitions "
        "WITH " + _GROUPS + " AS groups, coalesce(e.source, '') AS source, " + _UNCODED + " AS uncoded, "
        + _DIRTY + " AS dirty, " + possible + " AS possible, " + pending + " AS pending "
        "RETURN groups, source, uncoded, dirty, possible, pending, count(*)"
    )  # fmt: skip


# Executions, counted by what they stand in, their source and what they lack:
# [groups, source, no code version, dirty, possible links, pending outputs, how many]. By whether the store has any link
# that is possible or pending: where it has none, nobody looks at each execution for them.
EXECUTIONS: Final[dict[bool, LiteralString]] = {
    True: _executions(_POSSIBLE, _PENDING),
    False: _executions("false", "false"),
}
ANY_PENDING: Final[LiteralString] = "MATCH (:Execution)-[r:PENDING_OUTPUT]->(:Artifact) RETURN 1 LIMIT 1"


def _artifacts(direct: LiteralString) -> LiteralString:
    return (
        "UNWIND $types AS type MATCH (n:Artifact {type: type}) WITH collect(n) AS xs " + IN_CHUNKS +
        "RETURN [n IN chunk | [n.id, n.type, coalesce(n.source, ''), n.family, " + _UNMADE + ", n.digest IS NOT NULL, "
        "n.digest IS NOT NULL AND (coalesce(n.custom_digest_strength, '') = 'weak' "
        "OR NOT toLower(trim(n.digest)) =~ '" + STRONG + "' OR toLower(trim(n.digest)) IN $of_nothing) "
        "AND n.custom_dataset_version IS NULL "
        "AND NOT coalesce(n.custom_dataset_source, '') CONTAINS 'delta_table_version', " + direct + ", "
        "[(n)<-[:OUTPUT|POSSIBLE_OUTPUT]-(e)-[:ASSOCIATION]->(c) WHERE c.type IN $groups | c.id], "
        "[(n)-[:SAME_AS]->(o) | o.id]]]"
    )  # fmt: skip


# Artifacts of some types: [id, type, source, family, whether nothing made it, whether it has a digest, whether that is
# weak, whether who made it took in one of `$wanted`, groups of those who made it, ids of what it is one thing with]. A
# source with a version names data exactly, whatever its digest.
ARTIFACTS: Final[LiteralString] = _artifacts("false")
# The same, with a look at what it was made from: most models need no more than that.
MADE_FROM: Final[LiteralString] = _artifacts(
    "size([(n)<-[:OUTPUT|POSSIBLE_OUTPUT]-()<-[:INPUT|POSSIBLE_INPUT]-(d) WHERE d.type IN $wanted | 1]) > 0"
)

# In what stand those who took artifacts in: [artifact id, context id].
CONSUMERS_GROUPS: Final[LiteralString] = """
UNWIND $ids AS id MATCH (n:Artifact {id: id})
CALL (n) { MATCH (n)-[:INPUT|POSSIBLE_INPUT]->(e)-[:ASSOCIATION]->(c) WHERE c.type IN $groups RETURN DISTINCT c }
RETURN collect([id, c.id])
"""

# Executions that deployed and put nothing out, which are themselves the deployment: [id, source, groups].
BARE_DEPLOYS: Final[LiteralString] = (
    "UNWIND $types AS type MATCH (e:Execution {type: type}) WHERE e.state IN ['COMPLETE', 'CACHED'] "
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
        "MATCH (e:Execution) WHERE e.id >= $first AND e.id < $end AND NOT e.type IN $definitions AND " + condition + " "
        "AND ($inside IS NULL OR (size([(e)-[:ASSOCIATION]->(c) WHERE c.id = $inside | 1]) > 0 "
        "AND size([(e)-[:ASSOCIATION]->(c) WHERE c.type IN $before | 1]) = 0)) "
        "RETURN collect(e.id)"
    )


# The ids of executions that lack something, of a range of ids; `$inside` is the id of a context, or null, and `$before`
# has the types of contexts that count as pipelines in its stead.
LISTED: Final[dict[str, LiteralString]] = {
    "uncoded": _listed(_UNCODED),
    "dirty": _listed(_DIRTY),
    "possible": _listed(_POSSIBLE),
    "pending": _listed(_PENDING),
}

# What enters a node, unless one of `$types` does: [id, whether one does, ids of artifacts, ids of executions].
_ARTIFACT: Final[LiteralString] = (
    "CASE WHEN size([(x)<-[:SAME_AS|DERIVATION]-(y) WHERE y.type IN $types | 1]) > 0 THEN [x.id, true, [], []] "
    "ELSE [x.id, false, [(x)<-[:SAME_AS|DERIVATION]-(y) | y.id], [(x)<-[:OUTPUT|POSSIBLE_OUTPUT]-(y) | y.id]] END"
)
_EXECUTION: Final[LiteralString] = (
    "CASE WHEN size([(x)<-[:INPUT|POSSIBLE_INPUT]-(y) WHERE y.type IN $types | 1]) > 0 THEN [x.id, true, [], []] "
    "ELSE [x.id, false, [(x)<-[:INPUT|POSSIBLE_INPUT]-(y) | y.id], []] END"
)

STEP: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: "UNWIND $ids AS id MATCH (x:Artifact {id: id}) RETURN collect(" + _ARTIFACT + ")",
    NodeKind.EXECUTION: "UNWIND $ids AS id MATCH (x:Execution {id: id}) RETURN collect(" + _EXECUTION + ")",
}


def _rest(label: LiteralString) -> LiteralString:
    return (
        closure(label, WALKED, "upstream", "")
        + "WITH DISTINCT x WITH collect(x) AS xs "
        + IN_CHUNKS
        + "RETURN [x IN chunk | CASE WHEN labels(x)[0] = 'Artifact' THEN "
        + _ARTIFACT
        + " ELSE "
        + _EXECUTION
        + " END]"
    )


# The same of everything upstream of a few nodes, in chunks.
REST: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: _rest("Artifact"),
    NodeKind.EXECUTION: _rest("Execution"),
}
