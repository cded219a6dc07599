"""Rows that contradict each other are named and left out, and what is left holds together."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.errors import LoadError
from provgraph.model import Artifact, ArtifactState, Context, PropertyKind, Proto
from tests.mlmd.reading import Read, outcome, read
from tests.mlmd.schemas import create, insert, opened, tables

TYPES: list[dict[str, Any]] = [
    {"id": 10, "name": "Data", "type_kind": 1},
    {"id": 11, "name": "Step", "type_kind": 0},
    {"id": 12, "name": "Pipe", "type_kind": 2},
]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with two nodes of each kind, of a schema without constraints."""
    path = tmp_path / "metadata.sqlite"
    loose(path)
    insert(
        path,
        {
            "Type": TYPES,
            "Artifact": [{"id": 1, "type_id": 10}, {"id": 2, "type_id": 10}],
            "Execution": [{"id": 1, "type_id": 11}, {"id": 2, "type_id": 11}],
            "Context": [{"id": 1, "type_id": 12, "name": "a"}, {"id": 2, "type_id": 12, "name": "b"}],
        },
    )
    return path


def loose(path: Path, version: int = 10) -> None:
    """A store whose tables let everything in."""
    with opened(path) as connection:
        for name, (columns, _) in tables(version).items():
            parts = [f"{column} INTEGER PRIMARY KEY" if column == "id" else column for column in columns]
            connection.execute(f"CREATE TABLE {name} ({', '.join(parts)})")
        connection.execute("INSERT INTO MLMDEnv VALUES (?)", (version,))


def notes(path: Path, rows: dict[str, list[dict[str, Any]]]) -> list[str]:
    insert(path, rows)
    return holding(read(path)).notes()


def holding(found: Read) -> Read:
    """The same, after every link was found to have both ends, and every node its type."""
    keys = {node.key for node in found.nodes}
    assert {node.type_key for node in found.nodes} <= {t.key for t in found.types}
    for batch in found.batches:
        for event in batch.events:
            assert {event.artifact, event.execution} <= keys
        for attribution in batch.attributions:
            assert {attribution.artifact, attribution.context} <= keys
        for association in batch.associations:
            assert {association.execution, association.context} <= keys
        for parent in batch.parents:
            assert {parent.child, parent.parent} <= keys
    return found


@pytest.mark.parametrize(
    ("table", "row", "note"),
    [
        (
            "Event",
            {"id": 5, "artifact_id": 9, "execution_id": 1, "type": 3},
            "dropped: 1 events: name an artifact that is not in the store (event 5)",
        ),
        (
            "Event",
            {"id": 5, "artifact_id": 1, "execution_id": 9, "type": 3},
            "dropped: 1 events: name an execution that is not in the store (event 5)",
        ),
        (
            "Event",
            {"id": 5, "artifact_id": 1, "execution_id": 1, "type": 0},
            "dropped: 1 events: are of no kind that ML Metadata knows (event 5)",
        ),
        (
            "EventPath",
            {"event_id": 8, "is_index_step": 0, "step_key": "k"},
            "dropped: 1 steps of paths: belong to no event (event 8)",
        ),
        (
            "Attribution",
            {"artifact_id": 9, "context_id": 1},
            "dropped: 1 attributions: name an artifact that is not in the store (artifact 9 in context 1)",
        ),
        (
            "Attribution",
            {"artifact_id": 1, "context_id": 9},
            "dropped: 1 attributions: name a context that is not in the store (artifact 1 in context 9)",
        ),
        (
            "Association",
            {"execution_id": 9, "context_id": 1},
            "dropped: 1 associations: name an execution that is not in the store (execution 9 in context 1)",
        ),
        (
            "Association",
            {"execution_id": 1, "context_id": 9},
            "dropped: 1 associations: name a context that is not in the store (execution 1 in context 9)",
        ),
        (
            "ParentContext",
            {"context_id": 1, "parent_context_id": 9},
            "dropped: 1 parents: name a context that is not in the store (context 1 in context 9)",
        ),
        (
            "ParentContext",
            {"context_id": 1, "parent_context_id": 1},
            "dropped: 1 parents: make a context its own parent (context 1 in context 1)",
        ),
        ("Artifact", {"id": 7, "type_id": 99}, "dropped: 1 artifacts: have no type (artifact 7)"),
        ("Artifact", {"id": 7, "type_id": 11}, "dropped: 1 artifacts: have no type (artifact 7)"),
        ("Execution", {"id": 7, "type_id": 10}, "dropped: 1 executions: have no type (execution 7)"),
        ("Context", {"id": 7, "type_id": 10, "name": "c"}, "dropped: 1 contexts: have no type (context 7)"),
        (
            "Type",
            {"id": 20, "name": "T", "type_kind": 3},
            "dropped: 1 types: have no name, or are of no kind that ML Metadata knows (type 20)",
        ),
        (
            "TypeProperty",
            {"type_id": 10, "name": "p", "data_type": 0},
            "dropped: 1 properties of types: belong to no type, or have no name or kind (type 10 p)",
        ),
        (
            "ParentType",
            {"type_id": 10, "parent_type_id": 11},
            "left alone: 1 base types: are none of those that ML Metadata builds in (type 10 is a type 11)",
        ),
        (
            "ArtifactProperty",
            {"artifact_id": 9, "name": "p", "is_custom_property": 1, "int_value": 1},
            "dropped: 1 properties: belong to no artifact of the store (artifact 9 p)",
        ),
        (
            "ExecutionProperty",
            {"execution_id": 1, "name": "", "is_custom_property": 1, "int_value": 1},
            "dropped: 1 properties: have no name (execution 1)",
        ),
        (
            "ContextProperty",
            {"context_id": 1, "name": "p", "is_custom_property": 1},
            "left alone: 1 properties: have no value (context 1 p)",
        ),
        (
            "Artifact",
            {"id": 7, "type_id": 10, "state": 77},
            "guessed: 1 states: are none that ML Metadata knows: taken as UNKNOWN (artifact 7)",
        ),
    ],
)
def test_a_row_that_cannot_stand_is_named(store: Path, table: str, row: dict[str, Any], note: str) -> None:
    assert notes(store, {table: [row]}) == [note]


