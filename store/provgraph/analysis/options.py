"""What an error analysis is asked, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import cast

from provgraph.slicing import Outcome
from provgraph.slicing.corrections import Correction

__all__ = ["SliceOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceOptions:
    """What is searched, and what counts as found: see `Graph.slices`."""

    outcome: Outcome | str | None = None
    columns: Sequence[str] | None = None
    unit: str | None = None
    depth: int = 3
    strata: str | Sequence[str] | None = None
    correction: Correction = "bh"
    alpha: float = 0.05
    min_support: int | None = None
    min_difference: float = 0.01
    min_lift: float = 1.1
    limit: int = 10
    permutations: int = 499
    seed: int = 0
    edges: Mapping[str, Sequence[float]] | None = None
    certain_only: bool = False

    def parameters(self) -> dict[str, object]:
        """As the parameters of an execution; what was left to the default is absent."""
        usual = SliceOptions()
        found: dict[str, object] = {}
        for field in fields(self):
            value: object = getattr(self, field.name)
            if value == getattr(usual, field.name):
                continue
            if isinstance(value, Outcome):
                value = str(value)
            elif isinstance(value, Sequence) and not isinstance(value, str):
                value = list(cast("Sequence[object]", value))
            found[field.name] = value
        return found
