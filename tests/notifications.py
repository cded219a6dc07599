"""What a server finds odd about a statement (an unknown label, a cartesian product) fails the test that made it."""

from __future__ import annotations

import logging

from provgraph.store.bolt import BoltStore

__all__ = ["OddStatementError", "fail_on_notifications"]


class OddStatementError(Exception):
    """The server has answered, and has something to say about the statement."""


class _Failing(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise OddStatementError(record.getMessage())


def fail_on_notifications() -> None:
    """From now on, in this process."""
    # Not by the driver's warnings: to place one, it takes a picture of the whole stack for each statement, which took
    # two thirds of the time of the tests. It logs what it is told in any case.
    BoltStore.quiet = False
    log = logging.getLogger("neo4j.notifications")
    log.setLevel(logging.INFO)
    log.addHandler(_Failing(logging.INFO))