def test_many_of_one_sort_are_counted_with_three_examples(store: Path) -> None:
    rows = [{"id": i, "artifact_id": 9, "execution_id": 1, "type": 3} for i in range(1, 1001)]
    [note] = notes(store, {"Event": rows})
    assert note == "dropped: 1,000 events: name an artifact that is not in the store (event 1, event 2, event 3, …)"


def test_links_of_a_node_that_is_dropped_go_with_it(store: Path) -> None:
    found = notes(
        store,
        {
            "Artifact": [{"id": 7, "type_id": 99}],
            "ArtifactProperty": [{"artifact_id": 7, "name": "p", "is_custom_property": 1, "int_value": 1}],
            "Event": [{"id": 1, "artifact_id": 7, "execution_id": 1, "type": 3}],
            "Attribution": [{"artifact_id": 7, "context_id": 1}],
        },
    )
    assert [note.split(":")[1] for note in found] == [" 1 artifacts", " 1 attributions", " 1 events"]


def test_contexts_that_are_their_own_ancestors_are_refused(store: Path) -> None:
    insert(
        store,
        {
            "ParentContext": [
                {"context_id": 1, "parent_context_id": 2},
                {"context_id": 2, "parent_context_id": 1},
            ]
        },
    )
    with pytest.raises(LoadError, match=r"table ParentContext: contexts would be their own ancestors: context 1 -> "):
        read(store)


