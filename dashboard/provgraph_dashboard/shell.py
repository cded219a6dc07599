"""The frame around every page: title, logo, style, and the way markup of ours gets on the page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import streamlit as st

from provgraph_dashboard.marks import as_css
from provgraph_dashboard.parts import Html, block
from provgraph_dashboard.theme import css_variables

_HERE = Path(__file__).parent
_STATIC = _HERE / "app" / "static"
# What opens over the page stands beside it in the document.
_ROOTS = ".stApp, [data-testid=stPopoverBody]"


def frame(title: str = "provgraph") -> None:
    """Set up the page; the first call to Streamlit of every script. `title` is that of the browser's tab."""
    # A picture file: an icon by name would be fetched from another host.
    st.set_page_config(page_title=title, page_icon=str(_STATIC / "favicon.png"), layout="wide")
    st.logo(str(_STATIC / "logo.svg"), size="medium")
    st.html(f"<style>{_style()}</style>")


def show(*pieces: Html, css_class: str = "", width: Literal["stretch", "content"] = "stretch") -> None:
    """Put markup made by `parts` on the page."""
    st.html(block(*pieces, css_class=css_class), width=width)


@cache
def _style() -> str:
    return css_variables(_ROOTS) + as_css() + (_HERE / "app.css").read_text(encoding="utf-8")
