"""Model: six questions that people ask of a model, each with its answer, or with what to record to have one."""

from __future__ import annotations

import streamlit as st

from provgraph import Condition, Graph, Lineage
from provgraph.cli.text import local_time
from provgraph.model import Artifact, Context, Execution, NodeKind, NodeType
from provgraph.tracing.explain import Explanation
from provgraph.tracing.roles import Roles
from provgraph_dashboard import links, records
from provgraph_dashboard.certain import certain_asked, certain_only
from provgraph_dashboard.drawable import called, state_of
from provgraph_dashboard.model_card import Beside, Card, cards
from provgraph_dashboard.parts import answer, empty, muted, state_chip, title, type_chip
from provgraph_dashboard.shell import show

_LISTED = 300
_HEIGHTS = (352, 388)


def page(graph: Graph) -> None:
    """Draw the page of the model in the address (`?model=`), or of the newest one, with `?certain=true` too."""
    types = graph.types()
    models = _newest(graph, types)
    value = st.query_params.get("model")
    if value is None and not models:
        _no_models(types)
        return
    chosen = records.resolve(graph, value, NodeKind.ARTIFACT) if value is not None else models[0]
    if not isinstance(chosen, Artifact):
        return
    certain = certain_asked()
    with st.spinner("Looking upstream and downstream …"):
        found = graph.explain(chosen, certain_only=certain)
        beside = _beside(graph, found, certain)
    _header(chosen, models, evaluated=bool(graph.prediction_tables(chosen)))
    six = cards(found, beside)
    for row, height in enumerate(_HEIGHTS):
        for column, card in zip(st.columns(3), six[3 * row : 3 * row + 3], strict=True):
            with column:
                _draw(card, height)


def _newest(graph: Graph, types: list[NodeType]) -> list[Artifact]:
    there = {t.name for t in types if t.kind is NodeKind.ARTIFACT}
    names = [name for name in Roles.of(types).type_names("model", types) if name in there]
    found = [n for name in names for n in graph.find(kind="artifact", type=name, newest_first=True, limit=_LISTED)]
    models = [node for node in found if isinstance(node, Artifact)]
    return sorted(models, key=lambda m: (-(m.created_at or m.recorded_at or 0), -m.id))[:_LISTED]


def _no_models(types: list[NodeType]) -> None:
    if not types:
        records.empty_store()
        return
    show(empty("No model is recorded", "Record one as an output of the step that trains it:"))
    _, middle, _ = st.columns([1, 3, 1])
    with middle:
        st.code('step.output("model.joblib", type="Model", name="inspector", version="7")', language="python")
    records.note(
        "An artifact of another type has a card too: open it in Explore, or name it in the address as ?model=."
    )


def _header(model: Artifact, models: list[Artifact], *, evaluated: bool) -> None:
    listed = {m.ref: m for m in ([model] if all(m.ref != model.ref for m in models) else []) + models}
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
            with st.container(width="content"):
                show(title(called(model)))
            with st.container(width="content"):
                made = local_time(model.created_at)
                show(type_chip(model.type), state_chip(state_of(model)))
            if made:
                with st.container(width="content"):
                    show(muted(f"recorded {made}"))
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="medium"):
            if evaluated:
                links.page_link(links.errors(model), "Error analysis", icon=":material/query_stats:")
            certain = certain_only()
            links.page_link(links.explore(model, certain=certain), "Explore", icon=":material/hub:")
            links.page_link(links.impact(model, certain=certain), "Impact", icon=":material/track_changes:")
            # A key of its own for each model: where the address leads elsewhere, the choice does too.
            chosen = st.selectbox(
                "Model",
                list(listed),
                index=list(listed).index(model.ref),
                format_func=lambda ref: called(listed[ref]),
                key=f"model_choice:{model.ref}",
                label_visibility="collapsed",
                width=300,
            )
    if chosen != model.ref:
        links.go(links.model(chosen, certain=certain))


def _draw(card: Card, height: int) -> None:
    with st.container(border=True, height=height, vertical_alignment="distribute"):
        show(answer(card.question, card.words, card.note), *card.body, css_class="pg-card")
        with st.container():
            if card.link is not None:
                place, words, icon = card.link
                links.page_link(place, words, icon=icon)


def _beside(graph: Graph, found: Explanation, certain: bool) -> Beside:
    model = found.model
    family = _family(graph, model)
    return Beside(
        previous=_previous(graph, found, family),
        run=_run(graph, found),
        deployments=graph.impact(list(family.values()), certain_only=certain) if found.deployment.known else None,
        family=family,
    )


def _family(graph: Graph, model: Artifact) -> dict[str, Artifact]:
    """All versions of the model, itself among them."""
    found = {model.ref: model}
    if model.family:
        where = (Condition("family", "=", model.family),)
        for node in graph.find(kind="artifact", type=model.type, where=where):
            if isinstance(node, Artifact) and node.source == model.source:
                found[node.ref] = node
    return found


def _previous(graph: Graph, found: Explanation, family: dict[str, Artifact]) -> tuple[Artifact, Execution] | None:
    """The version made just before this one, with the step that made it."""
    moment = (found.model.created_at or 0, found.model.id)
    earlier = [m for m in family.values() if (m.created_at or 0, m.id) < moment and m.type == found.model.type]
    for model in sorted(earlier, key=lambda m: (m.created_at or 0, m.id), reverse=True)[:1]:
        makers = graph.upstream(model, max_hops=1, with_contexts=False).executions
        if makers:
            return model, makers[0]
    return None


def _run(graph: Graph, found: Explanation) -> Lineage | None:
    named = str(found.pipeline.details.get("run") or "").split(", ")
    run = next((n for n in found.pipeline.nodes if isinstance(n, Context) and n.label in named), None)
    return graph.run(run) if run is not None else None
