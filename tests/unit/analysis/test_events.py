"""Changes upstream: a value comes, stays, and what was there before goes."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from provgraph.analysis.events import UpstreamEvent, find_events
from provgraph.slicing import Outcome, Term
from provgraph.slicing.rows import Predicate
from tests.unit.analysis.chains import Chains, chains

ROWS = 40  # of each batch


def events(made: Chains, predicate: Predicate | None = None) -> tuple[UpstreamEvent, ...]:
    return find_events(made.joined, made.lineage, made.rows.codes, Outcome.column("wrong"), predicate, limit=10)


def plant(settings: list[str], cameras: list[str], bad: set[int], *, days: bool = True) -> Chains:
    rows = np.repeat(np.arange(len(settings)), ROWS)
    wrong = np.array([at % ROWS < (ROWS // 2 if batch in bad else 2) for at, batch in enumerate(rows.tolist())])
    return chains(settings, cameras, rows.tolist(), wrong.tolist(), days=days)


def changes(found: tuple[UpstreamEvent, ...]) -> set[tuple[str, ...]]:
    return {tuple(map(str, event.changes)) for event in found}


def test_a_new_setting_is_an_event_with_its_moment_its_node_and_what_came_after() -> None:
    made = plant(["old"] * 4 + ["new"] * 3, list("ABABABA"), {4, 5, 6})
    [event] = events(made)
    assert changes((event,)) == {("Setting: old to new",)}
    assert event.at.date() == datetime(1970, 1, 5, tzinfo=UTC).date()
    assert event.predicate == ()
    assert event.changes[0].node.name == "new"
    assert event.effect.before.n == 4 * ROWS
    assert (event.effect.before.errors, event.effect.after.errors) == (4 * 2, 3 * ROWS // 2)
    assert event.effect.p is not None
    assert event.effect.p < 1e-10
    assert event.to_dict()["changes"] == [
        {"column": "Setting", "before": "old", "after": "new", "node": event.changes[0].node.ref}
    ]


def test_a_slice_of_the_new_value_is_looked_at_where_there_are_rows_before() -> None:
    # camera B gets the setting that hurts; camera A keeps the old one
    settings = ["old"] * 7 + ["new", "old"] * 3 + ["new"]
    made = plant(settings, list("AB" * 7), {7, 9, 11, 13})
    found = events(made, (Term("Capture.camera", "B"), Term("Setting", "new")))
    first = found[0]
    assert first.predicate == (Term("Capture.camera", "B"),)
    assert str(first).endswith("Setting: old to new")
    assert first.effect.rest_before is not None
    assert first.effect.effect == pytest.approx(0.45)
    # where one column says it all, what its rows have in common is looked at
    [alone, *_] = events(made, {"Setting": "new"})
    assert alone.predicate == (Term("Capture.camera", "B"),)


def test_values_that_take_turns_are_no_events() -> None:
    made = plant(["one"] * 9, list("ABCABCABC"), {1, 4, 7})
    assert events(made) == ()
    assert events(made, {"Capture.camera": "B"}) == ()


def test_that_time_passes_is_no_event() -> None:
    weeks = [f"2026-W{10 + day // 2}" for day in range(12)]
    assert events(plant(["one"] * 12, weeks, {6, 7, 8})) == ()


def test_a_value_of_a_single_source_is_no_event() -> None:
    assert events(plant(["old"] * 5 + ["new"], list("ABABAB"), {5})) == ()


def test_a_rollback_is_an_event_of_neither_value_twice() -> None:
    made = plant(["old"] * 4 + ["new"] * 3 + ["old"] * 3, list("AB") * 5, {4, 5, 6})
    assert changes(events(made)) == {("Setting: old to new",)}


def test_what_changes_with_the_same_row_is_one_event() -> None:
    made = plant(["old"] * 4 + ["new"] * 3, list("AAAABBB"), {4, 5, 6})
    [event] = events(made)
    assert changes((event,)) == {("Setting: old to new",)}
    made = plant(["old"] * 4 + ["new"] * 3 + ["newer"], list("AAAABBBB"), {4, 5, 6})
    assert changes(events(made)) == {("Setting: old to new", "Capture.camera: A to B")}


def test_without_any_time_there_are_no_events_and_the_graphs_own_times_count_else() -> None:
    made = plant(["old"] * 4 + ["new"] * 3, list("ABABABA"), {4, 5, 6}, days=False)
    [event] = events(made)
    assert event.at == datetime(1970, 1, 5, tzinfo=UTC)
