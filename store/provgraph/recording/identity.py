"""Which artifact is meant: the rules of names, versions and digests, as functions of plain values."""

from __future__ import annotations

import hashlib
import json
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from provgraph.model import JsonValue, NodeKind
from provgraph.recording.declared import Declared

__all__ = [
    "Candidate",
    "Choice",
    "artifact_name",
    "choose",
    "conflict_name",
    "full_digest",
    "key_of",
    "named_key",
    "with_place",
]

_MOST_PLACES = 100
_HEX = frozenset(string.hexdigits)


def full_digest(digest: str) -> str:
    """A digest with the name of its algorithm: 64 hexadecimal digits alone are a SHA-256."""
    digest = digest.strip()
    if len(digest) == 64 and set(digest) <= _HEX:
        return f"sha256:{digest.lower()}"
    return digest


def _digits(digest: str, count: int) -> str:
    tail = digest.rpartition(":")[2].lower()
    if len(tail) < count or not set(tail[:count]) <= _HEX:  # not hexadecimal, as the entity tags of object stores
        tail = hashlib.sha256(digest.encode("utf-8")).hexdigest()
    return tail[:count]


def artifact_name(name: str, version: str | None, digest: str | None) -> tuple[str, str | None]:
    """(the name of the node, its version).

    >>> artifact_name("inspector", "7", None)
    ('inspector/7', '7')
    """
    if version is None and digest is not None:
        version = _digits(digest, 12)
    if version is None:
        return name, None
    return f"{name}/{version.replace('/', '%2F')}", version


def conflict_name(name: str, version: str, digest: str) -> tuple[str, str]:
    """The name and version of other bytes under a version that is taken."""
    mark = f"+{_digits(digest, 8)}"
    return f"{name}{mark}", f"{version}{mark}"


def named_key(type_: str, name: str) -> str:
    """The key of a named artifact, the same as `Graph.put_artifact` gives it."""
    return f"provgraph/{NodeKind.ARTIFACT.value}/{quote(type_, safe=' .+')}/{name}"


def key_of(thing: Declared) -> str:
    """The key that a thing has by its own declaration, if no other artifact turns out to be it."""
    type_ = thing.type or thing.default_type
    if thing.name is not None:
        return named_key(type_, artifact_name(thing.name, thing.version, thing.digest)[0])
    if thing.own_key is not None:
        return thing.own_key
    kind = quote(type_, safe=" .+")
    if thing.digest is not None and not thing.empty:
        return f"provgraph/Bytes/{kind}/{thing.digest}"
    return f"provgraph/Place/{kind}/{thing.uri}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An artifact of the store that an input may be.

    Attributes:
        stored: its property map.
        produced: when executions put it out, epoch milliseconds.
    """

    stored: Mapping[str, Any]
    produced: Sequence[int]

    def seen_at(self, uri: str | None) -> int | None:
        """When it was last seen at this place; None if never."""
        if uri is None:
            return None
        times = [int(place.get("seen_at") or 0) for place in places_of(self.stored) if place.get("uri") == uri]
        if not times and self.stored.get("uri") == uri:
            times = [max(self.produced, default=int(self.stored.get("recorded_at", 0)))]
        return max(times, default=None)


@dataclass(frozen=True, slots=True)
class Choice:
    """The artifact that an input is, and how sure that is.

    Attributes:
        inferred: nobody compared bytes.
        others: keys of artifacts that it may be as well.
    """

    candidate: Candidate
    inferred: bool
    others: Sequence[str]


def choose(thing: Declared, candidates: Sequence[Candidate]) -> Choice | None:
    """Whose bytes these are: last seen at this place, else produced last, else met before; None for nobody's.

    What was produced before the input was declared goes before what was produced after.
    """
    fitting = [c for c in candidates if thing.type is None or c.stored.get("type") == thing.type]
    if not fitting:
        return None
    by_bytes = thing.digest is not None and not thing.empty

    def recency(time: int, candidate: Candidate) -> tuple[bool, int, int]:
        return (time <= thing.time, time, int(candidate.stored.get("id", 0)))

    here = [(seen, c) for c in fitting if (seen := c.seen_at(thing.uri)) is not None]
    if here:
        best = max(here, key=lambda pair: recency(*pair))[1]
        known = bool(best.produced) or best.stored.get("digest") is not None
        return Choice(best, inferred=not by_bytes and known, others=())
    made = [c for c in fitting if c.produced]
    if made:
        best = max(made, key=lambda c: recency(_last(c.produced, thing.time), c))
        others = tuple(sorted(str(c.stored["key"]) for c in made if c is not best))
        return Choice(best, inferred=bool(others), others=others)
    best = max(fitting, key=lambda c: int(c.stored.get("id", 0)))
    return Choice(best, inferred=False, others=())


def _last(times: Sequence[int], limit: int) -> int:
    return max((time for time in times if time <= limit), default=max(times))


def places_of(stored: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where the bytes of a stored artifact were seen."""
    try:
        found = json.loads(stored.get("custom_places") or "[]")
    except ValueError:  # a user's own property of this name
        return []
    if not isinstance(found, list):
        return []
    return [cast("dict[str, Any]", place) for place in cast("list[object]", found) if isinstance(place, dict)]


def with_place(stored: Mapping[str, Any], thing: Declared, *, again: bool) -> list[JsonValue] | None:
    """The places with that of `thing` added; None if nothing is new.

    Args:
        stored: the property map of the artifact.
        thing: what was seen, and where.
        again: whether a place that is known is to be noted as seen now.
    """
    if thing.uri is None:
        return None
    known = places_of(stored)
    same = [place for place in known if place.get("uri") == thing.uri and place.get("host") == thing.host]
    if same and not again:
        return None
    place: dict[str, JsonValue] = {"uri": thing.uri, "seen_at": thing.time}
    if thing.host is not None:
        place["host"] = thing.host
    kept: list[JsonValue] = [entry for entry in known if entry not in same]
    kept.append(place)
    return kept[-_MOST_PLACES:]
