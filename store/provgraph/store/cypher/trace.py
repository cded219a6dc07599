"""Traversals. Each expands inside a subquery that returns DISTINCT at once, and goes on outside it.

That is the form which both engines prune by breadth-first search, whatever follows. Patterns start at the bound node.
A bound of hops cannot be a parameter: there is a statement for each of a closed set, and the answer is cut to size
afterwards.
"""

from __future__ import annotations

from typing import Final, Literal, LiteralString, TypeAlias

from provgraph.model import NodeKind

__all__ = [
    "ANY_POSSIBLE",
    "AROUND",
    "BOUNDS",
    "CERTAIN",
    "CONTEXTS_OF",
    "CONTEXT_STARTS",
    "COUNT",
    "DEPLOYMENTS_AT",
    "DEPLOYS_AT",
    "EXECUTIONS_OF",
    "IDS",
    "INSIDE",
    "IN_CHUNKS",
    "LINK",
    "MAKERS_CONTEXTS",
    "MEMBERSHIPS",
    "SHARING",
    "TRACE",
    "WALKED",
    "Way",
    "closure",
    "trace_statement",
]

Way: TypeAlias = Literal["upstream", "downstream"]

WALKED: Final[LiteralString] = "INPUT|OUTPUT|SAME_AS|DERIVATION|POSSIBLE_INPUT|POSSIBLE_OUTPUT"
CERTAIN: Final[LiteralString] = "INPUT|OUTPUT|SAME_AS|DERIVATION"

BOUNDS: Final[dict[int, LiteralString]] = {
    1: "1",
    2: "2",
    3: "3",
    4: "4",
    5: "5",
    6: "6",
    8: "8",
    10: "10",
    12: "12",
    16: "16",
    20: "20",
    24: "24",
    32: "32",
    40: "40",
    50: "50",
    64: "64",
    100: "100",
}


def closure(
    label: LiteralString, relationships: LiteralString, way: Way, bound: LiteralString, limit: LiteralString = ""
) -> LiteralString:
    """The beginning of a traversal: what each of `$ids` reaches, as `x`, in the form that both engines prune."""
    if way == "upstream":
        pattern: LiteralString = "(s)<-[:" + relationships + "*0.." + bound + "]-(x)"
    else:
        pattern = "(s)-[:" + relationships + "*0.." + bound + "]->(x)"
    return (
        "UNWIND $ids AS start MATCH (s:" + label + " {id: start}) "
        "CALL (s) { MATCH " + pattern + " RETURN DISTINCT x" + limit + " } "
    )


LINK: Final[LiteralString] = "r.event_type, r.time, r.path, r.certainty, r.recorded_by, r.recorded_at, r.recorded_from]"


# The contexts of a node, for answers that show them: ids alone, since a few contexts hold thousands of nodes.
MEMBERSHIPS: Final[LiteralString] = "[(x)-[:ATTRIBUTION|ASSOCIATION]->(c) | c.id]"
# What is collected as `xs`, piece by piece, so that memory stays flat at both ends.
IN_CHUNKS: Final[LiteralString] = "UNWIND range(0, size(xs) - 1, 1000) AS at WITH xs[at..at + 1000] AS chunk "


# Everything that enters the nodes of the answer (upstream) or leaves them (downstream): also what a bound left out is
# seen from here, as a link to a node that is not in the answer. Pending outputs, and possible links where only certain
# ones are wanted, are told, never walked.
def _trace(
    label: LiteralString, relationships: LiteralString, way: Way, bound: LiteralString, memberships: LiteralString
) -> LiteralString:
    if way == "upstream":
        links: LiteralString = "[(x)<-[r:" + WALKED + "|PENDING_OUTPUT]-(y) | [type(r), y.id, x.id, " + LINK + "]"
    else:
        links = "[(x)-[r:" + WALKED + "|PENDING_OUTPUT]->(y) | [type(r), x.id, y.id, " + LINK + "]"
    return (
        closure(label, relationships, way, bound)
        + "WITH DISTINCT x WITH collect(x) AS xs "
        + IN_CHUNKS
        + "RETURN [x IN chunk | labels(x)[0]], [x IN chunk | properties(x)], [x IN chunk | "
        + links
        + "], "
        "[x IN chunk | " + memberships + "]"
    )


