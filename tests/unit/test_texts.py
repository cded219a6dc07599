from __future__ import annotations

from pathlib import Path

import pytest

from tests.texts import ROOT, complaints

HOME = "/ho" + "me/somebody"  # in two parts: this file is checked as well


@pytest.mark.parametrize(
    "line",
    [
        "see https:/" + "/packages.elsewhere.net/simple",
        "pip install --index-ur" + "l X",
        f"cp {HOME}/x .",
        f"cd {ROOT}/docs",
    ],
)
def test_foreign_hosts_and_paths_of_one_machine_are_found(line: str) -> None:
    assert len(list(complaints("page.md", f"fine\n{line}\n"))) == 1
    assert next(complaints("page.md", f"fine\n{line}\n")).startswith("page.md:2: ")


@pytest.mark.parametrize(
    "line",
    [
        "open http://127.0.0.1:8501 or http://localhost:7474",
        "s3://bucket/data, https://models.example.com/x?a=b, neo4j://server.example.org",
        "an address of another part of the tree: docs/home/page.md, ~/home",
        str(Path("relative") / "root.py"),
    ],
)
def test_examples_and_relative_paths_are_left_alone(line: str) -> None:
    assert list(complaints("page.md", line)) == []
