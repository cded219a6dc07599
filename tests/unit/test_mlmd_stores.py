"""Stores of every schema arrive whole: generated ones, and what grows, moves or stands there twice."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provgraph.errors import LoadError
from provgraph.model import Artifact, ArtifactType, BaseType, ExecutionType, Proto, Struct
from tests.loaders.golden import kept
from tests.mlmd.golden import RECORDS, records_of_example
from tests.mlmd.reading import read
from tests.mlmd.schemas import VERSIONS, change, create, insert
from tests.mlmd.strategies import Made, stores


def written(made: Made, folder: str | Path) -> Path:
    path = Path(folder) / "metadata.sqlite"
    create(path, made.version)
    insert(path, made.rows, made.version)
    return path


def test_the_example_becomes_the_records_that_are_kept(tmp_path: Path) -> None:
    assert records_of_example(tmp_path) == kept(RECORDS)


@given(made=stores(), batch_size=st.sampled_from((1, 2, 1000)))
def test_every_type_node_and_link_arrives_as_it_stands_there(made: Made, batch_size: int) -> None:
    with TemporaryDirectory() as folder:
        found = read(written(made, folder), batch_size=batch_size)
    assert sorted(found.types, key=lambda t: t.key) == sorted(made.types, key=lambda t: t.key)
    assert {node.key: node for node in found.nodes} == {node.key: node for node in made.nodes}
    assert len(found.nodes) == len(made.nodes)
    assert sorted(map(repr, found.links)) == sorted(map(repr, made.links))
    assert found.report.total == found.report.done
    assert sum(note.count for note in found.report.notes) == made.again


@given(made=stores(), batch_size=st.sampled_from((1, 2, 3)))
def test_an_execution_comes_with_all_its_events_and_after_what_it_names(made: Made, batch_size: int) -> None:
    with TemporaryDirectory() as folder:
        found = read(written(made, folder), batch_size=batch_size)
    seen: set[str] = set()
    types: set[str] = set()
    for batch in found.batches:
        types |= {t.key for t in batch.types}
        assert {node.type_key for node in batch.nodes} <= types
        executions = {e.key for e in batch.executions}
        seen |= {node.key for node in batch.nodes}
        assert {e.execution for e in batch.events} | {a.execution for a in batch.associations} <= executions
        assert {e.artifact for e in batch.events} | {a.artifact for a in batch.attributions} <= seen
        assert {a.context for a in batch.attributions} | {a.context for a in batch.associations} <= seen
        assert {key for p in batch.parents for key in (p.child, p.parent)} <= seen
        assert len(batch.nodes) <= batch_size


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with a context, an execution and an artifact that it made."""
    path = tmp_path / "metadata.sqlite"
    create(path)
    insert(
        path,
        {
            "Type": [
                {"id": 10, "name": "pipeline", "type_kind": 2},
                {"id": 11, "name": "Trainer", "type_kind": 0},
                {"id": 12, "name": "Model", "type_kind": 1},
            ],
            "Context": [{"id": 1, "type_id": 10, "name": "p", "create_time_since_epoch": 1_700_000_000_000}],
            "Execution": [{"id": 1, "type_id": 11, "create_time_since_epoch": 1_700_000_000_100}],
            "Artifact": [{"id": 1, "type_id": 12, "uri": "u", "create_time_since_epoch": 1_700_000_000_200}],
            "Event": [{"artifact_id": 1, "execution_id": 1, "type": 4, "milliseconds_since_epoch": 5}],
        },
    )
    return path


def test_without_a_name_a_store_is_called_by_its_oldest_rows_however_it_grows_and_moves(
    store: Path, tmp_path: Path
) -> None:
    name = read(store, name=None).report.store
    assert name.startswith("mlmd/")
    moved = tmp_path / "elsewhere.db"
    shutil.move(store, moved)
    insert(
        moved,
        {
            "Type": [{"id": 13, "name": "Another", "type_kind": 1}],
            "Context": [{"id": 2, "type_id": 10, "name": "q", "create_time_since_epoch": 1_700_000_001_000}],
            "Artifact": [{"id": 2, "type_id": 13, "create_time_since_epoch": 1_700_000_001_000}],
        },
    )
    change(moved, "UPDATE Context SET name = 'renamed ' || id, last_update_time_since_epoch = 1800000000000")
    change(moved, "UPDATE Artifact SET uri = 'v', state = 4, name = 'n' || id")
    change(moved, "UPDATE Type SET description = 'd', external_id = 'e' || id")
    assert read(moved, name=None).report.store == name


def test_a_store_keeps_its_name_when_its_first_execution_or_artifact_comes_later(store: Path) -> None:
    whole = read(store, name=None).report.store
    change(store, "DELETE FROM Event")
    change(store, "DELETE FROM Artifact")
    change(store, "DELETE FROM Execution")
    assert read(store, name=None).report.store == whole


def test_a_store_keeps_its_name_when_ml_metadata_lifts_its_schema(tmp_path: Path) -> None:
    rows = {
        "Type": [{"id": 1, "name": "pipeline", "type_kind": 2}],
        "Context": [{"id": 1, "type_id": 1, "name": "p", "create_time_since_epoch": 1_700_000_000_000}],
    }
    names = []
    for version in (5, 6, 10):
        path = tmp_path / f"{version}.sqlite"
        create(path, version)
        change(path, "DELETE FROM Type")
        insert(path, rows, version)
        if version > 5:
            insert(path, {"Type": [{"name": "mlmd.Dataset", "type_kind": 1}]}, version)
        names.append(read(path, name=None).report.store)
    assert len(set(names)) == 1


def test_stores_that_began_at_other_times_have_other_names(store: Path) -> None:
    before = read(store, name=None).report.store
    change(store, "UPDATE Context SET create_time_since_epoch = create_time_since_epoch + 1")
    assert read(store, name=None).report.store != before


