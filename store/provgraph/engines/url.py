"""From a URL to an engine: the one place that knows which URLs there are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from provgraph.engines.address import Engine
from provgraph.engines.discovery import find_data_folder
from provgraph.engines.embedded.engine import EmbeddedEngine
from provgraph.engines.server import ServerEngine
from provgraph.errors import ConfigurationError

__all__ = ["open_engine"]

_SERVER_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
_ALLOWED = "embedded:PATH, neo4j://HOST or bolt://HOST (also +s and +ssc)"
_DEFAULT_USER = "neo4j"


def open_engine(
    url: str | None = None,
    *,
    user: str | None = None,
    password: str | None = None,
    database: str | None = None,
    start_message: Callable[[str], None] | None = None,
) -> Engine:
    """The engine that `url` names. Nothing is started or connected before its address is asked for.

    Args:
        url: ``embedded:PATH`` (``~`` is the home folder), ``embedded:`` alone for the data folder of the current
            directory, or ``neo4j://HOST:PORT`` and its relatives. None: what `PROVGRAPH_URL` says, else as
            ``embedded:``.
        user: for a server; else `PROVGRAPH_USER`, else ``neo4j`` if there is a password.
        password: for a server; else `PROVGRAPH_PASSWORD`.
        database: for a server; else `PROVGRAPH_DATABASE`, else the user's home database.
        start_message: told one line when an embedded engine must be started; by default it goes to stderr.

    Raises:
        ConfigurationError: the URL is none of these, or something does not go with it.
    """
    text = (os.environ.get("PROVGRAPH_URL", "") if url is None else url).strip()
    if url is not None and not text:
        raise ConfigurationError(f"the store's URL is empty: give {_ALLOWED}")
    scheme, colon, rest = text.partition(":")
    if not text or (scheme.lower() == "embedded" and colon):
        if user is not None or password is not None or database is not None:
            raise ConfigurationError("user, password and database are for a server: the embedded engine has none")
        return EmbeddedEngine(_embedded_folder(rest), start_message=start_message)
    if scheme.lower() not in _SERVER_SCHEMES or not rest.startswith("//"):
        # Not the text itself: what looks like no URL of ours may still hold a password.
        named = f"{scheme}:…" if colon and scheme.replace("+", "").isalnum() else "what was given"
        raise ConfigurationError(f"the store's URL must be {_ALLOWED}, not {named}")
    uri = _server_uri(text)
    user = user or os.environ.get("PROVGRAPH_USER") or None
    password = password or os.environ.get("PROVGRAPH_PASSWORD") or None
    if user is not None and password is None:
        raise ConfigurationError("there is a user but no password: give password, or set PROVGRAPH_PASSWORD")
    if password is not None and user is None:
        user = _DEFAULT_USER
    database = database or os.environ.get("PROVGRAPH_DATABASE") or None
    return ServerEngine(uri, user=user, password=password, database=database)


def _embedded_folder(path: str) -> Path:
    if not path:
        return find_data_folder()
    if path.startswith("//") and not path.startswith("///"):
        raise ConfigurationError(
            f"embedded:{path} names no folder: write embedded:PATH, as in embedded:store or embedded:/data/store"
        )
    if "\0" in path:
        raise ConfigurationError("the data folder's name holds a null character")
    if path.startswith("///"):
        path = path[2:]
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError as error:
        raise ConfigurationError(f"embedded:{path} names the home folder of a user who has none") from error


def _server_uri(text: str) -> str:
    try:
        parts = urlsplit(text)
        port_is_valid = parts.port != 0
    except ValueError:
        parts, port_is_valid = None, False
    if parts is None or not port_is_valid:
        raise ConfigurationError("the server's URL has an impossible host or port: write neo4j://HOST:7687")
    if "@" in parts.netloc:
        # URLs get printed, stored and logged; secrets must not.
        raise ConfigurationError(
            "no user or password in the URL: set PROVGRAPH_USER and PROVGRAPH_PASSWORD, or pass user and password"
        )
    if not parts.hostname:
        raise ConfigurationError(f"the server's URL names no host: write {parts.scheme}://HOST:7687")
    if parts.path not in ("", "/") or parts.fragment:
        raise ConfigurationError(
            "no path in the server's URL: name the database by PROVGRAPH_DATABASE, or pass database"
        )
    if parts.query and not parts.scheme.startswith("neo4j"):
        raise ConfigurationError("a routing context (after `?`) goes with neo4j:// only")
    return f"{parts.scheme}://{parts.netloc}" + (f"?{parts.query}" if parts.query else "")
