"""Statements that make the schema and the store's own record."""

from __future__ import annotations

from typing import Final, LiteralString

__all__ = [
    "CLAIM_FILES",
    "CLAIM_IDS",
    "CONSTRAINTS",
    "COUNT_ALL",
    "COUNT_STORE",
    "CREATE_STORE",
    "FOREIGN_LABELS",
    "KNOWN_WORDS",
    "READ_STORE",
    "SET_FILES",
]

# Uniqueness of names and external ids is one derived property each, absent where there is no name: a composite
# constraint would count a missing value as a value on one of the engines.
CONSTRAINTS: Final[tuple[LiteralString, ...]] = (
    "CREATE CONSTRAINT provgraph_store IF NOT EXISTS FOR (n:Provgraph) REQUIRE n.key IS UNIQUE",
    "CREATE CONSTRAINT artifact_key IF NOT EXISTS FOR (n:Artifact) REQUIRE n.key IS UNIQUE",
    "CREATE CONSTRAINT artifact_id IF NOT EXISTS FOR (n:Artifact) REQUIRE n.id IS UNIQUE",
    "CREATE CONSTRAINT artifact_name IF NOT EXISTS FOR (n:Artifact) REQUIRE n.unique_name IS UNIQUE",
    "CREATE CONSTRAINT artifact_external IF NOT EXISTS FOR (n:Artifact) REQUIRE n.unique_external_id IS UNIQUE",
    "CREATE CONSTRAINT execution_key IF NOT EXISTS FOR (n:Execution) REQUIRE n.key IS UNIQUE",
    "CREATE CONSTRAINT execution_id IF NOT EXISTS FOR (n:Execution) REQUIRE n.id IS UNIQUE",
    "CREATE CONSTRAINT execution_name IF NOT EXISTS FOR (n:Execution) REQUIRE n.unique_name IS UNIQUE",
    "CREATE CONSTRAINT execution_external IF NOT EXISTS FOR (n:Execution) REQUIRE n.unique_external_id IS UNIQUE",
    "CREATE CONSTRAINT context_key IF NOT EXISTS FOR (n:Context) REQUIRE n.key IS UNIQUE",
    "CREATE CONSTRAINT context_id IF NOT EXISTS FOR (n:Context) REQUIRE n.id IS UNIQUE",
    "CREATE CONSTRAINT context_name IF NOT EXISTS FOR (n:Context) REQUIRE n.unique_name IS UNIQUE",
    "CREATE CONSTRAINT context_external IF NOT EXISTS FOR (n:Context) REQUIRE n.unique_external_id IS UNIQUE",
    "CREATE CONSTRAINT artifact_type_key IF NOT EXISTS FOR (n:ArtifactType) REQUIRE n.key IS UNIQUE",
    "CREATE CONSTRAINT execution_type_key IF NOT EXISTS FOR (n:ExecutionType) REQUIRE n.key IS UNIQUE",
    "CREATE CONSTRAINT context_type_key IF NOT EXISTS FOR (n:ContextType) REQUIRE n.key IS UNIQUE",
    "CREATE INDEX artifact_by_type IF NOT EXISTS FOR (n:Artifact) ON (n.type)",
    "CREATE INDEX artifact_by_named IF NOT EXISTS FOR (n:Artifact) ON (n.name)",
    "CREATE INDEX artifact_by_uri IF NOT EXISTS FOR (n:Artifact) ON (n.uri)",
    "CREATE INDEX artifact_by_digest IF NOT EXISTS FOR (n:Artifact) ON (n.digest)",
    "CREATE INDEX artifact_by_external IF NOT EXISTS FOR (n:Artifact) ON (n.external_id)",
    "CREATE INDEX execution_by_type IF NOT EXISTS FOR (n:Execution) ON (n.type)",
    "CREATE INDEX execution_by_named IF NOT EXISTS FOR (n:Execution) ON (n.name)",
    "CREATE INDEX execution_by_state IF NOT EXISTS FOR (n:Execution) ON (n.state)",
    "CREATE INDEX execution_by_external IF NOT EXISTS FOR (n:Execution) ON (n.external_id)",
    "CREATE INDEX context_by_type IF NOT EXISTS FOR (n:Context) ON (n.type)",
    "CREATE INDEX context_by_named IF NOT EXISTS FOR (n:Context) ON (n.name)",
    "CREATE INDEX context_by_external IF NOT EXISTS FOR (n:Context) ON (n.external_id)",
)

