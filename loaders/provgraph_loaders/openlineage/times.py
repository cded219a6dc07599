"""Times of events: ISO 8601 to epoch milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime

from provgraph.interop.moments import epoch_milliseconds

__all__ = ["has_zone", "milliseconds"]


def milliseconds(text: str) -> int | None:
    """Epoch milliseconds; a time without a zone is UTC. None if it is no time."""
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)
        return epoch_milliseconds(time)
    except (ValueError, OverflowError):
        return None


def has_zone(text: str) -> bool:
    """Whether a readable time says in which zone it is."""
    return text[-1:] in {"Z", "z"} or "+" in text or "-" in text[10:]
