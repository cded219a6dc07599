"""The pictures of the gallery: a plant's lineage, every state and type, sizes up to 150 nodes, and hostile names."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from provgraph_dashboard.states import LOOKS


@dataclass(frozen=True)
class Node:
    ref: str
    kind: str
    type: str
    name: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class Edge:
    kind: str
    source: str
    target: str


@dataclass(frozen=True)
class Scene:
    name: str
    focus: str
    nodes: Sequence[Node] = ()
    edges: Sequence[Edge] = ()
    contexts: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    beyond: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    selected: str | None = None
    route: Sequence[str] = ()
    compact: bool = False
    height: int = 690
    limit: int = 60


class Plan:
    """A lineage under construction: steps from inputs to outputs."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self.number = 0

    def artifact(self, type: str, name: str, state: str = "LIVE") -> str:
        return self.add("artifact", type, name, state)

    def add(self, kind: str, type: str, name: str | None, state: str | None) -> str:
        self.number += 1
        ref = f"{kind}:{self.number}"
        self.nodes[ref] = Node(ref, kind, type, name, state)
        return ref

    def step(self, type: str, inputs: Sequence[str], outputs: Sequence[str], state: str = "COMPLETE") -> str:
        ref = self.add("execution", type, None, state)
        self.nodes[ref] = Node(ref, "execution", type, f"{type.lower()} #{200 + self.number}", state)
        self.edges += [Edge("INPUT", i, ref) for i in inputs] + [Edge("OUTPUT", ref, o) for o in outputs]
        return ref


def plant(compact: bool = False) -> Scene:
    plan = Plan()
    beyond: dict[str, tuple[int, int]] = {}
    curated: list[str] = []
    assembled = ""
    for site in (1, 2):
        for week in (40, 41):
            batches = [plan.artifact("CaptureBatch", f"capture/plant-{site}/line-{d % 3}/{week}-{d}") for d in range(7)]
            labels = [plan.artifact("Labels", f"labels/plant-{site}/{week}-{d}") for d in range(4)]
            out = plan.artifact("Dataset", f"curated/plant-{site}/w{week}")
            assembled = plan.step("Assemble", batches + labels, [out])
            beyond |= dict.fromkeys(batches, (1, 0))
            curated.append(out)
    config = plan.artifact("CameraConfig", "plant-2/line-3/B/fw-2.1")
    plan.edges.append(Edge("POSSIBLE_INPUT", config, assembled))
    train = plan.artifact("Dataset", "surface-train/v14")
    plan.step("Split", curated, [train])
    model = plan.artifact("Model", "inspector/v14")
    plan.step("Train", [train], [model])
    plan.step("Train", [train], [], "FAILED")
    for i in range(12):
        place = plan.artifact("Deployment", f"deploy/P{1 + i // 6}-L{1 + i % 6 // 2}-{'AB'[i % 2]}/v14")
        plan.step("Deploy", [model], [place])
    metrics = plan.artifact("Metrics", "metrics/v14/test")
    plan.step("Evaluate", [model], [metrics])
    twin = plan.artifact("Model", "registry/inspector/14", "REFERENCE")
    plan.edges += [Edge("SAME_AS", model, twin), Edge("SAME_AS", twin, model)]
    onnx = plan.artifact("OnnxExport", "inspector/v14.onnx")
    plan.edges.append(Edge("DERIVATION", model, onnx))
    running = plan.step("Train", [train], [], "RUNNING")
    pending = plan.artifact("Model", "inspector/v15", "PENDING")
    plan.edges.append(Edge("PENDING_OUTPUT", running, pending))
    contexts = {ref: ["surface-inspection"] for ref in plan.nodes}
    return Scene("plant", train, tuple(plan.nodes.values()), tuple(plan.edges), contexts, beyond, selected=train)


def routes() -> Scene:
    plan = Plan()
    batch = plan.artifact("CaptureBatch", "capture/plant-2/line-3/2026-10-07")
    labels, curated = plan.artifact("Labels", "labels/2026-10-07"), plan.artifact("Dataset", "curated/plant-2/w41")
    train, test = plan.artifact("Dataset", "surface-train/v14"), plan.artifact("Dataset", "surface-test/v14")
    later = plan.artifact("Dataset", "surface-train/v15")
    old, new = plan.artifact("Model", "inspector/v14"), plan.artifact("Model", "inspector/v15")
    pairs = [(batch, labels), (batch, curated), (labels, curated), (curated, train), (curated, test), (curated, later)]
    pairs += [(train, old), (later, new), (old, new)]
    for model, data in ((old, "v14"), (new, "v15")):
        for type_, name in (("Metrics", f"metrics/{data}/test"), ("Predictions", f"predictions/{data}/test")):
            result = plan.artifact(type_, name)
            pairs += [(model, result), (test, result)]
    places = [plan.artifact("Deployment", f"deploy/P1-L{i}/v14") for i in range(6)]
    pairs += [(old, place) for place in places]
    last = plan.artifact("Deployment", "deploy/P2-L3-B/v15")
    pairs.append((new, last))
    edges = tuple(Edge("OUTPUT", a, b) for a, b in pairs)
    way = (batch, curated, train, old, f"group:{min(places)}")
    return Scene("routes", batch, tuple(plan.nodes.values()), edges, route=way, compact=True, height=278)


