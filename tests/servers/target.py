"""A store that tests may wipe: an engine with what a user needs to reach it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, LiteralString

from neo4j import Driver, GraphDatabase

from provgraph.engines.address import Engine
from provgraph.store.schema import SCHEMA_VERSION

EngineName = Literal["embedded", "neo4j"]


@dataclass(frozen=True, slots=True)
class Target:
    """An engine under test, and what `provgraph.connect` takes to use it."""

    name: EngineName
    engine: Engine
    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class Bypass:
    """The tests' own way into a target, to see and to do there what the library would not."""

    def __init__(self, target: Target) -> None:
        address = target.engine.address()
        login = None if address.password is None else (address.user or "", address.password)
        self._driver: Driver = GraphDatabase.driver(address.uri, auth=login, notifications_min_severity="OFF")
        self._database = address.database

    def run(self, statement: LiteralString, **parameters: object) -> list[dict[str, object]]:
        """The rows of one statement, each as a mapping from its column names."""
        records = self._driver.execute_query(statement, parameters, database_=self._database).records
        return [dict(record) for record in records]

    def wipe(self) -> None:
        """Delete every node and relationship, in pieces that the server's memory can take."""
        self.empty()
        self.run("MATCH (s:Provgraph) DELETE s")

    def empty(self) -> None:
        """Delete all records, and leave the store one of provgraph's: the next test need not make its schema again."""
        records = "MATCH (n) WHERE NOT n:Provgraph WITH n LIMIT 10000 DETACH DELETE n RETURN count(*) AS n"
        while self.run(records) != [{"n": 0}]:
            pass
        self.run("MATCH (s:Provgraph) WHERE s.schema_version <> $ours DELETE s", ours=SCHEMA_VERSION)
        self.run("MATCH (s:Provgraph) WHERE s.files IS NOT NULL REMOVE s.files")

    def close(self) -> None:
        """Close the connections."""
        self._driver.close()
