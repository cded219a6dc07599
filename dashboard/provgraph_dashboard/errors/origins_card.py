"""The card with what stands upstream of a slice's errors, each one click from what it reaches."""

from __future__ import annotations

import streamlit as st

from provgraph.analysis.origins import Origin, Origins
from provgraph.model import Node
from provgraph.slicing import words
from provgraph_dashboard import links
from provgraph_dashboard.drawable import called
from provgraph_dashboard.errors.lines import chance_text
from provgraph_dashboard.errors.scene import Scene
from provgraph_dashboard.parts import Html, empty, muted, text, type_chip
from provgraph_dashboard.shell import show

__all__ = ["origins_card"]


def origins_card(scene: Scene, height: int) -> None:
    """Draw the card."""
    with st.container(border=True, height=height, gap="xsmall", key="errors_origins"):
        subject = scene.subject
        if subject is None:
            show(_title(None), empty("No slice is chosen", ""))
            return
        if not scene.analysis.rows.groups:
            show(_title(None))
            show(
                empty(
                    "Where these rows came from is not recorded",
                    "Record predictions with source=, the artifact that each row came from.",
                )
            )
            return
        found: Origins = scene.kept("origins", lambda: subject.analysis.origins(subject.terms))
        show(_title(found))
        if not len(found):
            show(muted("Nothing upstream stands behind more of these errors than chance lets expect."))
            return
        for origin in found:
            _origin(origin)


def _title(found: Origins | None) -> Html:
    note = "" if found is None or not len(found) else f"{found[0].of:,} errors, {found.tested:,} upstream tested"
    return Html(f'<h2 class="pg-subtitle pg-line">Where they come from <span class="pg-mute">{text(note)}</span></h2>')


def _origin(origin: Origin) -> None:
    node = origin.node
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"errors_origin {node.ref}"):
        show(type_chip(node.type, kind=node.kind.word), css_class="pg-lead", width="content")
        links.page_link(links.impact(node), _name(node), help="What else it reaches: open Impact")
        share = f"{origin.errors:,} of {origin.of:,}"
        rate = f"{words.percent(origin.rate)} of {origin.n:,} rows"
        chance = origin.q if origin.unit_q is None else max(origin.q, origin.unit_q)
        about = (
            f"{share} errors of the slice came from it: {words.percent(origin.rate)} of its {origin.n:,} rows, "
            f"elsewhere {words.percent(origin.rest_rate)} ({chance_text(chance, by='q')}). Route: {_route(origin)}"
        )
        numbers = f'<p class="pg-mute" title="{text(about)}"><b>{text(share)}</b> · {text(rate)}</p>'
        show(Html(numbers), css_class="pg-end", width="content")


def _name(node: Node) -> str:
    """What it is called, without the type that the chip says."""
    return called(node).removeprefix(f"{node.type} ")


def _route(origin: Origin) -> str:
    return " → ".join(called(node) for node in origin.route)
