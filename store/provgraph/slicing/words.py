"""How values and slices are said: one line each, whatever a cell holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provgraph.slicing.values import Slice

__all__ = ["MISSING", "chance", "count", "joined", "label", "number", "percent", "sentence"]

MISSING = "missing"
_LONGEST = 80


def count(number: int) -> str:
    """``1,480``."""
    return f"{number:,}"


def number(value: float | None) -> str:
    """A number as short as it can be without loss of what matters: whole ones whole, others to six digits."""
    if value is None:
        return "unknown"
    if isinstance(value, int) or (math.isfinite(value) and value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    return f"{value:.6g}"


def percent(rate: float) -> str:
    """``14.3 %``, with more digits for what is rare."""
    share = 100.0 * rate
    return f"{share:.3g} %" if 0.0 < abs(share) < 1.0 else f"{share:.1f} %"


def label(value: object) -> str:
    """A value as it is shown: one line of at most 80 characters."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    text = str(value)
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
    if not text.strip():
        return f'"{text}"'
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def joined(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else "all rows"


def sentence(found: Slice) -> str:
    """What a slice's numbers say. An association, never more."""
    if found.errors is None:
        low, high = number(_short(found.interval.low)), number(_short(found.interval.high))
        what = f"mean {number(_short(found.rate))} over {count(found.n)} rows ({low} to {high})"
        rest = number(_short(found.rest_rate))
    else:
        low, high = percent(found.interval.low), percent(found.interval.high)
        what = f"{count(found.errors)} of {count(found.n)} rows wrong ({percent(found.rate)}, interval {low} to {high})"
        rest = percent(found.rest_rate)
    text = f"{found}: {what}, elsewhere {rest}"
    if found.errors is not None and abs(found.excess) >= 0.5:
        way = "more" if found.excess > 0 else "fewer"
        text += f"; {count(abs(round(found.excess)))} errors {way} than at the rate of the rest"
    if math.isfinite(found.lift):
        text += f", {found.lift:.2g} times its rate" if found.errors is not None else f", {found.lift:.2g} times that"
    for each in found.adjusted:
        if each.ratio is None or each.interval is None:
            text += f"; cannot be told apart from {each.by}"
        else:
            low, high = number(_short(each.interval.low)), number(_short(each.interval.high))
            text += f"; within {each.by} {each.ratio:.2g} times ({low} to {high})"
    return f"{text} ({_certainty(found)})."


def _certainty(found: Slice) -> str:
    if found.by_hand:
        said = f"chosen by hand, {chance('p', found.p)}"
    else:
        said = chance("q", 1.0 if found.q is None else found.q)
    return said if found.unit_q is None else f"{said}, {chance('by sampling units', found.unit_q, '')}"


def chance(name: str, p: float, equals: str = "= ") -> str:
    """A probability by its name; what is too small for a float is not said to be 0."""
    return f"{name} {equals}{p:.2g}" if p > 0.0 else f"{name} below 1e-300"


def _short(value: float) -> float:
    return float(f"{value:.3g}") if math.isfinite(value) else value
