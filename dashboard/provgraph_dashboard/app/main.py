"""The script that Streamlit runs: the frame, the bar, and the page that the address names."""

from __future__ import annotations

import streamlit as st

from provgraph_dashboard.navigation import pages
from provgraph_dashboard.shell import frame

# Before the pages are known: else the browser would take the icon of the page for its tab, and ask another host for it.
frame()
chosen = st.navigation(list(pages().values()), position="top")
st.set_page_config(page_title=f"{chosen.title} · provgraph")
chosen.run()
