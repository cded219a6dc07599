"""The graph that is measured: the same steps for every store, from a printed seed. Knows no store.

Pipelines of 500 executions in runs of 10. Each execution takes the first output of the step before and an output of a
random one of the last 60, and puts out one or two artifacts; every node has 3 to 8 properties, and execution and
outputs belong to two contexts, their pipeline and their run.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

PIPELINE = 500
RUN = 10
REACH = 60
EXECUTION_TYPES = ("Ingest", "Prepare", "Train", "Evaluate", "Publish")
ARTIFACT_TYPES = ("Dataset", "Features", "Model", "Metrics")
# Declared by every type; what else a node has is custom.
DECLARED = {"rows": int, "score": float, "note": str}
Properties = dict[str, int | float | str]


@dataclass(frozen=True, slots=True)
class Thing:
    """An artifact: its name names it in every store."""

    name: str
    type: str
    uri: str
    declared: Properties
    custom: Properties


@dataclass(frozen=True, slots=True)
class Step:
    """An execution, the names of the artifacts it takes in, and the artifacts that it makes."""

    name: str
    type: str
    pipeline: str
    run: str
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[Thing, ...]
    declared: Properties
    custom: Properties


def properties(chance: random.Random) -> tuple[Properties, Properties]:
    """Three declared properties and up to five custom ones."""
    declared: Properties = {
        "rows": chance.randrange(1_000_000),
        "score": chance.random(),
        "note": f"note {chance.randrange(10_000)}",
    }
    custom: Properties = {}
    for number in range(chance.randrange(6)):
        value: int | float | str = (chance.randrange(1000), chance.random(), f"value {chance.random():.6f}")[number % 3]
        custom[f"custom {number}"] = value
    return declared, custom


def steps(count: int, seed: int, prefix: str = "p") -> Iterator[Step]:
    """`count` executions, pipeline after pipeline."""
    for number in range(0, count, PIPELINE):
        yield from pipeline(f"{prefix}{number // PIPELINE}", min(PIPELINE, count - number), seed)


def pipeline(name: str, length: int, seed: int) -> Iterator[Step]:
    """The executions of one pipeline: any of them can be made without those before it."""
    chance = random.Random(f"{seed}/{name}")
    recent: list[tuple[tuple[str, str], ...]] = []
    for at in range(length):
        inputs: list[tuple[str, str]] = []
        if recent:
            before = recent[-1][0]
            inputs.append(before)
            others = [made for made in chance.choice(recent) if made != before]
            if others:
                inputs.append(chance.choice(others))
        outputs = [_thing(f"{name}/{at}.{n}", chance) for n in range(1 + (chance.random() < 0.3))]
        declared, custom = properties(chance)
        yield Step(
            name=f"{name}/{at}",
            type=chance.choice(EXECUTION_TYPES),
            pipeline=name,
            run=f"{name}/run {at // RUN}",
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            declared=declared,
            custom=custom,
        )
        recent = [*recent[-(REACH - 1) :], tuple((made.type, made.name) for made in outputs)]


def _thing(name: str, chance: random.Random) -> Thing:
    declared, custom = properties(chance)
    return Thing(name, chance.choice(ARTIFACT_TYPES), f"file:///data/{name}", declared, custom)


def plain(name: str, pipeline_name: str, inputs: list[str], outputs: list[str]) -> Step:
    """A step without chance, of the special graphs below; all their artifacts are datasets."""
    return Step(
        name=name,
        type="Train",
        pipeline=pipeline_name,
        run=f"{pipeline_name}/run",
        inputs=tuple(("Dataset", other) for other in inputs),
        outputs=tuple(Thing(made, "Dataset", f"file:///data/{made}", {}, {}) for made in outputs),
        declared={},
        custom={},
    )


def chain(length: int) -> Iterator[Step]:
    """Executions one after the other, each with one input and one output; the last output is `chain/LENGTH`."""
    for at in range(1, length + 1):
        yield plain(f"chain step {at}", "chain", [f"chain/{at - 1}"] if at > 1 else [], [f"chain/{at}"])


def ladder(diamonds: int) -> Iterator[Step]:
    """Stacked diamonds from `ladder/0` to `ladder/DIAMONDS`: 2 to the power of `diamonds` paths."""
    yield plain("ladder start", "ladder", [], ["ladder/0"])
    for at in range(diamonds):
        yield plain(f"ladder left {at}", "ladder", [f"ladder/{at}"], [f"ladder/{at}/left"])
        yield plain(f"ladder right {at}", "ladder", [f"ladder/{at}"], [f"ladder/{at}/right"])
        both = [f"ladder/{at}/left", f"ladder/{at}/right"]
        yield plain(f"ladder join {at}", "ladder", both, [f"ladder/{at + 1}"])


def hub(consumers: int) -> Iterator[Step]:
    """One artifact, `hub/0`, that every execution takes in, each with an output of its own."""
    yield plain("hub start", "hub", [], ["hub/0"])
    for at in range(1, consumers + 1):
        yield plain(f"hub step {at}", "hub", ["hub/0"], [f"hub/{at}"])


def graph(name: str, size: int, seed: int) -> Iterator[Step]:
    """The steps of a graph by its name: `pipelines`, `chain`, `ladder` or `hub`."""
    match name:
        case "pipelines":
            return steps(size, seed)
        case "chain":
            return chain(size)
        case "ladder":
            return ladder(size)
        case "hub":
            return hub(size)
        case _:
            raise ValueError(name)
