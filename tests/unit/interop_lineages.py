"""Generated lineages, and what it means that two of them are the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from provgraph.model import (
    Artifact,
    ArtifactState,
    ArtifactType,
    Context,
    ContextType,
    Execution,
    ExecutionState,
    ExecutionType,
    PropertyKind,
    Proto,
    Struct,
    Value,
)
from provgraph.tracing.certificate import Certificate, Cut, CutReason, Gap, GapKind
from provgraph.tracing.lineage import Edge, Lineage

__all__ = ["exact", "lineages", "nested", "sample"]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)
TIMES = st.none() | st.integers(0, 2**53)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    TEXTS,
    st.booleans(),
    st.builds(Struct.of, JSON),
    st.builds(Proto, TEXTS, st.binary(max_size=6)),
)
# few names, so that columns hold values of several kinds
PROPERTIES = st.dictionaries(st.sampled_from(["x", "loss", "a=b", "STRUCT", "ü "]) | NAMES, VALUES, max_size=4)
SOME_TEXT = st.none() | TEXTS.filter(bool)


def _common(draw: st.DrawFn, id_: int, *, named: bool = False) -> dict[str, Any]:
    return {
        "id": id_,
        "type": draw(st.sampled_from(["Dataset", "Model", "Train"])),
        "key": f"k/{id_}",
        "name": f"n {id_}" if named else draw(st.none() | st.just(f"n {id_}")),
        "external_id": draw(SOME_TEXT),
        "source": draw(st.sampled_from(["", "mlmd/x"])),
        "type_version": draw(st.sampled_from(["", "2"])),
        "created_at": draw(TIMES),
        "updated_at": draw(TIMES),
        "recorded_at": draw(TIMES),
        "properties": draw(PROPERTIES),
        "custom_properties": draw(PROPERTIES),
    }


@st.composite
def lineages(draw: st.DrawFn) -> Lineage:
    """Any lineage: all kinds of value, parallel links, cuts, gaps, contexts."""
    artifacts = [
        Artifact(
            **_common(draw, id_),
            uri=draw(SOME_TEXT),
            digest=draw(SOME_TEXT),
            family=draw(SOME_TEXT),
            version=draw(SOME_TEXT),
            state=draw(st.sampled_from(ArtifactState)),
        )
        for id_ in range(1, 1 + draw(st.integers(1, 3)))
    ]
    executions = [
        Execution(
            **_common(draw, id_),
            state=draw(st.sampled_from(ExecutionState)),
            started_at=draw(TIMES),
            ended_at=draw(TIMES),
        )
        for id_ in range(11, 11 + draw(st.integers(0, 2)))
    ]
    contexts = [Context(**_common(draw, id_, named=True)) for id_ in range(21, 21 + draw(st.integers(0, 2)))]
    everything: list[Artifact | Execution] = [*artifacts, *executions]
    nodes = draw(st.permutations(everything))
    possible_ends = [(a.ref, e.ref, kind) for a in artifacts for e in executions for kind in _LINKS]
    chosen = draw(st.lists(st.sampled_from(possible_ends), max_size=5, unique=True)) if possible_ends else []
    edges = [
        Edge(
            kind=kind,
            source=a if event_type.endswith("INPUT") else e,
            target=e if event_type.endswith("INPUT") else a,
            event_type=event_type,
            time=draw(TIMES),
            path=tuple(draw(st.lists(st.integers(0, 3) | TEXTS, max_size=2))),
            certainty=draw(st.sampled_from([None, "observed", "inferred"])),
            recorded_by=draw(SOME_TEXT),
            recorded_at=draw(TIMES),
            recorded_from=draw(SOME_TEXT),
        )
        for a, e, (kind, event_type) in chosen
    ]
    pairs = [(a.ref, b.ref, kind) for a in artifacts for b in artifacts if a != b for kind in ("DERIVATION", "SAME_AS")]
    for a, b, kind in draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True)) if pairs else []:
        edges.append(Edge(kind, a, b, time=draw(TIMES), certainty="declared"))
    edges.sort(
        key=lambda e: (int(e.source.split(":")[1]), int(e.target.split(":")[1]), e.kind, e.event_type or "")
    )  # fmt: skip
    reached = {node.ref: draw(st.sampled_from(["certain", "possible", "pending"])) for node in nodes}
    refs = [context.ref for context in contexts]
    chances = st.sets(st.sampled_from(refs)) if refs else st.just(set[str]())
    within = {node.ref: tuple(sorted(draw(chances))) for node in nodes}
    if len(refs) == 2 and draw(st.booleans()):
        within[refs[0]] = (refs[1],)
    return Lineage(
        starts=(nodes[0].ref,),
        direction=draw(st.sampled_from(["upstream", "downstream", "both"])),
        nodes=tuple(nodes),
        edges=tuple(edges),
        hops={node.ref: draw(st.integers(0, 5)) for node in nodes},
        certificate=Certificate(
            nodes=len(nodes),
            edges=len(edges),
            possible_edges=sum(e.possible for e in edges),
            walked_at=1_700_000_000_000,
            store="embedded:x",
            cut=draw(st.sampled_from([(), (Cut(CutReason.HOPS, 3, ("artifact:1",)),)])),
            gaps=draw(st.sampled_from([(), (Gap(GapKind.RUNNING, ("execution:11",)),)])),
            possible_nodes=sum(how == "possible" for how in reached.values()),
            pending_nodes=sum(how == "pending" for how in reached.values()),
            frontier=tuple(edges[:1]),
        ),
        contexts=tuple(contexts),
        memberships={ref: own for ref, own in within.items() if own},
        types=draw(st.sampled_from([(), _TYPES])),
        pending=frozenset(ref for ref, how in reached.items() if how == "pending"),
        only_possible=frozenset(ref for ref, how in reached.items() if how == "possible"),
    )


_LINKS = (
    ("INPUT", "INPUT"),
    ("INPUT", "DECLARED_INPUT"),
    ("POSSIBLE_INPUT", "INPUT"),
    ("OUTPUT", "OUTPUT"),
    ("PENDING_OUTPUT", "PENDING_OUTPUT"),
)
_TYPES = (  # by key, as in every trace
    ContextType(name="Run", id=32, source="mlmd/x", version="2"),
    ArtifactType(name="Dataset", id=31, properties={"x": PropertyKind.INT, "s": PropertyKind.STRUCT}, description="d"),
    ExecutionType(name="Train", id=33, signature="{}"),
)


def exact(value: Any) -> Any:
    """A value in a form in which only what is the same is equal: 1, 1.0 and True differ, NaN equals NaN."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__, [(f.name, exact(getattr(value, f.name))) for f in dataclasses.fields(value)]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return sorted((key, exact(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return type(value).__name__, [exact(item) for item in value]
    return type(value).__name__, repr(value)


