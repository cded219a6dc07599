"""Registry tags (GTO): `model@v1.2.0` registers a version, `model#prod#3` gives it a stage, `!` takes it back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from provgraph.loading import LoadReport, NoteKind
from provgraph_loaders.git.history import Tag

__all__ = ["Registered", "read_tags"]

_WORD: Final = r"[a-z][a-z0-9\-/]*[a-z0-9]"
_NAME: Final = rf"(?:(?P<folder>[^=\s#@!]+)=)?(?P<name>{_WORD})"
_VERSION: Final = r"v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.\-]+)?(?:\+[0-9A-Za-z.\-]+)?"
_TAG: Final = re.compile(
    rf"{_NAME}(?:#(?P<stage>{_WORD})|@(?P<version>{_VERSION})|@(?P<word>deprecated|created))"
    r"(?P<cancel>!?)(?:#(?P<counter>\d{1,9}))?"
)
_LONGEST: Final = 500  # characters of a tag
_LOOK: Final = re.compile(r"(?P<name>[^@#]+)(?P<sign>[@#])(?P<rest>.+)")  # others are people's own


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


def read_tags(tags: Sequence[Tag], report: LoadReport) -> list[Registered]:
    """The tags that are of the registry, the earlier first; what reads like one and is none is told."""
    found: list[Registered] = []
    for tag in tags:
        match = _TAG.fullmatch(tag.name) if len(tag.name) <= _LONGEST else None
        if match is None:
            reason = _not_of_the_registry(tag.name)
            if reason is not None:
                words = f"read like tags of the registry, and are none: {reason}"
                report.note(NoteKind.LEFT_ALONE, "tags", words, tag.name[:100])
            continue
        name = f"{match['folder']}:{match['name']}" if match["folder"] else match["name"]
        takes_back = bool(match["cancel"]) or match["word"] == "deprecated"
        if match["word"] == "created" and not match["cancel"]:
            reason = "say that an artifact was created, which its versions say too"
            report.note(NoteKind.LEFT_ALONE, "registry tags", reason, tag.name)
            continue
        found.append(Registered(tag, name, match["version"], match["stage"], takes_back, int(match["counter"] or 0)))
    return sorted(found, key=lambda one: (one.tag.time or 0, one.counter, one.tag.name))


def _not_of_the_registry(tag: str) -> str | None:
    """Why a tag is none of the registry's; None where it does not read like one either."""
    look = _LOOK.fullmatch(tag)
    if look is None:
        return None
    if len(tag) > _LONGEST:
        return f"they are longer than {_LONGEST} characters"
    sign, rest = look["sign"], look["rest"].partition("#")[0].removesuffix("!")
    if sign == "@" and rest not in ("deprecated", "created") and re.fullmatch(_VERSION, rest) is None:
        return "their version is not of the form v1.2.3"
    if sign == "#" and re.fullmatch(_WORD, rest) is None:
        return "their stage is not of two or more lower-case letters, digits and dashes, the first one a letter"
    if re.fullmatch(_NAME, look["name"]) is None:
        return "their name is not of two or more lower-case letters, digits and dashes, the first one a letter"
    return "what follows is no counter such as #2"
