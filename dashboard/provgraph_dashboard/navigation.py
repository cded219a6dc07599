"""The pages of the dashboard and the bar that leads to them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from provgraph import Graph
from provgraph_dashboard import links, records
from provgraph_dashboard.views import coverage, errors, explore, impact, model, overview, runs


def guarded(draw: Callable[[Graph], None]) -> Callable[[], None]:
    """A page for Streamlit: given the open graph, and in place of an exception a screen that says what to do."""

    def page() -> None:
        with records.trouble_shown():
            draw(records.graph())

    return page


def pages() -> dict[links.PageName, st.Page]:
    """All pages by name, in the order of the bar; known to this session from now on."""
    found = {
        "overview": st.Page(guarded(overview.page), title="Overview", icon=":material/space_dashboard:", default=True),
        "explore": st.Page(guarded(explore.page), title="Explore", icon=":material/hub:", url_path="explore"),
        "impact": st.Page(guarded(impact.page), title="Impact", icon=":material/track_changes:", url_path="impact"),
        "model": st.Page(guarded(model.page), title="Model", icon=":material/deployed_code:", url_path="model"),
        "errors": st.Page(
            guarded(errors.page), title="Error analysis", icon=":material/query_stats:", url_path="errors"
        ),
        "runs": st.Page(guarded(runs.page), title="Runs", icon=":material/play_circle:", url_path="runs"),
        "coverage": st.Page(guarded(coverage.page), title="Coverage", icon=":material/checklist:", url_path="coverage"),
    }
    links.register(found)
    return found
