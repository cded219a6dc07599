"""The names that provgraph's nodes and properties have in PROV documents. Needs no package."""

from __future__ import annotations

from importlib import import_module
from typing import Final
from urllib.parse import quote, unquote

from provgraph.errors import ConfigurationError
from provgraph.model import NodeKind

__all__ = [
    "CUSTOM",
    "JSON_TYPE",
    "NODES",
    "PROPERTY",
    "RDF",
    "STATEMENTS",
    "SYSTEM",
    "TERMS",
    "TYPE",
    "local_part",
    "require_prov",
    "text_of",
]

# What a loaded node keeps all that its document says of it in: a custom property that holds a PROV-JSON document.
STATEMENTS: Final = "prov_json"
SYSTEM: Final = "prov/"  # what the sources of such nodes begin with

Name = tuple[str, str]  # prefix and IRI of a namespace

TERMS: Final[Name] = ("provgraph", "urn:provgraph:terms:")
TYPE: Final[Name] = ("type", "urn:provgraph:type:")
PROPERTY: Final[Name] = ("prop", "urn:provgraph:property:")
CUSTOM: Final[Name] = ("custom", "urn:provgraph:custom:")
RDF: Final[Name] = ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#")
NODES: Final[dict[NodeKind, Name]] = {
    NodeKind.ARTIFACT: ("artifact", "urn:provgraph:artifact:"),
    NodeKind.EXECUTION: ("execution", "urn:provgraph:execution:"),
    NodeKind.CONTEXT: ("context", "urn:provgraph:context:"),
}
JSON_TYPE: Final = "JSON"  # in RDF: the datatype of JSON literals


def local_part(text: str) -> str:
    """Any text as the local part of a qualified name that every notation of PROV can write.

    >>> local_part("provgraph/Artifact/Model/größe 7")
    'provgraph/Artifact/Model/gr%C3%B6%C3%9Fe%207'
    """
    return quote(text, safe="/@+")


def text_of(local: str) -> str:
    """The text that `local_part` wrote."""
    return unquote(local)


def require_prov() -> None:
    """Check that the package `prov` is there.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        import_module("prov.model")
    except ImportError as error:
        raise ConfigurationError("this needs the package prov: pip install 'provgraph[prov]'") from error
