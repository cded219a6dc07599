"""Coverage without a store: scores say no more than is there, each gap has a line, records of one thing count once."""

from __future__ import annotations

import ast
import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from provgraph.cli.app import commands
from provgraph.coverage.kinds import CoverageKind, CoveragePart
from provgraph.coverage.remedies import remedy, tool_of
from provgraph.coverage.things import things_of
from provgraph.coverage.values import Coverage, CoverageScore, PipelineCoverage
from provgraph.errors import InvalidValueError

_TOOLS = ("provgraph", "mlflow", "dvc", "lfs", "openlineage", "mlmd", "prov", "of a tool to come")


@given(st.dictionaries(st.sampled_from(CoveragePart), st.tuples(st.integers(0, 2_000), st.integers(0, 2_000))))
def test_a_hundred_percent_is_said_only_where_nothing_is_missing(drawn: dict[CoveragePart, tuple[int, int]]) -> None:
    score = CoverageScore({part: (min(counts), max(counts)) for part, counts in drawn.items()})
    assert (score.percent is None) == (score.expected == 0)
    assert (score.percent == 100) == (score.expected > 0 and score.met == score.expected)
    assert (score.ratio is None) == (score.expected == 0)
    json.dumps(score.to_json())


@pytest.mark.parametrize("kind", CoverageKind)
@pytest.mark.parametrize("tool", _TOOLS)
def test_every_gap_has_one_line_for_every_tool(kind: CoverageKind, tool: str) -> None:
    found = remedy(kind, tool, 3)
    assert (found.tool, found.count) == (tool, 3)
    assert found.code
    assert "\n" not in found.code
    if found.language == "python":
        ast.parse(found.code)


def test_words_of_gaps_are_their_names_for_programs() -> None:
    for kind in CoverageKind:
        assert CoverageKind.of(kind.word) is kind
        assert kind.words(1).startswith("1 ")
        assert kind.words(1) != kind.words(2).replace("2", "1", 1)
    with pytest.raises(InvalidValueError, match="no gap is called 'nothing'"):
        CoverageKind.of("nothing")


def test_the_tool_is_the_first_part_of_a_source() -> None:
    assert [tool_of(source) for source in ("mlflow/laptop", "dvc/4f2a", "")] == ["mlflow", "dvc", "provgraph"]


def row(id_: int, *equal: int, unmade: bool = True, weak: bool = False, digested: bool = False) -> list[object]:
    return [id_, "Model", "", "m", unmade, digested, weak, False, [id_ * 10], list(equal)]


def test_records_of_one_thing_count_once_and_speak_for_each_other() -> None:
    rows = [row(3, 2), row(1, 2, unmade=False), row(2, 1, 3, digested=True, weak=True), row(7, digested=True)]
    one, other = things_of(rows)
    assert (one.id, one.records, one.made, one.joined, one.weak) == (1, [1, 2, 3], True, True, True)
    assert one.groups == {10, 20, 30}
    assert (other.id, other.made, other.joined, other.weak, other.digested) == (7, False, False, False, True)


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=14))
def test_things_are_the_components_of_the_equalities(pairs: list[tuple[int, int]]) -> None:
    beside: dict[int, set[int]] = {id_: {id_} for id_ in range(1, 13)}
    for first, second in pairs:
        whole = beside[first] | beside[second]
        for member in whole:
            beside[member] = whole
    rows = [row(id_, *(b for a, b in pairs if a == id_), *(a for a, b in pairs if b == id_)) for id_ in range(1, 13)]
    assert [set(thing.records) for thing in things_of(rows)] == [
        members for id_, members in sorted(beside.items()) if id_ == min(members)
    ]


def test_the_table_has_a_row_for_each_pipeline_and_a_column_for_each_part() -> None:
    score = CoverageScore({CoveragePart.CODE: (1, 2)})
    found = Coverage(score, (PipelineCoverage(None, 2, score),), (), 1, 0, "embedded:x")
    [only] = found.rows()
    assert list(only) == list(found.columns())
    assert (only["name"], only["code_met"], only["code_expected"], only["models_expected"]) == ("no pipeline", 1, 2, 0)
    frame = found.to_frame()
    assert list(frame.columns) == list(found.columns())
    assert [sentence.partition(" ")[0] for sentence in found.unknown] == ["Only", "1"]
    json.dumps(found.to_json())


@pytest.mark.parametrize("text", ["nan", "-NaN", "inf", "101", "-1"])
def test_a_percentage_that_nothing_is_less_than_is_refused(text: str) -> None:
    result = CliRunner().invoke(commands, ["--url", "embedded:/nowhere", "coverage", "--fail-under", text])
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("Error: Invalid value for '--fail-under'")
