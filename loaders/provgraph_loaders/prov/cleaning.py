"""Keeping secrets out of what a PROV document says: which texts are names, and what in them is no password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from provgraph.errors import LoadError
from provgraph.interop.prov_names import TERMS
from provgraph.loading import LoadReport, NoteKind
from provgraph.model import JsonValue
from provgraph.recording.redaction import HIDDEN, is_secret_name, redact_text, redact_uri

__all__ = ["Cleaner", "Json", "as_group"]

Json = dict[str, JsonValue]

_DEEPEST: Final = 12  # document, bundle, kind, name, list, attribute, list, value
# What stands between the scheme of a URL and an @ that no slash comes before.
_BEFORE_AT: Final = re.compile(
    r"(?P<whole>(?<![A-Za-z0-9+.\-])(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://(?P<user>[^/\s@?#]+))@"
)
_TOKENS_ALONE: Final = frozenset(("http", "https"))  # where a user without a password may be a token
_AT: Final = "\ue000"  # stands for an @ that is to stay: of private use, so that texts do not hold it
_NUMBERS: Final = frozenset(
    (
        *("boolean", "byte", "decimal", "double", "float", "int", "integer", "long", "negativeInteger"),
        *("nonNegativeInteger", "nonPositiveInteger", "positiveInteger", "short", "unsignedByte", "unsignedInt"),
        *("unsignedLong", "unsignedShort"),
    )
)
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|true|false", re.ASCII)


class Cleaner:
    """Takes out what looks like a secret. Names are told from texts by their prefixes: `auth:anna` is no secret.

    In `gs://bucket:file@3`, a name that provgraph gave to a version of `gs://bucket:file`, the @ is the version's.
    """

    def __init__(self, source: str, document: Json, report: LoadReport) -> None:
        self._source, self._report = source, report
        self._prefixes: set[str] = {"prov", "xsd", "xsi"}
        self._names: dict[str, str] = {}  # those that look as if something was replaced, as they stood
        own: set[str] = set()
        containers = list(_containers(document))
        for container in containers:
            for prefix, iri in as_group(container.get("prefix")).items():
                if not isinstance(iri, str):
                    words = f"the prefix {prefix[:80]!r} stands for no IRI: it must be a text"
                    raise LoadError(f"{source}: is no PROV-JSON document: {words}")
                self._prefixes.add(prefix)
                if iri == TERMS[1]:
                    own.add(f"{prefix}:family")
        self._families = {family for container in containers for family in _families(container, own)}

    def document(self, document: Json) -> Json:
        """The whole document, cleaned.

        Raises:
            LoadError: it is nested too deep, or two of its names differ in secrets alone.
        """
        return self._object(document, 0)

    def _object(self, group: Json, depth: int) -> Json:
        found: Json = {}
        for name, value in group.items():
            if name == "prefix" and isinstance(value, dict):
                found[name] = {
                    prefix: self._text(iri, is_name=True) if isinstance(iri, str) else iri
                    for prefix, iri in value.items()
                }
            elif is_secret_name(name.rpartition(":")[2]) and _is_value(value):
                found[name] = self._hidden(name, value)
            else:
                found[self._text(name, is_name=True)] = self._value(value, depth + 1)
        return found

    def _hidden(self, name: str, value: JsonValue) -> JsonValue:
        """What stands in the place of a value under a secret name. A number or a truth value is no secret."""
        if isinstance(value, list):
            return [self._hidden(name, item) for item in value]
        if _is_number(value):
            return value
        self._tell("values", "have names that say that they are secret: *** stands in their place", name)
        return HIDDEN

    def _value(self, value: JsonValue, depth: int) -> JsonValue:
        if isinstance(value, str):
            return self._text(value, is_name=value.partition(":")[0] in self._prefixes)
        if not isinstance(value, dict | list):
            return value
        if depth > _DEEPEST:
            raise LoadError(f"{self._source}: is no PROV-JSON document: nested more than {_DEEPEST} deep")
        if isinstance(value, list):
            return [self._value(item, depth + 1) for item in value]
        return self._object(value, depth)

    def _text(self, text: str, *, is_name: bool) -> str:
        guarded = text
        if "://" in text and "@" in text and _AT not in text:
            guarded = _BEFORE_AT.sub(self._guarded, text)
        found = (_clean_name if is_name else _clean_text)(guarded)
        if guarded is not text:
            found = found.replace(_AT, "@")
        is_doubtful = is_name and (found != text or HIDDEN in found or "\\" in found)
        if is_doubtful and self._names.setdefault(found, text) != text:
            words = f"two names differ in nothing but what looks like a secret, or no Unicode: {found[:200]}"
            raise LoadError(f"{self._source}: {words}: give them names without it")
        if found != text:
            self._tell("texts", "hold what looks like a secret, or no Unicode: *** or \\u… stands in its place", found)
        return found

    def _guarded(self, match: re.Match[str]) -> str:
        """The start of a URL up to its @, and whether that one is to stay: then it is written as `_AT`."""
        if match["whole"] in self._families:
            return f"{match['whole']}{_AT}"
        # without a colon it is the container of a store (abfss://images@account) or a user (ssh://git@host)
        if ":" not in match["user"] and match["scheme"].lower() not in _TOKENS_ALONE:
            return f"{match['whole']}{_AT}"
        return f"{match['scheme']}://{HIDDEN}{_AT}"

    def _tell(self, what: str, reason: str, place: str) -> None:
        self._report.note(NoteKind.DROPPED, what, reason, place[:80])


def _containers(document: Json) -> Iterator[Json]:
    """The document and its bundles."""
    yield document
    for bundle in as_group(document.get("bundle")).values():
        if isinstance(bundle, dict):
            yield bundle


def as_group(value: JsonValue) -> Json:
    """A JSON object; an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def _families(container: Json, own: set[str]) -> Iterator[str]:
    """What provgraph calls the things of which entities are versions."""
    for entity in as_group(container.get("entity")).values():
        for described in entity if isinstance(entity, list) else [entity]:
            for name in own & as_group(described).keys():
                value = as_group(described)[name]
                yield from (text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str))


@lru_cache(50_000)
def _clean_text(text: str) -> str:
    return redact_text(_unicode(text), {})


@lru_cache(50_000)
def _clean_name(text: str) -> str:
    text = _unicode(text)
    return redact_uri(text) if "://" in text else text


def _unicode(text: str) -> str:
    """The text; a half of a character, which is no Unicode, is written as it stands in JSON."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_value(value: JsonValue) -> bool:
    """Whether it is a value as attributes have them: plain, typed, or a list of such."""
    if isinstance(value, list):
        return bool(value) and all(_is_value(item) for item in value)
    return "$" in value if isinstance(value, dict) else value is not None


def _is_number(value: JsonValue) -> bool:
    """Whether it is a number or a truth value, plain or typed."""
    if not isinstance(value, dict):
        return isinstance(value, bool | int | float)
    inner, kind = value.get("$"), value.get("type")
    if not isinstance(kind, str) or not kind.startswith("xsd:") or kind[4:] not in _NUMBERS:
        return False
    return isinstance(inner, bool | int | float) or (isinstance(inner, str) and bool(_NUMBER.fullmatch(inner)))
