"""The transcripts on the demo are what the demo answers."""

from __future__ import annotations


import pytest

pytest.importorskip("sklearn", reason="the extra provgraph[demo] is not installed")

import provgraph
from provgraph.demo import build_demo
from tests.docs.page import Session, blocks, check, commands_of, name_of, pages

# Pictures are rendered and models trained: half a minute, and more where the machine is busy.
pytestmark = pytest.mark.timeout(300)


def test_transcripts_on_the_demo_are_what_it_answers(session: Session) -> None:
    with provgraph.connect() as graph:
        build_demo(session.folder / "plant", graph)
    asked = 0
    for page in pages():
        for block in blocks(page.read_text("utf-8")):
            if block.note == "on the demo":
                for command in commands_of(block):
                    check(f"{name_of(page)}, line {block.line}", block, command, session.run(command.text))
                    asked += 1
    assert asked >= 1
