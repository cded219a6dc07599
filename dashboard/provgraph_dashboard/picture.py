"""From a lineage to what is drawn of it: siblings folded, the nearest first, and what stays hidden counted."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from provgraph_dashboard.folding import siblings
from provgraph_dashboard.states import worst

LIMIT = 60

Side: TypeAlias = Literal["left", "right"]
EdgeStyle: TypeAlias = Literal["flow", "derivation", "same", "possible", "pending", "relation"]

STYLES: dict[str, EdgeStyle] = {
    "INPUT": "flow",
    "OUTPUT": "flow",
    "DERIVATION": "derivation",
    "SAME_AS": "same",
    "POSSIBLE_INPUT": "possible",
    "POSSIBLE_OUTPUT": "possible",
    "PENDING_OUTPUT": "pending",
}
"""How each relationship of the graph is drawn; one that is not listed is a plain `relation`."""

_STRENGTH: tuple[EdgeStyle, ...] = ("flow", "derivation", "same", "possible", "pending", "relation")


class LineageNode(Protocol):
    """What the picture reads of a node."""

    @property
    def ref(self) -> str:
        """Its name in links, such as `artifact:12`."""
        ...

    @property
    def kind(self) -> str:
        """`artifact`, `execution` or `context`."""
        ...

    @property
    def type(self) -> str:
        """The name of its type."""
        ...

    @property
    def name(self) -> str | None:
        """Its name, if it has one."""
        ...

    @property
    def state(self) -> str | None:
        """Its state, in whatever case."""
        ...


class LineageEdge(Protocol):
    """What the picture reads of an edge, which points the way the data flows."""

    @property
    def kind(self) -> str:
        """The relationship, such as `INPUT`."""
        ...

    @property
    def source(self) -> str:
        """The ref of the node it starts from."""
        ...

    @property
    def target(self) -> str:
        """The ref of the node it leads to."""
        ...


@dataclass(frozen=True, slots=True)
class Pull:
    """A wish to see the hidden neighbours on one side of what is drawn as `id`."""

    id: str
    side: Side


@dataclass(frozen=True, slots=True)
class View:
    """What the user has opened: groups shown member by member, and sides whose hidden neighbours were asked for."""

    unfolded: frozenset[str] = frozenset()
    pulls: tuple[Pull, ...] = ()

    def unfold(self, group: str) -> View:
        """With the members of this group shown one by one."""
        return View(self.unfolded | {group}, self.pulls)

    def fold(self, group: str) -> View:
        """With this group as one stack again."""
        return View(self.unfolded - {group}, self.pulls)

    def pull(self, id: str, side: Side) -> View:
        """With the hidden neighbours on that side; the wish made last wins where the limit leaves too little room."""
        wish = Pull(id, side)
        return View(self.unfolded, (wish, *(pull for pull in self.pulls if pull != wish)))


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A node, or a group of siblings drawn as a stack.

    `id` is the ref of a node or the id of a group, `members` the refs it stands for, `group` the group that an
    unfolded member belongs to. `hidden_left` and `hidden_right` count the neighbours that are not drawn.
    """

    id: str
    kind: str
    type: str
    name: str
    state: str
    members: tuple[str, ...]
    group: str | None = None
    note: str = ""
    hidden_left: int = 0
    hidden_right: int = 0

    @property
    def folded(self) -> bool:
        """Whether this stands for several nodes."""
        return len(self.members) > 1


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """All edges between two drawn nodes, as one line; its style is that of the surest of them."""

    source: str
    target: str
    style: EdgeStyle


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: nodes nearest first, edges between them, and of how many nodes it shows how many."""

    focus: str
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    total: int
    shown: int
    _owner: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def drawn_as(self, ref: str) -> str | None:
        """The id under which a node is drawn (its own, or that of its group), None if it is hidden."""
        return self._owner.get(ref)

    def node(self, id: str | None) -> DrawnNode | None:
        """The drawn node with this id, None if there is none."""
        return next((node for node in self.nodes if node.id == id), None)


@dataclass(frozen=True, slots=True)
class Beyond:
    """Neighbours of a node that the store has and the lineage has not, because its hops ended there."""

    left: int = 0
    right: int = 0


def picture(
    nodes: Iterable[LineageNode],
    edges: Iterable[LineageEdge],
    focus: str,
    view: View | None = None,
    *,
    limit: int = LIMIT,
    contexts: Mapping[str, Sequence[str]] | None = None,
    beyond: Mapping[str, Beyond] | None = None,
    starts: Sequence[str] = (),
) -> Picture:
    """Choose what to draw of a lineage around `focus`.

    At most `limit` nodes and groups are drawn: the focus, what `view` asks for, then the nearest. Edges whose ends are
    not both among `nodes` are left out. `contexts` gives the contexts of a node by ref, for the line under its name.
    Where the focus is not among the nodes, as a context is not, near means near to `starts`.
    Raises ValueError if `limit` is less than one.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    return _Drawing(nodes, edges, focus, view or View(), limit, contexts or {}, beyond or {}, starts).picture()


