"""What `provgraph stitch` refuses before it opens a store."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from provgraph.cli.app import commands


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["artifact:1"], "provgraph stitch --undo NODE"),
        (["--undo", "--dry-run"], "--dry-run is for joining"),
        (["--rule", "weak"], "'content-hash', 'version-exact-uri', 'path-within-a-commit'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_does(line: list[str], said: str) -> None:
    result = CliRunner().invoke(commands, ["--url", "embedded:/nowhere", "stitch", *line])
    assert result.exit_code == 2
    assert said in result.output
