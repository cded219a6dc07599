"""How an embedded engine is to behave: a few numbers, from the environment, handed to the server that gets started."""

from __future__ import annotations

import json
import math
import os
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import cast

from provgraph.errors import ConfigurationError

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of an embedded engine.

    Attributes:
        linger: seconds the server stays after this user, if it was the last, has left (`PROVGRAPH_LINGER`).
        start_timeout: seconds to wait for a server to start or to answer (`PROVGRAPH_START_TIMEOUT`).
        statement_timeout: seconds after which the server stops a statement (`PROVGRAPH_STATEMENT_TIMEOUT`).
        jvm: more flags for the JVM, such as ``-Xmx4g``; the last of several wins (`PROVGRAPH_JVM`).

    The last two belong to the server: they count for the user that happens to start it.
    """

    linger: float = 30.0
    start_timeout: float = 30.0
    statement_timeout: float = 60.0
    jvm: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings that the environment variables above give.

        Raises:
            ConfigurationError: one of them is no number of seconds, or unbalanced quotes.
        """
        env = os.environ if environment is None else environment
        try:
            jvm = tuple(shlex.split(env.get("PROVGRAPH_JVM", "")))
        except ValueError as error:
            raise ConfigurationError(
                f"PROVGRAPH_JVM cannot be read ({error}): give flags as on a command line"
            ) from error
        return cls(
            linger=_seconds(env, "PROVGRAPH_LINGER", _DEFAULTS.linger, least=0.0),
            start_timeout=_seconds(env, "PROVGRAPH_START_TIMEOUT", _DEFAULTS.start_timeout, least=1.0),
            statement_timeout=_seconds(env, "PROVGRAPH_STATEMENT_TIMEOUT", _DEFAULTS.statement_timeout, least=0.1),
            jvm=jvm,
        )

    def to_argument(self) -> str:
        """One command line argument that `from_argument` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_argument(cls, argument: str) -> Settings:
        """The settings that `to_argument` wrote."""
        value = cast("dict[str, object]", json.loads(argument))
        return cls(**{**value, "jvm": tuple(cast("list[str]", value["jvm"]))})  # type: ignore[arg-type] # our own text


_DEFAULTS = Settings()


def _seconds(env: Mapping[str, str], name: str, default: float, least: float) -> float:
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value < math.inf:
        raise ConfigurationError(f"{name}={text} is no number of seconds of at least {least:g}")
    return value
