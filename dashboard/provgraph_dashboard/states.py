"""States of executions and artifacts: their words, which one speaks for a group, and how each is drawn.

A state has a shape besides its colour, so that it can be read without seeing the colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Shape: TypeAlias = Literal[
    "dot", "ring", "cross", "eye", "bar", "question", "hollow", "dotted", "minus", "ghost", "triangle", "speck", "link"
]
Tone: TypeAlias = Literal["ok", "run", "bad", "warn", "mute"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is drawn: its shape, and the tone that gives the colour."""

    shape: Shape
    tone: Tone


UNKNOWN = "unknown"

LOOKS: dict[str, Look] = {
    "failed": Look("cross", "bad"),
    "lost": Look("question", "warn"),
    "abandoned": Look("triangle", "warn"),
    "canceled": Look("bar", "mute"),
    "running": Look("ring", "run"),
    "pending": Look("dotted", "run"),
    "new": Look("hollow", "mute"),
    "marked_for_deletion": Look("minus", "warn"),
    "deleted": Look("ghost", "mute"),
    "reference": Look("link", "mute"),
    "cached": Look("eye", "ok"),
    "complete": Look("dot", "ok"),
    "live": Look("dot", "ok"),
    UNKNOWN: Look("speck", "mute"),
}
"""The states of ML Metadata, and `lost` for a run whose process is gone; the worst first."""

_RANK = {state: rank for rank, state in enumerate(LOOKS)}


def state_word(state: str | None) -> str:
    """The state as the dashboard writes it: a key of `LOOKS`; anything it does not know is `unknown`."""
    word = (state or UNKNOWN).lower()
    return word if word in LOOKS else UNKNOWN


def state_text(state: str | None) -> str:
    """The state in words, for people to read.

    ML Metadata calls an artifact LIVE that exists. Next to deployments, which are live or replaced, that word misleads:
    a model whose deployment was replaced, and the replaced deployment itself, would be called live.
    """
    word = state_word(state)
    return "exists" if word == "live" else word.replace("_", " ")


def look(state: str | None) -> Look:
    """How the state is drawn."""
    return LOOKS[state_word(state)]


def worst(states: Iterable[str | None]) -> str:
    """The one state that speaks for a group; `unknown` only if nothing better is known."""
    return min((state_word(state) for state in states), key=_RANK.__getitem__, default=UNKNOWN)