def sample() -> Lineage:
    """A small lineage with one of everything: a dataset, a training, a model, a run, a possible input."""
    data = Artifact(
        id=1, type="Dataset", key="k/data", name="surface/3", family="surface", version="3", uri="s3://plant/surface",
        digest="sha256:ab", custom_properties={"rows": 12, "config": Struct.of({"lr": [0.1]}), "share": 0.5},
    )  # fmt: skip
    maybe = Artifact(id=2, type="Dataset", key="k/maybe", custom_properties={"rows": 1.5})
    model = Artifact(
        id=4, type="Model", key="k/model", name="inspector/7", properties={"accuracy": 0.97, "any": Proto("t", b"\0")}
    )
    train = Execution(
        id=3, type="Train", key="k/train", state=ExecutionState.COMPLETE, started_at=1_000, ended_at=2_000,
        custom_properties={"param_depth": 8},
    )  # fmt: skip
    run = Context(id=5, type="Run", key="k/run", name="inspection/1", custom_properties={"by": "me"})
    edges = (
        Edge("INPUT", data.ref, train.ref, "INPUT", 1_000, ("examples", 0), "observed", "me", 3_000),
        Edge("POSSIBLE_INPUT", maybe.ref, train.ref, "INPUT", certainty="inferred"),
        Edge("OUTPUT", train.ref, model.ref, "OUTPUT", 2_000, certainty="observed"),
    )
    nodes = (model, train, data, maybe)
    return Lineage(
        starts=(model.ref,),
        direction="upstream",
        nodes=nodes,
        edges=edges,
        hops={model.ref: 0, train.ref: 1, data.ref: 2, maybe.ref: 2},
        certificate=Certificate(
            nodes=4,
            edges=3,
            possible_edges=1,
            walked_at=9_000,
            store="embedded:x",
            possible_nodes=1,
            frontier=edges[1:2],
        ),
        contexts=(run,),
        memberships={train.ref: (run.ref,), model.ref: (run.ref,)},
        types=_TYPES,
        only_possible=frozenset((maybe.ref,)),
    )


def nested() -> Lineage:
    """The same, whose run belongs to a context itself, as in all that came from one source."""
    lineage = sample()
    pipeline = Context(id=6, type="Pipeline", key="k/pipeline", name="inspection")
    return dataclasses.replace(
        lineage,
        contexts=(*lineage.contexts, pipeline),
        memberships={**lineage.memberships, "context:5": (pipeline.ref,)},
    )
