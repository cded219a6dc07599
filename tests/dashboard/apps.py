"""What tests ask of a page that runs in Streamlit's AppTest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from streamlit.testing.v1 import AppTest

__all__ = ["run_with", "words"]


def run_with(app: AppTest, query: Mapping[str, str | Sequence[str]]) -> AppTest:
    """Run the page with a query; it may raise nothing."""
    for name, value in query.items():
        app.query_params[name] = value if isinstance(value, str) else list(value)
    app.run()
    assert [error.value for error in app.exception] == []
    return app


def words(app: AppTest) -> str:
    """All that is written in our own markup, without the markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(str(piece.proto.body) for piece in app.get("html"))))
