"""The rows of the table: what was measured, what it must reach, and whether it does."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

PEER = "MLMD"
Unit = Literal["s", "ms", "per s", "MB"]
_FACTORS = {"s": 1.0, "ms": 1e3, "per s": 1.0, "MB": 1e-6}


@dataclass(slots=True)
class Row:
    """One thing that was measured on each store.

    Attributes:
        name: what it is, with its size.
        unit: how values (seconds, rates, bytes) are shown.
        values: every measured value, by store.
        at_most: the bar: the median divided by the peer's is at most this, by store.
        at_least: the same for rates.
        below: a bar without a peer: the median is at most this (in seconds or bytes), by store.
    """

    name: str
    unit: Unit
    values: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    at_most: Mapping[str, float] = field(default_factory=dict[str, float])
    at_least: Mapping[str, float] = field(default_factory=dict[str, float])
    below: Mapping[str, float] = field(default_factory=dict[str, float])

    def add(self, subject: str, *values: float) -> None:
        """More measured values."""
        self.values.setdefault(subject, []).extend(values)

    def median(self, subject: str) -> float | None:
        """The median; None if nothing was measured."""
        values = self.values.get(subject)
        return statistics.median(values) if values else None

    def ratio(self, subject: str) -> float | None:
        """The median divided by the peer's; None where one of them is missing."""
        own, other = self.median(subject), self.median(PEER)
        return None if own is None or not other or subject == PEER else own / other

    def holds(self, subject: str) -> bool | None:
        """Whether the bar is reached; None where there is none, or nothing to hold against it."""
        own, ratio = self.median(subject), self.ratio(subject)
        found: list[bool] = []
        if own is not None and subject in self.below:
            found.append(own <= self.below[subject])
        if ratio is not None and subject in self.at_most:
            found.append(ratio <= self.at_most[subject])
        if ratio is not None and subject in self.at_least:
            found.append(ratio >= self.at_least[subject])
        return all(found) if found else None

    def bar(self, subject: str) -> str:
        """The bar in words."""
        parts: list[str] = []
        if subject in self.at_most:
            parts.append(f"≤ {self.at_most[subject]:g} x")
        if subject in self.at_least:
            parts.append(f"≥ {self.at_least[subject]:g} x")
        if subject in self.below:
            parts.append(f"≤ {self.below[subject] * _FACTORS[self.unit]:g} {self.unit}")
        return ", ".join(parts)

    def shown(self, subject: str) -> str:
        """The median in the row's unit."""
        value = self.median(subject)
        return "-" if value is None else f"{value * _FACTORS[self.unit]:,.3g} {self.unit}"


def table(rows: Sequence[Row], subjects: Sequence[str]) -> str:
    """All rows as one Markdown table: medians, ratios to the peer, and whether the bar is reached."""
    head = ["measured"]
    for subject in subjects:
        head += [subject] if subject == PEER else [subject, f"x {PEER}", "must reach", ""]
    lines = [head]
    for row in rows:
        line = [row.name]
        for subject in subjects:
            line.append(row.shown(subject))
            if subject == PEER:
                continue
            ratio, holds = row.ratio(subject), row.holds(subject)
            line.append("-" if ratio is None else f"{ratio:.2f}")
            line += [row.bar(subject), "" if holds is None else "yes" if holds else "NO"]
        lines.append(line)
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    text = [_line(line, widths) for line in lines]
    text.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(text)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
