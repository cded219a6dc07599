"""Which artifacts of the graph the rows of a table came from, by whatever name their cells give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from provgraph.model import NodeKind, parse_ref
from provgraph.store.reader import Reader

__all__ = ["distinct_sources", "resolve_sources"]

_LONGEST_PATH = 4_000


def resolve_sources(reader: Reader, values: Iterable[object]) -> Mapping[str, int]:
    """The ids of the artifacts that `values` name, by value as text; those that name none, or several, are absent.

    A value is a reference (`artifact:12`), a key, an external id, `TYPE/NAME`, a name, a URI, or the path of a file or
    folder that was recorded, relative to the current folder; what comes first in this list counts first. Of several
    artifacts that lay at one place, it is the one recorded last. One statement, however many values there are.
    """
    ids: dict[int, set[str]] = {}
    names: dict[str, set[str]] = {}
    uris: dict[str, set[str]] = {}
    texts = sorted({str(value) for value in values})
    if not texts:
        return {}
    for text in texts:
        parsed = parse_ref(text)
        if parsed is not None and parsed[0] is NodeKind.ARTIFACT:
            ids.setdefault(parsed[1], set()).add(text)
        names.setdefault(text, set()).add(text)
        type_, slash, name = text.partition("/")
        if slash and type_ and name:
            names.setdefault(name, set()).add(text)
        uri = _uri(text)
        if uri is not None:
            uris.setdefault(uri, set()).add(text)
    hits: dict[str, dict[int, set[int]]] = {}
    for form, value, id_, type_ in reader.artifacts_by_names(ids=ids, texts=texts, names=names, uris=uris):
        owners: Mapping[str, int]
        match form:
            case "id":
                owners = dict.fromkeys(ids[int(value)], 0)
            case "key" | "external_id":
                owners = {str(value): 1 if form == "key" else 2}
            case "name":
                full = f"{type_}/{value}"
                owners = {text: 3 if text == full else 4 for text in names[str(value)] if text in (full, value)}
            case _:
                owners = dict.fromkeys(uris[str(value)], 5)
        for text, rank in owners.items():
            hits.setdefault(text, {}).setdefault(rank, set()).add(id_)
    chosen: dict[str, int] = {}
    for text, by_rank in hits.items():
        rank = min(by_rank)
        if len(by_rank[rank]) == 1 or rank == 5:
            chosen[text] = max(by_rank[rank])
    return chosen


def distinct_sources(cells: Iterable[object]) -> list[str]:
    """The distinct values of a column of sources as text; a cell may hold several, and a missing one holds none."""
    found: dict[str, None] = {}
    for cell in cells:
        several: Iterable[object] = cast("Iterable[object]", cell) if isinstance(cell, list | tuple) else (cell,)
        for value in several:
            if value is not None and value == value:  # NaN, which is missing, is not equal to itself
                found.setdefault(str(value))
    return list(found)


def _uri(text: str) -> str | None:
    """The URI under which it may have been recorded: its own, or that of a local path."""
    if not text or "\0" in text or len(text) > _LONGEST_PATH:
        return None
    try:
        if len(urlsplit(text).scheme) > 1:
            return text
        return Path(text).expanduser().absolute().as_uri()
    except (ValueError, RuntimeError, OSError):  # no URL, nobody's home folder, a current folder that was removed
        return None
