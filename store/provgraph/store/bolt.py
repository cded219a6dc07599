"""The one implementation of `GraphStore`, over the official driver: the only module that imports it."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, ClassVar, TypeVar

import neo4j
from neo4j import exceptions as driver_errors

from provgraph.engines.address import Address, Engine
from provgraph.errors import (
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    ProvgraphError,
    QueryTimeoutError,
    ReadOnlyStoreError,
    StoreError,
    UnreachableError,
)
from provgraph.store.protocol import Parameters, Row, Statement, StoreInfo, Transaction
from provgraph.store.retry import Retry

__all__ = ["BoltStore"]

T = TypeVar("T")

_CONNECTION_LOST = (driver_errors.ServiceUnavailable, driver_errors.SessionExpired, OSError)
# Bookmarks are kept per database of a server and shared by all sessions of this process, so that what one thread
# wrote is seen by the next session, whichever member of a cluster serves it.
_bookmarks: dict[tuple[str, str | None], neo4j.api.BookmarkManager] = {}
_bookmarks_lock = threading.Lock()
_stores: weakref.WeakSet[BoltStore] = weakref.WeakSet()
_abandoned: list[neo4j.Driver] = []  # kept, since a driver that is collected closes its connections


class _BoltTransaction:
    def __init__(self, transaction: neo4j.ManagedTransaction) -> None:
        self._transaction = transaction

    def run(self, statement: Statement, parameters: Parameters) -> list[Row]:
        return [record.values() for record in self._transaction.run(statement, dict(parameters))]


class BoltStore:
    """A property graph behind Bolt.

    Args:
        engine: says where the server is, each time anew.
        timeout: seconds after which the server stops a statement (Neo4j; the embedded engine has its own limit).
    """

    # Users are not bothered with what the server finds odd about a statement (an unknown label, a cartesian product).
    # Tests are: the driver then logs it.
    quiet: ClassVar[bool] = True

    def __init__(self, engine: Engine, *, timeout: float = 60.0) -> None:
        self._engine, self._timeout = engine, timeout
        self._lock = threading.RLock()
        self._driver: neo4j.Driver | None = None
        self._address: Address | None = None
        self._answered = False
        _stores.add(self)

    @property
    def url(self) -> str:
        """Where the store is, as `provgraph.connect` takes it; never with a password."""
        return self._engine.url

    # -- the four ways to run a statement ---------------------------------------------------------------------

    def read(self, statement: Statement, parameters: Parameters) -> list[Row]:
        """All rows of a statement that only reads."""
        # without a transaction around it: one round trip where that takes three
        query = neo4j.Query(statement, timeout=self._timeout)
        return self._repeat(
            lambda: self._use(
                lambda session: [record.values() for record in session.run(query, dict(parameters))],
                default_access_mode=neo4j.READ_ACCESS,
            )
        )

    def stream(self, statement: Statement, parameters: Parameters) -> Iterator[Row]:
        """The rows of a statement that only reads, as they arrive."""
        query = neo4j.Query(statement, timeout=self._timeout)
        try:
            with self._session(fetch_size=20, default_access_mode=neo4j.READ_ACCESS) as session:
                for record in session.run(query, dict(parameters)):
                    yield record.values()
        except (driver_errors.DriverError, driver_errors.Neo4jError, OSError) as error:
            raise self._translated(error) from error

    def write_one(self, statement: Statement, parameters: Parameters, use: Callable[[list[Row]], T]) -> T:
        """Run one statement in a transaction of its own, which is taken back if `use` of its rows raises."""
        query = neo4j.Query(statement, timeout=self._timeout)

        def call() -> T:
            driver, address = self._current()
            # a managed transaction, as `execute_write` makes it, whose begin travels with the statement
            result: T = driver.execute_query(  # pyright: ignore[reportUnknownMemberType]
                query,
                dict(parameters),
                database_=address.database,
                bookmark_manager_=self._bookmark_manager(address),
                result_transformer_=lambda found: use([record.values() for record in found]),
            )
            return result

        return self._repeat(call)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction, again where the failure is transient."""

        def unit(transaction: neo4j.ManagedTransaction) -> T:
            return work(_BoltTransaction(transaction))

        timed = neo4j.unit_of_work(timeout=self._timeout)(unit)
        return self._repeat(lambda: self._use(lambda session: session.execute_write(timed)))

    def alter(self, statement: Statement) -> None:
        """Run one statement that changes the schema."""
        self._repeat(lambda: self._use(lambda session: session.run(statement).consume()))

    # -- what is behind ---------------------------------------------------------------------------------------

    def info(self) -> StoreInfo:
        """Which server answers."""
        server = self._repeat(lambda: self._use(lambda session: session.run("RETURN 1 AS one").consume())).server
        name, _, version = server.agent.partition("/")
        embedded = self._engine.embedded
        if embedded:  # over Bolt it presents itself under Neo4j's name, for the sake of drivers
            name, version = self._embedded_version()
        address = self._address
        return StoreInfo(name, version, self._engine.url, address.database if address else None, embedded)

    @staticmethod
    def _embedded_version() -> tuple[str, str]:
        from importlib import metadata

        return "ArcadeDB", metadata.version("arcadedb-embedded")

    def close(self) -> None:
        """Give the connection up."""
        with self._lock:
            self._drop_driver()
            self._engine.close()

    def _drop_driver(self) -> None:
        driver, self._driver, self._address = self._driver, None, None
        if driver is not None:
            with suppress(Exception):  # the server may be gone: then there is nothing to say goodbye to
                driver.close()

    def abandon(self) -> None:
        """Forget the driver without a word to the server: in a forked child its connections are the parent's."""
        self._lock = threading.RLock()  # a thread that does not exist here may have held the old one
        if self._driver is not None:
            _abandoned.append(self._driver)
        self._driver = self._address = None

    def _current(self) -> tuple[neo4j.Driver, Address]:
        with self._lock:
            address = self._engine.address()
            if self._driver is None or address != self._address:
                self._drop_driver()
                self._driver, self._address = self._open(address), address
            return self._driver, address

    def _open(self, address: Address) -> neo4j.Driver:
        auth = (address.user, address.password or "") if address.user is not None else None
        options: dict[str, Any] = {
            "max_transaction_retry_time": 0,  # retries are ours: the driver's own insist on a dead server's port
            "connection_timeout": 10,
            "connection_acquisition_timeout": 30,
            "telemetry_disabled": True,
            "user_agent": "provgraph",
        }
        if self.quiet:
            options["notifications_min_severity"] = "OFF"
        else:
            options["notifications_disabled_classifications"] = ["SCHEMA"]  # "already exists" is what we ask for
        try:
            return neo4j.GraphDatabase.driver(address.uri, auth=auth, **options)  # pyright: ignore[reportUnknownMemberType]
        except (driver_errors.ConfigurationError, ValueError) as error:
            raise ConfigurationError(f"cannot use {self._engine.url}: {_one_line(error)}") from error

    def _bookmark_manager(self, address: Address) -> neo4j.BookmarkManager | None:
        if self._engine.embedded or not address.uri.startswith("neo4j"):
            return None  # whoever asks one server alone finds there what was written there
        with _bookmarks_lock:
            return _bookmarks.setdefault((address.uri, address.database), neo4j.GraphDatabase.bookmark_manager())

    def _session(self, **options: Any) -> neo4j.Session:
        driver, address = self._current()
        manager = self._bookmark_manager(address)
        return driver.session(  # pyright: ignore[reportUnknownMemberType]
            database=address.database, bookmark_manager=manager, **options
        )

    def _use(self, work: Callable[[neo4j.Session], T], **options: Any) -> T:
        with self._session(**options) as session:
            return work(session)

    def _repeat(self, call: Callable[[], T]) -> T:
        retry = Retry()
        while True:
            try:
                result = call()
                self._answered = True
                return result
            except (driver_errors.DriverError, driver_errors.Neo4jError, OSError) as error:
                if not retry.again(self._worth_repeating(error)):
                    raise self._translated(error) from error
                time.sleep(retry.pause())

    def _worth_repeating(self, error: Exception) -> str | None:
        """Why the same call may succeed if made again: the name of a budget of `Retry`; None if it may not."""
        if isinstance(error, driver_errors.AuthError):
            # a new embedded server has a new password: the old driver is refused although nothing is wrong
            return "moved" if self._engine.embedded and not self._engine.alive() else None
        if isinstance(error, _CONNECTION_LOST):
            if self._engine.embedded:
                return None if self._engine.alive(wait=1.0) else "moved"
            return "lost" if self._answered else None
        if isinstance(error, driver_errors.ConstraintError):
            return "raced"
        if isinstance(error, driver_errors.Neo4jError):
            if _timed_out(error):
                return None
            if error.is_retryable() or "retry" in (error.message or "").lower():
                return "conflict"
        return None

    def _translated(self, error: Exception) -> ProvgraphError:
        where = self._engine.url
        text = _one_line(error)
        if isinstance(error, driver_errors.AuthError):
            return AuthenticationError(
                f"{where} refused the user or the password: set PROVGRAPH_USER and PROVGRAPH_PASSWORD, "
                "or pass user= and password="
            )
        if isinstance(error, _CONNECTION_LOST):
            return UnreachableError(f"no answer from {where}: is the server running and the address right? ({text})")
        if isinstance(error, driver_errors.ConstraintError):
            return ConflictError(f"the store holds another record with the same identity: {text}")
        if isinstance(error, driver_errors.Neo4jError):
            if _timed_out(error):
                return QueryTimeoutError(
                    f"{where} stopped a statement after its time limit: ask for less, or set a limit"
                )
            if _refuses_writes(error):
                return ReadOnlyStoreError(
                    f"{where} refuses to write: {text}; make room or get write access, then repeat"
                )
            if isinstance(error, driver_errors.ClientError) and "DatabaseNotFound" in (error.code or ""):
                return ConfigurationError(f"{where} has no such database: check PROVGRAPH_DATABASE or database=")
        if isinstance(error, driver_errors.ConfigurationError):
            return ConfigurationError(f"cannot use {where}: {text}")
        return StoreError(f"{where} could not do it: {text}")


def _after_fork() -> None:
    global _bookmarks_lock
    _bookmarks_lock = threading.Lock()
    for store in list(_stores):
        store.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _timed_out(error: driver_errors.Neo4jError) -> bool:
    return "TransactionTimedOut" in (error.code or "") or "timeout" in (error.message or "").lower()


def _refuses_writes(error: driver_errors.Neo4jError) -> bool:
    text = f"{error.code} {error.message}".lower()
    return any(
        sign in text
        for sign in ("no space left", "disk is full", "read-only", "read only", "forbidden", "writeondreadonly")
    )


def _one_line(error: Exception) -> str:
    text = error.message if isinstance(error, driver_errors.Neo4jError) and error.message else str(error)
    return " ".join(text.split())[:300] or type(error).__name__