def test_the_same_event_twice_is_one_and_another_path_is_named(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    create(path, 7)
    event = {"artifact_id": 1, "execution_id": 1, "type": 3}
    insert(
        path,
        {
            "Type": TYPES,
            "Artifact": [{"id": 1, "type_id": 10}],
            "Execution": [{"id": 1, "type_id": 11}],
            "Event": [{"id": i, **event} for i in (1, 2, 3)],
            "EventPath": [
                {"event_id": i, "is_index_step": 0, "step_key": k} for i, k in ((1, "a"), (2, "a"), (3, "b"))
            ],
        },
        7,
    )
    found = holding(read(path))
    assert [event.path for event in found.events] == [("a",)]
    assert found.notes() == [
        "left alone: 1 events: say again what an earlier event says (event 2, as event 1)",
        (
            "dropped: 1 events: say again what an earlier event says, with another path: the first is kept "
            "(event 3, as event 1)"
        ),
    ]


def test_names_and_external_ids_that_stand_there_twice(store: Path) -> None:
    rows = [{"id": i, "type_id": 10, "name": "n", "external_id": "e"} for i in (5, 6)]
    found = notes(store, {"Artifact": rows})
    assert found == [
        "guessed: 1 artifacts: have the external id of an earlier one: it is left out (artifact 6)",
        "guessed: 1 artifacts: have type and name of an earlier one: their ids are added to their names (artifact 6)",
    ]
    artifacts = [n for n in read(store).nodes if isinstance(n, Artifact) and n.name]
    assert [(a.name, a.external_id) for a in artifacts] == [("n", "e"), ("n (id 6)", None)]


def test_a_context_without_a_name_is_named_by_its_id(store: Path) -> None:
    [note] = notes(store, {"Context": [{"id": 9, "type_id": 12, "name": ""}]})
    assert note == "guessed: 1 contexts: have no name: they are named by their ids (context 9)"
    context = read(store).node("Context/9")
    assert isinstance(context, Context)
    assert context.name == "(id 9)"


def test_types_of_one_name_are_one(store: Path) -> None:
    found = notes(
        store,
        {
            "Type": [{"id": 20, "name": "Data", "type_kind": 1}],
            "TypeProperty": [
                {"type_id": 10, "name": "a", "data_type": 1},
                {"type_id": 20, "name": "a", "data_type": 3},
                {"type_id": 20, "name": "b", "data_type": 3},
            ],
            "Artifact": [{"id": 9, "type_id": 20}],
        },
    )
    assert found == [
        "guessed: 1 types: have kind, name and version of an earlier one: taken as the same (type 20)",
        "dropped: 1 properties of types: are declared twice with different kinds: the first is kept (type 20 a)",
    ]
    [data] = [t for t in read(store).types if t.name == "Data"]
    assert data.properties == {"a": PropertyKind.INT, "b": PropertyKind.STRING}


def test_a_declared_property_against_its_type_becomes_a_custom_one(store: Path) -> None:
    row = {"artifact_id": 1, "is_custom_property": 0}
    found = notes(
        store,
        {
            "TypeProperty": [{"type_id": 10, "name": "a", "data_type": 1}],
            "ArtifactProperty": [
                {**row, "name": "a", "string_value": "text"},
                {**row, "name": "b", "int_value": 1},
                {**row, "name": "c", "int_value": 1},
                {**row, "name": "c", "is_custom_property": 1, "int_value": 2},
            ],
        },
    )
    assert found == [
        (
            "guessed: 2 properties: are not as their type declares them: kept as custom properties "
            "(artifact 1 a, artifact 1 b)"
        ),
        (
            "dropped: 1 properties: are not as their type declares them, and the custom property of that name exists "
            "(artifact 1 c)"
        ),
    ]
    artifact = read(store).node("Artifact/1")
    assert artifact.properties == {}
    assert artifact.custom_properties == {"a": "text", "b": 1, "c": 2}


def test_values_that_cannot_be_decoded_are_kept(store: Path) -> None:
    row = {"artifact_id": 1, "is_custom_property": 1}
    found = notes(
        store,
        {
            "ArtifactProperty": [
                {**row, "name": "a", "string_value": "mlmd-struct::!!"},
                {**row, "name": "b", "string_value": "mlmd-struct::AAAA"},
                {**row, "name": "c", "proto_value": "no base64"},
                {**row, "name": "d", "int_value": "text"},
                {**row, "name": "e", "int_value": b"\x00"},
            ]
        },
    )
    assert found == [
        "guessed: 1 properties: are no packed proto messages: kept as proto values without a type (artifact 1 c)",
        "guessed: 2 properties: look like structs but cannot be decoded: kept as text (artifact 1 a, artifact 1 b)",
        "guessed: 2 properties: stand in a column of another kind: kept as what they are (artifact 1 d, artifact 1 e)",
    ]
    assert read(store).node("Artifact/1").custom_properties == {
        "a": "mlmd-struct::!!",
        "b": "mlmd-struct::AAAA",
        "c": Proto("", b"no base64"),
        "d": "text",
        "e": Proto("", b"\x00"),
    }


def test_an_unknown_state_is_taken_as_unknown(store: Path) -> None:
    insert(store, {"Artifact": [{"id": 7, "type_id": 10, "state": "LIVE"}]})
    artifact = read(store).node("Artifact/7")
    assert isinstance(artifact, Artifact)
    assert artifact.state is ArtifactState.UNKNOWN


ANYTHING = st.one_of(
    st.none(),
    st.integers(-1, 12),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=3),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    st.sampled_from(("mlmd-struct::CgA=", "mlmd.Model")),
)


@st.composite
def nonsense(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    small = st.integers(1, 3)
    for table, (columns, _) in tables(10).items():
        if table == "MLMDEnv":
            continue
        for at in range(1, draw(st.integers(0, 3)) + 1):
            row = {column: draw(small if column.endswith("_id") else ANYTHING) for column in columns if column != "id"}
            if "id" in columns:
                row["id"] = at
            if draw(st.booleans()):
                row |= {"type_kind": draw(st.integers(0, 2))} if table == "Type" else {}
            found.setdefault(table, []).append(row)
    return found


@given(rows=nonsense())
def test_whatever_stands_in_the_columns_is_refused_or_holds_together(rows: dict[str, list[dict[str, Any]]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "metadata.sqlite"
        loose(path)
        insert(path, rows)
        found = outcome(path)
    if isinstance(found, str):
        assert "\n" not in found
    else:
        holding(found)
