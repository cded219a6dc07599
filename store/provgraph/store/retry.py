"""How often and how fast a failed call is made again: one policy for both engines."""

from __future__ import annotations

import random
import time

__all__ = ["Retry"]

# seconds during which a call is made again, by the reason why it failed
_BUDGETS = {
    "conflict": 30.0,  # another writer changed the same records: the server asks for a retry
    "raced": 0.5,  # two writers created one key at once: the loser finds it there; a real conflict stays one
    "lost": 10.0,  # a server that answered before does not: it restarts, or a cluster elects a new leader
    "moved": 15.0,  # the embedded server went away and another one takes over
}


class Retry:
    """Counts the attempts of one call."""

    def __init__(self) -> None:
        self._attempts = 0
        self._first_failure: dict[str, float] = {}

    def again(self, reason: str | None) -> bool:
        """Whether to make the call again after a failure for `reason` (None: for no good reason)."""
        if reason is None:
            return False
        self._attempts += 1
        now = time.monotonic()
        return now - self._first_failure.setdefault(reason, now) < _BUDGETS[reason]

    def pause(self) -> float:
        """Seconds to wait before the next attempt: growing, capped at half a second, and never the same for two."""
        longest: float = min(0.5, 0.004 * 2 ** min(self._attempts, 8))
        return longest * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
