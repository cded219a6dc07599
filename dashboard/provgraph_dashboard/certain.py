"""The control that leaves out what is only possible; the address holds it, so that a link shows the same."""

from __future__ import annotations

from typing import Final

import streamlit as st

from provgraph_dashboard.links import YES

__all__ = ["CERTAIN_HELP", "NO", "certain_asked", "certain_only", "odd_certain"]

_KEY: Final = "certain"
NO: Final = "false"
CERTAIN_HELP: Final = "Leave out links that nothing says happened, only that they may have: those drawn dashed"


def certain_only() -> bool:
    """Draw the switch `Certain only`; whether it is on."""
    return st.toggle("Certain only", key=_KEY, bind="query-params", help=CERTAIN_HELP)


def certain_asked() -> bool:
    """Whether the address has the switch on: for what is asked of the store before the switch is drawn."""
    return st.query_params.get(_KEY) == YES


def odd_certain() -> str:
    """What the address says of it and nobody can mean; "" if nothing."""
    value = st.query_params.get(_KEY)
    return "" if value is None or value in (YES, NO) else f"certain={value[:40]!r}"
