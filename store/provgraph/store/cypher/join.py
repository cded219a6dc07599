"""Statements for joining records: what artifacts are recognised by, who shares it, and the links between them.

A row of an artifact is [id, key, who says each of its equalities, commits, values of `READ_KEYS` ...]. Commits are
those of clean work trees in which a run took the artifact in by a relative path.
"""

from __future__ import annotations

from typing import Final, LiteralString

__all__ = [
    "BY_COMMIT",
    "BY_DIGEST",
    "BY_ID",
    "BY_MD5",
    "BY_NAME",
    "BY_REV_LOCK",
    "BY_URI",
    "COMPONENTS",
    "INDEXES",
    "LINKS",
    "PART",
    "PART_AT",
    "PART_PAIRS",
    "READ_KEYS",
    "WINDOW",
]

# Made where they are missing, before the first look-up by them: a store without joins needs none of them.
INDEXES: Final[tuple[LiteralString, ...]] = (
    "CREATE INDEX artifact_by_md5 IF NOT EXISTS FOR (n:Artifact) ON (n.custom_digest_md5)",
    "CREATE INDEX artifact_by_commit IF NOT EXISTS FOR (n:Artifact) ON (n.custom_git_commit)",
    "CREATE INDEX artifact_by_rev_lock IF NOT EXISTS FOR (n:Artifact) ON (n.custom_rev_lock)",
)


# What joining looks at, in the order of the values of a row.
READ_KEYS: Final = (
    *("source", "type", "uri", "family", "version", "digest", "custom_digest_md5", "custom_digest_strength"),
    *("custom_path", "custom_git_commit", "custom_rev_lock", "custom_dataset_version", "custom_dataset_source"),
    "custom_size",
)


def _row(n: LiteralString) -> LiteralString:
    return (
        "[" + n + ".id, " + n + ".key, [(" + n + ")-[q:SAME_AS]->(y:Artifact) | coalesce(q.recorded_by, '')], "
        "CASE WHEN " + n + ".uri IS NULL OR " + n + ".uri CONTAINS ':' OR " + n + ".uri STARTS WITH '/' THEN [] "
        "ELSE [(" + n + ")-[:INPUT]->(e:Execution) WHERE e.custom_git_dirty = false | e.custom_git_commit] END, "
        + n + ".source, " + n + ".type, " + n + ".uri, " + n + ".family, " + n + ".version, " + n + ".digest, "
        + n + ".custom_digest_md5, " + n + ".custom_digest_strength, " + n + ".custom_path, "
        + n + ".custom_git_commit, " + n + ".custom_rev_lock, " + n + ".custom_dataset_version, "
        + n + ".custom_dataset_source, " + n + ".custom_size]"
    )  # fmt: skip


# Artifacts of a range of ids.
WINDOW: Final[LiteralString] = (
    "MATCH (n:Artifact) WHERE n.id >= $first AND n.id < $end RETURN collect(" + _row("n") + ")"
)


def _by(key: LiteralString) -> LiteralString:
    return "UNWIND $values AS value MATCH (n:Artifact {" + key + ": value}) RETURN collect(" + _row("n") + ")"


BY_ID: Final[LiteralString] = _by("id")
BY_DIGEST: Final[LiteralString] = _by("digest")
BY_MD5: Final[LiteralString] = _by("custom_digest_md5")
BY_URI: Final[LiteralString] = _by("uri")
BY_NAME: Final[LiteralString] = _by("name")
BY_COMMIT: Final[LiteralString] = _by("custom_git_commit")
BY_REV_LOCK: Final[LiteralString] = _by("custom_rev_lock")

# Everything that is one thing with some artifacts: [id of the start, rows].
COMPONENTS: Final[LiteralString] = (
    "UNWIND $ids AS id MATCH (s:Artifact {id: id}) "
    "CALL (s) { MATCH (s)-[:SAME_AS*0..]->(x) RETURN DISTINCT x } "
    "RETURN id, collect(" + _row("x") + ")"
)

# The equalities of some artifacts, each as often as it is said: [first id, second id, who says it, rule, evidence].
LINKS: Final[LiteralString] = (
    "UNWIND $ids AS id MATCH (a:Artifact {id: id})-[r:SAME_AS]->(b:Artifact) "
    "RETURN collect([a.id, b.id, r.recorded_by, r.rule, r.evidence])"
)

# Our links of artifacts in a range of ids are deleted, both of a pair at once; what a tool said stays. Counts by rule.
PART: Final[LiteralString] = (
    "MATCH (a:Artifact) WHERE a.id >= $first AND a.id < $end "
    "MATCH (a)-[r:SAME_AS {recorded_by: $by}]-(b:Artifact) WHERE a.id < b.id AND ($rules IS NULL OR r.rule IN $rules) "
    "WITH r, r.rule AS rule DELETE r RETURN rule, count(*)"
)
# The same of some artifacts' own joins.
PART_AT: Final[LiteralString] = (
    "UNWIND $ids AS id MATCH (a:Artifact {id: id})-[r:SAME_AS {recorded_by: $by}]-(:Artifact) "
    "WHERE $rules IS NULL OR r.rule IN $rules "
    "WITH DISTINCT r WITH r, r.rule AS rule DELETE r RETURN rule, count(*)"
)
# The same of pairs of artifacts: [first id, second id].
PART_PAIRS: Final[LiteralString] = (
    "UNWIND $pairs AS pair MATCH (a:Artifact {id: pair[0]})-[r:SAME_AS {recorded_by: $by}]-(b:Artifact {id: pair[1]}) "
    "WITH DISTINCT r DELETE r RETURN count(*)"
)
