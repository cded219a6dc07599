"""From the JSON of a document to prov's value of it. What prov reads other than it stands there is reported."""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Final

from prov.model import ProvDocument, ProvElementIdentifierRequired, ProvWarning

from provgraph.errors import LoadError
from provgraph.loading import LoadReport, NoteKind
from provgraph_loaders.prov.cleaning import Json, as_group

__all__ = ["quiet", "read_document"]

# A warning of prov: where, what, and from which of its versions on it is refused.
_WARNING: Final = re.compile(
    r"(?P<place>(?:(?:record|bundle) '[^']*'(?:, )?)?(?:attribute '[^']*')?)(?:: )?(?P<what>.*?)"
    r"(?:\. prov [\d.]+ will .*)?",
    re.DOTALL,
)
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|<[^>]*>")
_VALUE: Final = re.compile(r"\bis .*, not", re.DOTALL)
_LONGEST: Final = 300  # characters of a message of prov


def read_document(content: Json, source: str, report: LoadReport) -> ProvDocument:
    """The document.

    Raises:
        LoadError: prov refuses it; the text names the record.
    """
    text = json.dumps(content)
    with _silent_logger(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ProvWarning)
        try:
            document = ProvDocument.deserialize(content=text, format="json")
        except RecursionError as error:
            raise LoadError(f"{source}: nested too deep") from error
        except ProvElementIdentifierRequired as error:
            name = next(_nameless(content), "one of them")
            words = "entities, activities and agents need a name whose prefix is declared, which"
            raise LoadError(f"{source}: is no PROV-JSON document: {words} {name[:_LONGEST]!r} has not") from error
        except Exception as error:  # prov has an error of its own for some of what a document can hold, not for all
            raise LoadError(f"{source}: is no PROV-JSON document: {_one_line(error)}") from error
    for warning in caught:
        if issubclass(warning.category, ProvWarning):
            _note(str(warning.message), report)
    return document


def _nameless(content: Json) -> Iterator[str]:
    """The names of elements that no prefix resolves."""
    bundles = content.get("bundle")
    outer = content.get("prefix")
    for container in (content, *(bundles.values() if isinstance(bundles, dict) else ())):
        inner = container.get("prefix") if isinstance(container, dict) else None
        prefixes = {**as_group(outer), **as_group(inner)}
        known = {"prov", "xsd", "xsi", *prefixes} - {"default"}
        for word in ("entity", "activity", "agent"):
            for name in as_group(container.get(word) if isinstance(container, dict) else None):
                prefix, colon, _ = name.partition(":")
                is_iri = any(isinstance(iri, str) and name.startswith(iri) for iri in prefixes.values())
                if prefix not in known and not is_iri and (colon or "default" not in prefixes):
                    yield name


def _note(message: str, report: LoadReport) -> None:
    found = _WARNING.fullmatch(message)
    place, what = (found["place"], found["what"]) if found else ("", message)
    named = [text.strip("'\"<>") for text in _QUOTED.findall(what)]
    kind = NoteKind.DROPPED if "dropped" in what else NoteKind.GUESSED
    reason = " ".join(_VALUE.sub("is …, not", _QUOTED.sub("…", what)).split())
    example = place.replace("'", "") or ", ".join(named)
    report.note(kind, "values", f"are not as PROV-JSON asks: {reason}", example[:80] or None)


@contextmanager
def quiet() -> Generator[None, None, None]:
    """Silence prov, where it works on what it was read to say already."""
    with _silent_logger(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ProvWarning)
        yield


@contextmanager
def _silent_logger() -> Generator[None, None, None]:
    """What prov logs of a document it also warns of."""
    logger = logging.getLogger("prov.model.records")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
