"""`${...}` of `dvc.yaml`: what a variable stands for, as far as the repository says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from provgraph_loaders.dvc.yamlish import Plain

__all__ = ["UnresolvedError", "has_variable", "look_up", "resolve", "text_of"]

_VARIABLE: Final = re.compile(r"(?<!\\)\$\{\s*([^{}]*?)\s*\}")
_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_LONGEST: Final = 10_000


class UnresolvedError(ValueError):
    """A variable stands for nothing that the repository says."""


def has_variable(text: str) -> bool:
    """Whether there is a `${...}` in it."""
    return _VARIABLE.search(text) is not None


def resolve(text: str, variables: Mapping[str, Plain]) -> str:
    """The text with what its variables stand for.

    >>> resolve("data/${item.site}.csv", {"item": {"site": "B"}})
    'data/B.csv'

    Raises:
        UnresolvedError: one stands for nothing, or for no plain value.
    """
    found = _VARIABLE.sub(lambda match: text_of(look_up(match[1], variables)), text[:_LONGEST])
    if len(found) > _LONGEST:
        raise UnresolvedError(text[:100])
    return found.replace("\\${", "${")


def look_up(name: str, variables: Mapping[str, Plain]) -> Plain:
    """The value of `a.b[0]`, or of `${a.b[0]}`.

    Raises:
        UnresolvedError: there is none.
    """
    whole = _VARIABLE.fullmatch(name.strip())
    if whole:
        name = whole[1]
    at = 0
    value: Plain = dict(variables)
    while at < len(name):
        step = _STEP.match(name, at)
        if step is None:
            raise UnresolvedError(name[:100])
        at = step.end()
        value = _step(value, step[1], step[2], name)
    return value


def _step(value: Plain, key: str | None, index: str | None, name: str) -> Plain:
    if index is not None and isinstance(value, list) and int(index[:9]) < len(value):
        return value[int(index[:9])]
    if key is not None and isinstance(value, dict) and key in value:
        return value[key]
    raise UnresolvedError(name[:100])


def text_of(value: Plain) -> str:
    """A plain value as DVC writes it into names and paths.

    Raises:
        UnresolvedError: it is a list, a mapping or nothing.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise UnresolvedError("no plain value")
