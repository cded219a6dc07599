"""Two runs side by side: which step answers to which, and how parameters, inputs, metrics and versions differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from provgraph import Lineage
from provgraph.model import Artifact, Execution, JsonValue, Node, values_equal
from provgraph_dashboard.drawable import called, short_type
from provgraph_dashboard.recorded_values import measurements_of, parameters_of, short_value, versions_of
from provgraph_dashboard.theme import glyph

N = TypeVar("N", Artifact, Execution)
_MOST_ALONE = 4
"""More inputs of one type than these that only one run has are counted, not listed."""

_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Pair:
    """One thing in both runs; None where a run has none. `group` is the step that it belongs to, if any."""

    name: str
    one: str | None
    other: str | None
    equal: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a comparison. `same` counts the equal things that are not worth a line each."""

    title: str
    pairs: tuple[Pair, ...]
    same: int = 0

    @property
    def changed(self) -> int:
        """How many pairs differ."""
        return sum(not pair.equal for pair in self.pairs)


def compare(one: Lineage, other: Lineage) -> tuple[Section, Section, Section, Section]:
    """Parameters, inputs, metrics and versions of two runs.

    Steps are told by type and by name without numbers: `Train inspector/4` answers to `Train inspector/5`.
    """
    steps = matched(one.executions, other.executions)
    return (
        Section("Parameters", tuple(_of_steps(steps, parameters_of))),
        _inputs(one, other),
        Section("Metrics", tuple(_metrics(one, other, steps))),
        _versions(one.executions, other.executions),
    )


def matched(one: Iterable[N], other: Iterable[N]) -> list[tuple[N | None, N | None]]:
    """Which node of the one answers to which of the other: of the same type, and of the same name but for its numbers.

    What is the only one of its type left on either side is matched too, whatever its name.
    """
    left: dict[str, list[N]] = defaultdict(list)
    right: dict[str, list[N]] = defaultdict(list)
    for table, nodes in ((left, one), (right, other)):
        for node in nodes:
            table[node.type].append(node)
    found: list[tuple[N | None, N | None]] = []
    for type_ in [*left, *(name for name in right if name not in left)]:
        found += _matched_of_type(left[type_], list(right[type_]))
    return found


def _matched_of_type(ours: Sequence[N], theirs: list[N]) -> Iterator[tuple[N | None, N | None]]:
    partners: dict[int, N] = {}
    for same in (_same_name, _like_name):
        for place, node in enumerate(ours):
            partner = next((t for t in theirs if same(node, t)), None) if place not in partners else None
            if partner is not None:
                partners[place] = partner
                theirs.remove(partner)
    alone = [place for place in range(len(ours)) if place not in partners]
    # What has no name in common is taken in order only where that can hardly be wrong: one of its type on either side.
    if len(alone) == 1 and len(theirs) == 1:
        partners[alone[0]] = theirs.pop()
    yield from ((node, partners.get(place)) for place, node in enumerate(ours))
    yield from ((None, node) for node in theirs)


def _same_name(a: Node, b: Node) -> bool:
    return a.ref == b.ref or (a.name is not None and a.name == b.name)


def _like_name(a: Node, b: Node) -> bool:
    return (a.name is None) == (b.name is None) and _stem(a) == _stem(b)


def _stem(node: Node) -> str:
    return _NUMBERS.sub("#", node.name or "")


def _titles(steps: Sequence[tuple[N | None, N | None]]) -> Iterator[tuple[str, N | None, N | None]]:
    """Each pair with its type, and with its name where others have the same type."""
    types = [short_type(node.type) for pair in steps if (node := pair[0] or pair[1])]
    for one, other in steps:
        node = one or other
        if node is not None:
            kind = short_type(node.type)
            yield (kind if types.count(kind) == 1 else called(node)), one, other


def _of_steps(
    steps: Sequence[tuple[Execution | None, Execution | None]], values: Callable[[Execution], Mapping[str, JsonValue]]
) -> Iterator[Pair]:
    for title, one, other in _titles(steps):
        yield from pairs(values(one) if one else {}, values(other) if other else {}, group=title)


