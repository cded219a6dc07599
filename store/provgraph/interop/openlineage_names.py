"""What artifacts, executions and contexts are called in OpenLineage: datasets, runs and jobs.

What came from OpenLineage keeps the names it had there. Everything else is named by OpenLineage's convention: a file or
an object by where it is, a job by its pipeline and step. A version tells artifacts of one dataset apart.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote, urlsplit

from provgraph.model import Artifact, Context, Execution, Node
from provgraph.tracing.lineage import Lineage
from provgraph.tracing.roles import Roles

__all__ = ["Dataset", "Job", "Names", "Parent", "is_definition", "is_theirs"]

_OURS: Final = "provgraph"
_THEIRS: Final = "openlineage/"  # sources of what was read from OpenLineage events
_RUN_IDS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:provgraph:execution")
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_RECORDED: Final = "provgraph/Execution/"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset, and which version of it; "" for none."""

    namespace: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job: what the same step of a pipeline is, run after run."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Parent:
    """The run that a run is a part of."""

    run: str
    job: Job


def is_theirs(node: Node) -> bool:
    """Whether a node was read from OpenLineage events."""
    return node.source.startswith(_THEIRS)


def is_definition(execution: Execution) -> bool:
    """Whether it came from an event of a job without a run: what the job is declared to read and write."""
    return is_theirs(execution) and execution.type == "JobDefinition"


class Names:
    """The names of all nodes of a lineage; no two artifacts share dataset and version, and no two executions a run."""

    def __init__(self, lineage: Lineage) -> None:
        self._lineage = lineage
        self._roles = Roles.of(lineage.types)
        self._contexts = {context.ref: context for context in lineage.contexts}
        self.datasets: dict[str, Dataset] = {}
        self.runs: dict[str, str] = {}
        taken: set[object] = set()
        for artifact in sorted(lineage.artifacts, key=_theirs_first):
            dataset = _dataset(artifact)
            if dataset in taken:
                mark = hashlib.sha256(_identity(artifact).encode()).hexdigest()[:8]
                dataset = replace(dataset, version=f"{dataset.version}+{mark}")
            taken.add(dataset)
            self.datasets[artifact.ref] = dataset
        for execution in sorted(lineage.executions, key=_theirs_first):
            run = _own_run(execution)
            if run is None or run in taken:
                run = str(uuid.uuid5(_RUN_IDS, _identity(execution)))
            taken.add(run)
            self.runs[execution.ref] = run

    def job(self, execution: Execution) -> Job:
        """The job that an execution is a run of."""
        contexts = self._contexts_of(execution)
        own = self.job_context(execution)
        if own is not None:
            return _their_job(own)
        stages = [context.name for context in contexts if context.type == "Stage" and context.name]
        step = max(stages, key=len, default=execution.type)  # of a stage inside a stage, the inner one
        return Job(execution.source or _OURS, ".".join([*self._groups(contexts)[:1], step]))

    def job_context(self, execution: Execution) -> Context | None:
        """The context that holds what is known of the job; None where nobody recorded a job."""
        found = self._contexts_of(execution)
        return next((c for c in found if c.type == "Job" and is_theirs(c)), None)

    def parent(self, execution: Execution) -> Parent | None:
        """The run that an execution is a part of, by its context; None if there is none or nobody knows which."""
        contexts = self._contexts_of(execution)
        runs = [c for c in contexts if self._roles.is_a(c, "run") and c.external_id != self.runs[execution.ref]]
        if len(runs) != 1:
            return None
        [run] = runs
        if is_theirs(run) and run.external_id:
            space, _, name = (run.name or "").rpartition("@")[0].rpartition(":")
            return Parent(run.external_id, Job(unquote(space), unquote(name))) if space and name else None
        name = next(iter(self._groups(contexts)), run.name or run.type)
        return Parent(str(uuid.uuid5(_RUN_IDS, _identity(run))), Job(execution.source or _OURS, name))

    def _contexts_of(self, execution: Execution) -> list[Context]:
        refs = self._lineage.memberships.get(execution.ref, ())
        return [self._contexts[ref] for ref in refs if ref in self._contexts]

    def _groups(self, contexts: Iterable[Context]) -> list[str]:
        """The pipelines, and after them the experiments, that hold an execution."""
        pipelines = [context.name for context in contexts if self._roles.is_a(context, "pipeline") and context.name]
        return pipelines + [context.name for context in contexts if context.type == "Experiment" and context.name]


def _theirs_first(node: Node) -> tuple[bool, int]:
    return not is_theirs(node), node.id


def _identity(node: Node) -> str:
    return node.key or node.ref


def _own_run(execution: Execution) -> str | None:
    """The UUID that an execution already has."""
    if is_theirs(execution):
        text = execution.external_id or ""
    else:
        text = execution.key.rpartition("/")[2] if execution.key.startswith(_RECORDED) else ""
    return text.lower() if _UUID.fullmatch(text) else None


def _their_job(context: Context) -> Job:
    space, name = context.custom_properties.get("namespace"), context.custom_properties.get("job")
    if isinstance(space, str) and isinstance(name, str):
        return Job(space, name)
    return Job(context.source, context.label)


def _dataset(artifact: Artifact) -> Dataset:
    space, name = artifact.custom_properties.get("namespace"), artifact.custom_properties.get("dataset")
    if is_theirs(artifact) and isinstance(space, str) and isinstance(name, str):
        return Dataset(space, name, unquote(artifact.version or ""))
    version = artifact.version or artifact.digest or _identity(artifact)
    place = _place(artifact.uri) if artifact.uri else None
    if place is not None:
        return Dataset(*place, version)
    named = artifact.family or artifact.name or _identity(artifact)
    return Dataset(artifact.source or _OURS, f"{artifact.type}/{named}", version)


def _place(uri: str) -> tuple[str, str] | None:
    """Namespace and name of what lies at a URI; None if it says no place that others could find."""
    if uri.startswith("/"):
        return "file", uri
    try:
        parts = urlsplit(uri)
    except ValueError:  # no address between the slashes
        return None
    tail = f"?{parts.query}" if parts.query else ""
    if parts.scheme == "file" and parts.path:
        return (f"file://{parts.netloc}" if parts.netloc else "file"), unquote(parts.path)
    name = f"{parts.path.lstrip('/')}{tail}"
    return (f"{parts.scheme}://{parts.netloc}", name) if parts.netloc and name else None
