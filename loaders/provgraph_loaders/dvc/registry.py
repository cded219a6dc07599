"""Registry tags (GTO): `model@v1.2.0` registers a version, `model#prod#3` gives it a stage, `!` takes it back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from provgraph_loaders.git.history import Tag

__all__ = ["Registered", "read_tags"]

_NAME: Final = r"(?:(?P<folder>[^=\s#@!]+)=)?(?P<name>[a-z][a-z0-9\-/]*[a-z0-9])"
_VERSION: Final = r"v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.\-]+)?(?:\+[0-9A-Za-z.\-]+)?"
_TAG: Final = re.compile(
    rf"{_NAME}(?:#(?P<stage>[a-z][a-z0-9\-/]*[a-z0-9])|@(?P<version>{_VERSION})|@(?P<word>deprecated|created))"
    r"(?P<cancel>!?)(?:#(?P<counter>\d{1,9}))?"
)


@dataclass(frozen=True, slots=True)
class Registered:
    """What a tag of the registry says.

    Attributes:
        name: as `dvc.yaml` declares it; `folder:name` outside of the root.
        version, stage: one of them, or none where the artifact itself is deprecated.
        takes_back: whether a version, a stage or an artifact is taken back.
    """

    tag: Tag
    name: str
    version: str | None
    stage: str | None
    takes_back: bool
    counter: int


def read_tags(tags: Sequence[Tag]) -> list[Registered]:
    """The tags that are of the registry, the earlier first; others are people's own."""
    found: list[Registered] = []
    for tag in tags:
        match = _TAG.fullmatch(tag.name)
        if match is None or len(tag.name) > 500:
            continue
        name = f"{match['folder']}:{match['name']}" if match["folder"] else match["name"]
        takes_back = bool(match["cancel"]) or match["word"] == "deprecated"
        if match["word"] == "created" and not match["cancel"]:
            continue
        found.append(Registered(tag, name, match["version"], match["stage"], takes_back, int(match["counter"] or 0)))
    return sorted(found, key=lambda one: (one.tag.time or 0, one.counter, one.tag.name))
