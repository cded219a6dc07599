"""provgraph as a measured subject: `python -m benchmarks.ours URL`, asked over pipes (see `worker`)."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, LiteralString
from urllib.parse import urlsplit

import provgraph
from benchmarks import shape
from benchmarks.processors import own_time, server_at, time_of
from benchmarks.worker import peak_memory, serve
from provgraph import (
    Artifact,
    ArtifactType,
    Association,
    Attribution,
    Context,
    ContextType,
    Event,
    EventType,
    Execution,
    ExecutionState,
    ExecutionType,
    Graph,
    PropertyKind,
    Records,
)
from provgraph.engines.url import open_engine
from provgraph.loading import Loader, LoadOptions, LoadReport
from provgraph.model import NodeKind
from provgraph.store.bolt import BoltStore
from provgraph.store.cypher.overview import REACH
from provgraph.store.cypher.trace import BOUNDS, COUNT, IDS, Way, trace_statement

BATCH = 1_000  # executions of one transaction
_KINDS = {int: PropertyKind.INT, float: PropertyKind.DOUBLE, str: PropertyKind.STRING}


class Ours:
    """One open store."""

    def __init__(self, url: str) -> None:
        started = time.perf_counter()
        self.graph: Graph = provgraph.connect(url, strict=True, start_message=lambda _: None)
        self.opened = time.perf_counter() - started
        self._url = url
        self._roots: dict[str, Artifact] = {}

    # -- writing ----------------------------------------------------------------------------------------------

    def ready(self) -> dict[str, float]:
        """How long opening took."""
        return {"seconds": self.opened}

    def types(self) -> None:
        """Put the types of all graphs."""
        declared = {name: _KINDS[kind] for name, kind in shape.DECLARED.items()}
        self.graph.put_types([ExecutionType(name=name, properties=declared) for name in shape.EXECUTION_TYPES])
        self.graph.put_types([ArtifactType(name=name, properties=declared) for name in shape.ARTIFACT_TYPES])
        self.graph.put_types([ContextType(name="Pipeline"), ContextType(name="Run")])

    def load(self, graph: str, size: int, seed: int) -> dict[str, float]:
        """Bulk load through the public API: as a loader, whose next records are made while the last are written."""
        before = peak_memory()
        started = time.perf_counter()
        self.graph.load(graph, Generated(shape.graph(graph, size, seed)), stitch=False)
        return {"seconds": time.perf_counter() - started, "memory": peak_memory(), "memory_before": before}

    def load_steps(self, size: int, seed: int, prefix: str) -> dict[str, float]:
        """Bulk load of pipelines whose names begin with `prefix`."""
        return self._measured("pipelines", Generated(shape.steps(size, seed, prefix)))

    def load_source(self, source: str, loader: str) -> dict[str, float]:
        """Load a file as another tool's records."""
        return self._measured(source, loader)

    def _measured(self, source: str, loader: str | Loader) -> dict[str, float]:
        server = server_at(urlsplit(open_engine(self._url).address().uri).port or 7687)
        own, theirs, started = own_time(), time_of(server), time.perf_counter()
        report = self.graph.load(source, loader, stitch=False)
        seconds = time.perf_counter() - started
        links = sum(report.created[kind] for kind in ("INPUT", "OUTPUT", "POSSIBLE_INPUT", "POSSIBLE_OUTPUT"))
        return {
            "seconds": seconds,
            "client": own_time() - own,
            "server": time_of(server) - theirs,
            "links": links,
            "memory": peak_memory(),
        }

    def write(self, pipeline: str, first: int, count: int, seed: int) -> dict[str, Any]:
        """Executions of one pipeline, one transaction each: the seconds of each call, and when the first one began."""
        taken: list[float] = []
        begin = time.time()
        for step in islice(shape.pipeline(pipeline, first + count, seed), first, None):
            execution = _execution(step)
            outputs = [_artifact(thing) for thing in step.outputs]
            contexts = [_context("Pipeline", step.pipeline), _context("Run", step.run)]
            events = list(_events(step))
            started = time.perf_counter()
            self.graph.put_execution(execution, artifacts=outputs, events=events, contexts=contexts)
            taken.append(time.perf_counter() - started)
        return {"taken": taken, "begin": begin, "end": time.time()}

    def kept(self, pipeline: str) -> dict[str, int]:
        """How many executions and links of one pipeline are in the store."""
        context = self.graph.get(f"context/{pipeline}")
        executions = list(self.graph.find(kind="execution", context=context))
        inputs = sum(len(self.graph.inputs(node)) for node in executions)
        return {"executions": len(executions), "inputs": inputs}

    # -- reading ----------------------------------------------------------------------------------------------

    def _root(self, name: str) -> Artifact:
        if name not in self._roots:
            found = self.graph.get(f"artifact/{name}")
            assert isinstance(found, Artifact)
            self._roots[name] = found
        return self._roots[name]

    def upstream(self, name: str, hops: int, details: bool) -> dict[str, float]:
        """All within some hops, with or without contexts and types."""
        root = self._root(name)
        started = time.perf_counter()
        found = self.graph.upstream(root, max_hops=hops, with_contexts=details)
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "nodes": len(found.nodes), "edges": len(found.edges)}

    def ancestry(self, name: str) -> dict[str, float]:
        """Everything upstream, in one call."""
        root = self._root(name)
        started = time.perf_counter()
        found = self.graph.upstream(root, with_contexts=False)
        return {"seconds": time.perf_counter() - started, "nodes": len(found.nodes), "edges": len(found.edges)}

    def contexts(self, name: str) -> dict[str, float]:
        """The contexts of one artifact."""
        root = self._root(name)
        started = time.perf_counter()
        found = self.graph.contexts(root)
        return {"seconds": time.perf_counter() - started, "contexts": len(found)}

    def hub_summary(self) -> dict[str, float]:
        """What the hub's change reaches, counted."""
        root = self._root("hub/0")
        started = time.perf_counter()
        found = self.graph.impact(root)
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "nodes": sum(found.counts.values()) + sum(found.executions.values())}

    def hub_ids(self) -> dict[str, float]:
        """Every id that the hub's change reaches, chunk by chunk."""
        root = self._root("hub/0")
        before = peak_memory()
        started = time.perf_counter()
        nodes = sum(len(chunk) for chunk in self.graph.reached_ids(root))
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "nodes": nodes, "grown": peak_memory() - before}

    def explore(self, name: str) -> dict[str, float]:
        """What the dashboard's Explore asks of the store for its first picture."""
        root = self._root(name)
        started = time.perf_counter()
        found = self.graph.lineage(root, max_hops=3, max_nodes=400)
        shown = list(found.nodes)[:60]
        self.graph.neighbours(shown)
        self.graph.reach(root, "upstream", at_most=1_000)
        self.graph.reach(root, "downstream", at_most=1_000)
        return {"seconds": time.perf_counter() - started, "nodes": len(found.nodes)}

    def ladder(self, diamonds: int, repeat: int) -> dict[str, float]:
        """The median seconds of every traversal statement on the ladder, by the statement's name."""
        engine = open_engine(self._url)
        store = BoltStore(engine, timeout=30)
        top, bottom = self._root("ladder/0").id, self._root(f"ladder/{diamonds}").id
        found: dict[str, float] = {}
        limits: dict[str, object] = {"nodes": 1_000_000, "links": 1_000_000}
        ways: tuple[tuple[Way, int], ...] = (("downstream", top), ("upstream", bottom))
        for way, start in ways:
            for certain in (False, True):
                mark = f"{way}{', certain' if certain else ''}"
                reach = REACH[NodeKind.ARTIFACT, way, certain]
                found[f"reach {mark}"] = _median(store, reach, {"id": start, "limit": 1_000}, repeat)
                for bound in (None, max(BOUNDS)):
                    for limited in (False, True):
                        for contexts in (False, True):
                            trace = trace_statement(
                                NodeKind.ARTIFACT, way, certain, bound, limited=limited, contexts=contexts
                            )
                            what = f"trace {mark}, bound {bound}{', limited' * limited}{', contexts' * contexts}"
                            found[what] = _median(store, trace, {"ids": [start], **limits}, repeat)
                parameters: dict[str, object] = {"ids": [start], "types": ["Dataset"]}
                for what, statements in (("count", COUNT), ("ids", IDS)):
                    found[f"{what} {mark}"] = _median(
                        store, statements[NodeKind.ARTIFACT, way, certain], parameters, repeat
                    )
        store.close()
        return found