@pytest.mark.parametrize("version", [v for v in VERSIONS if v < 5])
def test_a_store_without_times_needs_a_name(tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.sqlite"
    create(path, version)
    insert(path, {"Type": [{"id": 1, "name": "T", "type_kind": 1}], "Artifact": [{"id": 1, "type_id": 1}]}, version)
    with pytest.raises(LoadError, match=r"old\.sqlite: its rows bear no times .*--source NAME"):
        read(path, name=None)
    assert [node.key for node in read(path, name="old").nodes] == ["mlmd/old/Artifact/1"]


def test_an_empty_store_yields_nothing_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    create(path)
    found = read(path, name=None)
    assert found.batches == []
    assert found.notes() == [f"left alone: 1 stores: hold no artifact, execution or context yet ({path})"]
    assert "nothing to load" in str(found.report)


def test_built_in_types_come_only_where_nodes_use_them(store: Path) -> None:
    assert not [t for t in read(store).types if t.name.startswith("mlmd.")]
    insert(store, {"Artifact": [{"id": 7, "type_id": 2}]})
    [model] = [t for t in read(store).types if t.name.startswith("mlmd.")]
    assert model == ArtifactType(name="mlmd.Model", base_type=BaseType.MODEL, source="mlmd/S")


def test_input_and_output_structures_of_a_type_are_kept(store: Path) -> None:
    change(store, """UPDATE Type SET input_type = '{"any":{}}' WHERE name = 'Trainer'""")
    [trainer] = [t for t in read(store).types if isinstance(t, ExecutionType)]
    assert trainer.signature == '{"input_type": "{\\"any\\":{}}"}'


def test_bytes_are_kept_as_a_proto_value_without_a_type(store: Path) -> None:
    insert(
        store,
        {"ArtifactProperty": [{"artifact_id": 1, "name": "b", "is_custom_property": 1, "byte_value": b"\x00\xff"}]},
    )
    found = read(store)
    assert found.node("Artifact/1").custom_properties == {"b": Proto("", b"\x00\xff")}
    assert found.notes() == [
        "guessed: 1 properties: are plain bytes: kept as proto values without a type (artifact 1 b)"
    ]


def test_an_empty_struct_and_whole_numbers_in_structs(store: Path) -> None:
    row = {"artifact_id": 1, "is_custom_property": 1}
    insert(
        store,
        {
            "ArtifactProperty": [
                {**row, "name": "empty", "string_value": "mlmd-struct::"},
                {**row, "name": "depth", "string_value": "mlmd-struct::ChIKBWRlcHRoEgkRAAAAAAAAIEA="},
            ]
        },
    )
    assert read(store).node("Artifact/1").custom_properties == {
        "empty": Struct("{}"),
        "depth": Struct('{"depth": 8}'),
    }


def test_a_batch_ends_early_where_its_properties_are_large(store: Path) -> None:
    insert(store, {"Artifact": [{"id": id_, "type_id": 12} for id_ in range(2, 8)]})
    row = {"name": "big", "is_custom_property": 1, "string_value": "x" * 3_000_000}
    insert(store, {"ArtifactProperty": [{"artifact_id": id_, **row} for id_ in range(1, 8)]})
    found = read(store)
    sizes = [len(batch.artifacts) for batch in found.batches if batch.artifacts]
    assert sum(sizes) == 7
    assert max(sizes) == 3
    assert all(isinstance(node, Artifact) and node.get("big") == "x" * 3_000_000 for node in found.nodes[1:8])


def test_a_batch_ends_early_where_its_executions_have_many_events(store: Path) -> None:
    with sqlite3.connect(store) as connection:
        numbers = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 15001)"
        connection.execute(f"{numbers} INSERT INTO Artifact (id, type_id) SELECT i, 12 FROM n")
        events = f"{numbers} INSERT INTO Event (artifact_id, execution_id, type) SELECT i, ?, 3 FROM n"
        for execution in (2, 3, 4):
            connection.execute("INSERT INTO Execution (id, type_id) VALUES (?, 11)", (execution,))
            connection.execute(events, (execution,))
    connection.close()
    found = read(store)
    assert [len(b.executions) for b in found.batches if b.executions] == [2, 1, 1]
    assert [len(b.events) for b in found.batches if b.executions] == [15_001, 15_000, 15_000]


def test_unknown_tables_and_columns_are_named(store: Path) -> None:
    change(store, "CREATE TABLE Notes (text)")
    change(store, "ALTER TABLE Artifact ADD COLUMN colour")
    assert read(store).notes() == [
        "unknown: 1 columns: not part of ML Metadata's schema, so not read (Artifact.colour)",
        "unknown: 1 tables: not part of ML Metadata's schema, so not read (Notes)",
    ]


def test_triggers_and_views_of_a_file_are_not_run(store: Path) -> None:
    change(store, "CREATE VIEW v AS SELECT * FROM nowhere")
    change(store, "CREATE TRIGGER t BEFORE DELETE ON Event BEGIN SELECT RAISE(ABORT, 'ran'); END")
    insert(store, {"Event": [{"artifact_id": 99, "execution_id": 1, "type": 3}]})
    assert len(read(store).events) == 1


def test_text_that_is_not_utf8_arrives_readable_and_is_counted(store: Path) -> None:
    change(store, "UPDATE Artifact SET uri = CAST(x'61ff62' AS TEXT)")
    found = read(store)
    artifact = found.node("Artifact/1")
    assert isinstance(artifact, Artifact)
    assert artifact.uri == "a\\xffb"
    assert found.notes() == ["guessed: 1 texts: are not UTF-8: the bytes that are not are written as \\xNN"]
