"""Layered drawing of a directed graph, left to right.

The method is Sugiyama's, in five steps: break cycles, assign layers by longest path, route long edges through
dummies, order each layer by barycentres, and give every layer the heights that lie nearest to its neighbours'
(isotonic regression). Everything is a pure function of its input: the same graph always gives the same picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from provgraph_dashboard.layering import Link, acyclic, longest_path_layers
from provgraph_dashboard.ordering import order_layers

_POSITION_SWEEPS = 24
_DUMMY_GAP = 9.0
_SLOPE_ROOM, _WIDEST_EXTRA = 0.1, 24.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle to place. Width and height are pixels."""

    id: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A placed rectangle: `x` and `y` are its centre in pixels, `layer` counts from the left, starting at 0."""

    id: str
    x: float
    y: float
    width: float
    height: float
    layer: int


@dataclass(frozen=True, slots=True)
class Route:
    """The line of one edge, from the border of its source to the border of its target.

    `back` marks an edge that closes a cycle and therefore runs from right to left.
    """

    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    back: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The answer of `layered`: boxes and routes in the order of the input, and the size of the drawing."""

    boxes: tuple[Placed, ...]
    routes: tuple[Route, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Spacing:
    """Pixels between columns (at least) and between the boxes of a column.

    A drawing lower than `fill` is stretched vertically towards it, by at most the factor `stretch`.
    """

    column: float = 30.0
    row: float = 16.0
    fill: float = 0.0
    stretch: float = 2.1


def layered(boxes: Sequence[Box], edges: Iterable[Link], spacing: Spacing | None = None) -> Layout:
    """Place `boxes` in layers so that every edge that is not part of a cycle runs from left to right.

    Edges are pairs of box ids. Loops of a box to itself and repetitions of an edge are left out.
    Raises ValueError if two boxes share an id or an edge names a box that is not there.
    """
    space = spacing or Spacing()
    size = {box.id: box for box in boxes}
    if len(size) != len(boxes):
        raise ValueError("two boxes share an id")
    wanted = [link for link in dict.fromkeys(edges) if link[0] != link[1]]
    for link in wanted:
        for end in link:
            if end not in size:
                raise ValueError(f"an edge names {end!r}, which is not among the boxes")
    turned = acyclic(sorted(size), sorted(wanted))
    forward = sorted({(b, a) if (a, b) in turned else (a, b) for a, b in wanted})
    layer = longest_path_layers(sorted(size), forward)
    grid = _Grid(size, layer, forward)
    grid.columns = order_layers(grid.columns, grid.left, grid.right)
    y, height = _stretched(grid, _heights(grid, space), space)
    x, width = _abscissas(grid, y, space)
    placed = {i: Placed(i, x[layer[i]], y[i], size[i].width, size[i].height, layer[i]) for i in size}
    routes = tuple(_route(link, link in turned, grid, placed, x, y) for link in wanted)
    return Layout(tuple(placed[box.id] for box in boxes), routes, width, height)


class _Grid:
    """The layered graph with its dummies: one place in every layer that a long edge passes."""

    def __init__(self, size: Mapping[str, Box], layer: Mapping[str, int], forward: Sequence[Link]) -> None:
        self.size = size
        self.columns: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
        self.left: dict[str, list[str]] = defaultdict(list)
        self.right: dict[str, list[str]] = defaultdict(list)
        self.chain: dict[Link, list[str]] = {}
        self.dummies: set[str] = set()
        # Longer than every id of a box, so that no box can share an id with a dummy.
        longer = "-" * max((len(i) for i in size), default=0)
        for i in sorted(size):
            self.columns[layer[i]].append(i)
        for number, (a, b) in enumerate(forward):
            chain = [f"{longer} {number} {step}" for step in range(layer[a] + 1, layer[b])]
            for step, dummy in enumerate(chain, layer[a] + 1):
                self.columns[step].append(dummy)
            self.dummies.update(chain)
            self.chain[a, b] = chain
            for p, q in zip([a, *chain], [*chain, b], strict=True):
                self.right[p].append(q)
                self.left[q].append(p)

    def height(self, i: str) -> float:
        return 0.0 if i in self.dummies else self.size[i].height

    def width(self, column: Sequence[str]) -> float:
        return max(self.size[i].width for i in column if i not in self.dummies)


def _heights(grid: _Grid, space: Spacing) -> dict[str, float]:
    """Centres of all boxes and dummies: each layer moves in turn as near to its neighbours as order and gaps allow."""

    def distance(a: str, b: str) -> float:
        gap = _DUMMY_GAP if a in grid.dummies and b in grid.dummies else space.row
        return (grid.height(a) + grid.height(b)) / 2 + gap

    y: dict[str, float] = {}
    for column in grid.columns:
        for k, i in enumerate(column):
            y[i] = y[column[k - 1]] + distance(column[k - 1], i) if k else 0.0
        middle = (y[column[0]] + y[column[-1]]) / 2
        for i in column:
            y[i] -= middle
    for sweep in range(_POSITION_SWEEPS):
        rightwards = sweep % 2 == 0
        near, far = (grid.left, grid.right) if rightwards else (grid.right, grid.left)
        for column in grid.columns if rightwards else reversed(grid.columns):
            offsets = [0.0]
            for a, b in pairwise(column):
                offsets.append(offsets[-1] + distance(a, b))
            wishes: list[float] = []
            for i in column:
                friends = near.get(i) or far.get(i) or [i]
                wishes.append(sum(y[j] for j in friends) / len(friends))
            fitted = _isotonic([wish - offset for wish, offset in zip(wishes, offsets, strict=True)])
            for i, value, offset in zip(column, fitted, offsets, strict=True):
                y[i] = value + offset
    return y


def _isotonic(values: Sequence[float]) -> list[float]:
    """The non-decreasing sequence nearest to `values` by least squares (pool adjacent violators)."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        total, count = value, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before = blocks.pop()
            total, count = total + before[0], count + before[1]
        blocks.append((total, count))
    return [total / count for total, count in blocks for _ in range(count)]


def _abscissas(grid: _Grid, y: Mapping[str, float], space: Spacing) -> tuple[list[float], float]:
    """The centre of each column, and the width of the whole. Where lines climb steeply, columns stand farther apart."""
    centres: list[float] = []
    edge = gap = 0.0
    for column in grid.columns:
        width = grid.width(column)
        centres.append(round(edge + gap + width / 2, 1))
        edge += gap + width
        steepest = max((abs(y[j] - y[i]) for i in column for j in grid.right.get(i, ())), default=0.0)
        gap = space.column + min(_SLOPE_ROOM * steepest, _WIDEST_EXTRA)
    return centres, round(edge, 1)


def _stretched(grid: _Grid, y: Mapping[str, float], space: Spacing) -> tuple[dict[str, float], float]:
    """Heights moved to start at 0, with spare room spent on air between the rows; and the height of the whole."""

    def ends(heights: Mapping[str, float]) -> tuple[float, float]:
        return (
            min((v - grid.height(i) / 2 for i, v in heights.items()), default=0.0),
            max((v + grid.height(i) / 2 for i, v in heights.items()), default=0.0),
        )

    top, bottom = ends(y)
    factor = min(space.fill / (bottom - top), space.stretch) if bottom > top else 1.0
    scaled = {i: v * max(factor, 1.0) for i, v in y.items()}
    top, bottom = ends(scaled)
    return {i: round(v - top, 1) for i, v in scaled.items()}, round(bottom - top, 1)


def _route(
    link: Link, back: bool, grid: _Grid, placed: Mapping[str, Placed], x: Sequence[float], y: Mapping[str, float]
) -> Route:
    """Points of an edge; one that runs back leaves on the left, enters on the right, and keeps a little lower."""
    source, target = placed[link[0]], placed[link[1]]
    side = -1 if back else 1
    shift = min(source.height, target.height) / 5 if back else 0.0
    low, high = (target, source) if back else (source, target)
    chain = grid.chain[low.id, high.id]
    # A passed layer is crossed level, over its whole width, so that the line cannot cut into a box beside it.
    inner = [
        (
            round(x[low.layer + step] + border * grid.width(grid.columns[low.layer + step]) / 2, 1),
            round(y[dummy] + shift, 1),
        )
        for step, dummy in enumerate(chain, 1)
        for border in (-1, 1)
    ]
    if back:
        inner.reverse()
    start = (round(source.x + side * source.width / 2, 1), round(source.y + shift, 1))
    end = (round(target.x - side * target.width / 2, 1), round(target.y + shift, 1))
    return Route(source.id, target.id, (start, *inner, end), back)
