"""Impact: what a change of one or several nodes reaches, whether that is all, and by which routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import streamlit as st

from provgraph import Graph
from provgraph.model import Node, NodeKind
from provgraph.tracing.certificate import Certificate
from provgraph.tracing.impact import Impact
from provgraph.tracing.roles import Roles
from provgraph_dashboard import links, records
from provgraph_dashboard.certain import certain_asked, certain_only
from provgraph_dashboard.component import lineage_graph, requested_action
from provgraph_dashboard.drawable import called
from provgraph_dashboard.grid import chosen_row, grid
from provgraph_dashboard.impact_table import Row, rows_of, tiles_of
from provgraph_dashboard.parts import certificate, empty, muted, notice, tiles, title, type_chip
from provgraph_dashboard.picture import View
from provgraph_dashboard.routes_picture import RouteMap, lit, route_map, route_picture
from provgraph_dashboard.shell import show

_GRAPH_HEIGHT = 300
_TABLE_HEIGHT = 322
_MOST_STARTS = 50
_MOST_ROUTES = 6
_MOST_LISTED = 8
_DETAILS = "all"


@dataclass
class _Seen:
    """What one person has opened on the page of one answer."""

    view: View = field(default_factory=View)
    row: int = 0
    generation: int = 0


def page(graph: Graph) -> None:
    """Draw the page of `?node=`, which may stand several times, with `?details=all` and `?certain=true`."""
    values = list(dict.fromkeys(st.query_params.get_all("node")))
    if not values:
        _picker(graph)
        return
    if len(values) > _MOST_STARTS:
        records.refusal(f"{len(values)} nodes at once are too many", f"This page takes up to {_MOST_STARTS}.")
        return
    nodes: dict[str, Node] = {}
    for value in values:
        node = records.resolve(graph, value)
        if node is None:
            return
        nodes[node.ref] = node
    everything = st.query_params.get("details") == _DETAILS
    certain = certain_asked()
    with st.spinner("Following everything downstream …"):
        answer = graph.impact(list(nodes.values()), certain_only=certain, details=True if everything else None)
        reach = route_map(answer)
    _header(answer)
    if not answer.reached and not answer.counts:
        show(certificate(answer.certificate.complete, *_sentence(answer.certificate)))
        reason = (
            "Nothing downstream uses it, as far as the records go: it can be changed without touching anything else."
        )
        show(empty("Nothing is affected", reason))
        return
    show(tiles(tiles_of(answer, graph.types())))
    if answer.lineage is None:
        _certificate(answer)
        _summary(answer)
    else:
        _details(answer, reach, rows_of(answer, reach), "impact:" + ",".join(nodes))


def _header(answer: Impact) -> None:
    names = [called(node) for node in answer.starts]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    heading = title(
        (", " if more else " and ").join(names[:2]), before="If", after=f"{more} changed".strip(), code=True
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(width="content"):
            show(heading)
        _actions(answer)


def _actions(answer: Impact) -> None:
    with st.container(horizontal=True, vertical_alignment="center", width="content", gap="medium"):
        certain = certain_only()
        links.page_link(links.explore(answer.starts[0], certain=certain), "Explore", icon=":material/hub:")
        if st.button("Another node", type="tertiary", icon=":material/search:"):
            links.go(links.Link("impact"))
        if answer.reached:
            st.download_button(
                "CSV",
                answer.to_csv(),
                file_name="impact.csv",
                mime="text/csv",
                on_click="ignore",
                icon=":material/download:",
                help="The table below, all rows and columns",
            )


def _sentence(found: Certificate) -> tuple[str, str]:
    """How complete the answer is; then what makes certain and possible differ, and what the records lack."""
    rest: list[str] = []
    if found.frontier:
        count = len(found.frontier)
        rest.append(f"{count:,} possible link{' makes' if count == 1 else 's make'} the difference.")
    if found.gaps:
        rest.append(f"The records lack: {', '.join(str(gap) for gap in found.gaps)}.")
    return str(replace(found, gaps=(), frontier=())), " ".join(rest)


def _certificate(answer: Impact) -> None:
    found = answer.certificate
    with st.container(width="content"):
        show(certificate(found.complete, *_sentence(found)))
    where = [*((str(cut), cut.at) for cut in found.cut if cut.at), *((str(gap), gap.refs) for gap in found.gaps)]
    if (where or found.frontier) and answer.lineage is not None:
        with st.popover("Which", type="tertiary", width="content"):
            for words, refs in where:
                show(muted(words))
                for ref in refs[:_MOST_LISTED]:
                    node = answer.lineage.by_ref.get(ref)
                    links.page_link(links.explore(ref), called(node) if node else ref)
                if len(refs) > _MOST_LISTED:
                    show(muted(f"and {len(refs) - _MOST_LISTED:,} more"))
            if found.frontier:
                show(muted("possible links that make the difference"))
            for edge in found.frontier[:_MOST_LISTED]:
                ends = (answer.lineage.by_ref.get(ref) for ref in (edge.source, edge.target))
                names = [
                    called(node) if node else ref for node, ref in zip(ends, (edge.source, edge.target), strict=True)
                ]
                links.page_link(links.explore(edge.source), " → ".join(names))
            if len(found.frontier) > _MOST_LISTED:
                show(muted(f"and {len(found.frontier) - _MOST_LISTED:,} more"))


def _summary(answer: Impact) -> None:
    """An answer too large to draw: counts by type, the deployments, and the way to the rest."""
    total = sum(answer.counts.values())
    show(
        notice(
            "warn",
            f"{total:,} artifacts are reached: this is the summary",
            "Counts and deployments are complete. Hops, routes, and the table of all of them take longer to fetch.",
        )
    )
    query = {"node": tuple(node.ref for node in answer.starts), "details": _DETAILS}
    if st.session_state.get("certain"):
        query["certain"] = links.YES
    links.page_link(links.Link("impact", query), "Fetch all details", icon=":material/unfold_more:")
    left, right = st.columns([2, 1], gap="medium")
    with left:
        if answer.reached:
            _table(rows_of(answer, RouteMap()), key=None, row=0, detailed=False)
        else:
            show(muted("No deployment is among them."))
    with right:
        most = max(answer.counts.values(), default=1)
        bar = st.column_config.ProgressColumn("Artifacts", format="localized", min_value=0, max_value=most)
        columns = {"type": st.column_config.TextColumn("Type"), "count": bar}
        grid([{"type": name, "count": n} for name, n in answer.counts.items()], columns, most=_TABLE_HEIGHT)


@st.fragment
def _details(answer: Impact, reach: RouteMap, rows: Sequence[Row], key: str) -> None:
    """Graph and table; a click in either reruns only these."""
    with records.trouble_shown():
        seen = cast("dict[str, _Seen]", st.session_state.setdefault("provgraph_impact", {})).setdefault(key, _Seen())
        table = f"{key}:table:{seen.generation}"
        chosen = chosen_row(table, len(answer.reached))
        seen.row = chosen if chosen is not None else min(seen.row, max(0, len(answer.reached) - 1))
        target = answer.reached[seen.row].node.ref if answer.reached else None
        with st.container(horizontal=True, vertical_alignment="center", gap="small", horizontal_alignment="distribute"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
                _certificate(answer)
            route = _choose_route(answer, reach, target, key)
        _graph(answer, reach, route, seen, key)
        _table(rows, key=table, row=seen.row, detailed=True)


def _graph(answer: Impact, reach: RouteMap, route: Sequence[str], seen: _Seen, key: str) -> None:
    drawn = route_picture(reach, route, seen.view)
    graph_key = f"{key}:graph"

    def act() -> None:
        action = requested_action(graph_key)
        if action is None:
            return
        if action.do == "expand":
            seen.view = seen.view.unfold(action.id)
        elif action.do == "collapse":
            seen.view = seen.view.fold(action.id)
        elif action.side:
            seen.view = seen.view.pull(action.id, action.side)

    def choose() -> None:
        state = cast("dict[str, object]", st.session_state[graph_key])
        node = drawn.node(str(state.get("selected")))
        members = set(node.members) if node else set[str]()
        row = next((i for i, item in enumerate(answer.reached) if item.node.ref in members), None)
        if row is not None:
            # A new table begins with this row chosen: the selection of one that is there cannot be set.
            seen.row, seen.generation = row, seen.generation + 1

    event = lineage_graph(
        drawn,
        key=graph_key,
        height=_GRAPH_HEIGHT,
        route=lit(drawn, route),
        compact=True,
        smallest_scale=0.6,
        label=f"What is reached from {', '.join(called(node) for node in answer.starts)}",
        on_select=choose,
        on_action=act,
    )
    if event.action is not None and event.action.do == "focus":
        links.go(links.explore(event.action.id))


def _choose_route(answer: Impact, reach: RouteMap, target: str | None, key: str) -> tuple[str, ...]:
    """The route to the chosen row; where there are several, a choice between the shortest of them."""
    if target is None:
        return ()
    found = answer.routes(target, limit=_MOST_ROUTES + 1)
    ways = list(dict.fromkeys(tuple(ref for ref in way if ref in reach.names) for way in found))
    if len(ways) < 2:
        return ways[0] if ways else ()
    several = f"{_MOST_ROUTES} shortest routes" if len(ways) > _MOST_ROUTES else f"{len(ways)} routes"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        with st.container(width="content"):
            show(muted(several))
        chosen = st.segmented_control(
            "Route",
            range(1, min(len(ways), _MOST_ROUTES) + 1),
            default=1,
            key=f"{key}:route:{target}",
            label_visibility="collapsed",
            width="content",
        )
    return ways[(chosen or 1) - 1]


def _table(rows: Sequence[Row], *, key: str | None, row: int, detailed: bool) -> None:
    columns = {
        "what": st.column_config.TextColumn(f"{len(rows):,} reached" if detailed else "Deployments", width=230),
        "type": st.column_config.TextColumn("Type", width=110),
        "state": st.column_config.TextColumn("State", width=80),
        "live": st.column_config.TextColumn("Deployed", width=100),
    }
    if detailed:
        most = max((item["hops"] or 0 for item in rows), default=0)
        columns["hops"] = st.column_config.ProgressColumn(
            "Hops", width=110, format="%d", min_value=0, max_value=max(most, 1), color="primary"
        )
    # before what is wide: it is in view in a narrow window too
    columns["open"] = st.column_config.LinkColumn(
        "", width=60, display_text="Open", help="Open in Explore, in a new tab"
    )
    if detailed:
        columns["route"] = st.column_config.ListColumn("Route, artifacts only", width=420)
        if any(item["marks"] for item in rows):
            columns["marks"] = st.column_config.ListColumn("To know", width=200)
    grid(cast("Sequence[dict[str, object]]", rows), columns, most=_TABLE_HEIGHT, key=key, row=row)


def _picker(graph: Graph) -> None:
    """Without a node in the address: find one."""
    show(title("What would a change reach?"))
    words = st.text_input(
        "Find",
        key="impact_find",
        placeholder="Name, type, URI or key of a dataset, a capture batch, a model …",
        icon=":material/search:",
        label_visibility="collapsed",
        width=560,
    )
    found: list[Node]
    if words:
        found = list(graph.find(words[:200], newest_first=True, limit=30))
        if not found:
            show(empty("Nothing fits", "Try a part of the name, or a type such as Dataset."))
            return
    else:
        types = graph.types()
        names = {t.name for t in types if t.kind is NodeKind.ARTIFACT}
        data = [name for name in Roles.of(types).type_names("dataset", types) if name in names]
        found = [
            n
            for name in data or sorted(names)
            for n in graph.find(kind="artifact", type=name, newest_first=True, limit=4)
        ]
        if not found:
            records.empty_store()
            return
        show(muted("Or begin with one of the newest:"))
    for node in found[:30]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(width=170):
                show(type_chip(node.type, kind=node.kind.word))
            links.page_link(links.impact(node), called(node))
