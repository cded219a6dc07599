"""How far a build of the demo is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Progress"]

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with how many events in the plant are done, how many there are, and what was done last."""
