"""From a file to the JSON of a PROV document: its size and its shape."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from provgraph.errors import LoadError
from provgraph.loading import LoadReport, NoteKind
from provgraph.model import JsonValue
from provgraph_loaders.prov.cleaning import Cleaner, Json

__all__ = ["KEYWORDS", "LARGEST", "Json", "looks_like_prov", "read_json"]

LARGEST: Final = 32 << 20  # bytes of a file: a document is held in memory, where it takes some thirty times as much
_HEAD: Final = 1 << 20  # bytes that are looked at to recognise a document
_RELATIONS: Final = (
    *("used", "wasGeneratedBy", "wasInformedBy", "wasStartedBy", "wasEndedBy", "wasInvalidatedBy", "wasDerivedFrom"),
    *("wasAttributedTo", "wasAssociatedWith", "actedOnBehalfOf", "wasInfluencedBy", "alternateOf", "specializationOf"),
    *("mentionOf", "hadMember"),
)
_ELEMENTS: Final = ("entity", "activity", "agent")
# The keys of a PROV-JSON document; a bundle has all but `bundle`.
KEYWORDS: Final = frozenset((*_ELEMENTS, *_RELATIONS, "prefix", "bundle"))
_STARTS: Final = re.compile(
    rb'"(?:' + "|".join((*_ELEMENTS, *_RELATIONS, "prefix", "bundle")).encode() + rb')"\s*:\s*\{'
)
_PROV_WORD: Final = re.compile(rb'"prov:[A-Za-z]|"(?:' + "|".join(_RELATIONS).encode() + rb')"\s*:\s*\{')


def looks_like_prov(source: str) -> bool:
    """Whether a file starts as a PROV-JSON document does. Quick, and never an error."""
    try:
        path = Path(source)
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD + 1)
        if len(head) > _HEAD:
            start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
            return start.startswith(b"{") and bool(_STARTS.search(head)) and bool(_PROV_WORD.search(head))
        value: JsonValue = json.loads(head)
    except (OSError, ValueError, RecursionError):
        return False
    if not isinstance(value, dict) or not all(isinstance(value[name], dict) for name in value.keys() & KEYWORDS):
        return False
    known = value.keys() & KEYWORDS
    return bool(known - {"prefix"}) and ("prefix" in known or known == value.keys())


def read_json(source: str, report: LoadReport) -> Json:
    """The JSON of a document: what prov has a name for, without secrets.

    Raises:
        LoadError: the file cannot be read, is too large, no JSON, or no PROV document.
    """
    text = _text(source)
    repeated: list[str] = []

    def once(pairs: list[tuple[str, JsonValue]]) -> Json:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    repeated.append(name)
                seen.add(name)
        return found

    try:
        value: JsonValue = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        hint = (
            ""
            if text.lstrip()[:1] in ("{", "[")
            else " (PROV-N, Turtle and XML are read once prov-convert made JSON of them)"
        )
        raise LoadError(f"{source}, line {error.lineno}, column {error.colno}: no JSON: {error.msg}{hint}") from error
    except RecursionError as error:
        raise LoadError(f"{source}: nested too deep") from error
    except ValueError as error:  # a number of thousands of digits
        raise LoadError(f"{source}: holds a number that is too large") from error
    if not isinstance(value, dict):
        raise LoadError(f"{source}: is no PROV-JSON document: it holds no object")
    for name in repeated:
        report.note(NoteKind.DROPPED, "names", "stand twice in one JSON object: the last one counts", name)
    if not KEYWORDS & (value.keys() - {"prefix"}):
        raise LoadError(f"{source}: is no PROV-JSON document: none of entity, activity, agent, used … stands in it")
    return _known(Cleaner(source, value, report).document(value), report)


def _text(source: str) -> str:
    try:
        path = Path(source)
        if not path.exists():
            raise LoadError(f"{source}: there is no such file")
        if path.is_dir():
            raise LoadError(f"{source}: is a folder: name a PROV-JSON file")
        size = path.stat().st_size
        if size > LARGEST:
            raise LoadError(
                f"{source}: has {size >> 20:,} MiB: a PROV document is held in memory, and more than "
                f"{LARGEST >> 20} MiB are refused: split it by its bundles"
            )
        data = path.read_bytes()
    except OSError as error:
        raise LoadError(f"{source}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a NUL in the path
        raise LoadError(f"{source!r}: is no path: {error}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LoadError(f"{source}, line {line}: is no UTF-8 text") from error


def _known(document: Json, report: LoadReport) -> Json:
    """The document without the keys that PROV-JSON has no meaning for, at its top and in its bundles."""
    found: Json = {}
    for name, group in document.items():
        if name not in KEYWORDS:
            report.note(NoteKind.UNKNOWN, "keys of the document", f"{name}: not of PROV-JSON, not read")
        elif name == "bundle" and isinstance(group, dict):
            found[name] = {at: _known_in_bundle(bundle, at, report) for at, bundle in group.items()}
        else:
            found[name] = group
    return found


def _known_in_bundle(bundle: JsonValue, at: str, report: LoadReport) -> JsonValue:
    if not isinstance(bundle, dict):
        return bundle
    for name in bundle.keys() - (KEYWORDS - {"bundle"}):
        report.note(NoteKind.UNKNOWN, "keys of bundles", f"{name}: not of PROV-JSON, not read", at)
    return {name: group for name, group in bundle.items() if name in KEYWORDS and name != "bundle"}
