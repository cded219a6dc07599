"""No CSV that provgraph writes holds text that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provgraph import Lineage
from provgraph.cli.output import write_csv
from provgraph.interop.cells import csv_cell, frame_csv, table_csv
from tests.unit.interop_lineages import lineages, sample

pd = pytest.importorskip("pandas")

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
FORMULAS = [
    "=1+1",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "\uff1d1",
    '=HYPERLINK("x")',
    "-",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_would_be_a_formula_is_marked_as_text(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1, -0.5, 1e-9, True, None, "-12", "+3.5e7", "-inf", "plain", "a=b", "é", ""])
def test_numbers_and_plain_text_stay_as_they_are(value: object) -> None:
    assert csv_cell(value) == ("" if value is None else str(value))


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2)))
def test_every_cell_reads_back_as_it_was_but_for_the_mark(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(table_csv(["a", "b"], rows), newline="")))
    assert read == [["a", "b"], *([csv_cell(cell) for cell in row] for row in rows)]
    assert all(cell.strip()[:1] not in set("=@") for row in read for cell in row)


def test_each_writer_of_csv_marks_them(capsys: pytest.CaptureFixture[str]) -> None:
    bad = "=cmd()"
    write_csv(["name"], [[bad], [-1]])
    assert capsys.readouterr().out == "name\n'=cmd()\n-1\n"
    assert frame_csv(pd.DataFrame({bad: [bad, None], "x": [-0.5, float("nan")]})) == "'=cmd(),x\n'=cmd(),-0.5\n,\n"
    lineage = sample()
    named = replace(lineage.nodes[0], name=bad)
    nodes, links = replace(lineage, nodes=(named, *lineage.nodes[1:])).to_csv()
    assert ",=" not in nodes + links
    assert "'=cmd()" in nodes
    assert "'=cmd()" in links


def test_the_two_files_of_a_lineage_hold_all_nodes_and_links() -> None:
    nodes, links = (list(csv.DictReader(io.StringIO(text))) for text in sample().to_csv())
    assert [row["id"] for row in nodes] == ["artifact:4", "execution:3", "artifact:1", "artifact:2"]
    assert nodes[2]["custom_config"] == '{"lr": [0.1]}'
    assert nodes[1]["started_at"] == "1970-01-01T00:00:01.000+00:00"
    assert links[0] == {
        "kind": "INPUT",
        "source": "artifact:1",
        "source_type": "Dataset",
        "source_name": "surface/3",
        "target": "execution:3",
        "target_type": "Train",
        "target_name": "execution:3",
        "event_type": "INPUT",
        "time": "1970-01-01T00:00:01.000+00:00",
        "path": '["examples", 0]',
        "certainty": "observed",
        "recorded_by": "me",
        "recorded_at": "1970-01-01T00:00:03.000+00:00",
        "recorded_from": "",
    }


@settings(max_examples=30)
@given(lineages())
def test_any_lineage_can_be_written(lineage: Lineage) -> None:
    nodes, links = lineage.to_csv()
    assert len(list(csv.reader(io.StringIO(nodes, newline="")))) == len(lineage.nodes) + 1
    assert len(list(csv.reader(io.StringIO(links, newline="")))) == len(lineage.edges) + 1
