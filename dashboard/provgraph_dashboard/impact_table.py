"""An impact as numbers and as the rows of its table: nothing here asks the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from provgraph.model import NodeType
from provgraph.tracing.impact import Impact, Reached
from provgraph.tracing.roles import Roles
from provgraph_dashboard.drawable import called, short_type
from provgraph_dashboard.links import explore
from provgraph_dashboard.parts import Tile
from provgraph_dashboard.routes_picture import FAILED_ONLY, POSSIBLE_ONLY, RouteMap
from provgraph_dashboard.states import state_text
from provgraph_dashboard.text import plain
from provgraph_dashboard.theme import glyph

_MOST_CHIPS = 8


class Row(TypedDict):
    """One row of the table as it is shown."""

    what: str
    type: str
    state: str
    live: str
    hops: int | None
    route: list[str]
    marks: list[str]
    open: str


def tiles_of(impact: Impact, types: Iterable[NodeType]) -> list[Tile]:
    """The five numbers of an impact: deployments, models, datasets, metrics and predictions, hops to the farthest."""
    known = list(types)
    by_role, possible = _counts(impact.counts, known), _counts(impact.possible_counts, known)
    hops = [item.hops for item in impact.reached if item.hops is not None]
    farthest: int | str = max(hops, default=0) if impact.lineage is not None else "–"
    return [
        _deployments(impact),
        Tile(
            impact.model_count,
            _also("model" if impact.model_count == 1 else "models", impact.possible_model_count),
        ),
        Tile(by_role["dataset"], _also("dataset" if by_role["dataset"] == 1 else "datasets", possible["dataset"])),
        Tile(by_role["measured"], _also("metrics and predictions", possible["measured"])),
        Tile(farthest, "hops to the farthest" if impact.lineage is not None else "hops: not counted in a summary"),
    ]


def rows_of(impact: Impact, reach: RouteMap) -> list[Row]:
    """The ranked table: one row for each of `Impact.rows`, in its order."""
    return [
        Row(
            what=plain(called(item.node)),
            type=plain(short_type(item.node.type)),
            state=state_text(item.node.state.name),
            live=_live(item),
            hops=item.hops,
            route=_chips(reach, item.node.ref),
            marks=[FAILED_ONLY] * item.only_through_failed + [POSSIBLE_ONLY] * item.only_possible,
            open=explore(item.node).href,
        )
        for item in impact.reached
    ]


def _chips(reach: RouteMap, ref: str) -> list[str]:
    """The names on the route after its start; of a long one the last."""
    way = reach.route(ref, last=_MOST_CHIPS + 2)
    names = [plain(reach.names[step]) for step in way[1:]]
    return names if len(way) < _MOST_CHIPS + 2 else ["…", *names[-_MOST_CHIPS:]]


def _live(item: Reached) -> str:
    if item.role != "deployment":
        return ""
    return "not recorded" if item.live is None else "live now" if item.live else "no longer"


def _also(words: str, possible: int) -> str:
    return f"{words}, {possible:,} only possibly" if possible else words


def _deployments(impact: Impact) -> Tile:
    every, live = len(impact.deployments), len(impact.live_deployments)
    possible = sum(item.only_possible for item in impact.deployments)
    if every and all(item.live is None for item in impact.deployments):
        words = f"deployment{'' if every == 1 else 's'}, live or not is not recorded"
        return Tile(every, _also(words, possible), hot=True)
    words = "live deployment" if live == 1 else "live deployments"
    if possible:
        words = f"live of {every:,} deployments, {possible:,} possibly"
    elif every:
        words = f"{words}, {every:,} reached"
    return Tile(live, words, hot=live > 0)


def _counts(counts: Mapping[str, int], types: Sequence[NodeType]) -> Mapping[str, int]:
    roles = Roles.of(types)
    datasets, metrics = set(roles.type_names("dataset", types)), set(roles.type_names("metrics", types))
    found = {"dataset": 0, "measured": 0}
    for name, count in counts.items():
        if name in datasets:
            found["dataset"] += count
        elif name in metrics or _is_prediction(name):
            found["measured"] += count
    return found


def _is_prediction(type: str) -> bool:
    return glyph(type).hue == "predictions"
