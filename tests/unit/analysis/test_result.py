"""An analysis as a value: what counts as an error of a slice, its other names, and its JSON."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest

from provgraph import Artifact
from provgraph.analysis.joined import join
from provgraph.analysis.naming import with_other_names
from provgraph.analysis.options import SliceOptions
from provgraph.analysis.result import ErrorAnalysis
from provgraph.errors import InvalidValueError
from provgraph.slicing import Outcome, Term, find_slices
from provgraph.tables.area import FileArea
from provgraph.tables.predictions import PredictionTable
from tests.unit.analysis.chains import Chains, chains

BATCHES, ROWS = 10, 40


def plant() -> Chains:
    """Ten batches; every second one has the setting that hurts."""
    rows = np.repeat(np.arange(BATCHES), ROWS)
    wrong = (rows % 2 == 1) & (np.arange(rows.size) % ROWS < 20) | (np.arange(rows.size) % ROWS < 2)
    settings = ["bad" if batch % 2 else "good" for batch in range(BATCHES)]
    return chains(settings, ["B" if batch % 2 else "A" for batch in range(BATCHES)], rows.tolist(), wrong.tolist())


def analysed(made: Chains, frame: pd.DataFrame, outcome: Outcome) -> ErrorAnalysis:
    joined = join(frame, [], made.rows, made.lineage, wanted=None, time="time", edges=None)
    report = find_slices(joined.encoded, outcome=outcome, upstream_first=joined.upstream_first)
    table = PredictionTable(
        Artifact(type="Predictions", name="p/1", key="k", id=7), {}, {}, len(frame), FileArea("/nowhere")
    )
    report = with_other_names(report, made.lineage, joined)
    return ErrorAnalysis(report, table, outcome, None, made.lineage, joined, made.rows)


def test_other_columns_behind_the_same_groups_are_names_of_the_slice() -> None:
    made = plant()
    [found] = analysed(made, made.frame, Outcome.column("wrong")).slices
    assert found.predicate == (Term("Setting", "bad"),)
    assert [(alias.predicate, alias.same_rows) for alias in found.aliases] == [((Term("Capture.camera", "B"),), True)]


def test_rows_without_an_outcome_count_nowhere() -> None:
    made = plant()
    frame = made.frame.assign(wrong=made.frame["wrong"].astype("boolean"))
    frame.loc[frame.index % 4 == 0, "wrong"] = pd.NA
    analysis = analysed(made, frame, Outcome.column("wrong"))
    first = analysis.origins(analysis.slices[0])[0]
    assert first.n == (frame["wrong"].notna() & (made.rows.codes % 2 == 1)).sum()
    assert first.errors == analysis.slices[0].errors


def test_of_a_loss_the_rows_above_the_mean_elsewhere_are_the_errors() -> None:
    made = plant()
    draw = np.random.default_rng(5)
    loss = draw.normal(1.0, 0.2, len(made.frame)) + np.where(made.rows.codes % 2 == 1, 1.0, 0.0)
    analysis = analysed(made, made.frame.assign(loss=loss), Outcome.loss("loss"))
    first = analysis.origins(analysis.slices[0])[0]
    inside = made.rows.codes % 2 == 1
    assert first.node.type == "Configure"
    assert first.errors == (loss[inside] > loss[~inside].mean()).sum()


def test_a_slice_by_hand_has_origins_too_and_an_unknown_column_is_refused() -> None:
    made = plant()
    analysis = analysed(made, made.frame, Outcome.column("wrong"))
    by_hand = analysis.measure({"Capture.camera": "B"})
    assert by_hand.by_hand
    assert by_hand.n == BATCHES // 2 * ROWS
    assert [o.node.type for o in analysis.origins(by_hand)] == [
        o.node.type for o in analysis.origins(analysis.slices[0])
    ]
    with pytest.raises(InvalidValueError, match="no column"):
        analysis.origins({"nothing": 1})


def test_it_becomes_json_that_every_reader_accepts_and_can_be_sent_to_another_process() -> None:
    made = plant()
    analysis = analysed(made, made.frame, Outcome.column("wrong"))
    found = json.loads(analysis.to_json(upstream=True), parse_constant=lambda _: pytest.fail("no JSON"))
    assert found["predictions"] == {"id": "artifact:7", "key": "k", "name": "p/1"}
    assert found["slices"][0]["origins"][0]["route"]
    assert found["slices"][0]["events"] == []
    assert "origins" not in analysis.to_dict()["slices"][0]  # type: ignore[index, operator]
    again: ErrorAnalysis = pickle.loads(pickle.dumps(analysis))
    assert again.to_dict(upstream=True) == analysis.to_dict(upstream=True)


def test_parameters_are_what_differs_from_the_defaults() -> None:
    assert SliceOptions().parameters() == {}
    asked = SliceOptions(outcome=Outcome.errors(), columns=("a", "b"), depth=2, edges={"x": [1.0]})
    assert asked.parameters() == {
        "outcome": "prediction differs from label",
        "columns": ["a", "b"],
        "depth": 2,
        "edges": {"x": [1.0]},
    }
