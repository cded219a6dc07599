"""The cases of the table, each measured on all stores in turn, so that what else the machine does meets all alike."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import shape
from benchmarks.rows import PEER, Row
from benchmarks.subjects import Subject
from benchmarks.worker import Worker

EMBEDDED: str = "embedded"
NEO4J: str = "Neo4j"
BOTH: tuple[str, ...] = (EMBEDDED, NEO4J)
MEGABYTE = 1e6
WARM = 10_000  # executions that are written before single ones count
ROUNDS = 100  # questions that are asked of a store before its answers count, where there are several


class Bench:
    """One run: the stores with a worker each, and the rows so far."""

    def __init__(self, subjects: Sequence[Subject], seed: int, repeat: int) -> None:
        self.subjects, self.seed, self.repeat = subjects, seed, repeat
        self.workers: dict[str, Worker] = {}
        self.rows: list[Row] = []
        self.raw: list[dict[str, Any]] = []
        self._written = 0

    def open(self) -> None:
        """Start a worker on each store, and put the types."""
        for subject in self.subjects:
            self.workers[subject.name] = subject.worker()
        for worker in self.workers.values():
            worker.ask("ready")
            worker.ask("types")

    def close(self) -> None:
        """End workers and servers."""
        for worker in self.workers.values():
            worker.close()
        self.workers.clear()
        for subject in self.subjects:
            subject.stop()

    def row(self, row: Row) -> Row:
        """Begin a row."""
        self.rows.append(row)
        print(f"  {row.name} ...", file=sys.stderr, flush=True)
        return row

    def _only(self, names: Sequence[str]) -> dict[str, Worker]:
        return {name: worker for name, worker in self.workers.items() if name in names}

    def _keep(self, name: str, subject: str, answer: Any) -> None:
        self.raw.append({"case": name, "subject": subject, "answer": answer})

    def _ask_all(self, what: str, method: str, subjects: Sequence[str] = (), **arguments: object) -> dict[str, Any]:
        """One round: the same question to each store in turn. Their answers must agree in what was found."""
        answers: dict[str, Any] = {}
        for name, worker in self._only(subjects or list(self.workers)).items():
            answers[name] = worker.ask(method, **arguments)
            self._keep(what, name, answers[name])
        nodes = {name: answer["nodes"] for name, answer in answers.items() if "nodes" in answer}
        if len(set(nodes.values())) > 1:
            raise AssertionError(f"{what}: the stores do not find the same: {nodes}")
        return answers

    # -- the cases --------------------------------------------------------------------------------------------

    def bulk(self, size: int, graph: str = "pipelines") -> None:
        """Load a graph; the memory is what the loading process held at most."""
        bars = dict.fromkeys(BOTH, 0.5) if graph == "pipelines" else {}
        named = "bulk load" if graph == "pipelines" else f"bulk load of the {graph}"
        time_row = self.row(Row(f"{named}, {size:,} executions", "s", at_most=bars))
        memory = Row(f"memory of the loader, {size:,}", "MB", below=dict.fromkeys(BOTH, 300 * MEGABYTE))
        if graph == "pipelines":
            self.rows.append(memory)
        for name, worker in self.workers.items():
            answer = worker.ask("load", graph=graph, size=size, seed=self.seed)
            self._keep(time_row.name, name, answer)
            time_row.add(name, answer["seconds"])
            memory.add(name, answer["memory"])

    def single(self, size: int, count: int = 300) -> None:
        """One execution at a time, in blocks, each a pipeline of its own; what is written first does not count."""
        row = self.row(Row(f"one execution at a time, at {size:,}", "per s", at_least={NEO4J: 1.0, EMBEDDED: 0.8}))
        self._written += 1
        for worker in self.workers.values():  # servers run for weeks, and compile what they run often
            worker.ask("write", pipeline=f"warm {self._written}", first=0, count=WARM, seed=self.seed)
        for block in range(self.repeat):
            for name, worker in self.workers.items():
                arguments = {"pipeline": f"single {self._written} {block}", "first": 0, "count": count}
                answer = worker.ask("write", **arguments, seed=self.seed)
                self._keep(row.name, name, answer)
                row.add(name, *(1 / seconds for seconds in answer["taken"]))

    def writers(self, size: int, count: int = 60, processes: int = 4) -> None:
        """Four processes at once, each its own pipeline: the total rate, the longest call, and nothing is lost.

        The first block warms up and does not count.
        """
        rate = self.row(
            Row(f"{processes} writers at once, in total, at {size:,}", "per s", at_least={NEO4J: 3.0, EMBEDDED: 1.5})
        )
        bars = dict.fromkeys(BOTH, 1.0)
        stall = Row(f"their longest stall, at {size:,}", "s", at_most=bars, below=bars)
        self.rows.append(stall)
        crews = {s.name: [s.worker() for _ in range(processes)] for s in self.subjects}
        for crew in crews.values():
            for worker in crew:
                worker.ask("types")
        for block in range(1 + max(2, self.repeat // 2)):
            for name, crew in crews.items():
                named = [f"writer {self._written} {block} {at}" for at in range(processes)]
                for pipeline, worker in zip(named, crew, strict=True):
                    worker.send("write", pipeline=pipeline, first=0, count=count, seed=self.seed)
                answers = [worker.receive() for worker in crew]
                self._keep(rate.name, name, answers)
                seconds = max(a["end"] for a in answers) - min(a["begin"] for a in answers)
                if block:
                    rate.add(name, processes * count / seconds)
                    stall.add(name, max(max(a["taken"]) for a in answers))
                self._check_kept(name, named, count)
        for crew in crews.values():
            for worker in crew:
                worker.close()

    def _check_kept(self, name: str, pipelines: Sequence[str], count: int) -> None:
        for pipeline in pipelines:
            expected = {
                "executions": count,
                "inputs": sum(len(step.inputs) for step in shape.pipeline(pipeline, count, self.seed)),
            }
            kept = self.workers[name].ask("kept", pipeline=pipeline)
            if kept != expected:
                raise AssertionError(f"{name} lost records of {pipeline!r}: {kept} instead of {expected}")

    def upstream(self, size: int) -> None:
        """Twenty hops from artifacts late in their pipelines."""
        roots = self._roots(size)
        for details, what, bar in ((False, "bare", 1.3), (True, "with contexts and types", 0.4)):
            bars = dict.fromkeys(BOTH, bar)
            row = self.row(Row(f"upstream 20 hops, {what}, at {size:,}", "ms", at_most=bars))
            self._measure(row, "upstream", [{"name": root, "hops": 20, "details": details} for root in roots])

    def contexts(self, size: int) -> None:
        """The contexts of an artifact."""
        row = self.row(Row(f"contexts of an artifact, at {size:,}", "ms", at_most=dict.fromkeys(BOTH, 0.25)))
        self._measure(row, "contexts", [{"name": root} for root in self._roots(size)])

    def ancestry(self, length: int = 1_000) -> None:
        """Everything before the end of a chain."""
        self.bulk(length, "chain")
        row = self.row(Row(f"whole ancestry, chain of {length:,}", "ms", at_most=dict.fromkeys(BOTH, 1.0)))
        self._measure(row, "ancestry", [{"name": f"chain/{length}"}] * 2)

    def ladder(self, diamonds: int = 40) -> None:
        """Every traversal statement on a graph with 2^40 paths: the slowest of them counts."""
        row = self.row(Row(f"ladder of {diamonds} diamonds, slowest statement", "ms", below=dict.fromkeys(BOTH, 0.05)))
        for name, worker in self._only(BOTH).items():
            worker.ask("load", graph="ladder", size=diamonds, seed=self.seed)
            answer = worker.ask("ladder", diamonds=diamonds, repeat=max(5, self.repeat))
            self._keep(row.name, name, answer)
            row.add(name, max(answer.values()))

    def hub(self, consumers: int) -> None:
        """One artifact that very many executions took in."""
        self.bulk(consumers, "hub")
        summary = self.row(Row(f"impact summary of a hub, {consumers:,}", "s", below={NEO4J: 2.0, EMBEDDED: 5.0}))
        self._measure(summary, "hub_summary", [{}], BOTH, repeat=5)
        ids = self.row(Row(f"all ids behind a hub, {consumers:,}", "s", at_most=dict.fromkeys(BOTH, 1.0)))
        grown = Row("memory it takes of the client", "MB", below=dict.fromkeys(BOTH, 100 * MEGABYTE))
        self.rows.append(grown)
        self._measure(ids, "hub_ids", [{}], repeat=5)
        for (
            subject
        ) in self.subjects:  # in a process that has done nothing before: a peak would hide behind an older one
            worker = subject.worker()
            answer = worker.ask("hub_ids")
            self._keep(grown.name, subject.name, answer)
            grown.add(subject.name, answer["grown"])
            worker.close()

    def explore(self, size: int) -> None:
        """What Explore asks of the store for its first picture."""
        row = self.row(Row(f"Explore's questions, at {size:,}", "ms", below=dict.fromkeys(BOTH, 0.5)))
        self._measure(row, "explore", [{"name": root} for root in self._roots(size)], BOTH)

    # -- helpers ----------------------------------------------------------------------------------------------

    def _roots(self, size: int) -> list[str]:
        """Artifacts late in some pipelines, the same in each run."""
        chance = random.Random(self.seed)
        pipelines = max(1, size // shape.PIPELINE)
        last = min(size, shape.PIPELINE)
        return [
            f"p{chance.randrange(pipelines)}/{chance.randrange(last * 4 // 5, last)}.0"
            for _ in range(max(8, self.repeat))
        ]

    def _measure(
        self,
        row: Row,
        method: str,
        questions: Sequence[Mapping[str, object]],
        subjects: Sequence[str] = (),
        repeat: int | None = None,
    ) -> None:
        """Ask each question of every store in turn, a few rounds; the first rounds warm up and do not count.

        Questions that take seconds are asked `repeat` times, and as many times before.
        """
        counted = self.repeat if repeat is None else repeat
        warm = max(1, ROUNDS // len(questions)) if repeat is None else repeat
        for turn in range(warm + counted):
            for question in questions:
                for name, answer in self._ask_all(row.name, method, subjects, **question).items():
                    if turn >= warm:
                        row.add(name, answer["seconds"])


__all__ = ["EMBEDDED", "NEO4J", "PEER", "Bench"]
