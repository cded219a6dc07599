"""A Neo4j server that somebody else runs: nothing to start, nothing to find."""

from __future__ import annotations

from provgraph.engines.address import Address

__all__ = ["ServerEngine"]


class ServerEngine:
    """The server at a Neo4j or Bolt URL.

    Args:
        uri: scheme, host, port and routing context, without user or password.
        user: None where the server asks for no login.
        password: None where the server asks for no login.
        database: None for the user's home database.
    """

    def __init__(
        self, uri: str, *, user: str | None = None, password: str | None = None, database: str | None = None
    ) -> None:
        self._address = Address(uri, user, password, database)

    @property
    def url(self) -> str:
        """The URL as given."""
        return self._address.uri

    @property
    def embedded(self) -> bool:
        """False."""
        return False

    def address(self) -> Address:
        """Always the same; the driver itself finds the members of a cluster."""
        return self._address

    def alive(self, wait: float = 0.0) -> bool:  # noqa: ARG002 - there is nothing to wait for
        """True: nothing is known here that the driver does not know better."""
        return True

    def close(self) -> None:
        """Nothing to give up: connections belong to the driver."""
