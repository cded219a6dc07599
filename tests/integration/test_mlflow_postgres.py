"""MLflow's tracking database on a real PostgreSQL: read as the same database in SQLite is, and never written to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from provgraph.errors import LoadError
from provgraph.loading import LoadOptions, LoadReport
from provgraph_loaders.mlflow import MlflowLoader
from tests.loaders.mlflow.example import example
from tests.loaders.mlflow.reading import Read, read
from tests.loaders.mlflow.schemas import VERSIONS, Rows, create, statements, tables
from tests.require import require
from tests.servers.postgres import binaries, running


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server of this module's own."""
    folder = binaries()
    if folder is None:
        require("postgres", "there are no binaries of it: Debian has them in the package postgresql")
    with running(folder) as url:
        yield url


@pytest.fixture
def database(server: str) -> str:
    """The URL of an empty database."""
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.removesuffix("/postgres") + f"/{name}"


def fill(url: str, version: str, rows: Rows) -> None:
    """Make the tables with these rows; of each, the columns that the schema has."""
    import psycopg

    schema = tables(version)
    with psycopg.connect(url) as connection:
        for statement in statements(version):
            text = statement.replace("BOOLEAN DEFAULT '0'", "BOOLEAN DEFAULT FALSE").replace("BLOB", "BYTEA")
            connection.execute(text.replace(" FLOAT", " DOUBLE PRECISION").encode())
        for table, wanted in rows.items():
            for row in wanted if table in schema else ():
                insert(connection, table, {name: value for name, value in row.items() if name in schema[table][0]})


def insert(connection: Any, table: str, row: Mapping[str, Any]) -> None:
    marks = ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


@pytest.mark.parametrize("version", VERSIONS)
def test_it_becomes_what_the_same_database_in_sqlite_becomes(database: str, tmp_path: Path, version: str) -> None:
    fill(database, version, example())
    found = read(database)
    file = read(create(tmp_path / "mlflow.db", version, example()))
    assert found.records() == file.records()
    assert sorted(found.notes()) == sorted(file.notes())
    assert found.report.read == file.report.read


def test_the_url_that_mlflow_was_given_works_whichever_driver_it_names(database: str) -> None:
    fill(database, "3.17", example())
    named = database.replace("postgresql://", "postgresql+psycopg2://")
    assert read(named).records() == read(database).records()


def test_it_is_read_in_one_transaction_that_can_write_nothing(database: str) -> None:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    fill(database, "3.17", example())
    told: list[tuple[str, str]] = []
    begun: list[object] = []

    def look(connection: Any, cursor: Any, statement: str, *_: object) -> None:
        if "latest_metrics" in statement:
            with connection.connection.cursor() as other:
                other.execute(
                    "SELECT current_setting('transaction_read_only'), current_setting('transaction_isolation')"
                )
                told.append(other.fetchone())

    def begin(connection: object) -> None:
        begun.append(connection)

    event.listen(Engine, "begin", begin)
    event.listen(Engine, "before_cursor_execute", look)
    try:
        read(database)
    finally:
        event.remove(Engine, "begin", begin)
        event.remove(Engine, "before_cursor_execute", look)
    assert len(begun) == 1
    assert set(told) == {("on", "repeatable read")}


def test_neither_report_nor_error_tells_the_password(database: str) -> None:
    password = database.partition("@")[0].rpartition(":")[2]
    with pytest.raises(LoadError, match="no tracking store of MLflow") as caught:
        read(database)
    assert password not in str(caught.value)
    fill(database, "3.17", example())
    report = LoadReport("mlflow", database)
    found = Read(list(MlflowLoader().load(database, LoadOptions(), report)), report)
    assert password not in repr(found.report.to_json())
    assert password not in repr(found.records())
    wrong = database.replace(password, "geheim")
    with pytest.raises(LoadError, match="password authentication failed") as refusal:
        read(wrong)
    assert "geheim" not in str(refusal.value)
