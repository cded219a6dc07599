"""Everything provgraph raises on purpose.

::

    ProvgraphError
    ├── ConfigurationError      a URL, an option or an environment variable is wrong; an extra is not installed
    ├── InvalidValueError       a value breaks the model's rules (also a ValueError)
    ├── TypeConflictError       a type would change against the rules by which types evolve
    ├── ConflictError           a record contradicts one that is there (same name, a cycle of parents ...)
    ├── NotFoundError           no such node, type or place (also a LookupError)
    ├── AmbiguousError          a name fits several nodes; `candidates` lists them (also a LookupError)
    ├── RecordingError          a step cannot be recorded as asked
    ├── LoadError               a source cannot be read: names the file and the place in it
    └── StoreError              the store, or the way to it
        ├── EngineError         the embedded engine could not be started or reached
        ├── UnreachableError    no server answers at the address
        ├── AuthenticationError the server refused user or password
        ├── QueryTimeoutError   the server stopped a statement that took too long
        ├── ReadOnlyStoreError  the store refuses writes (disk full, read-only, no permission)
        ├── ForeignStoreError   the database holds other people's data and was never given to provgraph
        └── NewerStoreError     the store was made by a newer provgraph

The text of each is one line that says what happened and what to do. What the driver raises is translated in the Bolt
module and nowhere else, with the cause chained.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "AmbiguousError",
    "AuthenticationError",
    "ConfigurationError",
    "ConflictError",
    "EngineError",
    "ForeignStoreError",
    "InvalidValueError",
    "LoadError",
    "NewerStoreError",
    "NotFoundError",
    "ProvgraphError",
    "QueryTimeoutError",
    "ReadOnlyStoreError",
    "RecordingError",
    "StoreError",
    "TypeConflictError",
    "UnreachableError",
]


class ProvgraphError(Exception):
    """The root: catch it to catch all of provgraph's own errors."""


class ConfigurationError(ProvgraphError):
    """A URL, an option or an environment variable is wrong, or an extra is not installed."""


class InvalidValueError(ProvgraphError, ValueError):
    """A value breaks the rules of the model."""


class TypeConflictError(ProvgraphError):
    """A type would change against the rules by which types evolve."""


class ConflictError(ProvgraphError):
    """A record contradicts one that is in the store."""


class NotFoundError(ProvgraphError, LookupError):
    """There is no such node, type or place."""


class AmbiguousError(ProvgraphError, LookupError):
    """A name fits several nodes.

    Attributes:
        candidates: the references (``artifact:12`` …) that it fits, in the order of their ids.
    """

    def __init__(self, message: str, candidates: Sequence[str]) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


class RecordingError(ProvgraphError):
    """A step cannot be recorded as asked."""


class LoadError(ProvgraphError):
    """A source cannot be read; the text names the file and the place in it."""


class StoreError(ProvgraphError):
    """The store, or the way to it, failed."""


class EngineError(StoreError):
    """The embedded engine could not be started or reached."""


class UnreachableError(StoreError):
    """No server answers at the store's address."""


class AuthenticationError(StoreError):
    """The server refused user or password."""


class QueryTimeoutError(StoreError):
    """The server stopped a statement that took longer than allowed."""


class ReadOnlyStoreError(StoreError):
    """The store refuses writes: its disk is full, it is read-only, or this user may not."""


class ForeignStoreError(StoreError):
    """The database holds other data and was never given to provgraph (`provgraph init` does that)."""


class NewerStoreError(StoreError):
    """The store was made by a newer provgraph than this one."""