def pairs(one: Mapping[str, JsonValue], other: Mapping[str, JsonValue], *, group: str = "") -> Iterator[Pair]:
    """The values of two mappings by name, in the order of the first, then of the second."""
    for name in dict.fromkeys((*one, *other)):
        mine, theirs = one.get(name), other.get(name)
        equal = name in one and name in other and _equal(mine, theirs)
        yield Pair(
            name,
            short_value(mine) if name in one else None,
            short_value(theirs) if name in other else None,
            equal,
            group,
        )


def _equal(a: JsonValue, b: JsonValue) -> bool:
    if isinstance(a, dict | list) or isinstance(b, dict | list) or a is None or b is None:
        return a == b
    return values_equal(a, b)


def _inputs(one: Lineage, other: Lineage) -> Section:
    mine, theirs = _from_outside(one), _from_outside(other)
    same = [node for node in mine if any(node.ref == twin.ref for twin in theirs)]
    kept = {node.ref for node in same}
    rest = matched([n for n in mine if n.ref not in kept], [n for n in theirs if n.ref not in kept])
    return Section("Inputs", tuple(_input_pairs(rest)), same=len(same))


def _input_pairs(rest: Iterable[tuple[Artifact | None, Artifact | None]]) -> Iterator[Pair]:
    alone: dict[tuple[str, bool], list[Artifact]] = defaultdict(list)
    for mine, theirs in rest:
        if mine is not None and theirs is not None:
            equal = mine.digest is not None and mine.digest == theirs.digest
            yield Pair(short_type(mine.type), called(mine), called(theirs), equal)
        elif (node := mine or theirs) is not None:
            alone[node.type, mine is not None].append(node)
    for (type_, ours), nodes in alone.items():
        names = [called(node) for node in nodes] if len(nodes) <= _MOST_ALONE else [f"{len(nodes):,} others"]
        for name in names:
            yield Pair(short_type(type_), name if ours else None, None if ours else name, equal=False)


def _from_outside(run: Lineage) -> list[Artifact]:
    """What the run took in and did not make itself."""
    made = {edge.target for edge in run.edges}
    return [node for node in run.artifacts if node.ref not in made]


def _metrics(
    one: Lineage, other: Lineage, steps: Sequence[tuple[Execution | None, Execution | None]]
) -> Iterator[Pair]:
    for title, mine, theirs in _titles(steps):
        ours, others = _numbers(mine), _numbers(theirs)
        for name, a, b in _titles(matched(_measured(one, mine), _measured(other, theirs))):
            alone = name in {short_type(node.type) for node in (a, b) if node}
            yield from pairs(_numbers(a), _numbers(b), group=title if alone else f"{title} · {name}")
            # A number that stands at the step and at its metrics is one.
            ours = {label: number for label, number in ours.items() if label not in _numbers(a)}
            others = {label: number for label, number in others.items() if label not in _numbers(b)}
        yield from pairs(ours, others, group=title)


def _numbers(node: Artifact | Execution | None) -> dict[str, JsonValue]:
    return {} if node is None else dict(measurements_of(node))


def _measured(run: Lineage, step: Execution | None) -> list[Artifact]:
    """What the step put out that holds measurements: metrics, and models with numbers of their own."""
    edges = run.outgoing.get(step.ref, ()) if step else ()
    nodes = [run.by_ref[edge.target] for edge in edges if not edge.pending]
    return [n for n in nodes if isinstance(n, Artifact) and glyph(n.type).hue in ("measure", "model")]


def _versions(one: Iterable[Execution], other: Iterable[Execution]) -> Section:
    """The versions of both runs; a run whose steps differ shows all that it used."""
    return Section("Versions", tuple(pairs(_merged(one), _merged(other))))


def _merged(steps: Iterable[Execution]) -> dict[str, JsonValue]:
    found: dict[str, dict[str, None]] = {}
    for step in steps:
        for name, value in versions_of(step).items():
            found.setdefault(name, {})[short_value(value)] = None
    order = {name: place for place, name in enumerate(found)}
    return {name: ", ".join(sorted(found[name])) for name in sorted(found, key=order.__getitem__)}