# The same with at most `$nodes` nodes from each start, its nearest, and `$links` links of each node, so that a hub does
# not send all its links for a picture of sixty nodes. A subquery for the links of each node costs half as much again:
# for limited answers alone.
def _limited(
    label: LiteralString, relationships: LiteralString, way: Way, bound: LiteralString, memberships: LiteralString
) -> LiteralString:
    if way == "upstream":
        links: LiteralString = (
            "MATCH (x)<-[r:" + WALKED + "|PENDING_OUTPUT]-(y) WITH r, y, x LIMIT $links "
            "RETURN collect([type(r), y.id, x.id, "
        )
    else:
        links = (
            "MATCH (x)-[r:" + WALKED + "|PENDING_OUTPUT]->(y) WITH r, y, x LIMIT $links "
            "RETURN collect([type(r), x.id, y.id, "
        )
    return (
        closure(label, relationships, way, bound, " LIMIT $nodes") + "WITH DISTINCT x "
        "CALL (x) { " + links + LINK + ") AS links } "
        "WITH collect([x, links, "
        + memberships
        + "]) AS xs "
        + IN_CHUNKS
        + "RETURN [n IN chunk | labels(n[0])[0]], [n IN chunk | properties(n[0])], [n IN chunk | n[1]], "
        "[n IN chunk | n[2]]"
    )


_Key: TypeAlias = tuple[Way, bool, int | None, bool, bool]


def _statements(label: LiteralString) -> dict[_Key, LiteralString]:
    found: dict[_Key, LiteralString] = {}
    unbounded: tuple[int | None, LiteralString] = (None, "")
    ways: tuple[Way, Way] = ("upstream", "downstream")
    for way in ways:
        for number, bound in (unbounded, *BOUNDS.items()):
            for certain in (False, True):
                links = CERTAIN if certain else WALKED
                for contexts in (False, True):
                    memberships: LiteralString = MEMBERSHIPS if contexts else "null"
                    found[way, certain, number, False, contexts] = _trace(label, links, way, bound, memberships)
                    found[way, certain, number, True, contexts] = _limited(label, links, way, bound, memberships)
    return found


# By way, whether certain links alone are walked, bound of hops, whether nodes and links are limited, and whether the
# contexts of the nodes are told.
TRACE: Final[dict[NodeKind, dict[_Key, LiteralString]]] = {
    NodeKind.ARTIFACT: _statements("Artifact"),
    NodeKind.EXECUTION: _statements("Execution"),
}


def trace_statement(
    kind: NodeKind,
    way: Way,
    certain_only: bool,
    max_hops: int | None,
    *,
    limited: bool = False,
    contexts: bool = False,
) -> LiteralString:
    """The statement whose bound is the least that reaches `max_hops`. A limited one takes `$nodes` and `$links` too.

    Its rows are parallel lists: labels, properties, links, and ids of contexts (null where they are not asked for).
    """
    bound = None if max_hops is None else next((b for b in BOUNDS if b >= max_hops), None)
    return TRACE[kind][way, certain_only, bound, limited, contexts]


def _answers(tail: LiteralString) -> dict[tuple[NodeKind, Way, bool], LiteralString]:
    return {
        (NodeKind.ARTIFACT, "upstream", False): closure("Artifact", WALKED, "upstream", "") + tail,
        (NodeKind.ARTIFACT, "upstream", True): closure("Artifact", CERTAIN, "upstream", "") + tail,
        (NodeKind.ARTIFACT, "downstream", False): closure("Artifact", WALKED, "downstream", "") + tail,
        (NodeKind.ARTIFACT, "downstream", True): closure("Artifact", CERTAIN, "downstream", "") + tail,
        (NodeKind.EXECUTION, "upstream", False): closure("Execution", WALKED, "upstream", "") + tail,
        (NodeKind.EXECUTION, "upstream", True): closure("Execution", CERTAIN, "upstream", "") + tail,
        (NodeKind.EXECUTION, "downstream", False): closure("Execution", WALKED, "downstream", "") + tail,
        (NodeKind.EXECUTION, "downstream", True): closure("Execution", CERTAIN, "downstream", "") + tail,
    }


# How much is reached, by label, type and state, and among it the nodes of some types with their properties.
COUNT: Final = _answers(
    "WITH DISTINCT x RETURN labels(x)[0], x.type, x.state, count(*), "
    "collect(CASE WHEN x.type IN $types THEN properties(x) END)"
)
# The ids of all that is reached, packed in chunks.
IDS: Final = _answers(
    "WITH DISTINCT x WITH collect(x.id) AS xs UNWIND range(0, size(xs) - 1, 20000) AS at RETURN xs[at..at + 20000]"
)
# Whether the store holds any possible link: one row at most each.
ANY_POSSIBLE: Final[tuple[LiteralString, ...]] = (
    "MATCH (:Artifact)-[r:POSSIBLE_INPUT]->(:Execution) RETURN 1 LIMIT 1",
    "MATCH (:Execution)-[r:POSSIBLE_OUTPUT]->(:Artifact) RETURN 1 LIMIT 1",
)
# The contexts of nodes: [node id, context id].
CONTEXTS_OF: Final[dict[NodeKind, LiteralString]] = {
    NodeKind.ARTIFACT: (
        "UNWIND $ids AS id MATCH (n:Artifact {id: id})-[:ATTRIBUTION]->(c:Context) RETURN collect([id, c.id])"
    ),
    NodeKind.EXECUTION: (
        "UNWIND $ids AS id MATCH (n:Execution {id: id})-[:ASSOCIATION]->(c:Context) RETURN collect([id, c.id])"
    ),
    NodeKind.CONTEXT: "UNWIND $ids AS id MATCH (n:Context {id: id})-[:PARENT]->(c:Context) RETURN collect([id, c.id])",
}

