"""The contexts of a step: whole paths as names, and which stands inside which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from provgraph.errors import InvalidValueError
from provgraph.model import Context, NodeKind
from provgraph.recording.values import clean_text

__all__ = [
    "ContextName",
    "ContextsLike",
    "context_key",
    "context_names",
    "parent_links",
    "to_contexts",
    "workflow_names",
]

ContextsLike = Mapping[str, str | Sequence[str]]


class ContextName(NamedTuple):
    """A context by its type and its whole path, such as `Camera` and `plant-2/line-3/B`."""

    type: str
    path: str


def workflow_names(pipeline: str | None, run: str | None) -> list[ContextName]:
    """`Pipeline` "inspection" and `Run` "inspection/2026-11-24": the name of a run holds that of its pipeline."""
    found: list[ContextName] = []
    if pipeline is not None:
        found.append(_name("Pipeline", pipeline))
    if run is not None:
        inside = pipeline is None or str(run).startswith(f"{pipeline}/")
        found.append(_name("Run", run if inside else f"{pipeline}/{run}"))
    return found


def context_names(contexts: ContextsLike | None) -> list[ContextName]:
    """The contexts that a mapping of types to paths, or lists of paths, names.

    Raises:
        InvalidValueError: a type or a path is empty.
    """
    found: list[ContextName] = []
    for type_, paths in (contexts or {}).items():
        listed: Iterable[str] = paths if isinstance(paths, list | tuple | set | frozenset) else (str(paths),)
        found += [_name(type_, path) for path in listed]
    return list(dict.fromkeys(found))


def parent_links(names: Iterable[ContextName]) -> list[tuple[ContextName, ContextName]]:
    """(child, parent) for each context that has a path prefix among `names`: its longest one decides.

    >>> names = [ContextName("Line", "p/3"), ContextName("Factory", "p"), ContextName("Camera", "p/3/B")]
    >>> [(child.path, parent.path) for child, parent in parent_links(names)]
    [('p/3', 'p'), ('p/3/B', 'p/3')]
    """
    by_path: dict[str, list[ContextName]] = {}
    wanted = sorted(set(names), key=lambda name: (len(name.path), name.path, name.type))
    for name in wanted:
        by_path.setdefault(name.path, []).append(name)
    found: list[tuple[ContextName, ContextName]] = []
    for name in wanted:
        above = name.path.rpartition("/")[0]
        while above and above not in by_path:
            above = above.rpartition("/")[0]
        found += [(name, parent) for parent in by_path.get(above, ())]
    return found


def context_key(name: ContextName) -> str:
    """The key of the context, the same as `Graph.put_context` gives it."""
    return f"provgraph/{NodeKind.CONTEXT.value}/{quote(name.type, safe=' .+')}/{name.path}"


def to_contexts(names: Iterable[ContextName]) -> list[Context]:
    """The contexts as values, parents before children."""
    ordered = sorted(set(names), key=lambda name: (len(name.path), name.path, name.type))
    return [Context(type=name.type, name=name.path, key=context_key(name)) for name in ordered]


def _name(type_: object, path: object) -> ContextName:
    type_text, path_text = (
        clean_text(str(type_), "a context's type"),
        clean_text(str(path), "a context's path").strip("/"),
    )
    if not type_text or not path_text:
        raise InvalidValueError(f"a context needs a type and a path, not {type_text!r} and {path_text!r}")
    return ContextName(type_text, path_text)