def _median(store: BoltStore, statement: LiteralString, parameters: dict[str, object], repeat: int) -> float:
    taken: list[float] = []
    for _ in range(1 + repeat):
        started = time.perf_counter()
        for _ in store.stream(statement, parameters):
            pass
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


class Generated:
    """The loader of the measured graph."""

    name = "generated"
    title = "the graph that is measured"

    def __init__(self, steps: Iterator[shape.Step]) -> None:
        self._steps = steps

    def recognises(self, source: str) -> bool:
        """Nothing: it is named where it is used."""
        del source
        return False

    def load(self, source: str, options: LoadOptions, report: LoadReport) -> Iterator[Records]:
        """The steps, a transaction for each thousand of them."""
        del source, options
        report.store = self.name
        while batch := list(islice(self._steps, BATCH)):
            records = _records(batch)
            report.read["record"] += len(records)
            yield records


def _execution(step: shape.Step) -> Execution:
    return Execution(
        key=f"execution/{step.name}",
        type=step.type,
        name=step.name,
        state=ExecutionState.COMPLETE,
        properties=step.declared,
        custom_properties=step.custom,
    )


def _artifact(thing: shape.Thing) -> Artifact:
    return Artifact(
        key=f"artifact/{thing.name}",
        type=thing.type,
        name=thing.name,
        uri=thing.uri,
        properties=thing.declared,
        custom_properties=thing.custom,
    )


def _context(type_name: str, name: str) -> Context:
    return Context(key=f"context/{name}", type=type_name, name=name)


def _events(step: shape.Step) -> Iterator[Event]:
    execution = f"execution/{step.name}"
    for _, name in step.inputs:
        yield Event(artifact=f"artifact/{name}", execution=execution, type=EventType.INPUT)
    for thing in step.outputs:
        yield Event(artifact=f"artifact/{thing.name}", execution=execution, type=EventType.OUTPUT)


def _records(batch: Iterable[shape.Step]) -> Records:
    executions: list[Execution] = []
    artifacts: list[Artifact] = []
    events: list[Event] = []
    contexts: dict[str, Context] = {}
    associations: list[Association] = []
    attributions: list[Attribution] = []
    for step in batch:
        execution = _execution(step)
        executions.append(execution)
        artifacts += [_artifact(thing) for thing in step.outputs]
        events += _events(step)
        for type_name, name in (("Pipeline", step.pipeline), ("Run", step.run)):
            key = f"context/{name}"
            if key not in contexts:
                contexts[key] = _context(type_name, name)
            associations.append(Association(execution.key, key))
            attributions += [Attribution(f"artifact/{thing.name}", key) for thing in step.outputs]
    return Records(
        executions=executions,
        artifacts=artifacts,
        contexts=list(contexts.values()),
        events=events,
        associations=associations,
        attributions=attributions,
    )


if __name__ == "__main__":
    serve(Ours(sys.argv[1]))