# A context starts from its executions and what they put out, or, where it has no executions, from its artifacts;
# those of the contexts inside it count as its own.
CONTEXT_STARTS: Final[LiteralString] = """
UNWIND $ids AS start MATCH (s:Context {id: start})
CALL (s) { MATCH (s)<-[:PARENT*0..]-(c) RETURN DISTINCT c }
RETURN start, collect([(c)<-[:ASSOCIATION]-(e) | [e.id, [(e)-[:OUTPUT|POSSIBLE_OUTPUT]->(a) | a.id]]]),
       collect([(c)<-[:ATTRIBUTION]-(a) | a.id])
"""

# All deployments of some endpoints, with who made and who ended each:
# [endpoint id, deployment id, [[state, end] of its makers], [[type, state, end] of its consumers]].
DEPLOYMENTS_AT: Final[LiteralString] = """
UNWIND $ids AS endpoint MATCH (c:Context {id: endpoint})<-[:ATTRIBUTION]-(d:Artifact)
WHERE d.type IN $types
RETURN collect([endpoint, d.id,
  [(d)<-[:OUTPUT]-(e) | [e.state, coalesce(e.ended_at, e.updated_at, e.recorded_at)]],
  [(d)-[:INPUT]->(u) | [u.type, u.state, coalesce(u.ended_at, u.updated_at, u.recorded_at)]]])
"""

# The deploying executions that belong to some endpoints themselves:
# [endpoint id, execution id, state, end, [[deployment id, type, [[type, state, end] of its consumers]] it put out]].
DEPLOYS_AT: Final[LiteralString] = """
UNWIND $ids AS endpoint MATCH (c:Context {id: endpoint})<-[:ASSOCIATION]-(e:Execution)
WHERE e.type IN $types
RETURN collect([endpoint, e.id, e.state, coalesce(e.ended_at, e.updated_at, e.recorded_at),
  [(e)-[:OUTPUT]->(d) | [d.id, d.type,
    [(d)-[:INPUT]->(u) | [u.type, u.state, coalesce(u.ended_at, u.updated_at, u.recorded_at)]]]]])
"""

# The contexts of the executions that put out some artifacts: [artifact id, execution type, context id].
MAKERS_CONTEXTS: Final[LiteralString] = """
UNWIND $ids AS id MATCH (n:Artifact {id: id})<-[:OUTPUT]-(e:Execution)-[:ASSOCIATION]->(c:Context)
RETURN collect([id, e.type, c.id])
"""

# The executions of some contexts, newest last: [context id, properties].
EXECUTIONS_OF: Final[LiteralString] = """
UNWIND $ids AS id MATCH (c:Context {id: id})<-[:ASSOCIATION]-(e:Execution)
RETURN collect([id, properties(e)])
"""

# What some executions took in and put out: links as in a trace, and the artifacts' properties.
AROUND: Final[LiteralString] = (
    "UNWIND $ids AS id MATCH (x:Execution {id: id}) "
    "RETURN collect([(x)<-[r:INPUT|POSSIBLE_INPUT]-(y) | [type(r), y.id, x.id, " + LINK + "]), "
    "collect([(x)-[r:OUTPUT|POSSIBLE_OUTPUT|PENDING_OUTPUT]->(y) | [type(r), x.id, y.id, " + LINK + "])"
)

# Contexts that stand directly inside a context.
INSIDE: Final[LiteralString] = """
UNWIND $ids AS id MATCH (c:Context {id: id})<-[:PARENT]-(x:Context) RETURN collect([id, properties(x)])
"""

# Contexts that share an execution with a context, for stores whose runs and pipelines are not parent and child.
SHARING: Final[LiteralString] = """
MATCH (c:Context {id: $id})<-[:ASSOCIATION]-(e:Execution) WITH DISTINCT e
MATCH (e)-[:ASSOCIATION]->(x:Context) WHERE x.type IN $types
WITH DISTINCT x RETURN collect(properties(x))
"""
