"""Six answers about a model, each of which may be "not recorded", with what to record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from provgraph.errors import InvalidValueError
from provgraph.interop.plain import plain_value
from provgraph.model import Artifact, Context, Execution, ExecutionState, JsonValue, Node, NodeKind
from provgraph.store.core import StoreCore
from provgraph.store.reader import Condition, Query
from provgraph.tracing.certificate import Certificate, Cut, CutReason
from provgraph.tracing.deployments import Deployment, deployments_of, is_deployment
from provgraph.tracing.equals import equal_to, one_of_each
from provgraph.tracing.lineage import Lineage, node_to_json
from provgraph.tracing.roles import Roles
from provgraph.tracing.trace import TraceOptions, trace

__all__ = ["Answer", "Explanation", "explain"]

_PARAMETER: Final = "param_"
_CODE: Final = ("git_commit", "git_branch", "git_dirty", "command", "python")
_NOT_PARAMETERS: Final = frozenset(
    {
        *(*_CODE, "packages", "host", "user", "error_type", "error_message", "error_traceback", "simulated"),
        # what TFX keeps beside a component's own arguments
        *("pipeline_name", "pipeline_root", "run_id", "state", "component_id", "tfx_version"),
    }
)
_POSSIBLY: Final = "only possibly"
_NOTHING: Final = ("", "None", "null")
# Properties by which other recorders of this field tell versions and code.
_OTHER_CODE: Final = (
    "tfx_version",
    "pipeline_version",
    "checksum_md5",
    "code_version",
    "git_sha",
    "image",
    "module_file",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer.

    Attributes:
        question: in the words of the person who asks.
        text: the answer in one line; "not recorded" where the records do not hold it.
        known: whether the records hold it.
        nodes: the nodes that it is about, most important first.
        possible: those of the nodes that only possible links reach: to that extent the answer may be wrong.
        details: names and values to show beside it.
        advice: what to record, or to look at, where it is not known.
    """

    question: str
    text: str
    known: bool
    nodes: tuple[Node, ...] = ()
    possible: tuple[Node, ...] = ()
    details: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    advice: str = ""

    def to_json(self) -> dict[str, object]:
        """As plain values, for `json.dumps`."""
        return {
            "question": self.question,
            "answer": self.text,
            "known": self.known,
            "nodes": [node_to_json(node) for node in self.nodes],
            "possible": [node.ref for node in self.possible],
            "details": dict(self.details),
            "advice": self.advice,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What the records say about a model.

    Attributes:
        model: the artifact.
        producer: the execution that made it; None where not recorded.
        producer_possible: whether only possible links say that it did; the answers that rest on it are marked then.
        data, hyperparameters, pipeline, versions, failure, deployment: the six answers.
        certificate: of the walk upstream that they rest on; it also tells the possible links downstream that the answer
            about deployments rests on, or leaves out.
    """

    model: Artifact
    producer: Execution | None
    producer_possible: bool
    data: Answer
    hyperparameters: Answer
    pipeline: Answer
    versions: Answer
    failure: Answer
    deployment: Answer
    certificate: Certificate

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All six, in the order in which people ask."""
        return (self.data, self.hyperparameters, self.pipeline, self.versions, self.failure, self.deployment)

    def to_json(self) -> dict[str, object]:
        """As plain values, for `json.dumps`."""
        return {
            "model": node_to_json(self.model),
            "producer": node_to_json(self.producer) if self.producer else None,
            "producer_possible": self.producer_possible,
            "answers": [answer.to_json() for answer in self.answers],
            "certificate": self.certificate.to_json(),
        }


def explain(core: StoreCore, model: Node, *, certain_only: bool = False) -> Explanation:
    """The six answers about `model`, without what only possible links reach if `certain_only`.

    Raises:
        InvalidValueError: it is no artifact.
    """
    if not isinstance(model, Artifact):
        raise InvalidValueError(f"{model.ref} is no artifact: name a model")
    roles = Roles.of(core.reader.types())
    options = TraceOptions(certain_only=certain_only)
    upstream = trace(core, [model], "upstream", options)
    producer = _producer(upstream, model, "OUTPUT")
    maybe = None if producer else _producer(upstream, model, "POSSIBLE_OUTPUT")
    producer = producer or maybe
    contexts = upstream.contexts_of(producer) if producer else upstream.contexts_of(model)
    family = _family(core, model)
    downstream = trace(core, family, "downstream", options)

    def resting(answer: Answer) -> Answer:
        """An answer that rests on who made the model."""
        return _possibly(answer) if maybe else answer

    return Explanation(
        model=model,
        producer=producer,
        producer_possible=maybe is not None,
        data=_data(upstream, model, roles),
        hyperparameters=resting(_hyperparameters(producer)),
        pipeline=resting(_pipeline(contexts, roles)),
        versions=resting(_versions(producer, model)),
        failure=resting(_failure(core, contexts, roles)),
        deployment=_deployment(core, model, roles, family, downstream),
        certificate=_with_possible(upstream.certificate, downstream.certificate),
    )


def _possibly(answer: Answer) -> Answer:
    return replace(answer, text=f"{answer.text} ({_POSSIBLY})", possible=answer.nodes) if answer.nodes else answer


def _producer(upstream: Lineage, model: Artifact, link: str) -> Execution | None:
    """Who made the model, by links of one kind: of several executions (a cached one puts it out again) the first."""
    records = [model.ref]  # of the same thing: another tool's, or what a registered version was made of
    for ref in records:
        records += (e.source for e in upstream.incoming.get(ref, ()) if e.kind == "SAME_AS" and e.source not in records)
    edges = (e for ref in records for e in upstream.incoming.get(ref, ()))
    makers = [upstream.by_ref[e.source] for e in edges if e.kind == link]
    executions = [node for node in makers if isinstance(node, Execution)]
    original = [e for e in executions if e.state is not ExecutionState.CACHED] or executions
    return min(original, key=lambda e: (e.started_at or e.created_at or 0, e.id), default=None)


def _data(upstream: Lineage, model: Artifact, roles: Roles) -> Answer:
    question = "Which data was it trained on?"
    nearest = _nearest(upstream, model, roles)
    certain = _nearest(upstream, model, roles, certain_only=True)
    doubtful = upstream.only_possible | {node.ref for node in nearest if node not in certain}
    if not nearest:
        advice = 'declare what the training reads: step.input("data.parquet", type="Dataset")'
        return Answer(question=question, text="not recorded", known=False, advice=advice)
    every = _raw(upstream, model, roles)
    other = one_of_each(upstream, (node.ref for node in every), known=(node.ref for node in nearest))
    raw = [node for node in every if node.ref in other]
    possible = tuple(node for node in (*nearest, *raw) if node.ref in doubtful)
    text = _listed(nearest, doubtful)
    if raw:
        text += f", made from {_counted(raw, doubtful)}"
    details: dict[str, JsonValue] = {"datasets": [n.label for n in nearest], "raw": [n.label for n in raw]}
    return Answer(question=question, text=text, known=True, nodes=(*nearest, *raw), possible=possible, details=details)


def _nearest(upstream: Lineage, model: Artifact, roles: Roles, *, certain_only: bool = False) -> list[Artifact]:
    """The datasets met first on each way up; where no type is known as data, what the producer took in.

    Data that stands farther up for certain can be met earlier by a possible link: that it was trained on is possible.
    """
    found: list[Artifact] = []
    seen = {model.ref}
    level = [model.ref]
    while level:
        following: list[str] = []
        for ref in level:
            for edge in upstream.incoming.get(ref, ()):
                node = upstream.by_ref[edge.source]
                if edge.pending or node.ref in seen or (certain_only and edge.possible):
                    continue
                seen.add(node.ref)
                if isinstance(node, Artifact) and roles.is_a(node, "dataset"):
                    found.append(node)
                else:
                    following.append(node.ref)
        level = following
    if found:
        found.sort(key=lambda n: (upstream.hops[n.ref], n.id))
        first = one_of_each(upstream, (n.ref for n in found))
        return [n for n in found if n.ref in first]
    beyond = upstream.only_possible if certain_only else ()
    direct = [
        n
        for n in upstream.artifacts
        if upstream.hops[n.ref] == 2 and n.ref not in beyond and not roles.is_a(n, "model")
    ]
    return sorted(direct, key=lambda n: n.id)


def _raw(upstream: Lineage, model: Artifact, roles: Roles) -> list[Artifact]:
    """The data that no other data stands behind: captures. Where no type is known as data, what nothing made."""
    data = [node for node in upstream.artifacts if roles.is_a(node, "dataset") and node.ref != model.ref]
    if not data:
        return [node for node in upstream.artifacts if not upstream.incoming.get(node.ref) and node.ref != model.ref]
    below: set[str] = set()
    every = {ref for node in data for ref in equal_to(upstream, node.ref)}
    made = (edge for ref in every for edge in upstream.outgoing.get(ref, ()) if edge.kind != "SAME_AS")
    stack = [edge.target for edge in made if not edge.pending]
    while stack:
        ref = stack.pop()
        if ref not in below:
            below.add(ref)
            stack += [edge.target for edge in upstream.outgoing.get(ref, ()) if not edge.pending]
    return sorted((node for node in data if node.ref not in below), key=lambda node: node.id)


def _listed(nodes: Sequence[Node], possible: Collection[str], most: int = 3) -> str:
    names = ", ".join(node.label + (f" ({_POSSIBLY})" if node.ref in possible else "") for node in nodes[:most])
    return f"{names} and {len(nodes) - most} more" if len(nodes) > most else names


def _counted(nodes: Sequence[Node], possible: Collection[str]) -> str:
    by_type: dict[str, list[Node]] = {}
    for node in nodes:
        by_type.setdefault(node.type, []).append(node)
    words: list[str] = []
    for name, alike in sorted(by_type.items()):
        doubtful = sum(node.ref in possible for node in alike)
        words.append(f"{len(alike)} {name}" + (f" ({doubtful} {_POSSIBLY})" if doubtful else ""))
    return ", ".join(words)


def _plain(pairs: Iterable[tuple[str, object]]) -> dict[str, JsonValue]:
    return {name: plain_value(value) for name, value in pairs}  # type: ignore[arg-type]


def _hyperparameters(producer: Execution | None) -> Answer:
    question = "With which hyperparameters?"
    advice = 'pass them to the step: graph.execution("Train", parameters={"depth": 8})'
    found: dict[str, JsonValue] = {}
    if producer is not None:
        custom = producer.custom_properties
        found = _plain((n[len(_PARAMETER) :], v) for n, v in sorted(custom.items()) if n.startswith(_PARAMETER))
        if not found and "recording" not in custom:  # other recorders keep them as plain properties of the execution
            every = {**custom, **producer.properties}
            found = _plain((n, v) for n, v in sorted(every.items()) if n not in _NOT_PARAMETERS and v not in _NOTHING)
    if not found or producer is None:
        return Answer(question=question, text="not recorded", known=False, advice=advice)
    text = ", ".join(f"{name} = {_short(value)}" for name, value in list(found.items())[:4])
    if len(found) > 4:
        text += f" and {len(found) - 4} more"
    return Answer(question=question, text=text, known=True, nodes=(producer,), details=found)


def _short(value: JsonValue) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _pipeline(contexts: Sequence[Context], roles: Roles) -> Answer:
    question = "Which pipeline and run made it?"
    pipelines = [c for c in contexts if roles.is_a(c, "pipeline")]
    runs = [c for c in contexts if roles.is_a(c, "run")]
    if not pipelines and not runs:
        advice = 'name them: graph.execution("Train", pipeline="inspection", run="2026-11-24")'
        return Answer(question=question, text="not recorded", known=False, advice=advice)
    words = [f"{c.label}" for c in pipelines] + [f"run {c.label}" for c in runs]
    details: dict[str, JsonValue] = {
        "pipeline": ", ".join(c.label for c in pipelines) or None,
        "run": ", ".join(c.label for c in runs) or None,
    }
    return Answer(question=question, text=", ".join(words), known=True, nodes=(*pipelines, *runs), details=details)


def _versions(producer: Execution | None, model: Artifact) -> Answer:
    question = "With which library versions and code?"
    advice = "record with graph.execution(...): it takes Git commit, Python and library versions by itself"
    found: dict[str, JsonValue] = {}
    for node in (producer, model):
        if node is not None:
            for name in (*_CODE, "packages", *_OTHER_CODE):
                value = node.get(name)
                if value is not None and value not in _NOTHING:
                    found.setdefault(name, plain_value(value))
    if not found:
        return Answer(question=question, text="not recorded", known=False, advice=advice)
    words: list[str] = []
    if commit := found.get("git_commit"):
        words.append(
            f"commit {str(commit)[:10]}" + (" with uncommitted changes" if _is_true(found.get("git_dirty")) else "")
        )
    if python := found.get("python"):
        words.append(f"Python {python}")
    packages = found.get("packages")
    if isinstance(packages, dict):
        words.append(f"{len(packages)} libraries")
    words += [f"{name} {_short(found[name])}" for name in _OTHER_CODE if name in found]
    nodes = (producer,) if producer else (model,)
    return Answer(question=question, text=", ".join(words) or "recorded", known=True, nodes=nodes, details=found)


def _is_true(value: JsonValue) -> bool:
    """Whether a source says yes, by a truth value, a number or a text."""
    return str(value).strip().lower() in {"true", "yes", "1", "1.0"}


def _failure(core: StoreCore, contexts: Sequence[Context], roles: Roles) -> Answer:
    question = "What made its pipeline's last failure fail?"
    groups = [c for c in contexts if roles.is_a(c, "pipeline")] or [c for c in contexts if roles.is_a(c, "run")]
    if not groups:
        advice = "without a pipeline nobody can tell which failures are its own: name it when recording"
        return Answer(question=question, text="not recorded", known=False, advice=advice)
    failed: dict[int, Execution] = {}
    for group in groups:
        query = Query(state=ExecutionState.FAILED.name, context=group.id)
        for node in core.reader.find(NodeKind.EXECUTION, query):
            if isinstance(node, Execution):
                failed[node.id] = node
    if not failed:
        return Answer(question=question, text="no failure is recorded", known=True, nodes=tuple(groups))
    last = max(failed.values(), key=lambda e: (e.ended_at or e.updated_at or e.recorded_at or 0, e.id))
    kind, message = last.get("error_type"), last.get("error_message")
    details: dict[str, JsonValue] = {
        "step": last.label,
        "type": last.type,
        "error": f"{kind}: {message}" if kind and message else str(kind or message) if kind or message else None,
        "failures": len(failed),
    }
    if trail := last.get("error_traceback"):
        details["traceback"] = plain_value(trail)
    if not details["error"]:
        advice = "the step failed, but its error was not recorded: graph.execution(...) takes it by itself"
        text = f"{last.type} {last.label} failed; why is not recorded"
        return Answer(question=question, text=text, known=False, nodes=(last,), details=details, advice=advice)
    first_line = str(details["error"]).partition("\n")[0]
    text = f"{last.type}: {first_line}"
    return Answer(question=question, text=text, known=True, nodes=(last,), details=details)


def _with_possible(upstream: Certificate, downstream: Certificate) -> Certificate:
    """The certificate of the walk upstream, which tells the possible links of the other one, too."""
    cuts = {cut.reason: cut for cut in upstream.cut}
    for cut in downstream.cut:
        if cut.reason is CutReason.POSSIBLE:
            own = cuts.get(cut.reason, Cut(cut.reason, 0))
            cuts[cut.reason] = Cut(cut.reason, own.count + cut.count, tuple(dict.fromkeys((*own.at, *cut.at))))
    frontier = tuple(dict.fromkeys((*upstream.frontier, *downstream.frontier)))
    return replace(upstream, cut=tuple(cuts.values()), frontier=frontier)


def _deployment(core: StoreCore, model: Artifact, roles: Roles, family: Sequence[Node], downstream: Lineage) -> Answer:
    question = "Which version was deployed last, and where?"
    makes_something = {ref: any(not e.pending for e in edges) for ref, edges in downstream.outgoing.items()}
    nodes = [
        n for n in downstream.nodes if is_deployment(n, roles, makes_something) and n.ref not in downstream.pending
    ]
    deployments = deployments_of(core, nodes, roles)
    if not deployments:
        advice = 'record it: graph.execution("Deploy") with the model as input and a "Deployment" as output'
        return Answer(question=question, text="not recorded", known=False, advice=advice)
    versions = {d.node.ref: _version_of(downstream, d.node.ref, {m.ref for m in family}) for d in deployments}
    last = max(deployments, key=lambda d: (d.since or 0, d.node.id))
    ref = versions[last.node.ref]
    version = downstream.by_ref[ref] if ref else None
    where = ", ".join(c.label for c in last.endpoints) or "an endpoint that is not recorded"
    text = f"{version.label if version else last.node.label} to {where}"
    if last.node.ref in downstream.only_possible:
        text += f" ({_POSSIBLY})"
    live = [d for d in deployments if d.live]
    own_live = [d for d in live if versions[d.node.ref] == model.ref]
    details: dict[str, JsonValue] = {
        "last": text,
        "since": last.since,
        "live": [_deployed(d, downstream, versions) for d in live],
        "this_version_live": bool(own_live) if any(d.live is not None for d in deployments) else None,
    }
    about: list[Node] = [last.node, *(d.node for d in live if d is not last)]
    possible = tuple(node for node in about if node.ref in downstream.only_possible)
    return Answer(question=question, text=text, known=True, nodes=tuple(about), possible=possible, details=details)


def _deployed(deployment: Deployment, downstream: Lineage, versions: Mapping[str, str | None]) -> str:
    ref = versions[deployment.node.ref]
    name = downstream.by_ref[ref].label if ref else deployment.node.label
    text = f"{name} at {', '.join(c.label for c in deployment.endpoints)}"
    return f"{text} ({_POSSIBLY})" if deployment.node.ref in downstream.only_possible else text


def _family(core: StoreCore, model: Artifact) -> list[Node]:
    """All versions of the model, itself among them."""
    found: dict[int, Node] = {model.id: model}
    if model.family:
        query = Query(type=model.type, where=(Condition("family", "=", model.family),))
        for node in core.reader.find(NodeKind.ARTIFACT, query):
            if node.source == model.source:
                found[node.id] = node
    return [found[i] for i in sorted(found)]


def _version_of(downstream: Lineage, ref: str, models: set[str]) -> str | None:
    """The version nearest above a deployment; one that certain links lead to goes before the others."""
    for possible in (False, True):
        level, seen = [ref], {ref}
        while level:
            hits = sorted(r for r in level if r in models)
            if hits:
                return hits[0]
            edges = [
                e
                for r in level
                for e in downstream.incoming.get(r, ())
                if not e.pending and (possible or not e.possible)
            ]
            level = [e.source for e in edges if e.source not in seen]
            seen.update(level)
    return None