# A relationship or property that nobody has ever written is a word the server does not know, and every statement that
# names it is answered with a warning. Written once and deleted, all of ours are known from the start.
KNOWN_WORDS: Final[LiteralString] = """
CREATE (a:Artifact {key: $key, id: $id, type: '', type_id: 0, type_version: '', source: '', name: '', state: '',
                    external_id: '', created_at: 0, updated_at: 0, recorded_at: 0, unique_name: $key,
                    unique_external_id: $key, uri: '', digest: '', family: '', version: '', kinds: [''],
                    fingerprint: '', custom_digest_md5: '', custom_digest_strength: '', custom_path: '',
                    custom_git_commit: '', custom_rev_lock: '', custom_dataset_version: '',
                    custom_dataset_source: '', custom_size: 0})
CREATE (e:Execution {key: $key, id: $id, started_at: 0, ended_at: 0, recorded_host: '', recorded_pid: 0,
                     custom_git_dirty: false, prop_git_dirty: false, prop_git_commit: '', custom_code_version: '',
                     prop_code_version: '', custom_git_sha: '', prop_git_sha: '', custom_source_code_version: ''})
CREATE (c:Context {key: $key, id: $id})
CREATE (t:ArtifactType {key: $key, id: $id, property_names: [''], property_kinds: [''], description: '',
                        signature: '', base_type: ''})
CREATE (u:ExecutionType {key: $key, id: $id})
CREATE (v:ContextType {key: $key, id: $id})
CREATE (a)-[:INPUT {event_type: '', time: 0, recorded_at: 0, recorded_by: '', recorded_from: '',
                       certainty: '', path: ''}]->(e)
CREATE (e)-[:OUTPUT]->(a)
CREATE (a)-[:SAME_AS {rule: '', evidence: ''}]->(a)
CREATE (a)-[:DERIVATION]->(a)
CREATE (a)-[:POSSIBLE_INPUT]->(e)
CREATE (e)-[:POSSIBLE_OUTPUT]->(a)
CREATE (e)-[:PENDING_OUTPUT]->(a)
CREATE (a)-[:RELATION {name: '', details: ''}]->(a)
CREATE (a)-[:ATTRIBUTION]->(c)
CREATE (e)-[:ASSOCIATION]->(c)
CREATE (c)-[:PARENT]->(c)
WITH a, e, c, t, u, v
DETACH DELETE a, e, c, t, u, v
"""

READ_STORE: Final[LiteralString] = "OPTIONAL MATCH (s:Provgraph {key: 'store'}) RETURN properties(s)"

CREATE_STORE: Final[LiteralString] = """
MERGE (s:Provgraph {key: 'store'})
ON CREATE SET s.schema_version = $schema_version, s.next_id = 1, s.claim = '', s.created_at = $now,
              s.store_id = $store_id, s.made_by = $made_by, s.files = $files
RETURN properties(s)
"""

SET_FILES: Final[LiteralString] = "MATCH (s:Provgraph {key: 'store'}) SET s.files = $files RETURN properties(s)"

# The first to say it is kept: the write to `claim` takes the lock before `files` is read.
CLAIM_FILES: Final[LiteralString] = """
MATCH (s:Provgraph {key: 'store'})
SET s.claim = s.claim
WITH s
SET s.files = coalesce(s.files, $files)
RETURN s.files
"""

COUNT_ALL: Final[LiteralString] = "MATCH (n) RETURN count(n)"

# How many nodes bear one of our labels: asked before a database that is not ours becomes ours.
FOREIGN_LABELS: Final[LiteralString] = """
MATCH (n) WHERE any(label IN labels(n) WHERE label IN $labels) RETURN DISTINCT labels(n)[0] LIMIT 7
"""

# The write to `claim` comes first: it takes the node's lock before the number is read.
CLAIM_IDS: Final[LiteralString] = """
MATCH (s:Provgraph {key: 'store'})
SET s.claim = $claim
WITH s
SET s.next_id = s.next_id + $count
RETURN s.next_id - $count
"""

COUNT_STORE: Final[tuple[tuple[str, LiteralString], ...]] = (
    ("Artifact", "MATCH (n:Artifact) RETURN count(n)"),
    ("Execution", "MATCH (n:Execution) RETURN count(n)"),
    ("Context", "MATCH (n:Context) RETURN count(n)"),
    ("ArtifactType", "MATCH (n:ArtifactType) RETURN count(n)"),
    ("ExecutionType", "MATCH (n:ExecutionType) RETURN count(n)"),
    ("ContextType", "MATCH (n:ContextType) RETURN count(n)"),
    ("INPUT", "MATCH ()-[r:INPUT]->() RETURN count(r)"),
    ("OUTPUT", "MATCH ()-[r:OUTPUT]->() RETURN count(r)"),
    ("PENDING_OUTPUT", "MATCH ()-[r:PENDING_OUTPUT]->() RETURN count(r)"),
    ("POSSIBLE_INPUT", "MATCH ()-[r:POSSIBLE_INPUT]->() RETURN count(r)"),
    ("POSSIBLE_OUTPUT", "MATCH ()-[r:POSSIBLE_OUTPUT]->() RETURN count(r)"),
    ("SAME_AS", "MATCH ()-[r:SAME_AS]->() RETURN count(r)"),
    ("DERIVATION", "MATCH ()-[r:DERIVATION]->() RETURN count(r)"),
    ("RELATION", "MATCH ()-[r:RELATION]->() RETURN count(r)"),
    ("ATTRIBUTION", "MATCH ()-[r:ATTRIBUTION]->() RETURN count(r)"),
    ("ASSOCIATION", "MATCH ()-[r:ASSOCIATION]->() RETURN count(r)"),
    ("PARENT", "MATCH ()-[r:PARENT]->() RETURN count(r)"),
)
