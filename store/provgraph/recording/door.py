"""The way from a recorder to its store, which may be shut: then steps go to the spool until it opens again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from provgraph.errors import QueryTimeoutError, StoreError
from provgraph.recording.warn import say
from provgraph.store.core import StoreCore

__all__ = ["Door", "is_away"]

_PAUSE = 15.0  # seconds before a store that could not be reached is tried again


def is_away(error: StoreError) -> bool:
    """Whether other steps would fail as well: False where the server answered and refused this one alone."""
    return type(error) not in (StoreError, QueryTimeoutError)


class Door:
    """Opens the store when it is first needed.

    Args:
        open_core: opens the store.
        url: where it is, without a password.
        database: of a server, if one was named.
        strict: whether recording raises what goes wrong, instead of keeping the step for later.
    """

    def __init__(self, open_core: Callable[[], StoreCore], *, url: str, database: str | None, strict: bool) -> None:
        self._open_core = open_core
        self.url, self.database, self.strict = url, database, strict
        self._lock = threading.RLock()
        self._core: StoreCore | None = None
        self._failed: tuple[float, StoreError] | None = None
        self._said = False

    def core(self) -> StoreCore:
        """The open store. A failure a moment ago is raised again, without another try.

        Raises:
            StoreError: it cannot be opened.
        """
        with self._lock:
            if self._core is not None:
                return self._core
            if self._failed is not None and time.monotonic() - self._failed[0] < _PAUSE:
                raise self._failed[1].with_traceback(None)
            try:
                self._core = self._open_core()
            except StoreError as error:
                self._failed = (time.monotonic(), error)
                raise
            self._failed = None
            return self._core

    def shut(self) -> StoreError | None:
        """Why recording does not even try to write now; None if it does."""
        with self._lock:
            if self._failed is not None and time.monotonic() - self._failed[0] < _PAUSE:
                return self._failed[1]
            return None

    def failed(self, error: StoreError) -> None:
        """Note that the store did not do what it was asked."""
        with self._lock:
            self._failed = (time.monotonic(), error)

    def worked(self) -> None:
        """Note that the store can be written again."""
        with self._lock:
            self._failed = None
            self._said = False

    def say_once(self, message: str) -> None:
        """One line to stderr, once for as long as the store stays away."""
        with self._lock:
            said, self._said = self._said, True
        if not said:
            say(message)