class _Drawing:
    def __init__(
        self,
        nodes: Iterable[LineageNode],
        edges: Iterable[LineageEdge],
        focus: str,
        view: View,
        limit: int,
        contexts: Mapping[str, Sequence[str]],
        beyond: Mapping[str, Beyond],
        starts: Sequence[str],
    ) -> None:
        self.nodes = {node.ref: node for node in nodes}
        self.focus, self.view, self.limit, self.contexts, self.beyond = focus, view, limit, contexts, beyond
        self.links = _merged(edges, self.nodes.keys())
        self.before: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.after: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for (source, target), style in self.links.items():
            self.after[source].add((style, target))
            self.before[target].add((style, source))
        self.units, self.group_of = self._units()
        self.owner = {ref: unit for unit, members in self.units.items() for ref in members}
        roots = [focus] if focus in self.owner else starts
        self.roots = list(dict.fromkeys(self.owner[ref] for ref in roots if ref in self.owner))

    def picture(self) -> Picture:
        shown = self._chosen()
        visible = {ref for unit in shown for ref in self.units[unit]}
        drawn: dict[tuple[str, str], EdgeStyle] = {}
        for (source, target), style in self.links.items():
            if source in visible and target in visible:
                link = (self.owner[source], self.owner[target])
                if link[0] != link[1]:
                    drawn[link] = _stronger(drawn.get(link), style)
        return Picture(
            focus=self.owner.get(self.focus, self.focus),
            nodes=tuple(self._node(unit, visible) for unit in shown),
            edges=tuple(DrawnEdge(a, b, style) for (a, b), style in sorted(drawn.items())),
            total=len(self.nodes),
            shown=len(visible),
            _owner={ref: self.owner[ref] for ref in visible},
        )

    def _units(self) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
        """What is drawn as one thing, by its id; and the group of each member, also of those unfolded."""
        labels = {ref: (node.kind, node.type) for ref, node in self.nodes.items()}
        groups = {f"group:{found[0]}": found for found in siblings(labels, self.before, self.after, {self.focus})}
        group_of = {ref: group for group, members in groups.items() for ref in members}
        units: dict[str, tuple[str, ...]] = {}
        for ref in sorted(self.nodes):
            group = group_of.get(ref)
            if group is None or group in self.view.unfolded:
                units[ref] = (ref,)
            else:
                units[group] = groups[group]
        return units, group_of

    def _chosen(self) -> list[str]:
        """The units to draw: focus, then those asked for, then the nearest, up to the limit; nearest first."""
        distance = self._distances()
        by_distance = sorted(self.units, key=lambda unit: (distance[unit], unit))
        wanted = list(self.roots)
        for pull in self.view.pulls:
            if pull.id in self.units:
                neighbours = {self.owner[ref] for ref in self._neighbours(pull.id, pull.side)}
                wanted += [pull.id, *sorted(neighbours, key=lambda unit: (distance[unit], unit))]
        kept = set(list(dict.fromkeys([*wanted, *by_distance]))[: self.limit])
        return [unit for unit in by_distance if unit in kept]

    def _distances(self) -> dict[str, int]:
        """Steps from the focus (or the starts) along drawn edges, either way; what no path reaches comes last."""
        near: dict[str, set[str]] = defaultdict(set)
        for source, target in self.links:
            near[self.owner[source]].add(self.owner[target])
            near[self.owner[target]].add(self.owner[source])
        steps = dict.fromkeys(self.roots, 0)
        queue = deque(steps)
        while queue:
            unit = queue.popleft()
            for other in near[unit] - steps.keys():
                steps[other] = steps[unit] + 1
                queue.append(other)
        return {unit: steps.get(unit, len(self.units)) for unit in self.units}

    def _neighbours(self, unit: str, side: Side) -> set[str]:
        table = self.before if side == "left" else self.after
        members = self.units[unit]
        return {other for ref in members for _, other in table[ref]} - set(members)

    def _node(self, unit: str, visible: Set[str]) -> DrawnNode:
        members = self.units[unit]
        first = self.nodes[members[0]]
        outside = [self.beyond.get(ref, Beyond()) for ref in members]
        return DrawnNode(
            id=unit,
            kind=first.kind,
            type=first.type,
            name=_common([self.nodes[ref].name or ref for ref in members]),
            state=worst(self.nodes[ref].state for ref in members),
            members=members,
            group=self.group_of.get(unit),
            note=_common([", ".join(self.contexts.get(ref, ())) for ref in members]),
            hidden_left=len(self._neighbours(unit, "left") - visible) + sum(more.left for more in outside),
            hidden_right=len(self._neighbours(unit, "right") - visible) + sum(more.right for more in outside),
        )


def _merged(edges: Iterable[LineageEdge], known: Set[str]) -> dict[tuple[str, str], EdgeStyle]:
    """One link for each pair of nodes; equality, recorded one each way, keeps one direction."""
    links: dict[tuple[str, str], EdgeStyle] = {}
    equal: set[tuple[str, str]] = set()
    for edge in edges:
        link, style = (edge.source, edge.target), STYLES.get(edge.kind, "relation")
        if edge.source == edge.target or not known >= {edge.source, edge.target}:
            continue
        if style == "same":
            equal.add((min(link), max(link)))
        else:
            links[link] = _stronger(links.get(link), style)
    produced = {target for _, target in links}
    for a, b in sorted(equal):
        # The twin that a step produced stands left of the one that only another tool names.
        link = (b, a) if b in produced and a not in produced else (a, b)
        if link not in links and link[::-1] not in links:
            links[link] = "same"
    return links


def _stronger(one: EdgeStyle | None, other: EdgeStyle) -> EdgeStyle:
    return next(style for style in _STRENGTH if style in (one, other))


def _common(texts: Sequence[str]) -> str:
    """One text for several: itself if they are equal, else their common beginning up to a separator, else nothing."""
    if len(set(texts)) == 1:
        return texts[0]
    low, high = min(texts), max(texts)
    length = next((k for k, (p, q) in enumerate(zip(low, high, strict=False)) if p != q), len(low))
    stem = low[:length]
    cut = max(stem.rfind(mark) for mark in "/:-_. #")
    return f"{stem[:cut]}{stem[cut]}…" if cut > 0 else ""
