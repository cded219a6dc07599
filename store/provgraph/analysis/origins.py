"""Where the errors of a slice come from: the upstream nodes behind more of them than their rows let expect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from provgraph.analysis.columns import LineageColumns
from provgraph.analysis.membership import count_reach
from provgraph.analysis.upstream import Ints
from provgraph.analysis.ways import Way
from provgraph.model import Node
from provgraph.slicing import words
from provgraph.slicing.corrections import Correction, q_values
from provgraph.slicing.proportions import excess_p, excess_z, newcombe, wilson
from provgraph.slicing.units import Units
from provgraph.slicing.values import Interval, Json

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Origin", "Origins", "rank_origins"]

Mask = npt.NDArray[np.bool_]

# What stands behind so much of a slice is what the slice is about; what lies in the slice so far is a part of it.
_NEARLY_ALL: Final = 0.9
_SAME_SHOWN: Final = 20  # other nodes behind the very same rows that are kept with an origin


@dataclass(frozen=True, slots=True)
class Origin:
    """A node upstream, and how many of the slice's errors came from it, of all rows that did.

    Attributes:
        node: the node; of several behind the very same rows, the most upstream one.
        same_rows: the others behind these rows, the most upstream first, at most 20.
        n: rows that came from it, inside the slice and outside.
        errors: errors of the slice among them.
        of: errors of the slice that have a known source.
        rate: errors / n.
        interval: Wilson's, of `rate`.
        rest_rate: the same of the rows that did not come from it.
        difference, difference_interval: of the two rates, with Newcombe's interval.
        lift: how many times `rest_rate` `rate` is; infinite where all errors of the slice came from it.
        excess: errors beyond those that its rows would have at `rest_rate`.
        p: one-sided, exact; where the node has rows beyond the slice and the slice rows without the node, the larger of
            two: among all rows, and among those of the slice. q: corrected for all nodes that were tested.
        unit_q: the same by whole sampling units; None where no unit was named.
        hops: links from the sources of the slice's errors.
        route: the nodes on a shortest way along the data, from this node to the source of a wrong row.
    """

    node: Node
    same_rows: tuple[Node, ...]
    n: int
    errors: int
    of: int
    rate: float
    interval: Interval
    rest_rate: float
    difference: float
    difference_interval: Interval
    lift: float
    excess: float
    p: float
    q: float
    unit_q: float | None
    hops: int
    _way: Way = field(repr=False, compare=False)
    _position: int = field(repr=False, compare=False)

    @property
    def route(self) -> tuple[Node, ...]:
        """The nodes on a shortest way along the data, from this node to the source of a wrong row of the slice."""
        return self._way.route(self._position)

    def __str__(self) -> str:
        """In one sentence."""
        q = words.chance("q", self.q)
        q += "" if self.unit_q is None else f", by sampling units {self.unit_q:.2g}"
        name = self.node.label if self.node.label.startswith(self.node.type) else f"{self.node.type} {self.node.label}"
        return (
            f"{name}: {self.errors:,} of the {self.of:,} errors came from it "
            f"({words.percent(self.rate)} of its {self.n:,} rows, elsewhere {words.percent(self.rest_rate)}; {q})."
        )

    def to_dict(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "node": _node(self.node),
            "same_rows": [_node(node) for node in self.same_rows],
            "n": self.n,
            "errors": self.errors,
            "of": self.of,
            "rate": self.rate,
            "interval": {"low": self.interval.low, "high": self.interval.high},
            "rest_rate": self.rest_rate,
            "difference": self.difference,
            "difference_interval": {"low": self.difference_interval.low, "high": self.difference_interval.high},
            "lift": self.lift if np.isfinite(self.lift) else None,
            "excess": self.excess,
            "p": self.p,
            "q": self.q,
            "unit_q": self.unit_q,
            "hops": self.hops,
            "route": [node.ref for node in self.route],
        }


@dataclass(frozen=True, slots=True)
class Origins:
    """Origins, the most over-represented first.

    Attributes:
        found: the origins.
        tested: among how many sets of rows they were looked for.
    """

    found: tuple[Origin, ...]
    tested: int

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Origin]:
        return iter(self.found)

    def __getitem__(self, at: int) -> Origin:
        return self.found[at]

    def to_frame(self) -> pd.DataFrame:
        """One row per origin, in this order: what it is, and its numbers; `low` and `high` are the bounds of `rate`."""
        import pandas as pd

        rows = [
            (
                each.node.ref, each.node.type, each.node.label, each.n, each.errors, each.of, each.rate,
                each.interval.low, each.interval.high, each.rest_rate, each.difference, each.lift, each.excess, each.p,
                each.q, each.unit_q, each.hops,
            )
            for each in self.found
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=list(_KINDS)).astype(_KINDS)


_KINDS: Final[dict[str, str]] = {
    **dict.fromkeys(("id", "type", "name"), "object"),
    **dict.fromkeys(("n", "errors", "of"), "int64"),
    **dict.fromkeys(
        ("rate", "low", "high", "rest_rate", "difference", "lift", "excess", "p", "q", "unit_q"), "float64"
    ),
    "hops": "int64",
}


def rank_origins(
    lineage: LineageColumns,
    codes: Ints,
    counted: Mask,
    inside: Mask,
    wrong: Mask,
    *,
    units: Units | None = None,
    alpha: float,
    correction: Correction,
    limit: int,
) -> Origins:
    """Rank the nodes by how over-represented they are behind wrong rows.

    Args:
        lineage: what stands upstream.
        codes: the group of each row; -1 where no source is known.
        counted: the rows that count.
        inside: those of them in the slice.
        wrong: those of these that are errors.
        units: the sampling units of the rows that count and have a source; None for none.
        alpha: the largest q that is reported.
        correction: for all nodes that are tested; nodes behind the very same rows are one test.
        limit: origins reported at most.
    """
    known = counted & (codes >= 0)
    size = len(lineage.groups)
    weights = np.stack(
        [np.bincount(codes[known & which], minlength=size) for which in (counted, wrong, inside)], axis=1
    ).astype(np.int64)
    rows, errors, sliced = weights.sum(axis=0).tolist()
    upstream = lineage.upstream
    behind = weights[:, 0] > 0
    starts = [at for at, counts in zip(lineage.positions, behind.tolist(), strict=True) if counts]
    reach = count_reach(upstream, starts, weights[behind])
    # what stands behind every row, or behind none, can explain nothing
    places = np.flatnonzero((reach.totals[:, 0] > 0) & (reach.totals[:, 0] < rows))
    marks, first, member = np.unique(reach.marks[places], return_index=True, return_inverse=True)
    if not errors or not marks.size:
        return Origins((), int(marks.size))
    n, k, own = reach.totals[places[first]].T
    p = excess_p(k, n, errors - k, rows - n)
    # A node that reaches beyond the slice can have more of its errors because it has more of its rows, which are no
    # harder there.
    parts = np.flatnonzero((own > 0) & (own < _NEARLY_ALL * sliced) & (own < _NEARLY_ALL * n))
    p[parts] = np.maximum(p[parts], excess_p(k[parts], own[parts], errors - k[parts], sliced - own[parts]))
    q = q_values(p, correction=correction)
    z = excess_z(k, n, errors - k, rows - n)
    good = np.flatnonzero((q <= alpha) & (z > 0))
    best = good[np.lexsort((n[good], -z[good]))][:limit]
    way = Way(upstream, [at for at, held in zip(lineage.positions, weights[:, 1].tolist(), strict=True) if held])
    here = upstream.positions_by_place
    unit_q: list[float | None] = [None] * best.size
    if units is not None and best.size:
        rows_of = (_rows_behind(lineage, int(places[first[number]]))[codes[known]] for number in best)
        unit_p = np.array([units.p(mask, None) for mask in rows_of])
        unit_q = list(q_values(unit_p, tests=int(marks.size), correction=correction).tolist())
    found: list[Origin] = []
    for number, by_unit in zip(best.tolist(), unit_q, strict=True):
        if by_unit is not None and by_unit > alpha:
            continue
        same = [position for place in places[member == number].tolist() for position in here[place]]
        chance = float(p[number]), float(q[number]), by_unit
        found.append(_origin(way, same, int(n[number]), int(k[number]), rows, errors, chance))
    return Origins(tuple(found), int(marks.size))


def _rows_behind(lineage: LineageColumns, place: int) -> Mask:
    """Which groups have the place upstream; one more at the end, for rows without a group."""
    upstream = lineage.upstream
    seen, stack = {place}, [place]
    while stack:
        for low in upstream.below_by_place.get(stack.pop(), ()):
            if low not in seen:
                seen.add(low)
                stack.append(low)
    here = [any(int(upstream.places[at]) in seen for at in group) for group in lineage.positions]
    return np.array([*here, False], np.bool_)


def _origin(
    way: Way,
    same: Iterable[int],
    n: int,
    k: int,
    rows: int,
    errors: int,
    chance: tuple[float, float, float | None],
) -> Origin:
    order = sorted(same, key=lambda at: (-way.hops(at), way.upstream.labels[at], way.upstream.stored[at]["id"]))
    nodes = [way.upstream.node(at) for at in order[: _SAME_SHOWN + 1]]
    rate, rest = k / n, (errors - k) / (rows - n)
    low, high = wilson(k, n)
    difference = newcombe(k, n, errors - k, rows - n)
    return Origin(
        node=nodes[0],
        same_rows=tuple(nodes[1:]),
        n=n,
        errors=k,
        of=errors,
        rate=rate,
        interval=Interval(float(low), float(high)),
        rest_rate=rest,
        difference=rate - rest,
        difference_interval=Interval(float(difference[0]), float(difference[1])),
        lift=rate / rest if rest else float("inf"),
        excess=k - rest * n,
        p=chance[0],
        q=chance[1],
        unit_q=chance[2],
        hops=way.hops(order[0]),
        _way=way,
        _position=order[0],
    )


def _node(node: Node) -> Json:
    found: dict[str, Json] = {"id": node.ref, "type": node.type, "name": node.name, "key": node.key}
    return found
