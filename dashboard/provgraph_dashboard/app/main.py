"""The script that Streamlit runs: the frame, the bar, and the page that the address names."""

from __future__ import annotations

import streamlit as st

from provgraph_dashboard.navigation import pages
from provgraph_dashboard.shell import frame

chosen = st.navigation(list(pages().values()), position="top")
frame(f"{chosen.title} · provgraph")
chosen.run()