EVERY_ICON = (
    "Dataset",
    "Images",
    "Features",
    "Schema",
    "CaptureBatch",
    "CameraConfig",
    "Labels",
    "Model",
    "TransformGraph",
    "ExampleStatistics",
    "ExampleAnomalies",
    "ModelBlessing",
    "HTML",
    "Predictions",
)


def states() -> Scene:
    nodes = [Node("artifact:0", "artifact", "Dataset", "start", "LIVE")]
    edges: list[Edge] = []
    for i, state in enumerate(LOOKS):
        step = Node(f"execution:{i}", "execution", f"Step{i}", state, state.upper())
        out = Node(f"artifact:{i + 1}", "artifact", EVERY_ICON[i], f"{state}/thing", state.upper())
        nodes += [step, out]
        edges += [Edge("INPUT", "artifact:0", step.ref), Edge("OUTPUT", step.ref, out.ref)]
    for i, type_ in enumerate(["PushedModel", "Zebra", "Quartz", "Widget"]):
        nodes.append(Node(f"artifact:9{i}", "artifact", type_, f"never/seen/{type_}"))
        edges.append(Edge("DERIVATION", "artifact:1", f"artifact:9{i}"))
    return Scene("states", "artifact:0", nodes, edges, height=880)


def big(count: int) -> Scene:
    """Columns of artifacts and steps in turn, tied at random: the worst that a picture is asked to show."""
    choose = random.Random(7)
    types = ["Dataset", "CaptureBatch", "Labels", "Model", "Metrics", "Predictions", "Deployment"]
    nodes: list[Node] = []
    edges: list[Edge] = []
    columns: list[list[str]] = []
    while len(nodes) < count:
        step = len(columns) % 2 == 1
        column: list[str] = []
        for k in range(min(8, count - len(nodes))):
            ref = f"{'execution' if step else 'artifact'}:{len(columns)}{k:02}"
            state = choose.choice(["COMPLETE"] * 5 + ["FAILED", "RUNNING"])
            type_ = f"Step{k}" if step else types[(k + len(columns)) % 7]
            name = f"run #{len(columns)}{k:02}" if step else f"set/p{k}"
            nodes.append(Node(ref, ref.partition(":")[0], type_, name, state))
            column.append(ref)
            before = columns[-1] if columns else []
            sources = choose.sample(before, min(len(before), choose.choice([1, 1, 2])))
            edges += [Edge("INPUT" if step else "OUTPUT", source, ref) for source in sources]
        columns.append(column)
    return Scene(f"big-{count}", nodes[count // 2].ref, nodes, edges, limit=count)


def cycle() -> Scene:
    plan = Plan()
    data, model = plan.artifact("Dataset", "pool"), plan.artifact("Model", "labeller")
    plan.step("Train", [data], [model])
    plan.step("Relabel", [model], [data])
    return Scene("cycle", data, tuple(plan.nodes.values()), tuple(plan.edges), height=400)


def chain() -> Scene:
    """Seven artifacts in a row, of which three may be drawn."""
    nodes = [Node(f"artifact:{i}", "artifact", f"Stage{i}", f"stage/{i}", "LIVE") for i in range(7)]
    edges = [Edge("DERIVATION", f"artifact:{i}", f"artifact:{i + 1}") for i in range(6)]
    return Scene("chain", "artifact:3", nodes, edges, beyond={"artifact:3": (0, 0)}, limit=3, height=300)


HOSTILE = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror='window.hacked=1'>",
    "\u202egnp.exe",
    "javascript:window.hacked=1",
    "{{window.hacked=1}} ${window.hacked=1}",
    "a" * 5000,
    "line\nbreak\x00\x07",
    "💥🏭" * 200,
    '"><svg onload=window.hacked=1>',
)


def hostile() -> Scene:
    nodes = [Node("artifact:0", "artifact", "Dataset", HOSTILE[0], "LIVE")]
    edges: list[Edge] = []
    for i, name in enumerate(HOSTILE, 1):
        nodes.append(Node(f"execution:{i}", "execution", name, name, name))
        nodes.append(Node(f"artifact:{i}", "artifact", name, name, name))
        edges += [Edge("INPUT", "artifact:0", f"execution:{i}"), Edge("OUTPUT", f"execution:{i}", f"artifact:{i}")]
    contexts = {node.ref: list(HOSTILE[:2]) for node in nodes}
    return Scene("hostile", "artifact:0", nodes, edges, contexts, selected="artifact:0")


SCENES = {
    scene.name: scene
    for scene in (
        plant(),
        routes(),
        states(),
        big(60),
        big(150),
        cycle(),
        chain(),
        hostile(),
        Scene("empty", "artifact:1"),
        Scene("parts", ""),
    )
}
