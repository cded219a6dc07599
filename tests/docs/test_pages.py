"""What the pages tell people to type does what the pages say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.page import Session, blocks, check, name_of, pages, walk
from tests.docs.prepared import prepare


def has_session(page: Path) -> bool:
    return any(block.language in ("python", "console") and block.runs for block in blocks(page.read_text("utf-8")))


@pytest.mark.parametrize("page", [pytest.param(page, id=name_of(page)) for page in pages() if has_session(page)])
def test_a_page_does_what_it_says(page: Path, session: Session) -> None:
    name = name_of(page)
    prepare(name, session.folder)
    for block, command, outcome in walk(page, session):
        if command is not None and outcome is not None:
            check(f"{name}, line {block.line}", block, command, outcome)
