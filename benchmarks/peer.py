"""ML Metadata as a measured subject: `python -m benchmarks.peer FILE` in the peer's own environment (see `worker`).

SQLite in process, as its makers recommend for one machine. The methods are those of `ours`.
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from typing import Any

# Installed in an environment of its own, where this module runs.
from ml_metadata.metadata_store import metadata_store  # type: ignore[import-not-found] # pyright: ignore[reportMissingImports]
from ml_metadata.proto import metadata_store_pb2 as mlpb  # type: ignore[import-not-found] # pyright: ignore[reportMissingImports]

from benchmarks import shape
from benchmarks.worker import peak_memory, serve

BATCH = 1_000  # executions of one round of bulk calls
BARE = ["artifacts", "executions", "events"]
_KINDS = {int: mlpb.INT, float: mlpb.DOUBLE, str: mlpb.STRING}
_UPSTREAM = mlpb.LineageSubgraphQueryOptions.Direction.UPSTREAM
_DOWNSTREAM = mlpb.LineageSubgraphQueryOptions.Direction.DOWNSTREAM


class Peer:
    """One open store."""

    def __init__(self, file: str) -> None:
        config = mlpb.ConnectionConfig()
        config.sqlite.filename_uri = file
        config.sqlite.connection_mode = mlpb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        config.retry_options.max_num_retries = 1_000  # a writer that gives up would lose its execution
        started = time.perf_counter()
        self.store = metadata_store.MetadataStore(config)
        self.opened = time.perf_counter() - started
        self._types: dict[str, int] = {}
        self._made: dict[str, int] = {}  # ids of artifacts by name
        self._contexts: dict[str, int] = {}

    # -- writing ----------------------------------------------------------------------------------------------

    def ready(self) -> dict[str, float]:
        """How long opening took."""
        return {"seconds": self.opened}

    def types(self) -> None:
        """Put the types of all graphs."""
        declared = {name: _KINDS[kind] for name, kind in shape.DECLARED.items()}
        for name in shape.EXECUTION_TYPES:
            self._types[name] = self.store.put_execution_type(mlpb.ExecutionType(name=name, properties=declared))
        for name in shape.ARTIFACT_TYPES:
            self._types[name] = self.store.put_artifact_type(mlpb.ArtifactType(name=name, properties=declared))
        for name in ("Pipeline", "Run"):
            self._types[name] = self.store.put_context_type(mlpb.ContextType(name=name))

    def load(self, graph: str, size: int, seed: int) -> dict[str, float]:
        """Bulk load by the calls that take many: the fastest of its ways."""
        before = peak_memory()
        started = time.perf_counter()
        steps = shape.graph(graph, size, seed)
        while batch := list(islice(steps, BATCH)):
            self._load(batch)
        return {"seconds": time.perf_counter() - started, "memory": peak_memory(), "memory_before": before}

    def _load(self, batch: list[shape.Step]) -> None:
        things = [thing for step in batch for thing in step.outputs]
        for thing, made in zip(things, self.store.put_artifacts(list(map(self._artifact, things))), strict=True):
            self._made[thing.name] = made
        executions = self.store.put_executions(list(map(self._execution, batch)))
        names = {
            name: kind for step in batch for kind, name in (("Pipeline", step.pipeline), ("Run", step.run))
            if name not in self._contexts
        }  # fmt: skip
        if names:
            new = [mlpb.Context(type_id=self._types[kind], name=name) for name, kind in names.items()]
            self._contexts |= zip(names, self.store.put_contexts(new), strict=True)
        events: list[Any] = []
        attributions: list[Any] = []
        associations: list[Any] = []
        for step, execution in zip(batch, executions, strict=True):
            events += [_event(mlpb.Event.INPUT, self._made[name], execution) for _, name in step.inputs]
            events += [_event(mlpb.Event.OUTPUT, self._made[thing.name], execution) for thing in step.outputs]
            for name in (step.pipeline, step.run):
                context = self._contexts[name]
                associations.append(mlpb.Association(execution_id=execution, context_id=context))
                attributions += [
                    mlpb.Attribution(artifact_id=self._made[thing.name], context_id=context) for thing in step.outputs
                ]
        self.store.put_events(events)
        self.store.put_attributions_and_associations(attributions, associations)

    def write(self, pipeline: str, first: int, count: int, seed: int) -> dict[str, Any]:
        """Executions of one pipeline, one transaction each: the seconds of each call, and when the first one began."""
        taken: list[float] = []
        begin = time.time()
        for step in islice(shape.pipeline(pipeline, first + count, seed), first, None):
            inputs = [self._id(kind, name) for kind, name in step.inputs]
            execution = self._execution(step)
            pairs = [(mlpb.Artifact(id=made), mlpb.Event(type=mlpb.Event.INPUT)) for made in inputs]
            pairs = [(self.store.get_artifacts_by_id([a.id])[0], event) for a, event in pairs]
            pairs += [(self._artifact(thing), mlpb.Event(type=mlpb.Event.OUTPUT)) for thing in step.outputs]
            contexts = [
                mlpb.Context(type_id=self._types[kind], name=name)
                for kind, name in (("Pipeline", step.pipeline), ("Run", step.run))
            ]
            started = time.perf_counter()
            _, artifacts, _ = self.store.put_execution(execution, pairs, contexts, reuse_context_if_already_exist=True)
            taken.append(time.perf_counter() - started)
            for thing, made in zip(step.outputs, artifacts[len(inputs) :], strict=True):
                self._made[thing.name] = made
        return {"taken": taken, "begin": begin, "end": time.time()}

    def kept(self, pipeline: str) -> dict[str, int]:
        """How many executions and inputs of one pipeline are in the store."""
        context = self.store.get_context_by_type_and_name("Pipeline", pipeline)
        executions = [execution.id for execution in self.store.get_executions_by_context(context.id)]
        events = self.store.get_events_by_execution_ids(executions)
        return {"executions": len(executions), "inputs": sum(e.type == mlpb.Event.INPUT for e in events)}

    def _execution(self, step: shape.Step) -> Any:
        node = mlpb.Execution(type_id=self._types[step.type], name=step.name, last_known_state=mlpb.Execution.COMPLETE)
        _set(node.properties, step.declared)
        _set(node.custom_properties, step.custom)
        return node

    def _artifact(self, thing: shape.Thing) -> Any:
        node = mlpb.Artifact(type_id=self._types[thing.type], name=thing.name, uri=thing.uri)
        _set(node.properties, thing.declared)
        _set(node.custom_properties, thing.custom)
        return node

    def _id(self, kind: str, name: str) -> int:
        if name not in self._made:
            self._made[name] = self.store.get_artifact_by_type_and_name(kind, name).id
        return self._made[name]

    # -- reading ----------------------------------------------------------------------------------------------

    def _lineage(self, start: int, hops: int, direction: Any, paths: list[str] | None) -> Any:
        options = mlpb.LineageSubgraphQueryOptions(max_num_hops=hops, direction=direction)
        options.starting_artifacts.filter_query = f"id = {start}"
        return self.store.get_lineage_subgraph(options, paths)

    def _named(self, name: str) -> int:
        if name not in self._made:
            for kind in shape.ARTIFACT_TYPES:
                found = self.store.get_artifact_by_type_and_name(kind, name)
                if found is not None:
                    self._made[name] = found.id
        return self._made[name]

    def upstream(self, name: str, hops: int, details: bool) -> dict[str, float]:
        """All within some hops, with or without contexts and types."""
        start = self._named(name)
        started = time.perf_counter()
        found = self._lineage(start, hops, _UPSTREAM, None if details else BARE)
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "nodes": len(found.artifacts) + len(found.executions), "edges": len(found.events)}

    def ancestry(self, name: str) -> dict[str, float]:
        """Everything upstream: it goes at most 100 hops at once, so the calls are stitched at the farthest artifact."""
        frontier: list[int] = [self._named(name)]
        nodes: set[tuple[str, int]] = set()
        events: set[tuple[int, int, int]] = set()
        calls = 0
        started = time.perf_counter()
        while frontier:
            found = self._lineage(frontier.pop(), 100, _UPSTREAM, BARE)
            calls += 1
            nodes |= {("artifact", node.id) for node in found.artifacts}
            nodes |= {("execution", node.id) for node in found.executions}
            events |= {(event.artifact_id, event.execution_id, event.type) for event in found.events}
            made = {event.artifact_id for event in found.events if event.type == mlpb.Event.OUTPUT}
            if len(found.executions) >= 50:
                frontier += [node.id for node in found.artifacts if node.id not in made]
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "nodes": len(nodes), "edges": len(events), "calls": calls}

    def contexts(self, name: str) -> dict[str, float]:
        """The contexts of one artifact."""
        start = self._named(name)
        started = time.perf_counter()
        found = self.store.get_contexts_by_artifact(start)
        return {"seconds": time.perf_counter() - started, "contexts": len(found)}

    def hub_ids(self) -> dict[str, float]:
        """Every id that the hub's change reaches: the skeleton, without details of the nodes."""
        start = self._named("hub/0")
        before = peak_memory()
        started = time.perf_counter()
        found = self._lineage(start, 2, _DOWNSTREAM, ["events"])
        artifacts = {event.artifact_id for event in found.events}
        executions = {event.execution_id for event in found.events}
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "nodes": len(artifacts) + len(executions), "grown": peak_memory() - before}


def _event(kind: Any, artifact: int, execution: int) -> Any:
    return mlpb.Event(type=kind, artifact_id=artifact, execution_id=execution)


def _set(where: Any, values: shape.Properties) -> None:
    for name, value in values.items():
        if isinstance(value, int):
            where[name].int_value = value
        elif isinstance(value, float):
            where[name].double_value = value
        else:
            where[name].string_value = value


if __name__ == "__main__":
    serve(Peer(sys.argv[1]))
