"""A tracking database behind a SQLAlchemy URL, copied in one read transaction into a private SQLite database.

Histories of metrics are summed up by the server: only their least, greatest and last values travel.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from provgraph.chunks import chunks
from provgraph.errors import LoadError
from provgraph.loading import LoadReport
from provgraph.model.values import INT64_MAX, INT64_MIN
from provgraph_loaders.mlflow.schema import ELSE, TABLES, create, is_mlflow, name_unknown

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

__all__ = ["database_copy", "is_database_url"]

_SCHEMES: Final = frozenset(("postgresql", "mysql", "mariadb", "mssql", "oracle"))
_ROWS: Final = 5_000  # at once
_SERVER_SIDE: Final = frozenset(("metrics", "latest_metrics"))


def is_database_url(source: str) -> bool:
    """Whether it is a SQLAlchemy URL of a database server, such as `postgresql+psycopg2://host/mlflow`."""
    scheme, separator, _ = source.partition("://")
    return bool(separator) and scheme.partition("+")[0].lower() in _SCHEMES


@contextmanager
def database_copy(url: str, shown: str, report: LoadReport) -> Generator[sqlite3.Connection]:
    """A connection to a private copy of the database's tables.

    Args:
        url: with the password, if one is needed.
        shown: the same without it, for errors and the report.
        report: is told which tables and columns are not read.

    Raises:
        LoadError: SQLAlchemy or the driver is not installed, nobody answers, or it is no tracking database.
    """
    if find_spec("sqlalchemy") is None:
        raise LoadError(f'{shown}: a database is read with SQLAlchemy: pip install "provgraph[mlflow]"')
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    with closing(sqlite3.connect("", isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = OFF")
        create(copy)
        password = None
        try:
            parsed = make_url(url)
            password = parsed.password
            engine = create_engine(parsed.set(drivername=_driver(parsed.drivername)), poolclass=NullPool)
            options: dict[str, object] = {"stream_results": True, "yield_per": _ROWS}
            if engine.dialect.name in ("postgresql", "mysql", "mariadb"):
                options["isolation_level"] = "REPEATABLE READ"  # all statements see the same moment
            if engine.dialect.name == "postgresql":
                options["postgresql_readonly"] = True
            with engine.connect() as plain, plain.execution_options(**options) as connection, connection.begin():
                _copy(connection, copy, shown, report)
        except ModuleNotFoundError as error:
            raise LoadError(f"{shown}: its driver is not installed: pip install {error.name}") from error
        except (SQLAlchemyError, ValueError) as error:
            cause = getattr(error, "orig", None) or error
            words = " ".join(str(cause).split())[:300]
            words = words.replace(password, "***") if isinstance(password, str) and password else words
            raise LoadError(f"{shown}: cannot be read: {words}") from None  # the cause quotes the URL
        yield copy


def _driver(name: str) -> str:
    """The driver to use: of PostgreSQL any that is there, whichever one the URL that MLflow was given names."""
    dialect, _, wanted = name.partition("+")
    if dialect != "postgresql" or (wanted and find_spec(wanted) is not None):
        return name
    there = next((driver for driver in ("psycopg", "psycopg2") if find_spec(driver) is not None), "psycopg")
    return f"{dialect}+{there}"


def _copy(connection: Connection, copy: sqlite3.Connection, shown: str, report: LoadReport) -> None:
    from sqlalchemy import inspect

    inspector = inspect(connection)
    names = inspector.get_table_names()
    there = {name: frozenset(str(c["name"]) for c in inspector.get_columns(name)) for name in names}
    if not is_mlflow(there):
        raise LoadError(f"{shown}: is a database, but no tracking store of MLflow (its tables are others)")
    held = {name for name in there if name in ELSE and _holds_rows(connection, name)}
    name_unknown(there, held, report)
    copy.execute("BEGIN")
    summed = "latest_metrics" in there
    for name, wanted in TABLES.items():
        if name not in there or (summed and name in _SERVER_SIDE):
            continue
        columns = [name_ for name_ in wanted if name_ in there[name]]
        _insert(copy, name, columns, _rows(connection, _select(name, columns)))
    if summed:
        _sum_metrics(connection, copy, there)
    copy.execute("COMMIT")


def _holds_rows(connection: Connection, name: str) -> bool:
    from sqlalchemy import Integer, literal_column, select, table

    one = select(literal_column("1", Integer)).select_from(table(name)).limit(1)
    return connection.execute(one).first() is not None


def _sum_metrics(connection: Connection, copy: sqlite3.Connection, there: Mapping[str, frozenset[str]]) -> None:
    from sqlalchemy import BigInteger, Boolean, Float, Text, column, func, not_, select, table

    value, is_nan = column("value", Float), column("is_nan", Boolean)
    run, key = column("run_uuid", Text), column("key", Text)
    bounds = select(run, key, func.min(value), func.max(value)).select_from(table("metrics")).group_by(run, key)
    flagged = "is_nan" in there["metrics"]
    copy.execute("CREATE TABLE provgraph_bounds (run_uuid, key, low, high)")
    _insert(
        *(copy, "provgraph_bounds", ("run_uuid", "key", "low", "high")),
        _rows(connection, bounds.where(not_(is_nan)) if flagged else bounds),
    )
    columns = [name for name in TABLES["latest_metrics"] if name in there["latest_metrics"]]
    _insert(copy, "latest_metrics", columns, _rows(connection, _select("latest_metrics", columns)))
    copy.execute("CREATE INDEX provgraph_bounds_run ON provgraph_bounds (run_uuid, key)")
    copy.execute(
        "CREATE TABLE provgraph_metric AS SELECT l.run_uuid, l.key, b.low, b.high, l.value AS last, "
        "coalesce(l.is_nan, 0) AS last_is_nan FROM latest_metrics AS l "
        "LEFT JOIN provgraph_bounds AS b ON b.run_uuid = l.run_uuid AND b.key = l.key"
    )
    copy.execute("DROP TABLE provgraph_bounds")
    copy.execute("CREATE TABLE provgraph_nan (run_uuid, key, timestamp, step)")
    if flagged and "step" in there["metrics"]:
        nan = (
            select(run, key, column("timestamp", BigInteger), column("step", BigInteger))
            .select_from(table("metrics"))
            .where(is_nan)
        )
        _insert(copy, "provgraph_nan", ("run_uuid", "key", "timestamp", "step"), _rows(connection, nan))


def _select(name: str, columns: Sequence[str]) -> Select[*tuple[Any, ...]]:
    from sqlalchemy import column, select, table
    from sqlalchemy.types import NullType

    # as a list, so that the type checkers do not count the columns
    wanted: list[Any] = [column(each, NullType()) for each in columns]
    return select(*wanted).select_from(table(name))


def _rows(connection: Connection, statement: Select[*tuple[Any, ...]]) -> Iterator[Sequence[object]]:
    yield from connection.execute(statement)


def _insert(copy: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names of ours
    for chunk in chunks(rows, _ROWS):
        copy.executemany(statement, (_plain(row) for row in chunk))


def _plain(row: Iterable[object]) -> list[object]:
    """What SQLite can hold."""
    return [_plain_value(value) for value in row]


def _plain_value(value: object) -> object:
    if isinstance(value, int):
        return value if INT64_MIN <= value <= INT64_MAX else str(value)
    return value if value is None or isinstance(value, str | float | bytes) else str(value)
